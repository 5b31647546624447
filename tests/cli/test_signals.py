"""Signals that end the program: all is cleaned up as after Ctrl-C, and no child is left behind."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.conftest import GitRepository
from tests.providers.dialects import OpenAI
from tests.providers.server import HOLD, head, serving

OPENAI = OpenAI("openai")
SIGNALS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]
PROMPT = "provider: openai\nmodel: m-1\ntemplate: Hello.\n"


@contextmanager
def process(
    folder: Path, *argv: str, env: Mapping[str, str], before: tuple[str, ...] = ()
) -> Iterator[subprocess.Popen[bytes]]:
    running = subprocess.Popen(
        [*before, sys.executable, "-m", "promptctl", *argv],
        cwd=folder,
        env=dict(os.environ) | dict(env),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    try:
        yield running
    finally:
        running.kill()
        running.wait()


def wait_until(running: subprocess.Popen[bytes], holds: Callable[[], bool]) -> None:
    while not holds():
        assert running.poll() is None, running.communicate()
        select.select([], [], [], 0.01)


def end(running: subprocess.Popen[bytes], number: signal.Signals) -> tuple[int, bytes]:
    running.send_signal(number)
    _, err = running.communicate(timeout=10)
    return running.returncode, err


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "prompts").mkdir()
    (tmp_path / "promptctl.yaml").write_text("version: 1\n")
    (tmp_path / "prompts/hello.yaml").write_text(PROMPT)
    return tmp_path


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_keeps_what_came(folder: Path, number: signal.Signals) -> None:
    held = [*OPENAI.opening(), OPENAI.text("Hel"), HOLD]
    with serving([head(content_type="text/event-stream"), *held]) as server:
        env = {"OPENAI_BASE_URL": server.url}
        with process(folder, "run", "hello", "-o", "a.txt", env=env) as running:
            wait_until(running, lambda: any(p.stat().st_size for p in folder.glob(".a.txt.*")))
            code, err = end(running, number)
        assert server.closed.wait(10)
    assert (code, err) == (128 + number, b"what came is in a.txt.partial\n")
    assert [path.name for path in folder.glob("*a.txt*")] == ["a.txt.partial"]
    assert (folder / "a.txt.partial").read_bytes() == b"Hel"


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_ends_the_download_of_the_model(
    folder: Path, hermetic: Path, number: signal.Signals
) -> None:
    with serving([HOLD]) as server:
        index = f"{server.url}/simple"
        env = {"PIP_INDEX_URL": index, "UV_DEFAULT_INDEX": index, "PIP_RETRIES": "0"}
        with process(folder, "model", "install", env=env) as running:
            wait_until(running, lambda: bool(server.requests))
            code, _ = end(running, number)
        assert server.closed.wait(10)  # by the end of the installer
    assert code == 128 + number
    assert list((hermetic / ".cache/promptctl/model").iterdir()) == [
        hermetic / ".cache/promptctl/model/.lock"
    ]


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_ends_git(git_repository: GitRepository, number: signal.Signals) -> None:
    git_repository.write("prompts/_partials/x.md", "x")
    included = PROMPT.replace("Hello.", "\"{% include '_partials/x.md' %}\"")
    git_repository.write("prompts/in.yaml", included)
    pipe = git_repository.path / "ignored"
    os.mkfifo(pipe)
    git_repository.git("config", "core.excludesFile", str(pipe))
    with process(git_repository.path, "render", "in", env={}) as running:
        children = Path(f"/proc/{running.pid}/task/{running.pid}/children")
        wait_until(running, lambda: bool(children.read_text()))
        child = int(children.read_text().split()[0])
        # Git hangs at the pipe and promptctl waits for git: before that, Python is still starting it.
        wait_until(
            running,
            lambda: (
                b"ls-files" in Path(f"/proc/{child}/cmdline").read_bytes()
                and _state(child) == _state(running.pid) == "S"
            ),
        )
        code, _ = end(running, number)
    assert code == 128 + number
    deadline = time.monotonic() + 10
    while not _is_over(child):  # it was killed, and the kernel takes its time
        assert time.monotonic() < deadline
        os.sched_yield()


def _is_over(child: int) -> bool:
    try:
        return _state(child) in "ZX"
    except OSError:
        return True


def _state(process: int) -> str:
    return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]


def test_an_ignored_signal_stays_ignored(folder: Path) -> None:
    held = [*OPENAI.opening(), OPENAI.text("Hel"), HOLD]
    with serving([head(content_type="text/event-stream"), *held]) as server:
        env = {"OPENAI_BASE_URL": server.url}
        argv = ("run", "hello", "-o", "a.txt")
        with process(folder, *argv, env=env, before=("nohup",)) as running:
            wait_until(running, lambda: any(p.stat().st_size for p in folder.glob(".a.txt.*")))
            running.send_signal(signal.SIGHUP)
            code, _ = end(running, signal.SIGTERM)
    assert code == 128 + signal.SIGTERM
