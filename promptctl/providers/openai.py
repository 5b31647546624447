"""OpenAI's chat completions, as OpenAI and many compatible servers speak them.

Request and stream are those of https://platform.openai.com/docs/api-reference/chat; beyond it the
decoder knows the reasoning texts of DeepSeek and llama.cpp (`reasoning_content`) and of vLLM and
OpenRouter (`reasoning`), and errors that come with status 200 or inside the stream.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from promptctl.core.endpoint import Endpoint
from promptctl.core.invocation import (
    Event,
    FilePart,
    Finished,
    FinishReason,
    ImagePart,
    Invocation,
    Part,
    ReasoningDelta,
    RenderedMessage,
    Started,
    TextDelta,
    TextPart,
    ToolCallDelta,
    ToolCallPart,
    ToolResultPart,
    Usage,
)
from promptctl.core.json_data import Json, dump_json, parse_json
from promptctl.errors import PromptctlError
from promptctl.providers import Decoder, Failure, Limits, Request
from promptctl.providers.decoding import WHOLE, AnswerDecoder, SseFraming, WholeFraming, broken
from promptctl.providers.envelope import build_envelope, check_supported, refuse
from promptctl.providers.failures import http_error, stream_error
from promptctl.providers.fields import (
    FieldInvalid,
    count_field,
    list_field,
    object_field,
    object_in,
    text_field,
)
from promptctl.providers.media import data_url_of
from promptctl.providers.sse import ServerSentEvent

_ROLES = {"ai": "assistant", "model": "assistant"}
_REASONS: dict[str, FinishReason] = {
    "stop": "stop",
    "length": "length",
    "model_length": "length",
    "tool_calls": "tool_calls",
    "function_call": "tool_calls",
    "content_filter": "content_filter",
}


def build_request(invocation: Invocation, endpoint: Endpoint) -> Request:
    """The request for a chat completion. Raises RequestImpossible for what the format cannot carry."""
    check_supported(invocation, endpoint)
    extra = invocation.parameters.get("extra")
    if isinstance(extra, Mapping) and extra.get("n") not in (None, 1):
        raise refuse(invocation, "`parameters.extra.n`: promptctl reads one answer")
    body: dict[str, Json] = {"model": invocation.model} if invocation.model else {}
    body["messages"] = [
        m for message in invocation.messages for m in _messages(message, invocation)
    ]
    body |= {k: v for k, v in invocation.parameters.items() if k != "extra"}
    body |= _tools(invocation)
    if invocation.response_format is not None:
        body["response_format"] = invocation.response_format
    body["stream"] = invocation.stream
    if invocation.stream:
        body["stream_options"] = {"include_usage": True}
    key = ("authorization", f"Bearer {endpoint.key.reveal()}") if endpoint.key else None
    return build_envelope(invocation, endpoint, "/chat/completions", body, key_header=key)


def decoder(invocation: Invocation, endpoint: Endpoint, limits: Limits) -> Decoder:
    """A fresh decoder for one answer."""
    framing = SseFraming(limits) if invocation.stream else WholeFraming(limits.response)
    return AnswerDecoder(framing, _Reader(invocation, endpoint), invocation)


def parse_error(failure: Failure, invocation: Invocation, endpoint: Endpoint) -> PromptctlError:
    """The typed error of an unsuccessful answer."""
    return http_error(failure, invocation, endpoint)


def _tools(invocation: Invocation) -> dict[str, Json]:
    body: dict[str, Json] = {}
    if invocation.tools:
        body["tools"] = list(invocation.tools)
    if invocation.tool_choice is not None:
        body["tool_choice"] = invocation.tool_choice
    if invocation.parallel_tool_calls is not None:
        body["parallel_tool_calls"] = invocation.parallel_tool_calls
    return body


def _messages(message: RenderedMessage, invocation: Invocation) -> Iterator[dict[str, Json]]:
    """The message, after one message of role `tool` for each tool result in it."""
    results = [p for p in message.content if isinstance(p, ToolResultPart)]
    for part in results:
        text = part.result if isinstance(part.result, str) else dump_json(part.result)
        yield {"role": "tool", "tool_call_id": part.id, "content": text}
    rest = tuple(p for p in message.content if not isinstance(p, ToolResultPart))
    if results and not rest:
        return
    if message.role == "tool":
        raise refuse(invocation, "a message of role `tool` with more or less than tool results")
    yield _message(message.role, rest, invocation)


def _message(role: str, parts: tuple[Part, ...], invocation: Invocation) -> dict[str, Json]:
    role = _ROLES.get(role, role)
    calls: list[Json] = [
        {"id": p.id, "type": "function", "function": {"name": p.name, "arguments": p.arguments}}
        for p in parts
        if isinstance(p, ToolCallPart)
    ]
    content = [_part(p, role, invocation) for p in parts if not isinstance(p, ToolCallPart)]
    if calls and role != "assistant":
        raise refuse(invocation, f"tool calls in a message of role `{role}`")
    if not calls:
        return {"role": role, "content": _plain(content)}
    return {"role": role, "content": _plain(content) or None, "tool_calls": calls}


def _plain(content: list[Mapping[str, Json]]) -> Json:
    """A single text as text, which every compatible server reads; other content as a list."""
    if not content:
        return ""
    return content[0]["text"] if len(content) == 1 and "text" in content[0] else content


def _part(part: Part, role: str, invocation: Invocation) -> Mapping[str, Json]:
    if isinstance(part, TextPart):
        return {"type": "text", "text": part.text}
    if role != "user":
        raise refuse(invocation, f"images and files in a message of role `{role}`")
    if isinstance(part, ImagePart):
        image: dict[str, Json] = {"url": part.url or data_url_of(part)}
        if part.detail:
            image["detail"] = part.detail
        return {"type": "image_url", "image_url": image}
    assert isinstance(part, FilePart)
    return {
        "type": "file",
        "file": {"filename": part.name or "file", "file_data": data_url_of(part)},
    }


class _Reader:
    def __init__(self, invocation: Invocation, endpoint: Endpoint) -> None:
        self._invocation = invocation
        self._endpoint = endpoint
        self._started = False
        self._answered = False
        self._refused = False
        self._reason: str | None = None
        self._usage: Usage | None = None

    def read(self, frame: ServerSentEvent) -> Iterator[Event]:
        """The events of one chunk, of the end mark, or of a whole completion."""
        if frame.data.strip() == "[DONE]":
            yield from self._finish()
            return
        data = object_in(parse_json(frame.data), "an event")
        if frame.name == "error" or data.get("error"):
            raise stream_error(data, self._invocation, self._endpoint)
        if not self._started:
            self._started = True
            yield Started(text_field(data, "model") or None, text_field(data, "id") or None)
        for choice in list_field(data, "choices"):
            yield from self._choice(object_in(choice, "a choice"))
        self._usage = _usage(data) or self._usage
        if frame.name == WHOLE:
            yield from self.end()

    def end(self) -> Iterator[Event]:
        """The last events; without a finish reason the answer was cut."""
        if self._reason is None:
            if self._started and not self._answered:
                raise FieldInvalid("an object without `choices`")
            raise broken(self._invocation)
        yield from self._finish()

    def _finish(self) -> Iterator[Event]:
        if not self._answered:
            raise FieldInvalid("an end without an answer")
        if self._usage is not None:
            yield self._usage
        reason = _REASONS.get(self._reason or "", "other")
        yield Finished("content_filter" if self._refused else reason, self._reason)

    def _choice(self, choice: Mapping[str, Json]) -> Iterator[Event]:
        if choice.get("index") not in (None, 0):
            return
        self._answered = True
        yield from self._delta(object_field(choice, "delta") or object_field(choice, "message"))
        self._reason = text_field(choice, "finish_reason") or self._reason

    def _delta(self, delta: Mapping[str, Json]) -> Iterator[Event]:
        reasoning = text_field(delta, "reasoning_content") or text_field(delta, "reasoning")
        if reasoning:
            yield ReasoningDelta(reasoning)
        if text := text_field(delta, "content"):
            yield TextDelta(text)
        if refusal := text_field(delta, "refusal"):
            self._refused = True
            yield TextDelta(refusal)
        for position, call in enumerate(list_field(delta, "tool_calls")):
            yield _tool_call(position, object_in(call, "a tool call"))


def _tool_call(position: int, call: Mapping[str, Json]) -> ToolCallDelta:
    index = count_field(call, "index")
    function = object_field(call, "function")
    arguments = function.get("arguments")
    return ToolCallDelta(
        position if index is None else index,
        text_field(call, "id") or None,
        text_field(function, "name") or None,
        # Some servers send the arguments as an object instead of its JSON text.
        dump_json(arguments)
        if isinstance(arguments, Mapping)
        else text_field(function, "arguments"),
    )


def _usage(data: Mapping[str, Json]) -> Usage | None:
    usage = data.get("usage")
    if not isinstance(usage, Mapping):
        return None
    return Usage(
        count_field(usage, "prompt_tokens"),
        count_field(usage, "completion_tokens"),
        count_field(object_field(usage, "prompt_tokens_details"), "cached_tokens"),
        count_field(object_field(usage, "completion_tokens_details"), "reasoning_tokens"),
    )
