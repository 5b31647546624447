"""OpenAI's chat completions, as OpenAI and many compatible servers speak them.

Request and stream are those of https://platform.openai.com/docs/api-reference/chat; beyond it the
decoder knows the reasoning texts of DeepSeek and llama.cpp (`reasoning_content`) and of vLLM and
OpenRouter (`reasoning`), and errors that come with status 200 or inside the stream.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

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
from promptctl.providers.decoding import WHOLE, AnswerDecoder, SseFraming, WholeFraming, broken
from promptctl.providers.envelope import (
    build_envelope,
    check_supported,
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
from promptctl.providers.openai_address import key_header, openai_url
from promptctl.providers.openai_dialects import ChatDialect, dialect_of
from promptctl.providers.openai_messages import chat_messages
from promptctl.providers.sse import ServerSentEvent

_REASONS: dict[str, FinishReason] = {
    "stop": "stop",
    "eos": "stop",
    "length": "length",
    "model_length": "length",
    "tool_calls": "tool_calls",
    "function_call": "tool_calls",
    "content_filter": "content_filter",
}
_INTERRUPTED = frozenset({"error", "insufficient_system_resource"})
"""Reasons of an answer that the provider itself could not bring to its end."""


def build_request(invocation: Invocation, endpoint: Endpoint) -> Request:
    """The request for a chat completion. Raises RequestImpossible for what the format cannot carry."""
    check_supported(invocation, endpoint)
    extra = invocation.parameters.get("extra")
    if isinstance(extra, Mapping) and extra.get("n") not in (None, 1):
        raise refuse(invocation, "`parameters.extra.n`: promptctl reads one answer")
    dialect = dialect_of(endpoint)
    body: dict[str, Json] = {"model": invocation.model} if invocation.model else {}
    body["messages"] = chat_messages(invocation, dialect)
    body |= _parameters(invocation, dialect) | _tools(invocation, dialect)
    if invocation.response_format is not None:
        body["response_format"] = invocation.response_format
    body["stream"] = invocation.stream
    if invocation.stream and dialect.usage_option:
        body["stream_options"] = {"include_usage": True}
    place = openai_url(endpoint, invocation.model, "/chat/completions")
    return build_envelope(
        invocation, endpoint, place, body, key_header=key_header(endpoint, dialect)
    )


def decoder(invocation: Invocation, endpoint: Endpoint, limits: Limits) -> Decoder:
    """A fresh decoder for one answer."""
    framing = SseFraming(limits) if invocation.stream else WholeFraming(limits.response)
    return AnswerDecoder(framing, _Reader(invocation, endpoint), invocation)


def parse_error(failure: Failure, invocation: Invocation, endpoint: Endpoint) -> PromptctlError:
    """The typed error of an unsuccessful answer."""
    return http_error(failure, invocation, endpoint)


def _parameters(invocation: Invocation, dialect: ChatDialect) -> dict[str, Json]:
    body: dict[str, Json] = {}
    for name, value in invocation.parameters.items():
        if name in ("max_tokens", "max_completion_tokens") and dialect.limit is not None:
            body[dialect.limit] = token_limit(invocation)
        elif name == "stop" and dialect.stop_list:
            body["stop"] = stop_list(invocation)
        elif name == "thinking" and isinstance(value, Mapping):
            body[name] = _thinking(invocation, value)
        elif name != "extra":
            body[dialect.renames.get(name, name)] = value
    return body


def _thinking(invocation: Invocation, thinking: Mapping[str, Json]) -> Json:
    """The switch of the models that think by themselves: on or off, and nothing else."""
    for key in thinking:
        if key != "type":
            raise refuse(invocation, f"`parameters.thinking.{key}`")
    if thinking.get("type") not in ("enabled", "disabled"):
        raise refuse(invocation, f"`parameters.thinking` of type `{thinking.get('type')}`")
    return thinking


def _tools(invocation: Invocation, dialect: ChatDialect) -> dict[str, Json]:
    body: dict[str, Json] = {}
    if invocation.tools:
        body["tools"] = list(invocation.tools)
    choice = invocation.tool_choice
    if choice is not None:
        kind = choice if isinstance(choice, str) else "named"
        if kind not in dialect.tool_choices:
            what = "one named tool" if kind == "named" else f"`{kind}`"
            raise refuse(invocation, f"{what} as `tool_choice`", "leave the choice to the model")
        body["tool_choice"] = choice
    if invocation.parallel_tool_calls is not None:
        body["parallel_tool_calls"] = invocation.parallel_tool_calls
    return body


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
        # Azure sends a chunk about the prompt, without choices, names or an id, before all others.
        if not self._started and (data.get("choices") or "choices" not in data):
            self._started = True
            yield Started(text_field(data, "model") or None, text_field(data, "id") or None)
        for choice in list_field(data, "choices"):
            yield from self._choice(object_in(choice, "a choice"))
        self._usage = _usage(data) or _usage(object_field(data, "x_groq")) or self._usage
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
        self._usage = _usage(choice) or self._usage
        self._reason = text_field(choice, "finish_reason") or self._reason
        if self._reason in _INTERRUPTED:
            words = f"it could not finish its answer ({self._reason})"
            raise stream_error({"message": words, "code": 503}, self._invocation, self._endpoint)

    def _delta(self, delta: Mapping[str, Json]) -> Iterator[Event]:
        reasoning = text_field(delta, "reasoning_content") or text_field(delta, "reasoning")
        if reasoning:
            yield ReasoningDelta(reasoning)
        content = delta.get("content")
        if isinstance(content, list | tuple):
            yield from _chunks(content)
        elif text := text_field(delta, "content"):
            yield TextDelta(text)
        if refusal := text_field(delta, "refusal"):
            self._refused = True
            yield TextDelta(refusal)
        for position, call in enumerate(list_field(delta, "tool_calls")):
            yield _tool_call(position, object_in(call, "a tool call"))


def _chunks(content: Sequence[Json]) -> Iterator[Event]:
    """The pieces of a content that comes as a list, as Mistral's models send it once they think."""
    for member in content:
        chunk = object_in(member, "a piece of the content")
        for thought in list_field(chunk, "thinking"):
            if words := text_field(object_in(thought, "a thought"), "text"):
                yield ReasoningDelta(words)
        if text := text_field(chunk, "text"):
            yield TextDelta(text)


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
    cached = count_field(object_field(usage, "prompt_tokens_details"), "cached_tokens")
    # The other names are those of DeepSeek and Moonshot, and of Perplexity.
    for name in ("prompt_cache_hit_tokens", "cached_tokens"):
        cached = count_field(usage, name) if cached is None else cached
    details = object_field(usage, "completion_tokens_details")
    reasoning = count_field(details, "reasoning_tokens")
    return Usage(
        count_field(usage, "prompt_tokens"),
        count_field(usage, "completion_tokens"),
        cached,
        count_field(usage, "reasoning_tokens") if reasoning is None else reasoning,
    )
