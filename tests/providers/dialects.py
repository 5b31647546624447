"""The same answers in each wire format, so that one suite can hold every provider to one contract."""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from promptctl.core.catalog import PROVIDERS
from promptctl.core.endpoint import Endpoint, Secret
from promptctl.core.invocation import Invocation, RenderedMessage, Started, TextPart
from promptctl.core.json_data import Json

KEY = "sk-abc-0123456789-THE-KEY"
EVENTS = "text/event-stream"
NAMED = Started("m-1", "c-1")


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def _sse(value: object, name: str = "") -> bytes:
    return (f"event: {name}\n".encode() if name else b"") + b"data: " + _json(value) + b"\n\n"


@dataclass(frozen=True)
class Dialect:
    name: str
    prefix: str = ""
    content_type: str = EVENTS
    authorization: tuple[str, str] = ("authorization", f"Bearer {KEY}")
    started: Started = NAMED
    words: Mapping[str, str] = field(default_factory=dict)
    """The format's own words for the reasons of an end, where they are others than ours."""
    keep_alive: bytes = b": still here\n\n"
    """What the server may send to keep a connection alive; no data."""
    has_end_mark: bool = True
    """Whether the last piece of a stream ends it, whatever becomes of the connection."""

    def word(self, reason: str) -> str:
        return self.words.get(reason, reason)

    def endpoint(self, url: str, **changes: Any) -> Endpoint:
        values: dict[str, Any] = {
            "provider": self.name,
            "wire": PROVIDERS[self.name].wire,
            "base_url": url + self.prefix,
            "origin_source": "TEST_BASE_URL",
            "key": Secret(KEY),
            "key_variable": "TEST_API_KEY",
        }
        return Endpoint(**{**values, **changes})

    def invocation(self, *, stream: bool = True, **parameters: Json) -> Invocation:
        messages = (
            RenderedMessage("system", (TextPart("Be brief."),)),
            RenderedMessage("user", (TextPart("Hello?"),)),
        )
        return Invocation("greeting", self.name, "m-1", messages, parameters, stream=stream)

    def stream(self, *texts: str, reason: str = "stop") -> list[bytes]:
        """The pieces of a complete stream with these texts, 5 tokens in and 2 out."""
        return [*self.opening(), *map(self.text, texts), *self.ending(reason)]

    def opening(self) -> list[bytes]:
        raise NotImplementedError

    def text(self, text: str) -> bytes:
        raise NotImplementedError

    def ending(self, reason: str) -> list[bytes]:
        raise NotImplementedError

    def call(self, name: str, arguments: dict[str, Any]) -> list[bytes]:
        """The pieces of one tool call."""
        raise NotImplementedError

    def failed(self) -> bytes:
        """An error inside a stream: the provider is overloaded."""
        raise NotImplementedError

    def whole(self, text: str, reason: str = "stop") -> bytes:
        raise NotImplementedError

    def user_endpoint(self, url: str, key_variable: str) -> dict[str, Json]:
        """What a user's config.yaml says of a server of this dialect."""
        wire = PROVIDERS[self.name].wire
        return {"base_url": url + self.prefix, "api": wire, "key_variable": key_variable}

    def refused(self) -> list[bytes]:
        """The end of an answer that a content filter stops; [] where the format has no word for it."""
        return self.ending("content_filter")

    def error(self, kind: str, message: str) -> bytes:
        """The body of an error answer."""
        return _json({"error": {"type": kind, "message": message}})


