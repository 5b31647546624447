"""What went wrong, as typed errors: HTTP statuses and the error objects that providers send.

A provider's own words are untrusted: known keys are taken out, then they are cut; pages are named, not
shown.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from promptctl.core.endpoint import Endpoint
from promptctl.core.invocation import Invocation
from promptctl.core.json_data import Json, JsonInvalid, parse_json
from promptctl.errors import (
    KeyMissing,
    KeyRefused,
    OutputInvalid,
    PromptctlError,
    ProviderUnavailable,
    RateLimited,
    RequestRefused,
)
from promptctl.providers import Failure

MAX_WORDS = 300
"""Characters of a provider's own message that an error repeats."""

_STATUS_OF_KIND = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "invalid_api_key": 401,
    "permission_error": 403,
    "not_found_error": 404,
    "model_not_found": 404,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "rate_limit_exceeded": 429,
    "insufficient_quota": 429,
    "billing_error": 402,
    "api_error": 500,
    "server_error": 500,
    "timeout_error": 504,
    "overloaded_error": 529,
    "context_length_exceeded": 400,
    "exceed_context_size_error": 400,
    "validationException": 400,
    "throttlingException": 429,
    "internalServerException": 500,
    "modelStreamErrorException": 500,
    "serviceUnavailableException": 503,
}
"""Statuses of the error kinds that OpenAI, Anthropic, llama.cpp and AWS send inside an answer."""

_EXHAUSTED = frozenset({"insufficient_quota", "billing_hard_limit_reached", "billing_error"})
_FILTERED = frozenset({"content_filter", "content_policy_violation", "content_moderation"})
_TOO_LONG = frozenset({"context_length_exceeded", "exceed_context_size_error"})


@dataclass(frozen=True, slots=True)
class Complaint:
    """A provider's own account of an error: its kinds (type, code), words and status, as it sent them."""

    kinds: tuple[str, ...] = ()
    words: str = ""
    status: int | None = None


def redact(text: str, endpoint: Endpoint) -> str:
    """The text without the keys that belong to the endpoint: its key and its configured headers."""
    secrets = [value for _, value in endpoint.headers if len(value) >= 8]
    if endpoint.key is not None:
        secrets.append(endpoint.key.reveal())
    if endpoint.signing is not None:
        token = endpoint.signing.token
        secrets += [endpoint.signing.key_id, token.reveal() if token else ""]
    for header in tuple(secrets):
        secrets.extend(word for word in header.split() if len(word) >= 8)
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        text = text.replace(secret, "***")
        if any(map(str.isspace, text)):  # a line end may have been put into the key
            text = re.sub(r"\s*".join(map(re.escape, secret)), "***", text)
    return text


def host_of(url: str) -> str:
    """Host and port of a URL: all of it that may be shown, for the rest may hold a password."""
    match = re.match(r"[A-Za-z][A-Za-z0-9+.-]*://(?:[^/?#]*@)?([^/?#]*)", url)
    return match[1] if match else "an address that is no URL"


def complaint_in(value: Json) -> Complaint:
    """The complaint in an error object, whose shape varies: text, `{message, type, code}`, `{detail}`."""
    if isinstance(value, str):
        return Complaint(words=value)
    if isinstance(value, list):  # Google's, where a stream was asked for
        return complaint_in(value[0]) if value else Complaint()
    if not isinstance(value, Mapping):
        return Complaint()
    inner = value.get("error", value)
    if not isinstance(inner, Mapping):
        return complaint_in(inner)
    kinds = tuple(k for k in (inner.get("type"), inner.get("code")) if isinstance(k, str))
    words = next((w for w in map(inner.get, ("message", "detail")) if isinstance(w, str)), "")
    code = inner.get("code")
    is_status = isinstance(code, int) and not isinstance(code, bool) and 400 <= code < 600
    return Complaint(kinds, words, int(str(code)) if is_status else None)


def complaint_of(failure: Failure) -> Complaint:
    """The complaint in the body of an unsuccessful answer, whatever the body is."""
    text = failure.body.decode(errors="replace").strip()
    if text.startswith("<") or "html" in failure.headers.get("content-type", ""):
        title = re.search(r"<title[^>]*>([^<]+)", text, re.IGNORECASE)
        return Complaint(words=f"a web page, “{title[1].strip()}”" if title else "a web page")
    try:
        return complaint_in(parse_json(text))
    except JsonInvalid:
        return Complaint(words=text)


def http_error(failure: Failure, invocation: Invocation, endpoint: Endpoint) -> PromptctlError:
    """The typed error of an HTTP status other than 200."""
    if 300 <= failure.status < 400:
        return _redirected(failure, invocation, endpoint)
    if failure.status < 300:
        return OutputInvalid(
            f"{_who(invocation)} answered with HTTP {failure.status} and nothing to read",
            f"check that {host_of(endpoint.base_url)} (from {endpoint.origin_source}) speaks"
            f" the {endpoint.wire} format",
        )
    complaint = replace(complaint_of(failure), status=failure.status)
    return _typed_error(
        complaint, f"HTTP {failure.status}", invocation, endpoint, retry_after(failure)
    )


