"""`promptctl rollback`."""

from typing import Annotated

import typer

from promptctl.cli.options import FormatOption, command_app, session_of
from promptctl.cli.release_options import (
    DryRunOption,
    LabelOption,
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
ReasonOption = Annotated[
    str,
    typer.Option(
        "-m",
        "--message",
        metavar="TEXT",
        help="Why. Required: those who read the log will ask.",
        show_default=False,
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
    message: ReasonOption = "",
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
    parsed = parse_reference(name)
    if parsed.kind != "bare":
        hint = _alone(parsed.name, parsed.revision, parsed.version)
        raise UsageProblem(f"{name}: write the name alone", hint)
    version = None if to is None else _version(name, to)
    options = ReleaseOptions(
        label, check_message(message, needed=not dry_run), push=not no_push, sign=sign
    )
    moment = None if at is None else parse_moment(at)
    desk = desk_for(session, name, options)
    plan = plan_rollback(desk, name, label, to=version, at=moment, undo=undo)
    make_move(
        session,
        desk,
        plan,
        options,
        f"Roll back {label}",
        dry_run=dry_run,
        yes=yes,
        as_json=output_format == "json",
    )
    return 0


def _version(name: str, to: str) -> int:
    """The version that --to names. Raises UsageProblem."""
    from promptctl.core.reference import parse_reference

    start, at, end = to.partition("@")
    if at and start == name:
        raise UsageProblem(f"--to {to}: write the version alone", f"--to {end}")
    version = parse_reference(f"{name}@{to}").version
    if version is None:
        raise UsageProblem(f"--to {to} is no version", f"promptctl log {name} shows them")
    return version


def _alone(name: str, revision: str, version: int | None) -> str:
    """What was meant by a reference where the name of a prompt is needed."""
    from promptctl.core.reference import is_label

    if version is not None:
        return f"promptctl rollback {name} --to {version} -m REASON"
    option = f" --label {revision}" if is_label(revision) and revision != "published" else ""
    return f"promptctl rollback {name}{option} -m REASON"
