"""A review: what a change does to prompts, to their callers and to the rules, and whether it may merge."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Literal, TypeAlias, get_args

from promptctl.core.accepted import Accepted
from promptctl.core.change import Change, Effect
from promptctl.core.diff import Diff, PromptDiff
from promptctl.core.fast_dataclass import dataclass
from promptctl.core.finding import Finding, Location, Severity
from promptctl.errors import UsageProblem

Condition: TypeAlias = Literal["error", "warning", "breaking", "any-breaking", "behaviour", "rules"]
CONDITIONS: tuple[Condition, ...] = get_args(Condition)
NEVER = "never"
DEFAULT_FAIL_ON: tuple[Condition, ...] = ("error", "breaking")
BASE = "the base"
"""What a break is against if it is not against a label."""


@dataclass(frozen=True, slots=True)
class RuleEdit:
    """One setting that decides what may merge, and that the change itself edits; None for not set."""

    setting: str
    """`rule_group`, `rules.secret`, `labels.staging`, `accepted_breaks` …"""
    old: str | None
    new: str | None


@dataclass(frozen=True, slots=True)
class LabelCheck:
    """What a label of a prompt holds now, compared with HEAD."""

    prompt: str
    """The prompt's name at HEAD, or the last one if it is gone."""
    label: str
    version: int
    diff: PromptDiff | None
    """None where HEAD has the very content of that version."""


@dataclass(frozen=True, slots=True)
class Planned:
    """What publishing a prompt after the merge would make."""

    prompt: str
    version: int | None
    """The next version; None if there is none to make, or it is not known."""
    note: str | None = None
    """Why there is none, or what publish would say."""


@dataclass(frozen=True, slots=True)
class Break:
    """One breaking change, with everything that it breaks."""

    prompt: str
    change: Change
    fingerprint: str
    against: tuple[str, ...]
    """BASE, and labels."""
    accepted: Accepted | None
    location: Location
    is_live: bool
    """Whether callers meet it: it is against what `published` holds, or nothing is published."""


@dataclass(frozen=True, slots=True)
class Review:
    """Everything that `ci` found out, without a verdict: that depends on what somebody wants to fail on."""

    base: str
    """For people: `3f2a91c (merge base with main)`."""
    base_commit: str
    rules_commit: str
    """Where the rules come from: the tip of the branch to merge into."""
    head_commit: str
    diff: Diff
    findings: tuple[Finding, ...] = ()
    prompts_checked: int = 0
    breaks: tuple[Break, ...] = ()
    labels: tuple[LabelCheck, ...] = ()
    plan: tuple[Planned, ...] = ()
    edits: tuple[RuleEdit, ...] = ()
    notes: tuple[str, ...] = ()

    def number_of(self, severity: Severity) -> int:
        """How many findings have this severity."""
        return sum(finding.severity is severity for finding in self.findings)


@dataclass(frozen=True, slots=True)
class Failure:
    """One reason why the change may not merge."""

    condition: Condition
    message: str


def parse_fail_on(text: str) -> tuple[Condition, ...]:
    """The conditions of `--fail-on`: words with commas between them, or `never`. Raises UsageProblem."""
    words = [word.strip() for word in text.split(",")]
    if words == [NEVER]:
        return ()
    for word in words:
        if word not in CONDITIONS:
            raise UsageProblem(
                f"--fail-on knows no `{word[:60]}`",
                f"{', '.join(CONDITIONS)}; or {NEVER} by itself",
            )
    return tuple(condition for condition in CONDITIONS if condition in words)


def failures(review: Review, fail_on: Iterable[Condition]) -> tuple[Failure, ...]:
    """Why the change may not merge, by these conditions; () if it may."""
    found: Iterator[Failure | None] = (
        Failure(condition, message)
        for condition in fail_on
        if (message := _JUDGES[condition](review)) is not None
    )
    # `any-breaking` says whatever `breaking` does.
    return tuple({one.message: one for one in found if one is not None}.values())


def with_uncounted(review: Review, fail_on: Sequence[Condition]) -> Review:
    """The review with a note on breaks that no condition looks at, unless nothing is to fail."""
    message = _live_breaks(review)
    if message is None or not fail_on or {"breaking", "any-breaking"}.intersection(fail_on):
        return review
    words = ",".join(fail_on)
    note = f"breaking is not looked at, as --fail-on says {words}: {message}"
    return replace(review, notes=(*review.notes, note))


def _errors(review: Review) -> str | None:
    return _counted(review.number_of(Severity.ERROR), "error")


def _warnings(review: Review) -> str | None:
    parts = (_errors(review), _counted(review.number_of(Severity.WARNING), "warning"))
    return ", ".join(filter(None, parts)) or None


def _live_breaks(review: Review) -> str | None:
    return _breaks(one for one in review.breaks if one.is_live)


def _all_breaks(review: Review) -> str | None:
    return _breaks(review.breaks)


def _breaks(breaks: Iterable[Break]) -> str | None:
    names = {one.prompt for one in breaks if one.accepted is None}
    if not names:
        return None
    listed = ", ".join(sorted(names)[:3]) + (
        f" and {len(names) - 3} more" if len(names) > 3 else ""
    )
    return f"callers would have to change: {listed}"


def _behaviour(review: Review) -> str | None:
    changed = [
        prompt
        for prompt in review.diff.prompts
        if any(change.effect is Effect.BEHAVIOUR for change in prompt.changes)
    ]
    count = _counted(len(changed), "prompt")
    return f"the model sees something else: {count}" if count else None


def _rules(review: Review) -> str | None:
    count = _counted(len(review.edits), "setting")
    return f"the rules of the review are edited: {count}" if count else None


_JUDGES: Mapping[Condition, Callable[[Review], str | None]] = {
    "error": _errors,
    "warning": _warnings,
    "breaking": _live_breaks,
    "any-breaking": _all_breaks,
    "behaviour": _behaviour,
    "rules": _rules,
}


def _counted(number: int, what: str) -> str | None:
    return f"{number:,} {what}{'' if number == 1 else 's'}" if number else None
