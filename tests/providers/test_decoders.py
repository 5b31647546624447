"""Decoders by themselves: any cut of any bytes gives the same events and the same error."""

from __future__ import annotations

import json

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from promptctl.core.catalog import PROVIDERS
from promptctl.core.invocation import (
    Event,
    Finished,
    ReasoningDelta,
    Started,
    TextDelta,
    ToolCallDelta,
    Usage,
)
from promptctl.errors import KeyRefused, PromptctlError, RateLimited, RequestRefused
from promptctl.providers import Limits, load_wire
from tests.providers.dialects import ANTHROPIC, DIALECTS, KEY, OLLAMA, OPENAI, Dialect, name_of

LIMITS = Limits(event=2000, response=4000)


def decode(dialect: Dialect, *chunks: bytes, stream: bool = True) -> list[Event | str]:
    """The events, then the error if there is one, with the decoder fed these chunks."""
    wire = load_wire(PROVIDERS[dialect.name].wire, dialect.invocation().api)
    decoder = wire.decoder(dialect.invocation(stream=stream), dialect.endpoint("x"), LIMITS)
    seen: list[Event | str] = []
    try:
        for chunk in chunks:
            seen.extend(decoder.feed(chunk))
        seen.extend(decoder.finish())
    except PromptctlError as error:
        seen.append(f"{type(error).__name__}: {error}")
    return seen


def every_byte(stream: bytes) -> list[bytes]:
    return [stream[i : i + 1] for i in range(len(stream))]


def sse(*values: object) -> bytes:
    return b"".join(b"data: " + json.dumps(v).encode() + b"\n\n" for v in values)


def chunk(delta: object, reason: str | None = None, **more: object) -> dict[str, object]:
    return {"choices": [{"index": 0, "delta": delta, "finish_reason": reason}], **more}


DONE = b"data: [DONE]\n\n"

OPENAI_STREAMS: dict[str, tuple[bytes, list[Event]]] = {
    "reasoning of DeepSeek": (
        sse(chunk({"reasoning_content": "hm"}), chunk({"content": "a"}, "stop")),
        [Started(), ReasoningDelta("hm"), TextDelta("a"), Finished("stop", "stop")],
    ),
    "reasoning of OpenRouter": (
        sse(chunk({"reasoning": "hm", "content": ""}), chunk({"content": "a"}, "stop")) + DONE,
        [Started(), ReasoningDelta("hm"), TextDelta("a"), Finished("stop", "stop")],
    ),
    "a refusal": (
        sse(chunk({"refusal": "I ca"}), chunk({"refusal": "n't."}), chunk({}, "stop")),
        [Started(), TextDelta("I ca"), TextDelta("n't."), Finished("content_filter", "stop")],
    ),
    "a filter": (
        sse(chunk({"content": "a"}), chunk({}, "content_filter")),
        [Started(), TextDelta("a"), Finished("content_filter", "content_filter")],
    ),
    "only an end mark": (
        sse(chunk({"content": "a"})) + DONE,
        [Started(), TextDelta("a"), Finished("other", None)],
    ),
    "a reason of tomorrow": (
        sse(chunk({"content": "a"}, "bored")) + DONE,
        [Started(), TextDelta("a"), Finished("other", "bored")],
    ),
    "usage with details, in every chunk": (
        sse(
            chunk({"content": "a"}, usage={"prompt_tokens": 9, "completion_tokens": 1}),
            chunk(
                {},
                "stop",
                usage={
                    "prompt_tokens": 9,
                    "completion_tokens": 4,
                    "prompt_tokens_details": {"cached_tokens": 8},
                    "completion_tokens_details": {"reasoning_tokens": 3},
                },
            ),
        )
        + DONE,
        [Started(), TextDelta("a"), Usage(9, 4, 8, 3), Finished("stop", "stop")],
    ),
    "usage that is no usage": (
        sse(
            chunk(
                {"content": "a"}, "stop", usage={"prompt_tokens": "many", "completion_tokens": -1}
            )
        ),
        [Started(), TextDelta("a"), Usage(), Finished("stop", "stop")],
    ),
    "two tool calls side by side": (
        sse(
            chunk({"tool_calls": [{"index": 0, "id": "x", "function": {"name": "f"}}]}),
            chunk({"tool_calls": [{"index": 1, "id": "y", "function": {"name": "g"}}]}),
            chunk({"tool_calls": [{"index": 1, "function": {"arguments": "{}"}}]}),
            chunk(
                {"tool_calls": [{"index": 0, "function": {"arguments": {"a": 1}}}]}, "tool_calls"
            ),
        ),
        [
            Started(),
            ToolCallDelta(0, "x", "f"),
            ToolCallDelta(1, "y", "g"),
            ToolCallDelta(1, arguments="{}"),
            ToolCallDelta(0, arguments='{"a":1}'),
            Finished("tool_calls", "tool_calls"),
        ],
    ),
    "a second answer": (
        sse(
            {"choices": [{"index": 1, "delta": {"content": "no"}}]}, chunk({"content": "a"}, "stop")
        ),
        [Started(), TextDelta("a"), Finished("stop", "stop")],
    ),
    "no blank line after the end mark": (
        sse(chunk({"content": "a"})) + b"data: [DONE]",
        [Started(), TextDelta("a"), Finished("other", None)],
    ),
    "words after the end mark": (
        sse(chunk({"content": "a"})) + DONE + sse(chunk({"content": "b"})) + b"data: }\n\n",
        [Started(), TextDelta("a"), Finished("other", None)],
    ),
    "a whole answer where a stream was asked for": (
        OPENAI.whole("a"),
        [Started("m-1", "c-1"), TextDelta("a"), Usage(5, 2), Finished("stop", "stop")],
    ),
}


