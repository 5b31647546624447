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
from promptctl.credentials import UserConfig, read_user_config
from promptctl.errors import ProviderError, UsageProblem
from promptctl.operations.endpoints import LOCAL, open_endpoint, shown_endpoint
from promptctl.providers import Limits, Request
from promptctl.providers.answer import answer, exact_request

LOCAL_MODEL = "smollm2-135m-instruct"
_MAX_SECONDS = 1e7
"""Four months; what waits for longer is a mistake, and more than some clocks can hold."""

OnRetry = Callable[[ProviderError, float], None]
"""Told of each failure that is tried again, and the seconds until then."""


@dataclass(frozen=True, slots=True)
class RunOptions:
    """What a run changes about its prompt's own settings."""

    provider: str | None = None
    model: str | None = None
    parameters: Mapping[str, Json] = field(default_factory=dict)
    stream: bool = True


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
    )


def start_run(
    invocation: Invocation,
    environ: Mapping[str, str],
    *,
    seconds: float | None = None,
    on_retry: OnRetry | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Run:
    """The run of an invocation; nothing is sent before its first event is asked for.

    Raises UsageProblem if there are no messages. `seconds` limits the whole of it: retries, waits and the
    start of the embedded model count. Errors come out of the iteration: ProviderError and
    CredentialError, with `answer` holding what came before.
    """
    if seconds is not None and not 0 < seconds <= _MAX_SECONDS:
        raise UsageProblem(f"a run cannot take {seconds:g} s at most", "--timeout 30")
    if not invocation.messages:
        hint = f"add one: promptctl edit {invocation.prompt}"
        raise UsageProblem(f"{invocation.prompt} has no messages to send", hint)
    record = Answer(invocation.provider, invocation.model)
    return Run(record, _events(invocation, environ, record, seconds, on_retry, clock))


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
    seconds: float | None,
    on_retry: OnRetry | None,
    clock: Callable[[], float],
) -> Generator[Event, None, None]:
    started = clock()
    try:
        config = read_user_config(environ)
        limits = _limits(config, seconds)
        with open_endpoint(invocation.provider, environ, config, limits.total) as endpoint:
            spent = clock() - started
            events = answer(invocation, endpoint, limits=limits, on_retry=on_retry, spent=spent)
            try:
                for event in events:
                    record.add(event, clock() - started)
                    yield event
            finally:
                events.close()
    finally:
        record.seconds = clock() - started


def _limits(config: UserConfig, seconds: float | None) -> Limits:
    default = Limits()
    wanted = config.timeouts
    total = wanted.get("total", default.total) if seconds is None else seconds
    return replace(
        default,
        connect=wanted.get("connect", default.connect),
        idle=wanted.get("idle", default.idle),
        total=total,
    )
