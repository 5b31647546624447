"""`promptctl init`."""

from pathlib import Path
from typing import Annotated

import typer

from promptctl.cli.options import (
    FormatOption,
    Session,
    command_app,
    complete_provider,
    session_of,
)

app = command_app()

DirectoryArgument = Annotated[
    Path,
    typer.Argument(
        metavar="[DIR]",
        help="The folder, here by default; made if missing.",
        show_default=False,
    ),
]
NameOption = Annotated[
    str | None,
    typer.Option("--name", metavar="NAME", help="Name of the first prompt.", show_default=False),
]
ProviderOption = Annotated[
    str | None,
    typer.Option(
        "--provider",
        metavar="PROVIDER",
        autocompletion=complete_provider,
        help="Its provider; by default one that answers here without a key.",
        show_default=False,
    ),
]
ModelOption = Annotated[
    str | None,
    typer.Option("-m", "--model", metavar="MODEL", help="Its model.", show_default=False),
]
NestedOption = Annotated[
    bool, typer.Option("--nested", help="Allow it inside another prompt repository.")
]
DryRunOption = Annotated[
    bool, typer.Option("--dry-run", help="Say what would be made; make nothing.")
]


@app.command(epilog="Example: promptctl init my-prompts")
def init(
    context: typer.Context,
    directory: DirectoryArgument = Path(),
    name: NameOption = None,
    provider: ProviderOption = None,
    model: ModelOption = None,
    nested: NestedOption = False,
    dry_run: DryRunOption = False,
    output_format: FormatOption = "text",
) -> int:
    """Make a prompt repository: settings, a first prompt, CI. Files that exist are never changed."""
    from promptctl.operations.scaffold import init_prompts
    from promptctl.output.scaffold import StartFacts, start_json, start_notes, start_text

    session = session_of(context)
    terminal = session.terminal
    start = init_prompts(
        session.directory / directory,
        session.environ,
        name=name,
        provider=provider,
        model=model,
        nested=nested,
        dry_run=dry_run,
    )
    facts = StartFacts(
        folder=str(directory),
        root=str(start.root),
        made=start.made,
        kept=start.kept,
        new_git=start.new_git,
        branch=start.branch,
        prompt=start.prompt,
        provider=start.answerer.provider,
        model=start.answerer.model,
        chosen=provider is not None,
        tag_prefix=start.tag_prefix,
        key_variable=start.key_variable,
        dry_run=dry_run,
    )
    if output_format == "json":
        terminal.write(start_json(facts))
        return 0
    terminal.write(start_text(facts, terminal))
    terminal.flush()
    if not dry_run:
        _offer_git_setup(session, start.root)
    for line in start_notes(facts):
        terminal.note(line)
    return 0


def _offer_git_setup(session: Session, root: Path) -> None:
    """Ask whoever sits at the terminal whether git shall compare prompts by what they say."""
    terminal = session.terminal
    if terminal.quiet or not (terminal.in_is_tty and terminal.err_is_tty):
        return
    from promptctl.operations.git_setup import ReadableForm, read_git_setup, set_up_git
    from promptctl.operations.repository import open_repository
    from promptctl.output.git_setup import OFFER, setup_notes
    from promptctl.output.readable import FORM, HEADINGS

    repository = open_repository(root, session.environ, bare_name="worktree")
    form = ReadableForm(FORM, HEADINGS)
    if read_git_setup(repository, form).is_on:
        return
    if terminal.confirm(OFFER, default=False):
        set_up_git(repository, form, terminal.note)
        for line in setup_notes(changed=True, shared=False, removed=False):
            terminal.note(line)
    terminal.note("")
