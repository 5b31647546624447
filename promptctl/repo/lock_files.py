"""Lock files that a killed git left behind, and how it is known that nobody alive holds one."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from promptctl.errors import LocalIOError

STALE_SECONDS = 60.0
"""The age from which a lock file is taken for one that a killed git left behind."""
_YOUNG = 1.0
"""The age from which a lock of a ref is none that `git gc` holds for a moment."""
_SHARED = ("packed-refs.lock", "shallow.lock")
"""What git locks beside single refs when it fetches, or deletes a ref."""
REMOTES = "refs/promptctl/"


def open_own(common: Path, name: str) -> int:
    """A descriptor of a file of ours in a clone, for an flock."""
    folder = common / "promptctl"
    try:
        folder.mkdir(exist_ok=True)
        return os.open(folder / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    except OSError as error:
        raise LocalIOError(f"cannot write in {folder}: {error.strerror}") from error


@contextmanager
def fetching(common: Path) -> Iterator[int]:
    """Mark that a fetch of ours is at work; whatever inherits the descriptor keeps the mark."""
    descriptor = open_own(common, "fetching")
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        yield descriptor
    finally:
        os.close(descriptor)


def is_old(path: Path) -> bool:
    """Whether a lock file is older than any that a living git keeps."""
    age = _age(path)
    return age is not None and age > STALE_SECONDS


def _age(path: Path) -> float | None:
    try:
        return time.time() - os.lstat(path).st_mtime
    except OSError:
        return None


def old_locks(common: Path, folders: tuple[str, ...]) -> list[Path]:
    """The lock files below these folders, and those that all refs share, that no living git keeps."""
    found = [common / name for name in _SHARED]
    for folder in folders:
        found += _below(common / folder)
    return sorted(path for path in found if is_old(path))


def remove_fetch_locks(common: Path, space: str) -> bool:
    """Remove what a killed fetch into `space` left behind; whether there was anything.

    Locks below `space` go at once where no fetch of ours is alive, since nobody else writes there but
    `git gc` for a moment; any other lock goes once it is old.
    """
    left = old_locks(common, (space,))
    descriptor = open_own(common, "fetching")
    try:
        with suppress(BlockingIOError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            left = sorted({*left, *(path for path in _below(common / space) if _outlives(path))})
        remove(left)
    finally:
        os.close(descriptor)
    return bool(left)


def remove(locks: list[Path]) -> None:
    """Remove lock files that nobody holds."""
    for path in locks:
        with suppress(FileNotFoundError):
            path.unlink()


def _below(folder: Path) -> list[Path]:
    return [
        Path(place, name)
        for place, _, names in os.walk(folder)
        for name in names
        if name.endswith(".lock")
    ]


def _outlives(path: Path) -> bool:
    """Whether a lock file is still there when it is no longer young."""
    age = _age(path)
    if age is not None and age < _YOUNG:
        time.sleep(min(_YOUNG, _YOUNG - age))
    return os.path.lexists(path)
