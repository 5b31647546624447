"""OpenAI's two interfaces at a server that others wrote: llama.cpp's own, with the embedded model."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from promptctl.core.endpoint import Endpoint, Secret
from promptctl.core.invocation import (
    Api,
    Event,
    Finished,
    Invocation,
    RenderedMessage,
    Started,
    TextDelta,
    TextPart,
    Usage,
)
from promptctl.errors import KeyRefused, RequestRefused
from promptctl.providers.answer import answer
from promptctl.providers.embedded import embedded_endpoint, runtime_installed

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not runtime_installed(), reason="the extra `local` is not installed"),
]
APIS: tuple[Api, ...] = ("chat", "responses")


@pytest.fixture
def endpoint(model_weights: Path) -> Iterator[Endpoint]:
    with embedded_endpoint(model_weights) as started:
        yield replace(started, provider="openai")


def ask(endpoint: Endpoint, api: Api, *texts: str, **changes: Any) -> list[Event]:
    roles = ("system", "user", "assistant", "user")
    messages = tuple(
        RenderedMessage(role, (TextPart(text),)) for role, text in zip(roles, texts, strict=False)
    )
    parameters = {"max_tokens": 24, "temperature": 0, **changes.pop("parameters", {})}
    asked = Invocation("p", "openai", "smollm2", messages, parameters, api=api)
    return list(answer(replace(asked, **changes), endpoint))


def text_of(events: list[Event]) -> str:
    return "".join(event.text for event in events if isinstance(event, TextDelta))


@pytest.mark.parametrize("api", APIS)
def test_a_stream_is_complete_counted_and_the_same_as_the_whole(
    endpoint: Endpoint, api: Api
) -> None:
    said = ("You are a helpful assistant.", "What is the capital of France?")
    streamed, whole = (ask(endpoint, api, *said, stream=stream) for stream in (True, False))
    assert isinstance(streamed[0], Started)
    assert isinstance(streamed[-1], Finished)
    assert text_of(streamed).strip() == text_of(whole).strip() != ""
    assert len([event for event in streamed if isinstance(event, TextDelta)]) > 1
    usage = next(event for event in streamed if isinstance(event, Usage))
    assert (usage.input_tokens or 0) > 10
    assert 0 < (usage.output_tokens or 0) <= 24


@pytest.mark.parametrize("api", APIS)
def test_a_longer_conversation_and_a_schema_are_taken(endpoint: Endpoint, api: Api) -> None:
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
    events = ask(
        endpoint,
        api,
        *("Answer in JSON.", "Give me a number.", '{"n": 1}', "Another one."),
        response_format={"type": "json_schema", "json_schema": {"name": "n", "schema": schema}},
    )
    assert text_of(events).lstrip().startswith("{")


@pytest.mark.parametrize("api", APIS)
def test_a_wrong_key_and_a_prompt_beyond_the_context_are_named(
    endpoint: Endpoint, api: Api
) -> None:
    with pytest.raises(KeyRefused):
        ask(replace(endpoint, key=Secret("sk-wrong-0123456789")), api, "Be brief.", "Hello?")
    with pytest.raises(RequestRefused, match="prompt too long"):
        ask(endpoint, api, "Be brief.", "word " * 20_000)
