"""`promptctl label`."""

from typing import Annotated

import typer

from promptctl.cli.options import FormatOption, command_app, complete_reference, session_of
from promptctl.cli.release_options import (
    BreakingOption,
    DryRunOption,
    MessageOption,
    NewLabelOption,
    NoPushOption,
    SignOption,
    YesOption,
    check_message,
)
from promptctl.errors import UsageProblem

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
    new_label: NewLabelOption = False,
    dry_run: DryRunOption = False,
    yes: YesOption = False,
    output_format: FormatOption = "text",
) -> int:
    """Let a label name another version of a prompt, or none."""
    from promptctl.cli.label_move import desk_for, make_move
    from promptctl.core.reference import check_label, is_label, parse_reference
    from promptctl.operations.label import plan_label, plan_retire
    from promptctl.operations.releasing import ReleaseOptions

    session = session_of(context)
    if "@" in name and is_label(reference):
        raise UsageProblem(
            "the version stands first, then the label", f"promptctl label {name} {reference}"
        )
    check_label(name)
    parsed = parse_reference(reference)
    prompt = parsed.name
    if delete and parsed.kind != "bare":
        raise UsageProblem(
            f"{reference}: a label is taken from a prompt; write its name alone",
            f"promptctl label --delete {prompt} {name}",
        )
    options = ReleaseOptions(
        name,
        check_message(message),
        allow_breaking,
        push=not no_push,
        sign=sign,
        new_label=new_label,
    )
    desk = desk_for(session, prompt, options)
    plan = plan_retire(desk, prompt, name) if delete else plan_label(desk, reference, options)
    make_move(
        session,
        desk,
        plan,
        options,
        f"{'Retire' if delete else 'Move'} {name}",
        dry_run=dry_run,
        yes=yes,
        as_json=output_format == "json",
    )
    return 0
