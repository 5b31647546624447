"""What publish, label, rollback and push say: the plan, what was done, and how to undo it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from promptctl.core.accepted import fingerprint
from promptctl.core.change import Change, Effect
from promptctl.core.json_data import Json
from promptctl.core.record import Record
from promptctl.core.release_plan import MovePlan, Published, PublishPlan, named
from promptctl.output.change_words import EFFECT_STYLES, sentence
from promptctl.output.json_text import json_line
from promptctl.output.terminal import Terminal, visible_line

MAX_LISTED = 8
_BELOW = " " * 13
"""Before what is said of a change, clear of the effects."""


def plan_lines(plan: PublishPlan, terminal: Terminal) -> Iterator[str]:
    """What callers will see of one publish, before it is done."""
    if plan.does_nothing:
        yield f"{plan.name}: {plan.note or 'nothing to do'}"
        return
    what = f"{plan.label} {named(plan.held)} → v{plan.number}"
    new = "" if plan.version is not None else " (the version is there already)"
    yield f"{terminal.paint_err(plan.name, 'bold')}: {what}{new}"
    reasons = {accepted.fingerprint: accepted.reason for accepted in plan.accepted}
    for change, line in _told(plan.changes, terminal):
        yield line
        if change is not None and reasons and change.effect is Effect.BREAKING:
            reason = reasons.get(fingerprint(plan.name, change))
            if reason is not None:
                yield f"{_BELOW}accepted: {visible_line(reason)}"


def move_lines(plan: MovePlan, terminal: Terminal) -> Iterator[str]:
    """What callers will see of one move of a label, before it is made."""
    if plan.note is not None:
        yield plan.note
        return
    yield plan.subject
    if plan.target is None:
        yield f"  callers of {plan.name}@{plan.label} will get an error"
    yield from (line for _, line in _told(plan.changes, terminal))


def _told(changes: Sequence[Change], terminal: Terminal) -> Iterator[tuple[Change | None, str]]:
    """The changes, worst first, one a line; a long list is cut and says so."""
    for change in changes[:MAX_LISTED]:
        effect = terminal.paint_err(f"{change.effect.value:<10}", EFFECT_STYLES[change.effect])
        yield change, f"  {effect} {visible_line(sentence(change))}"
    if len(changes) > MAX_LISTED:
        yield None, f"  and {len(changes) - MAX_LISTED} more"


def done_line(record: Record) -> str:
    """One record that was made: its name, and what it means."""
    if record.tag.label is None:
        return f"{record.tag}  {record.effect}"
    return f"{record.tag}  {named(record.previous)} → {named(record.version)}"


def undo_line(plan: PublishPlan | MovePlan) -> str:
    """The command that takes a release back."""
    option = "" if plan.label == "published" else f" --label {plan.label}"
    if isinstance(plan, MovePlan) and plan.kind == "rollback":
        return f"promptctl rollback {plan.name}{option} --undo -m REASON"
    if plan.held is None:  # retired again: a rollback goes to versions only
        return f"promptctl label --delete {plan.name} {plan.label}"
    return f"promptctl rollback {plan.name}{option} -m REASON"


def publish_json(results: Sequence[Published], *, dry_run: bool) -> str:
    """What a publish did, or would do, as `promptctl.publish/1`."""
    return json_line(
        {
            "schema": "promptctl.publish/1",
            "dry_run": dry_run,
            "prompts": [_published(result) for result in results],
        }
    )


def _published(result: Published) -> Json:
    plan = result.plan
    return {
        "name": plan.name,
        "label": plan.label,
        "version": plan.number,
        "previous": plan.held,
        "new_version": plan.version is not None,
        "label_moved": plan.move is not None,
        "effect": plan.effect,
        "commit": plan.commit,
        "path": plan.path,
        "content": plan.content,
        "changes": changes_json(plan.changes),
        "tags": [str(record.tag) for record in result.made],
        "note": result.note or plan.note,
    }


def changes_json(changes: Sequence[Change]) -> Json:
    """Changes as the JSON of every command shows them."""
    return [
        {
            "rule": change.rule,
            "effect": change.effect.value,
            "path": list(change.path),
            "message": change.message,
        }
        for change in changes
    ]


def move_json(plan: MovePlan, record: Record | None, *, dry_run: bool) -> str:
    """A move of a label as `promptctl.label/1`."""
    return json_line(
        {
            "schema": "promptctl.label/1",
            "dry_run": dry_run,
            "name": plan.name,
            "label": plan.label,
            "kind": plan.kind,
            "version": None if plan.target is None else plan.target.tag.number,
            "previous": None if plan.held is None else plan.held.tag.number,
            "changes": changes_json(plan.changes),
            "tag": None if record is None else str(record.tag),
            "note": plan.note,
        }
    )


def push_json(tags: Sequence[str], *, dry_run: bool) -> str:
    """What a push sent as `promptctl.push/1`."""
    return json_line({"schema": "promptctl.push/1", "dry_run": dry_run, "tags": list(tags)})
