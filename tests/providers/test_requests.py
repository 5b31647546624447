"""Requests: their exact shape, held to the types of the providers' own libraries, and what is refused."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

import jsonschema_rs
import pytest

from promptctl.core.catalog import FEATURES, PARAMETERS, PROVIDERS, ProviderFacts, facts_for
from promptctl.core.endpoint import Endpoint, Secret
from promptctl.core.invocation import (
    FilePart,
    ImagePart,
    Invocation,
    Part,
    RenderedMessage,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)
from promptctl.core.json_data import Json
from promptctl.errors import CredentialError, PromptctlError, RequestImpossible
from promptctl.providers.answer import exact_request
from promptctl.providers.envelope import encode_body
from tests.providers.dialects import (
    ANTHROPIC,
    AWS_BEDROCK,
    COMPATIBLE,
    DIALECTS,
    GOOGLE,
    KEY,
    OLLAMA,
    OPENAI,
    Dialect,
    name_of,
)
from tests.providers.official_types import aws_problems, google_problems

EVERY = (*DIALECTS, *COMPATIBLE)


def taken_by(dialect: Dialect) -> ProviderFacts:
    return facts_for(PROVIDERS[dialect.name], dialect.invocation().api)


PNG = b"\x89PNG\r\n\x1a\n123"
PDF = b"%PDF-1.7 123"
TOOL: Mapping[str, Json] = {
    "type": "function",
    "function": {
        "name": "weather",
        "description": "Look out of the window.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
        "strict": True,
    },
}
SCHEMA: Mapping[str, Json] = {"type": "object", "properties": {"a": {"type": "integer"}}}
FORMAT: Mapping[str, Json] = {
    "type": "json_schema",
    "json_schema": {"name": "n", "description": "d", "schema": SCHEMA, "strict": True},
}


def say(role: str, *parts: Part | str) -> RenderedMessage:
    return RenderedMessage(role, tuple(TextPart(p) if isinstance(p, str) else p for p in parts))


def build(dialect: Dialect, *messages: RenderedMessage, **changes: Any) -> dict[str, Any]:
    """The body of the request, as it is on the wire."""
    invocation = replace(dialect.invocation(), **changes)
    if messages:
        invocation = replace(invocation, messages=messages)
    request = exact_request(invocation, dialect.endpoint("http://host"))
    body: dict[str, Any] = json.loads(encode_body(request))
    return body


Check = Callable[[dict[str, Any]], list[str]]


def official_check(dialect: Dialect) -> Check:
    """What the types of the provider's own Python library say against a body."""
    own = {OLLAMA.name: _ollama_problems, GOOGLE.name: google_problems, "aws": aws_problems}
    if dialect.name in own:
        return own[dialect.name]
    validator = _validator("anthropic" if dialect is ANTHROPIC else dialect.invocation().api)

    def problems(body: dict[str, Any]) -> list[str]:
        return [f"{error.instance_path}: {error.message}" for error in validator.iter_errors(body)]

    return problems


def _ollama_problems(body: dict[str, Any]) -> list[str]:
    from ollama._types import ChatRequest, Message, Options, Tool

    ChatRequest.model_validate(body)
    # These types allow keys that they do not name.
    named = [
        (body, ChatRequest),
        (body.get("options", {}), Options),
        *((message, Message) for message in body["messages"]),
        *((tool, Tool) for tool in body.get("tools", [])),
    ]
    return [f"{key}?" for value, kind in named for key in value if key not in kind.model_fields]


@lru_cache
def _validator(name: str) -> Any:
    """OpenAI's types of the two interfaces, or Anthropic's, allowing no key that they do not name."""
    from anthropic.types.message_create_params import MessageCreateParamsStreaming
    from openai.types.chat.completion_create_params import CompletionCreateParamsStreaming
    from openai.types.responses.response_create_params import ResponseCreateParamsStreaming
    from pydantic import TypeAdapter

    kinds: dict[str, Any] = {
        "anthropic": MessageCreateParamsStreaming,
        "chat": CompletionCreateParamsStreaming,
        "responses": ResponseCreateParamsStreaming,
    }
    return jsonschema_rs.validator_for(_strict(TypeAdapter(kinds[name]).json_schema()))


