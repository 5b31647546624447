"""What people see at a real terminal: every line fits, and none is broken inside a word."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from promptctl.output.cells import cell_width
from tests.cli.sessions import terminal_output
from tests.conftest import GitRepository, RunCli

BROKEN = (
    "provider: echo\nvariables:\n  customer: {type: string}\n"
    "template: 'Dear {{ customer_name }}, dear {{ customer.name }}'\ntemprature: 1\n"
)


def on_terminal(
    command: str, folder: Path, *, width: int, env: Mapping[str, str] | None = None
) -> tuple[int, list[str]]:
    """The exit code and the lines of a command at a terminal of that width, without colour."""
    environ = dict(os.environ) | {"COLUMNS": str(width), "NO_COLOR": "1"} | dict(env or {})
    argv = [sys.executable, "-m", "promptctl", *shlex.split(command)]
    code, shown = terminal_output(argv, folder, environ)
    return code, shown.decode().splitlines()


@pytest.fixture
def repository(git_repository: GitRepository) -> GitRepository:
    git_repository.commit({"promptctl.yaml": "version: 1\n", "prompts/broken.yaml": BROKEN})
    return git_repository


@pytest.mark.parametrize("width", [50, 80])
@pytest.mark.parametrize(
    "command",
    [
        "config",
        "validate",
        "validate --rules",
        "show support/triage",
        "show catalogue/blurb",
        "show greeting@published",
        "edit nothing-like-this",
        "run greeting --var nmae=Ada --var tone=rude",
        "model status",
        "init --dry-run",
    ],
)
def test_every_line_fits_the_terminal(
    prompt_repository: GitRepository, command: str, width: int
) -> None:
    prompt_repository.write("prompts/broken.yaml", BROKEN)
    _, lines = on_terminal(command, prompt_repository.path, width=width)
    assert lines
    too_wide = [line for line in lines if cell_width(line) > width and " " in line.strip()]
    assert not too_wide


def test_a_finding_goes_on_below_itself_and_not_in_a_pipe(
    repository: GitRepository, run_cli: RunCli
) -> None:
    code, lines = on_terminal("validate", repository.path, width=50)
    assert code == 1
    start = next(number for number, line in enumerate(lines) if "variable-undeclared" in line) - 1
    below = lines[start + 1 : start + 3]
    assert all(line.startswith("    ") for line in below)
    piped = run_cli(["validate"], cwd=repository.path, env={"COLUMNS": "50"}).stdout.splitlines()
    assert " ".join([lines[start], *map(str.strip, below)]) in piped


@pytest.mark.parametrize(("width", "explained"), [(44, False), (50, False), (200, True)])
def test_made_files_are_explained_where_there_is_room(
    tmp_path: Path, width: int, explained: bool
) -> None:
    _, lines = on_terminal("init shop", tmp_path, width=width)
    made = [line for line in lines if line.startswith("made")]
    assert max(map(len, made)) <= width
    assert any("settings" in line for line in made) == explained


def test_errors_and_hints_go_on_below_their_first_word(repository: GitRepository) -> None:
    _, lines = on_terminal("show broken@published", repository.path, width=30)
    first = next(n for n, line in enumerate(lines) if line.startswith("error: "))
    hint = next(n for n, line in enumerate(lines) if line.startswith("hint: "))
    assert all(line.startswith(" " * 7) for line in lines[first + 1 : hint])
    assert hint > first + 1


def test_a_width_from_the_terminal_itself_counts(repository: GitRepository) -> None:
    wide = on_terminal("validate --rules", repository.path, width=300)[1]
    assert len(wide) < len(on_terminal("validate --rules", repository.path, width=80)[1])
    done = subprocess.run(
        [sys.executable, "-m", "promptctl", "validate", "--rules"],
        cwd=repository.path,
        capture_output=True,
        text=True,
        check=True,
        env=dict(os.environ) | {"COLUMNS": "40"},
    )
    assert len(done.stdout.splitlines()) == len(wide)
