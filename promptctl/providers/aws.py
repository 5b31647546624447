"""Amazon Bedrock's Converse API: `converse` and `converse-stream`.

Request and stream are those of https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html.
The model stands in the path, encoded. A request carries a Bedrock API key, or it is signed when it is sent
(`aws_signature`). An answer is complete with its stop reason; usage comes after it. Usage counts all input
tokens, read from the cache or not, as the other providers do.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from urllib.parse import quote

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
from promptctl.core.json_data import Json, JsonInvalid, dump_json, parse_json
from promptctl.errors import PromptctlError
from promptctl.providers import Decoder, Failure, Limits, Request
from promptctl.providers.aws_frames import EXCEPTION, FrameDecoder
from promptctl.providers.aws_messages import messages_of, system_of
from promptctl.providers.aws_signature import signed_headers, unsigned_headers
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

_STREAM_TYPE = "application/vnd.amazon.eventstream"
_REASONS: dict[str, FinishReason] = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_calls",
    "guardrail_intervened": "content_filter",
    "content_filtered": "content_filter",
}
_EFFORTS = ("low", "medium", "high", "xhigh")


def build_request(invocation: Invocation, endpoint: Endpoint) -> Request:
    """The request for a converse. Raises RequestImpossible for what the format cannot carry."""
    check_supported(invocation, endpoint)
    body: dict[str, Json] = {**system_of(invocation), "messages": messages_of(invocation)}
    if config := _inference_config(invocation):
        body["inferenceConfig"] = config
    if output := _output_config(invocation):
        body["outputConfig"] = output
    if tools := _tool_config(invocation):
        body["toolConfig"] = tools
    if not invocation.model.strip("."):
        raise refuse(invocation, f"the model name `{invocation.model}`")
    method = "converse-stream" if invocation.stream else "converse"
    headers = (("accept", _STREAM_TYPE),) if invocation.stream else ()
    key, signing = endpoint.key, endpoint.signing
    bearer = f"Bearer {key.reveal()}" if key and not signing else None
    request = build_envelope(
        invocation,
        endpoint,
        f"/model/{quote(invocation.model, safe='')}/{method}",
        body,
        key_header=("authorization", bearer) if bearer else None,
        extra_headers=headers,
        reserved=("model", "modelId", "stream"),
        open_objects=("inferenceConfig", "outputConfig"),
    )
    return _to_be_signed(request, endpoint) if key and signing else request


def decoder(invocation: Invocation, endpoint: Endpoint, limits: Limits) -> Decoder:
    """A fresh decoder for one answer."""
    whole = WholeFraming(limits.response)
    framing = SseFraming(limits, FrameDecoder) if invocation.stream else whole
    return AnswerDecoder(framing, _Reader(invocation, endpoint), invocation)


def parse_error(failure: Failure, invocation: Invocation, endpoint: Endpoint) -> PromptctlError:
    """The typed error of an unsuccessful answer, with the name that AWS gives it in a header."""
    kind = failure.headers.get("x-amzn-errortype", "").partition(":")[0].rpartition("#")[2]
    try:
        said = object_in(parse_json(failure.body), "an error")
        words = text_field(said, "message") or text_field(said, "Message")
    except (JsonInvalid, FieldInvalid):
        return http_error(failure, invocation, endpoint)
    error: dict[str, Json] = {"message": ": ".join(filter(None, (kind, words)))}
    return http_error(replace(failure, body=dump_json(error).encode()), invocation, endpoint)


def _to_be_signed(request: Request, endpoint: Endpoint) -> Request:
    assert endpoint.key is not None
    assert endpoint.signing is not None
    given = dict(request.headers)
    shown = unsigned_headers(endpoint.signing)
    sign = partial(
        signed_headers, request.url, given["content-type"], endpoint.key, endpoint.signing
    )
    secret = request.secret_headers | (shown.keys() - {"x-amz-date"})
    return replace(
        request, headers=tuple((given | shown).items()), secret_headers=secret, sign=sign
    )


def _inference_config(invocation: Invocation) -> dict[str, Json]:
    given = invocation.parameters
    config: dict[str, Json] = {}
    limit = token_limit(invocation)
    if limit is not None:
        config["maxTokens"] = limit
    for ours, theirs in (("temperature", "temperature"), ("top_p", "topP")):
        if ours in given:
            config[theirs] = given[ours]
    if stop := stop_list(invocation):
        config["stopSequences"] = stop
    return config


def _output_config(invocation: Invocation) -> dict[str, Json]:
    output: dict[str, Json] = {}
    effort = invocation.parameters.get("reasoning_effort")
    if effort is not None:
        if effort not in _EFFORTS:
            raise refuse(
                invocation, f"`reasoning_effort: {effort}`", f"it knows {', '.join(_EFFORTS)}"
            )
        output["effort"] = effort
    wanted = invocation.response_format or {}
    if wanted.get("type") == "json_schema":
        outer = given_object(wanted, "json_schema")
        if not isinstance(outer.get("schema"), Mapping):
            raise refuse(invocation, "a `response_format` without a schema")
        named = {k: outer[k] for k in ("name", "description") if outer.get(k) is not None}
        # The schema travels as JSON text, and always holds strictly.
        structure: Json = {"jsonSchema": {"schema": dump_json(outer["schema"]), **named}}
        output["textFormat"] = {"type": "json_schema", "structure": structure}
    return output


def _tool_config(invocation: Invocation) -> dict[str, Json]:
    tools = [_tool(given_object(tool, "function")) for tool in invocation.tools]
    if not tools:
        return {}
    wanted = invocation.tool_choice
    if wanted is None:
        return {"tools": tools}
    if wanted == "none":
        raise refuse(invocation, "`tool_choice: none`", "leave the tools out")
    if isinstance(wanted, Mapping):
        name = given_object(wanted, "function").get("name")
        return {"tools": tools, "toolChoice": {"tool": {"name": name}}}
    return {"tools": tools, "toolChoice": {"any" if wanted == "required" else "auto": {}}}


def _tool(function: Mapping[str, Json]) -> Json:
    kept = {
        k: function[k] for k in ("name", "description", "strict") if function.get(k) is not None
    }
    schema = function.get("parameters") or {"type": "object"}
    return {"toolSpec": {**kept, "inputSchema": {"json": schema}}}


class _Reader:
    def __init__(self, invocation: Invocation, endpoint: Endpoint) -> None:
        self._invocation = invocation
        self._endpoint = endpoint
        self._calls: dict[int, int] = {}
        self._without_arguments: set[int] = set()
        self._started = False
        self._reason: str | None = None
        self._usage: Usage | None = None

    def read(self, frame: ServerSentEvent) -> Iterator[Event]:
        """The events of one frame, or of a whole answer."""
        data = object_in(parse_json(frame.data), "an event")
        if frame.name.startswith(EXCEPTION):
            raise self._exception(frame.name.removeprefix(EXCEPTION), data)
        if data.get("error"):
            raise stream_error(data, self._invocation, self._endpoint)
        index = count_field(data, "contentBlockIndex") or 0
        match frame.name:
            case "messageStart":
                yield from self._start()
            case "contentBlockStart":
                yield from self._call(index, object_field(object_field(data, "start"), "toolUse"))
            case "contentBlockDelta":
                yield from self._delta(index, object_field(data, "delta"))
            case "contentBlockStop":
                yield from self._block_end(index)
            case "messageStop":
                self._reason = text_field(data, "stopReason") or None
            case "metadata":
                self._usage = _usage(data)
                if self._reason is not None:
                    yield from self.end()
            case name if name == WHOLE:
                yield from self._whole(data)

    def end(self) -> Iterator[Event]:
        """The last events; without a stop reason the answer was cut."""
        if self._reason is None:
            raise broken(self._invocation)
        if not self._started:
            raise FieldInvalid("an end without an answer")
        if self._usage is not None:
            yield self._usage
        yield Finished(_REASONS.get(self._reason, "other"), self._reason)

    def _exception(self, name: str, data: Mapping[str, Json]) -> PromptctlError:
        words = text_field(data, "message") or text_field(data, "originalMessage")
        error: dict[str, Json] = {"type": name, "message": words}
        return stream_error(error, self._invocation, self._endpoint)

    def _whole(self, data: Mapping[str, Json]) -> Iterator[Event]:
        message = object_field(object_field(data, "output"), "message")
        if not message:
            raise FieldInvalid("an object without `output`")
        yield from self._start()
        for index, item in enumerate(list_field(message, "content")):
            yield from self._block(index, object_in(item, "a content block"))
        self._reason = text_field(data, "stopReason") or None
        self._usage = _usage(data)
        yield from self.end()

    def _start(self) -> Iterator[Event]:
        if not self._started:
            self._started = True
            yield Started()

    def _block(self, index: int, block: Mapping[str, Json]) -> Iterator[Event]:
        call = object_field(block, "toolUse")
        reasoning = object_field(object_field(block, "reasoningContent"), "reasoningText")
        yield from self._call(index, call)
        if index in self._calls and (given := object_field(call, "input")):
            self._without_arguments.discard(index)
            yield ToolCallDelta(self._calls[index], arguments=dump_json(given))
        yield from self._block_end(index)
        if thought := text_field(reasoning, "text"):
            yield ReasoningDelta(thought)
        if text := text_field(block, "text"):
            yield TextDelta(text)

    def _call(self, index: int, call: Mapping[str, Json]) -> Iterator[Event]:
        # Calls with a type are carried out by the provider itself.
        if call and not call.get("type"):
            number = self._calls.setdefault(index, len(self._calls))
            self._without_arguments.add(index)
            identifier = text_field(call, "toolUseId") or None
            yield ToolCallDelta(number, identifier, text_field(call, "name") or None)

    def _delta(self, index: int, delta: Mapping[str, Json]) -> Iterator[Event]:
        yield from self._start()
        if text := text_field(delta, "text"):
            yield TextDelta(text)
        if thought := text_field(object_field(delta, "reasoningContent"), "text"):
            yield ReasoningDelta(thought)
        piece = text_field(object_field(delta, "toolUse"), "input")
        if piece and index in self._calls:
            self._without_arguments.discard(index)
            yield ToolCallDelta(self._calls[index], arguments=piece)

    def _block_end(self, index: int) -> Iterator[Event]:
        """A call without arguments has no pieces; its arguments are an empty object."""
        if index in self._without_arguments:
            self._without_arguments.discard(index)
            yield ToolCallDelta(self._calls[index], arguments="{}")


def _usage(data: Mapping[str, Json]) -> Usage | None:
    usage = data.get("usage")
    if not isinstance(usage, Mapping):
        return None
    kinds = ("inputTokens", "cacheReadInputTokens", "cacheWriteInputTokens")
    counts = [count for count in (count_field(usage, kind) for kind in kinds) if count is not None]
    return Usage(
        sum(counts) if counts else None,
        count_field(usage, "outputTokens"),
        count_field(usage, "cacheReadInputTokens"),
    )
