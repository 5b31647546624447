"""OpenAI's Responses API, which a prompt asks for with `api: responses`.

Request and stream are those of https://platform.openai.com/docs/api-reference/responses. Nothing is kept
at the provider (`store: false`): the prompt file is all there is of a conversation.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

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
from promptctl.core.json_data import Json, parse_json
from promptctl.errors import PromptctlError
from promptctl.providers import Decoder, Failure, Limits, Request
from promptctl.providers.decoding import WHOLE, AnswerDecoder, SseFraming, WholeFraming, broken
from promptctl.providers.envelope import (
    build_envelope,
    check_supported,
    given_object,
    join_extra,
    refuse,
    token_limit,
)
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
from promptctl.providers.openai_address import key_header, openai_url
from promptctl.providers.openai_dialects import dialect_of
from promptctl.providers.openai_messages import own_role, result_text
from promptctl.providers.sse import ServerSentEvent

_INSTRUCTIONS = ("system", "developer")
_NO_INSTRUCTIONS = frozenset({"xai"})
"""Providers that refuse `instructions`; the system message stays among the input there."""
_REASONS: dict[str, FinishReason] = {
    "max_output_tokens": "length",
    "content_filter": "content_filter",
}
_PASSING = frozenset({"server_error", "rate_limit_exceeded", "vector_store_timeout"})
"""Codes of failures that another try may not meet; the others are about the request."""
_REASONING = ("response.reasoning_summary_text.delta", "response.reasoning_text.delta")


def build_request(invocation: Invocation, endpoint: Endpoint) -> Request:
    """The request for a response. Raises RequestImpossible for what the format cannot carry."""
    check_supported(invocation, endpoint)
    beyond = dict(given_object(invocation.parameters, "extra"))
    if beyond.get("background"):
        raise refuse(invocation, "`parameters.extra.background`: promptctl waits for the answer")
    body: dict[str, Json] = {"model": invocation.model} if invocation.model else {}
    instructions, rest = _instructions(invocation)
    if instructions is not None:
        body["instructions"] = instructions
    body["input"] = [i for message in rest for i in _items(message, invocation)]
    body |= _parameters(invocation) | _tools(invocation)
    for name, ours in (("reasoning", _reasoning(invocation)), ("text", _text(invocation))):
        if joined := join_extra(name, ours, invocation, beyond):
            body[name] = joined
        beyond.pop(name, None)
    body |= {"store": False, "stream": invocation.stream}
    return build_envelope(
        replace(invocation, parameters={"extra": beyond}),
        endpoint,
        openai_url(endpoint, invocation.model, "/responses"),
        body,
        key_header=key_header(endpoint, dialect_of(endpoint)),
    )


def decoder(invocation: Invocation, endpoint: Endpoint, limits: Limits) -> Decoder:
    """A fresh decoder for one answer."""
    framing = SseFraming(limits) if invocation.stream else WholeFraming(limits.response)
    return AnswerDecoder(framing, _Reader(invocation, endpoint), invocation)


def parse_error(failure: Failure, invocation: Invocation, endpoint: Endpoint) -> PromptctlError:
    """The typed error of an unsuccessful answer."""
    return http_error(failure, invocation, endpoint)


def _instructions(invocation: Invocation) -> tuple[str | None, tuple[RenderedMessage, ...]]:
    """The text of the one message that instructs the model, and the other messages."""
    messages = invocation.messages
    leading = [m for m in messages[:2] if m.role in _INSTRUCTIONS]
    only_text = all(isinstance(part, TextPart) for m in leading for part in m.content)
    # Two instructions stay two messages; and a request needs some input.
    if len(leading) != 1 or messages[0] is not leading[0] or len(messages) < 2 or not only_text:
        return None, messages
    if invocation.provider in _NO_INSTRUCTIONS:
        return None, messages
    return leading[0].text, messages[1:]


def _items(message: RenderedMessage, invocation: Invocation) -> Iterator[dict[str, Json]]:
    """Results of tools, what was said, then calls of tools: each an item of its own."""
    role = own_role(message.role, developer=True)
    said: list[Part] = []
    calls: list[ToolCallPart] = []
    for part in message.content:
        if isinstance(part, ToolResultPart):
            yield {
                "type": "function_call_output",
                "call_id": part.id,
                "output": result_text(part),
            }
        elif isinstance(part, ToolCallPart):
            calls.append(part)
        else:
            said.append(part)
    if calls and role != "assistant":
        raise refuse(invocation, f"tool calls in a message of role `{role}`")
    is_only_results = any(isinstance(p, ToolResultPart) for p in message.content) and not said
    if role == "tool" and not is_only_results:
        raise refuse(invocation, "a message of role `tool` with more or less than tool results")
    if said or not (calls or is_only_results):
        yield {"type": "message", "role": role, "content": _content(said, role, invocation)}
    for call in calls:
        named = {"call_id": call.id, "name": call.name, "arguments": call.arguments}
        yield {"type": "function_call", **named}


def _content(parts: list[Part], role: str, invocation: Invocation) -> Json:
    if role == "assistant" or all(isinstance(part, TextPart) for part in parts):
        # What the model said has parts of another type; as one text it needs none.
        if not all(isinstance(part, TextPart) for part in parts):
            raise refuse(invocation, f"images and files in a message of role `{role}`")
        return RenderedMessage(role, tuple(parts)).text
    if role != "user":
        raise refuse(invocation, f"images and files in a message of role `{role}`")
    return [_part(part) for part in parts]


def _part(part: Part) -> dict[str, Json]:
    if isinstance(part, TextPart):
        return {"type": "input_text", "text": part.text}
    if isinstance(part, ImagePart):
        url = part.url or data_url_of(part)
        return {"type": "input_image", "image_url": url, "detail": part.detail or "auto"}
    assert isinstance(part, FilePart)
    if part.url:
        return {"type": "input_file", "file_url": part.url}
    return {
        "type": "input_file",
        "filename": part.name or "file",
        "file_data": data_url_of(part),
    }


def _parameters(invocation: Invocation) -> dict[str, Json]:
    given = invocation.parameters
    body: dict[str, Json] = {k: given[k] for k in ("temperature", "top_p", "user") if k in given}
    limit = token_limit(invocation)
    if limit is not None:
        body["max_output_tokens"] = limit
    return body


def _reasoning(invocation: Invocation) -> dict[str, Json]:
    effort = invocation.parameters.get("reasoning_effort")
    return {} if effort is None else {"effort": effort}


def _text(invocation: Invocation) -> dict[str, Json]:
    wanted = invocation.response_format
    if wanted is None:
        return {}
    if wanted.get("type") != "json_schema":
        return {"format": {"type": wanted.get("type")}}
    return {"format": {"type": "json_schema", **given_object(wanted, "json_schema")}}


def _tools(invocation: Invocation) -> dict[str, Json]:
    body: dict[str, Json] = {}
    if invocation.tools:
        body["tools"] = [_tool(tool) for tool in invocation.tools]
    choice = invocation.tool_choice
    if isinstance(choice, Mapping):
        named = given_object(choice, "function").get("name")
        body["tool_choice"] = {"type": "function", "name": named}
    elif choice is not None:
        body["tool_choice"] = choice
    if invocation.parallel_tool_calls is not None:
        body["parallel_tool_calls"] = invocation.parallel_tool_calls
    return body


def _tool(tool: Mapping[str, Json]) -> dict[str, Json]:
    """The tool with its function's keys beside its type. Here a tool is strict unless it says no."""
    function = given_object(tool, "function")
    return {"type": "function", "parameters": None, "strict": False, **function}


