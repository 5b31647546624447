"""From what the user typed to an invocation, ready to show or to send."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from promptctl.core.invocation import Invocation
from promptctl.operations.repository import open_repository
from promptctl.operations.run import RunOptions, plan_invocation
from promptctl.operations.variables import VariableSources, gather_variables


def plan_run(
    reference: str,
    sources: VariableSources,
    options: RunOptions,
    *,
    directory: Path,
    environ: Mapping[str, str],
    read_stdin: Callable[[int], bytes],
) -> Invocation:
    """The invocation of a prompt in the repository of `directory`; a bare name is its working tree.

    Raises what keeps it from being sent: PromptInvalid, VariablesRefused, UsageProblem, NotFound,
    and TemplateFailed with the line and column in its file.
    """
    repository = open_repository(directory, environ, bare_name="worktree")
    prompt = repository.prompt(reference)
    values = gather_variables(prompt, sources, directory=directory, read_stdin=read_stdin)
    return plan_invocation(prompt, values, options)
