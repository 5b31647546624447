"""Git's index: what is staged of a few files, and staging something else, in one step and byte for byte.

No filter runs, and what the user has not staged stays so.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from promptctl.repo.git import Git
from promptctl.repo.objects import open_objects


@dataclass(frozen=True, slots=True)
class Staged:
    """One entry of the index; `path` is from the top of the git repository."""

    path: str
    mode: str
    oid: str
    is_conflict: bool = False


def read_staged(git: Git, paths: Sequence[str]) -> dict[str, Staged]:
    """What is staged at these paths, or below them. Git stands at the top of the repository."""
    listing = git.output(["ls-files", "--stage", "-z", "--", *paths])
    found: dict[str, Staged] = {}
    for line in listing.split(b"\0")[:-1]:
        facts, _, name = line.partition(b"\t")
        mode, oid, stage = facts.decode("ascii").split()
        path = os.fsdecode(name)
        found[path] = Staged(path, mode, oid, stage != "0")
    return found


def left_out(git: Git, folder: str) -> frozenset[str]:
    """The files below a folder that a sparse checkout leaves out: not on disk, and not deleted either."""
    listing = git.output(["ls-files", "-t", "-z", "--", folder])
    entries = (line.partition(b" ") for line in listing.split(b"\0")[:-1])
    return frozenset(os.fsdecode(path) for mark, _, path in entries if mark == b"S")


def write_staged(git: Git, entries: Iterable[Staged], removed: Iterable[Staged]) -> None:
    """Stage these entries and take those out: all or nothing."""
    lines = [f"0 {'0' * len(entry.oid)}\t{entry.path}" for entry in removed]
    lines += [f"{entry.mode} {entry.oid}\t{entry.path}" for entry in entries]
    script = b"".join(os.fsencode(line) + b"\0" for line in lines)
    git.output(["update-index", "-z", "--index-info"], script)


def read_blob(git: Git, oid: str, limit: int) -> bytes | None:
    """The bytes of a blob; None if it is not here, or larger than the limit."""
    with open_objects(git) as objects:
        (found,) = objects.read([oid], limit)
    return found.content if found is not None and found.size <= limit else None


def write_blob(git: Git, content: bytes) -> str:
    """Write a blob as it is; its id."""
    return git.output(["hash-object", "-w", "--stdin"], content).decode("ascii").strip()
