"""`promptctl list`."""

from typing import Annotated

import typer

from promptctl.cli.options import FormatOption, command_app, complete_name, session_of
from promptctl.errors import LocalIOError

app = command_app()


@app.command("list", epilog="Example: promptctl list 'support/*'")
def list_command(
    context: typer.Context,
    pattern: Annotated[
        str | None,
        typer.Argument(
            metavar="[GLOB]",
            help="Only the prompts whose names match.",
            show_default=False,
            autocompletion=complete_name,
        ),
    ] = None,
    at: Annotated[
        str | None,
        typer.Option(
            "--at", metavar="REV", help="As they were at a git revision.", show_default=False
        ),
    ] = None,
    output_format: FormatOption = "text",
) -> int:
    """List the prompts: name, model, variables ([optional] in brackets), versions, description."""
    from promptctl.operations.browse import list_prompts, with_versions
    from promptctl.operations.repository import open_repository
    from promptctl.output.listings import listing_json, listing_text

    session = session_of(context)
    terminal = session.terminal
    repository = open_repository(session.directory, session.environ, bare_name="worktree")
    prompts = list_prompts(repository, pattern, revision=at)
    try:
        prompts = with_versions(repository, prompts)
    except LocalIOError as error:  # the files can be listed without git
        terminal.note(f"versions and labels are not known: {error.message}")
    if output_format == "json":
        terminal.write(listing_json(prompts))
        return 0
    terminal.write(listing_text(prompts, terminal))
    if not prompts:
        terminal.note(
            f"no prompts in {repository.settings.prompts_dir}/; promptctl new NAME makes one"
        )
    return 0
