"""`promptctl run -o`: files, links, descriptors, pipes, terminals and full disks, by real processes."""

from __future__ import annotations

import os
import pty
import resource
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.cli.sessions import terminal_output
from tests.conftest import RunCli
from tests.providers.dialects import OpenAI
from tests.providers.server import Answer, head, http, serving

OPENAI = OpenAI("openai")
COMMAND = f"'{sys.executable}' -m promptctl run"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "prompts").mkdir()
    (tmp_path / "promptctl.yaml").write_text("version: 1\n")
    for provider in ("openai", "echo"):
        (tmp_path / f"prompts/{provider}.yaml").write_text(
            f"provider: {provider}\nmodel: m-1\ntemplate: Hello.\n"
        )
    return tmp_path


def streamed(pieces: Sequence[bytes]) -> Answer:
    return [head(content_type="text/event-stream"), *pieces]


def shell(folder: Path, script: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-c", script], cwd=folder, capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.parametrize("target", ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1", "link"])
@pytest.mark.parametrize("arrow", [">", ">>"])
def test_an_open_descriptor_is_written_where_it_stands(
    folder: Path, target: str, arrow: str
) -> None:
    (folder / "link").symlink_to("/dev/stdout")
    script = f"(echo first; {COMMAND} echo -q -o {target}; echo; echo last) {arrow} all.txt"
    done = shell(folder, script)
    assert (done.returncode, done.stderr) == (0, "")
    assert (folder / "all.txt").read_text() == "first\nHello.\nlast\n"


def test_a_pipe_is_written_directly(folder: Path) -> None:
    substituted = shell(folder, f"{COMMAND} echo -q -o >(cat >&2)")
    os.mkfifo(folder / "pipe")
    named = shell(folder, f"cat pipe & {COMMAND} echo -o pipe; wait")
    assert (substituted.returncode, substituted.stderr) == (0, "Hello.")
    assert (named.returncode, named.stdout) == (0, "Hello.")
    assert "wrote" not in named.stderr
    assert (folder / "pipe").is_fifo()


def test_a_pipe_that_nobody_reads_to_its_end_ends_it_quietly(folder: Path) -> None:
    done = shell(folder, f"exec 7> >(exec true); sleep 0.3; {COMMAND} echo -o /dev/fd/7")
    assert (done.returncode, done.stderr) == (141, "")


def test_a_terminal_opened_by_its_name_is_guarded(folder: Path) -> None:
    with serving(streamed(OPENAI.stream("\x1b]52;c;eA==\x07 Ada"))) as server:
        environ = dict(os.environ) | {"OPENAI_BASE_URL": server.url}
        script = f"{COMMAND} openai -q -o $(tty <&2)"
        code, shown = terminal_output(["bash", "-c", script], folder, environ)
    assert (code, shown) == (0, b"\\x1b]52;c;eA==\\x07 Ada\n")


def test_the_controlling_terminal_is_guarded_too(folder: Path) -> None:
    with serving(streamed(OPENAI.stream("\x1b[2J"))) as server:
        child, ours = pty.fork()
        if child == 0:
            os.chdir(folder)
            os.environ["OPENAI_BASE_URL"] = server.url
            argv = [sys.executable, "-m", "promptctl", "run", "openai", "-q", "-o", "/dev/tty"]
            os.execv(sys.executable, argv)
        shown = b""
        try:
            while piece := os.read(ours, 4096):
                shown += piece
        except OSError:  # Linux's way to say that the other side is closed
            pass
        os.close(ours)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert shown == b"\\x1b[2J\r\n"


# --- what goes wrong -------------------------------------------------------------------------------


def test_a_full_device_is_named_and_nothing_else_claimed(folder: Path, run_cli: RunCli) -> None:
    done = run_cli(["run", "echo", "-o", "/dev/full"], cwd=folder)
    assert done.exit_code == 74
    assert done.stderr == "error: cannot write /dev/full: No space left on device\n"


