"""Every provider and every fault, as a user meets them: one sentence, an exit code, no key, in time.

A dialect that joins DIALECTS meets all of them. The limits of time are scaled down.
"""

from __future__ import annotations

import gzip
import json
import re
import socket
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conftest import Result, RunCli
from tests.providers.dialects import AWS_BEDROCK, IN_SUITES, KEY, RESPONSES, Dialect, name_of
from tests.providers.server import HOLD, Answer, chunked, head, http, serving

VARIABLE = "KEY_OF_THE_FAR_SERVER"
SECONDS = 15
"""More than any fault may take, on a busy machine too."""
PATIENT: Mapping[str, float] = dict.fromkeys(("connect", "headers", "first", "idle", "total"), 12)
IMPATIENT: Mapping[str, float] = PATIENT | dict.fromkeys(("headers", "first", "idle"), 0.4)
"""For servers that let others wait."""


@dataclass(frozen=True)
class Fault:
    """What a server does, and what the user is told."""

    answer: Callable[[Dialect], Answer]
    exit_code: int = 5
    says: str = ""
    text: str = ""
    """What has been streamed, and stays."""

    @property
    def timeouts(self) -> Mapping[str, float]:
        return IMPATIENT if "waited" in self.says else PATIENT


def status(line: str, kind: str = "", **headers: str) -> Callable[[Dialect], Answer]:
    """An unsuccessful answer whose words repeat the key, as some servers do."""
    return lambda d: [http(d.error(kind, f"you sent {KEY}"), line, "application/json", **headers)]


def start(d: Dialect, **headers: str) -> bytes:
    return head(content_type=d.content_type, **headers)


def begun(d: Dialect) -> list[bytes]:
    return [start(d), *d.opening(), d.text("Hel")]


def recoded(change: Callable[[bytes], bytes]) -> Callable[[Dialect], Answer]:
    return lambda d: [start(d), change(b"".join(d.stream("Hel", "lo")))]


def with_lines(line: bytes) -> Callable[[Dialect], Answer]:
    """A whole answer with lines between its events that say nothing."""
    return lambda d: [
        start(d),
        *(part for piece in d.stream("Hel", "lo") for part in (line, piece)),
    ]


def split_character(d: Dialect) -> Answer:
    piece = d.text("never ü")
    return [*begun(d), piece[: piece.index("ü".encode()) + 1]]


