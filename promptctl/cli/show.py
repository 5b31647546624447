"""`promptctl show`."""

from typing import Annotated

import typer

from promptctl.cli.options import (
    FormatOption,
    ReferenceArgument,
    command_app,
    foreign_text,
    session_of,
)

app = command_app()


@app.command(epilog="Examples: promptctl show greeting   promptctl show greeting@HEAD~3 --raw")
def show(
    context: typer.Context,
    reference: ReferenceArgument,
    raw: Annotated[
        bool, typer.Option("--raw", help="The bytes of the file, exactly as they are.")
    ] = False,
    output_format: FormatOption = "text",
) -> int:
    """Show one prompt, in the working tree or at any git revision."""
    from promptctl.operations.repository import open_repository

    session = session_of(context)
    repository = open_repository(session.directory, session.environ, bare_name="worktree")
    if raw:
        content = repository.source(reference).content
        with foreign_text(session):
            session.terminal.write_bytes(content)
        return 0
    from promptctl.operations.browse import show_prompt  # the bytes alone need none of it
    from promptctl.output.listings import prompt_json, prompt_text

    shown = show_prompt(repository, reference)
    source = shown.source
    if output_format == "json":
        files = sorted(shown.prompt.files)
        session.terminal.write(
            prompt_json(
                *(source.path, source.commit, source.name, shown.data, files), source.version
            )
        )
    else:
        with foreign_text(session):
            place = source.shown if source.version is None else f"v{source.version}  {source.shown}"
            session.terminal.write(prompt_text(shown.prompt, place, session.terminal))
    return 0