class OpenAI(Dialect):
    def _chunk(self, delta: object, reason: str | None = None, **more: object) -> bytes:
        choice = {"index": 0, "delta": delta, "finish_reason": reason}
        return _sse({"id": "c-1", "model": "m-1", "choices": [choice], **more})

    def opening(self) -> list[bytes]:
        return [self._chunk({"role": "assistant", "content": None})]

    def text(self, text: str) -> bytes:
        return self._chunk({"content": text})

    def ending(self, reason: str) -> list[bytes]:
        usage = {"prompt_tokens": 5, "completion_tokens": 2}
        return [
            self._chunk({}, reason),
            _sse({"choices": [], "usage": usage}),
            b"data: [DONE]\n\n",
        ]

    def call(self, name: str, arguments: dict[str, Any]) -> list[bytes]:
        text = json.dumps(arguments)
        first = {"index": 0, "id": "t-1", "type": "function", "function": {"name": name}}
        rest = [{"index": 0, "function": {"arguments": part}} for part in (text[:4], text[4:])]
        return [self._chunk({"tool_calls": [piece]}) for piece in (first, *rest)]

    def failed(self) -> bytes:
        return _sse({"error": {"message": "busy", "type": "overloaded_error", "code": None}})

    def whole(self, text: str, reason: str = "stop") -> bytes:
        choice = {"index": 0, "message": {"role": "assistant", "content": text}}
        usage = {"prompt_tokens": 5, "completion_tokens": 2}
        choice["finish_reason"] = reason
        return _json({"id": "c-1", "model": "m-1", "choices": [choice], "usage": usage})


class Azure(OpenAI):
    """As on Azure: first a chunk about the prompt, and a header of its own for the key."""

    def opening(self) -> list[bytes]:
        filtered = {"prompt_index": 0, "content_filter_results": {}}
        chunk = {"id": "", "model": "", "choices": [], "prompt_filter_results": [filtered]}
        return [_sse(chunk), *super().opening()]


class Mistral(OpenAI):
    """As of the models that think: the content is a list of chunks; the usage is in the last chunk."""

    def text(self, text: str) -> bytes:
        return self._chunk({"content": [{"type": "text", "text": text}]})

    def ending(self, reason: str) -> list[bytes]:
        usage = {"prompt_tokens": 5, "completion_tokens": 2}
        return [self._chunk({"content": ""}, reason, usage=usage), b"data: [DONE]\n\n"]


class Groq(OpenAI):
    """As of Groq: the usage is in an object of its own."""

    def ending(self, reason: str) -> list[bytes]:
        usage = {"prompt_tokens": 5, "completion_tokens": 2}
        return [self._chunk({}, reason, x_groq={"id": "r", "usage": usage}), b"data: [DONE]\n\n"]


class Responses(Dialect):
    """OpenAI's Responses API."""

    def invocation(self, *, stream: bool = True, **parameters: Json) -> Invocation:
        return replace(super().invocation(stream=stream, **parameters), api="responses")

    def _event(self, kind: str, **more: object) -> bytes:
        return _sse({"type": f"response.{kind}", "sequence_number": 1, **more}, f"response.{kind}")

    def _response(self, status: str, **more: object) -> dict[str, object]:
        return {
            "id": "c-1",
            "object": "response",
            "model": "m-1",
            "status": status,
            "error": None,
            "incomplete_details": None,
            "output": [],
            "usage": None,
            **more,
        }

    def opening(self) -> list[bytes]:
        item = {"id": "i-1", "type": "message", "role": "assistant", "content": []}
        part = {"type": "output_text", "text": "", "annotations": []}
        return [
            self._event("created", response=self._response("in_progress")),
            self._event("in_progress", response=self._response("in_progress")),
            self._event("output_item.added", output_index=0, item=item),
            self._event("content_part.added", output_index=0, content_index=0, part=part),
        ]

    def text(self, text: str) -> bytes:
        where = {"item_id": "i-1", "output_index": 0, "content_index": 0}
        return self._event("output_text.delta", **where, delta=text, logprobs=[])

    def ending(self, reason: str) -> list[bytes]:
        usage = {"input_tokens": 5, "output_tokens": 2, "total_tokens": 7}
        cut = reason in ("length", "content_filter")
        kind = "incomplete" if cut else "completed"
        more = {"incomplete_details": {"reason": self.word(reason)}} if cut else {}
        response = self._response(kind, usage=usage, **more)
        return [
            self._event("output_text.done", output_index=0, content_index=0, text="all of it"),
            self._event("news_of_tomorrow", x=[1]),
            self._event(kind, response=response),
        ]

    def call(self, name: str, arguments: dict[str, Any]) -> list[bytes]:
        text = json.dumps(arguments)
        item = {"id": "i-2", "type": "function_call", "call_id": "t-1", "name": name}
        where = {"item_id": "i-2", "output_index": 1}
        return [
            self._event("output_item.added", output_index=1, item={**item, "arguments": ""}),
            *(
                self._event("function_call_arguments.delta", **where, delta=part)
                for part in (text[:4], text[4:])
                if part
            ),
            self._event("function_call_arguments.done", **where, arguments=text),
            self._event("output_item.done", output_index=1, item={**item, "arguments": text}),
        ]

    def failed(self) -> bytes:
        error = {"code": "server_error", "message": "busy"}
        return self._event("failed", response=self._response("failed", error=error))

    def whole(self, text: str, reason: str = "stop") -> bytes:
        part = {"type": "output_text", "text": text, "annotations": []}
        item = {"id": "i-1", "type": "message", "role": "assistant", "content": [part]}
        usage = {"input_tokens": 5, "output_tokens": 2, "total_tokens": 7}
        status = "incomplete" if reason == "length" else "completed"
        more = {"incomplete_details": {"reason": "max_output_tokens"}} if reason == "length" else {}
        return _json(self._response(status, output=[item], usage=usage, **more))


