"""`promptctl log`."""

from typing import Annotated

import typer

from promptctl.cli.options import (
    FormatOption,
    PatternArgument,
    command_app,
    foreign_text,
    session_of,
)

app = command_app()


@app.command(
    epilog="Examples: promptctl log greeting   promptctl log 'support/*' -n 20 --oneline --label published"
)
def log(
    context: typer.Context,
    name: PatternArgument = None,
    limit: Annotated[
        int | None,
        typer.Option("-n", metavar="N", min=1, help="At most so many.", show_default=False),
    ] = None,
    oneline: Annotated[bool, typer.Option("--oneline", help="One line each.")] = False,
    label: Annotated[
        str | None,
        typer.Option(
            "--label", metavar="LABEL", help="Only the moves of one label.", show_default=False
        ),
    ] = None,
    output_format: FormatOption = "text",
) -> int:
    """Show versions and label moves, newest first: who, when, why and with what effect."""
    from promptctl.operations.log import read_log
    from promptctl.operations.missing_tags import missing_tags_line
    from promptctl.operations.repository import open_repository
    from promptctl.output import records as output
    from promptctl.output.pager import write_paged

    session = session_of(context)
    terminal = session.terminal
    repository = open_repository(session.directory, session.environ, bare_name="worktree")
    found = read_log(repository, name, label=label, limit=limit)
    if output_format == "json":
        terminal.write(output.log_json(found))
    else:
        with foreign_text(session):
            show = output.log_lines if oneline else output.log_text
            write_paged(show(found, terminal), terminal, session.environ)
    if not found.records:
        terminal.note(output.nothing_note(name, label, missing_tags_line(repository)))
    for line in output.log_notes(found):
        terminal.note(line)
    return 0
