"""One contract for every provider: the same events, or the same error class, from a real server."""

from __future__ import annotations

import gzip
import json
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from promptctl.core.invocation import (
    Event,
    Finished,
    Started,
    TextDelta,
    ToolCallDelta,
    Usage,
)
from promptctl.errors import (
    KeyRefused,
    OutputInvalid,
    PromptctlError,
    ProviderError,
    ProviderUnavailable,
    RateLimited,
    RequestRefused,
    ServerNotRunning,
    StreamBroken,
    TooSlow,
)
from promptctl.providers import Limits
from promptctl.providers.answer import answer
from tests.providers.dialects import AWS_BEDROCK, IN_SUITES, KEY, Dialect, name_of
from tests.providers.server import HOLD, Answer, Server, chunked, head, http, serving

SHORT = Limits(connect=5, headers=0.2, first_event=0.2, idle=0.2, total=5, retries=2)


@pytest.fixture(params=IN_SUITES, ids=name_of)
def dialect(request: pytest.FixtureRequest) -> Dialect:
    chosen: Dialect = request.param
    return chosen


@dataclass
class Outcome:
    """What came of one call: events, waits before retries, and the error if there was one."""

    events: list[Event] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)
    error: PromptctlError | None = None

    @property
    def text(self) -> str:
        return "".join(e.text for e in self.events if isinstance(e, TextDelta))


def ask(
    dialect: Dialect,
    server: Server,
    *,
    stream: bool = True,
    limits: Limits | None = None,
    **changes: Any,
) -> Outcome:
    outcome = Outcome()
    events = answer(
        dialect.invocation(stream=stream),
        dialect.endpoint(server.url, **changes),
        limits=limits or Limits(),
        sleep=outcome.waits.append,
        jitter=lambda: 0.0,
    )
    try:
        for event in events:
            outcome.events.append(event)
    except PromptctlError as error:
        outcome.error = error
    assert KEY not in repr(outcome) + repr(getattr(outcome.error, "hint", None))
    return outcome


def body(dialect: Dialect, pieces: Sequence[bytes]) -> Answer:
    """A streamed answer made of these pieces, chunked."""
    start = head(content_type=dialect.content_type, transfer_encoding="chunked")
    return [start, *chunked(pieces)]


def expected(dialect: Dialect, *texts: str, reason: Any = "stop") -> list[Event]:
    end = Finished(reason, dialect.word(reason))
    return [dialect.started, *map(TextDelta, texts), Usage(5, 2), end]


TEXTS = ("Grüße, ", "\u2028\u2029\u0085\x0b\x0c\x1c", "日本 🙂", "\ufeff\r\n.")


def test_a_stream_gives_its_texts_usage_and_end(dialect: Dialect) -> None:
    with serving(body(dialect, dialect.stream(*TEXTS))) as server:
        outcome = ask(dialect, server)
    assert outcome.error is None
    assert outcome.events == expected(dialect, *TEXTS)
    name, value = dialect.authorization
    assert server.requests[0].headers[name] == value


def test_one_byte_at_a_time_gives_the_same(dialect: Dialect) -> None:
    stream = b"".join(dialect.stream(*TEXTS))
    with serving(body(dialect, [stream[i : i + 1] for i in range(len(stream))])) as server:
        assert ask(dialect, server).events == expected(dialect, *TEXTS)


@pytest.mark.parametrize("end", [b"\r\n", b"\r"])
def test_other_line_ends_and_comments_give_the_same(dialect: Dialect, end: bytes) -> None:
    if dialect is AWS_BEDROCK:
        pytest.skip("frames have no lines")
    pieces = [piece.replace(b"\n", end) for piece in dialect.stream("a", "b")]
    if dialect.content_type == "text/event-stream":
        pieces = [part for piece in pieces for part in (b": keep alive" + end, piece)]
    with serving(body(dialect, pieces)) as server:
        assert ask(dialect, server).events == expected(dialect, "a", "b")


@pytest.mark.parametrize("encoding", ["gzip", "x-gzip"])
def test_a_compressed_stream_gives_the_same(dialect: Dialect, encoding: str) -> None:
    packed = gzip.compress(b"".join(dialect.stream("a", "b" * 300_000)))
    start = head(content_type=dialect.content_type, content_encoding=encoding)
    with serving([start, packed[:20], packed[20:]]) as server:
        assert ask(dialect, server).events == expected(dialect, "a", "b" * 300_000)


