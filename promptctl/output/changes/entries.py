"""What a report has one section for: a prompt, or all prompts with the very same changes.

A text that many prompts include changes in each of them, and is read once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from promptctl.core.change import Effect
from promptctl.core.diff import Diff, PromptDiff, RenderedChange
from promptctl.output.changes.wording import counted, states, title


@dataclass(frozen=True, slots=True)
class Entry:
    """One prompt that differs, or several with the very same changes."""

    prompts: tuple[PromptDiff, ...]

    @property
    def prompt(self) -> PromptDiff:
        """The first of them, whose changes are those of all."""
        return self.prompts[0]

    @property
    def is_group(self) -> bool:
        """Whether there are others beside the first."""
        return len(self.prompts) > 1

    @property
    def heading(self) -> str:
        """The prompt's name, or how many they are."""
        return counted(len(self.prompts), "prompt") if self.is_group else title(self.prompt)

    def names(self, most: int) -> str:
        """`a, b, c and 40 more`; "" for one prompt, whose name is the heading."""
        if not self.is_group:
            return ""
        more = len(self.prompts) - most
        listed = ", ".join(prompt.name for prompt in self.prompts[:most])
        return f"{listed} and {more:,} more" if more > 0 else listed


@dataclass(frozen=True, slots=True)
class Rendered:
    """One message as both states render it, and in how many more places that is the same."""

    change: RenderedChange
    prompt: str
    """"" where the section is about one prompt."""
    alike: int = 0

    def words(self, place: str, written: Callable[[str], str] = str) -> str:
        """The place with the prompt as it is `written`, and how often the same is elsewhere."""
        where = f"{written(self.prompt)}, {place}" if self.prompt else place
        return f"{where}; {self.alike:,} more alike" if self.alike else where


def entries(prompts: Sequence[PromptDiff]) -> list[Entry]:
    """The prompts in their order, those that share all their changes together at the first of them.

    A break stands by itself: each is accepted by a fingerprint of its own.
    """
    groups: list[list[PromptDiff]] = []
    near: dict[object, list[list[PromptDiff]]] = {}  # changes hold values that have no hash
    for prompt in prompts:
        may_share = prompt.status == "modified" and prompt.problem is None
        if may_share and prompt.effect is not Effect.BREAKING:
            said = tuple((change.path, change.message, change.edits) for change in prompt.changes)
            alike = near.setdefault(said, [])
            own = next((group for group in alike if group[0].changes == prompt.changes), None)
            if own is not None:
                own.append(prompt)
                continue
            alike.append([prompt])
            groups.append(alike[-1])
        else:
            groups.append([prompt])
    return [Entry(tuple(group)) for group in groups]


def rendered_of(entry: Entry) -> list[Rendered]:
    """The rendered messages of a section: in a group those that change alike once."""
    if not entry.is_group:
        return [Rendered(change, "") for change in entry.prompt.rendered]
    found: dict[object, list[Rendered]] = {}
    for prompt in entry.prompts:
        for change in prompt.rendered:
            found.setdefault(change.edits, []).append(Rendered(change, prompt.name))
    return [Rendered(f[0].change, f[0].prompt, len(f) - 1) for f in found.values()]


def unrendered_of(entry: Entry) -> list[str]:
    """What could not be rendered, with the prompt's name in a group."""
    if not entry.is_group:
        return list(entry.prompt.unrendered)
    return [f"{prompt.name}: {one}" for prompt in entry.prompts for one in prompt.unrendered]


def is_one_comparison(diff: Diff) -> bool:
    """Whether the same two states of all prompts are compared, so that it is enough to say them once."""
    sides = [(prompt.old, prompt.new) for prompt in diff.prompts]
    olds, news = ({side for side in one if side is not None} for one in zip(*sides, strict=True))
    shown = ({side.shown for side in some} for some in (olds, news))
    return all(len(some) <= 1 for some in shown) and all(s.version is None for s in olds | news)


def entry_states(entry: Entry, diff: Diff, *, said: bool) -> str:
    """What is compared; of states that are `said` already only that a prompt was added or removed."""
    prompt = entry.prompt
    if said:
        return prompt.status if prompt.status in ("added", "removed") else ""
    own = {states(one) for one in entry.prompts}
    return own.pop() if len(own) == 1 else f"{diff.old} → {diff.new}"
