"""Gemini: what its own library sends and reads, thinking, calls, blocked prompts, errors with details."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from promptctl.core.invocation import (
    Event,
    FilePart,
    Finished,
    ImagePart,
    Invocation,
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
from promptctl.core.json_data import Json
from promptctl.errors import KeyRefused, PromptctlError, RateLimited, RequestImpossible
from promptctl.providers import Failure, Limits
from promptctl.providers import google as wire
from promptctl.providers.answer import answer, exact_request
from promptctl.providers.envelope import encode_body
from tests.providers.dialects import GOOGLE, KEY
from tests.providers.server import Server, http, serving
from tests.providers.test_requests import CONVERSATION, FORMAT, PNG, SCHEMA, TOOL, say


def body_of(invocation: Invocation) -> dict[str, Any]:
    request = exact_request(invocation, GOOGLE.endpoint("http://host"))
    body: dict[str, Any] = json.loads(encode_body(request))
    return body


def asked(model: str = "gemini-2.5-flash", **parameters: Json) -> Invocation:
    return replace(GOOGLE.invocation(), model=model, parameters=parameters)


def test_a_conversation() -> None:
    told = replace(asked(), messages=(say("developer", "Be kind."), *CONVERSATION), tools=(TOOL,))
    function: Any = TOOL["function"]
    call = {"id": "t-1", "name": "weather", "args": {"city": "Zürich"}}
    result = {"id": "t-1", "name": "weather", "response": {"sky": "blue"}}
    declaration = {
        "name": "weather",
        "description": "Look out of the window.",
        "parametersJsonSchema": function["parameters"],
    }
    assert body_of(told) == {
        "systemInstruction": {"parts": [{"text": "Be kind."}, {"text": "Be brief."}]},
        "contents": [
            {"role": "user", "parts": [{"text": "Weather?"}]},
            {"role": "model", "parts": [{"text": "I look."}, {"functionCall": call}]},
            {"role": "user", "parts": [{"functionResponse": result}, {"text": "And now?"}]},
        ],
        "tools": [{"functionDeclarations": [declaration]}],
        "toolConfig": {"functionCallingConfig": {"mode": "VALIDATED"}},
    }


def test_calls_of_another_model_are_marked_where_signatures_are_wanted() -> None:
    def signature(model: str) -> object:
        told = replace(asked(model), messages=CONVERSATION)
        return body_of(told)["contents"][1]["parts"][1].get("thoughtSignature")

    assert signature("gemini-2.5-pro") is None
    assert signature("gemini-3.8-flash") == "skip_thought_signature_validator"
    assert signature("gemini-flash-latest") == "skip_thought_signature_validator"


@pytest.mark.parametrize(
    ("choice", "config"),
    [
        ("none", {"mode": "NONE"}),
        ("required", {"mode": "ANY"}),
        (
            {"type": "function", "function": {"name": "weather"}},
            {"mode": "ANY", "allowedFunctionNames": ["weather"]},
        ),
    ],
)
def test_a_tool_choice(choice: Json, config: object) -> None:
    body = body_of(replace(asked(), tools=(TOOL,), tool_choice=choice))
    assert body["toolConfig"] == {"functionCallingConfig": config}


def test_a_generation_config() -> None:
    config = body_of(
        asked(
            temperature=0.5,
            top_p=0.9,
            top_k=40,
            max_completion_tokens=9,
            stop="END",
            seed=7,
            presence_penalty=0.1,
            frequency_penalty=0.2,
            logprobs=True,
            top_logprobs=2,
            extra={"generationConfig": {"mediaResolution": "MEDIA_RESOLUTION_LOW"}},
        )
    )["generationConfig"]
    assert config == {
        "temperature": 0.5,
        "topP": 0.9,
        "topK": 40,
        "maxOutputTokens": 9,
        "stopSequences": ["END"],
        "seed": 7,
        "presencePenalty": 0.1,
        "frequencyPenalty": 0.2,
        "responseLogprobs": True,
        "logprobs": 2,
        "mediaResolution": "MEDIA_RESOLUTION_LOW",
    }
    told = replace(asked(), response_format=FORMAT)
    schema = {**SCHEMA, "description": "d"}
    expected = {"responseMimeType": "application/json", "responseJsonSchema": schema}
    assert body_of(told)["generationConfig"] == expected
    told = replace(asked(), response_format={"type": "json_object"})
    assert body_of(told)["generationConfig"] == {"responseMimeType": "application/json"}


NEW, OLD = "gemini-3.8-flash", "gemini-2.5-pro"
LONG: Json = {"type": "enabled", "budget_tokens": 2048}


@pytest.mark.parametrize(
    ("model", "parameters", "config"),
    [
        (NEW, {"reasoning_effort": "minimal"}, {"thinkingLevel": "MINIMAL"}),
        (NEW, {"reasoning_effort": "xhigh"}, {"thinkingLevel": "XHIGH"}),
        ("gemini-4-argon", {"reasoning_effort": "low"}, {"thinkingLevel": "LOW"}),
        (OLD, {"reasoning_effort": "low"}, {"thinkingBudget": 1024}),
        (OLD, {"reasoning_effort": "none"}, {"thinkingBudget": 0}),
        (f"models/{OLD}", {"reasoning_effort": "high"}, {"thinkingBudget": 24576}),
        (OLD, {"thinking": LONG}, {"thinkingBudget": 2048, "includeThoughts": True}),
        (NEW, {"thinking": LONG}, {"thinkingBudget": 2048, "includeThoughts": True}),
        (OLD, {"thinking": {"type": "adaptive"}}, {"thinkingBudget": -1, "includeThoughts": True}),
        (NEW, {"thinking": {"type": "adaptive"}}, {"includeThoughts": True}),
        (
            OLD,
            {"thinking": {"type": "disabled"}},
            {"thinkingBudget": 0, "includeThoughts": False},
        ),
        (
            NEW,
            {"thinking": {"type": "enabled", "display": "omitted"}, "reasoning_effort": "low"},
            {"thinkingLevel": "LOW", "includeThoughts": False},
        ),
    ],
)
def test_thinking_is_asked_for_in_the_models_own_way(
    model: str, parameters: dict[str, Json], config: object
) -> None:
    assert body_of(asked(model, **parameters))["generationConfig"]["thinkingConfig"] == config


def _without_call() -> tuple[RenderedMessage, ...]:
    return (say("user", "x"), say("tool", ToolResultPart("t-1", 5)))


@pytest.mark.parametrize(
    ("invocation", "named"),
    [
        (asked(NEW, reasoning_effort="none"), "reasoning_effort: none"),
        (asked(OLD, reasoning_effort="xhigh"), "reasoning_effort: xhigh"),
        (asked(NEW, thinking={"type": "disabled"}), "always thinks"),
        (asked(NEW, thinking=LONG, reasoning_effort="low"), "beside a budget"),
        (asked("../../upload"), "the model name"),
        (asked(""), "the model name"),
        (asked(extra={"model": "x"}), "extra.model"),
        (asked(seed=1, extra={"generationConfig": {"seed": 2}}), "extra.generationConfig.seed"),
        (replace(asked(), messages=_without_call()), "answers no tool call"),
        (replace(asked(), messages=(say("ai", ToolCallPart("t", "f", "[1]")),)), "no object"),
        (replace(asked(), messages=(say("user", ImagePart(data=PNG, detail="high")),)), "detail"),
        (replace(asked(), messages=(say("user", FilePart(data=b"\x00")),)), "octet-stream"),
        (replace(asked(), response_format={"type": "json_schema"}), "without a schema"),
    ],
)
def test_what_it_cannot_take_is_refused_by_name(invocation: Invocation, named: str) -> None:
    with pytest.raises(RequestImpossible, match=named):
        body_of(invocation)


def test_media_stand_in_their_parts() -> None:
    far = ImagePart(url="https://x.test/a.png")
    near = FilePart(data=b"Hi", media_type="text/plain")
    told = replace(asked(), messages=(say("user", "Look:", far, near, ImagePart(data=PNG)),))
    assert body_of(told)["contents"][0]["parts"] == [
        {"text": "Look:"},
        {"fileData": {"fileUri": "https://x.test/a.png"}},
        {"inlineData": {"mimeType": "text/plain", "data": "SGk="}},
        {"inlineData": {"mimeType": "image/png", "data": "iVBORw0KGgoxMjM="}},
    ]


@pytest.mark.parametrize(
    ("base_url", "model", "path"),
    [
        ("https://h", "m-1", "/v1beta/models/m-1"),
        ("https://h/v1", "m-1", "/v1/models/m-1"),
        ("https://h/gemini", "m?key=1", "/gemini/v1beta/models/m%3Fkey%3D1"),
        ("https://h/v1beta", "tunedModels/mine", "/v1beta/tunedModels/mine"),
        ("https://h/v1/publishers/google", "m", "/v1/publishers/google/models/m"),
    ],
)
def test_version_and_model_make_the_path(base_url: str, model: str, path: str) -> None:
    told = replace(asked(model), stream=False)
    url = exact_request(told, GOOGLE.endpoint("", base_url=base_url)).url
    assert url == f"https://h{path}:generateContent"


def _sent_by_google(server: Server, invocation: Invocation) -> None:
    """The same call by Google's own library."""
    from google import genai
    from google.genai import types

    function: Any = TOOL["function"]
    declaration = types.FunctionDeclaration(
        name=function["name"],
        description=function["description"],
        parameters_json_schema=function["parameters"],
    )
    client = genai.Client(
        api_key=KEY, http_options={"base_url": server.url, "api_version": "v1beta"}
    )
    stream = client.models.generate_content_stream(
        model=invocation.model,
        contents=[
            types.Content(role="user", parts=[types.Part(text="Weather?")]),
            types.Content(
                role="model",
                parts=[
                    types.Part(text="I look."),
                    types.Part(
                        function_call=types.FunctionCall(
                            id="t-1", name="weather", args={"city": "Zürich"}
                        )
                    ),
                ],
            ),
            types.Content(
                role="user",
                parts=[
                    types.Part(
                        function_response=types.FunctionResponse(
                            id="t-1", name="weather", response={"sky": "blue"}
                        )
                    ),
                    types.Part(text="And now?"),
                    types.Part.from_bytes(data=PNG, mime_type="image/png"),
                ],
            ),
        ],
        config=types.GenerateContentConfig(
            system_instruction=[types.Part(text="Be brief.")],
            temperature=0.5,
            max_output_tokens=9,
            stop_sequences=["END"],
            seed=7,
            top_k=40,
            response_mime_type="application/json",
            response_json_schema=SCHEMA,
            thinking_config=types.ThinkingConfig(thinking_budget=2048, include_thoughts=True),
            tools=[types.Tool(function_declarations=[declaration])],
            tool_config=types.ToolConfig(
                function_calling_config=types.FunctionCallingConfig(
                    mode=types.FunctionCallingConfigMode.ANY, allowed_function_names=["weather"]
                )
            ),
            automatic_function_calling=types.AutomaticFunctionCallingConfig(disable=True),
        ),
    )
    assert [piece.text for piece in stream] == ["", "a", ""]


