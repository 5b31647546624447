"""`promptctl schema`."""

from typing import Annotated

import typer

from promptctl.cli.options import command_app, session_of
from promptctl.repo.schemas import SCHEMA_NAMES, SchemaName, read_schema_text

app = command_app()


@app.command(epilog="Example: promptctl schema prompt > .promptctl/prompt.schema.json")
def schema(
    context: typer.Context,
    name: Annotated[
        SchemaName, typer.Argument(metavar="[NAME]", help=f"One of {', '.join(SCHEMA_NAMES)}.")
    ] = "prompt",
) -> int:
    """Print a JSON Schema: of prompt files, promptctl.yaml, your own config.yaml, or JSON output."""
    session_of(context).terminal.write(read_schema_text(name))
    return 0
