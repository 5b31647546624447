"""Ollama's own chat API (`/api/chat`): one JSON object a line.

Request and answer are those of https://docs.ollama.com/api/chat. Sampling parameters travel under
`options`, `parameters.extra.options` beside them; images stand after the text of their message, for the
format has no place between texts; `developer` is sent as `system`. Tool calls come without ids in older
versions: they are numbered then.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from promptctl.core.endpoint import Endpoint
from promptctl.core.invocation import (
    Event,
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
from promptctl.core.json_data import Json, JsonInvalid, dump_json, parse_json
from promptctl.errors import PromptctlError, RequestImpossible
from promptctl.providers import Decoder, Failure, Limits, Request
from promptctl.providers.decoding import WHOLE, AnswerDecoder, LineFraming, WholeFraming, broken
from promptctl.providers.envelope import (
    build_envelope,
    check_supported,
    given_object,
    join_extra,
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
from promptctl.providers.media import base64_of
from promptctl.providers.sse import ServerSentEvent

_ROLES = {"ai": "assistant", "model": "assistant", "developer": "system"}
_OPTIONS = ("temperature", "top_p", "top_k", "seed", "frequency_penalty", "presence_penalty")
_REASONS: dict[str, FinishReason] = {"stop": "stop", "length": "length"}


def build_request(invocation: Invocation, endpoint: Endpoint) -> Request:
    """The request for a chat. Raises RequestImpossible for what the format cannot carry."""
    check_supported(invocation, endpoint)
    body: dict[str, Json] = {
        "model": invocation.model,
        "messages": [m for message in invocation.messages for m in _messages(message, invocation)],
        "stream": invocation.stream,
    }
    options, beyond = _options(invocation)
    if options:
        body["options"] = options
    if invocation.tools:
        body["tools"] = list(invocation.tools)
    if (wanted := _format(invocation)) is not None:
        body["format"] = wanted
    if (think := _think(invocation)) is not None:
        body["think"] = think
    key = ("authorization", f"Bearer {endpoint.key.reveal()}") if endpoint.key else None
    rest = replace(invocation, parameters={"extra": beyond})
    return build_envelope(rest, endpoint, "/api/chat", body, key_header=key)


def decoder(invocation: Invocation, endpoint: Endpoint, limits: Limits) -> Decoder:
    """A fresh decoder for one answer."""
    framing = LineFraming(limits.event) if invocation.stream else WholeFraming(limits.response)
    return AnswerDecoder(framing, _Reader(invocation, endpoint), invocation)


def parse_error(failure: Failure, invocation: Invocation, endpoint: Endpoint) -> PromptctlError:
    """The typed error of an unsuccessful answer."""
    return http_error(failure, invocation, endpoint)


def _options(invocation: Invocation) -> tuple[dict[str, Json], dict[str, Json]]:
    """The `options` with those of `extra` among them, and the rest of `extra`."""
    given = invocation.parameters
    options: dict[str, Json] = {k: given[k] for k in _OPTIONS if k in given}
    limit = token_limit(invocation)
    if limit is not None:
        options["num_predict"] = limit
    if stop := stop_list(invocation):
        options["stop"] = stop
    beyond = dict(given_object(given, "extra"))
    options = join_extra("options", options, invocation, beyond)
    beyond.pop("options", None)
    return options, beyond


def _format(invocation: Invocation) -> Json:
    wanted = invocation.response_format or {}
    if wanted.get("type") == "json_object":
        return "json"
    if wanted.get("type") == "json_schema":
        return given_object(wanted, "json_schema").get("schema")
    return None


def _think(invocation: Invocation) -> Json:
    thinking = invocation.parameters.get("thinking")
    if isinstance(thinking, Mapping):
        if "budget_tokens" in thinking:
            raise refuse(invocation, "`parameters.thinking.budget_tokens`")
        return thinking.get("type") != "disabled"
    return thinking


def _messages(message: RenderedMessage, invocation: Invocation) -> Iterator[dict[str, Json]]:
    """The message, after one message of role `tool` for each tool result in it."""
    results = [p for p in message.content if isinstance(p, ToolResultPart)]
    for part in results:
        text = part.result if isinstance(part.result, str) else dump_json(part.result)
        sent: dict[str, Json] = {"role": "tool", "content": text}
        if name := _names_of_calls(invocation).get(part.id):
            sent["tool_name"] = name
        yield sent
    rest = tuple(p for p in message.content if not isinstance(p, ToolResultPart))
    if rest or not results:
        yield _message(message.role, rest)


def _message(role: str, parts: tuple[Part, ...]) -> dict[str, Json]:
    text = "".join(p.text for p in parts if isinstance(p, TextPart))
    sent: dict[str, Json] = {"role": _ROLES.get(role, role), "content": text}
    if images := [base64_of(p) for p in parts if isinstance(p, ImagePart)]:
        sent["images"] = images
    if calls := [_call(p) for p in parts if isinstance(p, ToolCallPart)]:
        sent["tool_calls"] = calls
    return sent


def _call(part: ToolCallPart) -> Json:
    try:
        return {"function": {"name": part.name, "arguments": parse_json(part.arguments)}}
    except JsonInvalid as error:
        raise RequestImpossible(
            f"the arguments of tool call {part.id} are not JSON: {error}"
        ) from None


def _names_of_calls(invocation: Invocation) -> dict[str, str]:
    parts = (p for message in invocation.messages for p in message.content)
    return {p.id: p.name for p in parts if isinstance(p, ToolCallPart)}


class _Reader:
    def __init__(self, invocation: Invocation, endpoint: Endpoint) -> None:
        self._invocation = invocation
        self._endpoint = endpoint
        self._started = False
        self._calls = 0

    def read(self, frame: ServerSentEvent) -> Iterator[Event]:
        """The events of one line."""
        data = object_in(parse_json(frame.data), "a line")
        if data.get("error"):
            raise stream_error(data, self._invocation, self._endpoint)
        if "message" not in data and not data.get("done"):
            raise FieldInvalid("an object without `message`")
        if not self._started:
            self._started = True
            yield Started(text_field(data, "model") or None)
        yield from self._message(object_field(data, "message"))
        if data.get("done"):
            yield from self._finish(data)
        elif frame.name == WHOLE:
            raise broken(self._invocation)

    def end(self) -> Iterator[Event]:
        """Without a line that says `done` the answer was cut."""
        raise broken(self._invocation)

    def _message(self, message: Mapping[str, Json]) -> Iterator[Event]:
        if thought := text_field(message, "thinking"):
            yield ReasoningDelta(thought)
        if text := text_field(message, "content"):
            yield TextDelta(text)
        for item in list_field(message, "tool_calls"):
            call = object_in(item, "a tool call")
            function = object_field(call, "function")
            identity = text_field(call, "id") or f"call_{self._calls}"
            arguments = dump_json(object_field(function, "arguments"))
            name = text_field(function, "name") or None
            yield ToolCallDelta(self._calls, identity, name, arguments)
            self._calls += 1

    def _finish(self, data: Mapping[str, Json]) -> Iterator[Event]:
        usage = Usage(count_field(data, "prompt_eval_count"), count_field(data, "eval_count"))
        if usage != Usage():
            yield usage
        given = text_field(data, "done_reason") or None
        reason = _REASONS.get(given or "", "other")
        # Ollama says `stop` after tool calls too.
        yield Finished("tool_calls" if self._calls and reason == "stop" else reason, given)
