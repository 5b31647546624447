"""list, show: which prompts there are, and one of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from promptctl.core.current import Current
from promptctl.core.fast_dataclass import dataclass
from promptctl.core.nearest import did_you_mean
from promptctl.core.summary import PromptSummary
from promptctl.errors import FileMissing, FileRefused, LocalIOError, PromptNotFound
from promptctl.operations.current import current_beside
from promptctl.operations.repository import OpenRepository, Source

if TYPE_CHECKING:
    from promptctl.core.json_data import Json
    from promptctl.core.prompt import Prompt
    from promptctl.operations.summaries import Summaries


@dataclass(frozen=True, slots=True)
class ShownPrompt:
    """One prompt as it stands somewhere: its source, its plain data and its typed value."""

    source: Source
    data: Mapping[str, Json]
    prompt: Prompt


@dataclass(frozen=True, slots=True)
class Listing:
    """The prompts of a list, and why their versions and labels are not known, if they are not."""

    prompts: tuple[PromptSummary, ...]
    unknown: str | None = None


def list_released(
    repository: OpenRepository, pattern: str | None = None, *, revision: str | None = None
) -> Listing:
    """As `list_prompts`, each with its latest version and what its labels name now."""
    if repository.settings.git_top is None:
        return Listing(list_prompts(repository, pattern, revision=revision))
    try:
        with current_beside(repository) as current:
            prompts = list_prompts(repository, pattern, revision=revision)
            return Listing(tuple(_with_versions(prompts, current())))
    except LocalIOError as error:  # the files can be listed without git
        return Listing(list_prompts(repository, pattern, revision=revision), error.message)


def _with_versions(
    prompts: Iterable[PromptSummary], current: Mapping[str, Current]
) -> Iterator[PromptSummary]:
    for prompt in prompts:
        now = current.get(prompt.name, Current(None, {}))
        yield replace(prompt, latest=now.latest and now.latest.number, labels=now.labels)


def list_prompts(
    repository: OpenRepository, pattern: str | None = None, *, revision: str | None = None
) -> tuple[PromptSummary, ...]:
    """The prompts whose names match a glob, by name. Raises PromptNotFound if a pattern matches none."""
    read = repository.file_reader(revision)
    prompts = [file for file in repository.prompt_files(revision) if file.is_prompt]
    chosen = [f for f in prompts if pattern is None or fnmatchcase(f.name, pattern)]
    if pattern is not None and not chosen:
        names = [file.name for file in prompts]
        hint = did_you_mean(pattern, names) or "promptctl list"
        raise PromptNotFound(f"no prompt matches {pattern}", hint)
    from promptctl.operations.summaries import Summaries  # while git lists the tags

    summaries = Summaries(repository.environ, repository.settings.root)
    found = tuple(_summary(file.name, file.path, read, summaries) for file in chosen)
    summaries.keep()
    return found


def _summary(
    name: str, path: str, read: Callable[[str], bytes], summaries: Summaries
) -> PromptSummary:
    try:
        return summaries.summary(name, path, read(path))
    except (FileMissing, FileRefused) as error:
        return PromptSummary(name, path, problem=error.message)


def show_prompt(repository: OpenRepository, reference: str) -> ShownPrompt:
    """The prompt that a reference leads to. Raises PromptInvalid if it has errors."""
    from promptctl.core.document import parse_document  # lists need no YAML

    source = repository.source(reference)
    prompt = repository.parse(source)
    document = parse_document(source.content, source.shown).document
    data = document.data if document is not None else None
    return ShownPrompt(source, data if isinstance(data, Mapping) else {}, prompt)
