"""AWS event streams (`application/vnd.amazon.eventstream`) from bytes, however the bytes are cut.

A frame is its length, the length of its headers, a CRC of these two, the headers, the payload and a CRC of
all of it: https://smithy.io/2.0/aws/amazon-eventstream.html. Nothing of a frame is used before both sums
are right.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

from promptctl.core.json_data import dump_json
from promptctl.providers.decoding import utf8
from promptctl.providers.sse import ServerSentEvent, StreamInvalid

EXCEPTION = "exception "
"""What the name of a frame begins with that says why a stream ends; the exception's own name follows."""

_PRELUDE = 12
_SUM = 4
_SIZES = {0: 0, 1: 0, 2: 1, 3: 2, 4: 4, 5: 8, 8: 8, 9: 16}
"""Bytes of a header's value by its type; types 6 (bytes) and 7 (text) say their length themselves."""
_TEXT = 7


class FrameDecoder:
    """Frames from chunks of bytes; a frame may not be longer than `limit` bytes."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._pending = bytearray()

    def feed(self, chunk: bytes) -> Iterator[ServerSentEvent]:
        """The frames that became complete. Raises StreamInvalid after them."""
        self._pending += chunk
        start = 0
        try:
            while (length := self._length(start)) and start + length <= len(self._pending):
                frame = bytes(self._pending[start : start + length])
                start += length
                yield _read(frame)
        finally:
            del self._pending[:start]

    def finish(self) -> ServerSentEvent | None:
        """Nothing: a frame that is not complete is of no use."""
        return None

    def _length(self, start: int) -> int:
        """The length of the frame that begins there; 0 while its prelude is not here."""
        if len(self._pending) - start < _PRELUDE:
            return 0
        prelude = bytes(self._pending[start : start + _PRELUDE])
        total, headers, checksum = struct.unpack("!III", prelude)
        if zlib.crc32(prelude[:-_SUM]) != checksum:
            raise StreamInvalid("a frame whose checksum is wrong")
        if total > self._limit:
            raise StreamInvalid(f"a frame of more than {self._limit} bytes")
        if total < _PRELUDE + headers + _SUM:
            raise StreamInvalid("a frame that is shorter than its headers")
        return int(total)


def _read(frame: bytes) -> ServerSentEvent:
    if zlib.crc32(frame[:-_SUM]) != struct.unpack("!I", frame[-_SUM:])[0]:
        raise StreamInvalid("a frame whose checksum is wrong")
    end = _PRELUDE + struct.unpack("!I", frame[4:8])[0]
    headers = _headers(frame[_PRELUDE:end])
    payload = utf8(frame[end:-_SUM])
    kind = headers.get(":message-type", "event")
    if kind == "error":
        said = {"message": headers.get(":error-message", "")}
        return ServerSentEvent(EXCEPTION + headers.get(":error-code", kind), dump_json(said))
    if kind == "exception":
        # Frames without a payload pass for keep-alives.
        return ServerSentEvent(
            EXCEPTION + headers.get(":exception-type", kind), payload.strip() or "{}"
        )
    return ServerSentEvent(headers.get(":event-type", "message"), payload)


def _headers(data: bytes) -> dict[str, str]:
    """The headers with a text for value."""
    found: dict[str, str] = {}
    at = 0
    try:
        while at < len(data):
            name = utf8(data[at + 1 : at + 1 + data[at]])
            at += 1 + data[at]
            kind = data[at]
            at += 1
            size = _SIZES.get(kind)
            if size is None:
                if kind not in (6, _TEXT):
                    raise StreamInvalid("a frame with a header of unknown type")
                size = struct.unpack_from("!H", data, at)[0]
                at += 2
            if at + size > len(data):
                raise IndexError
            if kind == _TEXT:
                found[name] = utf8(data[at : at + size])
            at += size
    except (IndexError, struct.error):
        raise StreamInvalid("a frame whose headers are cut") from None
    return found