def _camel(value: Any) -> Any:
    """The value with all names in camelCase; Google's library writes some of them in snake_case."""
    if isinstance(value, list):
        return [_camel(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {re.sub(r"_([a-z])", lambda m: m[1].upper(), k): _camel(v) for k, v in value.items()}


@pytest.mark.filterwarnings("ignore")
def test_googles_own_library_sends_the_same_and_reads_the_tests_stream() -> None:
    parameters: dict[str, Json] = {
        "temperature": 0.5,
        "max_tokens": 9,
        "stop": "END",
        "seed": 7,
        "top_k": 40,
        "thinking": LONG,
    }
    told = replace(
        asked(**parameters),
        messages=(*CONVERSATION, say("user", ImagePart(data=PNG))),
        tools=(TOOL,),
        tool_choice={"type": "function", "function": {"name": "weather"}},
        response_format={"type": "json_schema", "json_schema": {"name": "n", "schema": SCHEMA}},
    )
    stream = http(b"".join(GOOGLE.stream("a")), content_type=GOOGLE.content_type)
    with serving([stream]) as server:
        _sent_by_google(server, told)
        list(answer(told, GOOGLE.endpoint(server.url)))
        theirs, ours = server.requests
    same, sent = _camel(json.loads(theirs.body)), json.loads(ours.body)
    del same["systemInstruction"]["role"]  # it has none, says the reference
    assert sent == same
    assert ours.head.splitlines()[0] == theirs.head.splitlines()[0]
    name, value = GOOGLE.authorization
    assert ours.headers[name] == theirs.headers[name] == value


def decode(*chunks: object, stream: bool = True) -> Iterator[Event]:
    invocation = GOOGLE.invocation(stream=stream)
    decoder = wire.decoder(invocation, GOOGLE.endpoint("x"), Limits())
    for chunk in chunks:
        text = json.dumps(chunk)
        yield from decoder.feed((f"data: {text}\n\n" if stream else text).encode())
    yield from decoder.finish()


def candidate(*parts: object, **more: object) -> dict[str, object]:
    return {"candidates": [{"content": {"parts": parts}, "index": 0, **more}]}


def test_thoughts_calls_without_ids_and_all_kinds_of_tokens() -> None:
    usage = {
        "promptTokenCount": 10,
        "toolUsePromptTokenCount": 2,
        "cachedContentTokenCount": 4,
        "candidatesTokenCount": 5,
        "thoughtsTokenCount": 7,
    }
    events = list(
        decode(
            {"usageMetadata": {"trafficType": "ON_DEMAND"}, **candidate({"text": "hm", "thought": True})},
            candidate({"functionCall": {"name": "f", "args": {"a": 1}}}, {"functionCall": {"name": "g"}}),
            {**candidate({"text": ""}, finishReason="STOP"), "usageMetadata": usage},
        )
    )  # fmt: skip
    assert events == [
        Started(),
        ReasoningDelta("hm"),
        ToolCallDelta(0, None, "f", '{"a":1}'),
        ToolCallDelta(1, None, "g", "{}"),
        Usage(12, 12, 4, 7),
        Finished("tool_calls", "STOP"),
    ]


def test_a_reason_in_every_chunk_does_not_end_the_answer() -> None:
    chunks = [candidate({"text": text}, finishReason="STOP") for text in "abc"]
    texts = [event.text for event in decode(*chunks) if isinstance(event, TextDelta)]
    assert texts == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        ("SAFETY", "content_filter"),
        ("RECITATION", "content_filter"),
        ("MALFORMED_FUNCTION_CALL", "other"),
        ("NEWS_OF_TOMORROW", "other"),
        ("MAX_TOKENS", "length"),
    ],
)
def test_reasons(word: str, reason: Any) -> None:
    assert list(decode(candidate(finishReason=word)))[-1] == Finished(reason, word)


