"""`promptctl run`."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from promptctl.cli.options import (
    ModelOption,
    ProviderOption,
    ReferenceArgument,
    SetOption,
    StdinOption,
    VarOption,
    VarsOption,
    command_app,
    read_stdin_of,
    session_of,
)

app = command_app()


@app.command(epilog='Example: promptctl run greeting --var name="Ada"')
def run(
    context: typer.Context,
    reference: ReferenceArgument,
    var: VarOption = None,
    vars_file: VarsOption = None,
    stdin_name: StdinOption = None,
    model: ModelOption = None,
    provider: ProviderOption = None,
    settings: SetOption = None,
    no_stream: Annotated[
        bool, typer.Option("--no-stream", help="Ask for the whole answer at once.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show the exact request; send nothing.")
    ] = False,
    output_format: Annotated[
        Literal["text", "json", "ndjson"],
        typer.Option("--format", help="The text, one object, or one event a line."),
    ] = "text",
    file: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--output",
            metavar="FILE",
            help="Write the answer to FILE; what came of a broken one to FILE.partial.",
        ),
    ] = None,
    timeout: Annotated[
        list[str] | None,
        typer.Option(
            "--timeout",
            metavar="[NAME=]SECONDS",
            help="Give up after so many seconds; NAME is connect, headers, first, idle or total, "
            "which is meant without one. Repeatable.",
        ),
    ] = None,
    no_fallback: Annotated[
        bool,
        typer.Option(
            "--no-fallback",
            help="Ask none of the prompt's fallbacks. --model and --provider mean so too.",
        ),
    ] = False,
    retry_invalid: Annotated[
        int,
        typer.Option(
            "--retry-invalid",
            metavar="N",
            min=0,
            max=10,
            help="Ask up to N times more for an answer that fits response_format; "
            "it is then held back until it fits.",
        ),
    ] = 0,
) -> int:
    """Send a prompt and stream the answer to standard output."""
    import time

    from promptctl.operations.parameters import parse_parameters
    from promptctl.operations.planning import plan_run
    from promptctl.operations.run import Conduct, RunOptions, start_run
    from promptctl.operations.time_limits import parse_timeouts
    from promptctl.operations.variables import VariableSources

    session = session_of(context)
    terminal = session.terminal
    began = time.monotonic()
    timeouts = parse_timeouts(timeout or ())
    invocation = plan_run(
        reference,
        VariableSources(var or (), vars_file, stdin_name),
        RunOptions(
            provider,
            model,
            parse_parameters(settings or ()),
            stream=not no_stream,
            fallbacks=not no_fallback,
        ),
        directory=session.directory,
        environ=session.environ,
        read_stdin=read_stdin_of(terminal),
    )
    if terminal.verbosity > 0:
        from promptctl.operations.circumstances import circumstances

        terminal.detail(f"read and rendered in {time.monotonic() - began:.3f} s")
        for line in circumstances(session.directory, session.environ, invocation.provider):
            terminal.detail(line)
    if dry_run:
        from promptctl.cli.exact_request import show_request

        show_request(session, invocation, as_json=output_format != "text")
        return 0
    from promptctl.output.answer_stream import show_answer
    from promptctl.output.countdown import count_down

    conduct = Conduct(
        timeouts,
        retry_invalid,
        note=terminal.note,
        sleep=lambda seconds: count_down(terminal, seconds),
    )
    started = start_run(invocation, session.environ, conduct)
    show_answer(
        started.events,
        started.answer,
        terminal,
        prompt=invocation.prompt,
        output_format=output_format,
        file=None if file is None else session.directory / file,
        in_github_actions=session.environ.get("GITHUB_ACTIONS") == "true",
    )
    return 0
