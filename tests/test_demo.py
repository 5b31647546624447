"""The demo runs to its end, with the model and without, and leaves nothing behind."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import CHECKOUT


def play(tmp_path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tests.demo", *arguments],
        cwd=CHECKOUT,
        env=dict(os.environ) | {"TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def check_releases(shown: str) -> None:
    """A version, a change, another version, the way back and the log, in the order of their output."""
    *_, first, _, second, back, log = shown.split("\n$ ")
    assert first.startswith("promptctl publish greeting -m 'First release'\n")
    assert "greeting: published nothing → v1\ngreeting@v1  new\n" in first
    assert "\ngreeting@published.2  v1 → v2\n  undo: promptctl rollback greeting" in second
    assert "\ngreeting@published.3  v2 → v1\n" in back
    records = log.partition("\n\n")[0].splitlines()[1:]
    assert [line.split()[0] for line in records] == [
        "greeting@published.3",
        "greeting@published.2",
        "greeting@v2",
        "greeting@published.1",
        "greeting@v1",
    ]
    assert all("Mara Lindt" in line for line in records)


def test_without_the_model_echo_stands_in_and_says_so(tmp_path: Path) -> None:
    done = play(tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "$ promptctl run greeting --var name=Ada --provider echo\n" in done.stdout
    assert "\nWrite a friendly greeting for Ada.\n" in done.stdout
    assert "hint: did you mean `temperature`?" in done.stdout
    check_releases(done.stdout)
    assert "\x1b" not in done.stdout
    assert max(len(line) for line in done.stdout.splitlines() if line.startswith("#")) <= 80
    assert list(tmp_path.iterdir()) == []


def test_with_the_model_it_answers(tmp_path: Path, model_weights: Path) -> None:
    done = play(tmp_path, "--keep", str(tmp_path / "kept"))
    assert (done.returncode, done.stderr) == (0, "")
    assert "$ promptctl run greeting --var name=Ada\n" in done.stdout
    assert "smollm2-135m-instruct" in done.stdout
    status = subprocess.run(
        ["git", "status", "--porcelain"], cwd=tmp_path / "kept", capture_output=True, check=True
    )
    assert status.stdout == b""
    check_releases(done.stdout)
    tags = subprocess.run(["git", "tag"], cwd=tmp_path / "kept", capture_output=True, check=True)
    assert len(tags.stdout.splitlines()) == 5


def test_a_folder_that_exists_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    refused = play(tmp_path, "--keep", str(tmp_path / "kept"))
    assert refused.returncode == 2
    assert "exists already" in refused.stderr


def test_a_step_that_goes_wrong_is_a_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    done = play(tmp_path)
    assert done.returncode == 1
    assert "The demo failed:" in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []
