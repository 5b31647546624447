"""What `ci` compares with, in checkouts as CI systems make them; without leave it fetches nothing."""

from __future__ import annotations

import shlex
import subprocess
from pathlib import Path

import pytest

from tests.ci.scenes import (
    BREAKING,
    FILES,
    GREETING,
    Scene,
    everything_below,
    git,
    github_checkout,
    github_environment,
    gitlab_checkout,
    make_scene,
    reviewed,
    run,
)
from tests.conftest import GitRepository
from tests.releases.workplace import clone, edited

UNKNOWN = "error: it is not known what the change is compared with: this clone does not hold"


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    """A pull request that edits the greeting; main has moved on since."""
    scene = make_scene(tmp_path)
    scene.change({"prompts/greeting.yaml": edited("Welcome")})
    scene.on_main({"prompts/farewell.yaml": FILES["prompts/farewell.yaml"] + "# edited on main\n"})
    return scene


def names(review: dict[str, object]) -> list[str]:
    diff = review["diff"]
    assert isinstance(diff, dict)
    return [prompt["name"] for prompt in diff["prompts"]]


def hint_of(stderr: str) -> str:
    line = next(line for line in stderr.splitlines() if line.startswith("hint: git "))
    return line.removeprefix("hint: ")


def test_a_local_branch_is_compared_with_where_it_left_main(scene: Scene) -> None:
    code, review = reviewed(scene.work.path)
    assert (code, names(review)) == (0, ["greeting"])
    assert review["base"].endswith("(merge base with origin/main)")
    for base in ("main", "origin/main", "HEAD~1"):
        assert names(reviewed(scene.work.path, "--base", base)[1]) == ["greeting"]


def test_the_default_branch_is_the_remotes_whatever_the_settings_under_test_say(
    scene: Scene, tmp_path: Path
) -> None:
    scene.change({"promptctl.yaml": "version: 1\ndefault_branch: change\n"})
    work = clone(scene.remote, tmp_path / "clone", "--branch", "change")
    _, review = reviewed(work.path)
    assert names(review) == ["greeting"]
    assert {"setting": "default_branch", "old": None, "new": "change"} in review["rule_edits"]


def test_github_s_merge_commit_is_compared_with_its_first_parent(
    scene: Scene, tmp_path: Path
) -> None:
    merge = scene.merge_ref()
    base = git(scene.work.path, "rev-parse", f"{merge}^1")
    place = github_checkout(scene, tmp_path / "checkout")
    environ = github_environment(merge=merge)
    done = run(place, "ci", env=environ)
    assert done.returncode == 3
    assert done.stderr.startswith(UNKNOWN)
    assert done.stdout == ""
    assert hint_of(done.stderr) == f"git fetch --depth 1 origin {base}"
    assert "or --fetch lets promptctl bring it" in done.stderr
    subprocess.run(shlex.split(hint_of(done.stderr)), cwd=place, check=True, capture_output=True)
    code, review = reviewed(place, env=environ)
    assert (code, names(review)) == (0, ["greeting"])
    assert review["base_commit"] == review["rules_commit"] == base
    assert "nothing is known of releases" in review["notes"][0]
    assert review["plan"][0]["note"] == "its releases are not in this clone"


def test_a_merge_that_the_change_brings_is_not_taken_for_github_s(
    scene: Scene, tmp_path: Path
) -> None:
    """A workflow may check out the branch itself, whose author chooses the parents."""
    loose = "version: 1\nrules: {secret: off}\n"
    scene.change({"promptctl.yaml": loose, "prompts/greeting.yaml": BREAKING})
    scene.work.git("merge", "--quiet", "--no-ff", "--message", "Mine", "main")
    scene.work.git("push", "--quiet", "--force", "origin", "HEAD")
    work = clone(scene.remote, tmp_path / "clone", "--branch", "change")
    code, review = reviewed(work.path, env=github_environment())
    assert (code, names(review)) == (1, ["greeting"])
    assert [edit["setting"] for edit in review["rule_edits"]] == ["rules.secret"]


@pytest.mark.parametrize("base", ["HEAD^{tree}", "HEAD:promptctl.yaml", "nowhere", "--output=x"])
def test_a_base_that_is_no_commit(scene: Scene, base: str) -> None:
    done = run(scene.work.path, "ci", f"--base={base}")
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.startswith(f"{UNKNOWN} {base}\n")


def test_with_leave_a_checkout_of_one_commit_has_what_it_lacks_fetched_and_no_ref_is_made(
    scene: Scene, tmp_path: Path
) -> None:
    merge = scene.merge_ref()
    place = github_checkout(scene, tmp_path / "checkout")
    before = everything_below(place)
    refs = git(place, "for-each-ref")
    code, review = reviewed(place, "--fetch", env=github_environment(merge=merge))
    assert (code, names(review), review["notes"]) == (0, ["greeting"], [])
    assert review["plan"] == [{"prompt": "greeting", "version": 2, "note": None}]
    assert [label["version"] for label in review["labels"]] == [1]
    assert git(place, "for-each-ref") == refs
    after = everything_below(place)
    new = {path for path in after if after[path] != before.get(path)}
    assert {path.split("/")[1] for path in new} <= {"objects", "shallow"}
    assert before.keys() <= after.keys()