@pytest.mark.parametrize(("stream", "events"), OPENAI_STREAMS.values(), ids=OPENAI_STREAMS)
def test_openai_streams(stream: bytes, events: list[Event]) -> None:
    assert decode(OPENAI, stream) == events
    assert decode(OPENAI, *every_byte(stream)) == events


def _block(index: int, block: object) -> dict[str, object]:
    return {"type": "content_block_start", "index": index, "content_block": block}


def _delta(index: int, delta: object) -> dict[str, object]:
    return {"type": "content_block_delta", "index": index, "delta": delta}


ANTHROPIC_START = {
    "type": "message_start",
    "message": {
        "type": "message",
        "usage": {
            "input_tokens": 1,
            "cache_read_input_tokens": 20,
            "cache_creation_input_tokens": 300,
        },
    },
}


def test_anthropic_thinking_server_tools_and_cache() -> None:
    stream = sse(
        ANTHROPIC_START,
        _block(0, {"type": "thinking", "thinking": "", "signature": ""}),
        _delta(0, {"type": "thinking_delta", "thinking": "hm"}),
        _delta(0, {"type": "signature_delta", "signature": "abc"}),
        _block(1, {"type": "redacted_thinking", "data": "abc"}),
        _block(2, {"type": "server_tool_use", "id": "s", "name": "web_search", "input": {}}),
        _delta(2, {"type": "input_json_delta", "partial_json": '{"q":1}'}),
        {"type": "content_block_stop", "index": 2},
        _block(3, {"type": "text", "text": ""}),
        _delta(3, {"type": "citations_delta", "citation": {}}),
        _delta(3, {"type": "text_delta", "text": "a"}),
        {
            "type": "message_delta",
            "delta": {"stop_reason": "refusal"},
            "usage": {"output_tokens": 7, "output_tokens_details": {"thinking_tokens": 4}},
        },
    )
    events = [
        Started(),
        ReasoningDelta("hm"),
        TextDelta("a"),
        Usage(321, 7, 20, 4),
        Finished("content_filter", "refusal"),
    ]
    assert decode(ANTHROPIC, stream) == events
    assert decode(ANTHROPIC, *every_byte(stream)) == events


def test_anthropic_tool_calls_are_numbered_among_themselves() -> None:
    stream = sse(
        ANTHROPIC_START,
        _block(0, {"type": "text", "text": "Look: "}),
        _block(3, {"type": "tool_use", "id": "x", "name": "f", "input": {}}),
        {"type": "content_block_stop", "index": 3},
        _block(5, {"type": "tool_use", "id": "y", "name": "g", "input": {"a": 1}}),
        {"type": "content_block_stop", "index": 5},
        {"type": "message_delta", "delta": {"stop_reason": "tool_use"}},
    )
    assert decode(ANTHROPIC, stream)[1:] == [
        TextDelta("Look: "),
        ToolCallDelta(0, "x", "f"),
        ToolCallDelta(0, arguments="{}"),
        ToolCallDelta(1, "y", "g", '{"a":1}'),
        Usage(321, None, 20),
        Finished("tool_calls", "tool_use"),
    ]


