"""A bar that counts files, for somebody who has waited a second at a terminal."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from promptctl.output.terminal import Terminal

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

PATIENCE = 1.0
"""Seconds before the bar appears."""


class FileProgress:
    """Shows how many files are done, on standard error, once it has lasted PATIENCE seconds."""

    def __init__(self, terminal: Terminal, clock: Callable[[], float] = time.monotonic) -> None:
        self._terminal = terminal
        self._clock = clock
        self._start = clock()
        self._bar: Progress | None = None
        self._task: TaskID | None = None

    def __call__(self, done: int, total: int) -> None:
        """Say that so many of all files are done."""
        if self._bar is None and self._is_due() and done < total:
            self._bar, self._task = _open_bar(self._terminal, total)
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, completed=done, refresh=True)

    def close(self) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

    def _is_due(self) -> bool:
        terminal = self._terminal
        shown = terminal.err_is_tty and not terminal.quiet and not terminal.is_dumb
        return shown and self._clock() - self._start >= PATIENCE


def _open_bar(terminal: Terminal, total: int) -> tuple[Progress, TaskID]:
    # Rich takes 40 ms to import, and most runs are over before anybody could see a bar.
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    console = Console(
        file=terminal.err,
        force_terminal=True,
        no_color=not terminal.err_color,
        width=terminal.width,
    )
    columns = (TextColumn("validating"), BarColumn(), MofNCompleteColumn())
    bar = Progress(*columns, console=console, transient=True, auto_refresh=False)
    bar.start()
    return bar, bar.add_task("", total=total)
