"""Running a prompt: an invocation, the place that answers it, and the events as they arrive."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import field, replace

from promptctl.core.answer import Answer
from promptctl.core.catalog import PROVIDERS
from promptctl.core.fast_dataclass import dataclass
from promptctl.core.invocation import Event, Invocation
from promptctl.core.json_data import Json
from promptctl.core.prompt import Prompt
from promptctl.core.render import build_invocation
from promptctl.credentials import read_user_config
from promptctl.errors import UsageProblem
from promptctl.operations.attempts import Course, fitting_events
from promptctl.operations.endpoints import LOCAL, shown_endpoint
from promptctl.operations.time_limits import MAX_SECONDS, limits_in_force
from promptctl.providers import Request
from promptctl.providers.answer import exact_request

LOCAL_MODEL = "smollm2-135m-instruct"


def unheard(_: str) -> None:
    """Nobody wants to know."""


@dataclass(frozen=True, slots=True)
class RunOptions:
    """What a run changes about its prompt's own settings."""

    provider: str | None = None
    model: str | None = None
    parameters: Mapping[str, Json] = field(default_factory=dict)
    stream: bool = True
    fallbacks: bool = True


@dataclass(frozen=True, slots=True)
class Conduct:
    """How long a run may take, how often it asks again, and who hears of it."""

    timeouts: Mapping[str, float] = field(default_factory=dict)
    """Seconds by the names of `time_limits.NAMES`, before those of the environment and the user."""
    retry_invalid: int = 0
    """How often an answer is asked for again that has not the form of `response_format`."""
    note: Callable[[str], None] = unheard
    """Told of each failure that is not the end, and what follows."""
    sleep: Callable[[float], None] = time.sleep


@dataclass(frozen=True, slots=True)
class Run:
    """A run under way: iterate over its events; `answer` adds them up. Closing it ends it at once."""

    answer: Answer
    events: Generator[Event, None, None]

    def __iter__(self) -> Iterator[Event]:
        return self.events

    def close(self) -> None:
        """Close the connection, and stop the embedded model if it is the one that answers."""
        self.events.close()


def plan_invocation(
    prompt: Prompt, values: Mapping[str, Json], options: RunOptions | None = None
) -> Invocation:
    """The invocation that a run would send. Raises UsageProblem for options that do not fit."""
    options = options or RunOptions()
    provider = options.provider or prompt.provider
    return build_invocation(
        prompt,
        values,
        provider=options.provider,
        model=_model(prompt, provider, options),
        parameters=options.parameters or None,
        stream=options.stream,
        with_fallbacks=options.fallbacks,
    )


def start_run(
    invocation: Invocation,
    environ: Mapping[str, str],
    conduct: Conduct | None = None,
    *,
    clock: Callable[[], float] = time.monotonic,
) -> Run:
    """The run of an invocation; nothing is sent before its first event is asked for.

    Raises UsageProblem if there are no messages. Where a provider does not answer, the fallbacks have
    their turn until the first token. Errors come out of the iteration, with `answer` holding what came
    before: ProviderError, CredentialError; OutputInvalid after an answer that misses its form.
    """
    conduct = conduct or Conduct()
    for seconds in conduct.timeouts.values():
        if not 0 < seconds <= MAX_SECONDS:
            raise UsageProblem(f"a run cannot take {seconds:g} s at most", "--timeout 30")
    if conduct.retry_invalid < 0:
        raise UsageProblem("an answer cannot be asked for less than once", "--retry-invalid 2")
    if not invocation.messages:
        hint = f"add one: promptctl edit {invocation.prompt}"
        raise UsageProblem(f"{invocation.prompt} has no messages to send", hint)
    record = Answer(invocation.provider, invocation.model)
    return Run(record, _events(invocation, environ, record, conduct, clock))


def plan_request(invocation: Invocation, environ: Mapping[str, str]) -> Request:
    """The exact request of an invocation with every secret masked; it is not sent."""
    endpoint = shown_endpoint(invocation.provider, environ, read_user_config(environ))
    request = exact_request(invocation, endpoint)
    own = {name.lower() for name, _ in endpoint.headers}
    headers = tuple((name, "***" if name in own else value) for name, value in request.headers)
    return replace(request, headers=headers)


def _model(prompt: Prompt, provider: str, options: RunOptions) -> str | None:
    """The model to ask for; None leaves the prompt's own."""
    if options.model is not None or provider == prompt.provider:
        return options.model
    if provider == LOCAL:
        return LOCAL_MODEL
    facts = PROVIDERS.get(provider)
    if facts is not None and facts.base_url and prompt.model is not None:
        raise UsageProblem(
            f"{prompt.model} is a model of {prompt.provider}; say which one of {provider} to ask",
            f"--provider {provider} --model NAME",
        )
    return None


def _events(
    invocation: Invocation,
    environ: Mapping[str, str],
    record: Answer,
    conduct: Conduct,
    clock: Callable[[], float],
) -> Generator[Event, None, None]:
    started = clock()

    def seconds() -> float:
        return clock() - started

    try:
        config = read_user_config(environ)
        limits = limits_in_force(config, environ, conduct.timeouts)
        retry, note, sleep = conduct.retry_invalid, conduct.note, conduct.sleep
        course = Course(environ, config, limits, record, retry, note, sleep, seconds)
        yield from fitting_events(invocation, course)
    finally:
        record.seconds = seconds()
