"""The pager of `promptctl log`: the user's own, at a terminal only."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from promptctl.output.pager import pager_command
from tests.cli.test_terminal import on_terminal
from tests.conftest import GitRepository, RunCli

NUMBERED = "sed s/^/paged:/"
TERMINAL = {"TERM": "xterm"}


@pytest.fixture
def released(git_repository: GitRepository, run_cli: RunCli) -> GitRepository:
    git_repository.commit({"prompts/a.yaml": "provider: echo\ntemplate: one\n"})
    done = run_cli(["publish", "a", "-m", "One"], cwd=git_repository.path)
    assert done.exit_code == 0, done.stderr
    return git_repository


@pytest.mark.parametrize(
    ("environ", "command"),
    [
        ({}, "less"),
        ({"PAGER": "more"}, "more"),
        ({"PAGER": "more", "GIT_PAGER": "delta"}, "delta"),
        ({"PAGER": "more", "GIT_PAGER": "delta", "PROMPTCTL_PAGER": "less -S"}, "less -S"),
        ({"PAGER": "more", "PROMPTCTL_PAGER": ""}, None),
        ({"PAGER": "cat"}, None),
        ({"GIT_PAGER": " cat "}, None),
    ],
)
def test_whose_pager_it_is(environ: dict[str, str], command: str | None) -> None:
    assert pager_command(environ) == command


def test_a_log_at_a_terminal_is_paged(released: GitRepository) -> None:
    env = TERMINAL | {"PROMPTCTL_PAGER": NUMBERED}
    code, lines = on_terminal("log --oneline", released.path, width=80, env=env)
    assert code == 0
    assert [line.split()[0] for line in lines] == ["paged:a@published.1", "paged:a@v1"]


@pytest.mark.parametrize(
    ("command", "env"),
    [
        ("log --no-pager", {}),
        ("--no-pager log", {}),
        ("log", {"TERM": "dumb"}),
        ("log", {"PROMPTCTL_PAGER": ""}),
        ("log --format json", {}),
    ],
)
def test_what_is_not_paged(released: GitRepository, command: str, env: dict[str, str]) -> None:
    env = TERMINAL | {"PROMPTCTL_PAGER": NUMBERED} | env
    code, lines = on_terminal(command, released.path, width=80, env=env)
    assert code == 0
    assert lines
    assert not any("paged" in line for line in lines)


def test_nothing_is_paged_in_a_pipe(released: GitRepository, run_cli: RunCli) -> None:
    env = TERMINAL | {"PROMPTCTL_PAGER": NUMBERED}
    assert run_cli(["log"], cwd=released.path, env=env).stdout.startswith("a@published.1")


def test_a_pager_that_is_left_early_is_no_error(released: GitRepository, run_cli: RunCli) -> None:
    for number in range(2, 30):
        words = ["label", "a@1", f"l{number}", "--new-label", "-m", "word " * 1000]
        assert run_cli(words, cwd=released.path).exit_code == 0
    env = TERMINAL | {"PROMPTCTL_PAGER": "head -n 1"}
    code, lines = on_terminal("log", released.path, width=80, env=env)
    assert (code, len(lines)) == (0, 1)


@pytest.mark.parametrize("pager", ["no-such-pager", "/", "exit 127"])
def test_without_the_pager_the_result_is_written(released: GitRepository, pager: str) -> None:
    env = TERMINAL | {"PROMPTCTL_PAGER": pager}
    code, lines = on_terminal("log --oneline", released.path, width=80, env=env)
    assert code == 0
    assert [line.split()[0] for line in lines[-2:]] == ["a@published.1", "a@v1"]


def test_it_is_less_and_never_one_that_the_repository_names(
    released: GitRepository, tmp_path: Path
) -> None:
    for key in ("core.pager", "pager.log"):
        released.git("config", key, "touch pwned; cat")
    less = tmp_path / "bin/less"
    less.parent.mkdir()
    less.write_text('#!/bin/sh\necho "less $LESS"\nexec cat\n')
    less.chmod(0o755)
    env = TERMINAL | {"PATH": f"{less.parent}{os.pathsep}{os.environ['PATH']}"}
    code, lines = on_terminal("log --oneline", released.path, width=80, env=env)
    assert (code, lines[0]) == (0, "less FRX")
    assert lines[1].startswith("a@published.1")
    assert on_terminal("log", released.path, width=80, env=env | {"LESS": "R"})[1][0] == "less R"
    assert not (released.path / "pwned").exists()