def test_ollama_thinking_and_calls_without_ids() -> None:
    call = {"function": {"name": "f", "arguments": {"a": 1}}}
    lines = [
        {"message": {"thinking": "hm"}},
        {"message": {"content": "a", "tool_calls": [call, call]}},
        {"done": True, "done_reason": "stop"},
    ]
    stream = b"".join(json.dumps(line).encode() + b"\r\n\r\n" for line in lines)
    events = [
        Started(),
        ReasoningDelta("hm"),
        TextDelta("a"),
        ToolCallDelta(0, "call_0", "f", '{"a":1}'),
        ToolCallDelta(1, "call_1", "f", '{"a":1}'),
        Finished("tool_calls", "stop"),
    ]
    assert decode(OLLAMA, stream) == decode(OLLAMA, stream.rstrip()) == events
    assert decode(OLLAMA, *every_byte(stream)) == events


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ({"message": "no", "code": "rate_limit_exceeded"}, RateLimited),
        ({"message": "no", "code": 429}, RateLimited),
        (
            {"message": "no", "code": "insufficient_quota", "type": "insufficient_quota"},
            RequestRefused,
        ),
        ({"message": "no", "code": "context_length_exceeded"}, RequestRefused),
        ({"message": f"bad key {KEY}", "type": "authentication_error"}, KeyRefused),
    ],
)
def test_errors_inside_a_stream_are_typed(error: object, kind: type[PromptctlError]) -> None:
    decoder = load_wire("openai").decoder(OPENAI.invocation(), OPENAI.endpoint("x"), LIMITS)
    with pytest.raises(kind) as raised:
        list(decoder.feed(sse({"error": error})))
    assert KEY not in str(raised.value)


@pytest.mark.parametrize("dialect", DIALECTS, ids=name_of)
@given(data=st.data())
@settings(max_examples=40, deadline=None)
def test_any_cut_of_a_good_stream_gives_the_same(dialect: Dialect, data: st.DataObject) -> None:
    texts = data.draw(
        st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), max_size=4)
    )
    stream = b"".join(dialect.stream(*texts))
    whole = decode(dialect, stream)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    ends = [*cuts, len(stream)]
    pieces = [stream[a:b] for a, b in zip([0, *cuts], ends, strict=True)]
    assert decode(dialect, *pieces) == whole
    assert [e.text for e in whole if isinstance(e, TextDelta)] == texts
    assert isinstance(whole[-1], Finished)


SNIPPETS = [
    b"data: ", b"event: error\n", b"\n", b"\n\n", b"\r", b": x\n", b"{", b"}", b"[", b"]", b'"', b",",
    b'"choices":', b'"delta":', b'"content":', b'"message":', b'"done":true', b'"type":', b'"error":',
    b'"message_start"', b'"content_block_delta"', b'"usage":', b"null", b"1e999", b"[DONE]", b"\xff",
    b"\xe2\x80\xa8", b"<html>",
]  # fmt: skip


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("dialect", DIALECTS, ids=name_of)
@given(parts=st.lists(st.sampled_from(SNIPPETS) | st.binary(max_size=8), max_size=30))
@example(parts=[b" ", b"data: ", b"data: "])
@settings(max_examples=150, deadline=None)
def test_any_bytes_end_in_a_typed_error_or_an_answer(
    dialect: Dialect, parts: list[bytes], stream: bool
) -> None:
    whole = b"".join(parts)
    outcome = decode(dialect, whole, stream=stream)
    assert outcome
    assert isinstance(outcome[-1], str | Finished)
    assert decode(dialect, *every_byte(whole), stream=stream) == outcome


@pytest.mark.parametrize("dialect", DIALECTS, ids=name_of)
@given(good=st.data())
@settings(max_examples=100, deadline=None)
def test_one_wrong_byte_never_escapes_the_error_tree(dialect: Dialect, good: st.DataObject) -> None:
    stream = bytearray(b"".join([*dialect.stream("a", "b"), *dialect.call("f", {"x": [1]})]))
    place = good.draw(st.integers(0, len(stream) - 1))
    stream[place] = good.draw(st.integers(0, 255))
    outcome = decode(dialect, bytes(stream))
    assert isinstance(outcome[-1], str | Finished)
