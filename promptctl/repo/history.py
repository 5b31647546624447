"""Reading from git: files, lists and changes at a commit. Nothing here writes, fetches or runs hooks."""

from __future__ import annotations

import os
import re
import threading
import weakref
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from subprocess import Popen
from typing import NamedTuple

from promptctl.core.fast_dataclass import dataclass
from promptctl.errors import (
    FileMissing,
    FileRefused,
    LocalIOError,
    PromptctlError,
    RevisionNotFound,
)
from promptctl.files import MAX_FILE, read_file_below
from promptctl.repo.branches import branch_to_check_out, nothing_checked_out
from promptctl.repo.git import Git, explain_failure, known_failure
from promptctl.repo.remotes import fetch_line, remote_names
from promptctl.repo.worktree import LFS_POINTER

_OID = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
_LIST_IGNORED = (
    *("ls-files", "-z", "--others", "--ignored", "--exclude-standard", "--directory", "--"),
)
ODD_MODES = {"120000": "a link", "160000": "a submodule"}
"""What a file of git is that is none, by its mode."""


class TreeEntry(NamedTuple):
    """One file in a commit, by its path below the folder in which the history was opened."""

    path: str
    mode: str
    oid: str


@dataclass(frozen=True, slots=True)
class History:
    """The commits of one repository. All paths are below `git.directory`, with `/`."""

    git: Git

    @classmethod
    def open(cls, directory: Path, environ: Mapping[str, str], *, is_bare: bool = False) -> History:
        """The history that a folder belongs to. No git is started before something is asked."""
        return cls(Git(directory, environ, directory if is_bare else None))

    def resolve_commit(self, revision: str) -> str:
        """The full id of the commit that a commit-ish names. Raises RevisionNotFound."""
        # In `:/words` all that follows is words, and what it finds is a commit anyway.
        wanted = revision if revision.startswith(":/") else f"{revision}^{{commit}}"
        done = self.git.run(["rev-parse", "--verify", "--end-of-options", wanted])
        oid = done.stdout.decode("ascii", "replace").strip()
        if done.returncode == 0 and _OID.fullmatch(oid):
            return oid
        # Git words "there is none" in many ways: no such name, no such entry in a reflog, no upstream.
        failure = known_failure(done.stderr, self.git.directory)
        if failure is not None:
            raise failure
        raise self._no_commit(revision, b"is ambiguous" in done.stderr)

    def knows_commit(self, revision: str) -> bool:
        """Whether a commit-ish names a commit here."""
        wanted = f"{revision}^{{commit}}"
        done = self.git.run(["rev-parse", "--verify", "--quiet", "--end-of-options", wanted])
        failure = known_failure(done.stderr, self.git.directory) if done.returncode else None
        if failure is not None:
            raise failure
        return done.returncode == 0

    def _no_commit(self, revision: str, ambiguous: bool) -> RevisionNotFound:
        if ambiguous:
            return RevisionNotFound(
                f"{revision} is the beginning of several ids", "write more of it"
            )
        if not self.git.run(["rev-parse", "--verify", "--quiet", "HEAD^{commit}"]).stdout:
            elsewhere = branch_to_check_out(self.git)
            if elsewhere is not None:
                return RevisionNotFound(*nothing_checked_out(elsewhere))
            return RevisionNotFound(
                f"there is no commit {revision}: HEAD has no commits yet", "git add . && git commit"
            )
        remotes, shallow = remote_names(self.git), self.is_shallow()
        hint = "git log --oneline --all shows what there is"
        if shallow:
            hint = fetch_line(revision, remotes, shallow=True) or "git fetch --unshallow"
        elif revision.startswith(tuple(f"{remote}/" for remote in remotes)):
            hint = fetch_line(revision, remotes, shallow=False) or hint
        where = " in this shallow clone" if shallow else ""
        return RevisionNotFound(f"git knows no commit {revision}{where}", hint)

    def is_shallow(self) -> bool:
        """Whether this clone lacks a part of its own history."""
        return self.git.output(["rev-parse", "--is-shallow-repository"]).strip() == b"true"

    def is_cut_at_head(self) -> bool:
        """Whether this clone holds nothing of the history behind HEAD (depth 1)."""
        if not self.is_shallow():
            return False
        done = self.git.run(["rev-list", "--max-count=2", "HEAD"])
        return done.returncode == 0 and len(done.stdout.split()) == 1

    def merge_base(self, base: str, head: str = "HEAD") -> str:
        """The commit where two commits parted. Raises RevisionNotFound if git cannot know it."""
        ours, theirs = self.resolve_commit(head), self.resolve_commit(base)
        done = self.git.run(["merge-base", ours, theirs])
        if done.returncode == 0:
            return done.stdout.decode("ascii").split()[0]
        if done.returncode != 1:
            raise explain_failure(done.stderr, self.git.directory)
        hint = "git fetch --unshallow" if self.is_shallow() else None
        raise RevisionNotFound(f"{base} and {head} have no commit in common here", hint)

    def is_ancestor(self, commit: str, descendant: str) -> bool:
        """Whether a commit is another one or comes before it. A shallow clone may say no wrongly."""
        done = self.git.run(["merge-base", "--is-ancestor", commit, descendant])
        if done.returncode not in (0, 1):
            raise explain_failure(done.stderr, self.git.directory)
        return done.returncode == 0

    def not_reached(self, commits: Collection[str]) -> frozenset[str]:
        """Those of these commits that HEAD does not come after; none where git lacks one of them."""
        asked = "".join(f"{commit}\n" for commit in commits) + "^HEAD\n"
        done = self.git.run(["rev-list", "--stdin"], asked.encode("ascii"))
        found = done.stdout.decode("ascii").split() if done.returncode == 0 else ()
        return frozenset(commits).intersection(found)

    def list_entries(self, commit: str, paths: Sequence[str] = ()) -> Iterator[TreeEntry]:
        """The files of a commit below these paths, whatever their kind, sorted by path."""
        scope = ["--", *paths] if paths else []
        listing = self.git.output(["ls-tree", "-r", "-z", commit, *scope])
        for line in listing.split(b"\0")[:-1]:
            facts, _, path = line.partition(b"\t")
            mode, _, oid = facts.decode("ascii").split(" ")
            yield TreeEntry(os.fsdecode(path), mode, oid)

    def list_files(self, commit: str, prefix: str) -> list[str]:
        """Paths of the files of a commit below a folder."""
        return [entry.path for entry in self.list_entries(commit, [f"{prefix}/"])]

    def read_file(self, commit: str, path: str) -> bytes:
        """The bytes of one file at a commit. Raises FileMissing or FileRefused."""
        entries = {entry.path: entry for entry in self.list_entries(commit, [path])}
        return _read_blob(self.git, _pick(entries, path))

    def reader(self, commit: str, prompts_dir: str) -> CommitReader:
        """Reads files below the prompts folder at a commit (a ReadFile)."""
        return CommitReader(self.git, commit, prompts_dir)

    def ignored_paths(self, folder: str) -> frozenset[str]:
        """What git ignores below a folder: files, and whole folders with a final `/`."""
        return _ignored(self.git.output([*_LIST_IGNORED, folder]))

    @contextmanager
    def ignored_beside(self, paths: Sequence[str]) -> Iterator[Callable[[], frozenset[str]]]:
        """What git ignores of these files, or folders that hold them, as `ignored_paths` gives it; by a
        git that works beside this process until the function is called."""
        with self.git.beside([*_LIST_IGNORED, *paths]) as listing:
            yield lambda: _ignored(listing())

    def changed_paths(
        self, commit: str, paths: Sequence[str], entries: Iterable[TreeEntry] | None = None
    ) -> frozenset[str]:
        """Files below these paths whose bytes on disk are not those of the commit, or on one side only.

        Git's own comparison may run a filter program; so the bytes are hashed here. Files that git
        ignores do not count; line ends may differ, as a checkout may have changed them. `entries` are
        the files of the commit below these paths, from who knows them.
        """
        with self.git.beside([*_LIST_IGNORED, *paths]) as listing:
            known = self.list_entries(commit, paths) if entries is None else entries
            there = {entry.path: entry for entry in known}
            root = self.git.directory
            here = set(_files_on_disk(root, paths))
            differ = {path for path in here & there.keys() if _differs(root, there[path])}
            ignored = _ignored(listing())
        here = {path for path in here if not is_below(path, ignored)}
        return frozenset((here ^ there.keys()) | (differ & here))


