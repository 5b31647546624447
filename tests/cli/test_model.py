"""`promptctl model` as a person and as a program see it."""

from __future__ import annotations

import io
import json
import os
import re
from pathlib import Path

import pytest

from promptctl.output.model import InstallProgress
from promptctl.output.terminal import Terminal
from promptctl.state.model import WEIGHTS_BYTES
from tests.conftest import CHECKOUT, RunCli


def test_status_of_nothing_says_what_to_type(run_cli: RunCli) -> None:
    done = run_cli(["model", "status"])
    assert done.exit_code == 0
    assert "weights  not installed\n" in done.stdout
    assert "\nnext     " in done.stdout


def test_status_for_programs(run_cli: RunCli) -> None:
    value = json.loads(run_cli(["model", "status", "--format", "json"]).stdout)
    assert value["schema"] == "promptctl.model-status/1"
    assert value["ready"] is False
    assert value["weights"] == {"path": None, "problem": None}


def test_a_wrong_file_is_refused(run_cli: RunCli, tmp_path: Path) -> None:
    (tmp_path / "x.gguf").write_bytes(b"no")
    done = run_cli(["-C", str(tmp_path), "model", "install", "--from", "x.gguf"])
    assert done.exit_code == 4
    assert done.stdout == ""
    assert "2 bytes instead of 98,362,432; nothing was installed" in done.stderr


def test_removing_twice_is_no_error(run_cli: RunCli) -> None:
    done = run_cli(["model", "remove", "--format", "json"])
    assert done.exit_code == 0
    assert json.loads(done.stdout)["changed"] is False


@pytest.mark.slow
def test_install_status_remove(run_cli: RunCli, model_weights: Path, tmp_path: Path) -> None:
    cache = {"XDG_CACHE_HOME": str(tmp_path / "other")}
    done = run_cli(["model", "install", "--from", str(model_weights)], env=cache)
    assert (done.exit_code, done.stdout) == (0, "")
    assert done.stderr.startswith("installing the model (98 MB)\ninstalled: ")
    status = run_cli(["model", "status", "--format", "json"], env=cache)
    assert json.loads(status.stdout)["weights"]["problem"] is None
    assert "\nweights  installed  " in run_cli(["model", "status"], env=cache).stdout
    again = run_cli(["model", "install", "--from", str(tmp_path / "nothing.gguf")], env=cache)
    assert (again.exit_code, "no such file" in again.stderr) == (3, True)
    assert run_cli(["model", "remove"], env=cache).exit_code == 0
    assert "not installed" in run_cli(["model", "status"], env=cache).stdout


@pytest.mark.parametrize("tty", [True, False])
def test_progress_never_exceeds_the_total_and_never_goes_back(tty: bool) -> None:
    screen = io.StringIO()
    progress = InstallProgress(Terminal(screen, screen, screen, err_is_tty=tty), 98_362_432)
    for size in (0, 50_000_000, 93_000_000, 191_000_000, 1_000_000, 98_362_432):
        progress(size)
    counts = [int(n) for n in re.findall(r"(\d+) of 98 MB", screen.getvalue())]
    assert counts == ([0, 50, 93, 98] if tty else [])
    assert tty or screen.getvalue() == "installing the model (98 MB)\n"


def test_the_size_is_the_same_everywhere() -> None:
    megabytes = f"{WEIGHTS_BYTES // 1_000_000} MB"
    for name in ("README.md", "Makefile", "docs/commands.md", "promptctl/cli/model.py"):
        text = (CHECKOUT / name).read_text(encoding="utf-8")
        assert set(re.findall(r"\d+ MB", text)) == {megabytes}, name


@pytest.mark.parametrize("name", ["pipe", "/dev/zero", "folder"])
def test_what_is_no_regular_file_is_said_to_be_none(
    run_cli: RunCli, tmp_path: Path, name: str
) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    done = run_cli(["model", "install", "--from", name], cwd=tmp_path)
    assert done.exit_code == 1
    assert f"{name} is no regular file" in done.stderr
