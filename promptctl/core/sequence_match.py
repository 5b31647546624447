"""What two sequences have in common, in order: exact where they are alike, coarse where they are not."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Hashable, Sequence
from typing import NamedTuple

from promptctl.core.schema_meaning import TooMuch, Work

MAX_EDITS = 600
"""Members on one side only, up to which the shortest way from one sequence to the other is sought."""


class Run(NamedTuple):
    """Members that both sequences hold: where they begin in each, and how many."""

    old: int
    new: int
    length: int


def matching_runs(old: Sequence[Hashable], new: Sequence[Hashable], work: Work) -> list[Run]:
    """Runs that both sequences hold, in order and without overlap.

    They leave the fewest members over as long as these are few and the work allows it; beyond that,
    members that stand once on each side hold the two together, and what lies between is compared alone.
    """
    start, end = _common_ends(old, new)
    runs = [Run(0, 0, start)] if start else []
    a, b = old[start : len(old) - end], new[start : len(new) - end]
    found = _shortest(a, b, work) if a and b else []
    if found is None:
        found = _between_anchors(a, b, work)
    runs += [Run(run.old + start, run.new + start, run.length) for run in found]
    if end:
        runs.append(Run(len(old) - end, len(new) - end, end))
    return _joined(runs)


def _common_ends(old: Sequence[Hashable], new: Sequence[Hashable]) -> tuple[int, int]:
    most = min(len(old), len(new))
    start = next((i for i in range(most) if old[i] != new[i]), most)
    most -= start
    end = next((i for i in range(most) if old[-1 - i] != new[-1 - i]), most)
    return start, end


def _shortest(a: Sequence[Hashable], b: Sequence[Hashable], work: Work) -> list[Run] | None:
    """The runs of the shortest edit script (Myers); None if it is too long to look for."""
    n, m = len(a), len(b)
    if abs(n - m) > MAX_EDITS:
        return None
    reach = [0] * (2 * MAX_EDITS + 3)
    middle = MAX_EDITS + 1
    trace: list[list[int]] = []
    try:
        for edits in range(min(MAX_EDITS, n + m) + 1):
            work.spend(edits + 1)
            trace.append(reach[middle - edits - 1 : middle + edits + 2])
            for k in range(-edits, edits + 1, 2):
                before, after = reach[middle + k - 1], reach[middle + k + 1]
                x = after if k == -edits or (k != edits and before < after) else before + 1
                y = x - k
                begin = x
                while x < n and y < m and a[x] == b[y]:
                    x, y = x + 1, y + 1
                reach[middle + k] = x
                if x - begin > 16:
                    work.spend((x - begin) // 16)
                if x >= n and y >= m:
                    return _walked_back(trace, n, m)
    except TooMuch:
        return None
    return None


def _walked_back(trace: Sequence[Sequence[int]], n: int, m: int) -> list[Run]:
    runs: list[Run] = []
    x, y = n, m
    for edits in range(len(trace) - 1, -1, -1):
        reach, middle = trace[edits], edits + 1
        k = x - y
        before, after = reach[middle + k - 1], reach[middle + k + 1]
        down = k == -edits or (k != edits and before < after)
        last_k = k + 1 if down else k - 1
        last_x = reach[middle + last_k] if edits else 0
        last_y = last_x - last_k if edits else 0
        length = min(x - last_x, y - last_y)
        if length > 0:
            runs.append(Run(x - length, y - length, length))
        x, y = last_x, last_y
    return runs[::-1]


def _between_anchors(a: Sequence[Hashable], b: Sequence[Hashable], work: Work) -> list[Run]:
    anchors = _anchors(a, b)
    runs: list[Run] = []
    x = y = 0
    for i, j in [*anchors, (len(a), len(b))]:
        left, right = a[x:i], b[y:j]
        if left and right and anchors:
            start, end = _common_ends(left, right)
            runs += [Run(x, y, start)] if start else []
            inner = left[start : len(left) - end], right[start : len(right) - end]
            found = _shortest(*inner, work) if all(inner) else []
            runs += [Run(r.old + x + start, r.new + y + start, r.length) for r in found or ()]
            runs += [Run(i - end, j - end, end)] if end else []
        if i < len(a):
            runs.append(Run(i, j, 1))
        x, y = i + 1, j + 1
    return runs


def _anchors(a: Sequence[Hashable], b: Sequence[Hashable]) -> list[tuple[int, int]]:
    """Members that stand once on each side: as many as keep their order."""
    once = {member for member, count in Counter(b).items() if count == 1}
    places = {member: j for j, member in enumerate(b) if member in once}
    counts = Counter(a)
    pairs = [(i, places[m]) for i, m in enumerate(a) if counts[m] == 1 and m in places]
    tops: list[int] = []
    last: list[int] = []
    previous: list[int] = []
    for at, (_, j) in enumerate(pairs):
        pile = bisect_left(tops, j)
        tops[pile : pile + 1] = [j]
        last[pile : pile + 1] = [at]
        previous.append(last[pile - 1] if pile else -1)
    chain: list[tuple[int, int]] = []
    at = last[-1] if last else -1
    while at >= 0:
        chain.append(pairs[at])
        at = previous[at]
    return chain[::-1]


def _joined(runs: Sequence[Run]) -> list[Run]:
    joined: list[Run] = []
    for run in runs:
        last = joined[-1] if joined else None
        if last is not None and (last.old + last.length, last.new + last.length) == run[:2]:
            joined[-1] = Run(last.old, last.new, last.length + run.length)
        else:
            joined.append(run)
    return joined
