"""`promptctl validate`."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from promptctl.cli.options import command_app, complete_name, session_of

app = command_app()


@app.command(epilog="Example: promptctl validate --changed --format github")
def validate(
    context: typer.Context,
    targets: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[PROMPT]...",
            help="Prompt names or globs of names, files or folders; all prompts unless given.",
            show_default=False,
            autocompletion=complete_name,
        ),
    ] = None,
    changed: Annotated[
        bool,
        typer.Option(
            "--changed",
            help="Only prompts that differ, themselves or in what they include, from where HEAD left "
            "--base. In a shallow clone without that commit: from --base itself.",
        ),
    ] = False,
    base: Annotated[
        str | None,
        typer.Option(
            metavar="REV",
            help="What --changed compares with: by default the default branch, at the remote if it "
            "is known there. Nothing is fetched.",
        ),
    ] = None,
    output_format: Annotated[
        Literal["text", "json", "github", "sarif", "junit"],
        typer.Option("--format", help="For people, or for the programs that read findings."),
    ] = "text",
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="FILE", help="Write the findings to a file."),
    ] = None,
    fix: Annotated[
        bool,
        typer.Option("--fix", help="Mend first what can be mended safely, and show what is left."),
    ] = False,
    rules: Annotated[bool, typer.Option("--rules", help="List all rules instead.")] = False,
    jobs: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, max=64, help="Processes to use at most, 1 to 64."),
    ] = None,
    remember: Annotated[
        bool,
        typer.Option(
            "--cache/--no-cache", help="Whether what is as it was when last checked counts again."
        ),
    ] = True,
) -> int:
    """Check prompts: YAML, schema, templates, and everything the rules know. Exit 1 on errors."""
    from promptctl import __version__
    from promptctl.operations import validate as operation
    from promptctl.operations.repository import open_repository
    from promptctl.output.findings import findings_summary, render_findings
    from promptctl.output.findings.text import unpainted
    from promptctl.output.progress import FileProgress

    session = session_of(context)
    terminal = session.terminal
    place, environ = session.directory, session.environ
    repository = open_repository(place, environ, bare_name="worktree", lenient=True)
    if rules:
        from promptctl.output.rules import rules_report

        listed = operation.rules_in_force(repository.settings)
        terminal.write(rules_report(*listed, output_format, terminal.out_width))
        return 0
    chosen = operation.Selection(tuple(targets or ()), changed or base is not None, base)
    bar = FileProgress(terminal)
    try:
        if fix:
            from promptctl.operations.fix import validate_fixed

            report = validate_fixed(repository, chosen, jobs=jobs, progress=bar, remember=remember)
        else:
            report = operation.validate(
                repository, chosen, jobs=jobs, progress=bar, remember=remember
            )
    finally:
        bar.close()
    findings = report.findings
    if output_format == "text":
        findings = operation.seen_from_here(findings, repository)
    text = render_findings(
        findings,
        output_format,
        prompts=report.prompts,
        files=report.files,
        prefix=operation.git_prefix(repository.settings),
        version=__version__,
        read_lines=operation.line_reader(repository),
        paint=terminal.paint if output is None else unpainted,
        width=terminal.width,
        wrapped=terminal.out_is_tty and output is None,
    )
    if output is None:
        terminal.write(text)
    else:
        from promptctl.output.answer_file import write_file

        write_file(session.directory / output, text)
    for line in operation.validation_in_words(repository.settings, report):
        terminal.detail(line)
    for line in operation.validation_notes(repository.settings, report):
        terminal.note(line)
    terminal.note(findings_summary(report.findings, report.prompts, since=report.since))
    return 0 if report.is_valid else 1
