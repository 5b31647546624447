"""Killed at every step: what is there is whole, and the same command run again finishes the work.

Git is wrapped by a script that kills at its Nth call, before it or after it: the process, its group, or
git itself. The sweep goes on until the operation ends unharmed, as SQLite's crash tests do.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import pytest

from promptctl.core.record import parse_record
from tests.conftest import GitRepository
from tests.releases.workplace import FILES, clone, edited, ok, run, tags

Victim = Literal["promptctl", "git", "both"]
MAX_STEPS = 60

WRAPPER = """\
#!{python}
import os, signal, sys, time
room, git = {room!r}, {git!r}
if os.environ["KILL_COUNTS"] != "all" and not {{*os.environ["KILL_COUNTS"].split()}} & {{*sys.argv}}:
    os.execv(git, [git, *sys.argv[1:]])
with open(room + "/count", "a+") as file:
    file.write("x")
    file.flush()
    step = os.fstat(file.fileno()).st_size
when, victim = os.environ["KILL_WHEN"], os.environ["KILL_VICTIM"]
hit = step == int(os.environ["KILL_STEP"])

def strike():
    if victim in ("promptctl", "both"):
        os.kill(os.getppid(), signal.SIGKILL)
    if victim in ("git", "both"):
        os.kill(os.getpid(), signal.SIGKILL)

if hit and when == "before":
    strike()
    if victim == "promptctl":
        os._exit(0)
if not (hit and when == "after"):
    os.execv(git, [git, *sys.argv[1:]])
