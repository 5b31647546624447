"""Retries, errors and the connection, beyond what every provider has in common."""

from __future__ import annotations

import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest

from promptctl.core.invocation import Finished, Started, TextDelta
from promptctl.errors import (
    KeyMissing,
    OutputInvalid,
    PromptctlError,
    ProviderError,
    ProviderUnavailable,
    RateLimited,
    RequestRefused,
    TooSlow,
)
from promptctl.providers import Failure, Limits
from promptctl.providers.answer import answer, exact_request, retry_delay
from promptctl.providers.failures import complaint_in, host_of, http_error, redact, retry_after
from tests.conftest import CHECKOUT
from tests.providers.dialects import ANTHROPIC, KEY, OLLAMA, OPENAI
from tests.providers.server import HOLD, chunked, head, http, serving


@pytest.mark.parametrize(
    ("error", "attempt", "jitter", "wait"),
    [
        (ProviderUnavailable("x"), 0, 0.0, 0.5),
        (ProviderUnavailable("x"), 1, 0.0, 1.0),
        (ProviderUnavailable("x"), 9, 0.0, 8.0),
        (ProviderUnavailable("x"), 1, 1.0, 0.75),
        (ProviderUnavailable("x"), 10, 0.0, None),
        (RateLimited("x", retry_after=20.0), 0, 0.0, 20.0),
        (RateLimited("x", retry_after=0.0), 0, 0.0, 0.5),
        (RateLimited("x", retry_after=60.5), 0, 0.0, None),
    ],
)
def test_the_wait_before_a_retry(
    error: ProviderError, attempt: int, jitter: float, wait: float | None
) -> None:
    assert retry_delay(error, attempt, Limits(retries=10), jitter) == wait


def test_each_retry_is_told_with_its_reason_and_wait() -> None:
    told: list[tuple[str, float]] = []
    with serving([http(b'{"error": "busy"}', "503 Busy")]) as server:
        events = answer(
            OPENAI.invocation(),
            OPENAI.endpoint(server.url),
            sleep=lambda seconds: None,
            jitter=lambda: 0.0,
            on_retry=lambda error, wait: told.append((type(error).__name__, wait)),
        )
        with pytest.raises(ProviderUnavailable):
            list(events)
    assert told == [("ProviderUnavailable", 0.5), ("ProviderUnavailable", 1.0)]


def test_the_body_is_the_exact_request() -> None:
    with serving([http(OPENAI.whole("a"))]) as server:
        endpoint, invocation = OPENAI.endpoint(server.url), OPENAI.invocation(stream=False)
        list(answer(invocation, endpoint))
        expected = exact_request(invocation, endpoint)
    received = server.requests[0]
    assert received.body.startswith(b'{"model":"m-1","messages":[')
    assert received.head == "POST /v1/chat/completions HTTP/1.1"
    sent = {name: received.headers[name] for name, _ in expected.headers}
    assert sent == dict(expected.headers)
    beyond = set(received.headers) - set(sent)
    assert beyond == {"host", "connection", "content-length"}


def test_a_missing_key_is_named_before_anything_is_sent() -> None:
    endpoint = OPENAI.endpoint("http://127.0.0.1:1", key=None)
    with pytest.raises(KeyMissing) as raised:
        next(answer(OPENAI.invocation(), endpoint))
    assert raised.value.hint == "export TEST_API_KEY=…"


def test_a_server_that_asks_for_a_key_where_none_is_configured() -> None:
    with serving([http(b"{}", "401 No")]) as server:
        endpoint = OPENAI.endpoint(server.url, key=None, key_required=False)
        with pytest.raises(KeyMissing) as raised:
            list(answer(OPENAI.invocation(), endpoint))
    assert raised.value.hint == "set TEST_API_KEY"


@pytest.mark.parametrize(
    "kind", ["insufficient_quota", "billing_hard_limit_reached", "billing_error"]
)
def test_an_exhausted_quota_is_not_retried(kind: str) -> None:
    with serving([http(OPENAI.error(kind, "pay"), "429 Too Many")]) as server:
        with pytest.raises(RequestRefused, match="quota"):
            list(answer(OPENAI.invocation(), OPENAI.endpoint(server.url)))
        assert len(server.requests) == 1