def _strict(schema: Any) -> Any:
    """The schema with no object open to keys that it does not name."""
    if isinstance(schema, list):
        return [_strict(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {key: _strict(value) for key, value in schema.items()}
    if closed.get("type") == "object" and "properties" in closed:
        closed.setdefault("additionalProperties", False)
    return closed


CONVERSATION = (
    say("system", "Be brief."),
    say("user", "Weather?"),
    say("ai", "I look.", ToolCallPart("t-1", "weather", '{"city":"Zürich"}')),
    say("tool", ToolResultPart("t-1", {"sky": "blue"})),
    say("user", "And now?"),
)


def value_for(dialect: Dialect, name: str) -> Json:
    """A value of a parameter; the dialects of OpenAI's format only switch thinking on and off."""
    openai_like = PROVIDERS[dialect.name].wire == "openai"
    return {"type": "disabled"} if name == "thinking" and openai_like else VALUES[name]


def requests_of_every_kind(dialect: Dialect) -> Iterator[dict[str, Any]]:
    """Bodies that use all that the provider takes."""
    facts = taken_by(dialect)
    if "tools" in facts.features:
        yield build(dialect, *CONVERSATION, tools=(TOOL,))
    for name in sorted(facts.parameters):
        yield build(dialect, parameters={name: value_for(dialect, name)})
    # The one is of another interface, the other taken by halves.
    left = {"responses", "tool_choice" if dialect.name == "moonshot" else ""}
    for feature in sorted(facts.features - left):
        yield build(dialect, **USES[feature])
    if "tool_choice" in facts.features:
        most = {"aws": 1, "moonshot": 2}.get(dialect.name, 3)
        for choice in ("auto", "none", "required")[:most]:
            yield build(dialect, tools=(TOOL,), tool_choice=choice)
    if "parallel_tool_calls" in facts.features:
        yield build(dialect, tools=(TOOL,), tool_choice="auto", parallel_tool_calls=False)


# Anthropic's library speaks a later version of the API, which has taken these away. The others take
# more than OpenAI does, or under other names.
BEYOND: Mapping[str, frozenset[str]] = {
    "anthropic": frozenset({"temperature", "top_p", "top_k"}),
    "mistral": frozenset({"top_k", "random_seed"}),
    **dict.fromkeys(("perplexity", "together", "meta", "openrouter"), frozenset({"top_k"})),
    **dict.fromkeys(("deepseek", "moonshot"), frozenset({"thinking"})),
    "fireworks": frozenset({"top_k", "thinking"}),
}
OTHER_PARTS = ("document_url", "file_url")


@pytest.mark.parametrize("dialect", EVERY, ids=name_of)
def test_requests_are_what_the_official_types_allow(dialect: Dialect) -> None:
    problems = official_check(dialect)
    beyond = BEYOND.get(dialect.name, frozenset())
    for body in requests_of_every_kind(dialect):
        if not any(f'"type": "{part}"' in json.dumps(body) for part in OTHER_PARTS):
            assert problems({k: v for k, v in body.items() if k not in beyond}) == []
    body = (
        build(dialect, tools=(TOOL,)) if "tools" in taken_by(dialect).features else build(dialect)
    )
    tools = body["toolConfig"]["tools"] if dialect is AWS_BEDROCK else body.get("tools", [])
    name = {"responses": "input", "google": "contents"}.get(name_of(dialect), "messages")
    messages = body[name]
    for place in (body, messages[0], *tools[:1]):
        place["misspelt"] = 1
        assert problems(body) != []
        del place["misspelt"]


def test_openai_conversation() -> None:
    body = build(OPENAI, *CONVERSATION, tools=(TOOL,), tool_choice="required")
    call = {"name": "weather", "arguments": '{"city":"Zürich"}'}
    assert body == {
        "model": "m-1",
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "Weather?"},
            {
                "role": "assistant",
                "content": "I look.",
                "tool_calls": [{"id": "t-1", "type": "function", "function": call}],
            },
            {"role": "tool", "tool_call_id": "t-1", "content": '{"sky":"blue"}'},
            {"role": "user", "content": "And now?"},
        ],
        "tools": [TOOL],
        "tool_choice": "required",
        "stream": True,
        "stream_options": {"include_usage": True},
    }