def stream_error(value: Json, invocation: Invocation, endpoint: Endpoint) -> PromptctlError:
    """The typed error of an error object that came where an answer should be."""
    complaint = complaint_in(value)
    kind = next((kind for kind in complaint.kinds if kind in _STATUS_OF_KIND), "")
    status = complaint.status or _STATUS_OF_KIND.get(kind, 500)
    label = kind or "an error inside the answer"
    return _typed_error(replace(complaint, status=status), label, invocation, endpoint, None)


def retry_after(failure: Failure) -> float | None:
    """The wait in seconds that the provider asks for; None if it asks for none that makes sense."""
    milliseconds = _seconds(failure.headers.get("retry-after-ms", ""))
    if milliseconds is not None:
        return milliseconds / 1000
    text = failure.headers.get("retry-after", "")
    seconds = _seconds(text)
    return _seconds_until(text, failure.received) if seconds is None else seconds


def _seconds(text: str) -> float | None:
    text = text.strip()
    # Twelve digits are 30,000 years; longer ones, nan, 1e400 and signs are no wish to obey.
    return float(text) if re.fullmatch(r"[0-9]{1,12}(\.[0-9]{0,12})?", text) else None


def _seconds_until(text: str, now: float) -> float | None:
    if not text:
        return None
    # Only some refusals carry a date, and email.utils brings much of `email` along.
    from email.utils import parsedate_to_datetime

    try:
        return max(0.0, parsedate_to_datetime(text[:64]).timestamp() - now)
    except (ValueError, TypeError, OverflowError, OSError):
        return None


def _typed_error(
    complaint: Complaint,
    label: str,
    invocation: Invocation,
    endpoint: Endpoint,
    wish: float | None,
) -> PromptctlError:
    who, status = _who(invocation), complaint.status or 500
    words = f" ({label}){_words(complaint, endpoint)}"
    if status in (401, 403):
        return _key_error(status, words, invocation, endpoint)
    if status == 429 and _EXHAUSTED.isdisjoint(complaint.kinds):
        asks = f" and asks for a wait of {_duration(wish)}" if wish is not None else ""
        message = f"{who} takes no more requests for now{asks}{words}"
        return RateLimited(message, "try again later", retry_after=wish)
    if status in (408, 409, 424, 425) or status >= 500:
        message = f"{who} failed on the provider's side{words}"
        return ProviderUnavailable(message, "try again later", retry_after=wish)
    said, hint = _refusal(complaint, invocation, endpoint)
    return RequestRefused(f"{who} {said}{words}", hint)


def _refusal(complaint: Complaint, invocation: Invocation, endpoint: Endpoint) -> tuple[str, str]:
    status = complaint.status
    if not _EXHAUSTED.isdisjoint(complaint.kinds) or status == 402:
        return "reports an exhausted quota", "check the plan and the billing of this account"
    if not _TOO_LONG.isdisjoint(complaint.kinds) or status == 413:
        return "finds the prompt too long", "shorten the prompt or take a model with more context"
    if not _FILTERED.isdisjoint(complaint.kinds):
        return "refused the prompt by its content filter", "change what the prompt says"
    if status == 404:
        return "is not there", _not_found_hint(invocation, endpoint)
    return (
        "refused the request",
        "check the parameters; `promptctl render --request` shows what is sent",
    )


def _not_found_hint(invocation: Invocation, endpoint: Endpoint) -> str:
    if endpoint.wire == "ollama":
        return f"ollama pull {invocation.model}"
    if endpoint.wire == "azure_openai":
        return "the model is the name of a deployment there: check it, and AZURE_OPENAI_API_VERSION"
    where = f"{host_of(endpoint.base_url)} (from {endpoint.origin_source})"
    return f"check the name of the model, and that {where} is the right address"


def _key_error(
    status: int, words: str, invocation: Invocation, endpoint: Endpoint
) -> PromptctlError:
    who, variable = _who(invocation), endpoint.key_variable
    if endpoint.key is None:
        hint = f"set {variable}" if variable else "configure a key for this provider"
        return KeyMissing(f"{who} asks for a key{words}", hint)
    said = "rejected the key" if status == 401 else "does not let this key use it"
    hint = f"check {variable}" if variable else "check the configured key"
    return KeyRefused(f"{who} {said}{words}", hint)


def _redirected(failure: Failure, invocation: Invocation, endpoint: Endpoint) -> PromptctlError:
    location = failure.headers.get("location", "")
    target = host_of(location) if "//" in location else "another path of the same host"
    if location.startswith("//"):
        target = host_of(f"http:{location}")
    source = host_of(endpoint.base_url)
    return RequestRefused(
        redact(f"{_who(invocation)} at {source} redirects to {target[:200]}", endpoint),
        "redirects are not followed, for the key belongs to one host; if you trust the new address,"
        f" set it where {endpoint.origin_source} sets the old one",
    )


def _who(invocation: Invocation) -> str:
    return f"{invocation.provider} {invocation.model}".strip()


def _words(complaint: Complaint, endpoint: Endpoint) -> str:
    words = " ".join(redact(complaint.words, endpoint).split())
    if not words:
        return ""
    return f": {words}" if len(words) <= MAX_WORDS else f": {words[:MAX_WORDS]}…"


def _duration(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:g} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.0f} h"
