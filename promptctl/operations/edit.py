"""Opening a prompt's file in the user's editor."""

from __future__ import annotations

import re
import shlex
import shutil
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from promptctl.errors import (
    LocalIOError,
    PromptctlError,
    PromptNotFound,
    ReferenceInvalid,
    Refused,
    UsageProblem,
)
from promptctl.files import read_file_below
from promptctl.operations.repository import OpenRepository, Source
from promptctl.operations.validate import Report, Selection, validate

_FALLBACKS = ("editor", "vi", "nano")


@dataclass(frozen=True, slots=True)
class Edited:
    """A prompt after the editor closed: whether its text is another one, and its findings."""

    path: str
    changed: bool
    report: Report


def edit_prompt(
    repository: OpenRepository, reference: str, ask_again: Callable[[Report], bool]
) -> Edited:
    """Open a prompt of the working tree in the user's editor and validate it.

    While it has errors, `ask_again` says whether to open it once more.
    """
    source = _find_source(repository, reference)
    command, root = editor_command(repository.environ), repository.settings.root
    selection = Selection((str(root / source.path),))
    changed = False
    while True:
        changed |= edit_file(
            command,
            root,
            source.path,
            directory=repository.directory,
            environ=repository.environ,
        )
        report = validate(repository, selection)
        if report.is_valid or not ask_again(report):
            return Edited(source.path, changed, report)


def shown_lines(repository: OpenRepository, path: str) -> list[str] | None:
    """The lines of a file below the root, for people to look at; None if it cannot be read."""
    try:
        content = repository.worktree.read_path(path)
    except PromptctlError:
        return None
    return re.split(r"\r\n|\r|\n", content.decode("utf-8", "replace"))


def _find_source(repository: OpenRepository, reference: str) -> Source:
    if repository.settings.is_bare:
        raise Refused(
            f"{repository.settings.root} is a bare repository; it has no files to edit",
            "edit them in a clone of it",
        )
    try:
        source = repository.source(reference)
    except PromptNotFound as error:
        make = f"promptctl new {reference}"
        near = error.hint if error.hint and error.hint.startswith("did you mean") else None
        hint = f"{near}\nor make it: {make}" if near else make
        raise PromptNotFound(error.message, hint) from None
    if source.commit is not None:
        raise ReferenceInvalid(
            f"{reference} is history, which does not change",
            f"promptctl edit {source.name} opens the working tree",
        )
    return source


def editor_command(environ: Mapping[str, str]) -> list[str]:
    """The user's editor and its arguments: $VISUAL, $EDITOR, or one that is installed.

    Never from git's configuration: a repository is data, and may not name a program to run.
    """
    names = ("EDITOR",) if environ.get("TERM", "dumb") == "dumb" else ("VISUAL", "EDITOR")
    for name in names:
        if environ.get(name, "").strip():
            return _split(name, environ[name])
    for program in _FALLBACKS:
        if shutil.which(program, path=environ.get("PATH")):
            return [program]
    raise LocalIOError("no editor is set or installed", "EDITOR=nano promptctl edit NAME")


def _split(name: str, value: str) -> list[str]:
    try:
        return shlex.split(value)
    except ValueError as error:
        raise UsageProblem(f"${name} cannot be read: {error}: {value}") from None


def edit_file(
    command: Sequence[str], root: Path, path: str, *, directory: Path, environ: Mapping[str, str]
) -> bool:
    """Open the file at `path` below `root` and wait; whether it is another text afterwards.

    Raises LocalIOError, FileMissing if the file is gone, FileRefused if it is no plain file.
    """
    before = read_file_below(root, path)
    _run([*command, str(root / path)], directory, environ)
    return read_file_below(root, path) != before


def _run(command: Sequence[str], directory: Path, environ: Mapping[str, str]) -> None:
    program = command[0]
    try:
        process = subprocess.Popen(command, cwd=directory, env=dict(environ))
    except OSError as error:
        raise LocalIOError(
            f"{program} does not start: {error.strerror}",
            "set EDITOR to an editor that is installed, such as EDITOR=nano",
        ) from error
    with _interrupts_ignored():
        code = process.wait()
    if code:
        ended = f"exit code {code}" if code > 0 else f"signal {-code}"
        raise LocalIOError(f"{program} ended with {ended}; {command[-1]} is as it left it")


@contextmanager
def _interrupts_ignored() -> Iterator[None]:
    """While the editor runs, Ctrl-C is the editor's."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
