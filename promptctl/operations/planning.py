"""From what the user typed to an invocation, ready to show or to send."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from promptctl.core.document import parse_document
from promptctl.core.finding import Location
from promptctl.core.invocation import Invocation
from promptctl.core.templates import Place, TemplateFailed
from promptctl.operations.repository import Source, open_repository
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
    source = repository.source(reference)
    prompt = repository.parse(source)
    values = gather_variables(prompt, sources, directory=directory, read_stdin=read_stdin)
    try:
        return plan_invocation(prompt, values, options)
    except TemplateFailed as error:
        raise _at_its_place(error, source, repository.settings.prompts_dir) from None


def _at_its_place(error: TemplateFailed, source: Source, folder: str) -> TemplateFailed:
    """The failure with the line and column of the file that it is in."""
    place = error.place or Place(1, 1)
    commit = f"{source.commit[:10]}:" if source.commit else ""
    location = Location(f"{commit}{folder}/{error.file}", place.line, place.column)
    document = parse_document(source.content, source.shown).document
    if error.file is None and document is not None and error.path is not None:
        location = document.text_location(error.path, place.line, place.column)
    message = f"{location}: {error.reason}"
    return TemplateFailed(message, place, error.hint, file=error.file, path=error.path)
