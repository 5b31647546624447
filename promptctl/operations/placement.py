"""Putting new files in their places: all of them or none, and never over anything that is there."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from promptctl.errors import AlreadyExists, LocalIOError

_NO_HARD_LINKS = frozenset({errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS})


@contextmanager
def placed(folder: Path, files: Mapping[str, str]) -> Iterator[tuple[str, ...]]:
    """Write the files that are missing below `folder` and yield their paths, in the given order.

    Each appears whole or not at all; one that somebody else puts there meanwhile is kept. If anything
    fails, here or in the body of the `with`, Ctrl-C too, all that was made is removed again. Raises
    AlreadyExists where something is in the way.
    """
    missing = missing_files(folder, files)
    made: list[Path] = []
    try:
        yield tuple(path for path in missing if _place(folder, path, files[path], made))
    except BaseException:
        _remove(made)
        raise


def missing_files(folder: Path, files: Mapping[str, str]) -> tuple[str, ...]:
    """Of these paths, those where no file is. Raises AlreadyExists where something is in the way."""
    return tuple(path for path in files if not _is_there(folder, path))


def _is_there(folder: Path, path: str) -> bool:
    *parents, name = path.split("/")
    place = folder
    for part in parents:
        place /= part
        mode = _mode(place)
        if mode is None:
            return False
        if not stat.S_ISDIR(mode):
            raise AlreadyExists(
                f"{place} is in the way: a folder is needed there, and it is {_kind(mode)}",
                "move it away, then run the same command again",
            )
    mode = _mode(place / name)
    if mode is not None and stat.S_ISDIR(mode):
        raise AlreadyExists(
            f"{place / name} is in the way: a file is needed there, and it is a folder",
            "move it away, then run the same command again",
        )
    return mode is not None


def _mode(place: Path) -> int | None:
    try:
        return os.lstat(place).st_mode
    except FileNotFoundError:
        return None


def _kind(mode: int) -> str:
    return "a link" if stat.S_ISLNK(mode) else "a file"


def _place(folder: Path, path: str, text: str, made: list[Path]) -> bool:
    """Put a file in its place; False if one has come there meanwhile."""
    target = folder / path
    try:
        for parent in reversed(target.relative_to(folder).parents[:-1]):
            _make_folder(folder / parent, made)
        draft = target.with_name(f".{target.name}.{os.getpid()}.new")
        made.append(draft)
        _write_new(draft, text)
        try:
            _move(draft, target)
        except FileExistsError:
            draft.unlink()
            return False
        made[-1] = target
        return True
    except OSError as error:
        raise LocalIOError(f"cannot write {target}: {error.strerror}") from error


def _make_folder(place: Path, made: list[Path]) -> None:
    if os.path.lexists(place):
        return
    made.append(place)
    try:
        place.mkdir()
    except FileExistsError:  # somebody else was quicker
        made.pop()


def _write_new(draft: Path, text: str) -> None:
    with draft.open("x", encoding="utf-8", newline="\n") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def _move(draft: Path, target: Path) -> None:
    """Give a finished file its name; unlike a rename, a link never replaces what is there."""
    try:
        os.link(draft, target)
    except OSError as error:
        if error.errno not in _NO_HARD_LINKS:
            raise
        if os.path.lexists(target):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST)) from None
        os.rename(draft, target)
    else:
        draft.unlink()


def _remove(made: list[Path]) -> None:
    """Take back what was made, last first; a folder only if nobody else put something into it."""
    for place in reversed(made):
        with suppress(OSError):
            place.rmdir() if place.is_dir() else place.unlink()
