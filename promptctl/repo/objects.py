"""Objects by name from one `git cat-file --batch`, in few round trips and bounded memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from subprocess import Popen

from promptctl.core.fast_dataclass import dataclass
from promptctl.errors import LocalIOError
from promptctl.repo.git import Git

_AT_ONCE = 100
"""Names asked for before the answers are read: few enough for any pipe to hold."""


@dataclass(frozen=True, slots=True)
class GitObject:
    """One object; `content` is empty where it is larger than what was asked for."""

    oid: str
    kind: str
    size: int
    content: bytes


class ObjectReader:
    """A conversation with `git cat-file --batch`."""

    def __init__(self, process: Popen[bytes]) -> None:
        self._process = process

    def read(self, names: Sequence[str], limit: int) -> Iterator[GitObject | None]:
        """The object that each name leads to, in order; None where there is none.

        Names are ids, full names of refs and `COMMIT:PATH`. Raises LocalIOError if git stops.
        """
        for start in range(0, len(names), _AT_ONCE):
            batch = names[start : start + _AT_ONCE]
            self._ask(batch)
            for _ in batch:
                yield self._answer(limit)

    def _ask(self, names: Sequence[str]) -> None:
        pipe = self._process.stdin
        assert pipe is not None
        try:
            pipe.write("".join(f"{name}\n" for name in names).encode("utf-8", "surrogateescape"))
            pipe.flush()
        except BrokenPipeError:
            raise LocalIOError("git stopped while reading", "git fsck") from None

    def _answer(self, limit: int) -> GitObject | None:
        pipe = self._process.stdout
        assert pipe is not None
        line = pipe.readline()
        words = line.split()
        if line.endswith((b" missing\n", b" ambiguous\n")):
            return None
        if len(words) != 3 or not words[2].isdigit():
            raise LocalIOError("git stopped while reading", "git fsck")
        size = int(words[2])
        content = pipe.read(size) if size <= limit else b""
        left = size - len(content)
        while left > 0 and (piece := pipe.read(min(left, 1 << 20))):
            left -= len(piece)
        if left or pipe.read(1) != b"\n":
            raise LocalIOError("git stopped while reading", "git fsck")
        return GitObject(words[0].decode("ascii"), words[1].decode("ascii"), size, content)


@contextmanager
def open_objects(git: Git) -> Iterator[ObjectReader]:
    """A reader of objects, whose git ends with the block."""
    process = git.open(["cat-file", "--batch"])
    try:
        yield ObjectReader(process)
    finally:
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()
        process.wait()
