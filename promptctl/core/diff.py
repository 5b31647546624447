"""The differences between two states of prompts, as one value: what `diff`, `ci` and `changelog` show."""

from __future__ import annotations

from typing import Literal

from promptctl.core.accepted import Accepted as Accepted
from promptctl.core.change import Change, Effect, changed, overall_effect, sort_changes
from promptctl.core.fast_dataclass import dataclass
from promptctl.core.interface import compare_prompts
from promptctl.core.prompt import Prompt
from promptctl.core.rename_text import as_yaml
from promptctl.core.word_diff import Edit

Status = Literal["added", "removed", "renamed", "modified"]
UNDECLARED = "prompt-renamed-undeclared"
"""The rule of a prompt under another name that the settings do not tell."""


@dataclass(frozen=True, slots=True)
class Side:
    """One state of one prompt: where it stands."""

    name: str
    path: str
    """The prompt file, below the root of the prompt repository."""
    shown: str
    """The state for people: `greeting@v3`, `greeting@published (v3)`, `main`, `working tree`."""
    commit: str | None = None
    """The full id of the commit; None for the working tree, the index and files outside git."""
    version: int | None = None


@dataclass(frozen=True, slots=True)
class RenderedChange:
    """One message of one example as both states render it."""

    example: str
    message: int
    """Counted from 1 in the newer state, or in the older one if it is no longer there."""
    role: str
    edits: tuple[Edit, ...]


@dataclass(frozen=True, slots=True)
class PromptDiff:
    """What one prompt's two states differ in. One side is None for a prompt that was added or removed."""

    old: Side | None
    new: Side | None
    changes: tuple[Change, ...]
    """The worst effect first; () if only the layout of the file changed."""
    accepted: tuple[Accepted, ...] = ()
    rendered: tuple[RenderedChange, ...] = ()
    unrendered: tuple[str, ...] = ()
    """What could not be rendered, and so not be compared: one sentence each."""
    problem: str | None = None
    """Why the two cannot be compared, in one sentence: a side that is no valid prompt."""

    @property
    def name(self) -> str:
        """The prompt's name, the newer one if it was renamed."""
        side = self.new or self.old
        assert side is not None
        return side.name

    @property
    def status(self) -> Status:
        """What became of the prompt as a whole."""
        if self.old is None:
            return "added"
        if self.new is None:
            return "removed"
        return "modified" if self.old.name == self.new.name else "renamed"

    @property
    def effect(self) -> Effect:
        """The worst effect of the changes; cosmetic if only the layout of the file changed."""
        return overall_effect(self.changes) or Effect.COSMETIC


@dataclass(frozen=True, slots=True)
class Diff:
    """All prompts that differ between two states, sorted by name."""

    old: str
    """What was compared, for people: `published`, `3f2a91c (merge base of main and HEAD)`."""
    new: str
    prompts: tuple[PromptDiff, ...]
    missing_tags: str | None = None
    """What to type for the tags of releases, where the clone was made without them: what seems to be
    published for the first time may not be."""

    @property
    def effect(self) -> Effect | None:
        """The worst effect of all; None if nothing differs."""
        effects = {prompt.effect for prompt in self.prompts}
        return next((effect for effect in Effect if effect in effects), None)


def diff_prompts(
    old: tuple[Side, Prompt] | None,
    new: tuple[Side, Prompt] | None,
    *,
    renamed: Literal["declared", "undeclared"] | None = "declared",
) -> PromptDiff:
    """What one prompt's two states differ in; one of them may be missing.

    `renamed` says of two names whether the settings know the old one; None where two prompts are held
    against each other. What is accepted or rendered is for the caller to add.
    """
    if old is None or new is None:
        side = new or old
        assert side is not None
        rule, what = ("prompt-added", "added") if old is None else ("prompt-removed", "removed")
        change = changed(rule, (), f"prompt {side[0].name} was {what}")
        return PromptDiff(old[0] if old else None, new[0] if new else None, (change,))
    changes = compare_prompts(old[1], new[1])
    before, after = old[0].name, new[0].name
    if before != after and renamed is not None:
        rule = "prompt-renamed" if renamed == "declared" else UNDECLARED
        line = f"`renamed: {{{as_yaml(before)}: {as_yaml(after)}}}`"
        how = "" if renamed == "declared" else f", and promptctl.yaml does not say {line}"
        message = f"prompt {before} is {after} now{how}"
        changes = sort_changes([*changes, changed(rule, (), message, before, after)])
    return PromptDiff(old[0], new[0], changes)
