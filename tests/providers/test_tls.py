"""Real TLS on loopback: who is believed, and that a stall ends there too."""

from __future__ import annotations

import shutil
import ssl
import subprocess
import time
from pathlib import Path

import pytest

from promptctl.core.invocation import Finished, TextDelta
from promptctl.errors import ProviderUnavailable, TooSlow
from promptctl.providers import Limits
from promptctl.providers.answer import answer
from tests.providers.dialects import OPENAI
from tests.providers.server import HOLD, head, http, serving

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl")

ONCE = Limits(retries=0)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for 127.0.0.1 that vouches for itself, with its key, in one file."""
    folder = tmp_path_factory.mktemp("tls")
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    command = "openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=test -days 2 -addext"
    subprocess.run(
        [*command.split(), "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate],
        check=True,
        capture_output=True,
    )
    certificate.write_text(certificate.read_text() + key.read_text())
    return certificate


@pytest.fixture(scope="module")
def context(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


def test_a_certificate_that_nobody_vouches_for_is_refused(context: ssl.SSLContext) -> None:
    with serving([http(OPENAI.whole("a"))], tls=context) as server:
        with pytest.raises(ProviderUnavailable, match="certificate verify failed"):
            list(answer(OPENAI.invocation(), OPENAI.endpoint(server.url), limits=ONCE))
        assert server.requests == []


def test_a_certificate_of_the_users_own_file_is_believed(
    context: ssl.SSLContext, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with serving([http(OPENAI.whole("a"))], tls=context) as server:
        events = list(answer(OPENAI.invocation(), OPENAI.endpoint(server.url), limits=ONCE))
    assert TextDelta("a") in events
    assert isinstance(events[-1], Finished)


def test_a_certificate_for_another_name_is_refused(
    context: ssl.SSLContext, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with serving([http(OPENAI.whole("a"))], tls=context) as server:
        url = server.url.replace("127.0.0.1", "localhost")
        with pytest.raises(ProviderUnavailable, match="ostname mismatch"):
            list(answer(OPENAI.invocation(), OPENAI.endpoint(url), limits=ONCE))


def test_certificates_of_a_hashed_folder_are_believed(
    context: ssl.SSLContext, certificate: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    shutil.copy(certificate, tmp_path / "own.pem")
    subprocess.run(["openssl", "rehash", tmp_path], check=True, capture_output=True)
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    with serving([http(OPENAI.whole("a"))], tls=context) as server:
        events = list(answer(OPENAI.invocation(), OPENAI.endpoint(server.url), limits=ONCE))
    assert isinstance(events[-1], Finished)


def test_a_stall_ends_at_its_limit(
    context: ssl.SSLContext, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    start = head(content_type="text/event-stream")
    with serving([start, *OPENAI.opening(), OPENAI.text("a"), HOLD], tls=context) as server:
        limits = Limits(idle=0.2)
        events = answer(OPENAI.invocation(), OPENAI.endpoint(server.url), limits=limits)
        next(events)
        assert next(events) == TextDelta("a")
        before = time.monotonic()
        with pytest.raises(TooSlow):
            next(events)
        assert time.monotonic() - before < 5
        assert server.closed.wait(5)
