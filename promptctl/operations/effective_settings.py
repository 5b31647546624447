"""config: every setting in force, and where each comes from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from promptctl.core.accepted import AcceptedBreak
from promptctl.core.catalog import PROVIDERS
from promptctl.core.finding import Severity
from promptctl.core.json_data import Json
from promptctl.core.summary import EndpointSummary, SettingSummary
from promptctl.credentials import UserConfig, read_user_config, resolve_endpoint
from promptctl.errors import NotARepository, PromptctlError
from promptctl.operations.repository import open_repository
from promptctl.operations.time_limits import VARIABLE, timeouts_of_environment
from promptctl.operations.trusted import default_branch, remote_of
from promptctl.settings import SETTING_NAMES, LabelSettings, Settings, read_settings


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
    timeouts = {name: (seconds, str(config.file)) for name, seconds in config.timeouts.items()}
    timeouts |= {name: (s, VARIABLE) for name, s in timeouts_of_environment(environ).items()}
    return EffectiveSettings(
        ()
        if settings is None
        else tuple(_setting_summaries(settings, _known_branch(directory, environ))),
        tuple(_endpoint_summaries(config, environ)),
        tuple(SettingSummary(name, *given) for name, given in timeouts.items()),
        settings is not None,
    )


def _known_branch(directory: Path, environ: Mapping[str, str]) -> str | None:
    """The default branch where promptctl.yaml does not name it."""
    repository = open_repository(directory, environ, bare_name="worktree")
    if repository.settings.git_top is None or repository.settings.default_branch is not None:
        return None
    return default_branch(repository, remote_of(repository))


def _setting_summaries(settings: Settings, known_branch: str | None) -> Iterator[SettingSummary]:
    root_source = "found upwards" if settings.file is not None else "the git top level"
    yield SettingSummary("root", str(settings.root), root_source)
    for name in SETTING_NAMES:
        value, source = _plain(getattr(settings, name)), settings.source_of(name)
        if name == "default_branch" and value is None:
            value = known_branch
            source = source if value is None else "git"
        yield SettingSummary(name, value, source)


def _plain(value: object) -> Json:
    if isinstance(value, Mapping):
        return {str(key): _plain(member) for key, member in value.items()}
    if isinstance(value, tuple):
        return [_plain(member) for member in value]
    if isinstance(value, LabelSettings | AcceptedBreak):
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
