"""A move that was cut off: the same command finds its own record, and nobody else's."""

from __future__ import annotations

import json
import os
import shutil
import signal
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.conftest import GitRepository
from tests.releases.workplace import FILES, clone, edited, ok, run, tags

ROLLBACK = ("rollback", "greeting", "-m", "bad")


@pytest.fixture
def shared(git_repository: GitRepository, bare_remote: GitRepository) -> GitRepository:
    """A clone from which three versions of the greeting were published."""
    for number in range(1, 4):
        files = {"prompts/greeting.yaml": edited(f"Words {number}")}
        git_repository.commit(FILES | {"prompts/other.yaml": edited("Other")} | files)
        git_repository.git("push", "--quiet", "origin", "main")
        ok(git_repository.path, "publish", "greeting")
    return git_repository


@pytest.fixture
def alone(shared: GitRepository) -> GitRepository:
    """The same without a remote."""
    shared.git("remote", "remove", "origin")
    return shared


def struck(room: Path, command: str, how: str, *, after: bool) -> Mapping[str, str]:
    """An environment in which git sends a signal to promptctl when it is called for a command."""
    real = shutil.which("git")
    script = room / "git"
    room.mkdir()
    kill = f"kill -{how} $PPID"
    whole = f'{real} "$@"; code=$?; {kill}; exit $code' if after else f'{kill}; exec {real} "$@"'
    script.write_text(
        f'#!/bin/sh\ncase " $* " in *" {command} "*) {whole} ;; esac\nexec {real} "$@"\n'
    )
    script.chmod(0o755)
    return {"PATH": f"{room}:{os.environ['PATH']}"}


def live(repository: GitRepository) -> int | None:
    shown = json.loads(ok(repository.path, "live", "--format", "json"))
    versions: dict[str, int | None] = {one["name"]: one["version"] for one in shown["prompts"]}
    return versions["greeting"]


@pytest.mark.parametrize(("how", "after"), [("KILL", True), ("INT", False)])
def test_without_a_remote_it_is_not_made_twice_either(
    alone: GitRepository, tmp_path: Path, how: str, after: bool
) -> None:
    """Also Ctrl-C, which waits until the ref is written."""
    env = struck(tmp_path / "bin", "update-ref", how, after=after)
    code = -signal.SIGKILL if how == "KILL" else 130
    assert run(alone.path, *ROLLBACK, env=env).returncode == code
    time.sleep(0.2)
    assert live(alone) == 2
    done = run(alone.path, *ROLLBACK, "--format", "json")
    assert (done.returncode, live(alone)) == (0, 2), done.stderr
    told = json.loads(done.stdout)
    assert (told["version"], told["previous"], told["tag"]) == (2, 3, None)
    assert "done already" in told["note"]
    ok(alone.path, *ROLLBACK)
    assert live(alone) == 1, "what was told once is not told again"


def test_ctrl_c_while_the_ref_is_written(shared: GitRepository, tmp_path: Path) -> None:
    env = struck(tmp_path / "bin", "mktag", "INT", after=False)
    assert run(shared.path, *ROLLBACK, env=env).returncode == 130
    assert live(shared) == 3, "nothing was made yet"
    assert "v3 → v2" in ok(shared.path, *ROLLBACK)


def test_a_command_for_another_prompt_comes_between(shared: GitRepository, tmp_path: Path) -> None:
    env = struck(tmp_path / "bin", "push", "KILL", after=True)
    assert run(shared.path, *ROLLBACK, env=env).returncode == -signal.SIGKILL
    time.sleep(0.2)
    ok(shared.path, "publish", "other")
    ok(shared.path, "push")
    done = run(shared.path, *ROLLBACK)
    assert (done.returncode, "done already" in done.stderr) == (0, True), done.stderr
    assert live(shared) == 2


def test_what_was_only_taken_over_is_nobodys_own(
    shared: GitRepository, bare_remote: GitRepository, tmp_path: Path
) -> None:
    """Killed while it took over what somebody else had released: that is not the rollback asked for."""
    other = clone(bare_remote.path, tmp_path / "other")
    ok(other.path, "label", "greeting@1", "published")
    ok(other.path, "label", "greeting@3", "published")
    env = struck(tmp_path / "bin", "update-ref", "KILL", after=True)
    assert run(shared.path, *ROLLBACK, env=env).returncode == -signal.SIGKILL
    time.sleep(0.2)
    for _ in range(2):  # the moves may be news to this clone, which is said once
        done = run(shared.path, *ROLLBACK)
        assert "done already" not in done.stderr
        if done.returncode == 0:
            break
    assert live(shared) == 1


@pytest.mark.parametrize("command", [ROLLBACK, ("label", "--delete", "greeting", "published")])
def test_another_kind_of_move_is_not_the_one_that_was_cut_off(
    shared: GitRepository, tmp_path: Path, command: tuple[str, ...]
) -> None:
    """Bad words go out, publish is killed at the last moment, and somebody takes them back."""
    shared.commit({"prompts/greeting.yaml": edited("Bad words")})
    shared.git("push", "--quiet", "origin", "main")
    env = struck(tmp_path / "bin", "push", "KILL", after=True)
    script = tmp_path / "bin/git"
    script.write_text(script.read_text().replace('" push "*)', '" push "*"@published."*)'))
    assert run(shared.path, "publish", "greeting", env=env).returncode == -signal.SIGKILL
    time.sleep(0.2)
    done = run(shared.path, *command)
    assert (done.returncode, "done already" in done.stderr) == (0, False), done.stderr
    assert live(shared) == (3 if command is ROLLBACK else None)


def test_a_refused_push_is_none_that_was_cut_off(
    shared: GitRepository, bare_remote: GitRepository
) -> None:
    hook = bare_remote.path / "hooks/update"
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    before = tags(shared)
    assert run(shared.path, *ROLLBACK).returncode == 4
    checks = json.loads(run(shared.path, "doctor", "--format", "json").stdout)["checks"]
    assert ("intent" in {check["id"] for check in checks}, tags(shared)) == (False, before)
