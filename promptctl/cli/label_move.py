"""How `label` and `rollback` begin and end: the plan is shown, asked about, carried out and told."""

from __future__ import annotations

from promptctl.cli.label_question import at_place, label_confirmed
from promptctl.cli.options import Session
from promptctl.cli.release_options import confirmed, finishing, say
from promptctl.core.release_plan import MovePlan, label_is_untried
from promptctl.operations.label import move_label
from promptctl.operations.releasing import Desk, ReleaseOptions, open_desk
from promptctl.operations.repository import open_repository
from promptctl.output.releases import done_line, move_json, move_lines, undo_line


def desk_for(session: Session, prompt: str, options: ReleaseOptions) -> Desk:
    """The place to move a label of one prompt from."""
    repository = open_repository(session.directory, session.environ, bare_name="worktree")
    note = session.terminal.note
    return open_desk(repository, [prompt], label=options.label, push=options.push, note=note)


def make_move(
    session: Session,
    desk: Desk,
    plan: MovePlan,
    options: ReleaseOptions,
    doing: str,
    *,
    dry_run: bool,
    yes: bool,
    as_json: bool,
) -> None:
    """Carry out the move of a label, unless there is nothing to do or it is only to be shown."""
    terminal = session.terminal
    if plan.note is None and label_is_untried([plan], options.label):
        label_confirmed(session, desk, options, yes=yes or as_json, dry_run=dry_run)
    if not as_json:
        say(session, move_lines(plan, terminal))
    record = None
    if plan.note is None and not dry_run:
        what = f"{doing} of {plan.name} {at_place(desk)}?"
        confirmed(session, what, yes=yes or as_json)
        with finishing(session):
            record = move_label(desk, plan, options)
    if as_json:
        terminal.write(move_json(plan, record, dry_run=dry_run))
    elif record is not None:
        terminal.write(f"{done_line(record)}\n")
        terminal.note(f"  undo: {undo_line(plan)}", "dim")
    if not options.push and record is not None:
        terminal.note("only in this clone: promptctl push sends it to the remote")
