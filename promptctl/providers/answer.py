"""Ask a provider and iterate over its answer: retries, limits and errors are the same for all."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, nullcontext

from promptctl.core.endpoint import Endpoint
from promptctl.core.invocation import Event, Finished, Invocation, Started
from promptctl.errors import (
    KeyMissing,
    ProviderError,
    ProviderUnavailable,
    RateLimited,
    ServerNotRunning,
    StreamBroken,
    TooSlow,
)
from promptctl.providers import Exchange, Failure, Limits, Request, Wire, load_wire
from promptctl.providers.failures import redact

_ERROR_BODY = 64 * 1024
"""Bytes of an unsuccessful answer that are read."""

OnRetry = Callable[[ProviderError, float], None]
"""Told of each error that leads to a retry, and the seconds until then."""


def exact_request(invocation: Invocation, endpoint: Endpoint) -> Request:
    """The very request that `answer` would send. Headers in `secret_headers` hold keys."""
    return load_wire(endpoint.wire, invocation.api).build_request(invocation, endpoint)


def answer(
    invocation: Invocation,
    endpoint: Endpoint,
    *,
    limits: Limits | None = None,
    sleep: Callable[[float], None] = time.sleep,
    jitter: Callable[[], float] | None = None,
    on_retry: OnRetry | None = None,
    spent: float = 0.0,
) -> Generator[Event, None, None]:
    """The events of the answer as they arrive, Finished last. Closing it closes the connection.

    What fails before the first token is tried again as `limits` say; after it, and for what trying
    again cannot help, the typed error comes at once: ProviderError or CredentialError. `limits.total` counts
    from `spent` seconds ago and over all attempts and waits.
    """
    limits = limits or Limits()
    end = time.monotonic() + limits.total - spent
    wire = load_wire(endpoint.wire, invocation.api)
    if endpoint.key_required and endpoint.key is None:
        raise key_missing(endpoint)
    request = wire.build_request(invocation, endpoint)
    for attempt in range(limits.retries + 1):
        error = yield from _attempt(wire, request, invocation, endpoint, limits, end)
        if error is None:
            return
        wait = retry_delay(error, attempt, limits, (jitter or _jitter)())
        if wait is None or time.monotonic() + wait >= end:
            raise error
        if on_retry is not None:
            on_retry(error, wait)
        sleep(wait)


def key_missing(endpoint: Endpoint) -> KeyMissing:
    """The error for an endpoint that needs a key and has none."""
    variable = endpoint.key_variable
    return KeyMissing(
        f"there is no key for {endpoint.provider}",
        f"export {variable}=…" if variable else "configure a key for this provider",
    )


def retry_delay(error: ProviderError, attempt: int, limits: Limits, jitter: float) -> float | None:
    """Seconds to wait after failed attempt number `attempt` (from 0); None to give up.

    0.5 s, doubled each time, at most 8 s, less up to a quarter by `jitter` (0 to 1); never less than
    the provider asks for. A wish beyond `limits.retry_after` ends it.
    """
    if attempt >= limits.retries:
        return None
    backoff = min(8.0, 0.5 * 2.0**attempt) * (1 - jitter / 4)
    wish = error.retry_after if isinstance(error, RateLimited | ProviderUnavailable) else None
    if wish is None:
        return backoff
    return max(wish, backoff) if wish <= limits.retry_after else None


def _jitter() -> float:
    return os.urandom(1)[0] / 255


def _attempt(
    wire: Wire,
    request: Request,
    invocation: Invocation,
    endpoint: Endpoint,
    limits: Limits,
    end: float,
) -> Generator[Event, None, ProviderError | None]:
    """The events of one attempt; the error, if it failed before its first token and may be repeated."""
    spoken = False
    try:
        started: Started | None = None
        for event in _events(wire, request, invocation, endpoint, limits, end):
            if isinstance(event, Started):
                started = event  # held back, so that a retry does not start twice
                continue
            spoken = True
            if started is not None:
                yield started
                started = None
            yield event
    except (RateLimited, ProviderUnavailable, StreamBroken) as error:
        # What took the whole time allowed would take it again, and no server starts within a second.
        if spoken or isinstance(error, TooSlow | ServerNotRunning):
            raise
        return error
    return None


def _events(
    wire: Wire,
    request: Request,
    invocation: Invocation,
    endpoint: Endpoint,
    limits: Limits,
    end: float,
) -> Generator[Event, None, None]:
    with _carry(request, invocation, limits, end) as exchange:
        if exchange.status != 200:
            raise wire.parse_error(_failure(exchange), invocation, endpoint)
        decoder = wire.decoder(invocation, endpoint, limits)
        heard = 0
        for chunk in exchange.chunks():
            for event in decoder.feed(chunk):
                yield _without_keys(event, endpoint)
                if isinstance(event, Finished):
                    return
            if decoder.heard > heard:
                heard = decoder.heard
                exchange.heard()
        for event in decoder.finish():
            yield _without_keys(event, endpoint)


def _without_keys(event: Event, endpoint: Endpoint) -> Event:
    """The event without the endpoint's keys in what the server says about the answer, not in its text."""
    match event:
        case Started(model, identifier):
            return Started(_redacted(model, endpoint), _redacted(identifier, endpoint))
        case Finished(reason, provider_reason):
            return Finished(reason, _redacted(provider_reason, endpoint))
    return event


def _redacted(words: str | None, endpoint: Endpoint) -> str | None:
    return None if words is None else redact(words, endpoint)


def _carry(
    request: Request, invocation: Invocation, limits: Limits, end: float
) -> AbstractContextManager[Exchange]:
    if request.url == "echo:":
        # Each of the two is imported only where it is used: echo, so that the other providers do not
        # pay for it; httpx, because it takes as long to load as all else together.
        from promptctl.providers.echo import EchoExchange
        from promptctl.providers.envelope import encode_body

        return nullcontext(EchoExchange(encode_body(request)))
    from promptctl.providers.transport import open_exchange

    return open_exchange(request, invocation, limits, end)


def _failure(exchange: Exchange) -> Failure:
    body = bytearray()
    exchange.heard()
    try:
        for chunk in exchange.chunks():
            body += chunk
            if len(body) >= _ERROR_BODY:
                break
    except ProviderError:
        pass  # the status says enough; what came of the body may say more
    return Failure(exchange.status, exchange.headers, bytes(body[:_ERROR_BODY]), exchange.received)
