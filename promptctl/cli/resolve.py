"""`promptctl resolve`."""

from typing import Annotated

import typer

from promptctl.cli.options import FormatOption, command_app, complete_reference, session_of

app = command_app()


@app.command(
    epilog="Examples: promptctl resolve greeting@published   promptctl resolve greeting@v3 --explain"
)
def resolve(
    context: typer.Context,
    reference: Annotated[
        str,
        typer.Argument(
            metavar="REF",
            help="NAME@N (a version), NAME@latest, NAME@LABEL or NAME@REV (a git revision).",
            autocompletion=complete_reference,
        ),
    ],
    explain: Annotated[
        bool,
        typer.Option(
            "--explain",
            help="Every step: label, its record, version, commit, path, content digest, blob.",
        ),
    ] = False,
    output_format: FormatOption = "text",
) -> int:
    """Print the id of the commit that a reference leads to."""
    from promptctl.operations.repository import open_repository
    from promptctl.operations.resolve import resolve_reference
    from promptctl.output.standing import resolution_json, resolution_text

    session = session_of(context)
    repository = open_repository(session.directory, session.environ, bare_name="worktree")
    found = resolve_reference(repository, reference)
    if output_format == "json":
        session.terminal.write(resolution_json(found))
    else:
        session.terminal.write(resolution_text(found, explain=explain))
    return 0
