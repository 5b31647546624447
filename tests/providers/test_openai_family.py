"""What is peculiar to the dialects of OpenAI's format, to Azure's addresses and to the Responses API."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from promptctl.core.catalog import PROVIDERS
from promptctl.core.invocation import (
    FilePart,
    Finished,
    ImagePart,
    ReasoningDelta,
    Started,
    TextDelta,
    ToolCallDelta,
    ToolCallPart,
    ToolResultPart,
    Usage,
)
from promptctl.core.json_data import Json
from promptctl.credentials import require_key, resolve_endpoint
from promptctl.errors import (
    KeyMissing,
    ProviderUnavailable,
    RateLimited,
    RequestImpossible,
    RequestRefused,
    StreamBroken,
    UsageProblem,
)
from promptctl.providers import Failure
from promptctl.providers.answer import exact_request
from promptctl.providers.openai import parse_error
from promptctl.providers.openai_dialects import DIALECTS
from tests.providers.dialects import AZURE, COMPATIBLE, MISTRAL, OPENAI, RESPONSES, Dialect, OpenAI
from tests.providers.server import serving
from tests.providers.test_contract import ask, body, expected
from tests.providers.test_decoders import decode, sse
from tests.providers.test_requests import CONVERSATION, FORMAT, PDF, PNG, TOOL, build, say

PERPLEXITY, DEEPSEEK, TOGETHER = OpenAI("perplexity"), OpenAI("deepseek"), OpenAI("together")


def test_every_provider_of_the_format_has_a_dialect() -> None:
    spoken = {"openai", "azure_openai"}
    assert set(DIALECTS) == {n for n, facts in PROVIDERS.items() if facts.wire in spoken}


# --- addresses and keys ------------------------------------------------------------------------------

HOME = {"HOME": "/nowhere"}


@pytest.mark.parametrize(
    ("provider", "environ", "url"),
    [
        ("groq", {}, "https://api.groq.com/openai/v1/chat/completions"),
        (
            "groq",
            {"GROQ_BASE_URL": "https://gate.test"},
            "https://gate.test/openai/v1/chat/completions",
        ),
        ("groq", {"GROQ_BASE_URL": "https://gate.test/x/"}, "https://gate.test/x/chat/completions"),
        ("deepseek", {}, "https://api.deepseek.com/chat/completions"),
        ("fireworks", {}, "https://api.fireworks.ai/inference/v1/chat/completions"),
        ("openrouter", {}, "https://openrouter.ai/api/v1/chat/completions"),
        (
            "azure_openai",
            {"AZURE_OPENAI_ENDPOINT": "https://n.openai.azure.com/"},
            "https://n.openai.azure.com/openai/v1/chat/completions",
        ),
        (
            "azure_openai",
            {
                "AZURE_OPENAI_ENDPOINT": "https://n.openai.azure.com",
                "AZURE_OPENAI_API_VERSION": "2024-10-21",
            },
            "https://n.openai.azure.com/openai/deployments/m%2F1%20%3F/chat/completions"
            "?api-version=2024-10-21",
        ),
        (
            "azure_openai",
            {
                "AZURE_OPENAI_ENDPOINT": "https://n.openai.azure.com/openai",
                "OPENAI_API_VERSION": "2024-10-21&x=y",
            },
            "https://n.openai.azure.com/openai/deployments/m%2F1%20%3F/chat/completions"
            "?api-version=2024-10-21%26x%3Dy",
        ),
        (
            "azure_openai",
            {
                "AZURE_OPENAI_ENDPOINT": "https://n.openai.azure.com/openai/v1",
                "AZURE_OPENAI_API_VERSION": "preview",
            },
            "https://n.openai.azure.com/openai/v1/chat/completions?api-version=preview",
        ),
    ],
)
def test_a_request_goes_to_the_address_of_its_provider(
    provider: str, environ: Mapping[str, str], url: str
) -> None:
    key = PROVIDERS[provider].key_variable
    assert key is not None
    endpoint = resolve_endpoint(provider, {**HOME, key: "sk-0123456789", **environ})
    asked = replace(OPENAI.invocation(), provider=provider, model="m/1 ?")
    request = exact_request(asked, endpoint)
    assert request.url == url
    headers = dict(request.headers)
    azure = provider == "azure_openai"
    assert headers.get("api-key") == ("sk-0123456789" if azure else None)
    assert headers.get("authorization") == (None if azure else "Bearer sk-0123456789")
    assert request.secret_headers == {"api-key" if azure else "authorization"}


@pytest.mark.parametrize(
    ("version", "url"),
    [
        (None, "http://host/openai/v1/responses"),
        ("2025-04-01-preview", "http://host/openai/responses?api-version=2025-04-01-preview"),
    ],
)
def test_azure_has_responses_at_no_deployment(version: str | None, url: str) -> None:
    base = "http://host" if version else "http://host/openai/v1"
    endpoint = AZURE.endpoint("", base_url=base, api_version=version)
    request = exact_request(replace(RESPONSES.invocation(), provider="azure_openai"), endpoint)
    assert request.url == url
    assert dict(request.headers)["api-key"]


def test_azure_without_an_address_or_a_key_says_which_variable() -> None:
    with pytest.raises(UsageProblem, match="AZURE_OPENAI_ENDPOINT is not set"):
        resolve_endpoint("azure_openai", HOME)
    endpoint = resolve_endpoint(
        "azure_openai", {**HOME, "AZURE_OPENAI_ENDPOINT": "https://n.openai.azure.com"}
    )
    with pytest.raises(KeyMissing, match="AZURE_OPENAI_API_KEY is not set"):
        require_key(endpoint)


def test_a_second_azure_has_a_name_of_its_own(tmp_path: Path) -> None:
    file = tmp_path / "promptctl/config.yaml"
    file.parent.mkdir()
    file.write_text(
        "endpoints:\n  azure-eu:\n    base_url: https://eu.openai.azure.com\n"
        "    api: azure_openai\n    api_version: '2024-10-21'\n    key_variable: EU_KEY\n"
    )
    environ = {"XDG_CONFIG_HOME": str(tmp_path), "EU_KEY": "sk-0123456789"}
    endpoint = resolve_endpoint("azure-eu", environ)
    asked = replace(OPENAI.invocation(), provider="azure-eu", model="chat")
    request = exact_request(asked, endpoint)
    assert request.url == (
        "https://eu.openai.azure.com/openai/deployments/chat/chat/completions?api-version=2024-10-21"
    )
    assert dict(request.headers)["api-key"] == "sk-0123456789"


# --- chat completions --------------------------------------------------------------------------------


def test_each_dialect_has_its_own_names() -> None:
    sent = build(MISTRAL, parameters={"seed": 7, "max_completion_tokens": 9})
    assert (sent["random_seed"], sent["max_tokens"]) == (7, 9)
    assert "stream_options" not in sent
    moonshot = build(OpenAI("moonshot"), parameters={"max_tokens": 9})
    assert moonshot["max_completion_tokens"] == 9
    assert build(TOGETHER, parameters={"stop": "END"})["stop"] == ["END"]
    assert "stream_options" in build(DEEPSEEK)
    with pytest.raises(RequestImpossible, match="same time"):
        build(MISTRAL, parameters={"max_tokens": 1, "max_completion_tokens": 2})


def test_instructions_of_the_developer_are_the_systems_where_that_role_is_unknown() -> None:
    messages = (say("developer", "Be kind."), say("user", "Hello?"))
    for dialect in (OPENAI, AZURE, OpenAI("openrouter")):
        assert build(dialect, *messages)["messages"][0]["role"] == "developer"
    for dialect in (DEEPSEEK, MISTRAL, OpenAI("xai")):
        assert build(dialect, *messages)["messages"][0]["role"] == "system"


def test_turns_in_a_row_are_joined_where_they_must_alternate() -> None:
    messages = (say("user", "a"), say("user", "b"), say("ai", "c"), say("user", "d"))
    assert [m["role"] for m in build(PERPLEXITY, *messages)["messages"]] == [
        *("user", "assistant", "user")
    ]
    assert len(build(OPENAI, *messages)["messages"]) == 4


def test_documents_stand_as_each_reads_them() -> None:
    file, link = FilePart(data=PDF, name="a.pdf"), FilePart(url="https://x.test/a.pdf")
    parts = build(MISTRAL, say("user", file, link))["messages"][0]["content"]
    assert parts[0]["document_url"].startswith("data:application/pdf;base64,")
    assert parts[0]["document_name"] == "a.pdf"
    assert parts[1] == {"type": "document_url", "document_url": "https://x.test/a.pdf"}
    parts = build(PERPLEXITY, say("user", file, link))["messages"][0]["content"]
    assert not parts[0]["file_url"]["url"].startswith("data:")
    assert parts[1] == {"type": "file_url", "file_url": {"url": "https://x.test/a.pdf"}}
    parts = build(OpenAI("openrouter"), say("user", link, "x"))["messages"][0]["content"]
    assert parts[0]["file"]["file_data"] == "https://x.test/a.pdf"


@pytest.mark.parametrize(
    ("dialect", "changes", "named"),
    [
        (PERPLEXITY, {"tools": (TOOL,)}, "perplexity cannot take `tools`"),
        (DEEPSEEK, {"response_format": FORMAT}, "deepseek cannot take `response_format`"),
        (TOGETHER, {"messages": (say("user", ImagePart(data=PNG, detail="low")),)}, "detail"),
        (OpenAI("moonshot"), {"tools": (TOOL,), "tool_choice": "required"}, "`required`"),
        (DEEPSEEK, {"parameters": {"thinking": {"type": "adaptive"}}}, "`adaptive`"),
        (
            DEEPSEEK,
            {"parameters": {"thinking": {"type": "enabled", "budget_tokens": 9}}},
            "budget_tokens",
        ),
        (OpenAI("groq"), {"api": "responses"}, "groq cannot take `api: responses`"),
    ],
)
def test_what_a_dialect_cannot_carry_is_refused_by_name(
    dialect: Dialect, changes: dict[str, Any], named: str
) -> None:
    with pytest.raises(RequestImpossible, match=named):
        build(dialect, **changes)


@pytest.mark.parametrize("dialect", COMPATIBLE, ids=lambda dialect: dialect.name)
def test_streams_of_the_compatible_are_taken_and_their_breaks_noticed(dialect: Dialect) -> None:
    whole, cut = dialect.stream("Grüße, ", "日本 🙂"), [*dialect.opening(), dialect.text("a")]
    with serving(body(dialect, whole), body(dialect, cut)) as server:
        assert ask(dialect, server).events == expected(dialect, "Grüße, ", "日本 🙂")
        assert server.requests[0].headers["authorization"] == dialect.authorization[1]
        broken = ask(dialect, server)
    assert (type(broken.error), broken.text) == (StreamBroken, "a")
    with serving(body(dialect, [*cut, dialect.failed()])) as server:
        failed = ask(dialect, server)
    assert (type(failed.error), failed.text) == (ProviderUnavailable, "a")


def _chunk(delta: object, reason: str | None = None, **more: object) -> dict[str, object]:
    choice = {"index": 0, "delta": delta, "finish_reason": reason}
    return {"id": "c", "model": "m", "choices": [choice], **more}


def test_thoughts_in_a_list_are_no_text() -> None:
    thought = {"type": "thinking", "thinking": [{"type": "text", "text": "2+2"}]}
    stream = sse(
        _chunk({"content": [thought, {"type": "text", "text": "4"}]}),
        _chunk({"content": "!"}, "stop"),
    )
    seen = decode(MISTRAL, stream)
    assert seen == [
        *(Started("m", "c"), ReasoningDelta("2+2"), TextDelta("4"), TextDelta("!")),
        Finished("stop", "stop"),
    ]


@pytest.mark.parametrize("reason", ["error", "insufficient_system_resource"])
def test_an_answer_that_the_provider_gave_up_is_no_answer(reason: str) -> None:
    with serving(
        body(
            DEEPSEEK,
            [OPENAI.text("a"), b"data: " + json.dumps(_chunk({}, reason)).encode() + b"\n\n"],
        )
    ) as server:
        outcome = ask(DEEPSEEK, server)
    assert isinstance(outcome.error, ProviderUnavailable)
    assert reason in outcome.error.message
    assert outcome.text == "a"


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        ({"prompt_cache_hit_tokens": 3}, Usage(5, 2, 3, None)),
        ({"cached_tokens": 4}, Usage(5, 2, 4, None)),
        ({"reasoning_tokens": 6}, Usage(5, 2, None, 6)),
        ({"prompt_tokens_details": {"cached_tokens": 1}, "cached_tokens": 4}, Usage(5, 2, 1, None)),
    ],
)
def test_usage_is_read_under_its_other_names(usage: dict[str, Json], expected: Usage) -> None:
    counts = {"prompt_tokens": 5, "completion_tokens": 2, **usage}
    assert expected in decode(DEEPSEEK, sse(_chunk({"content": "a"}, "stop", usage=counts)))
    inside = _chunk({"content": "a"}, "stop")
    inside["choices"][0]["usage"] = counts  # type: ignore[index]
    assert expected in decode(DEEPSEEK, sse(inside))


def test_azures_content_filter_and_missing_deployment_say_what_to_do() -> None:
    endpoint = AZURE.endpoint("http://host")
    filtered = b'{"error": {"code": "content_filter", "message": "no", "status": 400}}'
    error = parse_error(Failure(400, {}, filtered), AZURE.invocation(), endpoint)
    assert isinstance(error, RequestRefused)
    assert "refused the prompt by its content filter" in error.message
    gone = b'{"error": {"code": "DeploymentNotFound", "message": "no such deployment"}}'
    error = parse_error(Failure(404, {}, gone), AZURE.invocation(), endpoint)
    assert error.hint is not None
    assert "deployment" in error.hint


# --- responses ---------------------------------------------------------------------------------------


def test_a_conversation_becomes_items() -> None:
    sent = build(
        RESPONSES,
        *CONVERSATION,
        tools=(TOOL,),
        tool_choice={"type": "function", "function": {"name": "weather"}},
        parallel_tool_calls=False,
        parameters={
            "max_tokens": 9,
            "reasoning_effort": "low",
            "extra": {"reasoning": {"summary": "auto"}},
        },
        response_format=FORMAT,
    )
    function: Any = TOOL["function"]
    schema: Any = FORMAT["json_schema"]
    assert sent == {
        "model": "m-1",
        "instructions": "Be brief.",
        "input": [
            {"type": "message", "role": "user", "content": "Weather?"},
            {"type": "message", "role": "assistant", "content": "I look."},
            {
                "type": "function_call",
                "call_id": "t-1",
                "name": "weather",
                "arguments": '{"city":"Zürich"}',
            },
            {"type": "function_call_output", "call_id": "t-1", "output": '{"sky":"blue"}'},
            {"type": "message", "role": "user", "content": "And now?"},
        ],
        "max_output_tokens": 9,
        "tools": [{"type": "function", **function}],
        "tool_choice": {"type": "function", "name": "weather"},
        "parallel_tool_calls": False,
        "reasoning": {"effort": "low", "summary": "auto"},
        "text": {"format": {"type": "json_schema", **schema}},
        "store": False,
        "stream": True,
    }


def test_instructions_stay_messages_where_there_are_two_or_the_provider_wants_them_there() -> None:
    two = (say("system", "a"), say("developer", "b"), say("user", "c"))
    sent = build(RESPONSES, *two)
    assert "instructions" not in sent
    assert [item["role"] for item in sent["input"]] == ["system", "developer", "user"]
    xai = build(OpenAI("xai"), *two[1:], api="responses", provider="xai")
    assert ("instructions" in xai, xai["input"][0]["role"]) == (False, "developer")
    assert build(RESPONSES, say("system", "alone"))["input"][0]["content"] == "alone"


def test_a_tool_is_strict_only_where_the_prompt_says_so() -> None:
    bare = {"type": "function", "function": {"name": "now"}}
    assert build(RESPONSES, tools=(bare,))["tools"] == [
        {"type": "function", "name": "now", "parameters": None, "strict": False}
    ]


def test_media_of_a_response() -> None:
    parts = (
        ImagePart(data=PNG),
        FilePart(data=PDF, name="a.pdf"),
        FilePart(url="https://x.test/a"),
    )
    content = build(RESPONSES, say("user", "Look:", *parts))["input"][0]["content"]
    assert [part["type"] for part in content] == [
        *("input_text", "input_image", "input_file", "input_file")
    ]
    assert content[1]["detail"] == "auto"
    assert content[3] == {"type": "input_file", "file_url": "https://x.test/a"}


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"parameters": {"seed": 1}}, "`parameters.seed` with `api: responses`"),
        ({"parameters": {"extra": {"background": True}}}, "background"),
        ({"parameters": {"extra": {"store": True}}}, "extra.store"),
        (
            {"parameters": {"reasoning_effort": "low", "extra": {"reasoning": {"effort": "high"}}}},
            "extra.reasoning.effort",
        ),
        ({"messages": (say("tool", "text"),)}, "role `tool`"),
        ({"messages": (say("user", ToolCallPart("t", "f", "{}")),)}, "tool calls"),
        ({"messages": (say("ai", ImagePart(data=PNG)),)}, "images"),
        ({"messages": (say("tool", ToolResultPart("t", 1), "x"),)}, "role `tool`"),
    ],
)
def test_what_a_response_cannot_carry_is_refused_by_name(
    changes: dict[str, Any], named: str
) -> None:
    with pytest.raises(RequestImpossible, match=named):
        build(RESPONSES, **changes)


def _event(kind: str, **more: object) -> dict[str, object]:
    return {"type": f"response.{kind}", **more}


def _response(status: str = "completed", **more: object) -> dict[str, object]:
    return {"id": "c", "model": "m", "status": status, "output": [], **more}


def test_thoughts_refusals_and_details_of_usage_are_told() -> None:
    usage = {
        "input_tokens": 5,
        "input_tokens_details": {"cached_tokens": 4},
        "output_tokens": 2,
        "output_tokens_details": {"reasoning_tokens": 1},
    }
    seen = decode(
        RESPONSES,
        sse(
            _event("created", response=_response("in_progress")),
            _event("reasoning_summary_text.delta", delta="one"),
            _event("reasoning_summary_part.added", summary_index=1),
            _event("reasoning_text.delta", delta="two"),
            _event("refusal.delta", delta="No."),
            _event("completed", response=_response(usage=usage)),
        ),
    )
    assert seen == [
        Started("m", "c"),
        *(ReasoningDelta("one"), ReasoningDelta("\n\n"), ReasoningDelta("two")),
        TextDelta("No."),
        Usage(5, 2, 4, 1),
        Finished("content_filter", "completed"),
    ]


def test_what_came_in_no_pieces_is_taken_from_the_end() -> None:
    output = [
        {"type": "reasoning", "summary": [{"type": "summary_text", "text": "hm"}]},
        {"type": "message", "content": [{"type": "output_text", "text": "a"}]},
        {"type": "function_call", "call_id": "t", "name": "f", "arguments": "{}"},
    ]
    seen = decode(RESPONSES, sse(_event("completed", response=_response(output=output))))
    assert seen == [
        Started("m", "c"),
        ReasoningDelta("hm"),
        TextDelta("a"),
        ToolCallDelta(0, "t", "f", "{}"),
        Finished("tool_calls", "completed"),
    ]


def test_arguments_that_come_only_at_the_end_are_not_lost() -> None:
    item = {"type": "function_call", "call_id": "t", "name": "f", "arguments": ""}
    seen = decode(
        RESPONSES,
        sse(
            _event("output_item.added", output_index=3, item=item),
            _event("function_call_arguments.done", output_index=3, arguments='{"a":1}'),
            _event("completed", response=_response()),
        ),
    )
    assert ToolCallDelta(0, arguments='{"a":1}') in seen
    assert seen[-1] == Finished("tool_calls", "completed")


@pytest.mark.parametrize(
    ("response", "error"),
    [
        (_response("failed", error={"code": "rate_limit_exceeded", "message": "x"}), RateLimited),
        (_response("failed", error={"code": "server_error", "message": "x"}), ProviderUnavailable),
        (_response("failed", error={"code": "invalid_prompt", "message": "x"}), RequestRefused),
        (_response("failed", error={"code": "image_too_large", "message": "x"}), RequestRefused),
        (_response("failed"), StreamBroken),
        (_response("cancelled"), StreamBroken),
        (_response("queued"), StreamBroken),
    ],
)
@pytest.mark.parametrize("stream", [True, False])
def test_a_response_that_did_not_end_well_is_an_error(
    response: dict[str, object], error: type[Exception], stream: bool
) -> None:
    event = sse(_event("failed", response=response)) if stream else json.dumps(response).encode()
    (*_, last) = decode(RESPONSES, event, stream=stream)
    assert str(last).startswith(error.__name__)


def test_an_end_mark_alone_completes_no_response() -> None:
    pieces = [*RESPONSES.opening(), RESPONSES.text("a"), b"data: [DONE]\n\n"]
    with serving(body(RESPONSES, pieces)) as server:
        outcome = ask(RESPONSES, server)
    assert type(outcome.error) is StreamBroken
    assert outcome.text == "a"
