"""`promptctl live`."""

from typing import Annotated

import typer

from promptctl.cli.options import FormatOption, PatternArgument, command_app, session_of

app = command_app()


@app.command(
    epilog="Examples: promptctl live   promptctl live 'support/*' --label staging --at 2026-01-31T09:30Z"
)
def live(
    context: typer.Context,
    pattern: PatternArgument = None,
    label: Annotated[
        str, typer.Option("--label", metavar="LABEL", help="The label.")
    ] = "published",
    at: Annotated[
        str | None,
        typer.Option(
            "--at",
            metavar="TIME",
            help="As it was then: 2026-01-31 (the start of that day in UTC), "
            "2026-01-31T09:30[:15][Z|+02:00] (UTC without a zone) or @SECONDS since 1970.",
            show_default=False,
        ),
    ] = None,
    output_format: FormatOption = "text",
) -> int:
    """Show which version each prompt's label names, now or at a time."""
    from promptctl.core.moment import parse_moment
    from promptctl.operations.log import live_records
    from promptctl.operations.missing_tags import missing_tags_line
    from promptctl.operations.only_here import records_only_here
    from promptctl.operations.repository import open_repository
    from promptctl.output.records import live_json, live_notes, live_text, missing_note

    session = session_of(context)
    terminal = session.terminal
    moment = None if at is None else parse_moment(at)
    repository = open_repository(session.directory, session.environ, bare_name="worktree")
    found = live_records(repository, label, pattern, moment)
    if output_format == "json":
        terminal.write(live_json(found, label, moment))
    else:
        terminal.write(live_text(found, terminal))
    if not found:
        when = "" if at is None else " at that time"
        fetch = missing_tags_line(repository)
        nothing = f"no version is {label}{when}; promptctl log shows what was released"
        terminal.note(nothing if fetch is None else missing_note(fetch))
    if output_format == "text":
        unpushed = records_only_here(repository)
        for line in live_notes(found, repository.settings.renamed, unpushed):
            terminal.note(line)
    return 0