@pytest.mark.parametrize("reason", ["stop", "length"])
def test_a_whole_answer_gives_the_same(dialect: Dialect, reason: str) -> None:
    with serving([http(dialect.whole("a\u2028b", reason))]) as server:
        outcome = ask(dialect, server, stream=False)
    assert outcome.events == expected(dialect, "a\u2028b", reason=reason)


def test_an_answer_cut_by_the_token_limit_says_so(dialect: Dialect) -> None:
    with serving(body(dialect, dialect.stream("a", reason="length"))) as server:
        assert ask(dialect, server).events == expected(dialect, "a", reason="length")


@pytest.mark.parametrize("arguments", [{"city": "Zürich", "days": 3}, {}])
def test_a_tool_call_comes_with_its_id_name_and_arguments(
    dialect: Dialect, arguments: dict[str, Any]
) -> None:
    pieces = [
        *dialect.opening(),
        *dialect.call("weather", arguments),
        *dialect.ending("tool_calls"),
    ]
    with serving(body(dialect, pieces)) as server:
        events = ask(dialect, server).events
    calls = [e for e in events if isinstance(e, ToolCallDelta)]
    assert (calls[0].index, calls[0].id, calls[0].name) == (0, "t-1", "weather")
    assert json.loads("".join(call.arguments for call in calls)) == arguments
    assert isinstance(events[-1], Finished)
    assert events[-1].reason == "tool_calls"


def test_nothing_is_awaited_after_the_end(dialect: Dialect) -> None:
    if not dialect.has_end_mark:
        pytest.skip("the end of the body is the end")
    with serving([*body(dialect, dialect.stream("a"))[:-1], HOLD]) as server:
        assert ask(dialect, server).events == expected(dialect, "a")
        assert server.closed.wait(5)


def test_closing_the_generator_closes_the_connection(dialect: Dialect) -> None:
    pieces = [*dialect.opening(), dialect.text("a")]
    with serving([*body(dialect, pieces)[:-1], HOLD]) as server:
        events = answer(dialect.invocation(), dialect.endpoint(server.url))
        assert isinstance(next(events), Started)
        assert next(events) == TextDelta("a")
        assert not server.closed.is_set()
        events.close()
        assert server.closed.wait(5)


def test_a_token_is_given_as_soon_as_it_is_here(dialect: Dialect) -> None:
    seen = threading.Event()

    def rest() -> bytes:
        assert seen.wait(10)
        return b"".join(chunked([dialect.text("b"), *dialect.ending("stop")]))

    pieces = chunked([*dialect.opening(), dialect.text("a")], end=False)
    start = head(content_type=dialect.content_type, transfer_encoding="chunked")
    with serving([start, *pieces, rest]) as server:
        texts = []
        for event in answer(dialect.invocation(), dialect.endpoint(server.url)):
            if isinstance(event, TextDelta):
                texts.append(event.text)
                seen.set()
    assert texts == ["a", "b"]


def _cut(dialect: Dialect) -> list[bytes]:
    return [*dialect.opening(), dialect.text("a")]


def test_an_error_inside_the_stream_keeps_the_text_and_is_not_retried(dialect: Dialect) -> None:
    with serving(body(dialect, [*_cut(dialect), dialect.failed(), dialect.text("no")])) as server:
        outcome = ask(dialect, server)
    assert isinstance(outcome.error, ProviderUnavailable)
    assert "busy" in str(outcome.error)
    assert outcome.text == "a"
    assert outcome.waits == []


def test_an_error_before_the_first_token_is_retried(dialect: Dialect) -> None:
    good = body(dialect, dialect.stream("a"))
    with serving(body(dialect, [*dialect.opening(), dialect.failed()]), good) as server:
        outcome = ask(dialect, server)
    assert outcome.events == expected(dialect, "a")
    assert outcome.waits == [0.5]


ENDS: dict[str, Callable[[Dialect], Answer]] = {
    "a clean end": lambda d: body(d, _cut(d)),
    "an end inside an event": lambda d: body(d, [*_cut(d), d.text("never")[:-9]]),
    "a cut connection": lambda d: body(d, _cut(d))[:-1],
    "a cut without length": lambda d: [head(content_type=d.content_type), *_cut(d)],
}