class Anthropic(Dialect):
    def opening(self) -> list[bytes]:
        usage = {"input_tokens": 5, "output_tokens": 1}
        message = {"id": "c-1", "type": "message", "model": "m-1", "content": [], "usage": usage}
        block = {"type": "text", "text": ""}
        return [
            _sse({"type": "message_start", "message": message}, "message_start"),
            _sse({"type": "ping"}, "ping"),
            _sse({"type": "content_block_start", "index": 0, "content_block": block}),
        ]

    def text(self, text: str) -> bytes:
        delta = {"type": "text_delta", "text": text}
        return _sse({"type": "content_block_delta", "index": 0, "delta": delta})

    def ending(self, reason: str) -> list[bytes]:
        delta = {"stop_reason": self.word(reason), "stop_sequence": None}
        return [
            _sse({"type": "content_block_stop", "index": 0}, "content_block_stop"),
            _sse({"type": "news_of_tomorrow", "x": [1]}, "news_of_tomorrow"),
            _sse({"type": "message_delta", "delta": delta, "usage": {"output_tokens": 2}}),
            _sse({"type": "message_stop"}, "message_stop"),
        ]

    def call(self, name: str, arguments: dict[str, Any]) -> list[bytes]:
        block = {"type": "tool_use", "id": "t-1", "name": name, "input": {}}
        text = json.dumps(arguments)
        deltas = [{"type": "input_json_delta", "partial_json": p} for p in ("", text[:4], text[4:])]
        return [
            _sse({"type": "content_block_start", "index": 1, "content_block": block}),
            *(_sse({"type": "content_block_delta", "index": 1, "delta": d}) for d in deltas),
            _sse({"type": "content_block_stop", "index": 1}),
        ]

    def failed(self) -> bytes:
        error = {"type": "overloaded_error", "message": "busy"}
        return _sse({"type": "error", "error": error}, "error")

    def whole(self, text: str, reason: str = "stop") -> bytes:
        return _json(
            {
                "id": "c-1",
                "type": "message",
                "model": "m-1",
                "content": [{"type": "text", "text": text}],
                "stop_reason": self.word(reason),
                "usage": {"input_tokens": 5, "output_tokens": 2},
            }
        )

    def error(self, kind: str, message: str) -> bytes:
        return _json({"type": "error", "error": {"type": kind, "message": message}})


