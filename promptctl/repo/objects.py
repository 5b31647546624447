"""Objects by name from one `git cat-file`, in few round trips and bounded memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from subprocess import Popen
from typing import IO

from promptctl.core.fast_dataclass import dataclass
from promptctl.errors import GitStopped
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
    """A conversation with `git cat-file`, which is asked for the size of an object before its bytes:
    it would hold a tag of any size in memory."""

    def __init__(self, git: Git) -> None:
        self._git = git
        self._processes = [git.open(["cat-file", "--batch-command"])]
        self._verbs = ("info ", "contents ")
        self._has_answered = False

    def read(self, names: Sequence[str], limit: int) -> Iterator[GitObject | None]:
        """The object that each name leads to, in order; None where there is none.

        Names are ids, full names of refs and `COMMIT:PATH`. Raises LocalIOError if git stops.
        """
        for start in range(0, len(names), _AT_ONCE):
            yield from self._read_few(names[start : start + _AT_ONCE], limit)

    def _read_few(self, names: Sequence[str], limit: int) -> list[GitObject | None]:
        found = self._look(names)
        wanted = [one.oid for one in found if one is not None and one.size <= limit]
        if not wanted:
            return found
        answers = self._processes[-1]
        self._ask(answers, self._verbs[1], wanted)
        contents = iter([_content(answers) for _ in wanted])
        return [
            replace(one, content=next(contents)) if one is not None and one.size <= limit else one
            for one in found
        ]

    def _look(self, names: Sequence[str]) -> list[GitObject | None]:
        try:
            self._ask(self._processes[0], self._verbs[0], names)
            return [self._answer() for _ in names]
        except GitStopped:
            if self._has_answered:
                raise
        self._speak_as_before_2_36()
        self._ask(self._processes[0], self._verbs[0], names)
        return [self._answer() for _ in names]

    def _speak_as_before_2_36(self) -> None:
        self.close()
        modes = ("--batch-check", "--batch")
        self._processes = [self._git.open(["cat-file", mode]) for mode in modes]
        self._verbs = ("", "")
        self._has_answered = True

    def _ask(self, process: Popen[bytes], verb: str, names: Sequence[str]) -> None:
        lines = "".join(f"{verb}{name}\n" for name in names).encode("utf-8", "surrogateescape")
        try:
            _pipe(process.stdin).write(lines)
            _pipe(process.stdin).flush()
        except BrokenPipeError:
            raise GitStopped from None

    def _answer(self) -> GitObject | None:
        line = _pipe(self._processes[0].stdout).readline()
        self._has_answered |= bool(line)
        # A git from 2.51 on says so of a submodule, whose commit is elsewhere.
        if line.endswith((b" missing\n", b" ambiguous\n", b" submodule\n")):
            return None
        return GitObject(*_head(line), b"")

    def close(self) -> None:
        """Let git end."""
        for process in self._processes:
            for pipe in (process.stdin, process.stdout):
                with suppress(BrokenPipeError):
                    _pipe(pipe).close()
            process.wait()


def _head(line: bytes) -> tuple[str, str, int]:
    words = line.split()
    if len(words) != 3 or not words[2].isdigit():
        raise GitStopped
    return words[0].decode("ascii"), words[1].decode("ascii"), int(words[2])


def _content(process: Popen[bytes]) -> bytes:
    answers = _pipe(process.stdout)
    *_, size = _head(answers.readline())
    content = answers.read(size)
    if len(content) != size or answers.read(1) != b"\n":
        raise GitStopped
    return content


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    assert pipe is not None
    return pipe


@contextmanager
def open_objects(git: Git) -> Iterator[ObjectReader]:
    """A reader of objects, whose git ends with the block."""
    reader = ObjectReader(git)
    try:
        yield reader
    finally:
        reader.close()
