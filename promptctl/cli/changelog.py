"""`promptctl changelog`."""

from typing import Annotated, Literal

import typer

from promptctl.cli.options import command_app, complete_name, foreign_text, session_of

app = command_app()


@app.command(
    epilog="Examples: promptctl changelog greeting   promptctl changelog greeting 3..7   "
    "promptctl changelog v1.0..HEAD"
)
def changelog(
    context: typer.Context,
    targets: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[NAME] [A..B]",
            help="Prompts, all by default; versions of one prompt behind A up to B (3..7, "
            "NAME@3..NAME@published), or those of the commits in A..B.",
            show_default=False,
            autocompletion=complete_name,
        ),
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option("-n", metavar="N", min=1, help="At most so many.", show_default=False),
    ] = None,
    output_format: Annotated[
        Literal["text", "json", "markdown"],
        typer.Option("--format", help="For people, for programs, or for a CHANGELOG.md."),
    ] = "text",
) -> int:
    """Show what each version changed, newest first: for callers, for the model and for people."""
    from promptctl.operations.changelog import read_changelog
    from promptctl.operations.changelog_request import parse_changelog_request
    from promptctl.operations.missing_tags import missing_tags_line
    from promptctl.operations.repository import open_repository
    from promptctl.output import changelog as output
    from promptctl.output.pager import write_paged
    from promptctl.output.records import odd_note

    session = session_of(context)
    terminal = session.terminal
    request = parse_changelog_request(targets or ())
    repository = open_repository(session.directory, session.environ, bare_name="worktree")
    found = read_changelog(repository, request, limit)
    if output_format == "json":
        terminal.write(output.changelog_json(found))
    elif output_format == "markdown":
        terminal.write(output.changelog_markdown(found))
    else:
        with foreign_text(session):
            write_paged(output.changelog_text(found, terminal), terminal, session.environ)
    if not found.entries:
        hint = missing_tags_line(repository)
        terminal.note(output.nothing_note(has_range=request.kind != "all", hint=hint))
    for line in found.notes:
        terminal.note(line)
    if found.odd:
        terminal.note(odd_note(found.odd))
    return 0
