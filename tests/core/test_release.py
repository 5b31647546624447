"""What is in force, and what was before: labels replayed from their records."""

from __future__ import annotations

from dataclasses import replace

import pytest

from promptctl.core.record import Record, RecordKind, TagName
from promptctl.core.release import PromptRecords, gather_records, in_force_at, replay
from tests.core.test_record import MOVE, VERSION

KINDS: dict[str, RecordKind] = {"p": "publish", "l": "label", "r": "rollback", "x": "retire"}


def moves(*steps: str) -> list[Record]:
    """`p3` publishes v3, `r1` rolls back to v1, `x` retires."""
    return [
        replace(
            MOVE,
            tag=TagName("support/triage", serial, "published"),
            kind=KINDS[step[0]],
            version=int(step[1:]) if step[1:] else None,
            time=1000 * serial,
        )
        for serial, step in enumerate(steps, 1)
    ]


@pytest.mark.parametrize(
    ("steps", "stack", "undone"),
    [
        ("p1 p2", (1, 2), ()),
        ("p1 p2 r1", (1,), (2,)),
        ("p1 p2 p3 r2 r1", (1,), (3, 2)),
        ("p1 p2 p3 r1", (1,), (3,)),
        ("p1 p2 r1 l2", (1, 2), ()),
        ("p1 p2 p3 r2 r1 l2", (1, 2), (3,)),
        ("p1 p2 p3 r2 r1 l2 l3", (1, 2, 3), ()),
        ("p1 p2 r1 p3", (1, 3), ()),
        ("p1 p2 x", (1, 2, None), ()),
        ("p1 p2 x r2", (1, 2), (None,)),
        ("p1 p4 r3", (1, 3), (4,)),
        ("p1 x p2 r", (1, None), (2,)),
        ("r1", (1,), ()),
    ],
)
def test_a_stack_is_replayed(
    steps: str, stack: tuple[int | None, ...], undone: tuple[int | None, ...]
) -> None:
    state = replay(moves(*steps.split()))
    assert (state.stack, state.undone) == (stack, undone)


def test_the_record_with_the_highest_number_is_in_force_whatever_clocks_say() -> None:
    first, second = moves("p1", "p2")
    records = gather_records("support/triage", [replace(second, time=1), first], (), ())
    move = records.in_force("published")
    assert move is not None
    assert move.version == 2


def test_numbers_that_are_taken_are_passed_over() -> None:
    taken = [TagName("support/triage", 4), TagName("support/triage", 9, "published")]
    records = gather_records("support/triage", [VERSION, *moves("p3")], (), taken)
    assert records.next_version() == TagName("support/triage", 5)
    assert records.next_move("published") == TagName("support/triage", 2, "published")
    assert PromptRecords("a").next_version() == TagName("a", 1)


def test_what_was_in_force_at_a_time_follows_the_order_of_records() -> None:
    first, second, third = moves("p1", "p2", "r1")
    second = replace(second, time=5000)  # a clock that was ahead
    at = [in_force_at([first, second, third], when) for when in (999, 1000, 4999, 5000)]
    assert [move and move.tag.number for move in at] == [None, 1, 1, 3]
