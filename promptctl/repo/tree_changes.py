"""Which files differ between two trees or a tree and the index, and which hold a pattern: git's plumbing.

No program runs that the repository names: neither drivers for diff or text conversion, nor filters.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from promptctl.core.fast_dataclass import dataclass
from promptctl.errors import FileMissing, FileRefused, PromptctlError
from promptctl.files import MAX_FILE, read_file_below
from promptctl.repo.git import Git, explain_failure
from promptctl.repo.history import TreeEntry
from promptctl.repo.index import read_blob

_DIFF = ("-r", "-z", "--raw", "--full-index", "--no-renames", "--no-ext-diff", "--no-textconv")
CONFLICT_MODE = "conflict"
"""The mode of a file in the index that a merge left undecided."""


@dataclass(frozen=True, slots=True)
class FileChange:
    """A file that differs, by its path below where git stands; None on the side that lacks it."""

    path: str
    old: TreeEntry | None
    new: TreeEntry | None


def changes_between(git: Git, old: str, new: str, folder: str) -> list[FileChange]:
    """The files below a folder that differ between two commits."""
    options = [*_DIFF, *_relative(git)]
    return list(_parsed(git.output(["diff-tree", *options, old, new, "--", f"{folder}/"])))


def changes_in_index(git: Git, commit: str, folder: str) -> list[FileChange]:
    """The files below a folder that are staged otherwise than in a commit."""
    options = ["--cached", *_DIFF[1:], *_relative(git)]
    return list(_parsed(git.output(["diff-index", *options, commit, "--", f"{folder}/"])))


def _relative(git: Git) -> list[str]:
    """A bare repository has no folder to stand in."""
    return [] if git.git_dir is not None else ["--relative"]


def _parsed(listing: bytes) -> Iterator[FileChange]:
    fields = listing.split(b"\0")[:-1]
    for facts, name in zip(fields[::2], fields[1::2], strict=True):
        modes = facts.decode("ascii").removeprefix(":").split(" ")
        path = os.fsdecode(name)
        if modes[4].startswith("U"):
            yield FileChange(path, _entry(path, modes[0], modes[2]), _conflict(path))
        else:
            yield FileChange(
                path, _entry(path, modes[0], modes[2]), _entry(path, modes[1], modes[3])
            )


def _entry(path: str, mode: str, oid: str) -> TreeEntry | None:
    return TreeEntry(path, mode, oid) if mode != "000000" else None


def _conflict(path: str) -> TreeEntry:
    return TreeEntry(path, CONFLICT_MODE, "")


def index_entries(git: Git, folder: str) -> Iterator[TreeEntry]:
    """The files below a folder as they are staged."""
    listing = git.output(["ls-files", "--stage", "-z", "--", f"{folder}/"])
    for line in listing.split(b"\0")[:-1]:
        facts, _, name = line.partition(b"\t")
        mode, oid, stage = facts.decode("ascii").split(" ")
        path = os.fsdecode(name)
        yield TreeEntry(path, mode, oid) if stage == "0" else _conflict(path)


def read_indexed(git: Git, path: str) -> bytes:
    """The bytes of one file as it is staged. Raises FileMissing, and FileRefused for what is no file."""
    listing = git.output(["ls-files", "--stage", "-z", "--", path])
    lines = [line.partition(b"\t") for line in listing.split(b"\0")[:-1]]
    entries = [
        facts.decode("ascii").split(" ") for facts, _, name in lines if name == path.encode()
    ]
    if not entries:
        raise FileMissing(f"{path} is not in the index")
    mode, oid, stage = entries[0]
    if stage != "0" or not mode.startswith("100"):
        raise FileRefused(f"{path} is no plain file in the index, or has conflicts")
    content = read_blob(git, oid, MAX_FILE)
    if content is None:
        raise FileRefused(f"{path} cannot be read from the index")
    return content


def files_matching(
    git: Git, patterns: Sequence[str], folder: str, commit: str | None
) -> frozenset[str]:
    """Paths of the files below a folder, at a commit or in the index, with a line that matches a pattern."""
    place = ["--cached"] if commit is None else [commit]
    script = "".join(f"{pattern}\n" for pattern in patterns).encode("utf-8", "surrogateescape")
    options = ["-l", "-z", "-E", "--text", "--no-textconv", "--no-color", "-f", "-"]
    settings = ["-c", "grep.fullName=false", "-c", "submodule.recurse=false"]
    done = git.run([*settings, "grep", *options, *place, "--", f"{folder}/"], script)
    if done.returncode not in (0, 1):
        raise explain_failure(done.stderr, git.directory)
    start = 0 if commit is None else len(commit) + 1
    return frozenset(os.fsdecode(path)[start:] for path in done.stdout.split(b"\0")[:-1])


def files_matching_on_disk(root: Path, patterns: Sequence[str], folder: str) -> frozenset[str]:
    """As `files_matching`, for the files below a folder as they are on disk, ignored ones included."""
    pattern = re.compile(b"|".join(os.fsencode(f"(?:{one})") for one in patterns), re.MULTILINE)
    found: set[str] = set()
    for place, folders, names in os.walk(root / folder):
        folders[:] = [name for name in folders if name != ".git"]
        inside = os.path.relpath(place, root)
        for name in names:
            path = f"{inside}/{name}"
            try:
                content = read_file_below(root, path)
            except PromptctlError:  # no plain file: nothing can include it, and it names nothing
                continue
            if pattern.search(content):
                found.add(path)
    return frozenset(found)
