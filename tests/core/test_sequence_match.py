"""core.sequence_match: what two sequences have in common."""

from __future__ import annotations

import itertools
from difflib import SequenceMatcher

from hypothesis import given, settings
from hypothesis import strategies as st

from promptctl.core.schema_meaning import Work
from promptctl.core.sequence_match import MAX_EDITS, Run, matching_runs

PLENTY = 10_000_000
sequences = st.text(alphabet="abcde", max_size=40)


def _longest(a: str, b: str) -> int:
    """The length of the longest common subsequence, the slow way."""
    row = [0] * (len(b) + 1)
    for x in a:
        before, row = row, [0]
        for j, y in enumerate(b):
            row.append(before[j] + 1 if x == y else max(before[j + 1], row[j]))
    return row[-1]


@settings(max_examples=400, deadline=None)
@given(sequences, sequences)
def test_as_much_as_possible_is_found_in_common(a: str, b: str) -> None:
    assert sum(run.length for run in matching_runs(a, b, Work(PLENTY))) == _longest(a, b)


@settings(max_examples=400, deadline=None)
@given(sequences, sequences, st.integers(0, 60))
def test_runs_are_equal_in_order_and_apart(a: str, b: str, steps: int) -> None:
    x = y = 0
    runs = matching_runs(a, b, Work(steps))
    for run in runs:
        assert run.length > 0
        assert run.old >= x
        assert run.new >= y
        assert a[run.old : run.old + run.length] == b[run.new : run.new + run.length]
        x, y = run.old + run.length, run.new + run.length
    assert x <= len(a)
    assert y <= len(b)
    for one, other in itertools.pairwise(runs):
        assert (one.old + one.length, one.new + one.length) != other[:2]


def test_long_sequences_hold_on_to_what_stands_once_on_each_side() -> None:
    """More differences than are sought one by one, between members that are unmistakable."""
    old = [x for i in range(4 * MAX_EDITS) for x in (f"anchor {i}", f"old {i}")]
    new = [x for i in range(4 * MAX_EDITS) for x in (f"anchor {i}", f"new {i}", "more")]
    runs = matching_runs(old, new, Work(PLENTY))
    assert [old[run.old] for run in runs] == [f"anchor {i}" for i in range(4 * MAX_EDITS)]


def test_common_ends_cost_nothing() -> None:
    text = "x" * 100_000
    assert matching_runs(text, text, Work(0)) == [Run(0, 0, 100_000)]
    runs = matching_runs(text + "a" + text, text + "b" + text, Work(10))
    assert runs == [Run(0, 0, 100_000), Run(100_001, 100_001, 100_000)]


def test_no_worse_than_the_standard_library_where_it_is_exact() -> None:
    a, b = "the cat sat on the mat", "the dog sat at the mat"
    theirs = SequenceMatcher(None, a, b, autojunk=False).get_matching_blocks()
    ours = matching_runs(a, b, Work(PLENTY))
    assert sum(run.length for run in ours) >= sum(block.size for block in theirs)
