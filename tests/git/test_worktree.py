"""Prompt files on disk: which there are, and what is refused."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from promptctl.errors import FileMissing, FileRefused, PromptNotFound
from promptctl.files import read_file_below, read_regular_file
from promptctl.repo.worktree import Worktree


def write(root: Path, *paths: str) -> None:
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(path)


@pytest.fixture
def worktree(tmp_path: Path) -> Worktree:
    write(tmp_path, "prompts/a.yaml", "prompts/_partials/tone.md", "outside.txt")
    return Worktree(tmp_path, "prompts")


def test_prompts_are_listed_by_path_and_nothing_else_is(worktree: Worktree) -> None:
    write(
        worktree.root,
        "prompts/b/c.yaml",
        "prompts/b-d.yaml",
        "prompts/Upper Case.yaml",
        "prompts/old.yml",
        "prompts/a.tests.yaml",
        "prompts/.hidden.yaml",
        "prompts/.git/x.yaml",
        "prompts/_drafts/x.yaml",
        "prompts/b/_x.yaml",
        "prompts/notes.md",
    )
    found = [(file.name, file.path, file.is_prompt) for file in worktree.prompt_files()]
    assert found == [
        ("Upper Case", "prompts/Upper Case.yaml", False),
        ("a", "prompts/a.yaml", True),
        ("b-d", "prompts/b-d.yaml", True),
        ("b/c", "prompts/b/c.yaml", True),
        ("old", "prompts/old.yml", False),
    ]


def test_links_are_listed_so_that_they_can_be_named_and_are_not_followed(
    worktree: Worktree, tmp_path: Path
) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/x.yaml").write_text("x")
    (tmp_path / "prompts/loop").symlink_to(".")
    (tmp_path / "prompts/folder").symlink_to("../elsewhere")
    (tmp_path / "prompts/file.yaml").symlink_to("../elsewhere/x.yaml")
    (tmp_path / "prompts/gone.yaml").symlink_to("nowhere")
    (tmp_path / "prompts/itself").symlink_to("itself")
    found = {file.path: file.is_prompt for file in worktree.prompt_files()}
    assert found == {
        "prompts/a.yaml": True,
        "prompts/file.yaml": True,
        "prompts/folder": False,
        "prompts/gone.yaml": True,
        "prompts/loop": False,
    }
    for name in ("file", "gone", "folder/x", "loop/a"):
        with pytest.raises(FileRefused, match="a link"):
            worktree.read_prompt(name)


def test_a_prompts_folder_that_is_a_link_or_missing(tmp_path: Path) -> None:
    assert list(Worktree(tmp_path, "prompts").prompt_files()) == []
    (tmp_path / "real").mkdir()
    write(tmp_path, "real/a.yaml")
    (tmp_path / "prompts").symlink_to("real")
    assert [file.is_prompt for file in Worktree(tmp_path, "prompts").prompt_files()] == [False]
    with pytest.raises(FileRefused, match="prompts is a link"):
        Worktree(tmp_path, "prompts").read_prompt("a")


def test_a_prompts_folder_below_a_link_is_not_listed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere/prompts").mkdir(parents=True)
    write(tmp_path, "elsewhere/prompts/a.yaml")
    (tmp_path / "team").symlink_to("elsewhere")
    (found,) = Worktree(tmp_path, "team/prompts").prompt_files()
    assert (found.path, found.is_prompt) == ("team/prompts", False)


def test_a_tree_too_deep_for_recursion_is_listed(worktree: Worktree) -> None:
    deepest = f"{worktree.root}/prompts"
    for _ in range(1100):
        deepest += "/d"
        os.mkdir(deepest)
    try:
        assert [file.path for file in worktree.prompt_files()] == ["prompts/a.yaml"]
    finally:  # nobody else can remove it: shutil walks by recursion
        for _ in range(1100):
            os.rmdir(deepest)
            deepest = deepest[:-2]


def make_pipe(path: Path) -> None:
    os.mkfifo(path)


def make_folder(path: Path) -> None:
    path.mkdir()


def make_link_to_device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def make_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        os.chdir(path.parent)
        listener.bind(path.name)


def make_huge(path: Path) -> None:
    with open(path, "wb") as file:
        file.truncate(1 << 40)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (make_pipe, "a pipe"),
        (make_folder, "a folder"),
        (make_link_to_device, "a link"),
        (make_socket, "a socket"),
        (make_huge, "larger than"),
    ],
)
def test_what_is_no_plain_file_is_refused_at_once(
    worktree: Worktree,
    make: Callable[[Path], None],
    words: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(worktree.root)
    make(worktree.root / "prompts/x.yaml")
    with pytest.raises(FileRefused, match=words):
        worktree.read_prompt("x")
    with pytest.raises(FileRefused, match=words):
        worktree.read_file("x.yaml")
    with pytest.raises(FileRefused, match=words):
        read_regular_file(worktree.root / "prompts/x.yaml")


@pytest.mark.parametrize(
    "path",
    [
        "../outside.txt",
        "/etc/passwd",
        "a.yaml/../../outside.txt",
        "./a.yaml",
        "_partials//tone.md",
        "",
        ".",
        "..",
        "a\0b",
        "_partials\\tone.md",
        "a.yaml/",
    ],
)
def test_a_path_that_is_not_plain_is_refused(worktree: Worktree, path: str) -> None:
    with pytest.raises(FileRefused):
        worktree.read_file(path)


def test_what_is_missing_is_missing(worktree: Worktree) -> None:
    for path in ("nope.md", "_partials/nope.md", "nope/x.md"):
        with pytest.raises(FileMissing, match=path):
            worktree.read_file(path)
    with pytest.raises(PromptNotFound):
        worktree.read_prompt("nope")
    with pytest.raises(FileRefused, match=r"a\.yaml is a file"):
        worktree.read_file("a.yaml/x.md")


@pytest.mark.parametrize(
    ("path", "hint"),
    [
        ("_partials/tonne.md", "did you mean `_partials/tone.md`?"),
        ("tone.md", "did you mean `_partials/tone.md`?"),
        ("_partials/xyz.md", None),
        ("_parts/tone.md", None),
    ],
)
def test_a_missing_file_is_told_from_its_neighbours(
    worktree: Worktree, path: str, hint: str | None
) -> None:
    with pytest.raises(FileMissing) as caught:
        worktree.read_file(path)
    assert caught.value.hint == hint


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is forbidden to root")
def test_what_may_not_be_read_says_so(worktree: Worktree) -> None:
    (worktree.root / "prompts/a.yaml").chmod(0)
    with pytest.raises(FileRefused, match="permission denied"):
        worktree.read_prompt("a")


def test_a_file_that_is_a_git_lfs_pointer_is_named(worktree: Worktree) -> None:
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"
    (worktree.root / "prompts/big.png").write_text(pointer)
    with pytest.raises(FileRefused, match="LFS pointer"):
        worktree.read_file("big.png")


def test_the_limit_counts_bytes_exactly(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"12345")
    assert read_file_below(tmp_path, "x", 5) == b"12345"
    with pytest.raises(FileRefused):
        read_file_below(tmp_path, "x", 4)


def test_no_descriptor_is_left_open(worktree: Worktree) -> None:
    os.mkfifo(worktree.root / "prompts/pipe.yaml")
    before = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0
    for _ in range(20):
        worktree.read_file("a.yaml")
        for path in ("pipe.yaml", "nope", "_partials", "a.yaml/x"):
            with pytest.raises((FileMissing, FileRefused)):
                worktree.read_file(path)
    if before:
        assert len(os.listdir("/proc/self/fd")) == before