def test_anthropic_conversation() -> None:
    body = build(
        ANTHROPIC,
        say("developer", "Be kind."),
        *CONVERSATION,
        tools=(TOOL,),
        tool_choice="required",
        parallel_tool_calls=False,
    )
    function: Any = TOOL["function"]
    call = {"type": "tool_use", "id": "t-1", "name": "weather", "input": {"city": "Zürich"}}
    result = {"type": "tool_result", "tool_use_id": "t-1", "content": '{"sky":"blue"}'}
    assert body == {
        "model": "m-1",
        "max_tokens": 4096,
        "system": [{"type": "text", "text": "Be kind."}, {"type": "text", "text": "Be brief."}],
        "messages": [
            {"role": "user", "content": [{"type": "text", "text": "Weather?"}]},
            {"role": "assistant", "content": [{"type": "text", "text": "I look."}, call]},
            {"role": "user", "content": [result, {"type": "text", "text": "And now?"}]},
        ],
        "tools": [
            {
                "name": "weather",
                "description": "Look out of the window.",
                "strict": True,
                "input_schema": function["parameters"],
            }
        ],
        "tool_choice": {"type": "any", "disable_parallel_tool_use": True},
        "stream": True,
    }


def test_ollama_conversation() -> None:
    body = build(OLLAMA, say("developer", "Be kind."), *CONVERSATION, tools=(TOOL,))
    call = {"function": {"name": "weather", "arguments": {"city": "Zürich"}}}
    assert body == {
        "model": "m-1",
        "messages": [
            {"role": "system", "content": "Be kind."},
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "Weather?"},
            {"role": "assistant", "content": "I look.", "tool_calls": [call]},
            {"role": "tool", "content": '{"sky":"blue"}', "tool_name": "weather"},
            {"role": "user", "content": "And now?"},
        ],
        "tools": [TOOL],
        "stream": True,
    }


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def test_media_stand_in_each_format() -> None:
    image, document = ImagePart(data=PNG, detail="auto"), FilePart(data=PDF, name="a.pdf")
    linked = ImagePart(url="https://x.test/a.png")
    content = build(OPENAI, say("user", "Look:", image, document, linked))["messages"][0]["content"]
    assert content == [
        {"type": "text", "text": "Look:"},
        {
            "type": "image_url",
            "image_url": {"url": f"data:image/png;base64,{_b64(PNG)}", "detail": "auto"},
        },
        {
            "type": "file",
            "file": {
                "filename": "a.pdf",
                "file_data": f"data:application/pdf;base64,{_b64(PDF)}",
            },
        },
        {"type": "image_url", "image_url": {"url": "https://x.test/a.png"}},
    ]
    notes = FilePart(data="Grüße".encode(), media_type="text/markdown")
    far = FilePart(url="https://x.test/a.pdf")
    sent = build(ANTHROPIC, say("user", image, document, linked, notes, far))
    pdf = {"type": "base64", "media_type": "application/pdf", "data": _b64(PDF)}
    text = {"type": "text", "media_type": "text/plain", "data": "Grüße"}
    assert sent["messages"][0]["content"] == [
        {
            "type": "image",
            "source": {"type": "base64", "media_type": "image/png", "data": _b64(PNG)},
        },
        {"type": "document", "source": pdf, "title": "a.pdf"},
        {"type": "image", "source": {"type": "url", "url": "https://x.test/a.png"}},
        {"type": "document", "source": text},
        {"type": "document", "source": {"type": "url", "url": "https://x.test/a.pdf"}},
    ]
    sent = build(OLLAMA, say("user", "Look:", image))
    assert sent["messages"] == [{"role": "user", "content": "Look:", "images": [_b64(PNG)]}]


VALUES: dict[str, Json] = {
    "temperature": 0.5,
    "top_p": 0.9,
    "top_k": 40,
    "max_tokens": 20,
    "max_completion_tokens": 20,
    "stop": ["END"],
    "seed": 7,
    "frequency_penalty": 0.1,
    "presence_penalty": 0.2,
    "reasoning_effort": "low",
    "thinking": {"type": "adaptive"},
    "logit_bias": {"50256": -100},
    "logprobs": True,
    "top_logprobs": 2,
    "user": "u-1",
}


@pytest.mark.parametrize("name", PARAMETERS)
@pytest.mark.parametrize("dialect", EVERY, ids=name_of)
def test_a_parameter_arrives_or_is_refused_by_name(dialect: Dialect, name: str) -> None:
    plain = build(dialect)
    if name in taken_by(dialect).parameters:
        assert build(dialect, parameters={name: value_for(dialect, name)}) != plain
    else:
        with pytest.raises(
            RequestImpossible, match=f"{dialect.name} cannot take `parameters.{name}`"
        ):
            build(dialect, parameters={name: value_for(dialect, name)})


