"""A wait that people can see the end of."""

from __future__ import annotations

import time
from collections.abc import Callable

from promptctl.output.terminal import Terminal

_SHORT = 2.0
"""Seconds that nobody wonders about."""
_CLEAR = "\r\x1b[K"


def count_down(
    terminal: Terminal, seconds: float, sleep: Callable[[float], None] = time.sleep
) -> None:
    """Sleep so long; at a terminal a line says how long it still is, and is gone at the end."""
    seen = terminal.err_is_tty and not terminal.is_dumb and not terminal.quiet
    if seconds <= _SHORT or not seen:
        sleep(seconds)
        return
    left = seconds
    try:
        while left > 0:
            terminal.err.write(f"{_CLEAR}waiting, {left:.0f} s left ")
            terminal.err.flush()
            step = min(1.0, left)
            sleep(step)
            left -= step
    finally:
        terminal.err.write(_CLEAR)
        terminal.err.flush()
