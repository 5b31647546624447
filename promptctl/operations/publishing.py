"""publish, carried out: each plan under the lock, and what becomes of it where somebody was quicker."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from promptctl.core.record import Record, TagName
from promptctl.core.release_plan import Published, PublishPlan, label_effect, named
from promptctl.errors import LostRace, PromptctlError
from promptctl.operations.record_making import Draft, make_records
from promptctl.operations.releasing import Desk, ReleaseOptions, lost_race, made_by, take_over
from promptctl.repo.recording import WriteLock, locked
from promptctl.repo.remote import TagTaken

Tell = Callable[[Published], None]


def publish(desk: Desk, plans: Sequence[PublishPlan], options: ReleaseOptions, done: Tell) -> None:
    """Carry the plans out, one prompt after the other; `done` is told of each.

    Raises LostRace where the state that a plan stands on has moved, PushRefused and RemoteUnreachable.
    What was made before stays, and the same command run again does the rest.
    """
    with locked(desk.common, desk.note) as lock:
        if options.atomic and sum(not plan.does_nothing for plan in plans) > 1:
            _publish_at_once(desk, lock, plans, options, done)
            return
        for plan in plans:
            _publish_one(desk, lock, plan, options, done)


def _publish_one(
    desk: Desk, lock: WriteLock, plan: PublishPlan, options: ReleaseOptions, done: Tell
) -> None:
    now = _as_things_are(desk, plan)
    made: list[Record] = []
    try:
        _make(desk, lock, [now], options, made)
    except TagTaken as error:
        _catch_up(desk, lock, [plan])
        if made:
            done(
                Published(plan, tuple(made))
            )  # the version is there; its label was moved meanwhile
            raise lost_race(desk, plan.name, error.tags) from None
        now = _after_taken(desk, now, error)
        _make_after_race(desk, lock, now, options, made)
    except PromptctlError:
        if made:
            done(Published(plan, tuple(made)))
        raise
    done(_published(plan, now, made))


def _make_after_race(
    desk: Desk, lock: WriteLock, plan: PublishPlan, options: ReleaseOptions, made: list[Record]
) -> None:
    """Move the label to a version that somebody else has just made."""
    try:
        _make(desk, lock, [plan], options, made)
    except TagTaken as error:  # whoever made the version has moved the label too
        _catch_up(desk, lock, [plan])
        if not _after_taken(desk, plan, error).does_nothing:
            raise lost_race(desk, plan.name, error.tags) from None


def _publish_at_once(
    desk: Desk,
    lock: WriteLock,
    plans: Sequence[PublishPlan],
    options: ReleaseOptions,
    done: Tell,
) -> None:
    now = [_as_things_are(desk, plan) for plan in plans]
    made: list[Record] = []
    while True:  # each turn but the last finds a prompt that somebody else has released meanwhile
        try:
            _make(desk, lock, now, options, made)
        except TagTaken as error:
            _catch_up(desk, lock, now)
            before, now = now, [_as_things_are(desk, plan) for plan in now]
            if now == before:
                name = error.tags[0].removeprefix(desk.releases.prefix).partition("@")[0]
                raise lost_race(desk, name, error.tags) from None
        else:
            break
    for plan, then in zip(plans, now, strict=True):
        done(_published(plan, then, [record for record in made if record.name == plan.name]))


def _published(plan: PublishPlan, now: PublishPlan, made: Sequence[Record]) -> Published:
    return Published(now, tuple(made), None if now is plan else now.note)


def _make(
    desk: Desk,
    lock: WriteLock,
    plans: Iterable[PublishPlan],
    options: ReleaseOptions,
    made: list[Record],
) -> None:
    drafts = [draft for plan in plans for draft in _drafts(plan)]
    if drafts:
        make_records(desk, lock, drafts, options, made)


def _catch_up(desk: Desk, lock: WriteLock, plans: Sequence[PublishPlan]) -> None:
    if desk.remote is not None:
        names = [plan.name for plan in plans]
        desk.remote.fetch(names)
        take_over(desk, lock, names)


def _as_things_are(desk: Desk, plan: PublishPlan) -> PublishPlan:
    """The plan, or what is left to do of it where somebody released meanwhile."""
    if plan.does_nothing:
        return plan
    taken = {ref.tag for ref in desk.releases.list_tags(plan.name)}
    if taken != plan.records.taken:
        return _after_race(desk, plan)
    _check_seen(desk, plan)
    return plan


def _check_seen(desk: Desk, plan: PublishPlan) -> None:
    """Raises LostRace where somebody took the label elsewhere, by hand, and this clone learns of it now.

    A version that others published since is no surprise: HEAD comes after it, which has been checked.
    """
    move = plan.records.in_force(plan.label)
    if plan.move is None or move is None or move.kind == "publish" or move.tag not in desk.news:
        return
    raise lost_race(desk, plan.name, [f"{desk.releases.prefix}{move.tag}"])


def _after_taken(desk: Desk, plan: PublishPlan, error: TagTaken) -> PublishPlan:
    """What is left to do of a plan whose tag the remote did not take. Raises LostRace."""
    now = _as_things_are(desk, plan)
    if now is plan:
        raise lost_race(desk, plan.name, error.tags)
    return now


def _after_race(desk: Desk, plan: PublishPlan) -> PublishPlan:
    """What is left to do where somebody published this very content meanwhile. Raises LostRace else."""
    records = desk.records(plan.name)
    new = records.taken - plan.records.taken
    latest, move = records.latest, records.in_force(plan.label)
    if latest is None or latest.content != plan.content:
        raise _lost(desk, plan, new)
    number = latest.tag.number
    if move is not None and move.tag in new and move.version != number:
        raise _lost(desk, plan, {move.tag})
    desk.check_merged(latest.commit, plan.label)
    note = f"already published as v{number} by {made_by(latest)}"
    is_named = records.has_named(plan.label, number)
    left = None if is_named else records.next_move(plan.label)
    return replace(plan, records=records, version=None, move=left, note=note)


def _lost(desk: Desk, plan: PublishPlan, new: frozenset[TagName] | set[TagName]) -> LostRace:
    ordered = sorted(new, key=lambda tag: (tag.label is not None, -tag.number))
    return lost_race(desk, plan.name, [f"{desk.releases.prefix}{tag}" for tag in ordered])


def _drafts(plan: PublishPlan) -> list[Draft]:
    drafts = []
    latest = plan.records.latest
    commit, path = plan.commit, plan.path
    if plan.version is not None:
        before = latest.tag.number if latest is not None else None
        drafts.append(
            Draft(
                plan.version, "version", commit, plan.number, before,
                path, plan.content, plan.effect, f"{plan.name} v{plan.number}",
            )
        )  # fmt: skip
    elif latest is not None:  # the label goes where that version stands
        commit, path = latest.commit, latest.path
    if plan.move is not None:
        words = f"{plan.name} {plan.label}: {named(plan.held)} → v{plan.number}"
        drafts.append(
            Draft(
                plan.move, "publish", commit, plan.number, plan.held,
                path, plan.content, label_effect(plan), words,
            )
        )  # fmt: skip
    return drafts
