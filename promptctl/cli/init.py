"""`promptctl init`."""

from pathlib import Path
from typing import Annotated

import typer

from promptctl.cli.options import FormatOption, command_app, complete_provider, session_of

app = command_app()


@app.command(epilog="Example: promptctl init my-prompts")
def init(
    context: typer.Context,
    directory: Annotated[
        Path,
        typer.Argument(
            metavar="[DIR]",
            help="The folder, here by default; made if missing.",
            show_default=False,
        ),
    ] = Path(),
    name: Annotated[
        str | None,
        typer.Option(
            "--name", metavar="NAME", help="Name of the first prompt.", show_default=False
        ),
    ] = None,
    provider: Annotated[
        str | None,
        typer.Option(
            "--provider",
            metavar="PROVIDER",
            autocompletion=complete_provider,
            help="Its provider; by default one that answers here without a key.",
            show_default=False,
        ),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option("-m", "--model", metavar="MODEL", help="Its model.", show_default=False),
    ] = None,
    nested: Annotated[
        bool, typer.Option("--nested", help="Allow it inside another prompt repository.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be made; make nothing.")
    ] = False,
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
    for line in start_notes(facts):
        terminal.note(line)
    return 0
