"""A clone in which nothing is checked out: commands say how it comes, and init makes no second start."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import GitRepository, RunCli
from tests.releases.workplace import FILES, clone

NOTE = "HEAD has no commits here, origin has main: git checkout main\n"
ERROR = "error: HEAD has no commits here, origin has main\nhint: git checkout main\n"


@pytest.fixture
def here(
    git_repository: GitRepository, bare_remote: GitRepository, tmp_path: Path, run_cli: RunCli
) -> GitRepository:
    git_repository.commit(FILES)
    git_repository.git("push", "--quiet", "origin", "main")
    assert run_cli(["publish", "greeting"], cwd=git_repository.path).exit_code == 0
    bare_remote.git("symbolic-ref", "HEAD", "refs/heads/master")
    return clone(bare_remote.path, tmp_path / "here")


def test_what_is_said_until_it_is_checked_out(here: GitRepository, run_cli: RunCli) -> None:
    for command in ("status", "list"):
        done = run_cli([command], cwd=here.path)
        assert (done.exit_code, done.stdout, done.stderr) == (0, "", NOTE)
    for words in (["publish", "greeting"], ["show", "greeting@HEAD"], ["diff", "HEAD"]):
        assert run_cli(words, cwd=here.path).stderr == ERROR
    assert (
        "origin has main\n         hint: git checkout main"
        in run_cli(["doctor"], cwd=here.path).stdout
    )
    here.git("checkout", "--quiet", "main")
    assert run_cli(["status"], cwd=here.path).stdout.split()[:3] == ["greeting", "up", "to"]


def test_init_makes_no_second_start(here: GitRepository, run_cli: RunCli) -> None:
    done = run_cli(["init"], cwd=here.path)
    assert (done.exit_code, done.stdout, done.stderr) == (4, "", ERROR)
    assert [path.name for path in here.path.iterdir()] == [".git"]


def test_init_in_a_new_repository_with_an_empty_remote(
    git_repository: GitRepository, bare_remote: GitRepository, run_cli: RunCli
) -> None:
    assert run_cli(["init"], cwd=git_repository.path).exit_code == 0
