"""`promptctl schema`."""

from typing import Annotated, Literal

import typer

from promptctl.cli.options import command_app, session_of

app = command_app()


@app.command(epilog="Example: promptctl schema prompt > .promptctl/prompt.schema.json")
def schema(
    context: typer.Context,
    which: Annotated[
        Literal["prompt", "project", "config"], typer.Argument(help="The schema to print.")
    ] = "prompt",
) -> int:
    """Print the JSON Schema of prompt files, of promptctl.yaml, or of your own config.yaml."""
    from promptctl.repo.schemas import read_schema_text

    session_of(context).terminal.write(read_schema_text(which))
    return 0
