"""`promptctl rollback`."""

from typing import Annotated

import typer

from promptctl.cli.options import FormatOption, command_app, session_of
from promptctl.cli.release_options import (
    DryRunOption,
    LabelOption,
    MessageOption,
    NameArgument,
    NoPushOption,
    SignOption,
    YesOption,
    check_message,
)
from promptctl.errors import UsageProblem

app = command_app()

ToOption = Annotated[
    str | None, typer.Option("--to", metavar="VERSION", help="Back to this version.")
]
AtOption = Annotated[
    str | None,
    typer.Option(
        "--at", metavar="TIME", help="Back to what the label named then, e.g. 2026-03-01T09:00Z."
    ),
]
UndoOption = Annotated[bool, typer.Option("--undo", help="Take the last rollback back.")]


@app.command(
    epilog="Examples: promptctl rollback greeting -m 'too chatty'   promptctl rollback greeting --undo -m ok"
)
def rollback(
    context: typer.Context,
    name: NameArgument,
    label: LabelOption = "published",
    to: ToOption = None,
    at: AtOption = None,
    undo: UndoOption = False,
    message: MessageOption = "",
    no_push: NoPushOption = False,
    sign: SignOption = False,
    dry_run: DryRunOption = False,
    yes: YesOption = False,
    output_format: FormatOption = "text",
) -> int:
    """Let a label name again what it named before. Nothing is deleted: it is one more record."""
    from promptctl.cli.label_move import desk_for, make_move
    from promptctl.core.moment import parse_moment
    from promptctl.core.reference import check_label, parse_reference
    from promptctl.operations.label import plan_rollback
    from promptctl.operations.releasing import ReleaseOptions

    session = session_of(context)
    if sum((to is not None, at is not None, undo)) > 1:
        raise UsageProblem("--to, --at and --undo exclude each other")
    check_label(label)
    version = None if to is None else parse_reference(f"{name}@{to}").version
    if to is not None and version is None:
        raise UsageProblem(f"--to {to} is no version", f"promptctl log {name} shows them")
    options = ReleaseOptions(
        label, check_message(message, needed=not dry_run), push=not no_push, sign=sign
    )
    moment = None if at is None else parse_moment(at)
    desk = desk_for(session, parse_reference(name).name, options)
    plan = plan_rollback(desk, name, label, to=version, at=moment, undo=undo)
    make_move(
        session,
        desk,
        plan,
        options,
        f"Roll {label} back?",
        dry_run=dry_run,
        yes=yes,
        as_json=output_format == "json",
    )
    return 0
