"""Opening repositories and following references, in every kind of place."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from promptctl.errors import (
    FileRefused,
    LabelNotFound,
    NotARepository,
    PromptctlError,
    PromptNotFound,
    ReferenceInvalid,
    RevisionNotFound,
    VersionNotFound,
)
from promptctl.operations.browse import list_prompts
from promptctl.operations.completion import references
from promptctl.operations.library import render
from promptctl.operations.repository import OpenRepository, open_repository
from tests.conftest import GitRepository

FIRST = "provider: echo\ntemplate: \"one {% include '_partials/tone.md' %}\"\n"
SECOND = "provider: echo\ntemplate: \"two {% include '_partials/tone.md' %}\"\n"


@pytest.fixture
def files(git_repository: GitRepository) -> GitRepository:
    git_repository.commit(
        {
            "promptctl.yaml": "labels: {staging: {}}\n",
            "prompts/greeting.yaml": FIRST,
            "prompts/support/triage.yaml": FIRST,
            "prompts/support/reply.yaml": FIRST,
            "prompts/greeting.tests.yaml": "cases: []\n",
            "prompts/_partials/tone.md": "first tone",
        }
    )
    git_repository.commit(
        {"prompts/greeting.yaml": SECOND, "prompts/_partials/tone.md": "second tone"}
    )
    return git_repository


def in_terminal(directory: Path) -> OpenRepository:
    return open_repository(directory, os.environ, bare_name="worktree")


def text_of(repository: OpenRepository, reference: str) -> str:
    (message,) = render(repository.prompt(reference))
    return message.text


def test_references_lead_to_the_text_of_their_state(files: GitRepository) -> None:
    files.write("prompts/greeting.yaml", FIRST.replace('"one', '"draft'))
    files.git("branch", "older", "HEAD~1")
    repository = in_terminal(files.path)
    for reference, text in {
        "greeting": "draft second tone",
        "greeting@.": "draft second tone",
        "greeting@HEAD": "two second tone",
        "greeting@HEAD~1": "one first tone",
        "greeting@older": "one first tone",
        "greeting@refs/heads/older": "one first tone",
        f"greeting@{files.head[:8]}": "two second tone",
        "./prompts/greeting.yaml": "draft second tone",
        "prompts/greeting.yaml": "draft second tone",
    }.items():
        assert text_of(repository, reference) == text, reference


def test_paths_begin_where_the_user_stands(files: GitRepository) -> None:
    repository = in_terminal(files.path / "prompts/support")
    assert repository.source("./triage.yaml").name == "support/triage"
    assert repository.source("../greeting.yaml").name == "greeting"
    absolute = str(files.path / "prompts/support/reply.yaml")
    assert repository.source(absolute).name == "support/reply"
    for path in ("../../other.yaml", "/etc/passwd", "./triage", "..", "../_partials/tone.yaml"):
        with pytest.raises(ReferenceInvalid):
            repository.source(path)


@pytest.mark.parametrize("end", ["1", "v1", "latest", "published", "staging"])
def test_versions_and_labels_are_not_found_and_never_a_branch(
    files: GitRepository, end: str
) -> None:
    files.git("branch", end)
    for repository in (in_terminal(files.path), open_repository(files.path)):
        with pytest.raises((VersionNotFound, LabelNotFound), match="has no version"):
            repository.source(f"greeting@{end}")


def test_a_name_that_is_not_there_suggests_the_nearest(files: GitRepository) -> None:
    repository = in_terminal(files.path)
    for reference, hint in {
        "greting": "did you mean `greeting`?",
        "support/triag@HEAD": "did you mean `support/triage`?",
        "xyz": "promptctl list",
        "greeting.yaml": "did you mean",
    }.items():
        with pytest.raises(PromptctlError) as caught:
            repository.source(reference)
        assert caught.value.exit_code in (2, 3)
        assert hint in (caught.value.hint or "") or reference.endswith(".yaml")
    with pytest.raises(RevisionNotFound):
        repository.source("greeting@nope")
    files.commit({"prompts/new.yaml": FIRST})
    with pytest.raises(PromptNotFound, match="new at HEAD~1"):
        repository.source("new@HEAD~1")


def test_names_are_the_same_on_disk_and_in_a_commit(files: GitRepository) -> None:
    repository = in_terminal(files.path)
    names = ["greeting", "support/reply", "support/triage"]
    assert repository.prompt_names() == names
    assert repository.prompt_names("HEAD") == names


def test_a_bare_repository_is_read_at_its_head(
    files: GitRepository, bare_remote: GitRepository
) -> None:
    files.git("push", "-q", "origin", "main")
    repository = in_terminal(bare_remote.path)
    assert text_of(repository, "greeting") == "two second tone"
    assert text_of(repository, "greeting@HEAD~1") == "one first tone"
    assert [prompt.provider for prompt in list_prompts(repository)] == ["echo"] * 3
    assert set(repository.settings.labels) == {"staging"}
    assert repository.settings.source_of("labels") == "HEAD:promptctl.yaml:1"
    with pytest.raises(RevisionNotFound, match="no working tree"):
        repository.source("greeting@.")


def test_an_empty_bare_repository_has_defaults(bare_remote: GitRepository) -> None:
    repository = in_terminal(bare_remote.path)
    with pytest.raises(RevisionNotFound, match="no commits yet"):
        repository.prompt_names()


def test_a_worktree_and_a_monorepo_folder(files: GitRepository, tmp_path: Path) -> None:
    files.git("worktree", "add", "-q", "--detach", str(tmp_path / "second"), "HEAD~1")
    assert text_of(in_terminal(tmp_path / "second/prompts"), "greeting") == "one first tone"
    mono = GitRepository(tmp_path / "mono")
    mono.commit({"bots/promptctl.yaml": "", "bots/prompts/a.yaml": "provider: echo\ntemplate: a\n"})
    repository = in_terminal(mono.path / "bots")
    assert text_of(repository, "a@HEAD") == text_of(repository, "a") == "a"
    assert in_terminal(mono.path).prompt_names() == []


def test_prompts_without_git_can_be_read(tmp_path: Path) -> None:
    (tmp_path / "prompts").mkdir()
    (tmp_path / "promptctl.yaml").write_text("")
    (tmp_path / "prompts/a.yaml").write_text("provider: echo\ntemplate: a\n")
    repository = in_terminal(tmp_path)
    assert text_of(repository, "a") == "a"
    with pytest.raises(NotARepository):
        repository.source("a@HEAD")


def test_an_included_file_that_git_ignores_is_refused(files: GitRepository) -> None:
    files.commit({".gitignore": "*.secret\nprivate/\n"})
    repository = in_terminal(files.path)
    for path in ("_partials/x.secret", "private/x.md"):
        files.write(f"prompts/{path}", "do not send")
        with pytest.raises(FileRefused, match="ignored by git"):
            open_repository(files.path).worktree.read_file(path)
    assert repository.worktree.read_file("_partials/tone.md") == b"second tone"


def test_git_is_not_started_for_what_stands_in_the_working_tree(files: GitRepository) -> None:
    (files.path / "prompts/greeting.yaml").write_text("provider: echo\ntemplate: hello\n")
    repository = open_repository(files.path, {"PATH": ""}, bare_name="worktree")
    assert text_of(repository, "greeting") == "hello"
    assert repository.prompt_names() == ["greeting", "support/reply", "support/triage"]
    with pytest.raises(PromptctlError, match="git is not installed"):
        repository.source("greeting@HEAD")


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("", ["greeting", "support/reply", "support/triage"]),
        ("sup", ["support/reply", "support/triage"]),
        ("greeting@", ["greeting@.", "greeting@HEAD", "greeting@main"]),
        ("greeting@H", ["greeting@HEAD"]),
        ("x", []),
    ],
)
def test_completion(files: GitRepository, typed: str, offered: list[str]) -> None:
    assert references(files.path, os.environ, typed) == offered


def test_completion_outside_a_repository_is_silent(tmp_path: Path) -> None:
    assert references(tmp_path / "nowhere", os.environ, "a") == []
