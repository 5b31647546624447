"""`promptctl validate --changed` in clones as CI systems make them: it looks, or says that it cannot."""

from __future__ import annotations

import json
import shlex
import subprocess
from pathlib import Path

import pytest

from tests.conftest import GitRepository, Result, RunCli

HELLO = "provider: openai\nmodel: gpt-4o-mini\ntemplate: Hello\n"
BROKEN = HELLO + "temperatur: 1\n"
NOT_KNOWN = "error: it is not known what the change is compared with: "


@pytest.fixture
def origin(git_repository: GitRepository) -> GitRepository:
    """`main`, and a branch `feat` that breaks one prompt; `main` has moved on since."""
    git_repository.commit(
        {
            "promptctl.yaml": "version: 1\n",
            "prompts/hello.yaml": HELLO,
            "prompts/other.yaml": HELLO,
            "prompts/third.yaml": HELLO,
        }
    )
    git_repository.git("switch", "--quiet", "--create", "feat")
    git_repository.commit({"prompts/hello.yaml": BROKEN})
    git_repository.git("switch", "--quiet", "main")
    git_repository.commit({"prompts/other.yaml": HELLO + "description: Main\n"})
    return git_repository


def clone(origin: GitRepository, place: Path, *options: str) -> Path:
    origin.git("clone", "--quiet", *options, f"file://{origin.path}", str(place))
    return place


def git(place: Path, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=place, check=True, capture_output=True)


def checkout_as_ci_does(origin: GitRepository, place: Path, branch: str = "feat") -> Path:
    """One commit, detached, and no branch: as actions/checkout leaves a pull request."""
    git(origin.path, "init", "--quiet", str(place))
    git(place, "remote", "add", "origin", f"file://{origin.path}")
    git(place, "fetch", "--quiet", "--depth", "1", "origin", f"+{branch}:refs/remotes/pull/1/merge")
    git(place, "checkout", "--quiet", "--detach", "refs/remotes/pull/1/merge")
    return place


def run_hint(result: Result, place: Path) -> str:
    """Type the line of the hint, as somebody who pastes it."""
    (line,) = [x for x in result.stderr.splitlines() if x.startswith("hint: git ")]
    command = line.removeprefix("hint: ")
    subprocess.run(shlex.split(command), cwd=place, check=True, capture_output=True)
    return command


def validated(result: Result) -> tuple[int, int]:
    return result.exit_code, json.loads(result.stdout)["prompts_checked"]


def test_a_detached_checkout_of_one_commit_cannot_tell_before_the_base_is_fetched(
    origin: GitRepository, tmp_path: Path, run_cli: RunCli
) -> None:
    place = checkout_as_ci_does(origin, tmp_path / "ci")
    result = run_cli(["validate", "--changed"], cwd=place)
    assert (result.exit_code, result.stdout) == (3, "")
    assert result.stderr.startswith(NOT_KNOWN)
    assert "--base REF" in result.stderr
    assert run_hint(result, place) == ("git fetch --depth 1 origin main:refs/remotes/origin/main")
    after = run_cli(["validate", "--changed"], cwd=place)
    assert (after.exit_code, "schema-unknown-key" in after.stdout) == (1, True)
    assert "compared with origin/main itself" in after.stderr
    assert validated(run_cli(["validate", "--changed", "--format", "json"], cwd=place)) == (1, 2)
    git(place, "fetch", "--unshallow", "origin", "main:refs/remotes/origin/main", "feat")
    deep = run_cli(["validate", "--changed", "--format", "json"], cwd=place)
    assert validated(deep) == (1, 1)
    assert deep.stderr == "1 error in 1 file\n"


def test_a_single_branch_clone_cannot_tell_either(
    origin: GitRepository, tmp_path: Path, run_cli: RunCli
) -> None:
    for options in (["--depth", "1"], ["--single-branch"]):
        place = clone(origin, tmp_path / options[0], "--branch", "feat", *options)
        result = run_cli(["validate", "--changed"], cwd=place)
        assert (result.exit_code, result.stdout) == (3, "")
        assert result.stderr.startswith(NOT_KNOWN)
        run_hint(result, place)
        assert run_cli(["validate", "--changed"], cwd=place).exit_code == 1
    git(place, "merge-base", "HEAD", "origin/main")  # the whole clone did not become shallow


