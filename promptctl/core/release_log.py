"""The records of one prompt or of many, in the order in which a log shows them."""

from __future__ import annotations

from collections.abc import Iterable

from promptctl.core.fast_dataclass import dataclass
from promptctl.core.record import Record, TagName
from promptctl.core.release import OddTag, PromptRecords


@dataclass(frozen=True, slots=True)
class ReleaseLog:
    """Records, newest first, and the tags that are none."""

    records: tuple[Record, ...]
    odd: tuple[OddTag, ...]
    undoing: frozenset[TagName] = frozenset()
    """The moves among them that put back what a rollback took away."""
    former: tuple[str, ...] = ()
    """Of one prompt's log: the old names that have records of their own."""
    now: str | None = None
    """Of an old name's log: what the prompt is called now."""


def newest_first(prompts: Iterable[PromptRecords], label: str | None = None) -> list[Record]:
    """The versions and moves of these prompts by their time, newest first; with a label its moves only.

    Clocks are too coarse to tell what one command makes: of one second, a version comes before the
    moves that name it, and a label's moves come in the order of their serial numbers.
    """
    ordered: list[tuple[tuple[int, str, int, bool, int], Record]] = []
    for prompt in prompts:
        if label is None:
            ordered += [
                ((record.time, prompt.name, number, False, 0), record)
                for number, record in prompt.versions.items()
            ]
        for moved, moves in prompt.moves.items():
            highest = 0
            for move in moves if label in (None, moved) else ():
                highest = max(highest, move.version or 0)
                ordered.append(((move.time, prompt.name, highest, True, move.tag.number), move))
    return [record for _, record in sorted(ordered, key=lambda pair: pair[0], reverse=True)]
