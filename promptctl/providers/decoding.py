"""What the decoders of all wire formats share: framing, and errors for what is no proper answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

from promptctl.core.invocation import Event, Finished, Invocation
from promptctl.core.json_data import JsonInvalid
from promptctl.errors import OutputInvalid, StreamBroken
from promptctl.providers import Limits
from promptctl.providers.fields import FieldInvalid
from promptctl.providers.sse import LineSplitter, ServerSentEvent, SseDecoder, StreamInvalid

WHOLE = "whole"
"""The name of the one frame that holds a whole body."""

_NONSENSE = (StreamInvalid, JsonInvalid, FieldInvalid)


class Framing(Protocol):
    """Bytes to frames: the pieces of an answer that can be understood each by itself."""

    def feed(self, chunk: bytes) -> Iterator[ServerSentEvent]:
        """The frames that became complete."""

    def finish(self) -> ServerSentEvent | None:
        """The last frame, if the body ended without its proper end."""


class Reader(Protocol):
    """Frames of one wire format to events."""

    def read(self, frame: ServerSentEvent) -> Iterator[Event]:
        """The events of one frame; of a whole body if its name is WHOLE."""

    def end(self) -> Iterator[Event]:
        """The last events where the body ended. Raises StreamBroken if it ended too early."""


class LineFraming:
    """A frame per line, as in newline-delimited JSON."""

    def __init__(self, limit: int) -> None:
        self._lines = LineSplitter(limit)

    def feed(self, chunk: bytes) -> Iterator[ServerSentEvent]:
        """The lines that became complete and are not blank."""
        for line in self._lines.feed(chunk):
            if line.strip():
                yield ServerSentEvent("line", utf8(line))

    def finish(self) -> ServerSentEvent | None:
        """The last line, if it has no end."""
        rest = self._lines.finish()
        return ServerSentEvent("line", utf8(rest)) if rest.strip() else None


class WholeFraming:
    """One frame: the whole body."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._body = bytearray()

    def feed(self, chunk: bytes) -> Iterator[ServerSentEvent]:
        """Nothing yet."""
        self._body += chunk
        if len(self._body) > self._limit:
            raise StreamInvalid(f"more than {self._limit} bytes")
        yield from ()

    def finish(self) -> ServerSentEvent | None:
        """The whole body, unless it is empty."""
        body = self._body.strip()
        return ServerSentEvent(WHOLE, utf8(body)) if body else None


class SseFraming:
    """Server-sent events, or the whole body where a server answers with a page or an object instead.

    Another framing of streams may take the place of server-sent events, if none of its frames can begin
    like such a body or with white space.
    """

    def __init__(self, limits: Limits, stream: Callable[[int], Framing] = SseDecoder) -> None:
        self._limits = limits
        self._stream = stream
        self._framing: Framing | None = None

    def feed(self, chunk: bytes) -> Iterator[ServerSentEvent]:
        """The events that became complete."""
        if self._framing is None:
            # White space in front is dropped, so that it counts the same however it is cut.
            chunk = chunk.lstrip()
        if self._framing is None and chunk:
            # No line of an event stream begins so.
            whole = chunk[:1] in b"{[<"
            self._framing = (
                WholeFraming(self._limits.response) if whole else self._stream(self._limits.event)
            )
        if self._framing is not None:
            yield from self._framing.feed(chunk)

    def finish(self) -> ServerSentEvent | None:
        """The last event or the whole body."""
        return self._framing.finish() if self._framing else None


@dataclass(slots=True)
class AnswerDecoder:
    """A decoder made of a framing and the reader of a wire format."""

    framing: Framing
    reader: Reader
    invocation: Invocation
    heard: int = 0
    _done: bool = field(default=False, init=False)

    def feed(self, chunk: bytes) -> Iterator[Event]:
        """The events that became complete, then perhaps an error."""
        try:
            for frame in self.framing.feed(chunk):
                yield from self._read(frame)
        except _NONSENSE as error:
            raise nonsense(self.invocation, str(error)) from None

    def finish(self) -> Iterator[Event]:
        """The last events; StreamBroken if the answer is not complete."""
        if self._done:
            return
        frame = None
        try:
            frame = self.framing.finish()
            if frame is not None:
                yield from self._read(frame)
            if not self._done:
                yield from self.reader.end()
        except _NONSENSE as error:
            if isinstance(error, JsonInvalid) and _is_cut(frame):
                raise broken(self.invocation) from None
            page = frame is not None and frame.data.lstrip().startswith("<")
            raise nonsense(self.invocation, "a web page" if page else str(error)) from None

    def _read(self, frame: ServerSentEvent) -> Iterator[Event]:
        if self._done or not frame.data.strip():
            return
        self.heard += 1
        for event in self.reader.read(frame):
            self._done = self._done or isinstance(event, Finished)
            yield event


def _is_cut(frame: ServerSentEvent | None) -> bool:
    """Whether a last frame that nothing ended, and that is no JSON, may be the start of some."""
    return frame is not None and frame.name != WHOLE and frame.data.lstrip()[:1] in ("{", "[")


def utf8(line: bytes | bytearray) -> str:
    """The text of these bytes. Raises StreamInvalid."""
    try:
        return line.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise StreamInvalid("bytes that are not UTF-8") from None


def broken(invocation: Invocation) -> StreamBroken:
    """The error for an answer that stops before its end."""
    return StreamBroken(
        f"the answer of {invocation.provider} {invocation.model} ended before it was complete",
        "what came is only a part; run it again",
    )


def nonsense(invocation: Invocation, what: str) -> OutputInvalid:
    """The error for an answer that the wire format does not allow; `what` must not repeat its text."""
    return OutputInvalid(
        f"{invocation.provider} {invocation.model} sent what is no answer: {what}",
        "check that the configured address is that of the provider's API",
    )
