from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptctl.providers.sse import LineSplitter, ServerSentEvent, SseDecoder, StreamInvalid


def events_of(*chunks: bytes, limit: int = 1000) -> list[ServerSentEvent]:
    decoder = SseDecoder(limit)
    events = [event for chunk in chunks for event in decoder.feed(chunk)]
    last = decoder.finish()
    return [*events, last] if last else events


def message(data: str) -> ServerSentEvent:
    return ServerSentEvent("message", data)


@pytest.mark.parametrize(
    ("stream", "expected"),
    [
        (b"data: a\n\n", [message("a")]),
        (b"data: a\r\n\r\n", [message("a")]),
        (b"data: a\r\r", [message("a")]),
        (b"data: a\n\r\ndata: b\r\n\n", [message("a"), message("b")]),
        (b"data:a\n\n", [message("a")]),
        (b"data:  a\n\n", [message(" a")]),
        (b"data: a\ndata: b\n\n", [message("a\nb")]),
        (b"data\n\n", [message("")]),
        (b": comment\n\n:\n\ndata: a\n\n", [message("a")]),
        (b"event: ping\n\n", []),
        (b"event: x\ndata: a\n\ndata: b\n\n", [ServerSentEvent("x", "a"), message("b")]),
        (b"id: 1\nretry: 5\nunknown: z\ndata: a\n\n", [message("a")]),
        (b"\xef\xbb\xbfdata: a\n\n", [message("a")]),
        (b"data: \xef\xbb\xbfa\n\n", [message("\ufeffa")]),
        ("data: a\u2028b\u0085c\x0cd\x1ee\n\n".encode(), [message("a\u2028b\u0085c\x0cd\x1ee")]),
        (b"data: [DONE]", [message("[DONE]")]),
        (b"data: [DONE]\n", [message("[DONE]")]),
        (b"", []),
    ],
)
def test_events_are_the_same_however_the_stream_is_cut(
    stream: bytes, expected: list[ServerSentEvent]
) -> None:
    assert events_of(stream) == expected
    assert events_of(*(stream[i : i + 1] for i in range(len(stream)))) == expected
    for cut in range(len(stream)):
        assert events_of(stream[:cut], b"", stream[cut:]) == expected


@pytest.mark.parametrize(
    "stream",
    [b"data: " + b"x" * 20, b"data: 1234\n" * 4, b": " + b"x" * 20 + b"\n\n", b"data: \xff\n\n"],
)
def test_limits_and_encoding_are_enforced_however_the_stream_is_cut(stream: bytes) -> None:
    for cut in range(len(stream)):
        with pytest.raises(StreamInvalid):
            events_of(stream[:cut], stream[cut:], limit=16)


def outcome(chunks: list[bytes]) -> list[ServerSentEvent | str]:
    decoder = SseDecoder(12)
    seen: list[ServerSentEvent | str] = []
    try:
        for chunk in chunks:
            seen.extend(decoder.feed(chunk))
        last = decoder.finish()
    except StreamInvalid as error:
        return [*seen, str(error)]
    return [*seen, last] if last else seen


@given(
    st.lists(st.sampled_from([b"data: ", b"a", b"\r", b"\n", b"\xc3\xa9", b"\xff", b":", b"\r\n"]))
)
def test_any_split_of_any_stream_gives_the_same_events_and_the_same_error(
    parts: list[bytes],
) -> None:
    whole = b"".join(parts)
    single = [whole[i : i + 1] for i in range(len(whole))]
    assert outcome([whole]) == outcome(parts) == outcome(single)


def test_lines_end_only_at_line_feeds_and_carriage_returns() -> None:
    splitter = LineSplitter(100)
    assert list(splitter.feed("a\u2028b\nc\r".encode())) == ["a\u2028b".encode(), b"c"]
    assert list(splitter.feed(b"\nd")) == []
    assert splitter.finish() == b"d"
    assert splitter.finish() == b""
