"""What the requests of all wire formats share: headers, the check of what a format can carry, `extra`."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from promptctl.core.catalog import PROVIDERS, ProviderFacts, facts_for
from promptctl.core.endpoint import Endpoint
from promptctl.core.invocation import FilePart, ImagePart, Invocation
from promptctl.core.json_data import Json, dump_json
from promptctl.errors import KeyRefused, RequestImpossible
from promptctl.providers import Request

_PRINTABLE = re.compile(r"[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?")


def refuse(invocation: Invocation, what: str, hint: str | None = None) -> RequestImpossible:
    """The error for something in the invocation that its provider's format cannot carry."""
    return RequestImpossible(f"{invocation.provider} cannot take {what}", hint)


def check_supported(invocation: Invocation, endpoint: Endpoint) -> None:
    """Raise RequestImpossible, naming the first key, unless the provider takes all that is asked of it."""
    known = _facts(endpoint)
    facts = facts_for(known, invocation.api)
    for name in invocation.parameters:
        if name != "extra" and name not in facts.parameters:
            if name in known.parameters:
                how = "ask for it with `api: chat`, or leave it out"
                raise refuse(invocation, f"`parameters.{name}` with `api: responses`", how)
            hint = "remove it, or put the provider's own word for it under `parameters.extra`"
            raise refuse(invocation, f"`parameters.{name}`", hint)
    for feature, key in _features(invocation):
        if feature not in facts.features:
            raise refuse(invocation, key, "take another provider or leave it out")


def build_envelope(
    invocation: Invocation,
    endpoint: Endpoint,
    path: str,
    body: Mapping[str, Json],
    *,
    key_header: tuple[str, str] | None = None,
    extra_headers: tuple[tuple[str, str], ...] = (),
    reserved: Collection[str] = (),
    open_objects: Collection[str] = (),
) -> Request:
    """The request: the body with `parameters.extra` merged in, and headers in lower case.

    `reserved` and `open_objects` are those of `merge_extra`.

    `accept-encoding` asks for plain bytes, because compression holds tokens back. Headers of the
    user's own configuration win, and count as secret like the key.
    """
    own = {name.lower(): value for name, value in endpoint.headers}
    headers = {
        "content-type": "application/json",
        "accept": "text/event-stream" if invocation.stream else "application/json",
        "accept-encoding": "identity",
        "user-agent": "promptctl",
        **dict(extra_headers),
        **dict([key_header] if key_header else []),
        **own,
    }
    secret = frozenset(own) | ({key_header[0]} if key_header else set())
    for name in secret:
        if not _PRINTABLE.fullmatch(headers[name]):
            raise KeyRefused(
                f"the key for {endpoint.provider} holds blanks, line ends or non-ASCII characters",
                f"set {endpoint.key_variable or 'it'} again, without them",
            )
    merged = merge_extra(invocation, body, reserved, open_objects)
    return Request("POST", endpoint.base_url + path, tuple(headers.items()), merged, secret)


def merge_extra(
    invocation: Invocation,
    body: Mapping[str, Json],
    reserved: Collection[str] = (),
    open_objects: Collection[str] = (),
) -> Mapping[str, Json]:
    """The body with the provider-only parameters beside the keys that are set already.

    `reserved` is what promptctl sets outside the body. To `open_objects` of the body members are added.
    """
    extra = given_object(invocation.parameters, "extra")
    merged = dict(body)
    for key, value in extra.items():
        own = body.get(key)
        if key in open_objects and isinstance(own, Mapping):
            for member in given_object(extra, key):
                if member in own:
                    raise _replaced(invocation, f"{key}.{member}")
            merged[key] = {**own, **given_object(extra, key)}
        elif key in body or key in reserved:
            raise _replaced(invocation, key)
        else:
            merged[key] = value
    return merged


def _replaced(invocation: Invocation, key: str) -> RequestImpossible:
    return RequestImpossible(
        f"`parameters.extra.{key}` would replace what promptctl sets for"
        f" {invocation.provider} itself",
        "use the prompt's own keys for it",
    )


def given_object(data: Mapping[str, Json], name: str) -> Mapping[str, Json]:
    """The mapping that the prompt gives under that name, empty if it gives none."""
    value = data.get(name)
    if value is not None and not isinstance(value, Mapping):
        raise RequestImpossible(f"`{name}` of the prompt is not a mapping")
    return value or {}


def encode_body(request: Request) -> bytes:
    """The JSON bytes of a request's body."""
    try:
        return dump_json(request.body).encode()
    except ValueError:
        raise RequestImpossible(
            "the request holds a number or a character that JSON cannot carry (NaN, a lone surrogate)"
        ) from None


def token_limit(invocation: Invocation) -> Json:
    """The one limit on the answer's tokens, for formats that know only one; None if none is set."""
    given = [invocation.parameters.get(key) for key in ("max_tokens", "max_completion_tokens")]
    limits = [limit for limit in given if limit is not None]
    if len(limits) == 2 and limits[0] != limits[1]:
        raise refuse(invocation, "`max_tokens` and `max_completion_tokens` at the same time")
    return limits[0] if limits else None


def join_extra(
    name: str, ours: Mapping[str, Json], invocation: Invocation, beyond: Mapping[str, Json]
) -> dict[str, Json]:
    """One object of the request with the keys that `parameters.extra` has for it beside our own."""
    joined = dict(ours)
    for key, value in given_object(beyond, name).items():
        if key in joined:
            raise RequestImpossible(
                f"`parameters.extra.{name}.{key}` would replace what promptctl sets for"
                f" {invocation.provider} itself",
                "use the prompt's own keys for it",
            )
        joined[key] = value
    return joined


def stop_list(invocation: Invocation) -> list[Json]:
    """`stop` as a list, whether the prompt gives one text or several."""
    stop = invocation.parameters.get("stop")
    if stop is None:
        return []
    return [stop] if isinstance(stop, str) or not isinstance(stop, list | tuple) else list(stop)


def _facts(endpoint: Endpoint) -> ProviderFacts:
    facts = PROVIDERS.get(endpoint.provider)
    # A provider of the user's own configuration takes what its wire format takes.
    return facts if facts and facts.wire == endpoint.wire else PROVIDERS[endpoint.wire]


def _features(invocation: Invocation) -> list[tuple[str, str]]:
    used = []
    if invocation.api == "responses":
        used.append(("responses", "`api: responses`"))
    if invocation.tools:
        used.append(("tools", "`tools`"))
    if invocation.tool_choice is not None:
        used.append(("tool_choice", "`tool_choice`"))
    if invocation.parallel_tool_calls is not None:
        used.append(("parallel_tool_calls", "`parallel_tool_calls`"))
    kind = (invocation.response_format or {}).get("type")
    if kind in ("json_schema", "json_object"):
        used.append((str(kind), f"`response_format` of type `{kind}`"))
    for message in invocation.messages:
        for part in message.content:
            if isinstance(part, ImagePart | FilePart):
                noun = "image" if isinstance(part, ImagePart) else "file"
                source = "data" if part.data is not None else "url"
                used.append((f"{noun}_{source}", f"messages with {noun} {source}"))
    return used
