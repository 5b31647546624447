from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from promptctl.core.endpoint import Endpoint
from promptctl.core.invocation import (
    Finished,
    Invocation,
    RenderedMessage,
    Started,
    TextDelta,
    TextPart,
    Usage,
)
from promptctl.core.json_data import Json
from promptctl.errors import RequestImpossible
from promptctl.providers.answer import answer, exact_request

ENDPOINT = Endpoint("echo", "echo", "", "built in", key_required=False)


def invocation(*messages: tuple[str, str], stream: bool = True, **parameters: Json) -> Invocation:
    rendered = tuple(RenderedMessage(role, (TextPart(text),)) for role, text in messages)
    return Invocation("p", "echo", "", rendered, parameters, stream=stream)


def test_it_repeats_the_last_user_message_word_by_word() -> None:
    asked = invocation(("user", "first"), ("user", " Hello,\nbig  world\n"), ("assistant", "no"))
    assert list(answer(asked, ENDPOINT)) == [
        Started("echo"),
        TextDelta(" Hello,\n"),
        TextDelta("big  "),
        TextDelta("world\n"),
        Usage(5, 3),
        Finished("stop", "stop"),
    ]


def test_it_stops_after_as_many_words_as_it_may_say() -> None:
    events = list(answer(invocation(("user", "a b c"), max_tokens=2), ENDPOINT))
    assert events[1:] == [
        TextDelta("a "),
        TextDelta("b "),
        Usage(3, 2),
        Finished("length", "length"),
    ]


@pytest.mark.parametrize(
    ("message", "text"),
    [(("system", "only this"), "only this"), (("user", ""), ""), (("user", " \n"), " \n")],
)
def test_a_whole_answer_is_one_text(message: tuple[str, str], text: str) -> None:
    events = list(answer(invocation(message, stream=False), ENDPOINT))
    assert [e for e in events if isinstance(e, TextDelta)] == ([TextDelta(text)] if text else [])
    assert events[-1] == Finished("stop", "stop")


def test_text_that_is_no_unicode_is_refused() -> None:
    with pytest.raises(RequestImpossible, match="surrogate"):
        list(answer(invocation(("user", "\udc80")), ENDPOINT))


def test_the_request_holds_all_that_a_prompt_asks_for() -> None:
    parameters: dict[str, Json] = {"temperature": 0.2, "stop": ["x"], "extra": {"num_ctx": 9}}
    asked = replace(
        invocation(("user", "a")),
        parameters={**parameters, "max_completion_tokens": 3},
        tools=({"type": "function", "function": {"name": "f"}},),
        tool_choice="auto",
        response_format={"type": "json_object"},
    )
    body = exact_request(asked, ENDPOINT).body
    assert isinstance(body, Mapping)
    assert body == {
        "model": "echo",
        "messages": [{"role": "user", "content": "a"}],
        **parameters,
        "max_completion_tokens": 3,
        "tools": [{"type": "function", "function": {"name": "f"}}],
        "tool_choice": "auto",
        "response_format": {"type": "json_object"},
        "stream": True,
    }


@pytest.mark.parametrize("limit", ["max_tokens", "max_completion_tokens"])
def test_either_limit_cuts(limit: str) -> None:
    asked = replace(invocation(("user", "a b")), parameters={limit: 1})
    events = list(answer(asked, ENDPOINT))
    assert events[-1] == Finished("length", "length")
