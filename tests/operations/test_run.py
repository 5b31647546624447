"""Planning and running invocations, without a command line around it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from promptctl.core.invocation import Finished, Invocation, RenderedMessage, TextDelta, TextPart
from promptctl.core.prompt import Message, Prompt, TextTemplate
from promptctl.errors import KeyMissing, ModelMissing, StreamBroken, TooSlow, UsageProblem
from promptctl.operations.run import (
    LOCAL_MODEL,
    Conduct,
    RunOptions,
    plan_invocation,
    plan_request,
    start_run,
)
from promptctl.providers.embedded import runtime_installed
from tests.providers.dialects import OpenAI
from tests.providers.server import HOLD, head, serving

OPENAI = OpenAI("openai")
KEY = "sk-abc-0123456789-THE-KEY"


def prompt(provider: str, model: str | None = "m-1") -> Prompt:
    message = Message("user", (TextTemplate("Hi", ("messages", 0, "content")),))
    return Prompt("greeting", provider, model, (message,), parameters={"seed": 1})


def invocation(provider: str) -> Invocation:
    message = RenderedMessage("user", (TextPart("Say three words"),))
    return Invocation("greeting", provider, "m-1", (message,))


@pytest.mark.parametrize(
    ("own", "options", "expected"),
    [
        ("openai", RunOptions(), ("openai", "m-1")),
        ("openai", RunOptions(model="m-2"), ("openai", "m-2")),
        ("openai", RunOptions(provider="openai"), ("openai", "m-1")),
        ("openai", RunOptions(provider="anthropic", model="m-2"), ("anthropic", "m-2")),
        ("openai", RunOptions(provider="local"), ("local", LOCAL_MODEL)),
        ("openai", RunOptions(provider="local", model="m-2"), ("local", "m-2")),
        ("openai", RunOptions(provider="my-gateway"), ("my-gateway", "m-1")),
    ],
)
def test_provider_and_model(own: str, options: RunOptions, expected: tuple[str, str]) -> None:
    planned = plan_invocation(prompt(own), {}, options)
    assert (planned.provider, planned.model) == expected


def test_a_prompt_without_messages_is_not_sent() -> None:
    with pytest.raises(UsageProblem, match="greeting has no messages to send") as caught:
        start_run(Invocation("greeting", "echo", "echo", ()), {})
    assert caught.value.hint == "add one: promptctl edit greeting"


def test_another_provider_needs_a_model_of_its_own() -> None:
    with pytest.raises(UsageProblem, match="m-1 is a model of openai") as caught:
        plan_invocation(prompt("openai"), {}, RunOptions(provider="anthropic"))
    assert caught.value.hint == "--provider anthropic --model NAME"


def test_parameters_and_streaming_are_overridden() -> None:
    options = RunOptions(parameters={"seed": None, "temperature": 0}, stream=False)
    planned = plan_invocation(prompt("openai"), {}, options)
    assert planned.parameters == {"temperature": 0}
    assert planned.stream is False


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return {"HOME": str(tmp_path)}


def test_an_answer_is_added_up_with_its_times(environ: dict[str, str]) -> None:
    ticks: Iterator[int] = iter(range(100))
    run = start_run(invocation("echo"), environ, clock=lambda: float(next(ticks)))
    assert run.answer.text == ""
    events = list(run)
    texts = [event.text for event in events if isinstance(event, TextDelta)]
    assert "".join(texts) == run.answer.text == "Say three words"
    assert run.answer.finished == events[-1]
    assert isinstance(events[-1], Finished)
    assert run.answer.seconds_to_first is not None
    assert 0 < run.answer.seconds_to_first < run.answer.seconds


def test_nothing_is_sent_before_the_first_event_is_asked_for(environ: dict[str, str]) -> None:
    with serving([head(content_type="text/event-stream"), *OPENAI.stream("Hi")]) as server:
        run = start_run(invocation("openai"), environ | {"OPENAI_BASE_URL": server.url})
        run.close()
        assert server.requests == []


def test_closing_a_run_closes_its_connection(environ: dict[str, str]) -> None:
    opening = [*OPENAI.opening(), OPENAI.text("Hi")]
    with serving([head(content_type="text/event-stream"), *opening, HOLD]) as server:
        run = start_run(invocation("openai"), environ | {"OPENAI_BASE_URL": server.url})
        for event in run:
            if isinstance(event, TextDelta):
                break
        run.close()
        assert server.closed.wait(10)
    assert run.answer.text == "Hi"
    assert run.answer.finished is None


def test_what_came_of_a_broken_answer_is_kept(environ: dict[str, str]) -> None:
    opening = [*OPENAI.opening(), OPENAI.text("Hi")]
    with serving([head(content_type="text/event-stream"), *opening]) as server:
        run = start_run(invocation("openai"), environ | {"OPENAI_BASE_URL": server.url})
        with pytest.raises(StreamBroken):
            list(run)
    assert run.answer.text == "Hi"
    assert run.answer.seconds > 0


def test_the_whole_time_is_limited(environ: dict[str, str]) -> None:
    opening = [*OPENAI.opening(), OPENAI.text("Hi")]
    with serving([head(content_type="text/event-stream"), *opening, HOLD]) as server:
        given = environ | {"OPENAI_BASE_URL": server.url}
        run = start_run(invocation("openai"), given, Conduct({"total": 0.2}))
        with pytest.raises(TooSlow):
            list(run)


def test_the_users_own_limits_hold(environ: dict[str, str], tmp_path: Path) -> None:
    config = tmp_path / ".config/promptctl/config.yaml"
    config.parent.mkdir(parents=True)
    config.write_text("timeouts: {idle: 0.2}\n")
    opening = [*OPENAI.opening(), OPENAI.text("Hi")]
    with serving([head(content_type="text/event-stream"), *opening, HOLD]) as server:
        run = start_run(invocation("openai"), environ | {"OPENAI_BASE_URL": server.url})
        with pytest.raises(TooSlow):
            list(run)


def test_a_missing_key_is_told_before_anything_is_sent(environ: dict[str, str]) -> None:
    with pytest.raises(KeyMissing, match="OPENAI_API_KEY is not set"):
        list(start_run(invocation("openai"), environ))


@pytest.mark.skipif(not runtime_installed(), reason="the extra `local` is not installed")
def test_missing_weights_are_told(environ: dict[str, str]) -> None:
    with pytest.raises(ModelMissing) as caught:
        list(start_run(invocation("local"), environ))
    assert caught.value.hint == "promptctl model install"


@pytest.mark.parametrize("has_key", [True, False])
def test_a_shown_request_never_holds_the_key(environ: dict[str, str], has_key: bool) -> None:
    given = environ | ({"OPENAI_API_KEY": KEY} if has_key else {})
    request = plan_request(invocation("openai"), given)
    assert dict(request.headers)["authorization"] == "Bearer $OPENAI_API_KEY"
    assert KEY not in repr(request)


def test_a_server_that_wants_no_key_is_shown_without_one(environ: dict[str, str]) -> None:
    request = plan_request(invocation("openai"), environ | {"OPENAI_BASE_URL": "http://[::1]:1/v1"})
    assert "authorization" not in dict(request.headers)
    assert request.url == "http://[::1]:1/v1/chat/completions"