USES: dict[str, dict[str, Any]] = {
    "tools": {"tools": (TOOL,)},
    "tool_choice": {
        "tools": (TOOL,),
        "tool_choice": {"type": "function", "function": {"name": "weather"}},
    },
    "parallel_tool_calls": {"parallel_tool_calls": True},
    "json_schema": {"response_format": FORMAT},
    "json_object": {"response_format": {"type": "json_object"}},
    "image_url": {"messages": (say("user", ImagePart(url="https://x.test/a")),)},
    "image_data": {"messages": (say("user", ImagePart(data=PNG)),)},
    "file_url": {"messages": (say("user", FilePart(url="https://x.test/a")),)},
    "file_data": {"messages": (say("user", FilePart(data=PDF)),)},
    "responses": {"api": "responses"},
}


@pytest.mark.parametrize("feature", FEATURES)
@pytest.mark.parametrize("dialect", EVERY, ids=name_of)
def test_a_feature_arrives_or_is_refused(dialect: Dialect, feature: str) -> None:
    if feature == "tool_choice" and dialect.name == "moonshot":
        with pytest.raises(RequestImpossible, match="one named tool as `tool_choice`"):
            build(dialect, **USES[feature])
    elif feature in taken_by(dialect).features:
        assert build(dialect, **USES[feature]) != build(dialect, api="chat")
    else:
        with pytest.raises(RequestImpossible, match=f"{dialect.name} cannot take"):
            build(dialect, **USES[feature])


def test_parameters_are_translated() -> None:
    asked: dict[str, Json] = {"temperature": 0.5, "max_tokens": 9, "stop": "END", "seed": 1}
    assert build(OLLAMA, parameters=asked)["options"] == {
        "temperature": 0.5,
        "num_predict": 9,
        "stop": ["END"],
        "seed": 1,
    }
    asked = {"max_completion_tokens": 9, "stop": ["A", "B"], "user": "u"}
    body = build(ANTHROPIC, parameters=asked)
    assert (body["max_tokens"], body["stop_sequences"]) == (9, ["A", "B"])
    assert body["metadata"] == {"user_id": "u"}
    body = build(OPENAI, parameters={"max_completion_tokens": 9, "max_tokens": 8})
    assert (body["max_completion_tokens"], body["max_tokens"]) == (9, 8)


def test_the_response_format_is_translated() -> None:
    assert build(OPENAI, response_format=FORMAT)["response_format"] == FORMAT
    schema = {**SCHEMA, "description": "d"}
    expected = {"format": {"type": "json_schema", "schema": schema}}
    assert build(ANTHROPIC, response_format=FORMAT)["output_config"] == expected
    assert build(OLLAMA, response_format=FORMAT)["format"] == SCHEMA
    assert build(OLLAMA, response_format={"type": "json_object"})["format"] == "json"
    for dialect in (ANTHROPIC, OLLAMA):
        assert build(dialect, response_format={"type": "text"}) == build(dialect)


@pytest.mark.parametrize(
    ("thinking", "sent"),
    [
        ({"type": "enabled"}, True),
        ({"type": "adaptive"}, True),
        ({"type": "disabled"}, False),
        (True, True),
        ("high", "high"),
    ],
)
def test_thinking_is_translated_for_ollama(thinking: Json, sent: Json) -> None:
    assert build(OLLAMA, parameters={"thinking": thinking})["think"] == sent


@pytest.mark.parametrize("dialect", DIALECTS, ids=name_of)
def test_extra_parameters_stand_beside_the_known_ones(dialect: Dialect) -> None:
    extra = {"service_tier": "auto"} if dialect is not OLLAMA else {"keep_alive": "5m"}
    assert build(dialect, parameters={"extra": extra}) == {**build(dialect), **extra}


