"""`promptctl edit`."""

from typing import Annotated

import typer

from promptctl.cli.options import Session, command_app, complete_name, session_of

app = command_app()


@app.command(epilog="Example: EDITOR=nano promptctl edit greeting")
def edit(
    context: typer.Context,
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME",
            help="A prompt of the working tree, or its file.",
            autocompletion=complete_name,
        ),
    ],
) -> int:
    """Open a prompt in $VISUAL or $EDITOR, then validate it. Exit 1 if it has errors."""
    return edit_and_validate(session_of(context), name)


def edit_and_validate(session: Session, name: str) -> int:
    """What `edit` does; `new --edit` does it too."""
    from promptctl.operations.edit import edit_prompt, shown_lines
    from promptctl.operations.repository import open_repository
    from promptctl.operations.validate import Report
    from promptctl.output.findings import findings_summary, render_findings

    terminal = session.terminal
    repository = open_repository(session.directory, session.environ, bare_name="worktree")

    def show(report: Report) -> None:
        text = render_findings(
            report.findings,
            read_lines=lambda path: shown_lines(repository, path),
            paint=terminal.paint,
            width=terminal.width,
            wrapped=terminal.out_is_tty,
        )
        terminal.write(text)
        terminal.flush()

    def ask_again(report: Report) -> bool:
        show(report)
        return terminal.confirm("Edit again?", default=True)

    edited = edit_prompt(repository, name, ask_again)
    if edited.report.is_valid:
        show(edited.report)
    if not edited.changed:
        terminal.note(f"{edited.path}: not changed")
    terminal.note(findings_summary(edited.report.findings, edited.report.prompts))
    return 0 if edited.report.is_valid else 1
