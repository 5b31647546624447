"""What the content of a prompt at a commit is: the Content of docs/releases.md, and its path for records."""

from __future__ import annotations

from collections.abc import Iterable

from promptctl.core.record import content_digest
from promptctl.errors import UsageProblem
from promptctl.repo.history import CommitReader
from promptctl.settings import Settings


def content_at(read: CommitReader, name: str, files: Iterable[str]) -> str:
    """The Content of a prompt at a commit, which includes and attaches these files.

    Raises FileMissing and FileRefused.
    """
    entries = {("file", path): read.blob_id(path) for path in files}
    return content_digest(entries | {("prompt", ""): read.blob_id(f"{name}.yaml")})


def path_at_top(settings: Settings, path: str) -> str:
    """A path below the root of the prompt repository, from the top of the git repository.

    Raises UsageProblem for a folder whose name no record could carry.
    """
    top, root = settings.git_top, settings.root
    if top is None or top == root:
        return path
    whole = f"{root.relative_to(top).as_posix()}/{path}"
    if not whole.isprintable() or whole != whole.strip():
        shown = whole.encode("unicode_escape", "backslashreplace").decode("ascii")
        raise UsageProblem(
            f"a record cannot hold the path `{shown}`: only printable characters, no blank at its ends",
            "rename the folder",
        )
    return whole