def _ignored(listing: bytes) -> frozenset[str]:
    return frozenset(os.fsdecode(path) for path in listing.split(b"\0") if path)


class CommitReader:
    """A ReadFile over one commit, with one `git cat-file --batch` behind it while it lives.

    `entries` are all files of what is no commit, such as the index.
    """

    def __init__(
        self,
        git: Git,
        commit: str,
        prompts_dir: str,
        entries: Iterable[TreeEntry] | None = None,
    ) -> None:
        self._git = git
        self._history = History(git)
        self.commit = commit
        self._prompts_dir = prompts_dir
        self._entries: dict[str, TreeEntry] | None = None
        if entries is not None:
            self._entries = {entry.path: entry for entry in entries}
        self._asked: dict[str, TreeEntry | None] = {}
        self._process: Popen[bytes] | None = None
        self._lock = threading.Lock()

    def paths(self) -> list[str]:
        """Paths of all files below the prompts folder, from the root of the prompt repository."""
        return list(self._listing())

    def entries(self) -> list[TreeEntry]:
        """All files below the prompts folder, whatever their kind."""
        return list(self._listing().values())

    def __call__(self, path: str) -> bytes:
        """The bytes of a file by its path below the prompts folder. Raises FileMissing, FileRefused."""
        entry = self._entry(f"{self._prompts_dir}/{path}")
        with self._lock:
            if self._process is None:
                self._process = self._git.open(["cat-file", "--batch"])
                weakref.finalize(self, _close, self._process)
            return _ask_batch(self._process, entry)

    def remember(self, entries: Iterable[TreeEntry]) -> None:
        """Know these files of the commit already: git is not asked for them again."""
        self._asked.update((entry.path, entry) for entry in entries)

    def blob_id(self, path: str) -> str:
        """The id of a file by its path below the prompts folder. Raises FileMissing, FileRefused."""
        return self._entry(f"{self._prompts_dir}/{path}").oid

    def _entry(self, path: str) -> TreeEntry:
        """One file, without a listing of all where it is a plain one. Raises as `_pick` does."""
        if self._entries is None:
            if path not in self._asked:
                found = list(self._history.list_entries(self.commit, [path]))
                self._asked[path] = found[0] if len(found) == 1 else None
            entry = self._asked[path]
            if entry is not None and entry.path == path and entry.mode not in ODD_MODES:
                return entry
        return _pick(self._listing(), path)

    def _listing(self) -> dict[str, TreeEntry]:
        if self._entries is None:
            found = self._history.list_entries(self.commit, [f"{self._prompts_dir}/"])
            self._entries = {entry.path: entry for entry in found}
        return self._entries