@pytest.mark.parametrize("cut", ENDS.values(), ids=ENDS)
def test_a_stream_that_only_stops_is_broken(
    dialect: Dialect, cut: Callable[[Dialect], Answer]
) -> None:
    with serving(cut(dialect)) as server:
        outcome = ask(dialect, server)
    assert type(outcome.error) is StreamBroken
    assert outcome.text == "a"
    assert outcome.waits == []


STATUSES: list[tuple[str, str, type[PromptctlError], int]] = [
    ("400 Bad Request", "invalid_request_error", RequestRefused, 0),
    ("401 Unauthorized", "authentication_error", KeyRefused, 0),
    ("403 Forbidden", "permission_error", KeyRefused, 0),
    ("404 Not Found", "not_found_error", RequestRefused, 0),
    ("408 Request Timeout", "timeout", ProviderUnavailable, 2),
    ("409 Conflict", "conflict", ProviderUnavailable, 2),
    ("413 Too Large", "request_too_large", RequestRefused, 0),
    ("424 Failed", "model_error", ProviderUnavailable, 2),
    ("418 Teapot", "teapot", RequestRefused, 0),
    ("429 Too Many", "rate_limit_error", RateLimited, 2),
    ("500 Oops", "api_error", ProviderUnavailable, 2),
    ("503 Away", "api_error", ProviderUnavailable, 2),
    ("529 Overloaded", "overloaded_error", ProviderUnavailable, 2),
    ("204 No Content", "", OutputInvalid, 0),
]


@pytest.mark.parametrize(("status", "kind", "error", "retries"), STATUSES)
def test_statuses_become_typed_errors(
    dialect: Dialect, status: str, kind: str, error: type[PromptctlError], retries: int
) -> None:
    said = dialect.error(kind, f"because of {KEY} and more " + "x" * 1000)
    with serving([http(b"" if status.startswith("204") else said, status)]) as server:
        outcome = ask(dialect, server)
        assert len(server.requests) == retries + 1
    assert type(outcome.error) is error
    assert outcome.events == []
    assert outcome.waits == [0.5, 1.0][:retries]
    assert dialect.name in outcome.error.message
    assert len(outcome.error.message) < 450
    if not status.startswith("204"):
        assert "because of *** and more" in outcome.error.message
        assert outcome.error.hint


def test_a_rejected_key_names_its_variable(dialect: Dialect) -> None:
    with serving([http(dialect.error("authentication_error", "no"), "401 No")]) as server:
        error = ask(dialect, server).error
        assert isinstance(error, KeyRefused)
        assert error.hint == "check TEST_API_KEY"


def test_a_failure_that_passes_is_not_seen(dialect: Dialect) -> None:
    good = body(dialect, dialect.stream("a"))
    with serving([http(b"{}", "500 Oops")], [http(b"{}", "529 Busy")], good) as server:
        outcome = ask(dialect, server)
    assert outcome.events == expected(dialect, "a")
    assert outcome.waits == [0.5, 1.0]


DATE = "Mon, 23 Nov 2026 12:00:07 GMT"


@pytest.mark.parametrize(
    ("headers", "waits"),
    [
        ({"retry_after": "7"}, [7.0, 7.0]),
        ({"retry_after": "0"}, [0.5, 1.0]),
        ({"retry_after": "1.5"}, [1.5, 1.5]),
        ({"retry_after_ms": "2500", "retry_after": "9"}, [2.5, 2.5]),
        ({"retry_after": "nan"}, [0.5, 1.0]),
        ({"retry_after": "-3"}, [0.5, 1.0]),
        ({"retry_after": "1e400"}, [0.5, 1.0]),
        ({"retry_after": "9" * 400}, [0.5, 1.0]),
        ({"retry_after": "soon"}, [0.5, 1.0]),
        ({"retry_after": "60"}, [60.0, 60.0]),
        ({"retry_after": "61"}, []),
        ({"retry_after": "3600"}, []),
        ({"retry_after": "Fri, 31 Dec 9999 23:59:59 GMT"}, []),
        ({"retry_after": "Thu, 01 Jan 1970 00:00:00 GMT"}, [0.5, 1.0]),
        ({"retry_after": "Thu, 99 Jan 99999 99:00:00 GMT"}, [0.5, 1.0]),
    ],
)
def test_the_wish_to_wait_is_obeyed_within_reason(
    dialect: Dialect, headers: dict[str, str], waits: list[float]
) -> None:
    limited = http(dialect.error("rate_limit_error", "slow"), "429 Slow", **headers)
    with serving([limited]) as server:
        outcome = ask(dialect, server)
    assert isinstance(outcome.error, RateLimited)
    assert outcome.waits == waits
    if headers == {"retry_after": "3600"}:
        assert outcome.error.retry_after == 3600.0
        assert "60 min" in outcome.error.message