class Ollama(Dialect):
    def refused(self) -> list[bytes]:
        return []

    def _line(self, message: object, **more: object) -> bytes:
        return _json({"model": "m-1", "message": message, "done": False, **more}) + b"\n"

    def opening(self) -> list[bytes]:
        return []

    def text(self, text: str) -> bytes:
        return self._line({"role": "assistant", "content": text})

    def ending(self, reason: str) -> list[bytes]:
        word = "length" if reason == "length" else "stop"
        counts = {"prompt_eval_count": 5, "eval_count": 2}
        message = {"role": "assistant", "content": ""}
        return [self._line(message, **{"done": True, "done_reason": word, **counts})]

    def call(self, name: str, arguments: dict[str, Any]) -> list[bytes]:
        call = {"id": "t-1", "function": {"name": name, "arguments": arguments}}
        return [self._line({"role": "assistant", "content": "", "tool_calls": [call]})]

    def failed(self) -> bytes:
        return _json({"error": "busy"}) + b"\n"

    def whole(self, text: str, reason: str = "stop") -> bytes:
        message = {"role": "assistant", "content": text}
        counts = {"prompt_eval_count": 5, "eval_count": 2}
        return self._line(message, **{"done": True, "done_reason": reason, **counts})

    def error(self, kind: str, message: str) -> bytes:
        return _json({"error": message})


class Google(Dialect):
    def _chunk(self, *parts: object, **more: object) -> bytes:
        return _sse(self._answer({"content": {"role": "model", "parts": parts}, **more}))

    def _answer(self, candidate: object) -> dict[str, object]:
        usage = {"promptTokenCount": 5, "candidatesTokenCount": 2}
        named = {"modelVersion": "m-1", "responseId": "c-1"}
        return {"candidates": [candidate], "usageMetadata": usage, **named}

    def opening(self) -> list[bytes]:
        return [self._chunk({"text": ""})]

    def text(self, text: str) -> bytes:
        return self._chunk({"text": text})

    def ending(self, reason: str) -> list[bytes]:
        return [
            self._chunk({"text": "", "thoughtSignature": "AA=="}, finishReason=self.word(reason))
        ]

    def call(self, name: str, arguments: dict[str, Any]) -> list[bytes]:
        return [self._chunk({"functionCall": {"id": "t-1", "name": name, "args": arguments}})]

    def failed(self) -> bytes:
        return _sse({"error": {"code": 503, "message": "busy", "status": "UNAVAILABLE"}})

    def whole(self, text: str, reason: str = "stop") -> bytes:
        content = {"role": "model", "parts": [{"text": text}]}
        return _json(self._answer({"content": content, "finishReason": self.word(reason)}))

    def error(self, kind: str, message: str) -> bytes:
        # Where a stream was asked for, its errors come as a list.
        return _json([{"error": {"code": 400, "message": message, "status": "INVALID_ARGUMENT"}}])


def frame(payload: object, **headers: str) -> bytes:
    """One frame of an AWS event stream; underscores in header names stand for hyphens."""
    data = payload if isinstance(payload, bytes) else _json(payload)
    encoded = b""
    for name, value in headers.items():
        full = f":{name.replace('_', '-')}".encode()
        encoded += bytes([len(full)]) + full + b"\x07" + struct.pack("!H", len(value.encode()))
        encoded += value.encode()
    prelude = struct.pack("!II", 16 + len(encoded) + len(data), len(encoded))
    prelude += struct.pack("!I", zlib.crc32(prelude))
    return (whole := prelude + encoded + data) + struct.pack("!I", zlib.crc32(whole))


def aws_event(name: str, payload: object) -> bytes:
    return frame(payload, event_type=name, content_type="application/json", message_type="event")


