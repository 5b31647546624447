"""A provider without network or model: it repeats the last user message, word by word.

For tests, documentation and trying things out: the same invocation always gives the same answer.
Usage counts words. `max_tokens` or `max_completion_tokens` cut the answer after that many words, which
then ends with the reason `length`; all else that a prompt may hold is accepted and changes nothing.
The answer travels as bytes, one JSON object a line (`text`, `usage`, `end`), through the same path as
that of every other provider.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import field

from promptctl.core.endpoint import Endpoint
from promptctl.core.fast_dataclass import dataclass
from promptctl.core.invocation import Event, Finished, Invocation, Started, TextDelta, Usage
from promptctl.core.json_data import Json, dump_json, parse_json
from promptctl.errors import PromptctlError
from promptctl.providers import Decoder, Failure, Limits, Request
from promptctl.providers.decoding import AnswerDecoder, LineFraming, broken
from promptctl.providers.envelope import check_supported, token_limit
from promptctl.providers.failures import http_error
from promptctl.providers.fields import count_field, object_in, text_field
from promptctl.providers.sse import ServerSentEvent

MODEL = "echo"
"""The name that it answers under when the prompt names no model."""


def build_request(invocation: Invocation, endpoint: Endpoint) -> Request:
    """What the answer is made from: the messages' texts, and all that a model would get. It goes nowhere."""
    check_supported(invocation, endpoint)
    token_limit(invocation)
    asked: dict[str, Json] = {
        "tools": list(invocation.tools) or None,
        "tool_choice": invocation.tool_choice,
        "parallel_tool_calls": invocation.parallel_tool_calls,
        "response_format": invocation.response_format,
    }
    body: dict[str, Json] = {
        "model": invocation.model or MODEL,
        "messages": [{"role": m.role, "content": m.text} for m in invocation.messages],
        **invocation.parameters,
        **{name: value for name, value in asked.items() if value is not None},
        "stream": invocation.stream,
    }
    return Request("POST", "echo:", (("content-type", "application/json"),), body)


def decoder(invocation: Invocation, endpoint: Endpoint, limits: Limits) -> Decoder:
    """A fresh decoder for one answer."""
    return AnswerDecoder(LineFraming(limits.event), _Reader(invocation), invocation)


def parse_error(failure: Failure, invocation: Invocation, endpoint: Endpoint) -> PromptctlError:
    """The typed error of an unsuccessful answer; echo itself never gives one."""
    return http_error(failure, invocation, endpoint)


def respond(body: bytes) -> Iterator[bytes]:
    """The bytes of the answer to a request with this body."""
    request = object_in(parse_json(body), "the request")
    yield _line({"model": text_field(request, "model")})
    asked = _texts(request)
    words = re.findall(r"^\s+$|^\s*\S+\s*|\S+\s*", asked[-1]) if asked else []
    limits = [count_field(request, key) for key in ("max_tokens", "max_completion_tokens")]
    limit = next((limit for limit in limits if limit is not None), None)
    kept = words if limit is None else words[:limit]
    for word in kept if request.get("stream") else ["".join(kept)]:
        yield _line({"text": word})
    yield _line({"usage": [sum(len(t.split()) for t in _texts(request, "")), len(kept)]})
    yield _line({"end": "stop" if len(kept) == len(words) else "length"})


@dataclass(frozen=True, slots=True)
class EchoExchange:
    """The answer under way, as a transport would give it."""

    body: bytes
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    received: float = 0.0

    def chunks(self) -> Iterator[bytes]:
        """The bytes of the answer, a line at a time."""
        return respond(self.body)

    def heard(self) -> None:
        """Nothing: there is no time limit."""


def _texts(request: Mapping[str, Json], role: str = "user") -> list[str]:
    messages = request.get("messages")
    assert isinstance(messages, list)
    read = [object_in(message, "a message") for message in messages]
    chosen = [m for m in read if role in ("", m.get("role"))] or read[-1:]
    return [text_field(message, "content") for message in chosen]


def _line(data: Mapping[str, Json]) -> bytes:
    return dump_json(data).encode() + b"\n"


class _Reader:
    def __init__(self, invocation: Invocation) -> None:
        self._invocation = invocation

    def read(self, frame: ServerSentEvent) -> Iterator[Event]:
        """The event of one line."""
        data = object_in(parse_json(frame.data), "a line")
        match data:
            case {"model": str(model)}:
                yield Started(model)
            case {"text": str(text)} if text:
                yield TextDelta(text)
            case {"usage": [int(words_in), int(words_out)]}:
                yield Usage(words_in, words_out)
            case {"end": "stop"}:
                yield Finished("stop", "stop")
            case {"end": "length"}:
                yield Finished("length", "length")

    def end(self) -> Iterator[Event]:
        """Nothing may be missing."""
        raise broken(self._invocation)
