"""What each version of a prompt changed: versions in pairs, and the order in which a changelog lists them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from promptctl.core.diff import PromptDiff
from promptctl.core.fast_dataclass import dataclass
from promptctl.core.record import Record
from promptctl.core.release import OddTag


@dataclass(frozen=True, slots=True)
class Step:
    """A version, and the one before it that it is compared with; None for the first."""

    record: Record
    before: Record | None
    moment: int
    """Its time in seconds since 1970, but never before that of an earlier version: clocks differ."""

    @property
    def missing(self) -> int | None:
        """The number of the version that came before it, if that one is not here."""
        wanted, before = self.record.previous, self.before
        is_here = before is not None and (before.name, before.tag.number) == (
            self.record.name,
            wanted,
        )
        return None if is_here else wanted


@dataclass(frozen=True, slots=True)
class Entry:
    """What one version changed."""

    record: Record
    diff: PromptDiff


@dataclass(frozen=True, slots=True)
class Changelog:
    """The versions asked for, newest first, and the tags that are no records."""

    entries: tuple[Entry, ...]
    odd: tuple[OddTag, ...] = ()
    notes: tuple[str, ...] = ()
    """What a reader has to know beside the list: that it is not whole, or goes on under another name."""


def steps_of(versions: Iterable[Record], former: Record | None = None) -> list[Step]:
    """The versions of one prompt, the first one first; `former` is the last one under an older name."""
    steps: list[Step] = []
    before, moment = former, 0
    for record in sorted(versions, key=lambda record: record.tag.number):
        moment = max(moment, record.time)
        steps.append(Step(record, before, moment))
        before = record
    return steps


def newest_steps(steps: Iterable[Step], limit: int | None = None) -> Sequence[Step]:
    """The steps of many prompts, newest first, at most so many."""
    ordered = sorted(
        steps,
        key=lambda step: (step.moment, step.record.name, step.record.tag.number),
        reverse=True,
    )
    return ordered[:limit]