class AWS(Dialect):
    def _delta(self, index: int, delta: object) -> bytes:
        return aws_event("contentBlockDelta", {"contentBlockIndex": index, "delta": delta})

    def opening(self) -> list[bytes]:
        return [aws_event("messageStart", {"role": "assistant", "p": "padding"})]

    def text(self, text: str) -> bytes:
        return self._delta(0, {"text": text})

    def ending(self, reason: str) -> list[bytes]:
        usage = {"inputTokens": 5, "outputTokens": 2, "totalTokens": 7}
        return [
            aws_event("contentBlockStop", {"contentBlockIndex": 0}),
            aws_event("newsOfTomorrow", {"x": [1]}),
            aws_event("messageStop", {"stopReason": self.word(reason)}),
            aws_event("metadata", {"usage": usage, "metrics": {"latencyMs": 9}}),
        ]

    def call(self, name: str, arguments: dict[str, Any]) -> list[bytes]:
        text = json.dumps(arguments) if arguments else ""
        start = {"toolUse": {"toolUseId": "t-1", "name": name}}
        return [
            aws_event("contentBlockStart", {"contentBlockIndex": 1, "start": start}),
            *(self._delta(1, {"toolUse": {"input": part}}) for part in (text[:4], text[4:])),
            aws_event("contentBlockStop", {"contentBlockIndex": 1}),
        ]

    def failed(self) -> bytes:
        return frame(
            {"message": "busy"},
            exception_type="serviceUnavailableException",
            content_type="application/json",
            message_type="exception",
        )

    def whole(self, text: str, reason: str = "stop") -> bytes:
        usage = {"inputTokens": 5, "outputTokens": 2, "totalTokens": 7}
        message = {"role": "assistant", "content": [{"text": text}]}
        answer = {"output": {"message": message}, "stopReason": self.word(reason)}
        return _json({**answer, "usage": usage, "metrics": {"latencyMs": 9}})

    def error(self, kind: str, message: str) -> bytes:
        return _json({"message": message})


_CLAUDE_WORDS = {
    "stop": "end_turn",
    "length": "max_tokens",
    "tool_calls": "tool_use",
    "content_filter": "refusal",
}
OPENAI = OpenAI("openai", prefix="/v1")
ANTHROPIC = Anthropic("anthropic", authorization=("x-api-key", KEY), words=_CLAUDE_WORDS)
GOOGLE = Google(
    "google",
    authorization=("x-goog-api-key", KEY),
    words={
        "stop": "STOP",
        "length": "MAX_TOKENS",
        "tool_calls": "STOP",
        "content_filter": "SAFETY",
    },
    has_end_mark=False,
)
AWS_BEDROCK = AWS(
    "aws",
    content_type="application/vnd.amazon.eventstream",
    started=Started(),
    words=_CLAUDE_WORDS | {"content_filter": "guardrail_intervened"},
    keep_alive=frame(b"", event_type="initial-response", message_type="event"),
)
OLLAMA = Ollama(
    "ollama",
    content_type="application/x-ndjson",
    started=Started("m-1"),
    keep_alive=b"\n",
)
AZURE = Azure("azure_openai", prefix="/openai/v1", authorization=("api-key", KEY))
RESPONSES = Responses(
    "openai", prefix="/v1", words={"stop": "completed", "length": "max_output_tokens"}
)
MISTRAL = Mistral("mistral", prefix="/v1")
GROQ = Groq("groq", prefix="/openai/v1")
DIALECTS: Sequence[Dialect] = (
    OPENAI,
    ANTHROPIC,
    GOOGLE,
    AWS_BEDROCK,
    OLLAMA,
    AZURE,
    RESPONSES,
    MISTRAL,
    GROQ,
)
COMPATIBLE: Sequence[Dialect] = tuple(
    OpenAI(name)
    for name, facts in PROVIDERS.items()
    if facts.wire == "openai" and name not in ("openai", "local", "mistral", "groq")
)
"""The other providers that speak OpenAI's format: their streams are as OpenAI's."""


IN_SUITES = [
    pytest.param(dialect, marks=[pytest.mark.full] if dialect in (AZURE, MISTRAL, GROQ) else [])
    for dialect in DIALECTS
]
"""For the suites that hold each of them to everything: ways of a format that is in there already only
in the long rounds."""


def name_of(dialect: Dialect) -> str:
    """A name for reports: two dialects may be of one provider."""
    return "responses" if dialect is RESPONSES else dialect.name
