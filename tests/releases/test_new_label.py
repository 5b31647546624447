"""A label that nobody ever used: a new one is said, and one that looks like a slip does not get made."""

from __future__ import annotations

import contextlib
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

import promptctl
from promptctl import errors
from tests.conftest import GitRepository
from tests.releases.workplace import FILES, GREETING, clone, ok, run, tags

NEW = "production is a new label: no prompt ever had it\n"
SLIP = "error: no prompt ever had a label prodction\nhint: did you mean `production`?"


@pytest.fixture
def here(git_repository: GitRepository) -> GitRepository:
    git_repository.commit(FILES | {"prompts/other.yaml": GREETING})
    return git_repository


@pytest.fixture
def shared(here: GitRepository, bare_remote: GitRepository) -> GitRepository:
    here.git("push", "--quiet", "origin", "main")
    return here


def test_a_new_label_is_said_once(here: GitRepository) -> None:
    assert NEW in run(here.path, "publish", "greeting", "--label", "production").stderr
    assert "new label" not in run(here.path, "publish", "other", "--label", "production").stderr
    assert "new label" not in run(here.path, "publish", "--all").stderr


@pytest.mark.parametrize(
    "words",
    [
        ("publish", "greeting", "--label", "prodction"),
        ("publish", "--all", "--label", "prodction", "--yes"),
        ("publish", "greeting", "--label", "prodction", "--dry-run"),
        ("label", "other@1", "prodction"),
        ("label", "other@1", "prodction", "--no-push"),
    ],
)
def test_a_slip_is_refused_where_nobody_can_be_asked(
    shared: GitRepository, words: tuple[str, ...]
) -> None:
    ok(shared.path, "publish", "other", "--label", "production")
    before = tags(shared)
    done = run(shared.path, *words)
    assert (done.returncode, done.stdout) == (4, "")
    assert SLIP in done.stderr
    assert tags(shared) == before


def test_the_default_label_is_known_from_the_start(here: GitRepository) -> None:
    done = run(here.path, "publish", "greeting", "--label", "publshed")
    assert (done.returncode, tags(here)) == (4, {})
    assert "did you mean `published`?" in done.stderr


def test_ways_to_mean_it(here: GitRepository) -> None:
    ok(here.path, "publish", "greeting", "--label", "production")
    assert "prodction.1" in ok(here.path, "label", "greeting@1", "prodction", "--new-label")
    here.commit({"promptctl.yaml": "version: 1\nlabels:\n  productio: {}\n"})
    assert "productio.1" in ok(here.path, "publish", "greeting", "--label", "productio")


def test_a_label_that_only_the_remote_knows_is_no_slip(
    shared: GitRepository, bare_remote: GitRepository, tmp_path: Path
) -> None:
    second = clone(bare_remote.path, tmp_path / "second")
    ok(shared.path, "publish", "other", "--label", "qa1")
    ok(shared.path, "publish", "other", "--label", "qa2", "--new-label")
    shared.commit({"promptctl.yaml": "version: 1\nlabels:\n  qa1: {}\n"})
    shared.git("push", "--quiet", "origin", "main")
    second.git("pull", "--quiet", "--no-tags")
    done = run(second.path, "publish", "greeting", "--label", "qa2")
    assert (done.returncode, done.stdout) == (
        0,
        "greeting@v1  new\ngreeting@qa2.1  nothing → v1\n",
    )


def test_from_python(here: GitRepository) -> None:
    repository = promptctl.open_repository(here.path)
    repository.publish("greeting", label="production")
    with pytest.raises(errors.Refused, match="no prompt ever had a label prodction"):
        repository.publish("other", label="prodction")
    with pytest.raises(errors.Refused, match="no prompt ever had a label prodction"):
        repository.label("greeting@1", "prodction")
    (published,) = repository.publish("other", label="prodction", new_label=True)
    assert published.made


def asked(folder: Path, *words: str) -> str:
    """What a terminal shows whose user answers with Enter alone."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "promptctl", *words],
        cwd=folder,
        env=os.environ | {"COLUMNS": "200"},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    os.write(ours, b"\n\n")
    shown = bytearray()
    with contextlib.suppress(OSError):  # how a terminal says that nobody writes to it any more
        while chunk := os.read(ours, 1 << 16):
            shown += chunk
    os.close(ours)
    process.wait(timeout=60)
    return shown.decode()


def test_the_question_names_label_and_place(shared: GitRepository) -> None:
    shown = asked(shared.path, "publish", "greeting", "--label", "production")
    assert "Publish 1 of 1 as production at origin? [y/N]" in shown
    assert "Publish 1 of 1 as published in this clone?" in asked(
        shared.path, "publish", "greeting", "--no-push"
    )
    shown = asked(shared.path, "publish", "greeting", "--label", "publishd")
    assert "No prompt ever had a label publishd; did you mean published?" in shown
    assert tags(shared) == {}
    ok(shared.path, "publish", "greeting")
    shown = asked(shared.path, "label", "--delete", "greeting", "published")
    assert "Retire published of greeting at origin?" in shown
