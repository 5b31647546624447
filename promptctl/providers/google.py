"""Google's Gemini API: `generateContent` and `streamGenerateContent`.

Request and stream are those of https://ai.google.dev/api/generate-content. The model stands in the path,
after the version that the configured address ends with (v1beta if it names none). The stream has no end
mark: an answer is complete when it gave a reason and then the body ended; models have sent the reason in
every chunk. A function call ends with STOP like a text, so calls decide between the two.
Usage counts thoughts as output, as the other providers do.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from urllib.parse import quote

from promptctl.core.endpoint import Endpoint
from promptctl.core.gemini import BUDGETS, LEVELS, has_levels, thinking_problem
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
from promptctl.providers.google_messages import contents_of, system_instruction_of
from promptctl.providers.sse import ServerSentEvent

VERSION = "v1beta"

_PARAMETERS = {
    "temperature": "temperature",
    "top_p": "topP",
    "top_k": "topK",
    "seed": "seed",
    "presence_penalty": "presencePenalty",
    "frequency_penalty": "frequencyPenalty",
    "logprobs": "responseLogprobs",
    "top_logprobs": "logprobs",
}
_MODES = {"auto": "AUTO", "none": "NONE", "required": "ANY"}
_REASONS: dict[str, FinishReason] = {
    "STOP": "stop",
    "MAX_TOKENS": "length",
    **dict.fromkeys(
        (
            *("SAFETY", "RECITATION", "LANGUAGE", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII"),
            *("IMAGE_SAFETY", "IMAGE_PROHIBITED_CONTENT", "IMAGE_RECITATION", "MODEL_ARMOR"),
        ),
        "content_filter",
    ),
}
"""All others, such as MALFORMED_FUNCTION_CALL, are `other`."""


def build_request(invocation: Invocation, endpoint: Endpoint) -> Request:
    """The request for contents. Raises RequestImpossible for what the format cannot carry."""
    check_supported(invocation, endpoint)
    body: dict[str, Json] = {
        **system_instruction_of(invocation),
        "contents": contents_of(invocation),
        **_tools(invocation),
    }
    if config := _generation_config(invocation):
        body["generationConfig"] = config
    return build_envelope(
        invocation,
        endpoint,
        _path(invocation, endpoint),
        body,
        key_header=("x-goog-api-key", endpoint.key.reveal()) if endpoint.key else None,
        reserved=("model", "stream"),
        open_objects=("generationConfig", "toolConfig"),
    )


def decoder(invocation: Invocation, endpoint: Endpoint, limits: Limits) -> Decoder:
    """A fresh decoder for one answer."""
    framing = SseFraming(limits) if invocation.stream else WholeFraming(limits.response)
    return AnswerDecoder(framing, _Reader(invocation, endpoint), invocation)


def parse_error(failure: Failure, invocation: Invocation, endpoint: Endpoint) -> PromptctlError:
    """The typed error of an unsuccessful answer, whose details say more than its status."""
    reason, delay = _details(failure.body)
    if reason == "API_KEY_INVALID":  # comes as 400
        failure = replace(failure, status=401)
    if delay and "retry-after" not in failure.headers:
        failure = replace(failure, headers={**failure.headers, "retry-after": delay})
    return http_error(failure, invocation, endpoint)


def _path(invocation: Invocation, endpoint: Endpoint) -> str:
    segments = invocation.model.split("/")
    if any(not segment.strip(".") for segment in segments):
        raise refuse(invocation, f"the model name `{invocation.model}`")
    name = "/".join(quote(segment, safe="") for segment in segments)
    name = name if "/" in name else f"models/{name}"
    version = "" if re.search(r"/v[0-9][a-z0-9]*(/|$)", endpoint.base_url) else f"/{VERSION}"
    method = "streamGenerateContent?alt=sse" if invocation.stream else "generateContent"
    return f"{version}/{name}:{method}"


def _generation_config(invocation: Invocation) -> dict[str, Json]:
    given = invocation.parameters
    config: dict[str, Json] = {
        theirs: given[ours] for ours, theirs in _PARAMETERS.items() if ours in given
    }
    limit = token_limit(invocation)
    if limit is not None:
        config["maxOutputTokens"] = limit
    if stop := stop_list(invocation):
        config["stopSequences"] = stop
    if thinking := _thinking_config(invocation):
        config["thinkingConfig"] = thinking
    return config | _response_format(invocation)


def _thinking_config(invocation: Invocation) -> dict[str, Json]:
    given = invocation.parameters
    problem = thinking_problem(invocation.model, given)
    if problem is not None:
        raise refuse(invocation, problem.what, problem.hint)
    leveled = has_levels(invocation.model)
    config: dict[str, Json] = {}
    effort = given.get("reasoning_effort")
    if effort is not None:
        name = "thinkingLevel" if leveled else "thinkingBudget"
        config[name] = (LEVELS if leveled else BUDGETS)[str(effort)]
    if given.get("thinking") is None:
        return config
    thinking = given_object(given, "thinking")
    if "budget_tokens" in thinking:
        config["thinkingBudget"] = thinking["budget_tokens"]
    elif thinking.get("type") == "disabled":
        config["thinkingBudget"] = 0
    elif not leveled and not config:
        config["thinkingBudget"] = -1  # as much as the model finds right
    shown = thinking.get("type") != "disabled" and thinking.get("display") != "omitted"
    return {**config, "includeThoughts": shown}


def _response_format(invocation: Invocation) -> dict[str, Json]:
    wanted = invocation.response_format or {}
    if wanted.get("type") not in ("json_schema", "json_object"):
        return {}
    config: dict[str, Json] = {"responseMimeType": "application/json"}
    if wanted.get("type") == "json_schema":
        outer = given_object(wanted, "json_schema")
        schema = outer.get("schema")
        if not isinstance(schema, Mapping):
            raise refuse(invocation, "a `response_format` without a schema")
        # The format has no place for the description but the schema itself, and none for a name.
        if outer.get("description") and "description" not in schema:
            schema = {**schema, "description": outer["description"]}
        config["responseJsonSchema"] = schema
    return config


def _tools(invocation: Invocation) -> dict[str, Json]:
    functions = [given_object(tool, "function") for tool in invocation.tools]
    calling: dict[str, Json] = {}
    wanted = invocation.tool_choice
    if isinstance(wanted, str):
        calling["mode"] = _MODES.get(wanted, wanted)
    elif isinstance(wanted, Mapping):
        name = given_object(wanted, "function").get("name")
        calling = {"mode": "ANY", "allowedFunctionNames": [name]}
    if any(f.get("strict") is True for f in functions) and calling.get("mode", "AUTO") == "AUTO":
        # Calls that are forced always keep to their schemas; those that are not do so in this mode.
        calling["mode"] = "VALIDATED"
    body: dict[str, Json] = {}
    if functions:
        body["tools"] = [{"functionDeclarations": [_declaration(f) for f in functions]}]
    if calling:
        body["toolConfig"] = {"functionCallingConfig": calling}
    return body


def _declaration(function: Mapping[str, Json]) -> dict[str, Json]:
    kept = {k: function[k] for k in ("name", "description") if function.get(k) is not None}
    schema = function.get("parameters")
    return {**kept, **({"parametersJsonSchema": schema} if schema else {})}


def _details(body: bytes) -> tuple[str, str]:
    """The reason and the seconds to wait that the details of an error give; empty if they do not."""
    reason = delay = ""
    try:
        data = parse_json(body.decode(errors="replace"))
        if isinstance(data, list):
            data = data[0] if data else None
        error = object_field(object_in(data, "an error"), "error")
        for detail in (object_in(d, "a detail") for d in list_field(error, "details")):
            kind = text_field(detail, "@type")
            if kind.endswith("/google.rpc.ErrorInfo"):
                reason = text_field(detail, "reason")
            elif kind.endswith("/google.rpc.RetryInfo"):
                delay = text_field(detail, "retryDelay").removesuffix("s")
    except (JsonInvalid, FieldInvalid):
        pass  # an error of another shape: its status has to do
    return reason, delay


class _Reader:
    def __init__(self, invocation: Invocation, endpoint: Endpoint) -> None:
        self._invocation = invocation
        self._endpoint = endpoint
        self._started = False
        self._answered = False
        self._calls = 0
        self._reason: str | None = None
        self._blocked = False
        self._usage: Usage | None = None

    def read(self, frame: ServerSentEvent) -> Iterator[Event]:
        """The events of one chunk, or of a whole answer; a list holds the chunks of a stream."""
        data = parse_json(frame.data)
        chunks = data if isinstance(data, list) and frame.name == WHOLE else [data]
        for chunk in chunks:
            yield from self._chunk(object_in(chunk, "an event"))
        if frame.name == WHOLE:
            yield from self.end()

    def end(self) -> Iterator[Event]:
        """The last events; without a reason the answer was cut."""
        if self._reason is None:
            if self._started and not self._answered:
                raise FieldInvalid("an object without `candidates`")
            raise broken(self._invocation)
        if self._usage is not None:
            yield self._usage
        reason = _REASONS.get(self._reason, "other")
        if self._blocked:
            reason = "content_filter"
        elif reason == "stop" and self._calls:
            reason = "tool_calls"
        yield Finished(reason, self._reason)

    def _chunk(self, data: Mapping[str, Json]) -> Iterator[Event]:
        if data.get("error"):
            raise stream_error(data, self._invocation, self._endpoint)
        if not self._started:
            self._started = True
            model, identifier = text_field(data, "modelVersion"), text_field(data, "responseId")
            yield Started(model or None, identifier or None)
        if block := text_field(object_field(data, "promptFeedback"), "blockReason"):
            self._blocked, self._answered, self._reason = True, True, block
        for candidate in list_field(data, "candidates"):
            yield from self._candidate(object_in(candidate, "a candidate"))
        self._usage = _usage(data) or self._usage

    def _candidate(self, candidate: Mapping[str, Json]) -> Iterator[Event]:
        if candidate.get("index") not in (None, 0):
            return
        self._answered = True
        for part in list_field(object_field(candidate, "content"), "parts"):
            yield from self._part(object_in(part, "a part"))
        self._reason = text_field(candidate, "finishReason") or self._reason

    def _part(self, part: Mapping[str, Json]) -> Iterator[Event]:
        if text := text_field(part, "text"):
            yield ReasoningDelta(text) if part.get("thought") is True else TextDelta(text)
        if call := object_field(part, "functionCall"):
            arguments = dump_json(object_field(call, "args"))
            identifier, name = text_field(call, "id") or None, text_field(call, "name") or None
            yield ToolCallDelta(self._calls, identifier, name, arguments)
            self._calls += 1


def _usage(data: Mapping[str, Json]) -> Usage | None:
    usage = data.get("usageMetadata")
    if not isinstance(usage, Mapping):
        return None
    read = _total(usage, "promptTokenCount", "toolUsePromptTokenCount")
    written = _total(usage, "candidatesTokenCount", "thoughtsTokenCount")
    if read is None and written is None:
        return None  # chunks on the way may only say how the traffic is billed
    cached = count_field(usage, "cachedContentTokenCount")
    return Usage(read, written, cached, count_field(usage, "thoughtsTokenCount"))


def _total(usage: Mapping[str, Json], *names: str) -> int | None:
    counts = [count for count in (count_field(usage, name) for name in names) if count is not None]
    return sum(counts) if counts else None