@pytest.mark.parametrize("stream", [True, False])
def test_a_blocked_prompt_is_an_answer_without_text(stream: bool) -> None:
    blocked = {"promptFeedback": {"blockReason": "OTHER"}, "modelVersion": "m-1"}
    end = Finished("content_filter", "OTHER")
    assert list(decode(blocked, stream=stream)) == [Started("m-1"), end]


def test_a_list_is_a_stream_of_its_chunks() -> None:
    decoder = wire.decoder(GOOGLE.invocation(), GOOGLE.endpoint("x"), Limits())
    chunks = [candidate({"text": "a"}), candidate({"text": "b"}, finishReason="STOP")]
    assert list(decoder.feed(json.dumps(chunks).encode())) == []
    end = Finished("stop", "STOP")
    assert list(decoder.finish()) == [Started(), TextDelta("a"), TextDelta("b"), end]


def failed(status: int, error: object, **headers: str) -> PromptctlError:
    failure = Failure(status, headers, json.dumps(error).encode())
    return wire.parse_error(failure, GOOGLE.invocation(), GOOGLE.endpoint("https://h"))


def _error(code: int, *details: object) -> dict[str, object]:
    return {"error": {"code": code, "message": "said", "details": details}}


RPC = "type.googleapis.com/google.rpc"


