"""`promptctl verify`."""

from typing import Annotated

import typer

from promptctl.cli.options import FormatOption, OnePromptArgument, command_app, session_of

app = command_app()


@app.command(epilog="Example: promptctl verify greeting --offline")
def verify(
    context: typer.Context,
    name: OnePromptArgument = None,
    offline: Annotated[
        bool, typer.Option("--offline", help="Look at this clone only; the remote is not asked.")
    ] = False,
    output_format: FormatOption = "text",
) -> int:
    """Check that the record of versions and labels is unbroken, here and at the remote."""
    from promptctl.operations.missing_tags import missing_tags_line
    from promptctl.operations.repository import open_repository
    from promptctl.operations.verify import verify as verify_records
    from promptctl.output.audit import problems_json, problems_text, verdict
    from promptctl.output.records import missing_note

    session = session_of(context)
    terminal = session.terminal
    repository = open_repository(session.directory, session.environ, bare_name="worktree")
    found = verify_records(repository, name, offline=offline)
    prompts, records, remote = found.prompts, found.records, found.remote
    if output_format == "json":
        terminal.write(
            problems_json(found.problems, prompts=prompts, records=records, remote=remote)
        )
    else:
        terminal.write(problems_text(found.problems, terminal))
        terminal.note(verdict(found.problems, prompts, records, remote))
    fetch = None if records else missing_tags_line(repository)
    if fetch is not None:
        terminal.note(missing_note(fetch))
    return 0 if found.is_unbroken else 1
