"""What was found out once about contents, kept in the user's cache: it changes nothing but speed.

A cache is one file of one kind for one repository. What is absent, torn, of another version, or not the
user's own is as if it were not there, and a cache that cannot be written is not written.
"""

from __future__ import annotations

import contextlib
import json
import os
import stat
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path

from promptctl import __version__
from promptctl.core.fast_dataclass import dataclass
from promptctl.core.json_data import Json

MAX_BYTES = 64 * 1024 * 1024
"""Of the largest cache that is written or read."""
MAX_FILES = 50
"""Caches that are kept; the one that was not written for the longest time goes first."""
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_UNFINISHED = ".new"


def cache_folder(environ: Mapping[str, str]) -> Path:
    """The folder of promptctl in the user's cache."""
    cache = Path(environ.get("XDG_CACHE_HOME", ""))
    if not cache.is_absolute():  # the XDG specification says to ignore a relative one
        cache = Path(environ.get("HOME") or Path.home()) / ".cache"
    return cache / "promptctl"


@dataclass(frozen=True, slots=True)
class Cache:
    """The cache of one kind for one place, whose content counts for one key only."""

    folder: Path
    kind: str
    place: str
    key: str
    """Everything that decides what is in it, besides contents that are named there."""

    @classmethod
    def open(cls, environ: Mapping[str, str], kind: str, place: Path, key: str = "") -> Cache:
        """The cache of a kind for a folder. Nothing is read or written before it is asked to."""
        try:
            folder = cache_folder(environ)
        except RuntimeError:  # nobody knows where the user's home is
            folder = Path(os.devnull)
        return cls(folder / "results", kind, os.path.realpath(place), key)

    def read(self) -> bytes | None:
        """What was written last under this key; None if that cannot be had whole and unchanged."""
        try:
            whole = _read_own(os.open(self._file, _READ))
        except OSError:
            return None
        head, _, body = whole.partition(b"\n")
        if head != _head(body) or not body.startswith(self._key_line):
            return None
        return body[len(self._key_line) :]

    def read_table(self) -> dict[str, list[Json]]:
        """The rows that `write_table` wrote, by name. Whoever uses a row looks at its types first."""
        content = self.read()
        try:
            table = json.loads(content) if content else {}
        except (ValueError, RecursionError):
            return {}
        rows = table.items() if isinstance(table, dict) else ()
        return {name: row for name, row in rows if isinstance(row, list)}

    def write_table(self, table: Mapping[str, Sequence[Json]]) -> None:
        """Keep these rows for the next time, if that can be done."""
        self.write(json.dumps(table, separators=(",", ":")).encode("ascii"))

    def write(self, content: bytes) -> None:
        """Keep this content for the next time, if that can be done."""
        body = self._key_line + content
        if len(body) > MAX_BYTES:
            return
        unfinished = f"{self._file}.{os.urandom(8).hex()}{_UNFINISHED}"
        with contextlib.suppress(OSError):
            if not _prepare(self.folder):
                return
            with open(os.open(unfinished, _CREATE, 0o600), "wb") as file:
                try:
                    file.write(_head(body) + b"\n" + body)
                    file.flush()
                    os.replace(unfinished, self._file)
                except OSError:
                    os.unlink(unfinished)
                    raise
            _forget_oldest(self.folder)

    @property
    def _file(self) -> str:
        return f"{self.folder}/{self.kind}-{zlib.crc32(os.fsencode(self.place)):08x}"

    @property
    def _key_line(self) -> bytes:
        return f"{__version__} {self.kind} {self.place!a} {self.key!a}\n".encode("ascii")


def _head(body: bytes) -> bytes:
    """The first line: it shows a cache that was torn or changed by accident."""
    return b"promptctl cache 1 %08x" % zlib.crc32(body)


def _read_own(descriptor: int) -> bytes:
    """The bytes of a file that only its owner, who is the user, can have written; else nothing."""
    with open(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        is_own = status.st_uid == os.geteuid() and not status.st_mode & 0o022
        if not stat.S_ISREG(status.st_mode) or not is_own or status.st_size > 2 * MAX_BYTES:
            return b""
        return file.read(status.st_size)


def _prepare(folder: Path) -> bool:
    """Make the folder if it is not there; no where it, or what it would be made in, is not the user's."""
    place = folder
    while not os.path.lexists(place) and place != place.parent:
        place = place.parent
    status = os.stat(place)
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid():
        return False  # under sudo, what is made there would be in its user's way
    if place != folder:
        folder.parent.mkdir(0o700, parents=True, exist_ok=True)
        folder.mkdir(0o700, exist_ok=True)
    return True


def _forget_oldest(folder: Path) -> None:
    """Keep as many caches as there may be, and nothing that was left unfinished an hour ago."""
    written = sorted((entry.stat().st_mtime, entry.path) for entry in os.scandir(folder))
    surplus = len(written) - MAX_FILES
    for number, (time, path) in enumerate(written):
        if number < surplus or (path.endswith(_UNFINISHED) and time < written[-1][0] - 3600):
            os.unlink(path)
