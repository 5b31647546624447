"""`promptctl validate --fix`: what is written, what is not, and what it says."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

from promptctl.errors import FileRefused, Refused
from promptctl.files import replace_file_below
from tests.conftest import GitRepository, RunCli

HEAD = b"provider: openai\nmodel: gpt-6-luna\n"
BLANKS = HEAD + b"template: |\r\n  Hello \r\n  # not a comment\t\r\n# a comment \r\n"
MENDED = HEAD + b"template: |\r\n  Hello\r\n  # not a comment\r\n# a comment \r\n"


@pytest.fixture
def repository(git_repository: GitRepository) -> GitRepository:
    git_repository.commit({"promptctl.yaml": "version: 1\n", "prompts/fine.yaml": HEAD.decode()})
    place = git_repository.path / "prompts/blanks.yaml"
    place.write_bytes(BLANKS)
    place.chmod(0o640)
    (git_repository.path / "prompts/fine.yaml").write_bytes(HEAD + b"template: Hello\n")
    return git_repository


def test_what_can_be_mended_is_mended_and_the_rest_is_shown(
    repository: GitRepository, run_cli: RunCli
) -> None:
    repository.write("prompts/broken.yaml", HEAD.decode() + "template: 'Hi {{ you }} '\n")
    result = run_cli(["validate", "--fix"], cwd=repository.path)
    assert result.exit_code == 1
    assert "[variable-undeclared]" in result.stdout
    assert "trailing-space" not in result.stdout
    assert result.stderr == "fixed 3 places in 2 files\n1 error in 1 file\n"
    place = repository.path / "prompts/blanks.yaml"
    assert place.read_bytes() == MENDED
    assert stat.S_IMODE(place.stat().st_mode) == 0o640
    assert sorted(os.listdir(repository.path / "prompts")) == [
        *("blanks.yaml", "broken.yaml", "fine.yaml"),
    ]


def test_what_needs_nothing_is_not_written(repository: GitRepository, run_cli: RunCli) -> None:
    place = repository.path / "prompts/fine.yaml"
    before = place.stat()
    result = run_cli(["validate", "--fix", "fine"], cwd=repository.path)
    assert (result.exit_code, result.stderr.splitlines()[0]) == (0, "nothing to fix")
    assert place.stat().st_mtime_ns == before.st_mtime_ns
    assert place.stat().st_ino == before.st_ino
    assert (repository.path / "prompts/blanks.yaml").read_bytes() == BLANKS


def test_a_rule_that_is_off_or_ignored_changes_nothing(
    repository: GitRepository, run_cli: RunCli
) -> None:
    repository.write("promptctl.yaml", "version: 1\nrules: {trailing-space: off}\n")
    result = run_cli(["validate", "--fix", "--format", "json"], cwd=repository.path)
    assert (result.exit_code, result.stderr.splitlines()[0]) == (0, "nothing to fix")
    assert json.loads(result.stdout)["findings"] == []
    assert (repository.path / "prompts/blanks.yaml").read_bytes() == BLANKS


def test_a_link_is_followed_neither_to_a_file_nor_through_a_folder(
    repository: GitRepository, run_cli: RunCli, tmp_path: Path
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "a.yaml").write_bytes(BLANKS)
    (repository.path / "prompts/link.yaml").symlink_to(outside / "a.yaml")
    (repository.path / "prompts/folder").symlink_to(outside)
    result = run_cli(["validate", "--fix"], cwd=repository.path)
    assert result.exit_code == 1
    assert "fixed 2 places in 1 file" in result.stderr
    assert (outside / "a.yaml").read_bytes() == BLANKS
    assert (repository.path / "prompts/link.yaml").is_symlink()


def test_only_the_bytes_that_were_looked_at_are_replaced(tmp_path: Path) -> None:
    place = tmp_path / "a/b.yaml"
    place.parent.mkdir()
    place.write_bytes(b"new")
    with pytest.raises(Refused, match="has changed meanwhile"):
        replace_file_below(tmp_path, "a/b.yaml", b"old", b"mended")
    assert place.read_bytes() == b"new"
    replace_file_below(tmp_path, "a/b.yaml", b"new", b"mended")
    assert place.read_bytes() == b"mended"
    (tmp_path / "link").symlink_to("a")
    with pytest.raises(FileRefused):
        replace_file_below(tmp_path, "link/b.yaml", b"mended", b"x")
    assert os.listdir(place.parent) == ["b.yaml"]


def test_a_folder_that_cannot_be_written_is_a_clear_error(
    repository: GitRepository, run_cli: RunCli, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = repository.path / "prompts"
    monkeypatch.setattr(os, "urandom", bytes)
    (folder / f".{'00' * 8}.new").mkdir()  # in the draft's place
    result = run_cli(["validate", "--fix"], cwd=repository.path)
    assert result.exit_code == 74
    assert result.stderr.startswith("error: cannot write prompts/blanks.yaml: File exists")
    assert (folder / "blanks.yaml").read_bytes() == BLANKS


def test_the_longest_name_that_a_file_can_have_can_be_replaced(tmp_path: Path) -> None:
    place = tmp_path / ("n" * 250 + ".yaml")
    place.write_bytes(b"old")
    replace_file_below(tmp_path, place.name, b"old", b"mended")
    assert place.read_bytes() == b"mended"


def test_an_interrupted_change_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "a.yaml"
    place.write_bytes(b"old")

    def interrupt(descriptor: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        replace_file_below(tmp_path, "a.yaml", b"old", b"mended")
    assert os.listdir(tmp_path) == ["a.yaml"]
    assert place.read_bytes() == b"old"
