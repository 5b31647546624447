"""Lines and server-sent events from bytes, however the bytes are cut.

The format is that of the WHATWG HTML standard, section 9.2.6: lines end with LF, CR or CRLF and with
nothing else, so U+2028 and its like stay inside the data.
"""

from __future__ import annotations

from collections.abc import Iterator

from promptctl.core.fast_dataclass import dataclass

_BOM = b"\xef\xbb\xbf"


class StreamInvalid(ValueError):
    """The bytes break a limit or are not UTF-8; the message says how, without repeating them."""


class LineSplitter:
    """Whole lines from chunks of bytes; a line may not be longer than `limit` bytes."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._pending = bytearray()
        self._after_cr = False

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        """The lines that became complete, without their ends. Raises StreamInvalid after them."""
        if self._after_cr and chunk:
            self._after_cr = False
            chunk = chunk.removeprefix(b"\n")
        if b"\r" in chunk:
            self._after_cr = chunk.endswith(b"\r")
            chunk = chunk.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        first, *rest = chunk.split(b"\n")
        self._pending += first
        for following in rest:
            line, self._pending = bytes(self._pending), bytearray(following)
            self._check(len(line))
            yield line
        self._check(len(self._pending))

    def finish(self) -> bytes:
        """What is left: a last line that nothing ended, or nothing."""
        rest, self._pending = bytes(self._pending), bytearray()
        return rest

    def _check(self, length: int) -> None:
        if length > self._limit:
            raise StreamInvalid(f"a line of more than {self._limit} bytes")


@dataclass(frozen=True, slots=True)
class ServerSentEvent:
    """One event: its name, `message` unless the stream says otherwise, and its data."""

    name: str
    data: str


class SseDecoder:
    """Server-sent events from chunks of bytes. `id` and `retry` have no use here and are skipped."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._lines = LineSplitter(limit)
        self._at_start = True
        self._name = ""
        self._data: list[bytes] = []
        self._size = 0

    def feed(self, chunk: bytes) -> Iterator[ServerSentEvent]:
        """The events that became complete. Raises StreamInvalid after them."""
        for line in self._lines.feed(chunk):
            event = self._take(line)
            if event is not None:
                yield event

    def finish(self) -> ServerSentEvent | None:
        """The event that only lacked its blank line, if the stream stopped right after one.

        The standard drops it; servers that forget the blank line after the end mark are common.
        """
        rest = self._lines.finish()
        event = self._take(rest) if rest else None
        return event or self._take(b"")

    def _take(self, line: bytes) -> ServerSentEvent | None:
        if self._at_start:
            self._at_start = False
            line = line.removeprefix(_BOM)
        if not line:
            return self._dispatch()
        name, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if name == b"data":
            self._size += len(value) + 1
            if self._size > self._limit:
                raise StreamInvalid(f"an event of more than {self._limit} bytes")
            self._data.append(value)
        elif name == b"event":
            self._name = _text(value)
        return None

    def _dispatch(self) -> ServerSentEvent | None:
        name, data = self._name, self._data
        self._name, self._data, self._size = "", [], 0
        return ServerSentEvent(name or "message", _text(b"\n".join(data))) if data else None


def _text(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        raise StreamInvalid("bytes that are not UTF-8") from None
