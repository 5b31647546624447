"""The place that answers for a provider: looked up for most of them, started for the embedded model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from math import inf

from promptctl.core.endpoint import Endpoint, Secret, Signing
from promptctl.credentials import UserConfig, require_key, resolve_endpoint

LOCAL = "local"


@contextmanager
def open_endpoint(
    provider: str, environ: Mapping[str, str], config: UserConfig, seconds: float = inf
) -> Iterator[Endpoint]:
    """The endpoint to send to, with its key. Raises KeyMissing, ExtraMissing, ModelMissing."""
    if provider != LOCAL:
        endpoint = resolve_endpoint(provider, environ, config)
        require_key(endpoint)
        yield endpoint
        return
    # The embedded model needs a process, archives and hashes; no other provider should pay for them.
    from promptctl.providers.embedded import START_SECONDS, embedded_endpoint, require_runtime
    from promptctl.state.model import find_weights

    require_runtime()
    weights = find_weights(environ)
    with embedded_endpoint(weights, seconds=min(seconds, START_SECONDS)) as endpoint:
        yield endpoint


def shown_endpoint(provider: str, environ: Mapping[str, str], config: UserConfig) -> Endpoint:
    """The endpoint with a placeholder for its key, for requests that are shown and never sent.

    No key is needed for it. The placeholder is the shell's name for the key's variable, so that the
    request can be pasted.
    """
    if provider == LOCAL:
        return Endpoint(
            provider=LOCAL,
            wire="openai",
            base_url="http://127.0.0.1:PORT/v1",
            origin_source="the embedded model",
            key=Secret("***"),
        )
    endpoint = resolve_endpoint(provider, environ, config)
    if endpoint.key is None and not endpoint.key_required:
        return endpoint
    mask = f"${endpoint.key_variable}" if endpoint.key_variable else "***"
    return replace(
        endpoint, key=Secret(mask), signing=endpoint.signing and _masked(endpoint.signing)
    )


def _masked(signing: Signing) -> Signing:
    token = Secret("$AWS_SESSION_TOKEN") if signing.token is not None else None
    return replace(signing, key_id="$AWS_ACCESS_KEY_ID", token=token)
