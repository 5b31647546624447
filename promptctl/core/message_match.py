"""Which message of a conversation became which: those that stayed, were edited, moved or got another role."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Hashable, Iterator, Sequence
from typing import NamedTuple

from promptctl.core.schema_meaning import Work
from promptctl.core.sequence_match import matching_runs

ALIKE = 0.5
"""Share of common words from which on one message is taken for another that was edited."""
MAX_PAIRS = 10_000
"""Pairs of messages that are compared with each other at most."""
_MAX_WORDS = 400


class Seen(NamedTuple):
    """A message as it is matched: what makes it the same, its role and its text."""

    key: Hashable
    role: str
    text: str


class Pair(NamedTuple):
    """A message's place in the older and in the newer conversation."""

    old: int
    new: int
    moved: bool = False
    """Whether it stands elsewhere among those that stayed."""


def match_messages(old: Sequence[Seen], new: Sequence[Seen], work: Work) -> list[Pair]:
    """The messages that are in both conversations, in the order of the newer; each in one pair at most."""
    found = _Matching(old, new)
    for run in matching_runs([one.key for one in old], [one.key for one in new], work):
        found.add(*((run.old + i, run.new + i) for i in range(run.length)))
    found.add_moved(_equal_elsewhere(found))
    for left, right in list(found.gaps()):
        found.add(*_alike_in_order(found, left, right, work))
    found.add_moved(_alike_elsewhere(found, work))
    for left, right in list(found.gaps()):
        found.add(*_same_place(found, left, right))
    pairs = [Pair(i, j) for i, j in found.kept.items()]
    pairs += [Pair(i, j, moved=True) for i, j in found.moved.items()]
    return sorted(pairs, key=lambda pair: pair.new)


class _Matching:
    """What is matched so far: pairs in order, and pairs across them."""

    def __init__(self, old: Sequence[Seen], new: Sequence[Seen]) -> None:
        self.old, self.new = old, new
        self.kept: dict[int, int] = {}
        self.moved: dict[int, int] = {}
        self.taken: set[int] = set()
        """Messages of the newer conversation that have a partner."""
        self._words: dict[str, Counter[str]] = {}

    def add(self, *pairs: tuple[int, int]) -> None:
        self.kept.update(pairs)
        self.taken.update(j for _, j in pairs)

    def add_moved(self, pairs: Iterator[tuple[int, int]]) -> None:
        for i, j in pairs:
            self.moved[i] = j
            self.taken.add(j)

    def left_over(self) -> tuple[list[int], list[int]]:
        old = [i for i in range(len(self.old)) if i not in self.kept and i not in self.moved]
        return old, [j for j in range(len(self.new)) if j not in self.taken]

    def gaps(self) -> Iterator[tuple[list[int], list[int]]]:
        """What has no partner between two pairs that are in order, on both sides."""
        old, new = self.left_over()
        ends = [*sorted(self.kept.items()), (len(self.old), len(self.new))]
        x = y = 0
        for i, j in ends:
            left, right = [], []
            while x < len(old) and old[x] < i:
                left.append(old[x])
                x += 1
            while y < len(new) and new[y] < j:
                right.append(new[y])
                y += 1
            if left and right:
                yield left, right

    def alikeness(self, i: int, j: int) -> float:
        """How much of their words two messages share, from 0 to 1; a little less with another role."""
        a, b = self._counted(self.old[i].text), self._counted(self.new[j].text)
        total = a.total() + b.total()
        share = (
            2 * (a & b).total() / total if total else float(self.old[i].text == self.new[j].text)
        )
        return share if self.old[i].role == self.new[j].role else share * 0.9

    def _counted(self, text: str) -> Counter[str]:
        if text not in self._words:
            self._words[text] = Counter(text[: 20 * _MAX_WORDS].split()[:_MAX_WORDS])
        return self._words[text]


def _equal_elsewhere(found: _Matching) -> Iterator[tuple[int, int]]:
    old, new = found.left_over()
    places: dict[Hashable, deque[int]] = {}
    for i in old:
        places.setdefault(found.old[i].key, deque()).append(i)
    for j in new:
        known = places.get(found.new[j].key)
        if known:
            yield known.popleft(), j


def _alike_in_order(
    found: _Matching, left: Sequence[int], right: Sequence[int], work: Work
) -> list[tuple[int, int]]:
    """The pairs of a gap that are most alike together, in order."""
    if len(left) * len(right) > MAX_PAIRS or not work.can_spend(40 * len(left) * len(right)):
        return []
    best = [[0.0] * (len(right) + 1) for _ in range(len(left) + 1)]
    for x in range(len(left) - 1, -1, -1):
        for y in range(len(right) - 1, -1, -1):
            share = found.alikeness(left[x], right[y])
            paired = share + best[x + 1][y + 1] if share >= ALIKE else 0.0
            best[x][y] = max(paired, best[x + 1][y], best[x][y + 1])
    pairs = []
    x = y = 0
    while x < len(left) and y < len(right):
        if best[x][y] == best[x + 1][y]:
            x += 1
        elif best[x][y] == best[x][y + 1]:
            y += 1
        else:
            pairs.append((left[x], right[y]))
            x, y = x + 1, y + 1
    return pairs


def _alike_elsewhere(found: _Matching, work: Work) -> Iterator[tuple[int, int]]:
    """The pairs that are alike although others stand between them, the most alike first."""
    old, new = found.left_over()
    if len(old) * len(new) > MAX_PAIRS or not work.can_spend(40 * len(old) * len(new)):
        return
    shares = [(found.alikeness(i, j), i, j) for i in old for j in new]
    used_old: set[int] = set()
    used_new: set[int] = set()
    for share, i, j in sorted(shares, key=lambda one: (-one[0], one[1], one[2])):
        if share < ALIKE:
            return
        if i not in used_old and j not in used_new:
            used_old.add(i)
            used_new.add(j)
            yield i, j


def _same_place(
    found: _Matching, left: Sequence[int], right: Sequence[int]
) -> Iterator[tuple[int, int]]:
    """What is left of a gap, one after the other, as long as the roles are the same."""
    for i, j in zip(left, right, strict=False):
        if found.old[i].role != found.new[j].role:
            return
        yield i, j
