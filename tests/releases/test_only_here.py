"""Records that were made without pushing them: status, live and doctor say so until push has sent them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.conftest import GitRepository
from tests.releases.workplace import FILES, clone, edited, ok, run

SAID = (
    "2 records are only in this clone: prompts/greeting@published.1, prompts/greeting@v1;"
    " promptctl push\n"
)


@pytest.fixture
def shared(git_repository: GitRepository, bare_remote: GitRepository) -> GitRepository:
    git_repository.commit(FILES)
    git_repository.git("push", "--quiet", "origin", "main")
    return git_repository


def test_until_they_are_pushed(shared: GitRepository) -> None:
    ok(shared.path, "publish", "greeting", "--no-push")
    for command in ("status", "live"):
        assert SAID in run(shared.path, command).stderr
    found = json.loads(ok(shared.path, "status", "--format", "json"))
    assert found["only_here"] == ["prompts/greeting@published.1", "prompts/greeting@v1"]
    checks = json.loads(ok(shared.path, "doctor", "--format", "json"))["checks"]
    (check,) = [one for one in checks if "only in this clone" in one["message"]]
    assert (check["id"], check["state"], check["hint"]) == ("records", "warning", "promptctl push")
    shared.commit({"prompts/greeting.yaml": edited("Welcome")})
    shared.git("push", "--quiet", "origin", "main")
    hint = "changed but unpublished: greeting; promptctl push, then promptctl publish greeting\n"
    assert hint in run(shared.path, "status").stderr
    ok(shared.path, "push")
    assert "only in this clone" not in run(shared.path, "status").stderr
    assert not (shared.path / ".git/promptctl/unpushed").read_bytes()


def test_before_there_was_a_remote(git_repository: GitRepository, tmp_path: Path) -> None:
    git_repository.commit(FILES)
    ok(git_repository.path, "publish", "greeting")
    assert run(git_repository.path, "status").stderr == ""
    remote = GitRepository(tmp_path / "remote.git", "--bare")
    git_repository.git("remote", "add", "origin", str(remote.path))
    git_repository.git("push", "--quiet", "origin", "main")
    assert run(git_repository.path, "status").stderr == SAID


def test_what_plain_git_has_pushed_is_seen_as_soon_as_the_remote_was_asked(
    shared: GitRepository,
) -> None:
    ok(shared.path, "publish", "greeting", "--no-push")
    shared.git("push", "--quiet", "origin", "--tags")
    ok(shared.path, "verify")
    assert run(shared.path, "status").stderr == ""


def test_records_of_others_are_not_taken_for_ones_own(
    shared: GitRepository, bare_remote: GitRepository, tmp_path: Path
) -> None:
    ok(shared.path, "publish", "greeting")
    here = clone(bare_remote.path, tmp_path / "here")
    assert "only in this clone" not in run(here.path, "status").stderr
    shared.commit({"prompts/greeting.yaml": edited("Welcome")})
    shared.git("push", "--quiet", "origin", "main")
    ok(shared.path, "publish", "greeting")
    here.git("pull", "--quiet", "--tags")
    assert "only in this clone" not in run(here.path, "status").stderr


def test_a_worktree_knows_it_too(shared: GitRepository, tmp_path: Path) -> None:
    ok(shared.path, "publish", "greeting", "--no-push")
    shared.git("worktree", "add", "--quiet", str(tmp_path / "beside"), "HEAD")
    assert SAID in run(tmp_path / "beside", "status").stderr
