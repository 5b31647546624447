"""Fallbacks and answers that miss their form: who is asked, when, with which key, and what is told."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from promptctl.core.invocation import Event, Invocation, RenderedMessage, TextDelta, TextPart
from promptctl.core.prompt import Fallback, Message, Prompt, TextTemplate
from promptctl.core.render import build_invocation
from promptctl.errors import (
    KeyMissing,
    KeyRefused,
    OutputInvalid,
    PromptctlError,
    ProviderError,
    ProviderUnavailable,
    RateLimited,
    RequestImpossible,
    RequestRefused,
    StreamBroken,
)
from promptctl.operations.run import Conduct, Run, start_run
from tests.providers.dialects import ANTHROPIC, OPENAI
from tests.providers.server import Answer, Server, head, http, serving

OPENAI_KEY, ANTHROPIC_KEY = "sk-openai-0123456789", "sk-anthropic-0123456789"


def invocation(*fallbacks: Invocation, **changes: Any) -> Invocation:
    message = RenderedMessage("user", (TextPart("Hi"),))
    return replace(Invocation("p", "openai", "m-1", (message,), fallbacks=fallbacks), **changes)


TO_ANTHROPIC = invocation(provider="anthropic", model="m-2")


@dataclass
class Outcome:
    run: Run
    events: list[Event] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)
    error: PromptctlError | None = None

    @property
    def text(self) -> str:
        return "".join(event.text for event in self.events if isinstance(event, TextDelta))

    @property
    def attempts(self) -> list[tuple[str, str | None]]:
        return [(a.provider, a.error and a.error.kind) for a in self.run.answer.attempts]


def conclude(asked: Invocation, environ: Mapping[str, str], retry_invalid: int = 0) -> Outcome:
    notes: list[str] = []
    waits: list[float] = []
    conduct = Conduct(retry_invalid=retry_invalid, note=notes.append, sleep=waits.append)
    outcome = Outcome(start_run(asked, environ, conduct), [], notes, waits)
    try:
        for event in outcome.run:
            outcome.events.append(event)
    except PromptctlError as error:
        outcome.error = error
    return outcome


@pytest.fixture
def home(tmp_path: Path) -> dict[str, str]:
    return {
        "HOME": str(tmp_path),
        "OPENAI_API_KEY": OPENAI_KEY,
        "ANTHROPIC_API_KEY": ANTHROPIC_KEY,
    }


def streamed(*texts: str, reason: str = "stop") -> Answer:
    return [head(content_type="text/event-stream"), *OPENAI.stream(*texts, reason=reason)]


GOOD = [head(content_type="text/event-stream"), *ANTHROPIC.stream("Bonjour")]
UNANSWERED: dict[str, tuple[Answer, type[PromptctlError]]] = {
    "key refused": ([http(b"{}", "401 No")], KeyRefused),
    "no such model": ([http(b"{}", "404 No")], RequestRefused),
    "bad request": ([http(b"{}", "400 No")], RequestRefused),
    "rate limited": ([http(b"{}", "429 Slow", retry_after="30")], RateLimited),
    "down": ([http(b"{}", "503 Down")], ProviderUnavailable),
    "a page": ([http(b"<html>", content_type="text/html")], OutputInvalid),
    "cut before the first token": (
        [head(content_type="text/event-stream"), *OPENAI.opening()],
        StreamBroken,
    ),
    "an error in the stream": (
        [head(content_type="text/event-stream"), OPENAI.failed()],
        ProviderUnavailable,
    ),
}


@pytest.mark.parametrize(("answer", "error"), UNANSWERED.values(), ids=UNANSWERED)
def test_a_fallback_answers_where_nobody_was_heard(
    home: dict[str, str], answer: Answer, error: type[PromptctlError]
) -> None:
    with serving(answer) as down, serving(GOOD) as up:
        environ = home | {"OPENAI_BASE_URL": down.url, "ANTHROPIC_BASE_URL": up.url}
        done = conclude(invocation(TO_ANTHROPIC), environ)
    record = done.run.answer
    assert (done.error, done.text) == (None, "Bonjour")
    assert (record.provider, record.asked_model, record.fallback) == ("anthropic", "m-2", 1)
    assert done.attempts[-1] == ("anthropic", None)
    assert all(isinstance(a.error, error) for a in record.attempts[:-1])
    assert "openai m-1 " in done.notes[-1]
    assert done.notes[-1].endswith("; asking the fallback anthropic m-2 instead")
    assert max(done.waits, default=0) <= 8, "it waited long while somebody else could be asked"


def sent(server: Server) -> str:
    return "".join(f"{r.head}{r.headers}{r.body!r}" for r in server.requests)


def test_each_gets_the_key_of_its_own_origin_and_its_own_parameters(home: dict[str, str]) -> None:
    template = TextTemplate("Hi", ("template",))
    prompt = Prompt(
        "p",
        "openai",
        "m-1",
        (Message("user", (template,)),),
        parameters={"seed": 1, "extra": {"service_tier": "flex"}},
        fallbacks=(Fallback("openai", "m-9"), Fallback("anthropic", "m-2", {"top_k": 3})),
    )
    asked = build_invocation(prompt, {})
    with serving([http(b"{}", "400 No")]) as down, serving(GOOD) as up:
        environ = home | {"OPENAI_BASE_URL": down.url, "ANTHROPIC_BASE_URL": up.url}
        done = conclude(asked, environ)
        first, second = (request.body for request in down.requests)
        assert OPENAI_KEY in sent(down)
        assert ANTHROPIC_KEY not in sent(down)
        assert ANTHROPIC_KEY in sent(up)
        assert OPENAI_KEY not in sent(up)
        assert b"service_tier" in first
        assert b'"model":"m-9"' in second
        assert b"service_tier" in second
        assert b'"top_k":3' in up.requests[0].body
        assert b"seed" not in up.requests[0].body
    assert done.run.answer.fallback == 2


def test_a_key_that_is_missing_is_a_reason_too(home: dict[str, str]) -> None:
    del home["OPENAI_API_KEY"]
    with serving(GOOD) as up:
        done = conclude(invocation(TO_ANTHROPIC), home | {"ANTHROPIC_BASE_URL": up.url})
    assert done.attempts == [("openai", "key_missing"), ("anthropic", None)]


def test_after_the_first_token_nobody_else_is_asked(home: dict[str, str]) -> None:
    cut = [head(content_type="text/event-stream"), *OPENAI.opening(), OPENAI.text("Hel")]
    with serving(cut) as down, serving(GOOD) as up:
        environ = home | {"OPENAI_BASE_URL": down.url, "ANTHROPIC_BASE_URL": up.url}
        done = conclude(invocation(TO_ANTHROPIC), environ)
        assert up.requests == []
    assert isinstance(done.error, StreamBroken)
    assert (done.text, done.attempts) == ("Hel", [("openai", "stream_broken")])


def test_where_nobody_answers_the_first_error_tells_of_all(home: dict[str, str]) -> None:
    del home["ANTHROPIC_API_KEY"]
    with serving([http(b"{}", "400 No")]) as down:
        done = conclude(invocation(TO_ANTHROPIC), home | {"OPENAI_BASE_URL": down.url})
    assert type(done.error) is RequestRefused
    assert done.error.message == (
        "openai m-1 refused the request (HTTP 400); its fallback did not answer either:"
        " no key for anthropic: ANTHROPIC_API_KEY is not set"
    )
    assert done.error.hint is not None


def test_a_mistake_in_the_prompt_is_not_hidden_by_a_fallback(home: dict[str, str]) -> None:
    with serving(GOOD) as up:
        environ = home | {"ANTHROPIC_BASE_URL": up.url}
        done = conclude(invocation(TO_ANTHROPIC, parameters={"thinking": True}), environ)
        assert up.requests == []
    assert isinstance(done.error, RequestImpossible)
    impossible = replace(TO_ANTHROPIC, parameters={"seed": 1})
    echoed = invocation(provider="echo", model="echo")
    del home["OPENAI_API_KEY"]
    done = conclude(invocation(impossible, echoed), home)
    assert done.attempts == [
        *(("openai", "key_missing"), ("anthropic", "request_impossible"), ("echo", None))
    ]


def test_all_share_the_whole_time(home: dict[str, str]) -> None:
    ticks = iter(range(0, 1_000_000, 2000))
    with serving([http(b"{}", "503 Down")]) as down, serving(GOOD) as up:
        environ = home | {"OPENAI_BASE_URL": down.url, "ANTHROPIC_BASE_URL": up.url}
        run = start_run(
            invocation(TO_ANTHROPIC),
            environ,
            Conduct({"total": 3000}),
            clock=lambda: float(next(ticks)),
        )
        with pytest.raises(ProviderError):
            list(run)
        assert up.requests == []


@pytest.mark.parametrize("options", [{"provider": "openai"}, {"model": "m-3"}])
def test_who_names_a_provider_or_a_model_gets_no_other(options: dict[str, str]) -> None:
    prompt = Prompt("p", "openai", "m-1", (), fallbacks=(Fallback("echo"),))
    assert [f.provider for f in build_invocation(prompt, {}).fallbacks] == ["echo"]
    assert build_invocation(prompt, {}, **options).fallbacks == ()  # type: ignore[arg-type]
    assert build_invocation(prompt, {}, with_fallbacks=False).fallbacks == ()


# --- the form of the answer ------------------------------------------------------------------------

SCHEMA = {"type": "object", "required": ["q"], "properties": {"q": {"enum": ["a", "b"]}}}
WANTED = {"type": "json_schema", "json_schema": {"name": "x", "schema": SCHEMA}}


def asked_for_json(*fallbacks: Invocation) -> Invocation:
    return invocation(*fallbacks, response_format=WANTED)


def test_an_answer_that_fits_is_parsed(home: dict[str, str]) -> None:
    with serving(streamed('{"q":', ' "a"}')) as server:
        done = conclude(asked_for_json(), home | {"OPENAI_BASE_URL": server.url})
    assert done.error is None
    assert (done.run.answer.fits, done.run.answer.output) == (True, {"q": "a"})


def test_one_that_does_not_fit_stands_and_fails(home: dict[str, str]) -> None:
    with serving(streamed('{"q": "c"}')) as server:
        done = conclude(asked_for_json(), home | {"OPENAI_BASE_URL": server.url})
        assert len(server.requests) == 1
    assert isinstance(done.error, OutputInvalid)
    assert "at /q: " in done.error.message
    assert done.text == '{"q": "c"}'
    assert (done.run.answer.fits, done.run.answer.output) == (False, None)
    assert done.attempts == [("openai", "output_invalid")]


def test_it_is_asked_for_again_and_only_what_fits_is_given_out(home: dict[str, str]) -> None:
    with serving(streamed("no"), streamed('{"q": 1}'), streamed('{"q": "b"}')) as server:
        environ = home | {"OPENAI_BASE_URL": server.url}
        done = conclude(asked_for_json(TO_ANTHROPIC), environ, retry_invalid=2)
        assert len(server.requests) == 3
    assert (done.error, done.text) == (None, '{"q": "b"}')
    assert done.run.answer.text == '{"q": "b"}'
    assert done.attempts == [("openai", "output_invalid")] * 2 + [("openai", None)]
    assert done.notes[0].endswith("; asking again (1 of 2)")


def test_the_last_that_does_not_fit_is_given_out(home: dict[str, str]) -> None:
    with serving(streamed("no"), streamed("nor this")) as server:
        environ = home | {"OPENAI_BASE_URL": server.url}
        done = conclude(asked_for_json(), environ, retry_invalid=1)
    assert isinstance(done.error, OutputInvalid)
    assert done.text == "nor this"


def test_what_broke_off_while_it_was_held_back_is_given_out(home: dict[str, str]) -> None:
    cut = [head(content_type="text/event-stream"), *OPENAI.opening(), OPENAI.text("{")]
    with serving(cut) as server:
        environ = home | {"OPENAI_BASE_URL": server.url}
        done = conclude(asked_for_json(), environ, retry_invalid=1)
    assert isinstance(done.error, StreamBroken)
    assert done.text == "{"


@pytest.mark.parametrize(
    ("reason", "kind", "words", "hint"),
    [
        ("length", OutputInvalid, "it was cut at its token limit", "max_tokens"),
        ("content_filter", RequestRefused, "content filter", "not the whole answer"),
    ],
)
def test_what_would_come_out_the_same_is_not_asked_again(
    home: dict[str, str], reason: str, kind: type[PromptctlError], words: str, hint: str
) -> None:
    with serving(streamed('{"q"', reason=reason)) as server:
        environ = home | {"OPENAI_BASE_URL": server.url}
        done = conclude(asked_for_json(), environ, retry_invalid=2)
        assert len(server.requests) == 1
    assert type(done.error) is kind
    assert words in done.error.message
    assert hint in str(done.error.hint)


def test_an_answer_that_calls_tools_has_no_form_yet(home: dict[str, str]) -> None:
    calls = [*OPENAI.opening(), *OPENAI.call("weather", {}), *OPENAI.ending("tool_calls")]
    with serving([head(content_type="text/event-stream"), *calls]) as server:
        done = conclude(asked_for_json(), home | {"OPENAI_BASE_URL": server.url}, retry_invalid=1)
    assert done.error is None
    assert done.run.answer.fits is None


def test_the_one_who_answered_is_asked_again(home: dict[str, str]) -> None:
    other = invocation(provider="anthropic", model="m-2", response_format=WANTED)
    start: Callable[[str], Answer] = lambda text: [  # noqa: E731
        head(content_type="text/event-stream"),
        *ANTHROPIC.stream(text),
    ]
    with (
        serving([http(b"{}", "404 No")]) as down,
        serving(start("no"), start('{"q": "a"}')) as up,
    ):
        environ = home | {"OPENAI_BASE_URL": down.url, "ANTHROPIC_BASE_URL": up.url}
        done = conclude(asked_for_json(other), environ, retry_invalid=1)
        assert (len(down.requests), len(up.requests)) == (1, 2)
    assert done.run.answer.output == {"q": "a"}
    assert done.run.answer.fallback == 1


def test_a_missing_key_is_the_error_where_there_is_no_fallback(home: dict[str, str]) -> None:
    del home["OPENAI_API_KEY"]
    assert isinstance(conclude(invocation(), home).error, KeyMissing)


def test_a_fallback_is_asked_through_an_interface_that_it_has() -> None:
    """`api: responses` is a choice for who has two; Anthropic knows no such thing."""
    fallbacks = (Fallback("anthropic", "m-2"), Fallback("xai", "m-3"))
    prompt = Prompt("p", "openai", "m-1", (), fallbacks=fallbacks, api="responses")
    asked = build_invocation(prompt, {})
    assert asked.api == "responses"
    assert [one.api for one in asked.fallbacks] == ["chat", "responses"]