NONSENSE: dict[str, tuple[bytes, type[ProviderError]]] = {
    "nothing": (b"", StreamBroken),
    "blank": (b" \r\n\n", StreamBroken),
    "web page": (b"<!DOCTYPE html><title>Sign in</title><p>secret-page-text", OutputInvalid),
    "no UTF-8": (b'data: "\xff\xfe"\n\n', OutputInvalid),
    "list": (b"[1, 2]", OutputInvalid),
    "number in JSON too long": (b'{"a": ' + b"9" * 5000 + b"}\n", OutputInvalid),
    "NaN": (b'{"message": NaN}\n', OutputInvalid),
    "lone surrogate": (b'{"message": "\\ud800"}\n', OutputInvalid),
    "deep": (b'{"a":' + b"[" * 100_000 + b"\n", OutputInvalid),
    "other object": (b'{"status": "ok"}', OutputInvalid),
    "wrong types": (b'{"choices": 5, "message": 5, "type": 5, "done": true}', OutputInvalid),
}


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize(("content", "error"), NONSENSE.values(), ids=NONSENSE)
def test_a_status_of_200_is_no_success(
    dialect: Dialect, content: bytes, error: type[ProviderError], stream: bool
) -> None:
    with serving([http(content)]) as server:
        outcome = ask(dialect, server, stream=stream)
    assert type(outcome.error) is error
    assert "secret-page-text" not in str(outcome.error)
    assert outcome.text == ""


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize(
    "content",
    [
        b'{"error": {"type": "overloaded_error", "message": "busy"}}',
        b'{"type": "error", "error": {"type": "api_error", "message": "busy"}}',
        b'{"error": "busy"}',
        b'{"error": {"code": 502, "message": "busy"}}',
    ],
)
def test_an_error_object_with_status_200_is_an_error(
    dialect: Dialect, content: bytes, stream: bool
) -> None:
    with serving([http(content, content_type="application/json")]) as server:
        outcome = ask(dialect, server, stream=stream)
    assert type(outcome.error) is ProviderUnavailable
    assert "busy" in outcome.error.message
    assert outcome.waits == [0.5, 1.0]


def test_a_page_instead_of_an_error_is_named_not_shown(dialect: Dialect) -> None:
    page = b"<html><head><title>\n Bad gateway </title></head><body>" + b"x" * 99_999
    with serving([http(page, "502 Bad", content_type="text/html")]) as server:
        error = ask(dialect, server).error
    assert isinstance(error, ProviderUnavailable)
    assert error.message.endswith("a web page, “Bad gateway”")


def test_a_redirect_is_not_followed_and_the_key_stays(dialect: Dialect) -> None:
    with serving([http(b"")]) as elsewhere:
        target = elsewhere.url.replace("//", "//user:pass@") + "/x"
        with serving([http(b"", "307 Moved", location=target)]) as server:
            outcome = ask(dialect, server)
        assert elsewhere.requests == []
    assert isinstance(outcome.error, RequestRefused)
    assert elsewhere.url.removeprefix("http://") in outcome.error.message
    assert "pass" not in outcome.error.message
    assert outcome.waits == []


STALLS: dict[str, Callable[[Dialect], Answer]] = {
    "before the head": lambda d: [HOLD],
    "inside the head": lambda d: [b"HTTP/1.1 200 OK\r\nx: ", HOLD],
    "before the first event": lambda d: [head(content_type=d.content_type), HOLD],
    "inside the first event": lambda d: [head(), d.text("never")[:8], HOLD],
}


@pytest.mark.parametrize("stall", STALLS.values(), ids=STALLS)
def test_a_stall_ends_at_its_limit_and_is_not_retried(
    dialect: Dialect, stall: Callable[[Dialect], Answer]
) -> None:
    with serving(stall(dialect)) as server:
        outcome = ask(dialect, server, limits=SHORT)
        assert server.closed.wait(5)
        assert len(server.requests) == 1
    assert type(outcome.error) is TooSlow
    assert "0.2 s" in outcome.error.message


