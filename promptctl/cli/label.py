"""`promptctl label`."""

from typing import Annotated

import typer

from promptctl.cli.options import FormatOption, command_app, complete_reference, session_of
from promptctl.cli.release_options import (
    BreakingOption,
    DryRunOption,
    MessageOption,
    NoPushOption,
    SignOption,
    YesOption,
    check_message,
    confirmed,
    finishing,
    say,
)

app = command_app()


@app.command(
    epilog="Examples: promptctl label greeting@staging published   promptctl label --delete greeting beta"
)
def label(
    context: typer.Context,
    reference: Annotated[
        str,
        typer.Argument(
            metavar="NAME@REF",
            help="A version: a number, latest, or another label. With --delete only NAME.",
            autocompletion=complete_reference,
        ),
    ],
    name: Annotated[str, typer.Argument(metavar="LABEL", help="The label to move.")],
    delete: Annotated[
        bool, typer.Option("--delete", help="Retire the label: it names nothing any more.")
    ] = False,
    message: MessageOption = "",
    allow_breaking: BreakingOption = False,
    no_push: NoPushOption = False,
    sign: SignOption = False,
    dry_run: DryRunOption = False,
    yes: YesOption = False,
    output_format: FormatOption = "text",
) -> int:
    """Let a label name another version of a prompt, or none."""
    from promptctl.core.reference import parse_reference
    from promptctl.operations.label import check_label, move_label, plan_label, plan_retire
    from promptctl.operations.releasing import ReleaseOptions, open_desk
    from promptctl.operations.repository import open_repository
    from promptctl.output import releases as output

    session = session_of(context)
    check_label(name)
    prompt = parse_reference(reference).name
    options = ReleaseOptions(
        name, check_message(message), allow_breaking, push=not no_push, sign=sign
    )
    repository = open_repository(session.directory, session.environ, bare_name="worktree")
    desk = open_desk(repository, [prompt], label=name, push=not no_push, note=session.terminal.note)
    plan = plan_retire(desk, prompt, name) if delete else plan_label(desk, reference, options)
    as_json = output_format == "json"
    if not as_json:
        say(session, output.move_lines(plan, session.terminal))
    record = None
    if plan.note is None and not dry_run:
        confirmed(session, f"{'Retire' if delete else 'Move'} {name}?", yes=yes or as_json)
        with finishing(session):
            record = move_label(desk, plan, options)
    if as_json:
        session.terminal.write(output.move_json(plan, record, dry_run=dry_run))
    elif record is not None:
        session.terminal.write(f"{output.done_line(record)}\n")
        session.terminal.note(f"  undo: {output.undo_line(plan)}", "dim")
    if no_push and record is not None:
        session.terminal.note("only in this clone: promptctl push sends it to the remote")
    return 0
