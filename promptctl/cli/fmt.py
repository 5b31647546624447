"""`promptctl fmt`."""

from typing import Annotated

import typer

from promptctl.cli.options import (
    FormatOption,
    Session,
    command_app,
    complete_name,
    foreign_text,
    read_stdin_of,
    session_of,
)
from promptctl.errors import UsageProblem

app = command_app()


@app.command(epilog="Example: promptctl fmt --check")
def fmt(
    context: typer.Context,
    targets: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[PROMPT]...",
            help="Prompt names or globs of names, files or folders; - is standard input. All prompts "
            "and promptctl.yaml unless given.",
            show_default=False,
            autocompletion=complete_name,
        ),
    ] = None,
    check: Annotated[
        bool,
        typer.Option("--check", help="Write nothing; exit 1 if a file is not in canonical layout."),
    ] = False,
    diff: Annotated[
        bool, typer.Option("--diff", help="Write nothing; show the changes as a patch.")
    ] = False,
    stdin_filename: Annotated[
        str | None,
        typer.Option(metavar="PATH", help="With -: the file that standard input stands for."),
    ] = None,
    jobs: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, max=64, help="Processes to use at most, 1 to 64."),
    ] = None,
    output_format: FormatOption = "text",
) -> int:
    """Put prompts into canonical layout; values and comments stay. Exit 1 if a file cannot be."""
    from promptctl.operations.format import format_files, path_from_here
    from promptctl.operations.repository import open_repository
    from promptctl.operations.validate import git_prefix, line_reader, seen_from_here
    from promptctl.output.formatting import (
        formatting_json,
        formatting_summary,
        formatting_text,
        patch_text,
        write_left,
        write_patch,
    )
    from promptctl.output.progress import FileProgress

    session = session_of(context)
    terminal = session.terminal
    as_json, write = output_format == "json", not (check or diff)
    if diff and as_json:
        raise UsageProblem("--diff is a patch; --format json does not go with it")
    if targets == ["-"] and not as_json:
        return _fmt_stdin(session, stdin_filename or "stdin.yaml", check=check, diff=diff)
    if stdin_filename is not None or "-" in (targets or ()):
        raise UsageProblem("- stands alone; --stdin-filename goes with it, --format json does not")
    repository = open_repository(
        session.directory, session.environ, bare_name="worktree", lenient=True
    )
    root, here = repository.settings.root, repository.directory
    progress = FileProgress(terminal)
    try:
        report = format_files(repository, targets or (), write=write, jobs=jobs, progress=progress)
    finally:
        progress.close()
    if as_json:
        terminal.write(formatting_json(report.layouts, report.checked, is_written=write))
    elif diff:
        with foreign_text(session):
            write_patch(terminal, patch_text(report.changed, git_prefix(repository.settings)))
    else:
        changed = [path_from_here(one.path, root, here) for one in report.changed]
        terminal.write(formatting_text(changed))
    if not as_json:
        findings = seen_from_here(report.findings, repository)
        kept = [(path_from_here(one.path, root, here), one.problem) for one in report.kept]
        write_left(terminal, findings, kept, line_reader(repository))
    terminal.note(formatting_summary(report.layouts, report.checked, is_written=write))
    return 1 if not report.is_complete or (check and report.changed) else 0


def _fmt_stdin(session: Session, path: str, *, check: bool, diff: bool) -> int:
    """What `fmt -` does: standard input to standard output; nothing at all where that cannot be."""
    from promptctl.core.source_text import MAX_BYTES
    from promptctl.operations.format import format_text
    from promptctl.output.formatting import patch_text, write_left, write_patch

    terminal = session.terminal
    content = read_stdin_of(terminal)(MAX_BYTES + 1)
    layout = format_text(content, path)
    is_done = layout.outcome in ("unchanged", "changed")
    if diff and is_done:
        with foreign_text(session):
            write_patch(terminal, patch_text([layout]))
    elif is_done and not check:
        with foreign_text(session):
            terminal.write_bytes(layout.after)
    lines = content.decode("utf-8", "replace").splitlines()
    kept = [(path, layout.problem)] if layout.outcome == "kept" else []
    write_left(terminal, layout.findings, kept, lambda _: lines)
    return 1 if not is_done or (check and layout.outcome == "changed") else 0
