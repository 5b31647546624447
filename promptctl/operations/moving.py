"""Files that change their place, settings and index with them: all of it or nothing, Ctrl-C included."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from promptctl.errors import AlreadyExists, LocalIOError, PromptctlError, Refused
from promptctl.repo.git import Git
from promptctl.repo.index import Staged, write_staged
from promptctl.repo.recording import signals_wait

_NO_HARD_LINKS = frozenset({errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS})


@dataclass(frozen=True, slots=True)
class FileMove:
    """One file on its way to another place, perhaps with another text."""

    source: Path
    target: Path
    before: bytes
    after: bytes


@dataclass(frozen=True, slots=True)
class FileWrite:
    """One file that gets another text; `before` is None where there was none."""

    path: Path
    before: bytes | None
    after: bytes


@dataclass(frozen=True, slots=True)
class IndexChange:
    """What is staged of the files in question, before and after."""

    before: Sequence[Staged]
    after: Sequence[Staged]


def carry_out(moves: Sequence[FileMove], write: FileWrite, git: Git, change: IndexChange) -> None:
    """Move the files, write the one, and stage it. If any of that fails, all is as it was.

    Raises AlreadyExists where somebody has put something in the way meanwhile, LocalIOError.
    """
    # Each way back stands ready before its step, and looks itself how far that has come.
    back: list[Callable[[], None]] = []
    try:
        for move in moves:
            made = [place for place in move.target.parents if not os.path.lexists(place)]
            back.append(lambda move=move, made=made: _move_back(move, made))  # type: ignore[misc]
            _move(move)
        back.append(lambda: _write_back(write))
        _write(write.path, write.before, write.after)
        back.append(lambda: _stage(git, change.after, change.before))
        _stage(git, change.before, change.after)
    except BaseException as error:
        with signals_wait():  # a second Ctrl-C, until all is back in its place
            for step in reversed(back):
                with suppress(OSError, PromptctlError):
                    step()
        if isinstance(error, OSError):
            place = error.filename or write.path
            raise LocalIOError(f"cannot change {place}: {error.strerror}") from error
        raise


def _stage(git: Git, before: Sequence[Staged], after: Sequence[Staged]) -> None:
    if before or after:
        staying = {entry.path for entry in after}
        removed = [entry for entry in before if entry.path not in staying]
        write_staged(git, after, removed)


def _move(move: FileMove) -> None:
    move.target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(move.source, move.target, follow_symlinks=False)
    except FileExistsError:
        raise AlreadyExists(f"{move.target} exists", "another name, or move it away") from None
    except OSError as error:
        if error.errno not in _NO_HARD_LINKS:
            raise
        if os.path.lexists(move.target):
            raise AlreadyExists(f"{move.target} exists", "another name") from None
        os.rename(move.source, move.target)
    else:
        move.source.unlink()
    if move.after != move.before:
        _write(move.target, move.before, move.after)


def _move_back(move: FileMove, made: Sequence[Path]) -> None:
    source_is_there = os.path.lexists(move.source)
    if source_is_there and os.path.lexists(move.target):
        if os.path.samestat(os.lstat(move.source), os.lstat(move.target)):
            move.target.unlink()
    elif not source_is_there:
        if move.target.read_bytes() == move.after != move.before:
            _write(move.target, move.after, move.before)
        os.rename(move.target, move.source)
    for place in made:
        with suppress(OSError):
            place.rmdir()


def _write(path: Path, before: bytes | None, after: bytes) -> None:
    """Replace a file's text, whole or not at all, unless somebody else has changed it meanwhile."""
    now = path.read_bytes() if os.path.lexists(path) else None
    if now != before:
        raise Refused(f"{path} has changed meanwhile", "run the same command again")
    draft = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        with draft.open("xb") as file:
            file.write(after)
            file.flush()
            os.fsync(file.fileno())
            if before is not None:
                os.fchmod(file.fileno(), os.stat(path).st_mode & 0o7777)
        os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)


def _write_back(write: FileWrite) -> None:
    if not os.path.lexists(write.path) or write.path.read_bytes() != write.after:
        return
    if write.before is None:
        write.path.unlink()
    else:
        _write(write.path, write.after, write.before)