BOMB = gzip.compress(b" " * 80_000_000)
UNAVAILABLE = "failed on the provider's side"
FAULTS: dict[str, Fault] = {
    "400": Fault(status("400 Bad Request"), says="refused the request"),
    "401": Fault(status("401 Unauthorized"), 6, "rejected the key"),
    "403": Fault(status("403 Forbidden"), 6, "does not let this key use it"),
    "404": Fault(status("404 Not Found"), says="is not there"),
    "408": Fault(status("408 Request Timeout"), says=UNAVAILABLE),
    "409": Fault(status("409 Conflict"), says=UNAVAILABLE),
    "413": Fault(status("413 Too Large"), says="finds the prompt too long"),
    "422": Fault(status("422 Unprocessable"), says="refused the request"),
    "429": Fault(status("429 Slow"), says="takes no more requests for now"),
    "429 for 2 s": Fault(status("429 Slow", retry_after="2"), says="asks for a wait of 2 s"),
    "429 for an hour": Fault(status("429 Slow", retry_after="3600"), says="a wait of 60 min"),
    "429 until 9999": Fault(
        status("429 Slow", retry_after="Fri, 31 Dec 9999 23:59:59 GMT"), says="asks for a wait of"
    ),
    "500": Fault(status("500 Oops"), says=UNAVAILABLE),
    "502": Fault(status("502 Bad Gateway"), says=UNAVAILABLE),
    "503": Fault(status("503 Unavailable"), says=UNAVAILABLE),
    "504": Fault(status("504 Timeout"), says=UNAVAILABLE),
    "529": Fault(status("529 Overloaded"), says=UNAVAILABLE),
    "an empty 500": Fault(lambda d: [http(b"", "500 Oops")], says=UNAVAILABLE),
    "204": Fault(lambda d: [http(b"", "204 No Content")], says="nothing to read"),
    "nothing at all": Fault(lambda d: [b""], says="cannot be reached"),
    "no HTTP": Fault(lambda d: [b"SSH-2.0-x\r\n\r\n"], says="does not speak HTTP"),
    "an empty 200": Fault(lambda d: [http(b"")], says="ended before it was complete"),
    "no first byte": Fault(lambda d: [HOLD], says="took too long: waited 0.4 s"),
    "no first event": Fault(lambda d: [start(d), HOLD], says="waited 0.4 s for the first piece"),
    "a stall": Fault(
        lambda d: [*begun(d), HOLD], says="waited 0.4 s for the next piece", text="Hel"
    ),
    "a cut before the first token": Fault(
        lambda d: [start(d), *d.opening()], says="ended before it was complete"
    ),
    "a cut before the end mark": Fault(begun, says="ended before it was complete", text="Hel"),
    "a cut inside JSON": Fault(
        lambda d: [*begun(d), d.text("never")[:-9]],
        says="ended before it was complete",
        text="Hel",
    ),
    "a cut inside a character": Fault(split_character, text="Hel"),
    "a cut connection": Fault(
        lambda d: [
            start(d, transfer_encoding="chunked"),
            *chunked([*d.opening(), d.text("Hel")], end=False),
        ],
        says="ended before it was complete",
        text="Hel",
    ),
    "an error in the stream": Fault(
        lambda d: [*begun(d), d.failed(), d.text("never")], says="busy", text="Hel"
    ),
    "an error before the first token": Fault(
        lambda d: [start(d), *d.opening(), d.failed()], says="busy"
    ),
    "an error with status 200": Fault(
        lambda d: [http(b'{"error": {"message": "busy"}}', content_type="application/json")],
        says="busy",
    ),
    "an HTML error page": Fault(
        lambda d: [http(b"<html><title>Oops</title>x", "502 Bad", "text/html")],
        says="a web page, “Oops”",
    ),
    "an HTML page with status 200": Fault(
        lambda d: [http(b"<!DOCTYPE html><title>Sign in</title>", content_type="text/html")],
        says="what is no answer",
    ),
    "plain text": Fault(lambda d: [http(b"hello", content_type="text/plain")]),
    "a redirect": Fault(
        lambda d: [http(b"", "307 Moved", location=f"http://u:p@127.0.0.1:9/?k={KEY}")],
        says="redirects to 127.0.0.1:9",
    ),
    "a gzip bomb": Fault(
        lambda d: [start(d, content_encoding="gzip"), BOMB], says="what is no answer"
    ),
    "damaged gzip": Fault(
        lambda d: [start(d, content_encoding="gzip"), b"\x1f\x8bxxxxxxxxx"],
        says="damaged compression",
    ),
    "a compression that nobody asked for": Fault(
        lambda d: [start(d, content_encoding="br"), b"xxxx"], says="a compression"
    ),
    # What is no fault, but unusual.
    "CRLF": Fault(recoded(lambda b: b.replace(b"\n", b"\r\n")), 0, text="Hello"),
    "CR": Fault(recoded(lambda b: b.replace(b"\n", b"\r")), 0, text="Hello"),
    "comments": Fault(with_lines(b": keep alive\n\n"), 0, text="Hello"),
    "id lines": Fault(with_lines(b"id: 7\nretry: 10\n"), 0, text="Hello"),
    "gzip": Fault(
        lambda d: [
            start(d, content_encoding="gzip"),
            gzip.compress(b"".join(d.stream("Hel", "lo"))),
        ],
        0,
        text="Hello",
    ),
    "one byte at a time": Fault(
        lambda d: [
            start(d, transfer_encoding="chunked"),
            *chunked([bytes([b]) for b in b"".join(d.stream("Hel", "lo"))]),
        ],
        0,
        text="Hello",
    ),
    "10 MB at once": Fault(
        lambda d: [start(d), *d.stream("x" * 10_000_000)], 0, text="x" * 10_000_000
    ),
    "another content type": Fault(
        lambda d: [head(content_type="text/plain"), *d.stream("Hel", "lo")], 0, text="Hello"
    ),
    "an empty answer": Fault(lambda d: [start(d), *d.stream()], 0, "note: the answer is empty"),
    "the token limit": Fault(
        lambda d: [start(d), *d.stream("Hel", reason="length")], 0, "token limit", "Hel"
    ),
}
ONLY_EVENTS = {"comments", "id lines"}
"""These belong to server-sent events."""
ONLY_LINES = {"CRLF", "CR"}
"""These belong to formats of lines."""


@pytest.fixture(params=IN_SUITES, ids=name_of)
def dialect(request: pytest.FixtureRequest) -> Dialect:
    chosen: Dialect = request.param
    return chosen


@pytest.fixture(autouse=True)
def no_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """The waits before retries have tests of their own."""
    monkeypatch.setattr("promptctl.output.countdown.count_down", lambda terminal, seconds: None)


def ask(
    dialect: Dialect,
    url: str,
    folder: Path,
    run_cli: RunCli,
    *options: str,
    timeouts: Mapping[str, float] = PATIENT,
    **env: str,
) -> Result:
    """What `promptctl run` says with every detail that it can be asked for."""
    provider = f"far-{name_of(dialect)}"
    config = {
        "endpoints": {provider: dialect.user_endpoint(url, VARIABLE)},
        "timeouts": dict(timeouts),
    }
    place = folder / "config/promptctl/config.yaml"
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(json.dumps(config))
    (folder / "prompts").mkdir(exist_ok=True)
    (folder / "promptctl.yaml").write_text("version: 1\n")
    prompt = {"provider": provider, "model": "m-1", "template": "Hi"}
    if dialect is RESPONSES:
        prompt["api"] = "responses"
    (folder / "prompts/p.yaml").write_text(json.dumps(prompt))
    environ: Mapping[str, str] = {
        VARIABLE: KEY,
        "XDG_CONFIG_HOME": str(folder / "config"),
        **env,
    }
    began = time.monotonic()
    done = run_cli(["-v", "--debug", "run", "p", *options], cwd=folder, env=environ)
    assert time.monotonic() - began < SECONDS
    assert KEY not in done.stderr
    assert KEY not in done.stdout
    assert "Traceback" not in done.stderr
    return done


