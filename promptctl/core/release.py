"""Versions and labels of one prompt, from its records: what is in force, and what was before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field

from promptctl.core.fast_dataclass import dataclass
from promptctl.core.record import MAX_NUMBER, Record, TagName
from promptctl.errors import Refused

DEFAULT_LABEL = "published"


@dataclass(frozen=True, slots=True)
class OddTag:
    """A tag in our name space that is no record, and why."""

    tag: str
    reason: str


@dataclass(frozen=True, slots=True)
class PromptRecords:
    """All records of one prompt that could be read."""

    name: str
    versions: Mapping[int, Record] = field(default_factory=dict)
    moves: Mapping[str, tuple[Record, ...]] = field(default_factory=dict)
    """Label -> its records, by serial number."""
    odd: tuple[OddTag, ...] = ()
    taken: frozenset[TagName] = frozenset()
    """The names of all tags that are there, records or not."""

    @property
    def latest(self) -> Record | None:
        """The highest version."""
        return self.versions[max(self.versions)] if self.versions else None

    @property
    def labels(self) -> list[str]:
        """Every label that was ever recorded, by name."""
        return sorted(self.moves)

    def in_force(self, label: str) -> Record | None:
        """The record of a label that counts: the one with the highest serial number."""
        return self.moves[label][-1] if self.moves.get(label) else None

    def version_of(self, label: str) -> Record | None:
        """The version that a label names now."""
        move = self.in_force(label)
        return None if move is None or move.version is None else self.versions.get(move.version)

    def has_named(self, label: str, version: int) -> bool:
        """Whether a record of the label ever named that version."""
        return any(move.version == version for move in self.moves.get(label, ()))

    def next_version(self) -> TagName:
        """The first free number behind every version that there is, or that a label ever named."""
        named = (
            max(m.version or 0, m.previous or 0) for moves in self.moves.values() for m in moves
        )
        return self._free(max((*self.versions, *named), default=0), None)

    def next_move(self, label: str) -> TagName:
        """The first free serial number behind the record in force."""
        move = self.in_force(label)
        return self._free(0 if move is None else move.tag.number, label)

    def _free(self, after: int, label: str | None) -> TagName:
        number = after + 1
        if number > MAX_NUMBER:
            raise Refused(
                f"{self.name} has no number left behind {after:,}: a tag with an absurd one is in the way",
                f"promptctl verify {self.name}",
            )
        while TagName(self.name, number, label) in self.taken:
            number += 1
        return TagName(self.name, number, label)


def gather_records(
    name: str, records: Iterable[Record], odd: Iterable[OddTag], taken: Iterable[TagName]
) -> PromptRecords:
    """The records of one prompt, sorted into versions and labels."""
    versions: dict[int, Record] = {}
    moves: dict[str, list[Record]] = {}
    for record in sorted(records, key=lambda record: record.tag.number):
        if record.tag.label is None:
            versions[record.tag.number] = record
        else:
            moves.setdefault(record.tag.label, []).append(record)
    sorted_moves = {label: tuple(found) for label, found in moves.items()}
    return PromptRecords(name, versions, sorted_moves, tuple(odd), frozenset(taken))


@dataclass(frozen=True, slots=True)
class LabelStack:
    """What a label named, the last on top, and what rollbacks took away since the last push."""

    stack: tuple[int | None, ...] = ()
    undone: tuple[int | None, ...] = ()

    @property
    def top(self) -> int | None:
        """The version in force; None for nothing."""
        return self.stack[-1] if self.stack else None


def replay(moves: Sequence[Record]) -> LabelStack:
    """The stack that a label's records make, in the order of their serial numbers.

    publish, label and rollout push; retire pushes "nothing"; rollback pops the top, and on down to
    the nearest entry that names its version, which takes the top's place if none does.
    """
    state = LabelStack()
    for move in moves:
        state = _moved(state, move)
    return state


def undoing_moves(moves: Sequence[Record]) -> frozenset[TagName]:
    """The moves that put back what the rollback before them took away."""
    state, found = LabelStack(), set[TagName]()
    for move in moves:
        if _undoes(state, move):
            found.add(move.tag)
        state = _moved(state, move)
    return frozenset(found)


def _undoes(state: LabelStack, move: Record) -> bool:
    return move.kind != "rollback" and bool(state.undone) and state.undone[-1] == move.version


def _moved(state: LabelStack, move: Record) -> LabelStack:
    if move.kind != "rollback":
        undone = state.undone[:-1] if _undoes(state, move) else ()
        return LabelStack((*state.stack, move.version), undone)
    below = state.stack[:-1]
    undone = (*state.undone, state.top) if state.stack else state.undone
    for depth in range(len(below), 0, -1):
        if below[depth - 1] == move.version:
            return LabelStack(below[:depth], undone)
    return LabelStack((*below, move.version), undone)


def in_force_at(moves: Sequence[Record], time: int) -> Record | None:
    """The record that was in force at a time, in seconds since 1970.

    Clocks differ: a record counts from the highest time up to and including its own.
    """
    found, highest = None, 0
    for move in moves:
        highest = max(highest, move.time)
        if highest <= time:
            found = move
    return found
