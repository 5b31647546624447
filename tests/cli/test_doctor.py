"""`promptctl doctor`: a checklist, and what --fix repairs."""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import GitRepository, RunCli

Doctor = Callable[..., tuple[int, dict[str, dict[str, Any]]]]

PROMPT = "provider: echo\ntemplate: Hello\n"
MINUTES = 300


@pytest.fixture
def shop(git_repository: GitRepository, bare_remote: GitRepository) -> GitRepository:
    git_repository.git("checkout", "-q", "-B", "main")
    git_repository.commit({"prompts/greeting.yaml": PROMPT, "promptctl.yaml": "version: 1\n"})
    git_repository.git("push", "-q", "-u", "origin", "main")
    return git_repository


@pytest.fixture
def doctor(shop: GitRepository, run_cli: RunCli) -> Doctor:
    def run(
        *words: str, cwd: Path | None = None, **env: str
    ) -> tuple[int, dict[str, dict[str, Any]]]:
        done = run_cli(["doctor", *words, "--format", "json"], cwd=cwd or shop.path, env=env)
        assert done.exit_code in (0, 1), done.stderr
        return done.exit_code, {check["id"]: check for check in json.loads(done.stdout)["checks"]}

    return run


def states(checks: dict[str, dict[str, Any]]) -> dict[str, str]:
    return {name: check["state"] for name, check in checks.items() if check["state"] != "ok"}


def leave_lock(shop: GitRepository, tag: str, age: int = MINUTES) -> Path:
    place = shop.path / f".git/refs/tags/prompts/{tag}.lock"
    place.parent.mkdir(parents=True, exist_ok=True)
    place.touch()
    then = time.time() - age
    os.utime(place, (then, then))
    return place


def test_all_is_well(doctor: Doctor, shop: GitRepository, run_cli: RunCli) -> None:
    assert run_cli(["publish", "greeting"], cwd=shop.path).exit_code == 0
    code, checks = doctor("--remote")
    assert (code, states(checks)) == (0, {})
    assert "origin answers" in checks["remote"]["message"]
    done = run_cli(["doctor"], cwd=shop.path)
    assert (done.exit_code, done.stderr) == (0, "")
    assert all(line.startswith("ok       ") for line in done.stdout.splitlines())


def test_outside_a_repository(doctor: Doctor, tmp_path: Path) -> None:
    code, checks = doctor(cwd=tmp_path)
    assert (code, states(checks)) == (1, {"repository": "problem"})
    (tmp_path / "promptctl.yaml").write_text("version: 1\n")
    code, checks = doctor(cwd=tmp_path)
    assert (code, checks["repository"]["hint"]) == (1, "git init")


def test_without_git(doctor: Doctor) -> None:
    code, checks = doctor(PATH="/nowhere")
    assert (code, checks["git"]["state"]) == (1, "problem")


def test_a_git_that_is_too_old(doctor: Doctor, tmp_path: Path) -> None:
    program = tmp_path / "bin/git"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\necho git version 2.30.1\n")
    program.chmod(0o755)
    code, checks = doctor(PATH=f"{program.parent}:{os.environ['PATH']}")
    assert (code, checks["git"]["state"]) == (1, "problem")
    assert "2.30" in checks["git"]["message"]


def test_settings_that_are_broken(doctor: Doctor, shop: GitRepository) -> None:
    shop.write("promptctl.yaml", "prompt_dir: x\n")
    code, checks = doctor()
    assert (code, states(checks)) == (1, {"settings": "problem"})


def test_nobody_is_known(doctor: Doctor) -> None:
    code, checks = doctor(GIT_COMMITTER_NAME="", GIT_COMMITTER_EMAIL="")
    assert (code, states(checks)) == (0, {"identity": "warning"})


def test_remotes(doctor: Doctor, shop: GitRepository, bare_remote: GitRepository) -> None:
    bare_remote.path.rename(bare_remote.path.with_name("elsewhere"))
    assert states(doctor()[1]) == {}
    code, checks = doctor("--remote")
    assert (code, states(checks)) == (1, {"remote": "problem"})
    shop.git("remote", "remove", "origin")
    code, checks = doctor("--remote")
    assert (code, states(checks)) == (0, {"remote": "warning"})


def test_a_shallow_clone_takes_over_what_it_lacks(
    doctor: Doctor, shop: GitRepository, bare_remote: GitRepository, run_cli: RunCli, tmp_path: Path
) -> None:
    shop.commit()
    shop.git("push", "-q")
    assert run_cli(["publish", "greeting"], cwd=shop.path).exit_code == 0
    clone = tmp_path / "clone"
    shop.git("clone", "-q", "--no-tags", "--depth", "1", f"file://{bare_remote.path}", str(clone))
    assert states(doctor(cwd=clone)[1]) == {"clone": "warning"}
    assert states(doctor("--remote", cwd=clone)[1]) == {"clone": "warning", "records": "warning"}
    code, checks = doctor("--fix", cwd=clone)
    assert (code, states(checks), checks["records"]["fixed"]) == (0, {"clone": "warning"}, True)
    shown = run_cli(["show", "greeting@published"], cwd=clone)
    assert shown.exit_code == 0, shown.stderr
    assert doctor("--fix", cwd=clone)[1]["records"]["fixed"] is False


