"""`promptctl status`."""

from typing import Annotated

import typer

from promptctl.cli.options import FormatOption, PatternArgument, command_app, session_of
from promptctl.errors import UsageProblem

app = command_app()

_PORCELAIN = (
    "Lines for scripts, fields separated by tabs, `-` where there is nothing. `prompt`, name, "
    "tree (clean, modified, untracked, deleted), state (current, unpublished, new, gone), latest "
    "version, labels (published=3,staging=4), drift (unpublished, file_gone). With --remote also "
    "`remote`, only_here, only_there, moved or gone, tag."
)


@app.command(epilog="Examples: promptctl status   promptctl status --remote --exit-code")
def status(
    context: typer.Context,
    pattern: PatternArgument = None,
    remote: Annotated[
        bool, typer.Option("--remote", help="Ask the remote, and name what differs there.")
    ] = False,
    porcelain: Annotated[bool, typer.Option("--porcelain", help=_PORCELAIN)] = False,
    exit_code: Annotated[
        bool,
        typer.Option(
            "--exit-code",
            help="Exit with 1 if a prompt is changed but unpublished, if a label names a version "
            "whose file is gone, or if the remote differs.",
        ),
    ] = False,
    output_format: FormatOption = "text",
) -> int:
    """Compare the working tree with HEAD, HEAD with the latest versions, and show the labels."""
    from promptctl.operations.only_here import records_only_here
    from promptctl.operations.repository import open_repository
    from promptctl.operations.status import prompt_standings, remote_standing
    from promptctl.output import standing as output

    session = session_of(context)
    terminal = session.terminal
    if porcelain and output_format == "json":
        raise UsageProblem("--porcelain and --format json are two forms", "choose one of them")
    repository = open_repository(session.directory, session.environ, bare_name="worktree")
    standings = prompt_standings(repository, pattern)
    there = remote_standing(repository) if remote else None
    lacking = None
    if not any(one.latest for one in standings):
        from promptctl.operations.missing_tags import what_is_lacking
        from promptctl.output.records import lacking_note

        lacking = lacking_note(*what_is_lacking(repository, is_empty=not standings))
    unpushed = records_only_here(repository) if there is None else ()
    if output_format == "json":
        terminal.write(output.standing_json(standings, there, unpushed))
        if lacking is not None:
            terminal.note(lacking)
    elif porcelain:
        terminal.write(output.standing_lines(standings, there))
    else:
        terminal.write(output.standing_text(standings, terminal))
        for line in output.status_notes(standings, there, lacking, unpushed):
            terminal.note(line)
    differs = there is not None and there.differs
    return int(exit_code and (differs or any(one.drift for one in standings)))
