"""Writing records: tag objects, create-only refs, and the lock that all writers of a clone share.

A ref is created in one transaction that is synced to disk. The lock is an flock, which ends with its
processes; git's own lock files of a process that died under it are named in an intent and removed.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import signal
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import field
from pathlib import Path
from shlex import quote

from promptctl.core.fast_dataclass import dataclass
from promptctl.errors import IdentityMissing, LocalIOError, PromptctlError, SigningFailed
from promptctl.repo.git import Git, explain_failure
from promptctl.repo.git import common_dir as common_dir
from promptctl.repo.lock_files import is_old, open_own
from promptctl.repo.objects import open_objects
from promptctl.repo.releases import TAGS

_FSYNC = ("-c", "core.fsync=committed,reference", "-c", "core.fsyncObjectFiles=true")
_UNSYNCED = ("-c", "core.fsync=objects")
_NAMED = 100
"""Refs that can stand in one command line, whatever their names."""
_POLL = 0.02
_SAY_AFTER = 1.0

Note = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class WriteLock:
    """The right to write records in one clone, held by this process."""

    descriptor: int
    folder: Path
    common: Path

    left: dict[str, str] = field(default_factory=dict)
    """Records that holders before were about to make when they died, and the objects for them. They
    stay written down until somebody has looked what became of them."""

    def declare(self, refs: Mapping[str, str]) -> None:
        """Say which refs are about to be written, for whoever comes after a crash.

        One that is only taken over from elsewhere has no object.
        """
        intent = {"pid": os.getpid(), "refs": {**self.left, **refs}}
        _write_whole(self.folder / "intent.json", json.dumps(intent).encode())

    def clear(self) -> None:
        """Say that nothing of this holder is under way."""
        if self.left:
            self.declare({})
            return
        with suppress(FileNotFoundError):
            (self.folder / "intent.json").unlink()

    def settle(self, refs: Iterable[str]) -> None:
        """Forget what holders before were about to make: somebody knows what became of it."""
        for ref in refs:
            self.left.pop(ref, None)
        self.clear()


@contextmanager
def locked(common: Path, note: Note) -> Iterator[WriteLock]:
    """Hold the lock of a clone. It waits for others, and says so after a second.

    Lock files that a killed git left behind under this lock are removed, and named to `note`.
    """
    folder = common / "promptctl"
    descriptor = open_own(common, "lock")
    try:
        _acquire(descriptor, folder, note)
        named = read_intent(common) or {}
        for ref in named:
            _remove_stale(common, ref, note)
        left = {ref: oid for ref, oid in named.items() if oid and ref.startswith(TAGS)}
        lock = WriteLock(descriptor, folder, common, left)
        lock.clear()
        yield lock
        lock.clear()
    finally:
        os.close(descriptor)


def _acquire(descriptor: int, folder: Path, note: Note) -> None:
    started, said = time.monotonic(), False
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if not said and time.monotonic() - started > _SAY_AFTER:
                note(f"another promptctl is at work in {folder.parent}; waiting for it")
                said = True
            time.sleep(_POLL)


def read_intent(common: Path) -> dict[str, str] | None:
    """The refs that a process was about to write when it ended, and the objects for them; None if it
    came to its end."""
    try:
        intent = json.loads((common / "promptctl/intent.json").read_bytes())
        refs = dict(intent["refs"])
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return {}
    return {
        ref: str(oid) for ref, oid in refs.items() if isinstance(ref, str) and _is_plain_ref(ref)
    }


def _is_plain_ref(ref: str) -> bool:
    parts = ref.split("/")
    return ref.startswith("refs/") and not any(part in ("", ".", "..") for part in parts)


def _remove_stale(common: Path, ref: str, note: Note) -> None:
    # Whoever writes refs keeps the flock open as we do: since we hold it, nobody is writing.
    with suppress(FileNotFoundError):
        (common / f"{ref}.lock").unlink()
        note(f"removed {ref}.lock, which a git that was killed left behind")


def _write_whole(path: Path, content: bytes) -> None:
    draft = path.with_suffix(f".{os.getpid()}")
    try:
        draft.write_bytes(content)
        os.replace(draft, path)
    except OSError as error:
        raise LocalIOError(f"cannot write {path}: {error.strerror}") from error


@dataclass(frozen=True, slots=True)
class Identity:
    """Who makes a record, and when by the clock here."""

    shown: str
    """`Name <email>`."""
    time: int
    """Seconds since 1970."""
    zone: str


def identity(git: Git) -> Identity:
    """Who makes records here. Raises IdentityMissing."""
    done = git.run(["var", "GIT_COMMITTER_IDENT"])
    found = re.fullmatch(
        r"(.+ <[^<>]*>) ([0-9]+) ([+-][0-9]{4})", done.stdout.decode("utf-8", "replace").strip()
    )
    if done.returncode != 0 or found is None:
        raise IdentityMissing(
            "git does not know who you are, and a release names its maker",
            'git config user.name "Your Name" && git config user.email you@example.com',
        )
    return Identity(found[1], int(found[2]), found[3])


def make_tag(git: Git, content: bytes) -> str:
    """Write a tag object, synced to disk; its id. Nothing points to it yet."""
    done = git.run([*_FSYNC, "mktag"], content)
    if done.returncode != 0:
        raise explain_failure(done.stderr, git.directory)
    return done.stdout.decode("ascii").strip()


def sign_tag(git: Git, common: Path, tag: str, commit: str, content: bytes) -> str:
    """Write a signed tag object with git's own signing, as the user has set it up; its id.

    It is made in an empty repository that shares the objects, so that no ref appears before its time.
    """
    message = content.partition(b"\n\n")[2]
    with tempfile.TemporaryDirectory(prefix="promptctl-sign-") as name:
        place = Path(name)
        kind = git.output(["rev-parse", "--show-object-format"]).decode("ascii").strip()
        git.output(["init", "--quiet", "--bare", f"--object-format={kind}", str(place / "git")])
        alone = Git(git.directory, dict(git.environ), place / "git")
        store = common / "objects"
        (place / "git/objects/info").mkdir(exist_ok=True)
        (place / "git/objects/info/alternates").write_bytes(os.fsencode(store) + b"\n")
        own = (*_own_settings(git, common), "-c", "core.bare=true")
        done = alone.run(
            [*own, *_FSYNC, "tag", "-s", "--cleanup=verbatim", "-F", "-", "--", tag, commit],
            message,
        )
        if done.returncode != 0:
            words = done.stderr.decode("utf-8", "replace").strip().splitlines()
            raise SigningFailed(
                f"git could not sign {tag}: {words[-1] if words else 'no reason given'}",
                "set user.signingKey and gpg.format, or leave out --sign",
            )
        signed = alone.output(["cat-file", "tag", f"refs/tags/{tag}"])
    return (
        git.output([*_FSYNC, "hash-object", "-t", "tag", "-w", "--stdin"], signed).decode().strip()
    )


def _own_settings(git: Git, common: Path) -> Iterator[str]:
    """Options by which git elsewhere has the settings of this clone, and of this worktree."""
    files = [common / "config"]
    asked = ["config", "--type=bool", "--get", "extensions.worktreeConfig"]
    if git.run(asked).stdout.strip() == b"true":
        place = ["rev-parse", "--path-format=absolute", "--git-path", "config.worktree"]
        files.append(Path(os.fsdecode(git.output(place).rstrip(b"\n"))))
    for file in files:
        yield from ("-c", f"include.path={file}")


def create_refs(
    git: Git,
    lock: WriteLock,
    refs: Mapping[str, str],
    known: Mapping[str, str] | None = None,
    *,
    elsewhere: bool = False,
) -> bool:
    """Create refs, `name -> object`, all or none; False if one of them is there with another object.

    `known` are refs of what is known of a remote, set in the same transaction. What is `elsewhere` too,
    so that it can be had again, is not synced ref by ref, which takes a thousand times as long.
    """
    lines = [*(f"create {r} {o}\n" for r, o in refs.items())]
    lines += [f"update {r} {o}\n" for r, o in (known or {}).items()]
    script = "".join(["start\n", *lines, "prepare\ncommit\n"]).encode()
    command = [*(_UNSYNCED if elsewhere else _FSYNC), "update-ref", "--stdin"]
    with signals_wait():
        lock.declare({**(dict.fromkeys(refs, "") if elsewhere else refs), **(known or {})})
        for ref in refs:
            if is_old(lock.common / f"{ref}.lock"):
                _remove_stale(lock.common, ref, lambda _: None)
        done = git.run(command, script, inherited=(lock.descriptor,))
        if done.returncode < 0:  # killed: what it left behind is ours, and nobody else is writing
            for ref in (*refs, *(known or ())):
                _remove_stale(lock.common, ref, lambda _: None)
            done = git.run(command, script, inherited=(lock.descriptor,))
        if elsewhere:  # what was made here stays declared until the lock is given back: see Ctrl-C
            lock.clear()
    if done.returncode == 0:
        return True
    there = _objects_at(git, list(refs))
    if all(there.get(ref) == oid for ref, oid in refs.items()):
        return True  # in a mirror the push itself writes what it has sent
    if there:
        return False
    raise _what_blocks(git, lock.common, list(refs)[:_NAMED], done.stderr)


def _objects_at(git: Git, refs: Sequence[str]) -> dict[str, str]:
    with open_objects(git) as objects:
        found = zip(refs, objects.read(refs, 0), strict=True)
        return {ref: one.oid for ref, one in found if one is not None}


def _what_blocks(git: Git, common: Path, refs: Sequence[str], said: bytes) -> PromptctlError:
    """Why refs that are not there could not be created."""
    below = [f"{ref}/" for ref in refs]
    blocked = git.output(["for-each-ref", "--format=%(refname)", *below]).decode().splitlines()
    if blocked:
        return LocalIOError(
            f"{blocked[0]} is in the way of {refs[0]}", f"git update-ref -d {quote(blocked[0])}"
        )
    locks = [ref for ref in refs if (common / f"{ref}.lock").exists()]
    if locks:
        return LocalIOError(
            f"{locks[0]}.lock is in the way: a git is at work there, or was killed",
            "promptctl doctor --fix removes it once it is a minute old",
        )
    return explain_failure(said, git.directory)


@contextmanager
def signals_wait() -> Iterator[None]:
    """Let Ctrl-C and its like wait for the few milliseconds of the block."""
    held = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}
    before = signal.pthread_sigmask(signal.SIG_BLOCK, held)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
