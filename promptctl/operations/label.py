"""label and rollback: a label names another version, or nothing; every move is one more record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from promptctl.core.accepted import unaccepted_breaks
from promptctl.core.change import Change
from promptctl.core.interface import compare_prompts
from promptctl.core.nearest import nearest_word
from promptctl.core.record import Record, RecordEffect, RecordKind, TagName
from promptctl.core.reference import parse_reference
from promptctl.core.release import DEFAULT_LABEL, PromptRecords, in_force_at, replay, undoing_moves
from promptctl.core.release_plan import MovePlan, named, number_of, recorded_effect
from promptctl.core.renamed import former_names, no_prompt
from promptctl.errors import (
    BreakingChange,
    LabelNotFound,
    NotFound,
    NothingBefore,
    ReferenceInvalid,
    VersionNotFound,
)
from promptctl.operations.record_making import Draft, make_records
from promptctl.operations.releasing import (
    Desk,
    ReleaseOptions,
    check_names_version,
    check_readable,
    lost_race,
    made_by,
    prompt_of,
    take_over,
)
from promptctl.operations.versions import find_version, near_label, no_such_label
from promptctl.repo.recording import locked
from promptctl.repo.remote import TagTaken


def plan_label(desk: Desk, reference: str, options: ReleaseOptions) -> MovePlan:
    """The move of a label to the version that `NAME@REF` means.

    Raises NotMerged and BreakingChange as publish does.
    """
    parsed = parse_reference(reference)
    record = find_version(desk.repository, parsed) if parsed.kind != "bare" else None
    meant = near_label(desk.repository, parsed) if record is None else None
    if meant is not None:
        raise no_such_label(parsed, meant, None)
    if record is None:
        raise ReferenceInvalid(
            f"{reference} names no version, and a label names versions only",
            f"promptctl label {parsed.name}@latest {options.label}",
        )
    records = desk.records(record.name)
    held = records.version_of(options.label)
    plan = _plan(desk, records, options.label, "label", record)
    move = records.in_force(options.label)
    unsigned = desk.must_sign(options.label) and move is not None and not move.is_signed
    if held is not None and held.tag == record.tag and not unsigned:
        who = f" by {made_by(move)}" if move is not None else ""
        return _noted(
            plan, f"{options.label} names {record.name} {named(record.version)} already{who}"
        )
    desk.check_merged(record.commit, options.label)
    if held is not None and not options.allow_breaking:
        check_readable(desk, held, record)
    breaks = unaccepted_breaks(plan.name, plan.breaks, desk.settings.accepted_breaks)
    if breaks and not options.allow_breaking:
        lines = " " + "; ".join(change.message for change in breaks[:5])
        raise BreakingChange(
            f"{plan.name} {number_of(record)} breaks callers of {plan.label} ({number_of(held)}):{lines}",
            "--allow-breaking moves it all the same",
        )
    return plan


def plan_retire(desk: Desk, name: str, label: str) -> MovePlan:
    """The retirement of a label: it names nothing any more. Raises LabelNotFound."""
    records = desk.records(name)
    move = _finished(desk, records, label)
    if move is not None and move.kind == "retire":
        return _done_already(records, move, label)
    move = records.in_force(label)
    if move is None:
        raise _no_label(desk, records, label)
    plan = _plan(desk, records, label, "retire", None)
    if move.version is None:
        done = "retired" if move.kind == "retire" else "names nothing"
        return _noted(plan, f"{label} of {name} is {done} already, by {made_by(move)}")
    return plan


def plan_rollback(
    desk: Desk,
    name: str,
    label: str,
    *,
    to: int | None = None,
    at: int | None = None,
    undo: bool = False,
) -> MovePlan:
    """The move of a label back to what it named before, to a version, or to what it named at a time.

    `undo` takes the last rollback back. `at` is in seconds since 1970. Raises LabelNotFound,
    VersionNotFound and NothingBefore.
    """
    records = desk.records(name)
    if not records.moves.get(label):
        raise _no_label(desk, records, label)
    move = _finished(desk, records, label)
    if move is not None and to in (None, move.version):
        undoes = move.tag in undoing_moves(records.moves[label])
        if undoes if undo else move.kind == "rollback":
            return _done_already(records, move, label)
    state = replay(records.moves[label])
    kind, target = _way_back(desk, records, label, to=to, at=at, undo=undo)
    record = None if target is None else records.versions.get(target)
    if target is not None and record is None:
        raise VersionNotFound(f"{name} has no version {target}", f"promptctl log {name}")
    plan = replace(_plan(desk, records, label, kind, record), is_undo=undo)
    if target is None and kind == "rollback":
        raise NothingBefore(
            f"{label} of {name} was retired before it named {named(state.top)}",
            f"promptctl label --delete {name} {label} retires it again; --to VERSION goes to a version",
        )
    if target == state.top:
        return _noted(plan, f"{label} names {name} {named(target)} already")
    return plan


def _way_back(
    desk: Desk, records: PromptRecords, label: str, *, to: int | None, at: int | None, undo: bool
) -> tuple[RecordKind, int | None]:
    """The version that a label goes back to, None for nothing, and what kind of move that is."""
    name, moves = records.name, records.moves[label]
    state = replay(moves)
    if undo:
        if not state.undone:
            raise NothingBefore(
                f"the last release of {name} {label} is no rollback", f"promptctl log {name}"
            )
        target = state.undone[-1]
        return ("retire" if target is None else "label"), target
    if to is not None:
        if to in records.versions and not records.has_named(label, to):
            raise NothingBefore(
                f"{label} has never named {name} v{to}, so there is no way back to it",
                f"promptctl label {name}@{to} {label}",
            )
        return "rollback", to
    if at is not None:
        move = in_force_at(moves, at)
        if move is None:
            raise NothingBefore(f"{label} named no version of {name} then", f"promptctl log {name}")
        return "rollback", move.version
    if len(state.stack) < 2:
        raise _nothing_before(desk, records, label)
    return "rollback", state.stack[-2]


def _nothing_before(desk: Desk, records: PromptRecords, label: str) -> NothingBefore:
    """That there is no way further back, and what is left; taking the label away comes last."""
    name, state = records.name, replay(records.moves[label])
    option = "" if label == DEFAULT_LABEL else f" --label {label}"
    known = {m.version for m in records.moves[label] if m.version in records.versions} - {state.top}
    ways = []
    if state.undone:
        back = f"promptctl rollback {name}{option} --undo -m REASON"
        ways.append(f"{back} takes the last rollback back ({named(state.undone[-1])})")
    for number in sorted((n for n in known if n is not None), reverse=True)[:1]:
        ways.append(f"promptctl rollback {name}{option} --to {number} -m REASON goes there")
    for old in former_names(desk.repository.settings.renamed, name):
        before = desk.records(old).version_of(label)
        if before is not None:
            ways.append(
                f"the text before the renaming is {old}@{before.tag.number}: promptctl show --raw"
                f" {old}@{before.tag.number}, to commit and publish it as {name}"
            )
            break
    ways.append(f"promptctl label --delete {name} {label} retires it: callers get an error")
    return NothingBefore(f"{label} named nothing before {name} {named(state.top)}", "; ".join(ways))


def _plan(
    desk: Desk, records: PromptRecords, label: str, kind: RecordKind, target: Record | None
) -> MovePlan:
    check_names_version(records, label)
    held = records.version_of(label)
    changes: tuple[Change, ...] = ()
    if held is not None and target is not None and held.tag != target.tag:
        old, new = prompt_of(desk, held), prompt_of(desk, target)
        changes = tuple(compare_prompts(old, new)) if old is not None and new is not None else ()
    return MovePlan(
        records.name, label, kind, records.next_move(label), target, held, records, changes
    )


def _finished(desk: Desk, records: PromptRecords, label: str) -> Record | None:
    """The move in force where an earlier run made it and was cut off before it could say so."""
    move = records.in_force(label)
    return move if move is not None and move.tag in desk.finished else None


def _done_already(records: PromptRecords, move: Record, label: str) -> MovePlan:
    """The plan of a command whose very move was made by such a run."""
    target, held = (
        None if number is None else records.versions.get(number)
        for number in (move.version, move.previous)
    )
    plan = MovePlan(records.name, label, move.kind, move.tag, target, held, records)
    what = f"{move.tag} ({named(move.previous)} → {named(move.version)})"
    return _noted(plan, f"done already: an earlier run was cut off after it had made {what}")


def _noted(plan: MovePlan, note: str) -> MovePlan:
    return replace(plan, note=note)


def _no_label(desk: Desk, records: PromptRecords, label: str) -> NotFound:
    """That a prompt never had the label, or that there is no such prompt at all."""
    name, labels = records.name, records.labels
    if not records.taken:
        released = {ref.tag.prompt for ref in desk.releases.list_tags()}
        known = {*desk.repository.prompt_names(), *released}
        if name not in known:
            return no_prompt(name, known, desk.repository.settings.renamed)
    near = nearest_word(label, labels)
    if near is not None:
        return LabelNotFound(f"{name} has no label {label}", f"did you mean `{near}`?")
    return LabelNotFound(
        f"{label} names no version of {name}",
        f"its labels: {', '.join(labels)}" if labels else f"promptctl publish {name}",
    )


def move_label(desk: Desk, plan: MovePlan, options: ReleaseOptions) -> Record:
    """Make the record of a move. Raises LostRace if the label moved since the plan was made."""
    unseen = [tag for tag in desk.news if (tag.prompt, tag.label) == (plan.name, plan.label)]
    if unseen:
        raise _lost(desk, plan, sorted(unseen, key=lambda tag: -tag.number))
    with locked(desk.common, desk.note) as lock:
        new = _moves(desk.records(plan.name), plan.label) - _moves(plan.records, plan.label)
        if new:
            raise _lost(desk, plan, sorted(new, key=lambda tag: -tag.number))
        at = plan.target or plan.held or next(iter(plan.records.versions.values()))
        previous = None if plan.held is None else plan.held.tag.number
        draft = Draft(
            plan.move, plan.kind, at.commit, None if plan.target is None else plan.target.tag.number,
            previous, at.path, at.content, _effect(plan), plan.subject,
        )  # fmt: skip
        made: list[Record] = []
        try:
            make_records(desk, lock, [draft], options, made)
            return made[0]
        except TagTaken:
            if desk.remote is not None:
                desk.remote.fetch([plan.name])
                take_over(desk, lock, [plan.name])
            raise _lost(desk, plan, [plan.move]) from None


def _effect(plan: MovePlan) -> RecordEffect:
    if plan.held is None:
        return "new"
    return "breaking" if plan.target is None else recorded_effect(plan.changes)


def _moves(records: PromptRecords, label: str) -> frozenset[TagName]:
    return frozenset(tag for tag in records.taken if tag.label == label)


def _lost(desk: Desk, plan: MovePlan, tags: Sequence[TagName]) -> Exception:
    return lost_race(desk, plan.name, [f"{desk.releases.prefix}{tag}" for tag in tags])
