"""Reading from real repositories, ordinary and odd."""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from promptctl.errors import (
    FileMissing,
    FileRefused,
    LocalIOError,
    NotARepository,
    PromptctlError,
    RevisionNotFound,
)
from promptctl.repo.git import Git, clean_environment, find_git
from promptctl.repo.history import History
from promptctl.repo.remotes import fetch_line
from tests.conftest import GitRepository

TREE: Mapping[str, str | bytes] = {
    "prompts/greeting.yaml": "description: one\n",
    "prompts/_partials/tone.md": "Be kind.\n",
    "prompts/odd name\t.md": b"\xff\x00\r\n",
    "other/file": "no prompt\n",
}


def open_history(repository: GitRepository, folder: str = "") -> History:
    return History.open(repository.path / folder, os.environ)


@pytest.fixture
def repository(git_repository: GitRepository) -> GitRepository:
    git_repository.commit(TREE)
    return git_repository


def test_a_revision_of_every_form_is_one_commit(repository: GitRepository) -> None:
    first = repository.head
    repository.git("tag", "-a", "-m", "a tag", "annotated")
    second = repository.commit({"prompts/greeting.yaml": "description: two\n"}, "fix the tone")
    history = open_history(repository)
    for revision in ("HEAD", "main", "refs/heads/main", second, second[:10], ":/fix the", "@"):
        assert history.resolve_commit(revision) == second, revision
    for revision in ("HEAD~1", "annotated", "HEAD^", "main@{1}", "annotated^{}"):
        assert history.resolve_commit(revision) == first, revision


@pytest.mark.parametrize(
    "revision",
    [
        *(
            "nope",
            "HEAD:prompts",
            "^HEAD",
            "HEAD^!",
            "--all",
            "",
            "-",
            "HEAD\n",
            "HEAD HEAD",
            "0" * 40,
        ),
        *("main@{5}", "HEAD@{99}", "main@{u}", "main@{push}", "@{upstream}"),
    ],
)
def test_what_is_no_commit_is_not_found(repository: GitRepository, revision: str) -> None:
    with pytest.raises(RevisionNotFound):
        open_history(repository).resolve_commit(revision)


def test_files_are_read_byte_for_byte_at_a_commit(repository: GitRepository) -> None:
    first = repository.head
    repository.commit({"prompts/greeting.yaml": "description: two\n"})
    history = open_history(repository)
    assert history.read_file(first, "prompts/greeting.yaml") == b"description: one\n"
    read = history.reader(first, "prompts")
    assert read("greeting.yaml") == b"description: one\n"
    assert read("odd name\t.md") == b"\xff\x00\r\n"
    assert read("_partials/tone.md") == b"Be kind.\n"
    assert history.list_files(first, "prompts") == [
        "prompts/_partials/tone.md",
        "prompts/greeting.yaml",
        "prompts/odd name\t.md",
    ]
    for path in ("nope.md", "../other/file", "/etc/passwd", "greeting.yaml/x", ""):
        with pytest.raises((FileMissing, FileRefused)):
            read(path)


def test_a_history_in_a_sub_folder_sees_paths_below_it(git_repository: GitRepository) -> None:
    commit = git_repository.commit({f"team/bots/{path}": text for path, text in TREE.items()})
    history = open_history(git_repository, "team/bots")
    assert history.reader(commit, "prompts")("greeting.yaml") == b"description: one\n"
    git_repository.write("team/bots/prompts/new.yaml", "x")
    assert history.changed_paths(commit, ["prompts"]) == {"prompts/new.yaml"}


def add_link(repository: GitRepository) -> str:
    (repository.path / "prompts/link.md").symlink_to("/etc/passwd")
    (repository.path / "prompts/folder").symlink_to("../other")
    return repository.commit()


def test_links_submodules_and_lfs_pointers_are_named(
    repository: GitRepository, tmp_path: Path
) -> None:
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"
    repository.write("prompts/big.png", pointer)
    other = GitRepository(tmp_path / "other")
    other.commit({"a": "b"})
    repository.git("update-index", "--add", "--cacheinfo", f"160000,{other.head},prompts/module")
    repository.git("commit", "-q", "-m", "module")
    commit = add_link(repository)
    repository.git("update-index", "--add", "--cacheinfo", f"160000,{other.head},prompts/module")
    repository.git("commit", "-q", "-m", "module again")
    commit = repository.head
    read = open_history(repository).reader(commit, "prompts")
    for path, words in (
        ("link.md", "is a link"),
        ("folder/file", "prompts/folder is a link"),
        ("module/a", "is a submodule"),
        ("big.png", "LFS pointer"),
    ):
        with pytest.raises(FileRefused, match=words):
            read(path)


def test_a_file_too_large_is_refused_and_the_next_one_read(repository: GitRepository) -> None:
    commit = repository.commit({"prompts/huge.bin": b"\0" * (16 * 1024 * 1024 + 1)})
    read = open_history(repository).reader(commit, "prompts")
    with pytest.raises(FileRefused, match="larger than"):
        read("huge.bin")
    assert read("greeting.yaml") == b"description: one\n"


