"""`diff`: every way to say what is compared, on real repositories."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from promptctl.errors import (
    FileMissing,
    NotARepository,
    PromptNotFound,
    RevisionNotFound,
    UsageProblem,
    VersionNotFound,
)
from promptctl.operations.diff_request import Request, parse_request
from tests.conftest import GitRepository
from tests.git.diffing import BRIEF, FILES, GREETING, NO_TONE, SETTINGS, TRIAGE, diff_of, told
from tests.releases.workplace import clone, ok

EDITED = {"greeting": "modified behaviour: message-edited"}
BROKEN = "modified breaking: variable-removed message-edited"


@pytest.fixture
def history(git_repository: GitRepository) -> GitRepository:
    """One commit of two prompts; a branch `feat` edits one of them, and `main` the other meanwhile."""
    git_repository.commit(FILES)
    git_repository.git("switch", "--quiet", "--create", "feat")
    git_repository.commit({"prompts/greeting.yaml": BRIEF})
    git_repository.git("switch", "--quiet", "main")
    git_repository.commit({"prompts/triage.yaml": TRIAGE.replace("Sort this", "Judge this")})
    return git_repository


# --- what the arguments mean -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("targets", "expected"),
    [
        ("", Request("published")),
        ("greeting", Request("published", names=("greeting",))),
        ("greeting support/*", Request("published", names=("greeting", "support/*"))),
        ("prompts/greeting.yaml", Request("published", names=("prompts/greeting.yaml",))),
        ("main..feat", Request("commits", "main", "feat")),
        ("main...feat", Request("commits", "main", "feat", from_merge_base=True)),
        ("main..", Request("commits", "main", "HEAD")),
        ("..feat", Request("commits", "HEAD", "feat")),
        ("main..feat greeting", Request("commits", "main", "feat", ("greeting",))),
        ("HEAD~1", Request("worktree", "HEAD~1")),
        ("HEAD~1 greeting", Request("worktree", "HEAD~1", names=("greeting",))),
        ("HEAD~2 HEAD~1 greeting", Request("commits", "HEAD~2", "HEAD~1", ("greeting",))),
        ("main@{1}..main", Request("commits", "main@{1}", "main")),
        ("greeting@1 greeting@2", Request("texts", "greeting@1", "greeting@2")),
        ("greeting@1..greeting@2", Request("texts", "greeting@1", "greeting@2")),
        ("greeting@1", Request("texts", "greeting@1", "greeting@.")),
        ("a.yaml b.yaml", Request("texts", "a.yaml", "b.yaml")),
        ("greeting@1 ./b.yaml", Request("texts", "greeting@1", "./b.yaml")),
        ("--cached", Request("index", "HEAD")),
        ("--cached greeting", Request("index", "HEAD", names=("greeting",))),
        ("--cached HEAD~1 greeting", Request("index", "HEAD~1", names=("greeting",))),
    ],
)
def test_arguments(targets: str, expected: Request) -> None:
    words = targets.split()
    cached = "--cached" in words
    assert parse_request([w for w in words if w != "--cached"], cached=cached) == expected


@pytest.mark.parametrize(
    "targets",
    [
        "greeting main..feat", "main..feat feat..main", "main..feat HEAD~1", "main..feat greeting@1",
        "--cached main..feat", "--cached HEAD~2 HEAD~1", "--cached greeting@1",
        "greeting@1 greeting@2 greeting@3", "triage greeting@1", "HEAD~1 greeting@1",
        "HEAD~3 HEAD~2 HEAD~1", "--cached greeting HEAD~1", "greeting@1..2", "greeting@1...greeting@2",
        "greeting@1..greeting@2 triage",
    ],
)  # fmt: skip
def test_what_does_not_go_together_is_refused_with_the_way_out(targets: str) -> None:
    words = targets.split()
    with pytest.raises(UsageProblem) as caught:
        parse_request([w for w in words if w != "--cached"], cached="--cached" in words)
    assert "promptctl diff" in (caught.value.hint or "")


# --- commits -----------------------------------------------------------------------------------------


def test_two_dots_compare_the_commits_and_three_what_a_branch_did(history: GitRepository) -> None:
    both = {**EDITED, "triage": "modified behaviour: message-edited"}
    assert told(diff_of(history.path, "main..feat")) == both
    found = diff_of(history.path, "main...feat")
    assert told(found) == EDITED
    assert found.old == f"{history.git('rev-parse', 'HEAD~1')[:7]} (merge base of main and feat)"
    assert found.new == "feat"
    assert told(diff_of(history.path, "main~0", "feat~0")) == both


def test_sides_say_where_they_stand(history: GitRepository) -> None:
    (prompt,) = diff_of(history.path, "main...feat").prompts
    assert prompt.old is not None
    assert prompt.new is not None
    assert prompt.new.commit == history.git("rev-parse", "feat")
    assert (prompt.new.name, prompt.new.path) == ("greeting", "prompts/greeting.yaml")
    assert prompt.new.version is None
    assert prompt.old.commit == history.git("merge-base", "main", "feat")


def test_names_and_globs_limit_a_range(history: GitRepository) -> None:
    assert told(diff_of(history.path, "main..feat", "gr*")) == EDITED
    assert told(diff_of(history.path, "main..feat", "prompts/greeting.yaml")) == EDITED
    with pytest.raises(PromptNotFound, match="there is no prompt greting") as caught:
        diff_of(history.path, "main..feat", "greting")
    assert "greeting" in (caught.value.hint or "")


def test_a_commit_stands_against_the_working_tree(history: GitRepository) -> None:
    assert told(diff_of(history.path, "HEAD~0")) == {}
    history.write("prompts/greeting.yaml", BRIEF)
    assert told(diff_of(history.path, "HEAD~0")) == EDITED
    history.write("prompts/new/one.yaml", GREETING)  # what git does not know yet is there too
    assert told(diff_of(history.path, "HEAD~0"))["new/one"] == "added compatible: prompt-added"
    (history.path / "prompts/triage.yaml").unlink()
    assert told(diff_of(history.path, "HEAD~0"))["triage"] == "removed breaking: prompt-removed"


def test_the_index(history: GitRepository) -> None:
    history.write("prompts/greeting.yaml", BRIEF)
    assert told(diff_of(history.path, cached=True)) == {}
    history.git("add", "prompts/greeting.yaml")
    history.write("prompts/greeting.yaml", NO_TONE)
    assert told(diff_of(history.path, cached=True)) == EDITED
    assert told(diff_of(history.path, "triage", cached=True)) == {}
    assert set(told(diff_of(history.path, "HEAD~1", cached=True))) == {"greeting", "triage"}
    history.git("rm", "--quiet", "--cached", "prompts/triage.yaml")
    assert told(diff_of(history.path, cached=True))["triage"] == "removed breaking: prompt-removed"


def test_a_conflict_in_the_index_is_a_problem_of_that_prompt(history: GitRepository) -> None:
    history.commit({"prompts/greeting.yaml": NO_TONE})
    subprocess.run(["git", "merge", "feat"], cwd=history.path, capture_output=True, check=False)
    (prompt,) = diff_of(history.path, cached=True).prompts
    assert prompt.name == "greeting"
    assert "conflicts" in (prompt.problem or "")


def test_unknown_commits(history: GitRepository) -> None:
    for targets in (("nope..feat",), ("main...nope",), ("HEAD~99",), ("HEAD~99", "HEAD~0")):
        with pytest.raises(RevisionNotFound):
            diff_of(history.path, *targets)
    with pytest.raises(PromptNotFound) as caught:
        diff_of(history.path, "feat")
    assert "promptctl diff feat..HEAD" in (caught.value.hint or "")


def test_unrelated_histories(history: GitRepository) -> None:
    history.git("switch", "--quiet", "--orphan", "other")
    history.commit(FILES)
    with pytest.raises(RevisionNotFound, match="no commit in common"):
        diff_of(history.path, "main...other")
    assert told(diff_of(history.path, "feat..other")) == EDITED


def test_a_merge_is_compared_with_where_both_parted(history: GitRepository) -> None:
    history.git("merge", "--quiet", "--no-edit", "feat")
    assert told(diff_of(history.path, "feat...main")) == {
        "triage": "modified behaviour: message-edited"
    }


# --- versions and labels -----------------------------------------------------------------------------


@pytest.fixture
def released(git_repository: GitRepository) -> GitRepository:
    """greeting@1 is published, greeting@2 is staging, and the working tree holds a third state."""
    git_repository.commit(FILES)
    ok(git_repository.path, "publish", "greeting", "triage")
    git_repository.commit({"prompts/greeting.yaml": BRIEF})
    ok(git_repository.path, "publish", "greeting", "--label", "staging")
    git_repository.write("prompts/greeting.yaml", NO_TONE)
    return git_repository


def test_versions_and_labels_of_one_prompt(released: GitRepository) -> None:
    folder = released.path
    assert told(diff_of(folder, "greeting@1", "greeting@2")) == EDITED
    assert told(diff_of(folder, "greeting@v2", "greeting@1")) == EDITED
    found = diff_of(folder, "greeting@published", "greeting@staging")
    assert told(found) == EDITED
    assert (found.old, found.new) == ("greeting@published (v1)", "greeting@staging (v2)")
    (prompt,) = found.prompts
    assert prompt.old is not None
    assert prompt.new is not None
    assert (prompt.old.version, prompt.new.version) == (1, 2)
    assert told(diff_of(folder, "greeting@latest", "greeting@2")) == {}
    both = {"greeting": f"{BROKEN} message-edited"}
    assert told(diff_of(folder, "greeting@HEAD", "greeting@.")) == both
    assert told(diff_of(folder, "greeting@2")) == both
    with pytest.raises(VersionNotFound):
        diff_of(folder, "greeting@1", "greeting@9")


def test_two_prompts_are_held_against_each_other(released: GitRepository) -> None:
    (prompt,) = diff_of(released.path, "greeting@1", "triage@1").prompts
    assert "prompt-renamed-undeclared" not in {change.rule for change in prompt.changes}
    assert prompt.effect.value == "breaking"


def test_published_against_the_working_tree(released: GitRepository) -> None:
    folder = released.path
    assert told(diff_of(folder)) == {"greeting": BROKEN}
    assert told(diff_of(folder, "triage")) == {}
    released.write("prompts/fresh.yaml", TRIAGE)
    (folder / "prompts/triage.yaml").unlink()
    found = told(diff_of(folder))
    assert found["greeting"] == BROKEN
    # What has the same bytes under another name is a renaming that callers have to follow.
    assert found["fresh"] == "renamed breaking: prompt-renamed-undeclared"
    released.write("prompts/fresh.yaml", GREETING)
    found = told(diff_of(folder))
    assert found["triage"] == "removed breaking: prompt-removed"
    assert found["fresh"] == "added compatible: prompt-added"
    assert told(diff_of(folder, "fresh")) == {"fresh": found["fresh"]}


def test_a_retired_label_publishes_nothing(released: GitRepository) -> None:
    ok(released.path, "label", "--delete", "greeting", "published")
    assert told(diff_of(released.path))["greeting"] == "added compatible: prompt-added"


def test_the_layout_of_the_file_alone_is_cosmetic(released: GitRepository) -> None:
    released.write("prompts/greeting.yaml", f"# By hand.\n{GREETING}")
    assert told(diff_of(released.path)) == {"greeting": "modified cosmetic: "}


# --- files, and repositories of other kinds ----------------------------------------------------------


def test_two_files_outside_of_any_repository(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(GREETING)
    (tmp_path / "b.yaml").write_text(BRIEF)
    found = diff_of(tmp_path, "a.yaml", "b.yaml")
    assert [prompt.effect.value for prompt in found.prompts] == ["behaviour"]
    assert (found.old, found.new) == ("a.yaml", "b.yaml")
    assert told(diff_of(tmp_path, "a.yaml", "./a.yaml")) == {}
    with pytest.raises(FileMissing):
        diff_of(tmp_path, "a.yaml", "c.yaml")
    (tmp_path / "b.yaml").write_text("messages: [")
    (prompt,) = diff_of(tmp_path, "a.yaml", "b.yaml").prompts
    assert "b.yaml" in (prompt.problem or "")


def test_includes_of_a_lone_file_are_found_beside_it(tmp_path: Path) -> None:
    text = "provider: echo\nmessages:\n  - {role: user, file: tone.md}\n"
    for folder, tone in (("a", "Be kind."), ("b", "Be cold.")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "p.yaml").write_text(text)
        (tmp_path / folder / "tone.md").write_text(tone)
    found = diff_of(tmp_path, "a/p.yaml", "b/p.yaml")
    assert told(found) == {"p": "modified behaviour: message-edited"}


def test_a_file_outside_stands_against_one_inside(history: GitRepository, tmp_path: Path) -> None:
    (tmp_path / "draft.yaml").write_text(NO_TONE)
    (prompt,) = diff_of(history.path, "prompts/greeting.yaml", "../draft.yaml").prompts
    assert [change.rule for change in prompt.changes] == ["variable-removed", "message-edited"]


def test_without_git_only_files_can_be_compared(tmp_path: Path) -> None:
    (tmp_path / "promptctl.yaml").write_text(SETTINGS)
    (tmp_path / "prompts").mkdir()
    (tmp_path / "prompts/greeting.yaml").write_text(GREETING)
    (tmp_path / "prompts/other.yaml").write_text(BRIEF)
    assert diff_of(tmp_path, "prompts/greeting.yaml", "prompts/other.yaml").prompts
    for targets in ((), ("HEAD~1",), ("main..feat",), ("greeting@1",)):
        with pytest.raises(NotARepository, match="is in no git repository"):
            diff_of(tmp_path, *targets)


def test_a_bare_repository_compares_commits(history: GitRepository, tmp_path: Path) -> None:
    history.git("clone", "--quiet", "--bare", str(history.path), str(tmp_path / "bare.git"))
    bare = tmp_path / "bare.git"
    assert told(diff_of(bare, "main...feat")) == EDITED
    assert told(diff_of(bare, "greeting@main", "greeting@feat")) == EDITED
    for targets in ((), ("HEAD~0",), ("greeting@main",)):
        with pytest.raises(RevisionNotFound, match="bare repository has no working tree"):
            diff_of(bare, *targets)


def test_a_folder_of_a_monorepo(git_repository: GitRepository) -> None:
    inside = {f"team/ai/{path}": text for path, text in FILES.items()}
    git_repository.commit({**inside, "prompts/greeting.yaml": GREETING, "README.md": "x\n"})
    git_repository.commit(
        {"team/ai/prompts/greeting.yaml": BRIEF, "prompts/greeting.yaml": NO_TONE}
    )
    for folder in ("team/ai", "team/ai/prompts"):
        place = git_repository.path / folder
        assert told(diff_of(place, "HEAD~1..HEAD")) == EDITED
        assert told(diff_of(place, "HEAD~1")) == EDITED
        assert told(diff_of(place, "HEAD~1", cached=True)) == EDITED
    (prompt,) = diff_of(git_repository.path / "team/ai", "HEAD~1..HEAD").prompts
    assert prompt.new is not None
    assert prompt.new.path == "prompts/greeting.yaml"


def test_a_worktree_beside_the_repository(history: GitRepository, tmp_path: Path) -> None:
    history.git("worktree", "add", "--quiet", str(tmp_path / "beside"), "feat")
    assert told(diff_of(tmp_path / "beside", "main...HEAD")) == EDITED


def test_a_shallow_clone_says_what_to_fetch(history: GitRepository, tmp_path: Path) -> None:
    history.git("switch", "--quiet", "feat")
    place = clone(history.path, tmp_path / "shallow", "--depth", "1", "--branch", "feat").path
    with pytest.raises(RevisionNotFound, match="shallow clone") as caught:
        diff_of(place, "origin/main...HEAD")
    assert (caught.value.hint or "").startswith("git fetch --depth 1 origin ")
    subprocess.run(str(caught.value.hint).split(), cwd=place, check=True, capture_output=True)
    with pytest.raises(RevisionNotFound, match="no commit in common here") as caught:
        diff_of(place, "origin/main...HEAD")
    assert caught.value.hint == "git fetch --unshallow"
    assert set(told(diff_of(place, "origin/main..HEAD"))) == {"greeting", "triage"}
    subprocess.run(["git", "fetch", "--quiet", "--unshallow"], cwd=place, check=True)
    assert told(diff_of(place, "origin/main...HEAD")) == EDITED


def test_a_repository_without_commits(git_repository: GitRepository) -> None:
    for path, text in FILES.items():
        git_repository.write(path, text)
    found = told(diff_of(git_repository.path))
    assert found == dict.fromkeys(("greeting", "triage"), "added compatible: prompt-added")
    with pytest.raises(RevisionNotFound, match="no commits yet"):
        diff_of(git_repository.path, cached=True)