def test_a_stall_inside_an_answer_keeps_the_text(dialect: Dialect) -> None:
    with serving([head(content_type=dialect.content_type), *_cut(dialect), HOLD]) as server:
        outcome = ask(dialect, server, limits=SHORT)
    assert type(outcome.error) is TooSlow
    assert outcome.text == "a"


def test_bytes_without_data_do_not_keep_an_answer_alive(dialect: Dialect) -> None:
    stop = threading.Event()

    def comment() -> bytes:
        stop.wait(0.02)
        return dialect.keep_alive

    start = head(content_type=dialect.content_type)
    with serving([start, *_cut(dialect), *([comment] * 500)]) as server:
        outcome = ask(dialect, server, limits=SHORT)
    assert type(outcome.error) is TooSlow
    assert outcome.text == "a"


def test_a_trickle_ends_at_the_total_limit(dialect: Dialect) -> None:
    stop = threading.Event()

    def token() -> bytes:
        stop.wait(0.02)
        return dialect.text("a")

    limits = Limits(headers=5, first_event=5, idle=5, total=0.3)
    with serving([head(), *dialect.opening(), *([token] * 500)]) as server:
        outcome = ask(dialect, server, limits=limits)
    assert type(outcome.error) is TooSlow
    assert "0.3 s for the whole answer" in outcome.error.message


def test_a_slow_reader_is_not_a_slow_provider(dialect: Dialect) -> None:
    waiting = threading.Event()
    start = head(content_type=dialect.content_type, transfer_encoding="chunked")
    pieces = chunked(dialect.stream("a", "b"))
    with serving([start, *pieces]) as server:
        texts = []
        for event in answer(dialect.invocation(), dialect.endpoint(server.url), limits=SHORT):
            if isinstance(event, TextDelta):
                waiting.wait(0.4)
                texts.append(event.text)
    assert texts == ["a", "b"]


@pytest.mark.parametrize("packed", [False, True])
def test_a_huge_line_meets_the_limit(dialect: Dialect, packed: bool) -> None:
    line = dialect.text("x" * 5_000_000)
    content = gzip.compress(line) if packed else line
    more = {"content_encoding": "gzip"} if packed else {}
    limits = Limits(event=1_000_000)
    with serving([head(content_type=dialect.content_type, **more), content]) as server:
        outcome = ask(dialect, server, limits=limits)
    assert type(outcome.error) is OutputInvalid
    assert outcome.text == ""


@pytest.mark.parametrize("stream", [False, True])
def test_a_huge_answer_meets_the_limit(dialect: Dialect, stream: bool) -> None:
    content = gzip.compress(dialect.text("x" * 1000) * 3000)
    with serving([head(content_encoding="gzip"), content]) as server:
        outcome = ask(dialect, server, limits=Limits(response=1_000_000), stream=stream)
    assert type(outcome.error) is OutputInvalid


@pytest.mark.parametrize("encoding", ["gzip", "br"])
def test_damaged_or_unknown_compression_is_an_error(dialect: Dialect, encoding: str) -> None:
    with serving([http(b"\x1f\x8bxxxxxxxx", content_encoding=encoding)]) as server:
        assert type(ask(dialect, server).error) is OutputInvalid


def test_no_server_is_said_with_its_address(dialect: Dialect) -> None:
    with serving([b""]) as server:
        pass
    outcome = ask(dialect, server)
    assert type(outcome.error) is ServerNotRunning
    address = server.url.removeprefix("http://")
    assert (
        outcome.error.message
        == f"{dialect.name} m-1 cannot be reached at {address}: Connection refused"
    )
    assert ("`ollama serve`" in str(outcome.error.hint)) == (dialect.name == "ollama")
    assert outcome.waits == [], "it was tried again, and no server starts within a second"


def test_a_connection_closed_without_an_answer_is_retried(dialect: Dialect) -> None:
    with serving([b""], body(dialect, dialect.stream("a"))) as server:
        outcome = ask(dialect, server)
    assert outcome.error is None
    assert outcome.text == "a"
    assert outcome.waits == [0.5]