def edit(repository: GitRepository) -> None:
    repository.write("prompts/greeting.yaml", "description: two\n")


def touch(repository: GitRepository) -> None:
    os.utime(repository.path / "prompts/greeting.yaml", (1, 1))


def stage(repository: GitRepository) -> None:
    edit(repository)
    repository.git("add", "-A")


def delete(repository: GitRepository) -> None:
    (repository.path / "prompts/greeting.yaml").unlink()


def rename(repository: GitRepository) -> None:
    repository.git("mv", "prompts/greeting.yaml", "prompts/hello.yaml")


def add_untracked(repository: GitRepository) -> None:
    repository.write("prompts/a/new.yaml", "x")


def add_ignored(repository: GitRepository) -> None:
    repository.write(".gitignore", "secret*\nbuild/\n")
    repository.write("prompts/secret.md", "x")
    repository.write("prompts/build/deep/x.yaml", "x")


def change_line_ends(repository: GitRepository) -> None:
    repository.write("prompts/greeting.yaml", "description: one\r\n")


def change_elsewhere(repository: GitRepository) -> None:
    repository.write("other/file", "changed\n")


def replace_by_link(repository: GitRepository) -> None:
    delete(repository)
    (repository.path / "prompts/greeting.yaml").symlink_to("odd name\t.md")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (edit, {"prompts/greeting.yaml"}),
        (stage, {"prompts/greeting.yaml"}),
        (touch, set()),
        (delete, {"prompts/greeting.yaml"}),
        (rename, {"prompts/greeting.yaml", "prompts/hello.yaml"}),
        (add_untracked, {"prompts/a/new.yaml"}),
        (add_ignored, set()),
        (change_line_ends, set()),
        (change_elsewhere, set()),
        (replace_by_link, {"prompts/greeting.yaml"}),
    ],
)
def test_changed_paths(
    repository: GitRepository, change: Callable[[GitRepository], None], expected: set[str]
) -> None:
    commit = repository.head
    change(repository)
    found = open_history(repository).changed_paths(commit, ["prompts", "promptctl.yaml"])
    assert found == expected


def test_changes_since_an_older_commit_hold_committed_ones_too(repository: GitRepository) -> None:
    base = repository.head
    repository.commit({"promptctl.yaml": "version: 1\n", "prompts/x.yaml": "x\n"})
    history = open_history(repository)
    found = history.changed_paths(base, ["prompts", "promptctl.yaml"])
    assert found == {"promptctl.yaml", "prompts/x.yaml"}


def test_a_sha256_repository(tmp_path: Path) -> None:
    repository = GitRepository(tmp_path / "sha256", "--object-format=sha256")
    commit = repository.commit(TREE)
    assert len(commit) == 64
    history = open_history(repository)
    assert history.resolve_commit("HEAD") == commit
    assert history.reader(commit, "prompts")("greeting.yaml") == b"description: one\n"
    assert history.changed_paths(commit, ["prompts"]) == frozenset()
    edit(repository)
    assert history.changed_paths(commit, ["prompts"]) == {"prompts/greeting.yaml"}


def test_the_commit_where_branches_parted(repository: GitRepository) -> None:
    base = repository.head
    repository.git("branch", "feature")
    repository.commit({"prompts/b.yaml": "b\n"})
    assert open_history(repository).merge_base("feature") == base
    repository.git("checkout", "-q", "--orphan", "island")
    repository.commit({"prompts/c.yaml": "c\n"})
    with pytest.raises(RevisionNotFound, match="no commit in common") as caught:
        open_history(repository).merge_base("main")
    assert caught.value.hint is None


def test_a_shallow_clone_says_how_to_deepen(repository: GitRepository, tmp_path: Path) -> None:
    old = repository.head
    repository.commit({"prompts/b.yaml": "b\n"})
    source = f"file://{repository.path}"
    repository.git("clone", "-q", "--depth", "1", source, str(tmp_path / "shallow"))
    history = History.open(tmp_path / "shallow", os.environ)
    with pytest.raises(RevisionNotFound, match="shallow clone") as caught:
        history.resolve_commit(old)
    line = shlex.split(caught.value.hint or "")
    subprocess.run(line, cwd=tmp_path / "shallow", check=True, capture_output=True)
    assert history.resolve_commit(old) == old


@pytest.mark.parametrize(
    ("revision", "line"),
    [
        ("origin/main", "git fetch --depth 1 origin main:refs/remotes/origin/main"),
        ("refs/remotes/origin/a/b", "git fetch --depth 1 origin a/b:refs/remotes/origin/a/b"),
        ("up/stream/main", "git fetch --depth 1 up/stream main:refs/remotes/up/stream/main"),
        ("main", "git fetch --depth 1 origin main:main"),
        ("1" * 40, f"git fetch --depth 1 origin {'1' * 40}"),
        *((odd, None) for odd in ("1234567", "HEAD~3", "HEAD", "", "-x", "a b", "$(a)", "a;b")),
        *((odd, None) for odd in ("+a", "a:b", "a..b", "a//b", "a/", "a\nb", "a'b", "@{u}")),
    ],
)
def test_the_line_that_fetches_holds_only_names(revision: str, line: str | None) -> None:
    assert fetch_line(revision, ["origin", "up", "up/stream"], shallow=True) == line
    assert fetch_line(revision, [], shallow=True) is None
    assert fetch_line(revision, ["$(a)"], shallow=True) is None


