"""Releases for programs: each verb is one call that prints nothing and asks nobody."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeAlias

from promptctl.core.moment import parse_moment
from promptctl.core.record import Record
from promptctl.core.reference import check_label, parse_reference
from promptctl.core.release import DEFAULT_LABEL
from promptctl.core.release_plan import MovePlan, Published, label_is_untried
from promptctl.errors import ReferenceInvalid, UsageProblem
from promptctl.operations.label import (
    move_label,
    plan_label,
    plan_retire,
    plan_rollback,
)
from promptctl.operations.library import silent
from promptctl.operations.log import live_records
from promptctl.operations.new_label import check_label_meant
from promptctl.operations.publish import MAX_NAMED, plan_publish, prompts_to_publish
from promptctl.operations.publishing import publish as publish_plans
from promptctl.operations.push import push_records
from promptctl.operations.releasing import Desk, ReleaseOptions, open_desk
from promptctl.operations.repository import OpenRepository, open_repository

Moment: TypeAlias = datetime | str | int
"""A point in time: with its zone, as `--at` takes it, or in seconds since 1970."""


@dataclass(frozen=True, slots=True)
class Moved:
    """What moving a label did."""

    plan: MovePlan
    record: Record | None
    """The record that was made; None where there was nothing to do, and in a dry run."""

    @property
    def note(self) -> str | None:
        """Why there was nothing to do."""
        return self.plan.note


def publish(
    repository: OpenRepository | Path | str,
    *targets: str,
    everything: bool = False,
    label: str = DEFAULT_LABEL,
    message: str = "",
    allow_breaking: bool = False,
    allow_older: bool = False,
    push: bool = True,
    sign: bool = False,
    atomic: bool = False,
    new_label: bool = False,
    dry_run: bool = False,
    note: Callable[[str], None] = silent,
    done: Callable[[Published], None] = silent,
) -> tuple[Published, ...]:
    """What was made of the prompts of HEAD that match: the next version of each, which the label names.

    A prompt that has not changed makes no version, and its `note` says so. `done` is told of each as
    soon as it is there: where a later one raises LostRace or PushRefused, those before it stay.
    Raises PromptInvalid and Refused before anything is made.
    """
    if bool(targets) == everything:
        raise UsageProblem("name the prompts to publish, or everything=True")
    check_label(label)
    options = ReleaseOptions(
        label, message.strip(), allow_breaking, allow_older, push, sign, atomic, new_label
    )
    place = _opened(repository)
    chosen = prompts_to_publish(place, targets, everything=everything)
    scope = chosen.names if len(chosen.names) <= MAX_NAMED else None
    desk = open_desk(place, scope, label=label, push=push, note=note)
    plans = plan_publish(desk, chosen, options)
    if label_is_untried(plans, label):
        check_label_meant(desk, options)
    if dry_run:
        return tuple(Published(plan, (), plan.note) for plan in plans)
    results: list[Published] = []

    def tell(result: Published) -> None:
        results.append(replace(result, note=result.note or result.plan.note))
        done(results[-1])

    publish_plans(desk, plans, options, tell)
    return tuple(results)


def label(
    repository: OpenRepository,
    reference: str,
    label: str,
    *,
    delete: bool = False,
    message: str = "",
    allow_breaking: bool = False,
    push: bool = True,
    sign: bool = False,
    new_label: bool = False,
    dry_run: bool = False,
    note: Callable[[str], None] = silent,
) -> Moved:
    """The move of a label to the version that `NAME@REF` means; with `delete` to nothing."""
    check_label(label)
    name = _prompt_name(reference) if delete else parse_reference(reference).name
    options = ReleaseOptions(
        label, message.strip(), allow_breaking, push=push, sign=sign, new_label=new_label
    )
    desk = open_desk(repository, [name], label=label, push=push, note=note)
    plan = plan_retire(desk, name, label) if delete else plan_label(desk, reference, options)
    if plan.note is None and label_is_untried([plan], label):
        check_label_meant(desk, options)
    return _moved(desk, plan, options, dry_run=dry_run)


def rollback(
    repository: OpenRepository | Path | str,
    name: str,
    *,
    message: str = "",
    label: str = DEFAULT_LABEL,
    to: int | None = None,
    at: Moment | None = None,
    undo: bool = False,
    push: bool = True,
    sign: bool = False,
    dry_run: bool = False,
    note: Callable[[str], None] = silent,
) -> Moved:
    """The move of a label back to what it named before, to a version, or to what it named at a time.

    `message` says why, and only a dry run needs none; `undo` takes the last rollback back. Raises
    NothingBefore, LabelNotFound, and LostRace for a move on top of one that this clone had not seen.
    """
    if sum((to is not None, at is not None, undo)) > 1:
        raise UsageProblem("to, at and undo exclude each other")
    if not (dry_run or message.strip()):
        raise UsageProblem("say why: those who read the log will ask", "message='what went wrong'")
    check_label(label)
    name = _prompt_name(name)
    options = ReleaseOptions(label, message.strip(), push=push, sign=sign)
    desk = open_desk(_opened(repository), [name], label=label, push=push, note=note)
    plan = plan_rollback(desk, name, label, to=to, at=_seconds(at), undo=undo)
    return _moved(desk, plan, options, dry_run=dry_run)


def push(
    repository: OpenRepository,
    *,
    dry_run: bool = False,
    note: Callable[[str], None] = silent,
) -> tuple[str, ...]:
    """The tags of the records that only this clone had, which the remote has now."""
    sent: list[str] = []
    push_records(repository, note, sent.append, dry_run=dry_run)
    return tuple(sent)


def live(
    repository: OpenRepository, label: str, pattern: str | None, at: Moment | None
) -> tuple[Record, ...]:
    """Of each prompt that matches, the record of the label that is in force, or was at a time."""
    return live_records(repository, label, pattern, _seconds(at))


def _opened(repository: OpenRepository | Path | str) -> OpenRepository:
    if isinstance(repository, OpenRepository):
        return repository
    return open_repository(repository)


def _prompt_name(text: str) -> str:
    reference = parse_reference(text)
    if reference.kind != "bare":
        raise ReferenceInvalid(
            f"{text} is one state of a prompt; here its name is needed", reference.name
        )
    return reference.name


def _moved(desk: Desk, plan: MovePlan, options: ReleaseOptions, *, dry_run: bool) -> Moved:
    if dry_run or plan.note is not None:
        return Moved(plan, None)
    return Moved(plan, move_label(desk, plan, options))


def _seconds(moment: Moment | None) -> int | None:
    """The seconds since 1970. Raises UsageProblem for a time without a zone: nobody knows when that is."""
    if moment is None or isinstance(moment, int):
        return moment
    if isinstance(moment, str):
        return parse_moment(moment)
    if moment.tzinfo is None:
        raise UsageProblem(
            f"{moment.isoformat()} names no time zone", "datetime(…, tzinfo=timezone.utc)"
        )
    return int((moment - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds())
