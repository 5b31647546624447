"""What every rendering of a diff says in the same words: states, groups of changes, one-line summaries."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from promptctl.core.accepted import Accepted, fingerprint
from promptctl.core.change import Change, Effect
from promptctl.core.diff import Diff, PromptDiff, Side
from promptctl.core.word_diff import Edit
from promptctl.output.cells import ELLIPSIS
from promptctl.output.change_words import sentence

NOT_COMPARABLE = "not comparable"
LAYOUT_ONLY = "only the layout of the file changed"
_AUDIENCES: Mapping[str, tuple[Effect, ...]] = {
    "callers": (Effect.BREAKING, Effect.COMPATIBLE),
    "model": (Effect.BEHAVIOUR,),
    "people": (Effect.COSMETIC,),
}
_MOST_SAID = 3
_WHOLE_TEXTS = frozenset(
    {"message-added", "message-removed", "file-changed", "description-changed"}
)
"""Rules whose old or new text, where there is only one, was added or removed as a whole."""


def groups(prompt: PromptDiff) -> Iterator[tuple[str, tuple[Change, ...]]]:
    """Whom the changes concern: callers, the model, people; each with its changes, the worst first."""
    for audience, effects in _AUDIENCES.items():
        changes = tuple(change for change in prompt.changes if change.effect in effects)
        if changes:
            yield audience, changes


def edits_of(change: Change) -> tuple[Edit, ...]:
    """The change of a text word by word; () if it is about something else."""
    if change.edits or change.rule not in _WHOLE_TEXTS:
        return change.edits
    if isinstance(change.new, str) and change.old is None:
        return (Edit("added", change.new),)
    if isinstance(change.old, str) and change.new is None:
        return (Edit("removed", change.old),)
    return ()


def effect_word(prompt: PromptDiff) -> str:
    """`breaking`, `breaking (accepted)`, `behaviour` …"""
    if prompt.problem is not None:
        return NOT_COMPARABLE
    return f"{prompt.effect.value} (accepted)" if is_accepted(prompt) else prompt.effect.value


def fingerprint_of(prompt: PromptDiff, change: Change) -> str:
    """What `accepted_breaks` names to accept the change."""
    return fingerprint(prompt.name, change)


def acceptance(prompt: PromptDiff, change: Change) -> Accepted | None:
    """The entry of the settings that accepts the change; None if there is none."""
    if change.effect is not Effect.BREAKING or not prompt.accepted:
        return None
    own = fingerprint_of(prompt, change)
    return next((one for one in prompt.accepted if one.fingerprint == own), None)


def acceptance_words(accepted: Accepted) -> str:
    """Whether the break is accepted already, or asks for it in the very change under review."""
    return "its acceptance is part of this change" if accepted.is_proposed else "accepted"


def is_accepted(prompt: PromptDiff) -> bool:
    """Whether the prompt has breaking changes and each of them was accepted before."""
    breaks = [change for change in prompt.changes if change.effect is Effect.BREAKING]
    found = [acceptance(prompt, change) for change in breaks]
    return bool(found) and all(one is not None and not one.is_proposed for one in found)


def states(prompt: PromptDiff) -> str:
    """What is compared: `v3 → working tree`, `added in HEAD`, `removed since published (v3)`."""
    if prompt.old is None:
        assert prompt.new is not None
        return f"added in {_state(prompt.new)}"
    if prompt.new is None:
        return f"removed since {_state(prompt.old)}"
    return f"{_state(prompt.old)} → {_state(prompt.new)}"


def _state(side: Side) -> str:
    return side.shown.removeprefix(f"{side.name}@")


def title(prompt: PromptDiff) -> str:
    """The prompt's name, with the one that it had before."""
    if prompt.old is not None and prompt.status == "renamed":
        return f"{prompt.old.name} → {prompt.name}"
    return prompt.name


def prompt_summary(prompt: PromptDiff, spoken: Sequence[str] = ()) -> str:
    """One line on what changes, the worst first: for a table, a changelog, a commit.

    `spoken` are the changes' sentences where somebody has them already in another form.
    """
    if prompt.problem is not None:
        return prompt.problem
    said = spoken or [sentence(change) for change in prompt.changes]
    if not said:
        return LAYOUT_ONLY
    more = len(said) - _MOST_SAID
    return "; ".join(said[:_MOST_SAID]) + (f"; and {more} more" if more > 0 else "")


def diff_summary(diff: Diff) -> str:
    """`3 prompts: 1 breaking, 2 cosmetic`; the line that ends a diff and begins a report."""
    if not diff.prompts:
        return "no prompts differ"
    compared = [prompt for prompt in diff.prompts if prompt.problem is None]
    numbers = Counter(prompt.effect for prompt in compared)
    parts = [f"{numbers[effect]:,} {effect.value}" for effect in Effect if numbers[effect]]
    if accepted := sum(map(is_accepted, compared)):
        parts[0] += f" ({accepted:,} accepted)"
    if failed := len(diff.prompts) - len(compared):
        parts.append(f"{failed:,} {NOT_COMPARABLE}")
    return f"{counted(len(diff.prompts), 'prompt')}: {', '.join(parts)}"


def worst_first(diff: Diff) -> list[PromptDiff]:
    """The prompts as a reviewer needs them: what cannot be compared, then the worst effect, by name."""
    order = {effect: place for place, effect in enumerate(Effect)}
    return sorted(diff.prompts, key=lambda p: (p.problem is None, order[p.effect], p.name))


def counted(number: int, what: str) -> str:
    """`1 prompt`, `2 prompts`."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def shortened(text: str, most: int) -> str:
    """The text, or its beginning and an ellipsis."""
    return text if len(text) <= most else text[: most - 1] + ELLIPSIS
