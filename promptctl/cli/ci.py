"""`promptctl ci`."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from promptctl.cli.options import command_app, session_of

app = command_app()


@app.command(
    epilog="Examples: promptctl ci   promptctl ci --base main --fail-on warning,breaking --report report.md"
)
def ci(
    context: typer.Context,
    base: Annotated[
        str | None,
        typer.Option(
            metavar="REV",
            help="What the change is merged into: by default what the CI system says, else the default "
            "branch. HEAD is compared with where it left it.",
        ),
    ] = None,
    fail_on: Annotated[
        str,
        typer.Option(
            metavar="WORDS",
            help="What answers no, in place of error,breaking: error, warning (and error), breaking (what "
            "published holds, not accepted), any-breaking (any label, or the base), behaviour, rules "
            "(edits of the rules themselves), with commas between; or never.",
        ),
    ] = "error,breaking",
    report: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write the report there too, as Markdown for a comment."),
    ] = None,
    fetch: Annotated[
        bool,
        typer.Option(
            "--fetch",
            help="Ask the remote for what this clone lacks: objects only, no ref is written.",
        ),
    ] = False,
    output_format: Annotated[
        Literal["text", "json", "markdown", "github", "gitlab"],
        typer.Option(
            "--format",
            help="For people, programs, a comment; annotations; a code quality report.",
        ),
    ] = "text",
) -> int:
    """Say what a pull request changes, for whom, and whether it may merge. Exit 1 if it may not.

    HEAD is looked at, and the rules, labels and accepted breaks of the base count. Nothing is written,
    needs a key or runs what the repository names; without --fetch, nothing needs the network.
    """
    from promptctl.core.ci_runner import runner_of
    from promptctl.core.review import failures, parse_fail_on, with_uncounted
    from promptctl.operations.ci import head_lines, review_change
    from promptctl.operations.repository import open_repository
    from promptctl.operations.validate import git_prefix
    from promptctl.output import review as output
    from promptctl.output.answer_file import write_file
    from promptctl.settings import SETTINGS_FILE

    session = session_of(context)
    terminal = session.terminal
    conditions = parse_fail_on(fail_on)
    runner = runner_of(session.environ)
    place, environ = session.directory, session.environ
    repository = open_repository(place, environ, bare_name="worktree", lenient=True)
    found = with_uncounted(review_change(repository, runner, base=base, fetch=fetch), conditions)
    reasons = failures(found, conditions)
    prefix = git_prefix(repository.settings)
    markdown = output.review_markdown(found, reasons, prefix=prefix)
    if report is not None:
        write_file(session.directory / report, markdown)
    if runner.summary_file is not None:
        output.append_summary(Path(runner.summary_file), markdown)
    annotations = output.review_annotations(found, SETTINGS_FILE, prefix)
    writers = {
        "json": lambda: output.review_json(found, reasons),
        "markdown": lambda: markdown,
        "github": lambda: annotations,
        "gitlab": lambda: output.code_quality_json(found, SETTINGS_FILE, prefix),
        "text": lambda: output.review_text(found, reasons, terminal, head_lines(repository)),
    }
    text = writers[output_format]()
    if output_format == "text" and runner.is_github:
        text = output.guarded(text) + annotations
    terminal.write(text)
    terminal.flush()
    for line in found.notes:
        terminal.note(line)
    return 1 if reasons else 0
