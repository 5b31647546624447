"""Releases where something is in the way, has changed its name, or is far too large."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from promptctl.repo.git import Git
from promptctl.repo.recording import create_refs, locked
from tests.conftest import GitRepository
from tests.releases.workplace import BREAKING, FILES, GREETING, clone, edited, ok, run, tags

OLD = 1_767_258_000
SPACE = "refs/promptctl/remote/origin"


@pytest.fixture
def shared(git_repository: GitRepository, bare_remote: GitRepository) -> GitRepository:
    """A clone whose main is at the remote."""
    git_repository.commit(FILES)
    git_repository.git("push", "--quiet", "origin", "main")
    return git_repository


def push_edit(repository: GitRepository, words: str) -> None:
    repository.commit({"prompts/greeting.yaml": edited(words)})
    repository.git("push", "--quiet", "origin", "HEAD:main")


# --- locks -----------------------------------------------------------------------------------------


def _stale_tag(repository: GitRepository, remote: GitRepository) -> None:
    """A tag that the next fetch has to prune, which git does under packed-refs.lock."""
    remote.git("tag", "prompts/greeting@nothing", "main")
    ok(repository.path, "publish", "greeting")
    repository.git("pack-refs", "--all")
    remote.git("tag", "--delete", "prompts/greeting@nothing")


def test_a_lock_of_all_refs_is_cleared_once_no_git_can_hold_it(
    shared: GitRepository, bare_remote: GitRepository
) -> None:
    _stale_tag(shared, bare_remote)
    push_edit(shared, "Welcome")
    lock = shared.path / ".git/packed-refs.lock"
    lock.write_bytes(b"")
    done = run(shared.path, "publish", "greeting")
    assert done.returncode == 4, "a living git may hold it"
    assert "packed-refs.lock" in done.stderr
    assert lock.exists()
    os.utime(lock, (OLD, OLD))
    assert "greeting@v2" in ok(shared.path, "publish", "greeting")
    assert not lock.exists()


def test_a_lock_of_a_fetch_that_is_alive_stays(
    shared: GitRepository, bare_remote: GitRepository
) -> None:
    ok(shared.path, "publish", "greeting")
    push_edit(shared, "Welcome")
    lock = shared.path / f".git/{SPACE}/heads/main.lock"
    lock.write_bytes(b"")
    with (shared.path / ".git/promptctl/fetching").open("w") as mark:
        fcntl.flock(mark, fcntl.LOCK_SH)
        assert run(shared.path, "publish", "greeting").returncode == 4
        assert lock.exists()
    ok(shared.path, "publish", "greeting")
    assert not lock.exists()


def test_doctor_clears_every_lock_that_a_git_of_ours_may_have_left(shared: GitRepository) -> None:
    ok(shared.path, "publish", "greeting")
    names = ("packed-refs.lock", f"{SPACE}/heads/main.lock", "refs/tags/prompts/x@v1.lock")
    places = [shared.path / ".git" / name for name in names]
    for place in places:
        place.write_bytes(b"")
        os.utime(place, (OLD, OLD))
    done = run(shared.path, "doctor")
    assert done.returncode == 1
    assert all(name in done.stdout for name in names)
    assert "removed" in ok(shared.path, "doctor", "--fix")
    assert not any(place.exists() for place in places)


# --- names -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("where", ["here", "there"])
def test_a_tag_below_the_name_of_a_version_is_seen_before_anything_is_pushed(
    shared: GitRepository, bare_remote: GitRepository, where: str
) -> None:
    place = shared if where == "here" else bare_remote
    place.git("tag", "prompts/greeting@v1/x", "main")
    before = tags(bare_remote)
    done = run(shared.path, "publish", "greeting")
    assert done.returncode == 4
    assert "greeting@v1/x" in done.stderr.splitlines()[-2]
    assert "is in the way of prompts/greeting@v1\n" in done.stderr
    assert tags(bare_remote) == before
    command = done.stderr.partition("hint: ")[2]
    subprocess.run(["/bin/sh", "-ec", command], cwd=shared.path, check=True)
    ok(shared.path, "publish", "greeting")


def test_a_branch_that_becomes_a_folder_of_branches(
    shared: GitRepository, bare_remote: GitRepository
) -> None:
    for number, branch in enumerate(("rel", "rel/1", "rel")):
        shared.commit(
            {"promptctl.yaml": f"version: 1\nlabels: {{staging: {{branch: {branch}}}}}\n",
             "prompts/greeting.yaml": edited(f"Words {branch} {number}")}
        )  # fmt: skip
        for old in bare_remote.git("for-each-ref", "--format=%(refname)", "refs/heads/rel").split():
            bare_remote.git("update-ref", "-d", old)
        shared.git("push", "--quiet", "origin", "HEAD:main", f"HEAD:refs/heads/{branch}")
        ok(shared.path, "publish", "greeting", "--label", "staging")


def test_a_default_branch_that_was_renamed_or_changed_at_the_remote(
    shared: GitRepository, bare_remote: GitRepository, tmp_path: Path
) -> None:
    other = clone(bare_remote.path, tmp_path / "other")
    ok(other.path, "publish", "greeting")
    bare_remote.git("branch", "-m", "main", "trunk")
    other.commit({"prompts/greeting.yaml": edited("Welcome")})
    other.git("push", "--quiet", "origin", "HEAD:trunk")
    ok(other.path, "publish", "greeting")
    assert other.git("symbolic-ref", f"{SPACE}/HEAD") == f"{SPACE}/heads/trunk"
    # Another branch becomes the default one while the old one stays.
    other.commit({"prompts/greeting.yaml": edited("Salute")})
    other.git("push", "--quiet", "origin", "HEAD:next")
    assert run(other.path, "publish", "greeting").returncode == 4
    bare_remote.git("symbolic-ref", "HEAD", "refs/heads/next")
    ok(other.path, "publish", "greeting")


def test_the_remote_is_asked_for_its_head_once(shared: GitRepository, tmp_path: Path) -> None:
    """`ls-remote` makes it list all its refs."""
    ok(shared.path, "publish", "greeting")
    push_edit(shared, "Welcome")
    trace = tmp_path / "trace"
    trace.mkdir()
    shared.git("config", "--global", "trace2.eventTarget", str(trace))
    ok(shared.path, "publish", "greeting")
    events = [
        json.loads(line) for file in trace.iterdir() for line in file.read_text().splitlines()
    ]
    started = [e["argv"] for e in events if e["event"] == "start" and "/" not in e["sid"]]
    assert not any("ls-remote" in argv for argv in started)
    assert len(started) < 36, "processes of one publish"


# --- several at once -------------------------------------------------------------------------------


def _two_prompts(shared: GitRepository, remote: GitRepository, folder: Path) -> GitRepository:
    shared.commit({"prompts/other.yaml": GREETING})
    shared.git("push", "--quiet", "origin", "main")
    return clone(remote.path, folder)


def _race(
    here: GitRepository, winner: GitRepository, *argv: str
) -> subprocess.CompletedProcess[str]:
    """`publish --all --atomic` here, while somebody else publishes between its look and its push."""
    hook = here.path / ".git/hooks/pre-push"
    command = (
        f"unset GIT_DIR; cd {winner.path} && {sys.executable} -m promptctl publish {' '.join(argv)}"
    )
    hook.write_text(f"#!/bin/sh\nrm -f {hook}\n{command} >&2\n")
    hook.chmod(0o755)
    return run(here.path, "publish", "--all", "--atomic")


def test_all_at_once_against_a_winner_with_the_same_content(
    shared: GitRepository, bare_remote: GitRepository, tmp_path: Path
) -> None:
    other = _two_prompts(shared, bare_remote, tmp_path / "other")
    done = _race(shared, other, "greeting")
    assert done.returncode == 0, done.stderr
    assert "greeting: already published as v1 by Ada Lovelace" in done.stderr
    assert "other@v1" in done.stdout
    assert "greeting@v1" not in done.stdout
    assert tags(shared) == tags(bare_remote)
    assert len(tags(shared)) == 4


def test_all_at_once_against_a_winner_with_other_content(
    shared: GitRepository, bare_remote: GitRepository, tmp_path: Path
) -> None:
    other = _two_prompts(shared, bare_remote, tmp_path / "other")
    theirs = "echo '# theirs' >>prompts/other.yaml && git -c user.name=a -c user.email=a@x commit -qam theirs"
    publish_other = f"{sys.executable} -m promptctl publish other --label staging"
    done = _race(shared, other, f"greeting && {theirs} && {publish_other}")
    assert done.returncode == 4, done.stderr
    assert "released other" in done.stderr
    assert "prompts/other@published.1" not in tags(bare_remote)


# --- size ------------------------------------------------------------------------------------------


def test_a_huge_tag_in_our_name_space_costs_no_memory(
    git_repository: GitRepository, tmp_path: Path
) -> None:
    git_repository.commit(FILES)
    ok(git_repository.path, "publish", "greeting")
    huge = tmp_path / "huge"
    head = f"object {git_repository.head}\ntype commit\ntag prompts/greeting@v2\n"
    with huge.open("wb") as file:
        file.write(f"{head}tagger a <a@x> 1767258000 +0000\n\n".encode())
        for _ in range(150):
            file.write(b"x" * (1 << 20))
    oid = git_repository.git("hash-object", "-t", "tag", "-w", str(huge))
    git_repository.git("update-ref", "refs/tags/prompts/greeting@v2", oid)
    script = (
        "import resource, subprocess, sys\n"
        "code = subprocess.run([sys.executable, '-m', 'promptctl', *sys.argv[1:]]).returncode\n"
        "print('peak', resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=sys.stderr)\n"
        "sys.exit(code)\n"
    )
    for command, expected in (("log", 0), ("verify", 1), ("list", 0)):
        done = subprocess.run(
            [sys.executable, "-c", script, command, *(["greeting"] if command == "log" else [])],
            cwd=git_repository.path, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == expected, done.stderr
        peak = int(done.stderr.rpartition("peak ")[2])
        assert peak < 120_000, f"{command} took {peak:,} kB"
        if command == "verify":
            assert "prompts/greeting@v2: it is no record: it is larger than 65,536" in done.stdout


def test_a_git_before_2_36_reads_objects_too(git_repository: GitRepository, tmp_path: Path) -> None:
    git_repository.commit(FILES)
    ok(git_repository.path, "publish", "greeting")
    real = shutil.which("git")
    old = tmp_path / "bin/git"
    old.parent.mkdir()
    old.write_text(
        f'#!/bin/sh\ncase " $* " in *" --batch-command"*) exit 129 ;; esac\nexec {real} "$@"\n'
    )
    old.chmod(0o755)
    env = {"PATH": f"{old.parent}:{os.environ['PATH']}"}
    expected = ok(git_repository.path, "log", "greeting")
    assert "v1" in expected
    assert ok(git_repository.path, "log", "greeting", env=env) == expected
    assert ok(git_repository.path, "show", "--raw", "greeting@1", env=env) == GREETING
    done = run(git_repository.path, "show", "greeting@2", env=env)
    assert done.returncode == 3, done.stderr


def test_more_refs_than_a_command_line_holds(git_repository: GitRepository) -> None:
    git_repository.commit(FILES)
    head, common = git_repository.head, git_repository.path / ".git"
    git = Git(git_repository.path, dict(os.environ))
    refs = {f"refs/tags/prompts/{'long-' * 20}p{n}@v1": head for n in range(25_000)}
    with locked(common, print) as lock:
        assert create_refs(git, lock, refs, elsewhere=True)
        assert create_refs(git, lock, refs, elsewhere=True), "they are there as they should be"
        other = git_repository.git("rev-parse", "HEAD^{tree}")
        assert not create_refs(git, lock, dict.fromkeys(refs, other), elsewhere=True)


# --- signing, links, names, refusals ---------------------------------------------------------------


def test_signing_knows_the_settings_of_the_worktree(
    git_repository: GitRepository, tmp_path: Path
) -> None:
    git_repository.commit(FILES)
    key = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    git_repository.git("worktree", "add", "--quiet", str(tmp_path / "second"))
    second = GitRepository.__new__(GitRepository)
    second.path, second._clock = tmp_path / "second", OLD
    git_repository.git("config", "extensions.worktreeConfig", "true")
    second.git("config", "--worktree", "gpg.format", "ssh")
    second.git("config", "--worktree", "user.signingKey", str(key))
    assert run(git_repository.path, "publish", "greeting", "--sign").returncode == 4
    ok(second.path, "publish", "greeting", "--sign")
    raw = second.git("cat-file", "tag", "refs/tags/prompts/greeting@v1")
    assert "BEGIN SSH SIGNATURE" in raw


@pytest.mark.parametrize("folder", ["prompts", "deep/prompts"])
def test_a_prompts_folder_that_is_a_link_is_named(
    git_repository: GitRepository, folder: str
) -> None:
    link = git_repository.path / folder.split("/")[0]
    git_repository.write("elsewhere/greeting.yaml", GREETING)
    git_repository.write("elsewhere/prompts/greeting.yaml", GREETING)
    link.symlink_to("elsewhere")
    git_repository.commit({"promptctl.yaml": f"version: 1\nprompts_dir: {folder}\n"})
    for what in ("--all", "greeting"):
        done = run(git_repository.path, "publish", what)
        assert done.returncode == 1, done.stderr
        assert f"{link.name} is no folder in git but a link" in done.stderr
    assert tags(git_repository) == {}


def test_publishing_all_of_nothing_says_so(git_repository: GitRepository) -> None:
    git_repository.commit({"promptctl.yaml": "version: 1\n"})
    done = run(git_repository.path, "publish", "--all")
    assert (done.returncode, "HEAD has no prompts in prompts/" in done.stderr) == (3, True)


def test_a_renamed_prompt_is_compared_with_its_old_self(
    shared: GitRepository, bare_remote: GitRepository, tmp_path: Path
) -> None:
    ok(shared.path, "publish", "greeting")
    other = clone(bare_remote.path, tmp_path / "other", "--no-tags")
    ok(other.path, "mv", "greeting", "welcome")
    other.commit({"prompts/welcome.yaml": BREAKING})
    other.git("push", "--quiet", "origin", "main")
    done = run(other.path, "publish", "welcome")
    assert done.returncode == 4
    assert "welcome breaks callers of greeting@published (v1)" in done.stderr
    made = ok(other.path, "publish", "welcome", "--allow-breaking")
    assert made == "welcome@v1  breaking\nwelcome@published.1  nothing → v1\n"
    assert ok(other.path, "verify") == ""
    other.commit({"prompts/welcome.yaml": BREAKING.replace("Greet", "Hail")})
    other.git("push", "--quiet", "origin", "main")
    assert "welcome@v2  behaviour" in ok(other.path, "publish", "welcome")


def test_a_renamed_prompt_with_the_same_text(git_repository: GitRepository) -> None:
    git_repository.commit(FILES)
    ok(git_repository.path, "publish", "greeting")
    ok(git_repository.path, "mv", "greeting", "welcome")
    git_repository.commit()
    assert "welcome@v1  cosmetic" in ok(git_repository.path, "publish", "welcome")


def test_a_version_of_an_unmerged_branch_is_named_with_its_label(
    git_repository: GitRepository,
) -> None:
    git_repository.commit(FILES)
    ok(git_repository.path, "publish", "greeting")
    git_repository.git("switch", "--quiet", "--create", "idea")
    commit = git_repository.commit({"prompts/greeting.yaml": edited("Idea")})
    ok(git_repository.path, "publish", "greeting", "--label", "staging")
    git_repository.git("switch", "--quiet", "main")
    git_repository.commit({"prompts/greeting.yaml": edited("Welcome")})
    done = run(git_repository.path, "publish", "greeting")
    assert done.returncode == 4
    assert f"greeting v2 (staging) was made from commit {commit[:10]}" in done.stderr
    assert f"git merge {commit[:10]}" in done.stderr
    assert "--allow-older makes v3" in done.stderr
    ok(git_repository.path, "publish", "greeting", "--allow-older")


def test_a_retired_label_is_left_to_whoever_retired_it(git_repository: GitRepository) -> None:
    git_repository.commit(FILES)
    ok(git_repository.path, "publish", "greeting")
    ok(git_repository.path, "label", "--delete", "greeting", "published")
    before = tags(git_repository)
    done = run(git_repository.path, "publish", "--all")
    assert (done.returncode, done.stdout, tags(git_repository)) == (0, "", before)
    assert "published was retired by Ada Lovelace" in done.stderr
    assert "to reinstate it: promptctl label greeting@1 published" in done.stderr