def test_a_partial_clone_reads_what_it_has_and_fetches_nothing(
    repository: GitRepository, tmp_path: Path
) -> None:
    repository.git("config", "uploadpack.allowFilter", "true")
    source = f"file://{repository.path}"
    clone = tmp_path / "partial"
    repository.git("clone", "-q", "--no-checkout", "--filter=blob:none", source, str(clone))
    history = History.open(clone, os.environ)
    with pytest.raises(LocalIOError, match="does not hold the content") as caught:
        history.reader(history.resolve_commit("HEAD"), "prompts")("greeting.yaml")
    assert "partial clone" in (caught.value.hint or "")


def test_a_repository_with_no_commits(git_repository: GitRepository) -> None:
    with pytest.raises(RevisionNotFound, match="no commits yet"):
        open_history(git_repository).resolve_commit("HEAD")


def test_outside_git(tmp_path: Path) -> None:
    with pytest.raises(NotARepository):
        History.open(tmp_path, os.environ).resolve_commit("HEAD")


def test_worktrees_and_detached_heads(repository: GitRepository, tmp_path: Path) -> None:
    repository.git("worktree", "add", "-q", "--detach", str(tmp_path / "second"))
    history = History.open(tmp_path / "second", os.environ)
    assert history.resolve_commit("HEAD") == repository.head
    (tmp_path / "second/prompts/greeting.yaml").write_text("x")
    assert history.changed_paths(repository.head, ["prompts"]) == {"prompts/greeting.yaml"}


def test_replaced_objects_do_not_count(repository: GitRepository) -> None:
    forged = repository.git("hash-object", "-w", "--stdin", stdin="description: forged\n")
    real = repository.git("rev-parse", "HEAD:prompts/greeting.yaml")
    repository.git("replace", real, forged)
    content = open_history(repository).read_file(repository.head, "prompts/greeting.yaml")
    assert content == b"description: one\n"


def test_a_bare_repository_is_read_when_it_is_named(
    repository: GitRepository, bare_remote: GitRepository
) -> None:
    repository.git("push", "-q", "origin", "main")
    history = History.open(bare_remote.path, os.environ, is_bare=True)
    commit = history.resolve_commit("main")
    assert history.reader(commit, "prompts")("greeting.yaml") == b"description: one\n"
    with pytest.raises(NotARepository):
        History.open(bare_remote.path, os.environ).resolve_commit("main")


def test_variables_that_point_elsewhere_are_dropped(
    repository: GitRepository, tmp_path: Path
) -> None:
    elsewhere = GitRepository(tmp_path / "elsewhere")
    elsewhere.commit({"x": "y"})
    environ = dict(os.environ) | {
        "GIT_DIR": str(elsewhere.path / ".git"),
        "GIT_WORK_TREE": str(elsewhere.path),
        "GIT_INDEX_FILE": "/nowhere",
        "GIT_OBJECT_DIRECTORY": "/nowhere",
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "core.bare",
        "GIT_CONFIG_VALUE_0": "true",
    }
    assert History.open(repository.path, environ).resolve_commit("HEAD") == repository.head
    assert not {"GIT_DIR", "GIT_CONFIG_COUNT"} & clean_environment(environ).keys()


def test_git_is_never_taken_from_the_repository(tmp_path: Path) -> None:
    planted = tmp_path / "git"
    planted.write_text("#!/bin/sh\ntouch ran\n")
    planted.chmod(0o755)
    real = find_git(os.environ)
    assert find_git({"PATH": f".::bin:{os.path.dirname(real)}"}) == real
    with pytest.raises(LocalIOError, match="not installed"):
        find_git({"PATH": "."})


@pytest.mark.parametrize(
    ("words", "kind", "hint"),
    [
        ("fatal: detected dubious ownership in repository at '/x'", LocalIOError, "safe.directory"),
        (
            "fatal: not a git repository (or any of the parent directories): .git",
            NotARepository,
            "",
        ),
        ("usage: git rev-parse", LocalIOError, ""),
        ("fatal: loose object is corrupt", LocalIOError, ""),
    ],
)
def test_failures_of_git_become_one_sentence(
    tmp_path: Path, words: str, kind: type[PromptctlError], hint: str
) -> None:
    program = tmp_path / "git"
    program.write_text(f'#!/bin/sh\necho "{words}" >&2\nexit 128\n')
    program.chmod(0o755)
    git = Git(tmp_path, {"PATH": str(tmp_path)})
    with pytest.raises(kind) as caught:
        git.output(["rev-parse"])
    assert hint in (caught.value.hint or "")