def test_the_wait_that_the_details_ask_for_is_obeyed() -> None:
    wish = {"@type": f"{RPC}.RetryInfo", "retryDelay": "34.074824224s"}
    for shape in (_error(429, wish), [_error(429, {"@type": f"{RPC}.Help"}, wish)]):
        error = failed(429, shape)
        assert isinstance(error, RateLimited)
        assert error.retry_after == 34.074824224
        assert "said" in error.message
    limited = failed(429, _error(429, wish), **{"retry-after": "5"})
    assert isinstance(limited, RateLimited)
    assert limited.retry_after == 5


def test_a_wrong_key_is_known_by_its_reason() -> None:
    error = failed(400, _error(400, {"@type": f"{RPC}.ErrorInfo", "reason": "API_KEY_INVALID"}))
    assert type(error) is KeyRefused
    assert error.hint == "check TEST_API_KEY"


@pytest.mark.parametrize("odd", [[], {}, "text", {"error": {"details": 5}}, {"error": [1]}])
def test_details_of_another_shape_do_no_harm(odd: object) -> None:
    assert type(failed(429, odd)) is RateLimited


def test_text_parts_are_never_empty() -> None:
    empty = RenderedMessage("user", (TextPart(""), TextPart("x")))
    assert body_of(replace(asked(), messages=(empty,)))["contents"][0]["parts"] == [{"text": "x"}]
