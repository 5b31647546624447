"""`promptctl list`."""

from typing import Annotated

import typer

from promptctl.cli.options import FormatOption, PatternArgument, command_app, session_of

app = command_app()


@app.command("list", epilog="Example: promptctl list 'support/*'")
def list_command(
    context: typer.Context,
    pattern: PatternArgument = None,
    at: Annotated[
        str | None,
        typer.Option(
            "--at", metavar="REV", help="As they were at a git revision.", show_default=False
        ),
    ] = None,
    output_format: FormatOption = "text",
) -> int:
    """List the prompts: name, model, variables ([optional] in brackets), versions, description."""
    from promptctl.operations.browse import list_released
    from promptctl.operations.repository import open_repository

    session = session_of(context)
    terminal = session.terminal
    repository = open_repository(session.directory, session.environ, bare_name="worktree")
    found = list_released(repository, pattern, revision=at)
    prompts = found.prompts
    if found.unknown is not None:
        terminal.note(f"versions and labels are not known: {found.unknown}")
    from promptctl.output.listings import listing_json, listing_text

    lacking = None
    if found.unknown is None and not any(prompt.latest for prompt in prompts):
        from promptctl.operations.missing_tags import what_is_lacking
        from promptctl.output.records import lacking_note

        lacking = lacking_note(*what_is_lacking(repository, is_empty=not prompts))
    if lacking is not None:
        terminal.note(lacking)
    if output_format == "json":
        terminal.write(listing_json(prompts))
        return 0
    terminal.write(listing_text(prompts, terminal))
    if not prompts and lacking is None:
        terminal.note(
            f"no prompts in {repository.settings.prompts_dir}/; promptctl new NAME makes one"
        )
    return 0
