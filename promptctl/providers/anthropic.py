"""Anthropic's Messages API, version 2023-06-01.

Request and stream are those of https://docs.anthropic.com/en/api/messages. What the format has no place
for is moved where it belongs: system and developer messages go to `system` in their order, turns of one
role that follow each other are joined, `developer` and `ai` are the API's `system` and `assistant`.
`max_tokens` is required there: a prompt that sets none is sent with ANTHROPIC_MAX_TOKENS.
Usage counts all input tokens, read from the cache or not, as the other providers do.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from promptctl.core.catalog import ANTHROPIC_MAX_TOKENS
from promptctl.core.endpoint import Endpoint
from promptctl.core.invocation import (
    Event,
    Finished,
    FinishReason,
    Invocation,
    ReasoningDelta,
    Started,
    TextDelta,
    ToolCallDelta,
    Usage,
)
from promptctl.core.json_data import Json, dump_json, parse_json
from promptctl.errors import PromptctlError
from promptctl.providers import Decoder, Failure, Limits, Request
from promptctl.providers.anthropic_messages import messages_of, system_of
from promptctl.providers.decoding import WHOLE, AnswerDecoder, SseFraming, WholeFraming, broken
from promptctl.providers.envelope import (
    build_envelope,
    check_supported,
    given_object,
    refuse,
    stop_list,
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
from promptctl.providers.sse import ServerSentEvent

VERSION = "2023-06-01"

_REASONS: dict[str, FinishReason] = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_calls",
    "refusal": "content_filter",
}
_CHOICES = {"auto": "auto", "none": "none", "required": "any"}


def build_request(invocation: Invocation, endpoint: Endpoint) -> Request:
    """The request for a message. Raises RequestImpossible for what the format cannot carry."""
    check_supported(invocation, endpoint)
    limit = token_limit(invocation)
    body: dict[str, Json] = {
        "model": invocation.model,
        "max_tokens": ANTHROPIC_MAX_TOKENS if limit is None else limit,
    }
    if system := system_of(invocation):
        body["system"] = system
    body["messages"] = messages_of(invocation)
    body |= _parameters(invocation) | _tools(invocation) | _output_config(invocation)
    body["stream"] = invocation.stream
    path = "/messages" if endpoint.base_url.endswith("/v1") else "/v1/messages"
    return build_envelope(
        invocation,
        endpoint,
        path,
        body,
        key_header=("x-api-key", endpoint.key.reveal()) if endpoint.key else None,
        extra_headers=(("anthropic-version", VERSION),),
    )


def decoder(invocation: Invocation, endpoint: Endpoint, limits: Limits) -> Decoder:
    """A fresh decoder for one answer."""
    framing = SseFraming(limits) if invocation.stream else WholeFraming(limits.response)
    return AnswerDecoder(framing, _Reader(invocation, endpoint), invocation)


def parse_error(failure: Failure, invocation: Invocation, endpoint: Endpoint) -> PromptctlError:
    """The typed error of an unsuccessful answer."""
    return http_error(failure, invocation, endpoint)


def _parameters(invocation: Invocation) -> dict[str, Json]:
    given = invocation.parameters
    body: dict[str, Json] = {k: given[k] for k in ("temperature", "top_p", "top_k") if k in given}
    if stop := stop_list(invocation):
        body["stop_sequences"] = stop
    if "user" in given:
        body["metadata"] = {"user_id": given["user"]}
    thinking = given.get("thinking")
    if isinstance(thinking, bool):
        body["thinking"] = {"type": "adaptive" if thinking else "disabled"}
    elif thinking is not None:
        body["thinking"] = thinking
    return body


def _tools(invocation: Invocation) -> dict[str, Json]:
    body: dict[str, Json] = {}
    if invocation.tools:
        body["tools"] = [_tool(given_object(tool, "function")) for tool in invocation.tools]
    choice = _tool_choice(invocation)
    if choice:
        body["tool_choice"] = choice
    return body


def _tool(function: Mapping[str, Json]) -> Mapping[str, Json]:
    kept = {
        k: function[k] for k in ("name", "description", "strict") if function.get(k) is not None
    }
    return {**kept, "input_schema": function.get("parameters") or {"type": "object"}}


def _tool_choice(invocation: Invocation) -> dict[str, Json]:
    wanted, parallel = invocation.tool_choice, invocation.parallel_tool_calls
    choice: dict[str, Json] = {}
    if isinstance(wanted, str):
        choice = {"type": _CHOICES.get(wanted, wanted)}
    elif isinstance(wanted, Mapping):
        choice = {"type": "tool", "name": given_object(wanted, "function").get("name")}
    if parallel is None or choice.get("type") == "none":
        return choice
    return {"type": "auto", **choice, "disable_parallel_tool_use": not parallel}


def _output_config(invocation: Invocation) -> dict[str, Json]:
    wanted = invocation.response_format or {}
    if wanted.get("type") != "json_schema":
        return {}
    outer = given_object(wanted, "json_schema")
    schema = outer.get("schema")
    if not isinstance(schema, Mapping):
        raise refuse(invocation, "a `response_format` without a schema")
    # The format has no place for the description but the schema itself; it always holds strictly, and
    # it does not ask for a name.
    if outer.get("description") and "description" not in schema:
        schema = {**schema, "description": outer["description"]}
    return {"output_config": {"format": {"type": "json_schema", "schema": schema}}}


class _Reader:
    def __init__(self, invocation: Invocation, endpoint: Endpoint) -> None:
        self._invocation = invocation
        self._endpoint = endpoint
        self._calls: dict[int, int] = {}
        self._without_arguments: set[int] = set()
        self._usage: dict[str, Json] = {}
        self._reason: str | None = None
        self._started = False

    def read(self, frame: ServerSentEvent) -> Iterator[Event]:
        """The events of one server-sent event, or of a whole message."""
        data = object_in(parse_json(frame.data), "an event")
        kind = text_field(data, "type") or frame.name
        if kind == "error" or data.get("error"):
            raise stream_error(data, self._invocation, self._endpoint)
        if frame.name == WHOLE:
            yield from self._whole(data)
        elif kind == "message_start":
            yield from self._start(object_field(data, "message"))
        elif kind == "content_block_start":
            block = object_field(data, "content_block")
            yield from self._block(count_field(data, "index") or 0, block)
        elif kind == "content_block_delta":
            delta = object_field(data, "delta")
            yield from self._delta(count_field(data, "index") or 0, delta)
        elif kind == "content_block_stop":
            yield from self._block_end(count_field(data, "index") or 0)
        elif kind == "message_delta":
            self._note(object_field(data, "delta"), data.get("usage"))
        elif kind == "message_stop":
            yield from self._finish()

    def end(self) -> Iterator[Event]:
        """The last events; without a stop reason the answer was cut."""
        if self._reason is None:
            raise broken(self._invocation)
        yield from self._finish()

    def _whole(self, message: Mapping[str, Json]) -> Iterator[Event]:
        if message.get("type") != "message":
            raise FieldInvalid("an object that is no message")
        yield from self._start(message)
        for index, item in enumerate(list_field(message, "content")):
            yield from self._block(index, object_in(item, "a content block"))
            yield from self._block_end(index)
        yield from self.end()

    def _start(self, message: Mapping[str, Json]) -> Iterator[Event]:
        self._started = True
        self._note(message, message.get("usage"))
        yield Started(text_field(message, "model") or None, text_field(message, "id") or None)

    def _note(self, delta: Mapping[str, Json], usage: Json) -> None:
        """Keep the stop reason and the counts; later counts include the earlier ones."""
        self._reason = text_field(delta, "stop_reason") or self._reason
        if isinstance(usage, Mapping):
            self._usage |= {k: v for k, v in usage.items() if v is not None}

    def _block(self, index: int, block: Mapping[str, Json]) -> Iterator[Event]:
        kind = text_field(block, "type")
        if kind == "tool_use":
            number = self._calls.setdefault(index, len(self._calls))
            given = object_field(block, "input")
            if not given:
                self._without_arguments.add(index)
            name = text_field(block, "name") or None
            arguments = dump_json(given) if given else ""
            yield ToolCallDelta(number, text_field(block, "id") or None, name, arguments)
        elif kind == "text" and (text := text_field(block, "text")):
            yield TextDelta(text)
        elif kind == "thinking" and (thought := text_field(block, "thinking")):
            yield ReasoningDelta(thought)

    def _delta(self, index: int, delta: Mapping[str, Json]) -> Iterator[Event]:
        kind = text_field(delta, "type")
        if kind == "text_delta" and (text := text_field(delta, "text")):
            yield TextDelta(text)
        elif kind == "thinking_delta" and (thought := text_field(delta, "thinking")):
            yield ReasoningDelta(thought)
        elif kind == "input_json_delta":
            yield from self._arguments(index, text_field(delta, "partial_json"))

    def _arguments(self, index: int, piece: str) -> Iterator[Event]:
        # Blocks that are not in the table are calls that the provider carries out itself.
        if piece and index in self._calls:
            self._without_arguments.discard(index)
            yield ToolCallDelta(self._calls[index], arguments=piece)

    def _block_end(self, index: int) -> Iterator[Event]:
        """A call without arguments has no pieces; its arguments are an empty object."""
        if index in self._without_arguments:
            self._without_arguments.discard(index)
            yield ToolCallDelta(self._calls[index], arguments="{}")

    def _finish(self) -> Iterator[Event]:
        if not self._started:
            raise FieldInvalid("an end without an answer")
        if self._usage:
            yield _usage(self._usage)
        yield Finished(_REASONS.get(self._reason or "", "other"), self._reason)


def _usage(usage: Mapping[str, Json]) -> Usage:
    kinds = ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")
    counts = [count for count in (count_field(usage, kind) for kind in kinds) if count is not None]
    details = usage.get("output_tokens_details")
    return Usage(
        sum(counts) if counts else None,
        count_field(usage, "output_tokens"),
        count_field(usage, "cache_read_input_tokens"),
        count_field(details, "thinking_tokens") if isinstance(details, Mapping) else None,
    )
