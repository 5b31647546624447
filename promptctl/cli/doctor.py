"""`promptctl doctor`."""

from typing import Annotated

import typer

from promptctl.cli.options import FormatOption, command_app, session_of

app = command_app()


@app.command(epilog="Example: promptctl doctor --remote")
def doctor(
    context: typer.Context,
    fix: Annotated[
        bool,
        typer.Option(
            "--fix",
            help="Remove lock files that were left behind, take over records that the remote has.",
        ),
    ] = False,
    remote: Annotated[bool, typer.Option("--remote", help="Ask the remote too.")] = False,
    output_format: FormatOption = "text",
) -> int:
    """Check git, the settings, the remote, the clone and the keys; say what to do."""
    from promptctl.operations.doctor import examine
    from promptctl.output.audit import checks_json, checks_text

    session = session_of(context)
    terminal = session.terminal
    checks = examine(
        session.directory, session.environ, fix=fix, remote=remote, note=terminal.detail
    )
    if output_format == "json":
        terminal.write(checks_json(checks))
    else:
        terminal.write(checks_text(checks, terminal))
    return 1 if any(check.state == "problem" for check in checks) else 0