@pytest.mark.parametrize("base", ["origin/main", "main", "refs/remotes/origin/main"])
def test_the_hint_for_a_base_that_is_not_there_works(
    base: str, origin: GitRepository, tmp_path: Path, run_cli: RunCli
) -> None:
    place = checkout_as_ci_does(origin, tmp_path / "ci")
    result = run_cli(["validate", "--base", base], cwd=place)
    assert result.exit_code == 3
    assert f"git knows no commit {base} in this shallow clone" in result.stderr
    run_hint(result, place)
    assert run_cli(["validate", "--base", base], cwd=place).exit_code == 1


def test_a_commit_that_a_shallow_clone_lacks_can_be_fetched(
    origin: GitRepository, tmp_path: Path, run_cli: RunCli
) -> None:
    place = checkout_as_ci_does(origin, tmp_path / "ci")
    first = origin.git("rev-parse", "main~1")
    for base in (first, "HEAD~1"):
        run_hint(run_cli(["validate", "--base", base], cwd=place), place)
        assert validated(run_cli(["validate", "--base", base, "--format", "json"], cwd=place)) == (
            1,
            1,
        )


@pytest.mark.parametrize("branch", ["trunk", "x; touch owned", "$(touch owned)", "-x", "a b"])
def test_a_named_default_branch_that_does_not_exist_is_no_reason_to_look_at_nothing(
    branch: str, origin: GitRepository, tmp_path: Path, run_cli: RunCli
) -> None:
    settings = f"version: 1\ndefault_branch: {json.dumps(branch)}\n"
    for place in (origin.path, clone(origin, tmp_path / "clone")):
        (place / "promptctl.yaml").write_text(settings)
        result = run_cli(["validate", "--changed"], cwd=place)
        assert (result.exit_code, result.stdout) == (3, "")
        assert result.stderr.startswith(
            f"{NOT_KNOWN}there is no branch {branch} here, which promptctl.yaml:2 names"
        )
        _, _, hint = result.stderr.partition("\n")
        is_plain = branch == "trunk" and place != origin.path
        assert ("git fetch" in hint) == is_plain, "nobody should paste what a repository says"


def test_a_remote_of_another_name_is_no_reason_either(
    origin: GitRepository, tmp_path: Path, run_cli: RunCli
) -> None:
    place = clone(origin, tmp_path / "clone", "--branch", "feat", "--origin", "upstream")
    result = run_cli(["validate", "--changed"], cwd=place)
    assert (result.exit_code, "no default branch of origin" in result.stderr) == (3, True)
    assert run_cli(["validate", "--base", "upstream/main"], cwd=place).exit_code == 1


def test_the_default_branch_of_a_clone_is_that_of_its_remote(
    origin: GitRepository, tmp_path: Path, run_cli: RunCli
) -> None:
    origin.git("switch", "--quiet", "feat")
    place = clone(origin, tmp_path / "clone")
    result = run_cli(["validate", "--changed"], cwd=place)
    assert (result.exit_code, result.stderr) == (0, "0 prompts changed since origin/HEAD\n")


def test_without_a_remote_and_a_usual_branch_it_is_head(
    origin: GitRepository, run_cli: RunCli
) -> None:
    origin.git("branch", "--move", "main", "work")
    result = run_cli(["validate", "--changed"], cwd=origin.path)
    assert (result.exit_code, result.stderr) == (0, "0 prompts changed since HEAD\n")
    origin.write("prompts/other.yaml", HELLO)
    result = run_cli(["validate", "--changed"], cwd=origin.path)
    assert result.stderr == "1 prompt changed since HEAD, no problems\n"


def test_branches_with_nothing_in_common_are_not_compared(
    origin: GitRepository, run_cli: RunCli
) -> None:
    origin.git("switch", "--quiet", "--orphan", "island")
    origin.commit({"prompts/hello.yaml": HELLO})
    result = run_cli(["validate", "--changed"], cwd=origin.path)
    assert result.exit_code == 3
    assert result.stderr.startswith("error: main and HEAD have no commit in common")
