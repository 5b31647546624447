"""A file that an answer is written to: there whole, or beside its name with what came."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO


@dataclass(slots=True)
class AnswerFile:
    """The open file, and after it is closed where its content is (None: nothing came)."""

    stream: TextIO
    complete: bool = False
    """Set by the writer once all is there."""
    place: Path | None = None


@contextmanager
def answer_file(path: Path) -> Iterator[AnswerFile]:
    """A file to write; `path` is replaced at the end, and only if the writer says `complete`.

    What came of an incomplete answer is kept as `path` + `.partial`. A device or a pipe is written
    directly.
    """
    path = Path(os.path.realpath(path))
    before = _mode(path)
    if before is not None and not stat.S_ISREG(before):
        with _opened(os.open(path, os.O_WRONLY)) as stream:
            yield AnswerFile(stream, place=path)
        return
    draft = path.with_name(f".{path.name[:200]}.{os.urandom(4).hex()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    try:
        with _opened(descriptor) as stream:
            if before is not None:
                os.fchmod(descriptor, stat.S_IMODE(before))
            file = AnswerFile(stream)
            try:
                yield file
            finally:
                stream.flush()
                file.place = _settle(draft, path, complete=file.complete)
    finally:
        draft.unlink(missing_ok=True)


def write_file(path: Path, text: str) -> None:
    """Put a text in a file, whole or not at all."""
    with answer_file(path) as file:
        file.stream.write(text)
        file.complete = True


def _mode(path: Path) -> int | None:
    try:
        return path.stat().st_mode
    except FileNotFoundError:
        return None


def _opened(descriptor: int) -> TextIO:
    return open(descriptor, "w", encoding="utf-8", errors="replace", newline="")


def _settle(draft: Path, path: Path, *, complete: bool) -> Path | None:
    """Give the draft its name: the wanted one, or one that says it is not all."""
    if not complete and draft.stat().st_size == 0:
        return None
    place = path if complete else path.with_name(f"{path.name}.partial")
    os.replace(draft, place)
    return place