def sentences(done: Result) -> list[str]:
    return [line for line in done.stderr.splitlines() if line.startswith("error: ")]


def check(done: Result, dialect: Dialect, fault: Fault) -> None:
    assert done.exit_code == fault.exit_code, done.stderr
    assert done.stdout == fault.text
    assert fault.says in done.stderr
    if fault.exit_code == 0:
        assert sentences(done) == []
        return
    (sentence,) = sentences(done)
    assert f"far-{name_of(dialect)}" in sentence
    assert re.search(r"\bm-1\b", sentence), sentence
    assert fault.says in sentence
    assert "\nhint: " in done.stderr


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault(name: str, dialect: Dialect, tmp_path: Path, run_cli: RunCli) -> None:
    if name in ONLY_EVENTS and dialect.content_type != "text/event-stream":
        pytest.skip("no server-sent events")
    if name in ONLY_LINES and dialect is AWS_BEDROCK:
        pytest.skip("frames have no lines")
    fault = FAULTS[name]
    with serving(fault.answer(dialect)) as server:
        done = ask(dialect, server.url, tmp_path, run_cli, timeouts=fault.timeouts)
    check(done, dialect, fault)


@pytest.mark.parametrize("name", ["401", "503", "a stall", "a redirect"])
def test_a_fault_for_programs(name: str, dialect: Dialect, tmp_path: Path, run_cli: RunCli) -> None:
    fault = FAULTS[name]
    with serving(fault.answer(dialect)) as server:
        options = ("--format", "ndjson")
        done = ask(dialect, server.url, tmp_path, run_cli, *options, timeouts=fault.timeouts)
    assert done.exit_code == fault.exit_code
    last = json.loads(done.stdout.splitlines()[-1])
    assert last["type"] == "error"
    assert fault.says in last["error"]["message"]
    assert last["attempts"][-1]["error"]["message"] == last["error"]["message"]


def test_a_refusal(dialect: Dialect, tmp_path: Path, run_cli: RunCli) -> None:
    if not dialect.refused():
        pytest.skip("this format has no word for it")
    with serving([*begun(dialect), *dialect.refused()]) as server:
        done = ask(dialect, server.url, tmp_path, run_cli)
    check(done, dialect, Fault(begun, says="refused to go on", text="Hel"))


def test_nobody_listens(dialect: Dialect, tmp_path: Path, run_cli: RunCli) -> None:
    with serving([b""]) as server:
        pass
    done = ask(dialect, server.url, tmp_path, run_cli)
    check(done, dialect, Fault(begun, says="Connection refused"))


def test_a_name_that_leads_nowhere(
    dialect: Dialect, tmp_path: Path, run_cli: RunCli, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> object:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    # No test may ask a name server, which is all that there would be to do.
    monkeypatch.setattr(socket, "getaddrinfo", fail)
    done = ask(dialect, "https://nowhere.example", tmp_path, run_cli)
    check(done, dialect, Fault(begun, says="cannot be reached at nowhere.example: Name or service"))


def _speak_plainly(listener: socket.socket) -> None:
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        with connection:
            connection.recv(1024)
            connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")


def test_no_tls_where_it_is_expected(dialect: Dialect, tmp_path: Path, run_cli: RunCli) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=_speak_plainly, args=(listener,), daemon=True).start()
        url = f"https://127.0.0.1:{listener.getsockname()[1]}"
        done = ask(dialect, url, tmp_path, run_cli)
        listener.shutdown(socket.SHUT_RDWR)
    check(done, dialect, Fault(begun, says="cannot be reached"))


def test_a_redirect_gets_no_request(dialect: Dialect, tmp_path: Path, run_cli: RunCli) -> None:
    with serving([http(b"")]) as elsewhere:
        with serving([http(b"", "308 Moved", location=elsewhere.url)]) as server:
            ask(dialect, server.url, tmp_path, run_cli)
        assert elsewhere.requests == []


def test_no_key(dialect: Dialect, tmp_path: Path, run_cli: RunCli) -> None:
    with serving([http(b"")]) as server:
        done = ask(dialect, server.url, tmp_path, run_cli, **{VARIABLE: ""})
        assert server.requests == []
    assert done.exit_code == 6
    assert VARIABLE in sentences(done)[0]