import subprocess
code = subprocess.call([git, *sys.argv[1:]])
strike()
os._exit(code)
"""


@pytest.fixture
def wrapped(tmp_path: Path) -> Path:
    """A folder for PATH whose git kills when it is told to."""
    room = tmp_path / "wrapper"
    room.mkdir()
    (git,) = [
        place for folder in os.environ["PATH"].split(":")
        if os.access(place := f"{folder}/git", os.X_OK) and os.path.isfile(place)
    ][:1]  # fmt: skip
    script = room / "git"
    script.write_text(WRAPPER.format(python=sys.executable, room=str(room), git=git))
    script.chmod(0o755)
    return room


WRITING = "fetch mktag push update-ref"
"""The calls of git that write something: these make a short sweep, all calls a long one."""


def killed_at(
    wrapped: Path, step: int, when: str, victim: Victim, counts: str
) -> Mapping[str, str]:
    (wrapped / "count").write_text("")
    return {
        "PATH": f"{wrapped}:{os.environ['PATH']}",
        "KILL_STEP": str(step), "KILL_WHEN": when, "KILL_VICTIM": victim,
        "KILL_COUNTS": counts,
    }  # fmt: skip


def check_whole(repository: GitRepository) -> None:
    """Every tag is a complete record, every label names a version that is there, git is content."""
    there = tags(repository)
    for tag in there:
        raw = repository.git("cat-file", "tag", f"refs/tags/{tag}") + "\n"
        record = parse_record(raw.encode(), tag, "prompts/")
        assert f"prompts/{record.name}@v{record.version}" in there
    repository.git("fsck", "--strict", "--no-dangling")


def check_finished(here: GitRepository, remote: GitRepository, versions: int) -> None:
    check_whole(here)
    check_whole(remote)
    assert tags(here) == tags(remote)
    made = {tag for tag in tags(here) if tag.startswith("prompts/greeting@v")}
    assert made == {f"prompts/greeting@v{n + 1}" for n in range(versions)}
    assert f"prompts/greeting@published.{versions}" in tags(here)
    locks = list((here.path / ".git/refs").rglob("*.lock"))
    assert locks == []


@pytest.mark.slow
@pytest.mark.parametrize(
    "counts", [pytest.param(WRITING, id="writing"), pytest.param("all", marks=pytest.mark.full)]
)
@pytest.mark.parametrize(
    ("victim", "when"),
    [
        ("promptctl", "after"),
        ("git", "after"),
        ("both", "before"),
        *(
            pytest.param(victim, when, marks=pytest.mark.full)
            for victim, when in (("promptctl", "before"), ("git", "before"), ("both", "after"))
        ),
    ],
)
def test_killed_at_each_call_of_git_and_run_again(
    git_repository: GitRepository,
    bare_remote: GitRepository,
    wrapped: Path,
    when: str,
    victim: Victim,
    counts: str,
) -> None:
    git_repository.commit(FILES)
    git_repository.git("push", "--quiet", "origin", "main")
    for step in range(1, MAX_STEPS):
        git_repository.commit({"prompts/greeting.yaml": edited(f"Words {step}")})
        git_repository.git("push", "--quiet", "origin", "main")
        env = killed_at(wrapped, step, when, victim, counts)
        run(git_repository.path, "publish", "greeting", env=env)
        reached = len((wrapped / "count").read_text()) >= step
        check_whole(git_repository)
        check_whole(bare_remote)
        started = time.monotonic()
        done = run(git_repository.path, "publish", "greeting")
        assert done.returncode == 0, f"step {step}: {done.stderr}"
        assert time.monotonic() - started < 10
        check_finished(git_repository, bare_remote, step)
        if not reached:
            break
    assert 6 < step < MAX_STEPS - 1


def test_a_lock_that_a_killed_git_left_is_cleared_at_once(git_repository: GitRepository) -> None:
    git_repository.commit(FILES)
    ok(git_repository.path, "publish", "greeting")
    git_repository.commit({"prompts/greeting.yaml": edited("Welcome")})
    folder = git_repository.path / ".git/promptctl"
    (folder / "intent.json").write_text(
        '{"pid": 1, "refs": {"refs/tags/prompts/greeting@v2": "0"}}'
    )
    lock = git_repository.path / ".git/refs/tags/prompts/greeting@v2.lock"
    lock.write_bytes(b"")
    done = run(git_repository.path, "publish", "greeting")
    assert done.returncode == 0, done.stderr
    assert not lock.exists()
    assert "removed refs/tags/prompts/greeting@v2.lock" in done.stderr


def test_a_lock_that_a_killed_fetch_left_is_removed(
    git_repository: GitRepository, bare_remote: GitRepository
) -> None:
    git_repository.commit(FILES)
    git_repository.git("push", "--quiet", "origin", "main")
    ok(git_repository.path, "publish", "greeting")
    lock = git_repository.path / ".git/refs/promptctl/remote/origin/heads/main.lock"
    git_repository.commit({"prompts/greeting.yaml": edited("Welcome")})
    git_repository.git("push", "--quiet", "origin", "main")
    lock.write_bytes(b"")
    ok(git_repository.path, "publish", "greeting")
    assert not lock.exists()


def test_releases_are_synced_to_disk(git_repository: GitRepository, tmp_path: Path) -> None:
    """Git itself counts what it syncs: two tag objects, and a ref for each."""
    git_repository.commit(FILES)
    trace = tmp_path / "trace"
    trace.mkdir()
    git_repository.git("config", "--global", "trace2.eventTarget", str(trace))
    ok(git_repository.path, "publish", "greeting")
    events = [
        json.loads(line) for file in trace.iterdir() for line in file.read_text().splitlines()
    ]
    commands = {e["sid"]: e["argv"] for e in events if e["event"] == "start"}
    synced = [
        next(word for word in ("mktag", "update-ref") if word in commands[event["sid"]])
        for event in events
        if event.get("category") == "fsync"
        and "hardware" in event["key"]
        and event["value"] != "0"
        and {"mktag", "update-ref"} & set(commands[event["sid"]])
    ]
    assert sorted(synced) == ["mktag", "mktag", "update-ref", "update-ref"]


@pytest.mark.parametrize(
    "content", ["", "nonsense", '{"refs": {"../../x": 1, "refs/../../y": []}}', "[]"]
)
def test_a_damaged_intent_harms_nothing(git_repository: GitRepository, content: str) -> None:
    git_repository.commit(FILES)
    ok(git_repository.path, "publish", "greeting")
    (git_repository.path / ".git/promptctl/intent.json").write_text(content)
    ok(git_repository.path, "label", "greeting@1", "staging")


def test_a_lost_answer_of_the_server_is_found_out(
    git_repository: GitRepository, bare_remote: GitRepository
) -> None:
    """The server commits, and its process dies before it can say so."""
    git_repository.commit(FILES)
    git_repository.git("push", "--quiet", "origin", "main")
    hook = bare_remote.path / "hooks/post-receive"
    hook.write_text("#!/bin/sh\nkill -9 $(ps -o ppid= -p $$)\n")
    hook.chmod(0o755)
    done = run(git_repository.path, "publish", "greeting")
    assert done.returncode == 0, done.stderr
    hook.unlink()
    check_finished(git_repository, bare_remote, 1)


def _slow_hook(remote: GitRepository, seconds: float) -> None:
    hook = remote.path / "hooks/pre-receive"
    hook.write_text(f"#!/bin/sh\nsleep {seconds}\n")
    hook.chmod(0o755)


def test_ctrl_c_gives_the_prompt_back_and_loses_nothing(
    git_repository: GitRepository, bare_remote: GitRepository
) -> None:
    git_repository.commit(FILES)
    git_repository.git("push", "--quiet", "origin", "main")
    _slow_hook(bare_remote, 3)
    command = [sys.executable, "-m", "promptctl", "publish", "greeting"]
    with subprocess.Popen(
        command, cwd=git_repository.path, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL
    ) as process:
        assert process.stderr is not None
        process.stderr.readline()  # the plan: from here on the push is under way
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        started = time.monotonic()
        assert process.wait(10) == 130
        assert time.monotonic() - started < 1.0
    (bare_remote.path / "hooks/pre-receive").unlink()
    check_whole(git_repository)
    ok(git_repository.path, "publish", "greeting")
    check_finished(git_repository, bare_remote, 1)


@pytest.mark.parametrize(
    ("command", "live"),
    [
        (["rollback", "greeting", "-m", "bad"], "2"),
        (["label", "--delete", "greeting", "published"], None),
    ],
)
def test_a_move_that_was_cut_off_is_not_made_twice(
    git_repository: GitRepository,
    bare_remote: GitRepository,
    wrapped: Path,
    command: list[str],
    live: str | None,
) -> None:
    """Killed after the remote has it and before this clone has: the same command finds its own record."""
    for number in range(3):
        git_repository.commit(FILES | {"prompts/greeting.yaml": edited(f"Words {number}")})
        git_repository.git("push", "--quiet", "origin", "main")
        ok(git_repository.path, "publish", "greeting")
    env = killed_at(wrapped, 1, "after", "promptctl", "push")
    assert run(git_repository.path, *command, env=env).returncode == -signal.SIGKILL
    time.sleep(0.2)
    done = run(git_repository.path, *command)
    assert done.returncode == 0, done.stderr
    assert "done already" in done.stderr
    shown = run(git_repository.path, "resolve", "greeting@published", "--explain")
    assert (f"prompts/greeting@v{live}" in shown.stdout) == (live is not None)
    assert tags(git_repository) == tags(bare_remote)
    assert len(tags(bare_remote)) == 7


@pytest.mark.full
def test_killed_at_random_moments(
    git_repository: GitRepository, bare_remote: GitRepository, tmp_path: Path
) -> None:
    git_repository.commit(FILES)
    git_repository.git("push", "--quiet", "origin", "main")
    chance = random.Random(20261125)
    for number in range(1, 201):
        git_repository.commit({"prompts/greeting.yaml": edited(f"Words {number}")})
        git_repository.git("push", "--quiet", "origin", "main")
        command = [sys.executable, "-m", "promptctl", "publish", "greeting"]
        with subprocess.Popen(
            command, cwd=git_repository.path, stderr=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, start_new_session=True,
        ) as process:  # fmt: skip
            time.sleep(chance.uniform(0.05, 0.5))
            os.killpg(process.pid, signal.SIGKILL)
        check_whole(git_repository)
        check_whole(bare_remote)
        ok(git_repository.path, "publish", "greeting")
        check_finished(git_repository, bare_remote, number)
    clone(bare_remote.path, tmp_path / "fresh").git("fetch", "--quiet", "--tags")
