"""docs/releases.md is true: its hook guards a real bare repository, its recipes run with plain git."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from promptctl.core.record import parse_record
from tests.conftest import CHECKOUT, GitRepository, RunCli

PAGE = (CHECKOUT / "docs/releases.md").read_text(encoding="utf-8")
BLOCKS: Mapping[str, str] = dict(
    re.findall(r"<!-- run by tests/git/test_update_hook.py: (\w+) -->\n```sh\n(.*?)```", PAGE, re.S)
)
PREFIX = "refs/tags/prompts"


def message(version: int, *more: str, kind: str = "version", name: str = "greeting") -> str:
    """The message of a record, with every trailer."""
    trailers = [f"Promptctl-Record: {kind}", "Format: 1", f"Name: {name}", *more]
    trailers += [
        f"Version: {version}",
        f"Previous: {version - 1 or 'none'}",
        f"Path: prompts/{name}.yaml",
        f"Content: sha256:{'0' * 64}",
        "Effect: new",
        "Actor: Ada Lovelace <ada@example.com>",
        f"Id: {'5b' * 16}",
    ]
    return f"{name} v{version}\n\nVersion: 99, said the lawyer.\n\n" + "\n".join(trailers) + "\n"


def make_tag(repository: GitRepository, name: str, text: str, ref: str | None = None) -> str:
    """A tag made by hand, with `git mktag`."""
    head = f"object {repository.head}\ntype commit\ntag prompts/{name}\n"
    tagger = "tagger Ada Lovelace <ada@example.com> 1767258000 +0000\n"
    oid = repository.git("mktag", stdin=f"{head}{tagger}\n{text}")
    repository.git("update-ref", f"{PREFIX}/{ref or name}", oid)
    return oid


@pytest.fixture
def released(git_repository: GitRepository, bare_remote: GitRepository) -> GitRepository:
    """Three versions, two moves of `published` and one of a label like a version; all pushed."""
    for version in (1, 2, 3):
        files = {
            "prompts/greeting.yaml": f"description: {version}\n",
            "prompts/_partials/tone.md": "Be kind.\n",
        }
        git_repository.commit(files)
        make_tag(git_repository, f"greeting@v{version}", message(version))
        # Ten moves: as words, published.9 would come behind published.10.
        for move in range(3 * version - 2, 3 * version + 2):
            said = message(version, "Label: published", kind="publish")
            make_tag(git_repository, f"greeting@published.{move}", said)
    make_tag(git_repository, "support/triage@v1", message(1, name="support/triage"))
    git_repository.git("push", "--quiet", "origin", "main", f"{PREFIX}/*:{PREFIX}/*")
    return git_repository


def run(repository: GitRepository, block: str) -> str:
    """What a block of the page prints, in a plain shell."""
    done = subprocess.run(
        ["sh", "-eu", "-c", BLOCKS[block]], cwd=repository.path, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


def test_every_block_of_the_page_is_run() -> None:
    assert set(BLOCKS) == {"content", "reading", "checking", "signature", "accepting", "hook"}
    assert PAGE.count("```sh\n") == len(BLOCKS)


def test_the_message_of_the_page_is_a_record() -> None:
    text = re.findall(r"```text\n(Publish .*?)```", PAGE, re.S)[0]
    head = f"object {'1' * 40}\ntype commit\ntag prompts/greeting@published.4\ntagger Ada <a> 1 +0000\n"
    record = parse_record(f"{head}\n{text}".encode(), "prompts/greeting@published.4", "prompts/")
    assert (record.kind, record.version, record.previous) == ("publish", 3, 2)
    assert record.message == "Shorter, as legal asked."


# --- the recipes -----------------------------------------------------------------------------------


@pytest.mark.skipif(shutil.which("sha256sum") is None, reason="macOS has shasum instead")
def test_the_content_of_a_version_is_what_the_page_computes(released: GitRepository) -> None:
    blobs = {
        path: released.git("rev-parse", f"HEAD:prompts/{path}")
        for path in ("greeting.yaml", "_partials/tone.md")
    }
    lines = f"file\0_partials/tone.md\0{blobs['_partials/tone.md']}\n"
    lines += f"prompt\0\0{blobs['greeting.yaml']}\n"
    expected = hashlib.sha256(lines.encode()).hexdigest()
    assert run(released, "content").split()[0] == expected


def test_releases_are_read_with_plain_git(released: GitRepository) -> None:
    make_tag(released, "greeting@vip.7", message(1, "Label: vip", kind="label"))
    lines = run(released, "reading").splitlines()
    assert [line.split()[0] for line in lines[:3]] == [
        f"prompts/greeting@v{version}" for version in (1, 2, 3)
    ]
    assert lines[3] == "3", "published.10 is in force"
    assert "Actor: Ada Lovelace <ada@example.com>" in lines
    assert "description: 3" in lines
    assert lines[-2:] == ["-description: 2", "+description: 3"]


def test_nothing_is_printed_while_all_is_well(released: GitRepository) -> None:
    released.git("fetch", "--quiet")
    assert run(released, "checking") == ""


def test_what_was_moved_or_deleted_is_accepted(
    released: GitRepository, bare_remote: GitRepository, run_cli: RunCli
) -> None:
    def found() -> list[str]:
        done = run_cli(["verify", "--format", "json"], cwd=released.path)
        return [
            p["id"] for p in json.loads(done.stdout)["problems"] if p["id"] in ("moved", "gone")
        ]

    tag = f"{PREFIX}/greeting@v3"
    oid = released.git("rev-parse", tag)
    assert found() == []
    released.git("update-ref", "-d", tag)
    bare_remote.git("update-ref", tag, bare_remote.git("rev-parse", f"{PREFIX}/greeting@v2"))
    assert found() == found() == ["moved"]
    bare_remote.git("update-ref", "-d", tag)
    assert found() == found() == ["gone"]
    assert released.git("rev-parse", f"refs/promptctl/remote/origin/gone/{tag[10:]}") == oid
    run(released, "accepting")
    assert found() == []


def test_what_moved_or_does_not_fit_is_printed(released: GitRepository) -> None:
    released.git("fetch", "--quiet")
    there = released.git("rev-parse", f"{PREFIX}/support/triage@v1")
    here = make_tag(released, "support/triage@v1", message(1, name="support/triage") + "X: y\n")
    make_tag(released, "greeting@v2", message(2), ref="greeting@v4")
    released.commit({"a": "not merged"})
    make_tag(released, "greeting@v5", message(5))
    lines = run(released, "checking").splitlines()
    assert f"{here}\t{PREFIX}/support/triage@v1" in lines
    assert f"\t{there}\t{PREFIX}/support/triage@v1" in lines
    assert "prompts/greeting@v4 prompts/greeting@v2" in lines
    assert lines[-1] == "prompts/greeting@v5"


@pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="ssh-keygen is not installed")
def test_a_signature_is_verified_against_the_main_branch(
    released: GitRepository, tmp_path: Path
) -> None:
    for name in ("ada", "eve"):
        key = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / name)]
        subprocess.run(key, check=True)
    public = (tmp_path / "ada.pub").read_text()
    released.commit({".promptctl/allowed_signers": f"ada@example.com {public}"})
    released.git("push", "--quiet", "origin", "main")

    def sign(name: str) -> None:
        key = ["-c", "gpg.format=ssh", "-c", f"user.signingKey={tmp_path / name}.pub"]
        tag = ["tag", "--force", "--sign", "--cleanup=verbatim", "--file=-"]
        released.git(*key, *tag, "prompts/greeting@v3", stdin=message(3))

    sign("ada")
    run(released, "signature")
    content = released.git("cat-file", "tag", f"{PREFIX}/greeting@v3")
    record = parse_record(f"{content}\n".encode(), "prompts/greeting@v3", "prompts/")
    assert (record.is_signed, record.version) == (True, 3)
    sign("eve")
    with pytest.raises(AssertionError):
        run(released, "signature")


# --- the hook --------------------------------------------------------------------------------------


def install_hook(remote: GitRepository) -> None:
    hook = remote.path / "hooks/update"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(BLOCKS["hook"])
    hook.chmod(0o755)


def push(repository: GitRepository, *arguments: str) -> tuple[int, str]:
    done = subprocess.run(
        ["git", "push", "--porcelain", "origin", *arguments],
        cwd=repository.path,
        capture_output=True,
        env=dict(os.environ) | {"LC_ALL": "C"},
        check=False,
    )
    return done.returncode, (done.stdout + done.stderr).decode()


def refs(repository: GitRepository) -> str:
    return repository.git("for-each-ref")


def test_the_hook_lets_releases_be_created(
    released: GitRepository, bare_remote: GitRepository
) -> None:
    install_hook(bare_remote)
    oid = make_tag(released, "support/triage@v2", message(2, name="support/triage"))
    code, said = push(released, f"{oid}:{PREFIX}/support/triage@v2")
    assert code == 0, said
    assert bare_remote.git("rev-parse", f"{PREFIX}/support/triage@v2") == oid
    assert push(released, f"{oid}:{PREFIX}/support/triage@v2")[0] == 0, "the same again is no move"


@pytest.mark.parametrize("name", ["greeting@v3", "greeting@published.10", "support/triage@v1"])
def test_the_hook_refuses_to_move_or_delete_a_release(
    released: GitRepository, bare_remote: GitRepository, name: str
) -> None:
    install_hook(bare_remote)
    before = refs(bare_remote)
    other = released.commit({"a": "b"})
    tag = f"{PREFIX}/{name}"
    for arguments in (["--force", f"{other}:{tag}"], ["--delete", tag], [f":{tag}"]):
        code, said = push(released, *arguments)
        assert code == 1
        assert "is a release: it is never moved or deleted" in said
    assert refs(bare_remote) == before


def test_with_the_hook_other_tags_and_branches_are_free(
    released: GitRepository, bare_remote: GitRepository
) -> None:
    install_hook(bare_remote)
    first, second = released.head, released.commit({"a": "b"})
    for ref in ("refs/tags/v1.0", "refs/tags/promptsx", "refs/heads/prompts/x"):
        for arguments in ([f"{first}:{ref}"], ["--force", f"{second}:{ref}"], [f":{ref}"]):
            code, said = push(released, *arguments)
            assert code == 0, said


def test_the_settings_of_git_do_not_guard_tags(
    released: GitRepository, bare_remote: GitRepository
) -> None:
    """The reason for the hook, as the page says it."""
    bare_remote.git("config", "receive.denyNonFastForwards", "true")
    bare_remote.git("config", "receive.denyDeletes", "true")
    tag = f"{PREFIX}/greeting@v3"
    assert push(released, "--force", f"HEAD~1:{tag}")[0] == 0
    assert push(released, f":{tag}")[0] == 0


def test_the_hook_in_a_sha256_repository(tmp_path: Path) -> None:
    remote = GitRepository(tmp_path / "remote.git", "--bare", "--object-format=sha256")
    repository = GitRepository(tmp_path / "sha256", "--object-format=sha256")
    repository.git("remote", "add", "origin", str(remote.path))
    repository.commit({"a": "b"})
    install_hook(remote)
    assert push(repository, f"HEAD:{PREFIX}/greeting@v1")[0] == 0
    assert push(repository, f":{PREFIX}/greeting@v1")[0] == 1
