"""What ends the process from outside: SIGTERM and SIGHUP are treated as Ctrl-C is."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

_ENDING = (signal.SIGTERM, signal.SIGHUP)
_INTERRUPT_EXIT = 130


@dataclass(slots=True)
class Ending:
    """The signal that ended the program, if one did."""

    number: int | None = None

    def exit_code(self, code: int) -> int:
        """The exit code to end with: that of Ctrl-C becomes that of the signal which came instead."""
        return code if self.number is None or code != _INTERRUPT_EXIT else 128 + self.number


@contextmanager
def ended_by_signals() -> Iterator[Ending]:
    """Raise KeyboardInterrupt where SIGTERM or SIGHUP arrives, so that all is cleaned up as after Ctrl-C.

    A signal that the caller ignores (`nohup`) stays ignored; once one came, no further one disturbs the
    cleaning up. In a thread other than the main one nothing is changed.
    """
    ending = Ending()
    if threading.current_thread() is not threading.main_thread():
        yield ending
        return

    def end(number: int, _: FrameType | None) -> None:
        for each in before:
            signal.signal(each, signal.SIG_IGN)
        ending.number = number
        raise KeyboardInterrupt

    before = {each: signal.getsignal(each) for each in _ENDING}
    before = {each: handler for each, handler in before.items() if handler == signal.SIG_DFL}
    for each in before:
        signal.signal(each, end)
    try:
        yield ending
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
