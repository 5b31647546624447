"""What programs call: a repository with its journeys, and each journey by itself."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from promptctl.core.invocation import RenderedMessage
from promptctl.core.json_data import Json
from promptctl.core.prompt import Prompt
from promptctl.core.render import check_variables, render_messages
from promptctl.errors import UsageProblem
from promptctl.operations.parameters import check_parameters
from promptctl.operations.repository import OpenRepository
from promptctl.operations.repository import open_repository as open_place
from promptctl.operations.run import Run, RunOptions, plan_invocation, start_run
from promptctl.operations.validate import Report, Selection
from promptctl.operations.validate import validate as validate_selection
from promptctl.settings import process_environ


class Repository(OpenRepository):
    """A prompt repository, with what the commands do as methods."""

    __slots__ = ()

    def validate(self, *targets: str, changed: bool = False, base: str | None = None) -> Report:
        """Every finding about the prompts that match, by default about all of them."""
        return validate(self, *targets, changed=changed, base=base)

    def render(
        self, reference: str, variables: Mapping[str, Json] | None = None
    ) -> tuple[RenderedMessage, ...]:
        """The messages that a prompt would send. Raises VariablesRefused with every problem."""
        return render(self.prompt(reference), variables)

    def run(
        self,
        reference: str,
        variables: Mapping[str, Json] | None = None,
        *,
        provider: str | None = None,
        model: str | None = None,
        parameters: Mapping[str, Json] | None = None,
        stream: bool = True,
        seconds: float | None = None,
    ) -> Run:
        """The run of a prompt: iterate over it for the events as they arrive."""
        return run(
            self.prompt(reference),
            variables,
            provider=provider,
            model=model,
            parameters=parameters,
            stream=stream,
            seconds=seconds,
            environ=self.environ,
        )


def open_repository(
    directory: Path | str = ".", environ: Mapping[str, str] | None = None
) -> Repository:
    """The prompt repository that a folder belongs to; a bare name means its published version.

    Raises NotARepository and SettingsInvalid.
    """
    place = open_place(directory, environ)
    return Repository(
        place.directory,
        place.settings,
        place.environ,
        place.worktree,
        place.history,
        place.bare_name,
    )


def validate(
    repository: OpenRepository | Path | str = ".",
    *targets: str,
    changed: bool = False,
    base: str | None = None,
) -> Report:
    """Every finding about a repository's prompts, or about those that match the targets.

    A target is the name of a prompt, a glob over names, or a path. `changed` looks only at what the
    working tree changes against `base`.
    """
    if not isinstance(repository, OpenRepository):
        repository = open_repository(repository)
    return validate_selection(repository, Selection(targets, changed, base))


def render(
    prompt: Prompt, variables: Mapping[str, Json] | None = None
) -> tuple[RenderedMessage, ...]:
    """The messages that would be sent. Raises VariablesRefused with every problem."""
    return render_messages(prompt, _checked(prompt, variables))


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
    options = RunOptions(provider, model, check_parameters(parameters or {}), stream)
    invocation = plan_invocation(prompt, _checked(prompt, variables), options)
    return start_run(invocation, process_environ() if environ is None else environ, seconds=seconds)


def _checked(prompt: Prompt, variables: Mapping[str, Json] | None) -> dict[str, Json]:
    if variables is not None and not isinstance(variables, Mapping):
        raise UsageProblem("variables are no mapping of names to values")
    return check_variables(prompt, variables or {})
