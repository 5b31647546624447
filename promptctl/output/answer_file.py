"""A file that an answer is written to: there whole, or beside its name with what came."""

from __future__ import annotations

import errno
import io
import os
import re
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from promptctl.errors import LocalIOError

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

_MARK = "user.promptctl.partial"
_MAX_PARTIALS = 100
_MAX_LINKS = 40
_DESCRIPTORS = re.compile(r"/proc/([0-9]+)/(task/[0-9]+/)?fd|/dev/fd")


@dataclass(slots=True)
class AnswerFile:
    """The open file, and after it is closed where its content is (None: in no file of that name)."""

    stream: TextIO
    complete: bool = False
    """Set by the writer once all is there."""
    place: Path | None = None


@contextmanager
def answer_file(path: Path) -> Iterator[AnswerFile]:
    """A file to write; `path` is replaced at the end, and only if the writer says `complete`.

    What came of an incomplete answer is kept in `path` + `.partial`, or in the first such name that is
    free. A device, a pipe and an open descriptor (`/dev/stdout`) are written directly. Raises
    LocalIOError, which names `path`.
    """
    descriptor = _open_directly(path)
    if descriptor is not None:
        with _opened(descriptor, path) as stream:
            yield AnswerFile(stream)
        return
    target = Path(os.path.realpath(path)) if path.is_symlink() else path
    draft, descriptor = _open_draft(target, path)
    file = AnswerFile(_opened(descriptor, path))
    try:
        with file.stream:
            yield file
    except BaseException:
        file.complete = False
        raise
    finally:
        if file.complete:
            file.place = _put_in_place(draft, target, path)
        else:
            file.place = _keep_partial(draft, target)


def write_file(path: Path, text: str) -> None:
    """Put a text in a file, whole or not at all."""
    with answer_file(path) as file:
        file.stream.write(text)
        file.complete = True


class _NamedFile(io.FileIO):
    """An unbuffered file that writes all it is given; its errors name the file that was asked for."""

    def __init__(self, descriptor: int, shown: Path) -> None:
        super().__init__(descriptor, "w")
        self.shown = shown

    def write(self, content: ReadableBuffer, /) -> int:
        left = memoryview(content).cast("B")
        size = len(left)
        try:
            while left:
                left = left[super().write(left) :]
        except BrokenPipeError:
            raise
        except OSError as error:
            raise _unwritable(self.shown, error) from error
        return size


def _opened(descriptor: int, shown: Path) -> TextIO:
    raw = _NamedFile(descriptor, shown)
    return io.TextIOWrapper(
        raw,
        encoding="utf-8",
        errors="replace",
        newline="",
        write_through=True,
    )


def _unwritable(shown: Path, error: OSError) -> LocalIOError:
    return LocalIOError(f"cannot write {shown}: {error.strerror or error}")


def _open_directly(path: Path) -> int | None:
    """A descriptor where nothing may be renamed: an open one, a device, a pipe; else None."""
    try:
        number = _open_number(path)
        if number is not None:
            return os.dup(number)  # opened anew, a file would be written from its start
        if not stat.S_ISREG(os.stat(path).st_mode):
            return os.open(path, os.O_WRONLY | os.O_NOCTTY)
    except FileNotFoundError:
        pass
    except OSError as error:
        raise _unwritable(path, error) from error
    return None


def _open_number(path: Path) -> int | None:
    """The number of the open descriptor of this very process that a path such as `/dev/stdout` means."""
    place = os.path.abspath(path)
    for _ in range(_MAX_LINKS):
        folder, name = os.path.split(place)
        folder = os.path.realpath(folder)
        found = _DESCRIPTORS.fullmatch(folder)
        if found and name.isdecimal() and found[1] in (None, str(os.getpid())):
            return int(name)
        try:
            place = os.path.join(folder, os.readlink(os.path.join(folder, name)))
        except OSError:
            return None
    return None


def _open_draft(target: Path, shown: Path) -> tuple[Path, int]:
    """A new file beside the target, with the permissions of the one that it may replace."""
    name = os.fsdecode(os.fsencode(target.name)[:200])
    draft = target.with_name(f".{name}.{os.urandom(4).hex()}")
    try:
        before = _mode(target)
        if before is not None and not os.access(target, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
        if before is not None:
            os.fchmod(descriptor, stat.S_IMODE(before))
    except OSError as error:
        raise _unwritable(shown, error) from error
    return draft, descriptor


def _mode(path: Path) -> int | None:
    try:
        return path.stat().st_mode
    except FileNotFoundError:
        return None


def _put_in_place(draft: Path, target: Path, shown: Path) -> Path:
    """Give a complete draft its name, and remove what is left of an incomplete one before it."""
    try:
        os.replace(draft, target)
    except OSError as error:
        raise _unwritable(shown, error) from error
    for place in _partial_names(target):
        if not os.path.lexists(place):
            break
        if _is_ours(place):
            with suppress(OSError):
                place.unlink()
    return shown


def _keep_partial(draft: Path, target: Path) -> Path | None:
    """Where an incomplete draft is kept; it raises nothing, for there is an error on its way already."""
    with suppress(OSError):
        if draft.stat().st_size == 0:
            draft.unlink()
            return None
        _mark_ours(draft)
        for place in _partial_names(target):
            if _move(draft, place):
                return place
    return draft if draft.exists() else None


def _partial_names(target: Path) -> Iterator[Path]:
    yield target.with_name(f"{target.name}.partial")
    for number in range(2, _MAX_PARTIALS):
        yield target.with_name(f"{target.name}.partial-{number}")


def _move(draft: Path, place: Path) -> bool:
    """Give a draft its name, unless a file of somebody else has it."""
    if _is_ours(place):
        os.replace(draft, place)
        return True
    try:
        os.link(draft, place)
    except FileExistsError:
        return False
    except OSError:  # a file system without hard links
        if os.path.lexists(place):
            return False
        os.rename(draft, place)
        return True
    draft.unlink()
    return True


def _state(path: Path) -> bytes:
    status = os.lstat(path)
    return f"{status.st_size}:{status.st_mtime_ns}".encode()


def _mark_ours(draft: Path) -> None:
    """Note on a file that we made it and how it was; where that cannot be noted, nobody removes it."""
    if sys.platform == "linux":
        with suppress(OSError):
            os.setxattr(draft, _MARK, _state(draft))


def _is_ours(path: Path) -> bool:
    """Whether we made this file and nobody has changed it since."""
    if sys.platform == "linux":
        with suppress(OSError):
            return os.getxattr(path, _MARK, follow_symlinks=False) == _state(path)
    return False
