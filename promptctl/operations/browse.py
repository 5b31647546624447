"""list, show, config: what is there."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path

from promptctl.core.catalog import PROVIDERS
from promptctl.core.document import parse_document
from promptctl.core.finding import Severity
from promptctl.core.json_data import Json
from promptctl.core.prompt import Prompt
from promptctl.core.schema_words import did_you_mean
from promptctl.core.standing import labels_of, latest_of
from promptctl.core.summary import (
    EndpointSummary,
    PromptSummary,
    SettingSummary,
    summarise_prompt,
)
from promptctl.credentials import UserConfig, read_user_config, resolve_endpoint
from promptctl.errors import (
    FileMissing,
    FileRefused,
    NotARepository,
    PromptctlError,
    PromptNotFound,
)
from promptctl.operations.repository import OpenRepository, Source
from promptctl.settings import SETTING_NAMES, LabelSettings, Settings, read_settings


@dataclass(frozen=True, slots=True)
class ShownPrompt:
    """One prompt as it stands somewhere: its source, its plain data and its typed value."""

    source: Source
    data: Mapping[str, Json]
    prompt: Prompt


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
    return tuple(_summary(file.name, file.path, read) for file in chosen)


def _summary(name: str, path: str, read: Callable[[str], bytes]) -> PromptSummary:
    try:
        parsed = parse_document(read(path), path)
    except (FileMissing, FileRefused) as error:
        return PromptSummary(name, path, problem=error.message)
    if parsed.document is None:
        return PromptSummary(name, path, problem=parsed.findings[0].message)
    return summarise_prompt(name, path, parsed.document.data)


def with_versions(
    repository: OpenRepository, prompts: Sequence[PromptSummary]
) -> tuple[PromptSummary, ...]:
    """The summaries with the latest version of each prompt and what its labels name now."""
    if repository.settings.git_top is None:
        return tuple(prompts)
    records = repository.releases.current_records()
    found = [(prompt, records.get(prompt.name)) for prompt in prompts]
    return tuple(replace(p, latest=latest_of(r), labels=labels_of(r)) for p, r in found)


def show_prompt(repository: OpenRepository, reference: str) -> ShownPrompt:
    """The prompt that a reference leads to. Raises PromptInvalid if it has errors."""
    source = repository.source(reference)
    prompt = repository.parse(source)
    document = parse_document(source.content, source.shown).document
    data = document.data if document is not None else None
    return ShownPrompt(source, data if isinstance(data, Mapping) else {}, prompt)


@dataclass(frozen=True, slots=True)
class EffectiveSettings:
    """Everything that decides what promptctl does here, and where each part comes from."""

    settings: tuple[SettingSummary, ...]
    endpoints: tuple[EndpointSummary, ...]
    timeouts: tuple[SettingSummary, ...]
    in_repository: bool


def effective_settings(directory: Path, environ: Mapping[str, str]) -> EffectiveSettings:
    """The settings in force in a folder; outside a repository only the user's own."""
    try:
        settings = read_settings(directory, environ)
    except NotARepository:
        settings = None
    config = read_user_config(environ)
    source = str(config.file)
    return EffectiveSettings(
        tuple(_setting_summaries(settings)) if settings is not None else (),
        tuple(_endpoint_summaries(config, environ)),
        tuple(SettingSummary(name, value, source) for name, value in config.timeouts.items()),
        settings is not None,
    )


def _setting_summaries(settings: Settings) -> Iterator[SettingSummary]:
    root_source = "found upwards" if settings.file is not None else "the git top level"
    yield SettingSummary("root", str(settings.root), root_source)
    for name in SETTING_NAMES:
        yield SettingSummary(name, _plain(getattr(settings, name)), settings.source_of(name))


def _plain(value: object) -> Json:
    if isinstance(value, Mapping):
        return {str(key): _plain(member) for key, member in value.items()}
    if isinstance(value, LabelSettings):
        return {key: given for key, given in asdict(value).items() if given not in (None, False)}
    if isinstance(value, Severity):
        return value.value
    return None if value is None else str(value)


def _endpoint_summaries(
    config: UserConfig, environ: Mapping[str, str]
) -> Iterator[EndpointSummary]:
    for provider in dict.fromkeys((*PROVIDERS, *config.endpoints)):
        try:
            endpoint = resolve_endpoint(provider, environ, config)
        except PromptctlError as error:
            yield EndpointSummary(provider, "", "", "", "missing", None, error.message)
            continue
        needed = endpoint.key_required
        yield EndpointSummary(
            provider,
            endpoint.wire,
            endpoint.base_url,
            endpoint.origin_source,
            "present" if endpoint.key is not None else "missing" if needed else "not needed",
            endpoint.key_variable,
        )
