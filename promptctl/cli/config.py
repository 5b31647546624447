"""`promptctl config`."""

import typer

from promptctl.cli.options import FormatOption, command_app, session_of

app = command_app()


@app.command(epilog="Example: promptctl -C other/repository config --format json")
def config(context: typer.Context, output_format: FormatOption = "text") -> int:
    """Show the settings in force, where each comes from, and where each provider is reached."""
    from promptctl.operations.effective_settings import effective_settings
    from promptctl.output.settings import settings_json, settings_text

    session = session_of(context)
    found = effective_settings(session.directory, session.environ)
    parts = (found.settings, found.endpoints, found.timeouts)
    if output_format == "json":
        session.terminal.write(settings_json(*parts))
        return 0
    session.terminal.write(settings_text(*parts, session.terminal))
    if not found.in_repository:
        session.terminal.note("not in a prompt repository: promptctl init makes one")
    return 0