def test_a_model_that_ollama_does_not_have_is_pulled_by_name() -> None:
    missing = http(b'{"error": "model \'m-1\' not found"}', "404 Not Found")
    with serving([missing]) as server, pytest.raises(RequestRefused) as raised:
        list(answer(OLLAMA.invocation(), OLLAMA.endpoint(server.url)))
    assert raised.value.hint == "ollama pull m-1"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b'{"error": {"message": "m"}}', "m"),
        (b'{"error": "m"}', "m"),
        (b'{"message": "m"}', "m"),
        (b'{"detail": "m"}', "m"),
        (b'"m"', "m"),
        (b"m\nn", "m n"),
        (b"\xff\xfe", "\ufffd\ufffd"),
        (b'{"error": [1]}', ""),
        (b"[" * 100_000, "[" * 300 + "…"),
        (b"", ""),
    ],
)
def test_the_words_of_a_failure_are_found_in_any_shape(body: bytes, words: str) -> None:
    error = http_error(Failure(400, {}, body), OPENAI.invocation(), OPENAI.endpoint("http://h"))
    assert str(error).partition("(HTTP 400)")[2] == (f": {words}" if words else "")


def test_keys_and_configured_headers_are_taken_out_of_every_text() -> None:
    endpoint = OPENAI.endpoint("http://h", headers=(("x-team", "Bearer hunter2-hunter2"),))
    text = redact(f"{KEY} Bearer hunter2-hunter2 hunter2-hunter2 x{KEY}x", endpoint)
    assert text == "*** *** *** x***x"


def test_a_key_is_taken_out_before_the_words_are_cut() -> None:
    body = b'{"error": "' + b"x" * 290 + KEY.encode() + b'"}'
    error = http_error(Failure(400, {}, body), OPENAI.invocation(), OPENAI.endpoint("http://h"))
    assert KEY[:6] not in str(error)


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("http://user:pass@host:80/x?y", "host:80"),
        ("https://a@b@host/", "host"),
        ("http://[::1]:8080", "[::1]:8080"),
        ("nonsense", "an address that is no URL"),
    ],
)
def test_only_the_host_of_an_address_is_shown(url: str, host: str) -> None:
    assert host_of(url) == host


def test_a_date_counts_from_its_arrival() -> None:
    failure = Failure(429, {"retry-after": "Thu, 01 Jan 1970 00:01:40 GMT"}, b"", received=90.0)
    assert retry_after(failure) == 10.0


def test_a_status_in_an_error_object_counts_only_if_it_is_one() -> None:
    assert complaint_in({"error": {"code": 502}}).status == 502
    assert complaint_in({"error": {"code": True}}).status is None
    assert complaint_in({"error": {"code": 200}}).status is None


@pytest.mark.parametrize(
    "url", ["ftp://127.0.0.1", "nonsense", "http://127.0.0.1:99999", "http://127.0.0.1:x", ""]
)
def test_an_address_that_is_none_is_a_typed_error(url: str) -> None:
    with pytest.raises(PromptctlError):
        list(answer(ANTHROPIC.invocation(), ANTHROPIC.endpoint(url), sleep=lambda seconds: None))


def test_a_proxy_is_named_where_it_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    monkeypatch.setenv("HTTP_PROXY", f"http://user:hunter2@localhost:{port}")
    endpoint = OPENAI.endpoint("http://192.0.2.1")
    with pytest.raises(ProviderUnavailable) as raised:
        list(answer(OPENAI.invocation(), endpoint, sleep=lambda seconds: None))
    assert "at 192.0.2.1 through the proxy localhost" in str(raised.value)
    assert "hunter2" not in str(raised.value)