def test_a_clone_with_all_of_history_stays_whole(scene: Scene, tmp_path: Path) -> None:
    work = clone(scene.remote, tmp_path / "clone", "--branch", "change", "--no-tags")
    scene.on_main({"prompts/new.yaml": "provider: echo\ntemplate: new\n"})
    git(work.path, "update-ref", "-d", "refs/remotes/origin/main")
    git(work.path, "remote", "set-head", "origin", "--delete")
    code, review = reviewed(work.path, "--base", "main", "--fetch")
    assert (code, names(review)) == (0, ["greeting"])
    assert git(work.path, "rev-parse", "--is-shallow-repository") == "false"
    assert review["plan"][0]["version"] == 2


def test_gitlab_names_the_commit_that_the_branch_left(scene: Scene, tmp_path: Path) -> None:
    place = gitlab_checkout(scene, tmp_path / "checkout")
    base = git(scene.work.path, "merge-base", "main", "change")
    environ = {
        "GITLAB_CI": "true",
        "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main",
        "CI_MERGE_REQUEST_TARGET_BRANCH_SHA": "",
        "CI_MERGE_REQUEST_DIFF_BASE_SHA": base,
    }
    _, review = reviewed(place, env=environ)
    assert (names(review), review["base_commit"]) == (["greeting"], base)
    assert review["rules_commit"] == base
    _, review = reviewed(place, "--fetch", env=environ)
    assert review["base_commit"] == base
    assert review["rules_commit"] == git(scene.work.path, "rev-parse", "main")
    assert review["plan"][0]["version"] == 2


def test_a_shallow_checkout_of_the_branch_itself_says_that_it_cannot_tell_where_it_left(
    scene: Scene, tmp_path: Path
) -> None:
    place = github_checkout(scene, tmp_path / "checkout", "refs/heads/change")
    environ = github_environment() | {"GITHUB_REF": "refs/heads/change"}
    done = run(place, "ci", env=environ)
    assert hint_of(done.stderr) == "git fetch --depth 1 origin main:refs/remotes/origin/main"
    _, review = reviewed(place, "--fetch", env=environ)
    assert "does not hold the commit where HEAD left main" in review["notes"][0]
    assert names(review) == ["farewell", "greeting"]


def test_where_nothing_names_a_base_the_remote_is_asked_for_its_default_branch(
    scene: Scene, tmp_path: Path
) -> None:
    scene.work.git("push", "--quiet", "origin", "main:refs/queue/main")
    place = github_checkout(scene, tmp_path / "checkout", "refs/queue/main")
    environ = {
        "GITHUB_ACTIONS": "true",
        "GITHUB_EVENT_NAME": "push",
        "GITHUB_REF": "refs/heads/main",
    }
    assert run(place, "ci", env=environ).returncode == 3
    code, review = reviewed(place, "--fetch", env=environ)
    assert (code, names(review)) == (0, [])
    assert review["base"].endswith("(merge base with the default branch of origin)")


def test_a_remote_that_cannot_be_reached_is_an_error_only_where_it_is_needed(
    scene: Scene, tmp_path: Path
) -> None:
    work = clone(scene.remote, tmp_path / "clone", "--branch", "change")
    git(work.path, "remote", "set-url", "origin", (tmp_path / "nowhere").as_uri())
    code, review = reviewed(work.path, "--fetch")
    assert code == 0
    assert "so the releases of this clone count" in review["notes"][0]
    assert review["plan"][0]["version"] == 2
    done = run(work.path, "ci", "--fetch", "--base", "elsewhere")
    assert (done.returncode, done.stdout) == (4, "")
    assert "origin does not give what is asked for" in done.stderr


def test_what_is_no_commit_is_named(scene: Scene, tmp_path: Path) -> None:
    for base in ("nowhere", "HEAD~77", "-x", "a b", "refs/heads/*"):
        done = run(scene.work.path, "ci", f"--base={base}", "--fetch")
        assert done.returncode == 3, done.stderr
        assert "Traceback" not in done.stderr
    empty = GitRepository(tmp_path / "empty")
    assert run(empty.path, "ci").returncode == 3
    (tmp_path / "plain").mkdir()
    (tmp_path / "plain/promptctl.yaml").write_text("version: 1\n")
    assert run(tmp_path / "plain", "ci").returncode == 3


def test_branches_without_a_common_commit_are_refused(scene: Scene) -> None:
    scene.work.git("switch", "--quiet", "--orphan", "other")
    scene.work.commit({"promptctl.yaml": "version: 1\n", "prompts/greeting.yaml": GREETING})
    done = run(scene.work.path, "ci", "--base", "main")
    assert (done.returncode, done.stdout) == (3, "")
    assert "main and HEAD have no commit in common" in done.stderr


def test_a_bare_repository_and_a_folder_of_a_monorepo_are_reviewed(tmp_path: Path) -> None:
    files = {f"services/bots/{path}": text for path, text in FILES.items()}
    scene = make_scene(tmp_path, files | {"promptctl.yaml": "version: 1\n"}, publish=False)
    scene.change({"services/bots/prompts/greeting.yaml": BREAKING, "prompts/x.yaml": "x\n"})
    _, review = reviewed(scene.work.path / "services/bots/prompts")
    assert names(review) == ["greeting"]
    assert review["breaks"][0]["path"] == "prompts/greeting.yaml"
    done = run(scene.work.path / "services/bots", "ci", env=github_environment())
    assert "::error file=services/bots/prompts/greeting.yaml,line=" in done.stdout
    bare = tmp_path / "bare.git"
    top = make_scene(tmp_path / "top")
    top.change({"prompts/greeting.yaml": BREAKING})
    git(tmp_path, "clone", "--quiet", "--bare", "--branch", "change", str(top.remote), str(bare))
    _, review = reviewed(bare, "--base", "main")
    assert names(review) == ["greeting"]
