"""A watch over one socket: what does not happen in time ends the connection.

A time-out of the reading call restarts with each byte, so that comments that only keep a connection
alive would hold it for ever. Here the caller says what counts.
"""

from __future__ import annotations

import contextlib
import socket
import threading
import time


class Deadline:
    """Shuts the guarded socket down when an expected event is late; `missed` then says which.

    A blocked reader wakes at once, and sees the end of the stream.
    """

    def __init__(self, total: float, end: float | None = None) -> None:
        """`total` seconds are allowed, up to `end` (of time.monotonic) where part of them is spent."""
        self.missed = ""
        self._end = time.monotonic() + total if end is None else end
        self._until = self._end
        self._what = self._total = f"{total:g} s for the whole answer"
        self._socket: object = None
        self._stopped = False
        self._paused_at: float | None = None
        self._parked = False
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    def expect(self, seconds: float, what: str) -> None:
        """The next event must come within so many seconds; it replaces the one expected before."""
        until = time.monotonic() + seconds
        late = until >= self._end
        earlier = until < self._until or self._thread is None
        self._until = self._end if late else until
        self._what = self._total if late else f"{seconds:g} s {what}"
        if earlier:
            # A later time needs no signal: the thread looks again when the old one has come.
            with self._changed:
                self._changed.notify()
        if self._thread is None:
            self._thread = threading.Thread(target=self._watch, name="deadline", daemon=True)
            self._thread.start()

    def guard(self, guarded: object) -> None:
        """Watch over this socket from now on."""
        self._socket = guarded
        if self.missed:
            self.cut()

    def pause(self) -> None:
        """Let no time count until `resume`."""
        self._paused_at = time.monotonic()

    def resume(self) -> None:
        """Count on from where `pause` stopped."""
        if self._paused_at is not None:
            gap = time.monotonic() - self._paused_at
            self._until += gap
            self._end += gap
            self._paused_at = None
        if self._parked:
            with self._changed:
                self._changed.notify()

    def seconds_left(self) -> float:
        """Until the end of it all; never negative."""
        return max(0.0, self._end - time.monotonic())

    def overrun(self) -> None:
        """Say that the end has come where there is no connection yet to be ended."""
        self.missed = self.missed or self._total

    def stop(self) -> None:
        """Expect nothing more."""
        with self._changed:
            self._stopped = True
            self._changed.notify()

    def cut(self) -> None:
        """End the guarded connection now."""
        if isinstance(self._socket, socket.socket):
            # Of the plain class: that of a TLS socket would drop its state under a reading thread.
            with contextlib.suppress(OSError):
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)

    def _watch(self) -> None:
        with self._changed:
            while not self._stopped:
                left = self._until - time.monotonic()
                if left > 0:
                    self._changed.wait(left)
                elif not self._park():
                    self.missed = self._what
                    self.cut()
                    return

    def _park(self) -> bool:
        """Sleep out a pause, if there is one."""
        # Announced before the look, so that a `resume` in between is not missed.
        self._parked = True
        paused = self._paused_at is not None
        if paused:
            self._changed.wait()
        self._parked = False
        return paused