def test_records_that_are_others_at_the_remote(
    doctor: Doctor, shop: GitRepository, run_cli: RunCli
) -> None:
    assert run_cli(["publish", "greeting"], cwd=shop.path).exit_code == 0
    doctor("--remote")
    ref = "refs/tags/prompts/greeting@v1"
    shop.git("update-ref", ref, shop.head)
    code, checks = doctor("--fix")
    assert (code, states(checks)) == (1, {"records": "problem"})
    assert shop.git("rev-parse", ref) == shop.head, "what contradicts is never written over"


def test_lock_files(doctor: Doctor, shop: GitRepository) -> None:
    old, young = leave_lock(shop, "a@v1"), leave_lock(shop, "support/b@v1", age=0)
    code, checks = doctor()
    assert (code, states(checks)) == (1, {"locks": "problem"})
    assert "refs/tags/prompts/a@v1.lock" in checks["locks"]["message"]
    assert old.exists()
    code, checks = doctor("--fix")
    assert (code, states(checks), checks["locks"]["fixed"]) == (0, {}, True)
    assert (old.exists(), young.exists()) == (False, True)


def test_nothing_is_left_behind_while_somebody_is_at_work(
    doctor: Doctor, shop: GitRepository
) -> None:
    leave_lock(shop, "a@v1")
    folder = shop.path / ".git/promptctl"
    folder.mkdir()
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        code, checks = doctor()
    assert (code, states(checks)) == (0, {})
    assert "at work" in checks["locks"]["message"]


def test_an_intent_that_was_left_behind(doctor: Doctor, shop: GitRepository) -> None:
    lock = leave_lock(shop, "greeting@v1", age=0)
    intent = shop.path / ".git/promptctl/intent.json"
    intent.parent.mkdir()
    intent.write_text(json.dumps({"pid": 1, "refs": {"refs/tags/prompts/greeting@v1": "0"}}))
    code, checks = doctor()
    assert (code, states(checks)) == (0, {"intent": "warning"})
    assert "prompts/greeting@v1" in checks["intent"]["message"]
    code, checks = doctor("--fix")
    assert (code, states(checks), checks["intent"]["fixed"]) == (0, {}, True)
    assert (intent.exists(), lock.exists()) == (False, False)


def test_numbers_that_are_missing(doctor: Doctor, shop: GitRepository, run_cli: RunCli) -> None:
    assert run_cli(["publish", "greeting", "--no-push"], cwd=shop.path).exit_code == 0
    shop.git("update-ref", "refs/tags/prompts/greeting@v3", shop.head)
    code, checks = doctor()
    assert (code, states(checks)) == (0, {"numbers": "warning"})
    assert checks["numbers"]["message"].startswith("prompts/greeting@v2: ")


def test_signing(doctor: Doctor, shop: GitRepository) -> None:
    shop.commit(
        {"promptctl.yaml": "labels: {published: {signed: true, allowed_signers: signers}}\n"}
    )
    shop.git("push", "-q")
    code, checks = doctor()
    assert (code, checks["signing"]["state"]) == (1, "warning"), "and a problem before it"
    shop.commit({"signers": "x\n"})
    shop.git("push", "-q")
    assert states(doctor()[1]) == {"signing": "warning"}
    shop.git("config", "user.signingKey", "/key")
    assert states(doctor()[1]) == {}


def test_keys_are_present_or_missing_and_never_shown(
    shop: GitRepository, run_cli: RunCli, doctor: Doctor
) -> None:
    shop.write("prompts/o.yaml", "provider: openai\nmodel: m\ntemplate: x\n")
    code, checks = doctor()
    assert (code, states(checks)) == (0, {"key": "warning"})
    done = run_cli(["doctor"], cwd=shop.path, env={"OPENAI_API_KEY": "sk-secret"})
    assert "openai: key present (OPENAI_API_KEY)" in done.stdout
    assert "sk-secret" not in done.stdout + done.stderr


def test_the_default_branch(
    doctor: Doctor, shop: GitRepository, bare_remote: GitRepository
) -> None:
    shop.git("branch", "-m", "trunk")
    shop.git("update-ref", "-d", "refs/remotes/origin/main")
    assert states(doctor()[1]) == {"default-branch": "warning"}
    shop.write("promptctl.yaml", "default_branch: trunk\n")
    assert states(doctor()[1]) == {}


def test_an_empty_repository(doctor: Doctor, tmp_path: Path) -> None:
    repository = GitRepository(tmp_path / "empty")
    code, checks = doctor("--fix", cwd=repository.path)
    assert code == 0
    assert set(states(checks)) == {"settings", "remote", "default-branch"}