@pytest.mark.parametrize("name", ["nowhere/x", ".", "prompts/echo.yaml/x"])
def test_what_cannot_be_written_is_named_as_it_was_asked_for(
    folder: Path, run_cli: RunCli, name: str
) -> None:
    done = run_cli(["run", "echo", "-o", name], cwd=folder)
    assert done.exit_code == 74
    assert done.stderr.startswith(f"error: cannot write {name}: ")


def run_with_little_room(folder: Path, *argv: str, env: dict[str, str]) -> tuple[int, str]:
    """Run where no file may grow beyond 4 kB: what a full disk does, to this one process."""
    done = subprocess.run(
        [sys.executable, "-B", "-m", "promptctl", "run", *argv],
        cwd=folder,
        env=dict(os.environ) | env,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096)),
    )
    return done.returncode, done.stderr


def test_a_full_disk_keeps_what_came(folder: Path) -> None:
    with serving(streamed(OPENAI.stream("a" * 3000, "b" * 3000))) as server:
        env = {"OPENAI_BASE_URL": server.url}
        code, said = run_with_little_room(folder, "openai", "-o", "a.txt", env=env)
    assert code == 74
    assert "error: cannot write a.txt: File too large\n" in said
    assert "what came is in a.txt.partial\n" in said
    assert (folder / "a.txt.partial").read_text() == "a" * 3000 + "b" * 1096
    assert sorted(path.name for path in folder.glob("*a.txt*")) == ["a.txt.partial"]


def test_a_full_disk_does_not_hide_what_the_provider_did(folder: Path) -> None:
    cut = streamed([*OPENAI.opening(), OPENAI.text("a" * 6000)])
    with serving(cut) as server:
        env = {"OPENAI_BASE_URL": server.url}
        argv = ("openai", "--format", "json", "-o", "a.txt")
        code, said = run_with_little_room(folder, *argv, env=env)
    assert code == 5
    assert '"kind":"stream_broken"' in said


def test_what_came_never_replaces_what_somebody_else_made(folder: Path, run_cli: RunCli) -> None:
    mine, partial = folder / "a.txt.partial", folder / "a.txt.partial-2"
    mine.write_text("mine")
    cut = [streamed([*OPENAI.opening(), OPENAI.text(text)]) for text in ("one", "two")]
    with serving(*cut, [http(OPENAI.whole("Hi"), content_type="application/json")]) as server:
        env = {"OPENAI_BASE_URL": server.url}
        for text in ("one", "two"):
            done = run_cli(["run", "openai", "-o", "a.txt"], cwd=folder, env=env)
            assert done.exit_code == 5
            assert f"what came is in {partial.name}\n" in done.stderr
            assert partial.read_text() == text
        done = run_cli(["run", "openai", "--no-stream", "-o", "a.txt"], cwd=folder, env=env)
    assert (done.exit_code, (folder / "a.txt").read_text()) == (0, "Hi")
    assert mine.read_text() == "mine"
    assert not partial.exists()


def test_what_came_belongs_to_who_changed_it(folder: Path, run_cli: RunCli) -> None:
    with serving(streamed([*OPENAI.opening(), OPENAI.text("Hel")])) as server:
        env = {"OPENAI_BASE_URL": server.url}
        run_cli(["run", "openai", "-o", "a.txt"], cwd=folder, env=env)
        kept = folder / "a.txt.partial"
        with kept.open("a") as file:
            file.write("lo, by hand")
        done = run_cli(["run", "openai", "-o", "a.txt"], cwd=folder, env=env)
    assert "what came is in a.txt.partial-2\n" in done.stderr
    run_cli(["run", "echo", "-o", "a.txt"], cwd=folder)
    assert kept.read_text() == "Hello, by hand"
    assert not (folder / "a.txt.partial-2").exists()


def test_a_link_stays_a_link(folder: Path, run_cli: RunCli) -> None:
    (folder / "real.txt").write_text("old")
    (folder / "real.txt").chmod(0o600)
    (folder / "a.txt").symlink_to("real.txt")
    done = run_cli(["run", "echo", "-o", "a.txt"], cwd=folder)
    assert "wrote a.txt\n" in done.stderr
    assert (folder / "a.txt").is_symlink()
    assert (folder / "real.txt").read_text() == "Hello."
    assert (folder / "real.txt").stat().st_mode & 0o777 == 0o600
