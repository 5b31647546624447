"""`promptctl diff`."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from promptctl.cli.options import (
    VarsOption,
    command_app,
    complete_reference,
    foreign_text,
    read_stdin_of,
    session_of,
)
from promptctl.errors import UsageProblem

app = command_app()


@app.command(
    epilog="Examples: promptctl diff greeting   promptctl diff greeting@1 greeting@2   "
    "promptctl diff main...HEAD"
)
def diff(
    context: typer.Context,
    targets: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[A] [B] [NAME…]",
            help="What to compare: NAME@1 NAME@2, A..B or A...B, one commit or two, two files; then "
            "prompts or globs. By default the published versions with the working tree.",
            show_default=False,
            autocompletion=complete_reference,
        ),
    ] = None,
    cached: Annotated[
        bool, typer.Option("--cached", help="HEAD, or the commit, with what is staged.")
    ] = False,
    render: Annotated[
        bool,
        typer.Option("--render", help="Compare the rendered messages of the examples too."),
    ] = False,
    vars_file: VarsOption = None,
    stat: Annotated[
        bool,
        typer.Option(
            "--stat",
            help="One line per prompt, with a sign for each change: ! breaking, ~ behaviour, "
            "+ compatible, . cosmetic.",
        ),
    ] = False,
    name_only: Annotated[
        bool, typer.Option("--name-only", help="Only the names of the prompts.")
    ] = False,
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help="Exit 1 if anything differs.")
    ] = False,
    output_format: Annotated[
        Literal["text", "json", "markdown", "html"],
        typer.Option("--format", help="For people, programs, a pull request or a browser."),
    ] = "text",
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE", help="Write it to a file.")
    ] = None,
) -> int:
    """Show what changes for callers, for the model and for people, prompt by prompt."""
    from dataclasses import replace

    from promptctl.operations.diff import diff_at
    from promptctl.operations.diff_rendering import rendering_of
    from promptctl.operations.diff_request import parse_request
    from promptctl.output import changes
    from promptctl.output.answer_file import write_file
    from promptctl.output.pager import write_paged

    session = session_of(context)
    terminal = session.terminal
    if stat + name_only + (output_format != "text") > 1:
        raise UsageProblem("--stat, --name-only and --format exclude each other")
    request = parse_request(targets or (), cached=cached)
    read_stdin = read_stdin_of(terminal)
    rendering = rendering_of(vars_file, session.directory, read_stdin, wanted=render)
    found = diff_at(session.directory, session.environ, request, rendering)
    screen = terminal if output is None else replace(terminal, out_is_tty=False, out_color=False)
    writers = {
        "json": lambda: changes.diff_json(found),
        "markdown": lambda: changes.diff_markdown(found),
        "html": lambda: changes.diff_html(found),
        "text": lambda: changes.diff_text(found, screen),
    }
    if stat or name_only:
        text = changes.diff_stat(found, screen) if stat else changes.diff_names(found)
    else:
        text = writers[output_format]()
    if output is not None:
        write_file(session.directory / output, text)
    elif output_format == "text":
        with foreign_text(session):
            write_paged(text, terminal, session.environ)
    else:
        terminal.write(text)
    if not found.prompts:
        terminal.note(f"no prompt differs between {found.old} and {found.new}")
    if found.missing_tags is not None:
        from promptctl.output.records import missing_note

        terminal.note(missing_note(found.missing_tags))
    return 1 if exit_code and found.prompts else 0
