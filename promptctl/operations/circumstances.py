"""What decides how a prompt is run here, in words for somebody who looks for the reason of something."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from promptctl.credentials import read_user_config, resolve_endpoint, user_config_path
from promptctl.errors import NotARepository
from promptctl.operations.endpoints import LOCAL
from promptctl.settings import read_settings, settings_in_words


def circumstances(directory: Path, environ: Mapping[str, str], provider: str) -> Iterator[str]:
    """The settings file, the user's configuration, the endpoint and where its key is from.

    Never a key. Raises what `resolve_endpoint` raises.
    """
    try:
        yield settings_in_words(read_settings(directory, environ))
    except NotARepository:
        yield "settings: defaults, in no prompt repository"
    config = read_user_config(environ)
    yield f"your configuration: {config.file or f'none at {user_config_path(environ)}'}"
    if provider == LOCAL:
        yield "endpoint: the embedded model, started on this machine for this run"
        return
    endpoint = resolve_endpoint(provider, environ, config)
    if not endpoint.base_url:
        yield "endpoint: none, promptctl itself answers"
        return
    yield f"endpoint: {endpoint.base_url} ({endpoint.origin_source}), API {endpoint.wire}"
    variable = endpoint.key_variable
    if endpoint.key is None:
        yield f"key: {'missing' if endpoint.key_required else 'none'}"
    else:
        yield f"key: from {variable if variable and environ.get(variable) else 'the keyring'}"
