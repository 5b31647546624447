"""The embedded model's process: it starts, answers only its key, dies with us, and says why it cannot."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from promptctl.errors import ProviderUnavailable
from promptctl.providers import embedded
from promptctl.providers.embedded import embedded_endpoint, probe_runtime, runtime_installed

needs_runtime = pytest.mark.skipif(
    not runtime_installed(), reason="the extra `local` is not installed"
)


def status_of(url: str, key: str | None) -> int:
    headers = {} if key is None else {"Authorization": f"Bearer {key}"}
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers)) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        error.close()
        return error.code


@pytest.mark.slow
@needs_runtime
def test_it_answers_on_loopback_to_its_key_only(model_weights: Path) -> None:
    with embedded_endpoint(model_weights) as endpoint:
        assert endpoint.base_url.startswith("http://127.0.0.1:")
        assert (endpoint.wire, endpoint.provider) == ("openai", "local")
        assert endpoint.key is not None
        models = f"{endpoint.base_url}/props".replace("/v1", "")
        assert status_of(models, endpoint.key.reveal()) == 200
        assert status_of(models, None) == 401
    with pytest.raises(urllib.error.URLError):
        status_of(models, None)


@pytest.mark.slow
@needs_runtime
def test_each_start_has_a_key_of_its_own(model_weights: Path) -> None:
    with embedded_endpoint(model_weights) as one, embedded_endpoint(model_weights) as two:
        assert one.key != two.key
        assert one.base_url != two.base_url


_ORPHAN = """
import os, signal, sys
from pathlib import Path
from promptctl.providers.embedded import embedded_endpoint
with embedded_endpoint(Path(sys.argv[1])) as endpoint:
    print(endpoint.base_url, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.slow
@needs_runtime
def test_it_leaves_when_its_parent_is_killed(model_weights: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", _ORPHAN, str(model_weights)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    # The child holds neither stream, so the pipes end when the parent does; what it held was its input.
    out, err = process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL
    assert err == b""
    url = out.decode().strip()
    while True:  # ends as soon as the child noticed
        try:
            status_of(f"{url}/models", None)
        except OSError:
            break


@needs_runtime
def test_weights_that_are_none_are_an_error_in_words(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    weights = tmp_path / "weights.gguf"
    weights.write_bytes(b"GGUF" + bytes(100))
    with (
        pytest.raises(ProviderUnavailable, match="cannot run here") as caught,
        embedded_endpoint(weights),
    ):
        pytest.fail("it started")
    assert "--provider echo" in (caught.value.hint or "")
    assert capfd.readouterr() == ("", "")


@needs_runtime
def test_a_server_that_does_not_start_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded, "_SERVE", "import sys; sys.stdin.read()")
    with (
        pytest.raises(ProviderUnavailable, match=r"did not start within 0\.05 s"),
        embedded_endpoint(tmp_path, seconds=0.05),
    ):
        pytest.fail("it started")


@needs_runtime
@pytest.mark.parametrize(
    ("program", "words"),
    [
        (f"import os; os.kill(os.getpid(), {int(signal.SIGILL)})", "processor with AVX2"),
        (f"import os; os.kill(os.getpid(), {int(signal.SIGABRT)})", "ended by SIGABRT"),
        ("raise ImportError('libgomp.so.1: cannot open shared object')", "package libgomp1"),
        ("raise ImportError('libother.so: gone')", "libother.so: gone"),
        ("import os; os._exit(7)", "exit code 7"),
    ],
)
def test_the_probe_says_why_a_machine_cannot(
    monkeypatch: pytest.MonkeyPatch, program: str, words: str
) -> None:
    monkeypatch.setattr(embedded, "_PROBE", program)
    found = probe_runtime()
    assert found.installed
    assert not found.works
    assert words in (found.problem or "")


@needs_runtime
def test_the_probe_runs_nothing_from_the_folder_it_is_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "xllamacpp.py").write_text("raise SystemExit('hostile')")
    monkeypatch.chdir(tmp_path)
    assert "hostile" not in (probe_runtime().problem or "")
    assert os.listdir(tmp_path) == ["xllamacpp.py"]


@pytest.mark.parametrize(
    ("soabi", "words", "remedy"),
    [
        ("cpython-311-x86_64-linux-musl", "no build for musl", None),
        ("cpython-311-x86_64-linux-gnu", "xllamacpp", "pip install 'promptctl-git[local]'"),
    ],
)
def test_without_the_runtime_it_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, soabi: str, words: str, remedy: str | None
) -> None:
    monkeypatch.setattr(embedded, "runtime_installed", lambda: False)
    monkeypatch.setattr(embedded.sysconfig, "get_config_var", lambda name: soabi)
    found = probe_runtime()
    assert not found.installed
    assert words in (found.problem or "")
    assert found.remedy == remedy
