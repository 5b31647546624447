"""`promptctl new`."""

from typing import Annotated, Literal

import typer

from promptctl.cli.options import FormatOption, command_app, complete_provider, session_of
from promptctl.errors import UsageProblem

app = command_app()


@app.command(epilog="Example: promptctl new support/triage --template json --provider openai")
def new(
    context: typer.Context,
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="Its name, such as greeting or support/triage.")
    ],
    template: Annotated[
        Literal["chat", "string", "tool", "json"],
        typer.Option("-t", "--template", help="What to start from."),
    ] = "chat",
    provider: Annotated[
        str | None,
        typer.Option(
            "--provider",
            metavar="PROVIDER",
            autocompletion=complete_provider,
            help="Its provider; by default one that answers here without a key.",
            show_default=False,
        ),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option("-m", "--model", metavar="MODEL", help="Its model.", show_default=False),
    ] = None,
    edit: Annotated[bool, typer.Option("--edit", help="Open it in your editor at once.")] = False,
    output_format: FormatOption = "text",
) -> int:
    """Add a prompt from a template."""
    from promptctl.operations.scaffold import new_prompt
    from promptctl.output.scaffold import new_json, new_notes

    session = session_of(context)
    terminal = session.terminal
    as_json = output_format == "json"
    if edit and as_json:
        raise UsageProblem("--edit needs a person; --format json does not go with it")
    made = new_prompt(
        session.directory,
        session.environ,
        name,
        template=template,
        provider=provider,
        model=model,
    )
    if as_json:
        answerer = made.answerer
        terminal.write(new_json(made.name, made.path, answerer.provider, answerer.model))
        return 0
    terminal.write(made.path + "\n")
    terminal.flush()
    if edit:
        from promptctl.cli.edit import edit_and_validate

        return edit_and_validate(session, made.name)
    for line in new_notes(made.name):
        terminal.note(line)
    return 0
