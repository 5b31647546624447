"""`promptctl git-setup`."""

from typing import Annotated

import typer

from promptctl.cli.options import command_app, session_of
from promptctl.errors import UsageProblem

app = command_app()


@app.command(epilog="Examples: promptctl git-setup   promptctl git-setup --remove")
def git_setup(
    context: typer.Context,
    remove: Annotated[
        bool, typer.Option("--remove", help="Take away what this command put there.")
    ] = False,
    status: Annotated[
        bool, typer.Option("--status", help="Say whether git uses it; exit 1 if not.")
    ] = False,
    shared: Annotated[
        bool,
        typer.Option("--shared", help="Name the files in .gitattributes, for every clone."),
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would happen, and change nothing.")
    ] = False,
) -> int:
    """Let plain git diff, log -p and show compare prompts by what they say, in this clone."""
    from promptctl.operations.git_setup import (
        ReadableForm,
        read_git_setup,
        remove_git_setup,
        set_up_git,
        shared_file_left,
    )
    from promptctl.operations.repository import open_repository
    from promptctl.output import git_setup as output
    from promptctl.output.readable import FORM, HEADINGS

    if status and (remove or shared or dry_run):
        raise UsageProblem("--status stands alone: it changes nothing", "promptctl git-setup")
    session = session_of(context)
    terminal = session.terminal
    repository = open_repository(session.directory, session.environ, bare_name="worktree")
    form = ReadableForm(FORM, HEADINGS)
    if status:
        state = read_git_setup(repository, form)
        terminal.write(
            output.state_text(
                *(state.files, state.attribute),
                has_driver=state.has_driver,
                is_current=state.is_current,
                works=state.works,
            )
        )
        return 0 if state.is_on else 1
    work = remove_git_setup if remove else set_up_git
    steps = work(repository, form, terminal.note, shared=shared, dry_run=dry_run)
    shown = [(step.file, step.what) for step in steps]
    terminal.write(output.steps_text(shown, terminal, removed=remove, dry_run=dry_run))
    if not dry_run:
        left = shared_file_left(repository) if remove else None
        notes = output.setup_notes(changed=bool(steps), shared=shared, removed=remove, left=left)
        for line in notes:
            terminal.note(line)
    return 0