REFUSED: list[tuple[Dialect, dict[str, Any], str]] = [
    *((d, {"parameters": {"extra": {"model": "x"}}}, "extra.model") for d in DIALECTS),
    *((d, {"parameters": {"extra": {"stream": False}}}, "extra.stream") for d in DIALECTS),
    *((d, {"parameters": {"extra": ["x"]}}, "`extra` of the prompt") for d in DIALECTS),
    (OPENAI, {"parameters": {"seed": 1, "extra": {"seed": 2}}}, "extra.seed"),
    (OPENAI, {"parameters": {"extra": {"n": 2}}}, "extra.n"),
    (ANTHROPIC, {"parameters": {"extra": {"max_tokens": 2}}}, "extra.max_tokens"),
    (ANTHROPIC, {"parameters": {"max_tokens": 1, "max_completion_tokens": 2}}, "same time"),
    (OLLAMA, {"parameters": {"seed": 1, "extra": {"options": {"seed": 2}}}}, "extra.options.seed"),
    (OLLAMA, {"parameters": {"extra": {"options": 5}}}, "`options` of the prompt"),
    (OLLAMA, {"parameters": {"thinking": {"type": "enabled", "budget_tokens": 9}}}, "budget"),
    (ANTHROPIC, {"messages": (say("system", "alone"),)}, "without a user message"),
    (ANTHROPIC, {"messages": (say("narrator", "x"),)}, "role `narrator`"),
    (ANTHROPIC, {"messages": (say("user", ImagePart(data=PNG, detail="high")),)}, "detail"),
    (ANTHROPIC, {"messages": (say("user", FilePart(data=b"\x00")),)}, "octet-stream"),
    (ANTHROPIC, {"messages": (say("ai", ToolCallPart("t", "f", "{")),)}, "not JSON"),
    (OLLAMA, {"messages": (say("ai", ToolCallPart("t", "f", "{")),)}, "not JSON"),
    (OPENAI, {"messages": (say("user", ToolCallPart("t", "f", "{}")),)}, "tool calls"),
    (OPENAI, {"messages": (say("tool", "text"),)}, "role `tool`"),
    (OPENAI, {"messages": (say("system", ImagePart(data=PNG)),)}, "images"),
]


@pytest.mark.parametrize(("dialect", "changes", "named"), REFUSED)
def test_what_a_format_cannot_carry_is_refused_by_name(
    dialect: Dialect, changes: dict[str, Any], named: str
) -> None:
    with pytest.raises(RequestImpossible, match=named):
        build(dialect, **changes)


def test_options_of_ollama_are_joined() -> None:
    asked = {"seed": 1, "extra": {"options": {"num_ctx": 8192}, "keep_alive": 0}}
    body = build(OLLAMA, parameters=asked)
    assert body["options"] == {"seed": 1, "num_ctx": 8192}
    assert body["keep_alive"] == 0


@pytest.mark.parametrize(
    ("dialect", "url"),
    [
        (OPENAI, "http://host/v1/chat/completions"),
        (ANTHROPIC, "http://host/v1/messages"),
        (GOOGLE, "http://host/v1beta/models/m-1:streamGenerateContent?alt=sse"),
        (AWS_BEDROCK, "http://host/model/m-1/converse-stream"),
        (OLLAMA, "http://host/api/chat"),
    ],
)
def test_the_request_goes_to_its_place_with_its_key(dialect: Dialect, url: str) -> None:
    endpoint = dialect.endpoint("http://host", headers=(("X-Team", "growth"),))
    request = exact_request(dialect.invocation(), endpoint)
    headers = dict(request.headers)
    name, value = dialect.authorization
    assert (request.method, request.url) == ("POST", url)
    assert (headers[name], headers["x-team"]) == (value, "growth")
    assert request.secret_headers == {name, "x-team"}
    assert (headers.get("anthropic-version") == "2023-06-01") == (dialect is ANTHROPIC)
    assert headers["accept-encoding"] == "identity"


def test_an_address_of_anthropic_may_end_with_the_version() -> None:
    endpoint = ANTHROPIC.endpoint("http://host/v1")
    assert exact_request(ANTHROPIC.invocation(), endpoint).url == "http://host/v1/messages"


@pytest.mark.parametrize("key", ["sk-line\nend-0123", "sk-ümlaut-0123", "sk-end-0123 ", ""])
@pytest.mark.parametrize("dialect", DIALECTS, ids=name_of)
def test_a_key_that_is_no_header_is_refused_unseen(dialect: Dialect, key: str) -> None:
    with pytest.raises(CredentialError) as raised:
        exact_request(dialect.invocation(), dialect.endpoint("http://host", key=Secret(key)))
    assert "0123" not in repr(raised.value)


def test_keys_do_not_show() -> None:
    endpoint = OPENAI.endpoint("http://host", headers=(("x-team", "hunter2-hunter2"),))
    request = exact_request(OPENAI.invocation(), endpoint)
    shown = f"{endpoint!r} {endpoint.key} {endpoint.key!r} {request!r} {request}"
    assert KEY not in shown
    assert "hunter2" not in shown


def test_a_provider_of_the_users_own_takes_what_its_format_takes() -> None:
    endpoint = Endpoint("mycorp", "openai", "http://host", "config.yaml", key_required=False)
    invocation = Invocation("p", "mycorp", "m", (say("user", "x"),), {"seed": 1})
    assert "authorization" not in dict(exact_request(invocation, endpoint).headers)
    with pytest.raises(PromptctlError, match="mycorp cannot take"):
        exact_request(replace(invocation, parameters={"top_k": 1}), endpoint)
