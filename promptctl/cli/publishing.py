"""How `publish` ends: the plans are shown, asked about, carried out and told."""

from __future__ import annotations

from collections.abc import Sequence

from promptctl.cli.label_question import at_place, label_confirmed
from promptctl.cli.options import Session
from promptctl.cli.release_options import confirmed, finishing, say
from promptctl.core.release_plan import Published, PublishPlan, label_is_untried
from promptctl.operations.publishing import publish
from promptctl.operations.releasing import Desk, ReleaseOptions
from promptctl.output.releases import done_line, plan_lines, publish_json, undo_line

_MANY = 20
"""Prompts at once of which only those are shown that something is done for."""
_UNDOABLE = 5
"""Prompts at once after each of which it is said how to undo it."""


def publish_plans(
    session: Session,
    desk: Desk,
    plans: Sequence[PublishPlan],
    options: ReleaseOptions,
    *,
    dry_run: bool,
    yes: bool,
    as_json: bool,
) -> None:
    """Carry out what was planned, unless it is only to be shown."""
    terminal = session.terminal
    todo = [plan for plan in plans if not plan.does_nothing]
    if label_is_untried(plans, options.label):
        label_confirmed(session, desk, options, yes=yes or as_json, dry_run=dry_run)
    if not as_json:
        shown = plans if len(plans) <= _MANY else todo
        say(session, (line for plan in shown for line in plan_lines(plan, terminal)))
    if dry_run:
        if as_json:
            planned = [Published(plan, ()) for plan in plans]
            terminal.write(publish_json(planned, dry_run=True))
        else:
            terminal.note(f"nothing was done: {len(todo)} of {len(plans)} would be published")
        return
    if todo:
        what = f"Publish {len(todo)} of {len(plans)} as {options.label} {at_place(desk)}?"
        confirmed(session, what, yes=yes or as_json)
    results: list[Published] = []

    def done(result: Published) -> None:
        results.append(result)
        if not as_json:
            _tell(session, result, with_undo=len(todo) <= _UNDOABLE)

    with finishing(session):
        publish(desk, plans, options, done)
    if as_json:
        terminal.write(publish_json(results, dry_run=False))
    if not options.push and any(result.made for result in results):
        terminal.note("only in this clone: promptctl push sends it to the remote")


def _tell(session: Session, result: Published, *, with_undo: bool) -> None:
    terminal = session.terminal
    if result.note:
        terminal.note(f"{result.plan.name}: {result.note}")
    for record in result.made:
        terminal.write(f"{done_line(record)}\n")
    terminal.flush()
    has_moved = any(record.tag.label is not None for record in result.made)
    if has_moved and with_undo:  # a version alone changes nothing for callers
        terminal.note(f"  undo: {undo_line(result.plan)}", "dim")
