"""Plans of releases and their results: what will be made, and what callers will see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from promptctl.core.accepted import Accepted
from promptctl.core.change import Change, Effect, overall_effect
from promptctl.core.fast_dataclass import dataclass
from promptctl.core.record import Record, RecordEffect, RecordKind, TagName
from promptctl.core.release import PromptRecords


def named(version: int | None) -> str:
    """A version as people write it."""
    return "nothing" if version is None else f"v{version}"


def number_of(record: Record | None) -> str:
    """The version that a record makes, as people write it."""
    return named(None if record is None else record.tag.number)


@dataclass(frozen=True, slots=True)
class PublishPlan:
    """What publishing one prompt would do."""

    name: str
    label: str
    commit: str
    path: str
    content: str
    records: PromptRecords
    """The state that the plan stands on."""
    version: TagName | None
    """The version to make; None if the latest has this very content."""
    move: TagName | None
    """The record of the label to make; None if there is none to make."""
    effect: RecordEffect
    """Against the version before, as the version's record will say."""
    changes: tuple[Change, ...] = ()
    """What changes against the version that the label names now, or against the latest if it names none."""
    note: str | None = None
    """Why nothing, or less than asked for, is done."""
    accepted: tuple[Accepted, ...] = ()
    """Why breaks among the changes are none for the settings."""

    @property
    def number(self) -> int:
        """The version that the label will name."""
        if self.version is not None:
            return self.version.number
        assert self.records.latest is not None
        return self.records.latest.tag.number

    @property
    def held(self) -> int | None:
        """The version that the label names now."""
        move = self.records.in_force(self.label)
        return None if move is None else move.version

    @property
    def does_nothing(self) -> bool:
        """Whether nothing will be made."""
        return self.version is None and self.move is None


@dataclass(frozen=True, slots=True)
class Published:
    """What publishing one prompt did."""

    plan: PublishPlan
    made: tuple[Record, ...]
    note: str | None = None


@dataclass(frozen=True, slots=True)
class MovePlan:
    """One move of a label, before it is made."""

    name: str
    label: str
    kind: RecordKind
    move: TagName
    target: Record | None
    """The version that it will name; None for nothing."""
    held: Record | None
    """The version that it names now."""
    records: PromptRecords
    changes: tuple[Change, ...] = ()
    """What callers of the label see change."""
    note: str | None = None
    """Why there is nothing to do."""
    is_undo: bool = False
    """Whether it puts back what the last rollback took away."""

    @property
    def subject(self) -> str:
        """The move in one line."""
        why = ", taking the rollback back" if self.is_undo else ""
        return f"{self.name} {self.label}: {number_of(self.held)} → {number_of(self.target)}{why}"

    @property
    def breaks(self) -> list[Change]:
        """What callers lose."""
        return [change for change in self.changes if change.effect is Effect.BREAKING]


_EFFECTS: Mapping[Effect, RecordEffect] = {
    Effect.BREAKING: "breaking",
    Effect.BEHAVIOUR: "behaviour",
    Effect.COMPATIBLE: "compatible",
    Effect.COSMETIC: "cosmetic",
}


def recorded_effect(changes: Sequence[Change]) -> RecordEffect:
    """What the worst of these changes is called in a record."""
    return _EFFECTS[overall_effect(changes) or Effect.COSMETIC]


def label_is_untried(plans: Sequence[PublishPlan | MovePlan], label: str) -> bool:
    """Whether a label is about to be moved that none of these prompts ever had."""
    moves = any(plan.move is not None for plan in plans)
    return moves and not any(label in plan.records.moves for plan in plans)


def label_effect(plan: PublishPlan) -> RecordEffect:
    """What the move means for callers of the label: `new` where it named nothing."""
    return "new" if plan.held is None else recorded_effect(plan.changes)
