"""What programs call: validate, render and run, with plain arguments."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from promptctl.core.invocation import RenderedMessage
from promptctl.core.json_data import Json
from promptctl.core.prompt import Prompt
from promptctl.core.render import check_variables, render_messages
from promptctl.operations.repository import Repository, open_repository
from promptctl.operations.run import Run, RunOptions, plan_invocation, start_run
from promptctl.operations.validate import Report, Selection
from promptctl.operations.validate import validate as validate_selection
from promptctl.settings import process_environ


def validate(
    repository: Repository | Path | str = ".",
    *targets: str,
    changed: bool = False,
    base: str | None = None,
) -> Report:
    """Every finding about a repository's prompts, or about those that match the targets.

    A target is the name of a prompt, a glob over names, or a path. `changed` looks only at what the
    working tree changes against `base`.
    """
    if not isinstance(repository, Repository):
        repository = open_repository(repository)
    return validate_selection(repository, Selection(targets, changed, base))


def render(
    prompt: Prompt, variables: Mapping[str, Json] | None = None
) -> tuple[RenderedMessage, ...]:
    """The messages that would be sent. Raises VariablesRefused with every problem."""
    return render_messages(prompt, check_variables(prompt, variables or {}))


def run(
    prompt: Prompt,
    variables: Mapping[str, Json] | None = None,
    *,
    provider: str | None = None,
    model: str | None = None,
    parameters: Mapping[str, Json] | None = None,
    stream: bool = True,
    seconds: float | None = None,
    environ: Mapping[str, str] | None = None,
) -> Run:
    """The run of a prompt: iterate over it for the events as they arrive; `answer` adds them up.

    Nothing is sent before the first event is asked for. `seconds` limits the whole run; keys and
    origins come from `environ`, by default this process's environment, and the user's configuration.
    """
    options = RunOptions(provider, model, parameters or {}, stream)
    invocation = plan_invocation(prompt, check_variables(prompt, variables or {}), options)
    return start_run(invocation, process_environ() if environ is None else environ, seconds=seconds)
