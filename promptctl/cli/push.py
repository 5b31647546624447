"""`promptctl push`."""

import typer

from promptctl.cli.options import FormatOption, command_app, session_of
from promptctl.cli.release_options import DryRunOption

app = command_app()


@app.command(epilog="Example: promptctl push --dry-run")
def push(
    context: typer.Context,
    dry_run: DryRunOption = False,
    output_format: FormatOption = "text",
) -> int:
    """Send versions and label moves that are only in this clone to the remote."""
    from promptctl.operations.push import push_records
    from promptctl.operations.repository import open_repository
    from promptctl.output.releases import push_json

    session = session_of(context)
    terminal = session.terminal
    repository = open_repository(session.directory, session.environ, bare_name="worktree")
    sent: list[str] = []

    def done(tag: str) -> None:
        sent.append(tag)
        if output_format == "text":
            terminal.write(f"{tag}\n")

    push_records(repository, terminal.note, done, dry_run=dry_run)
    if output_format == "json":
        terminal.write(push_json(sent, dry_run=dry_run))
        return 0
    remote = repository.settings.remote
    if not sent:
        terminal.note(f"{remote} has every record of this clone")
    elif dry_run:
        terminal.note(f"nothing was done: {len(sent)} would go to {remote}")
    return 0