def is_below(path: str, places: Iterable[str]) -> bool:
    """Whether a path is one of these files or lies in one of these folders (with a final `/`)."""
    return any(
        path == place or (place.endswith("/") and path.startswith(place)) for place in places
    )


def _pick(entries: Mapping[str, TreeEntry], path: str) -> TreeEntry:
    """The entry of a regular file; what stands there instead is named."""
    entry = entries.get(path)
    if entry is not None and entry.mode in ("100644", "100755"):
        return entry
    parts = path.split("/")
    for end in range(1, len(parts) + 1):
        place = "/".join(parts[:end])
        found = entries.get(place)
        if found is not None:
            kind = ODD_MODES.get(found.mode, "a file, not a folder")
            raise FileRefused(f"{path}: {place} is {kind} in git, and only plain files are read")
    raise FileMissing(f"{path} does not exist at that revision")


def _read_blob(git: Git, entry: TreeEntry) -> bytes:
    process = git.open(["cat-file", "--batch"])
    try:
        return _ask_batch(process, entry)
    finally:
        _close(process)


def _ask_batch(process: Popen[bytes], entry: TreeEntry) -> bytes:
    """One answer of `cat-file --batch`: a line with id, type and size, the bytes, a newline."""
    asked, answers = process.stdin, process.stdout
    assert asked is not None
    assert answers is not None
    try:
        asked.write(entry.oid.encode("ascii") + b"\n")
        asked.flush()
    except BrokenPipeError:
        raise LocalIOError(f"git stopped while reading {entry.path}", "git fsck") from None
    header = answers.readline().split()
    if len(header) != 3 or header[1] != b"blob":
        raise LocalIOError(
            f"this clone does not hold the content of {entry.path}, and reading fetches nothing",
            "in a partial clone: git fetch --refetch --no-filter; else: git fsck",
        )
    size = int(header[2])
    content = answers.read(min(size, MAX_FILE))
    if size > MAX_FILE:
        _drain(answers.read, size - MAX_FILE + 1)
        raise FileRefused(f"{entry.path} is larger than {MAX_FILE:,} bytes")
    if answers.read(1) != b"\n" or len(content) != size:
        raise LocalIOError(f"git stopped while reading {entry.path}", "git fsck")
    if content.startswith(LFS_POINTER):
        raise FileRefused(f"{entry.path} is a Git LFS pointer, not the file itself")
    return content


def _drain(read: Callable[[int], bytes], size: int) -> None:
    while size > 0 and (piece := read(min(size, 1024 * 1024))):
        size -= len(piece)


def _close(process: Popen[bytes]) -> None:
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()
    process.wait()


def _files_on_disk(root: Path, paths: Sequence[str]) -> Iterator[str]:
    """Files and links below these paths, by their path below the root."""
    for path in paths:
        if not os.path.isdir(root / path):
            if os.path.lexists(root / path):
                yield path
            continue
        for folder, folders, files in os.walk(root / path):
            inside = os.path.relpath(folder, root)
            links = [name for name in folders if os.path.islink(os.path.join(folder, name))]
            yield from (f"{inside}/{name}" for name in files + links)


def _differs(root: Path, entry: TreeEntry) -> bool:
    try:
        content = read_file_below(root, entry.path)
    except PromptctlError:  # a link, a pipe: whoever checks the file will say so
        return True
    return not is_blob(content, entry.oid)


def is_blob(content: bytes, oid: str) -> bool:
    """Whether bytes on disk are that blob; line ends may differ, as a checkout may have changed them."""
    if _blob_id(content, oid) == oid:
        return True
    return b"\r\n" in content and _blob_id(content.replace(b"\r\n", b"\n"), oid) == oid


def _blob_id(content: bytes, like: str) -> str:
    """The id that git gives these bytes, by the hash that the repository uses."""
    import hashlib  # OpenSSL takes its time to load, and only comparing with the disk needs it

    algorithm = hashlib.sha256 if len(like) == 64 else hashlib.sha1
    return algorithm(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()
