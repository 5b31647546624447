"""One safe way to read, and to replace, a file that somebody else may have put there."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path

from promptctl.errors import FileMissing, FileRefused, LocalIOError, Refused

MAX_FILE = 16 * 1024 * 1024
"""Bytes of the largest file that promptctl reads; images are the largest it meets."""

_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_FOLDER = os.O_RDONLY | os.O_NOFOLLOW | os.O_DIRECTORY | os.O_CLOEXEC


def read_regular_file(path: Path, limit: int = MAX_FILE) -> bytes:
    """The bytes of one regular file; its own folder may be reached through links, the file may not.

    Raises FileMissing, or FileRefused for a link, a device, a pipe, a folder, a file larger than
    `limit` and one that may not be read.
    """
    try:
        return _read(os.open(path, _FILE), limit, str(path))
    except OSError as error:
        raise _worded(error, str(path), path.parent, [path.name]) from None


def read_file_below(
    root: Path, path: str, limit: int = MAX_FILE, *, shown: str | None = None
) -> bytes:
    """The bytes of the regular file at `path` (with `/`) below `root`, reached through no link at all.

    `shown` is what errors call it, if not by its path. Raises as `read_regular_file`. Each folder is
    opened from the one before it, so that nobody can swap one for a link between a check and the read.
    """
    parts = _parts(path)
    *folders, name = parts
    try:
        folder = _open_folder(root, folders)
        try:
            descriptor = os.open(name, _FILE, dir_fd=folder)
        finally:
            os.close(folder)
        return _read(descriptor, limit, shown or path)
    except OSError as error:
        raise _worded(error, shown or path, root, parts) from None


def replace_file_below(root: Path, path: str, before: bytes, after: bytes) -> None:
    """Put other bytes in the place of a file's: whole or not at all, and only if it holds `before`.

    Its folders are opened as in `read_file_below`, and its mode stays. Raises Refused where somebody
    has changed it meanwhile, FileMissing, FileRefused and LocalIOError.
    """
    parts = _parts(path)
    *folders, name = parts
    draft = f".{os.urandom(8).hex()}.new"  # short: the name itself may be as long as a name can be
    try:
        folder = _open_folder(root, folders)
    except OSError as error:
        raise _worded(error, path, root, parts) from None
    try:
        descriptor = os.open(name, _FILE, dir_fd=folder)
        mode = os.fstat(descriptor).st_mode & 0o7777
        if _read(descriptor, MAX_FILE, path) != before:
            raise Refused(f"{path} has changed meanwhile", "run the same command again")
        try:
            _write_new(folder, draft, after, mode)
            os.replace(draft, name, src_dir_fd=folder, dst_dir_fd=folder)
        except BaseException as error:  # Ctrl-C too must leave nothing behind
            with suppress(OSError):
                os.unlink(draft, dir_fd=folder)
            if isinstance(error, OSError):
                raise LocalIOError(f"cannot write {path}: {error.strerror}") from error
            raise
    except OSError as error:
        raise _worded(error, path, root, parts) from None
    finally:
        os.close(folder)


def _write_new(folder: int, name: str, content: bytes, mode: int) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(name, flags, 0o600, dir_fd=folder)
    with open(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fchmod(descriptor, mode)
        os.fsync(descriptor)


def _open_folder(root: Path, folders: list[str]) -> int:
    """A descriptor of a folder below the root, each opened from the one before it."""
    folder = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    for part in folders:
        try:
            inner = os.open(part, _FOLDER, dir_fd=folder)
        finally:
            os.close(folder)
        folder = inner
    return folder


def _parts(path: str) -> list[str]:
    parts = path.split("/")
    if "\0" in path or "\\" in path or any(part in ("", ".", "..") for part in parts):
        raise FileRefused(f"`{path}` is no plain path: use names and single slashes, without ..")
    return parts


def _read(descriptor: int, limit: int, shown: str) -> bytes:
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise FileRefused(f"{shown} is {_kind(status.st_mode)}, not a regular file")
        content = bytearray()
        while piece := os.read(descriptor, min(limit + 1, status.st_size + 1 or 1)):
            content += piece
            if len(content) > limit:
                raise FileRefused(f"{shown} is larger than {limit:,} bytes")
        return bytes(content)
    finally:
        os.close(descriptor)


def _kind(mode: int) -> str:
    if stat.S_ISDIR(mode):
        return "a folder"
    if stat.S_ISLNK(mode):
        return "a link"
    if stat.S_ISFIFO(mode):
        return "a pipe"
    if stat.S_ISREG(mode):
        return "a file"
    return "a socket" if stat.S_ISSOCK(mode) else "a device"


def _worded(error: OSError, shown: str, root: Path, parts: list[str]) -> FileMissing | FileRefused:
    """What an operating system's answer means for somebody who named this file."""
    if isinstance(error, FileNotFoundError):
        return FileMissing(f"{shown} does not exist")
    if isinstance(error, PermissionError):
        return FileRefused(f"{shown} may not be read: permission denied")
    odd = _first_odd(root, parts)
    return FileRefused(f"{shown}: {odd or error.strerror}")


def _first_odd(root: Path, parts: list[str]) -> str | None:
    """The first part that is a link or no folder, in words; it explains, it decides nothing."""
    place = root
    for part in parts:
        place /= part
        try:
            mode = os.lstat(place).st_mode
        except OSError:
            return None
        wanted = stat.S_ISREG if part is parts[-1] else stat.S_ISDIR
        if not wanted(mode):
            return f"{part} is {_kind(mode)}" if len(parts) > 1 else f"it is {_kind(mode)}"
    return None
