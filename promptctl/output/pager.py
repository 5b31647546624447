"""Long results through a pager, as git has it: at a terminal only, and the program is the user's choice."""

from __future__ import annotations

import signal
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from promptctl.output.terminal import Terminal

_VARIABLES = ("PROMPTCTL_PAGER", "GIT_PAGER", "PAGER")
_USUAL = "less"
_ITS_OPTIONS = {"LESS": "FRX", "LV": "-c"}
"""As git sets them: a short text is only written, colours are let through, and it stays on the screen."""
_NOT_STARTED = (126, 127)
"""How a shell says that there is no such program, or that it may not be run."""


def write_paged(text: str, terminal: Terminal, environ: Mapping[str, str]) -> None:
    """Write a result, at a terminal through the user's pager; whoever leaves that early is done."""
    is_wanted = terminal.out_is_tty and not terminal.is_dumb and not terminal.no_pager
    command = pager_command(environ) if is_wanted else None
    if not text or command is None or not _page(command, text, terminal, environ):
        terminal.write(text)


def pager_command(environ: Mapping[str, str]) -> str | None:
    """The user's pager as a line for the shell; None where an empty variable, or `cat`, says none.

    Never from git's configuration: a repository is data, and may not name a program to run.
    """
    command = next((environ[name] for name in _VARIABLES if name in environ), _USUAL).strip()
    return None if command in ("", "cat") else command


def _page(command: str, text: str, terminal: Terminal, environ: Mapping[str, str]) -> bool:
    """Whether the pager took the text; False where it did not start."""
    terminal.flush()
    content = text.encode(terminal.out.encoding or "utf-8", "replace")
    try:
        pager = subprocess.Popen(
            ["/bin/sh", "-c", command], stdin=subprocess.PIPE, env=_ITS_OPTIONS | dict(environ)
        )
    except OSError:
        return False
    try:
        with _interrupts_ignored():
            pager.communicate(content)  # which does not mind that it is left before the end
    except BaseException:  # the terminal went away, or we are to end: so is the pager
        pager.terminate()
        pager.wait()
        raise
    return pager.returncode not in _NOT_STARTED


@contextmanager
def _interrupts_ignored() -> Iterator[None]:
    """While the pager shows a text, Ctrl-C is the pager's."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
