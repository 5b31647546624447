"""The same answers in each wire format, so that one suite can hold every provider to one contract."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from promptctl.core.endpoint import Endpoint, Secret
from promptctl.core.invocation import Invocation, RenderedMessage, TextPart
from promptctl.core.json_data import Json

KEY = "sk-abc-0123456789-THE-KEY"
EVENTS = "text/event-stream"


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

    def endpoint(self, url: str, **changes: Any) -> Endpoint:
        values: dict[str, Any] = {
            "provider": self.name,
            "wire": self.name,
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
        reasons = {"stop": "end_turn", "length": "max_tokens", "tool_calls": "tool_use"}
        delta = {"stop_reason": reasons[reason], "stop_sequence": None}
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
        reasons = {"stop": "end_turn", "length": "max_tokens"}
        return _json(
            {
                "id": "c-1",
                "type": "message",
                "model": "m-1",
                "content": [{"type": "text", "text": text}],
                "stop_reason": reasons[reason],
                "usage": {"input_tokens": 5, "output_tokens": 2},
            }
        )

    def error(self, kind: str, message: str) -> bytes:
        return _json({"type": "error", "error": {"type": kind, "message": message}})


class Ollama(Dialect):
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


OPENAI = OpenAI("openai", prefix="/v1")
ANTHROPIC = Anthropic("anthropic", authorization=("x-api-key", KEY))
OLLAMA = Ollama("ollama", content_type="application/x-ndjson")
DIALECTS: Sequence[Dialect] = (OPENAI, ANTHROPIC, OLLAMA)