class _Reader:
    def __init__(self, invocation: Invocation, endpoint: Endpoint) -> None:
        self._invocation = invocation
        self._endpoint = endpoint
        self._started = False
        self._spoken = False
        self._refused = False
        self._calls: dict[int, int] = {}
        """The number of each call by its place in the output."""
        self._silent: set[int] = set()
        """Calls of whose arguments nothing has come yet."""

    def read(self, frame: ServerSentEvent) -> Iterator[Event]:
        """The events of one event of the stream, or of a whole response."""
        if frame.data.strip() == "[DONE]":
            return
        data = object_in(parse_json(frame.data), "an event")
        kind = text_field(data, "type")
        if frame.name == WHOLE and "output" in data:
            yield from self._end_of(data)
        elif frame.name == "error" or kind == "error" or data.get("error"):
            raise stream_error(data, self._invocation, self._endpoint)
        elif frame.name == WHOLE:
            yield from self._end_of(data)
        elif kind in ("response.completed", "response.incomplete", "response.failed"):
            yield from self._end_of(object_field(data, "response"))
        elif kind in ("response.created", "response.in_progress"):
            yield from self._start(object_field(data, "response"))
        else:
            yield from self._piece(kind, data)

    def end(self) -> Iterator[Event]:
        """Never a proper end: that is an event of its own."""
        raise broken(self._invocation)

    def _start(self, response: Mapping[str, Json]) -> Iterator[Event]:
        if not self._started:
            self._started = True
            model, identifier = text_field(response, "model"), text_field(response, "id")
            yield Started(model or None, identifier or None)

    def _piece(self, kind: str, data: Mapping[str, Json]) -> Iterator[Event]:
        if kind in ("response.output_text.delta", "response.refusal.delta"):
            self._refused = self._refused or kind == "response.refusal.delta"
            yield from self._say(text_field(data, "delta"))
        elif kind in _REASONING:
            if words := text_field(data, "delta"):
                yield ReasoningDelta(words)
        elif kind == "response.reasoning_summary_part.added" and data.get("summary_index"):
            yield ReasoningDelta("\n\n")
        elif kind == "response.output_item.added":
            yield from self._item(data)
        elif kind == "response.function_call_arguments.delta":
            yield from self._arguments(data, text_field(data, "delta"))
        elif kind == "response.function_call_arguments.done":
            if count_field(data, "output_index") in self._silent:
                yield from self._arguments(data, text_field(data, "arguments"))
        elif not kind:
            raise FieldInvalid("an event without `type`")

    def _say(self, text: str) -> Iterator[Event]:
        if text:
            self._spoken = True
            yield TextDelta(text)

    def _item(self, data: Mapping[str, Json]) -> Iterator[Event]:
        item = object_field(data, "item")
        place = count_field(data, "output_index")
        if text_field(item, "type") == "function_call":
            yield self._call(len(self._calls) if place is None else place, item)

    def _call(self, place: int, item: Mapping[str, Json]) -> ToolCallDelta:
        self._spoken = True
        index = self._calls.setdefault(place, len(self._calls))
        arguments = text_field(item, "arguments")
        if not arguments:
            self._silent.add(place)
        identifier = text_field(item, "call_id") or text_field(item, "id")
        name = text_field(item, "name")
        return ToolCallDelta(index, identifier or None, name or None, arguments)

    def _arguments(self, data: Mapping[str, Json], text: str) -> Iterator[Event]:
        place = count_field(data, "output_index")
        if place not in self._calls:
            raise FieldInvalid("arguments of a call that never began")
        if text:
            self._silent.discard(place)
            yield ToolCallDelta(self._calls[place], arguments=text)

    def _end_of(self, response: Mapping[str, Json]) -> Iterator[Event]:
        if error := object_field(response, "error"):
            raise self._failure(error)
        status = text_field(response, "status")
        if status not in ("completed", "incomplete") or "output" not in response:
            if status in ("failed", "cancelled", "queued", "in_progress"):
                raise broken(self._invocation)
            raise FieldInvalid("an object without `output`")
        yield from self._start(response)
        if not self._spoken:
            yield from self._output(response)
        if isinstance(response.get("usage"), Mapping):
            yield _usage(object_field(response, "usage"))
        details = object_field(response, "incomplete_details")
        why = text_field(details, "reason") if status == "incomplete" else ""
        yield Finished(self._reason(status, why), why or status)

    def _reason(self, status: str, why: str) -> FinishReason:
        if status == "incomplete":
            return _REASONS.get(why, "other")
        if self._refused:
            return "content_filter"
        return "tool_calls" if self._calls else "stop"

    def _failure(self, error: Mapping[str, Json]) -> Exception:
        code = text_field(error, "code")
        kinds = {} if code in _PASSING or not code else {"type": "invalid_request_error"}
        return stream_error({**error, **kinds}, self._invocation, self._endpoint)

    def _output(self, response: Mapping[str, Json]) -> Iterator[Event]:
        """What a response says that did not come in pieces."""
        for place, member in enumerate(list_field(response, "output")):
            item = object_in(member, "an item of the output")
            kind = text_field(item, "type")
            if kind == "function_call":
                yield self._call(place, item)
            for name in ("summary", "content"):
                for part in list_field(item, name):
                    yield from self._said(kind, object_in(part, "a part of the output"))

    def _said(self, kind: str, part: Mapping[str, Json]) -> Iterator[Event]:
        text = text_field(part, "text")
        if kind == "reasoning":
            if text:
                yield ReasoningDelta(text)
            return
        if refusal := text_field(part, "refusal"):
            self._refused = True
            text = refusal
        yield from self._say(text)


def _usage(usage: Mapping[str, Json]) -> Usage:
    return Usage(
        count_field(usage, "input_tokens"),
        count_field(usage, "output_tokens"),
        count_field(object_field(usage, "input_tokens_details"), "cached_tokens"),
        count_field(object_field(usage, "output_tokens_details"), "reasoning_tokens"),
    )
