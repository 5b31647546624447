"""Releases from clones that hold less than others: partial ones, sparse ones, with links in them."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from promptctl import publish
from promptctl.errors import Refused
from promptctl.operations import record_making
from promptctl.repo.git import Git
from promptctl.repo.inspection import kinds_of
from tests.conftest import GitRepository
from tests.releases.workplace import BREAKING, FILES, GREETING, clone, edited, ok, run, tags


@pytest.fixture
def shared(git_repository: GitRepository, bare_remote: GitRepository) -> GitRepository:
    """A clone whose main is at the remote, with a first version."""
    git_repository.commit(FILES)
    git_repository.git("push", "--quiet", "origin", "main")
    ok(git_repository.path, "publish", "greeting")
    return git_repository


def test_a_break_does_not_pass_unseen_in_a_partial_clone(
    shared: GitRepository, bare_remote: GitRepository, tmp_path: Path
) -> None:
    """The text of the version that callers have is not there: so nobody can say what they lose."""
    bare_remote.git("config", "uploadpack.allowFilter", "true")
    shared.commit({"prompts/greeting.yaml": BREAKING})
    shared.git("push", "--quiet", "origin", "main")
    partial = clone(bare_remote.path, tmp_path / "partial", "--filter=blob:none")
    for options in ((), ("--allow-breaking",)):
        done = run(partial.path, "publish", "greeting", *options)
        assert (done.returncode, tags(partial)) == (74, tags(bare_remote)), done.stderr
        assert "git fetch --refetch --no-filter" in done.stderr
    partial.git("fetch", "--quiet", "--refetch", "--no-filter", "origin")
    done = run(partial.path, "publish", "greeting")
    assert (done.returncode, "breaks callers of published" in done.stderr) == (4, True)
    assert "breaking" in ok(partial.path, "publish", "greeting", "--allow-breaking")


def test_a_version_that_nobody_can_read_is_no_reason_to_pass(git_repository: GitRepository) -> None:
    """A tag of another tool, say; rollback, which takes a bad release back, asks nothing."""
    git_repository.commit(FILES)
    ok(git_repository.path, "publish", "greeting")
    git_repository.commit({"prompts/greeting.yaml": "[not, a, prompt]\n"})
    raw = git_repository.git("cat-file", "tag", "refs/tags/prompts/greeting@v1")
    first = raw.splitlines()[0].split()[1]
    lines = raw.replace(first, git_repository.head).replace("greeting@v1", "greeting@v2")
    lines = lines.replace("Version: 1", "Version: 2").replace("Previous: none", "Previous: 1")
    oid = git_repository.git("mktag", stdin=f"{lines}\n").strip()
    git_repository.git("update-ref", "refs/tags/prompts/greeting@v2", oid)
    done = run(git_repository.path, "label", "greeting@2", "published")
    assert (done.returncode, "greeting@v2 cannot be read here" in done.stderr) == (4, True)
    ok(git_repository.path, "label", "greeting@2", "published", "--allow-breaking")
    git_repository.commit({"prompts/greeting.yaml": edited("Hi")})
    done = run(git_repository.path, "publish", "greeting")
    assert (done.returncode, "greeting@v2 cannot be read here" in done.stderr) == (4, True)
    ok(git_repository.path, *("rollback", "greeting", "-m", "unreadable"))
    assert ok(git_repository.path, "publish", "greeting").splitlines()[1].endswith("v1 → v3")


def test_a_sparse_checkout_lacks_nothing(
    shared: GitRepository, bare_remote: GitRepository, tmp_path: Path
) -> None:
    sparse = clone(bare_remote.path, tmp_path / "sparse")
    sparse.git("sparse-checkout", "set", "--no-cone", "/promptctl.yaml")
    assert not (sparse.path / "prompts").exists()
    assert ok(sparse.path, "status") == "greeting  up to date  v1 published:v1\n"
    assert "greeting@staging.1" in ok(sparse.path, "publish", "greeting", "--label", "staging")
    sparse.git("sparse-checkout", "disable")
    (sparse.path / "prompts/greeting.yaml").unlink()
    assert "deleted" in ok(sparse.path, "status")
    assert run(sparse.path, "publish", "greeting").returncode == 4


def test_a_linked_folder_is_named(git_repository: GitRepository) -> None:
    git_repository.write("elsewhere/welcome.yaml", GREETING)
    git_repository.write("prompts/_partials/x.md", "x")
    (git_repository.path / "prompts/linked").symlink_to("../elsewhere")
    (git_repository.path / "prompts/README.md").symlink_to("../elsewhere")
    (git_repository.path / "prompts/_shared").symlink_to("../elsewhere")
    git_repository.commit(FILES)
    done = run(git_repository.path, "publish", "--all")
    assert (done.returncode, done.stdout.splitlines()[0]) == (0, "greeting@v1  new")
    notes = [line for line in done.stderr.splitlines() if "is a link in git" in line]
    assert notes == ["prompts/linked is a link in git: nothing below it is published"]


def test_the_way_back_to_a_retired_label(git_repository: GitRepository) -> None:
    """What named nothing before is retired again; a rollback only goes to versions."""
    git_repository.commit(FILES)
    retire = "promptctl label --delete greeting published"
    ok(git_repository.path, "publish", "greeting")
    for number, command in enumerate(
        (("label", "greeting@1", "published"), ("publish", "greeting")), 2
    ):
        ok(git_repository.path, "label", "--delete", "greeting", "published")
        if command[0] == "publish":
            git_repository.commit({"prompts/greeting.yaml": edited(f"Words {number}")})
        done = run(git_repository.path, *command)
        assert f"undo: {retire}\n" in done.stderr, done.stderr
    ok(git_repository.path, *retire.split()[1:])


def test_all_at_once_is_refused_before_the_system_refuses_it(
    shared: GitRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared.commit({f"prompts/p{n}.yaml": GREETING for n in range(4)})
    shared.git("push", "--quiet", "origin", "main")
    monkeypatch.setattr(record_making, "_MAX_LINE", 800)
    before = tags(shared)
    with pytest.raises(Refused, match="8 tags are more than one push can hold"):
        publish(shared.path, "p*", atomic=True)
    assert tags(shared) == before
    publish(shared.path, "p*")


def test_a_git_that_names_submodules(git_repository: GitRepository, tmp_path: Path) -> None:
    """Git from 2.51 on answers `submodule` where others say `missing`."""
    git_repository.commit(FILES)
    git_repository.git("update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},prompts/sub")
    git_repository.git("commit", "--quiet", "-m", "sub")
    real = shutil.which("git")
    script = tmp_path / "bin/git"
    script.parent.mkdir()
    script.write_text(f"#!/bin/sh\n{real} \"$@\" | sed -u 's/ missing$/ submodule/'\n")
    script.chmod(0o755)
    environ = dict(os.environ) | {"PATH": f"{script.parent}:{os.environ['PATH']}"}
    names = ["HEAD:prompts/sub", "HEAD:prompts/greeting.yaml"]
    assert list(kinds_of(Git(git_repository.path, environ), names)) == names[1:]
