"""The files of many versions, from one git process, and the commits that a range holds."""

from __future__ import annotations

from promptctl.core.closure import ReadFile
from promptctl.errors import FileMissing, FileRefused
from promptctl.files import MAX_FILE
from promptctl.repo.git import Git
from promptctl.repo.objects import ObjectReader
from promptctl.repo.worktree import LFS_POINTER


def version_reader(objects: ObjectReader, commit: str, folder: str) -> ReadFile:
    """Reads files at a commit by their path below a folder, given from the top of the git repository.

    Nothing is listed, so a link reads as the name that it holds: it is not followed.
    """

    def read(path: str) -> bytes:
        (found,) = objects.read([f"{commit}:{folder}/{path}"], MAX_FILE)
        if found is None:
            raise FileMissing(f"{folder}/{path} is not in this clone at {commit[:10]}")
        if found.kind != "blob":
            raise FileRefused(f"{folder}/{path} is no file at {commit[:10]}")
        if found.size > MAX_FILE:
            raise FileRefused(f"{folder}/{path} is larger than {MAX_FILE:,} bytes")
        if found.content.startswith(LFS_POINTER):
            raise FileRefused(f"{folder}/{path} is a Git LFS pointer, not the file itself")
        return found.content

    return read


def commits_between(git: Git, after: str, until: str) -> frozenset[str]:
    """The ids of the commits that the one commit leads to and the other, which comes first, does not."""
    listing = git.output(["rev-list", until, f"^{after}", "--"])
    return frozenset(listing.decode("ascii").split())
