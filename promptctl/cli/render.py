"""`promptctl render`."""

from typing import Annotated

import typer

from promptctl.cli.options import (
    FormatOption,
    ModelOption,
    ProviderOption,
    ReferenceArgument,
    SetOption,
    StdinOption,
    VarOption,
    VarsOption,
    command_app,
    foreign_text,
    read_stdin_of,
    session_of,
)

app = command_app()


@app.command(epilog='Example: promptctl render greeting --var name="Ada" --request')
def render(
    context: typer.Context,
    reference: ReferenceArgument,
    var: VarOption = None,
    vars_file: VarsOption = None,
    stdin_name: StdinOption = None,
    model: ModelOption = None,
    provider: ProviderOption = None,
    settings: SetOption = None,
    request: Annotated[
        bool, typer.Option("--request", help="Show the exact HTTP request, keys masked.")
    ] = False,
    output_format: FormatOption = "text",
) -> int:
    """Show the messages that would be sent, or the exact request. Nothing leaves this machine."""
    from promptctl.operations.parameters import parse_parameters
    from promptctl.operations.planning import plan_run
    from promptctl.operations.run import RunOptions
    from promptctl.operations.variables import VariableSources
    from promptctl.output.messages import invocation_json, messages_text

    session = session_of(context)
    terminal = session.terminal
    invocation = plan_run(
        reference,
        VariableSources(var or (), vars_file, stdin_name),
        RunOptions(provider, model, parse_parameters(settings or ())),
        directory=session.directory,
        environ=session.environ,
        read_stdin=read_stdin_of(terminal),
    )
    if terminal.verbosity > 0:
        from promptctl.operations.circumstances import circumstances

        for line in circumstances(session.directory, session.environ, invocation.provider):
            terminal.detail(line)
    as_json = output_format == "json"
    if request:
        from promptctl.cli.exact_request import show_request

        show_request(session, invocation, as_json=as_json)
        return 0
    text = invocation_json(invocation) if as_json else messages_text(invocation.messages, terminal)
    with foreign_text(session, output_format):
        terminal.write(text)
    return 0