def test_a_proxy_carries_the_request(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving([http(OPENAI.whole("a"))]) as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        events = list(answer(OPENAI.invocation(stream=False), OPENAI.endpoint("http://192.0.2.1")))
    assert TextDelta("a") in events
    assert proxy.requests[0].head == "POST http://192.0.2.1/v1/chat/completions HTTP/1.1"


def test_a_server_on_this_machine_is_asked_without_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving([b""]) as proxy, serving([http(OPENAI.whole("a"))]) as server:
        monkeypatch.setenv("http_proxy", proxy.url)
        monkeypatch.setenv("all_proxy", proxy.url)
        for url in (server.url, server.url.replace("127.0.0.1", "localhost")):
            list(answer(OPENAI.invocation(stream=False), OPENAI.endpoint(url)))
        assert proxy.requests == []


@pytest.mark.parametrize(
    "value", ["nonsense://user:hunter2@x", "socks5://user:hunter2@x", "ftp://user:hunter2@x"]
)
def test_a_proxy_that_is_none_is_a_typed_error(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("HTTP_PROXY", value)
    with pytest.raises(ProviderUnavailable) as raised:
        list(answer(OPENAI.invocation(), OPENAI.endpoint("http://h"), sleep=lambda seconds: None))
    assert "hunter2" not in str(raised.value)


def test_the_context_for_tls_verifies() -> None:
    from promptctl.providers.transport import _tls_context

    for url in ("https://h", "http://h"):
        context = _tls_context(url)
        assert context.verify_mode is ssl.CERT_REQUIRED
        assert context.check_hostname


def test_an_early_answer_ends_the_sending_of_a_long_request() -> None:
    with serving([http(OPENAI.error("request_too_large", "no"), "413 Too Large")]) as server:
        invocation = OPENAI.invocation(user="x" * 3_000_000)
        with pytest.raises(RequestRefused, match="too long"):
            list(answer(invocation, OPENAI.endpoint(server.url)))


def test_a_whole_answer_may_take_longer_to_begin_than_a_stream() -> None:
    limits = Limits(headers=0.05, first_event=5)
    waiting = threading.Event()

    def late() -> bytes:
        waiting.wait(0.3)
        return http(OPENAI.whole("a"))

    with serving([late]) as server:
        events = answer(OPENAI.invocation(stream=False), OPENAI.endpoint(server.url), limits=limits)
        assert isinstance(list(events)[-1], Finished)


def test_no_thread_stays_behind() -> None:
    with serving([http(OPENAI.whole("a"))]) as server:
        list(answer(OPENAI.invocation(stream=False), OPENAI.endpoint(server.url)))
    for thread in threading.enumerate():
        if thread.name == "deadline":
            thread.join(5)
            assert not thread.is_alive()


def test_a_200_of_another_kind_is_no_answer() -> None:
    with (
        serving([http(b"", "202 Accepted")]) as server,
        pytest.raises(OutputInvalid, match="HTTP 202"),
    ):
        list(answer(OPENAI.invocation(), OPENAI.endpoint(server.url)))


GARBAGE = {
    "noise": b"\x00\xff\xfe noise\r\n\r\n",
    "another protocol": b"220 mail.test ESMTP\r\n",
    "a status that is none": b"HTTP/1.1 99999 OK\r\n\r\n",
    "a length that is none": b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n",
    "two lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
    "a chunk that is none": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
    "an endless head": b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 200_000,
    "an endless line": b"HTTP/1.1 200 OK\r\nx: " + b"y" * 2_000_000,
    "only half a head": b"HTTP/1.1 200 OK\r\nx:",
    "a head of bytes": b"HTTP/1.1 500 \xff\r\nx: \xff\xfe\r\nlocation: \x80\r\n\r\n\xff",
}


@pytest.mark.parametrize("content", GARBAGE.values(), ids=GARBAGE)
def test_garbage_instead_of_http_is_a_typed_error(content: bytes) -> None:
    with serving([content]) as server, pytest.raises(ProviderError):
        list(answer(OPENAI.invocation(), OPENAI.endpoint(server.url), limits=Limits(retries=0)))


SCRIPT = """
import sys
from promptctl.core.endpoint import Endpoint
from promptctl.core.invocation import Invocation, RenderedMessage, TextPart
from promptctl.providers.answer import answer
endpoint = Endpoint("openai", "openai", sys.argv[1], "test", key_required=False)
message = RenderedMessage("user", (TextPart("x"),))
try:
    for event in answer(Invocation("p", "openai", "m", (message,)), endpoint):
        print(event, flush=True)
except KeyboardInterrupt:
    print("interrupted", flush=True)
print(sorted({"rich", "click", "pygments", "anthropic"} & set(sys.modules)))
"""


def test_an_interrupt_closes_the_connection_at_once_and_nothing_unwanted_is_imported() -> None:
    pieces = chunked([*OPENAI.opening(), OPENAI.text("a")], end=False)
    start = head(content_type="text/event-stream", transfer_encoding="chunked")
    with serving([start, *pieces, HOLD]) as server:
        command = [sys.executable, "-c", textwrap.dedent(SCRIPT), server.url]
        root = Path(__file__).parent.parent.parent
        with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=root, text=True) as process:
            assert process.stdout is not None
            assert "Started" in process.stdout.readline()
            assert "TextDelta" in process.stdout.readline()
            before = time.monotonic()
            os.kill(process.pid, signal.SIGINT)
            assert process.stdout.readline() == "interrupted\n"
            assert server.closed.wait(5)
            assert time.monotonic() - before < 2
            assert process.stdout.readline() == "[]\n"


SLOW_NAMES = """
import ctypes, socket, sys

def never(*_, **__):
    print("looking up", flush=True)
    library, mutex = ctypes.CDLL(None), ctypes.create_string_buffer(128)
    library.pthread_mutex_lock(mutex)
    library.pthread_mutex_lock(mutex)  # waits for ever, and heeds signals no more than a resolver

socket.getaddrinfo = never
sys.argv = ["promptctl", "run", "asking"]
from promptctl.__main__ import run
run()
"""
PROMPT = "{provider: openai, model: m, template_format: none, template: Hello}"


def test_an_interrupt_ends_even_a_look_up_that_hangs(tmp_path: Path) -> None:
    (tmp_path / "prompts").mkdir()
    (tmp_path / "promptctl.yaml").write_text("version: 1\n")
    (tmp_path / "prompts/asking.yaml").write_text(PROMPT)
    environ = dict(os.environ) | {
        "PYTHONPATH": str(CHECKOUT),
        "OPENAI_BASE_URL": "https://models.example/v1",
        "OPENAI_API_KEY": KEY,
    }
    with subprocess.Popen(
        [sys.executable, "-c", SLOW_NAMES],
        stdout=subprocess.PIPE,
        cwd=tmp_path,
        env=environ,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "looking up\n"
        before = time.monotonic()
        process.send_signal(signal.SIGINT)
        try:
            assert process.wait(10) == 130
        finally:
            process.kill()
        assert time.monotonic() - before < 0.5


def test_a_key_that_the_server_says_back_is_shown_nowhere() -> None:
    body = {
        "id": f"id-{KEY}",
        "model": KEY,
        "choices": [{"message": {"content": f"my text {KEY}"}, "finish_reason": KEY}],
    }
    with serving([http(json.dumps(body).encode())]) as server:
        events = list(answer(OPENAI.invocation(stream=False), OPENAI.endpoint(server.url)))
    about = [event for event in events if not isinstance(event, TextDelta)]
    assert KEY not in repr(about)
    assert Started("***", "id-***") in events
    assert TextDelta(f"my text {KEY}") in events  # the answer itself is exactly the model's


@pytest.mark.parametrize("gap", ["\n", " \r\n\t"])
def test_a_key_broken_by_a_line_end_is_no_less_a_key(gap: str) -> None:
    words = f"bad key {KEY[:9]}{gap}{KEY[9:]} given"
    refusal = http(OPENAI.error("x", words), "400 Bad")
    with serving([refusal]) as server, pytest.raises(RequestRefused) as caught:
        list(answer(OPENAI.invocation(), OPENAI.endpoint(server.url)))
    assert "bad key *** given" in caught.value.message


def test_the_total_limit_holds_over_retries_and_waits() -> None:
    began = time.monotonic()
    told: list[float] = []
    with serving([http(b'{"error": "busy"}', "503 Busy")]) as server:
        events = answer(
            OPENAI.invocation(),
            OPENAI.endpoint(server.url),
            limits=Limits(total=1.0),
            jitter=lambda: 0.0,
            on_retry=lambda error, wait: told.append(wait),
        )
        with pytest.raises(ProviderUnavailable):
            list(events)
        assert len(server.requests) == 2
    assert told == [0.5]  # a second wait, of 1 s, would end too late
    assert time.monotonic() - began < 1.5


def test_a_retry_has_only_the_time_that_is_left() -> None:
    began = time.monotonic()
    with serving([http(b'{"error": "busy"}', "503 Busy")], [HOLD]) as server:
        limits = Limits(total=1.2)
        events = answer(
            OPENAI.invocation(), OPENAI.endpoint(server.url), limits=limits, jitter=lambda: 0.0
        )
        with pytest.raises(TooSlow, match=r"1\.2 s for the whole answer"):
            list(events)
    assert 1.1 < time.monotonic() - began < 1.6


def test_what_is_spent_already_counts() -> None:
    began = time.monotonic()
    with serving([HOLD]) as server:
        limits = Limits(total=30.0)
        events = answer(OPENAI.invocation(), OPENAI.endpoint(server.url), limits=limits, spent=29.7)
        with pytest.raises(TooSlow, match="30 s for the whole answer"):
            list(events)
    assert time.monotonic() - began < 2
