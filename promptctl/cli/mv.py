"""`promptctl mv`."""

from typing import Annotated

import typer

from promptctl.cli.options import FormatOption, command_app, complete_name, session_of

app = command_app()


@app.command(epilog="Example: promptctl mv triage support/triage")
def mv(
    context: typer.Context,
    old: Annotated[
        str,
        typer.Argument(metavar="OLD", help="The prompt.", autocompletion=complete_name),
    ],
    new: Annotated[str, typer.Argument(metavar="NEW", help="The name that it gets.")],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would happen, and change nothing.")
    ] = False,
    output_format: FormatOption = "text",
) -> int:
    """Rename a prompt; versions and labels of the old name keep answering."""
    from promptctl.operations.rename import rename_prompt
    from promptctl.operations.repository import open_repository
    from promptctl.output.renaming import renaming_json, renaming_notes, renaming_text

    session = session_of(context)
    terminal = session.terminal
    repository = open_repository(session.directory, session.environ, bare_name="worktree")
    done = rename_prompt(repository, old, new, dry_run=dry_run)
    if output_format == "json":
        facts = (done.old, done.new, done.moves, done.version, done.labels)
        terminal.write(renaming_json(*facts, staged=done.is_staged, dry_run=dry_run))
        return 0
    terminal.write(renaming_text(done.moves))
    terminal.flush()
    notes = renaming_notes(
        *(old, new, done.version, done.labels),
        moved=bool(done.moves),
        staged=done.is_staged,
        dry_run=dry_run,
    )
    for line in notes:
        terminal.note(line)
    return 0
