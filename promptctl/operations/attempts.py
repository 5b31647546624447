"""Who is asked, and in which order: the prompt's provider, then its fallbacks; again where a form is missed.

A fallback has its turn where nobody was heard before it: not after the first token. All attempts, waits
and fallbacks share the run's whole time.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from contextlib import closing
from dataclasses import dataclass, replace

from promptctl.core.answer import Answer
from promptctl.core.answer_form import may_differ, output_of, wants_json
from promptctl.core.invocation import Event, Invocation
from promptctl.credentials import UserConfig
from promptctl.errors import (
    CredentialError,
    ExtraMissing,
    ModelMissing,
    OutputInvalid,
    PromptctlError,
    ProviderError,
    RequestRefused,
    UsageProblem,
)
from promptctl.operations.endpoints import open_endpoint
from promptctl.providers import Limits
from promptctl.providers.answer import answer

_UNANSWERED = (ProviderError, CredentialError, ModelMissing, ExtraMissing)
"""What lets the next one have its turn. A request that cannot be made is a mistake in the prompt: it is
told at once where the prompt's own provider is concerned."""

_FALLBACK_UNANSWERED = (ProviderError, CredentialError, UsageProblem)

_PATIENCE = 8.0
"""The longest wait that a provider may ask for while there is somebody else to ask."""


@dataclass(frozen=True, slots=True)
class Course:
    """What the attempts of one run share."""

    environ: Mapping[str, str]
    config: UserConfig
    limits: Limits
    record: Answer
    retry_invalid: int
    note: Callable[[str], None]
    sleep: Callable[[float], None]
    seconds: Callable[[], float]
    """Seconds since the run began."""

    @property
    def is_over(self) -> bool:
        """Whether the whole time is spent."""
        return self.seconds() >= self.limits.total


def fitting_events(invocation: Invocation, course: Course) -> Generator[Event, None, None]:
    """The events of the answer. Raises OutputInvalid after them if it misses the form asked for.

    Where such an answer may be asked for again, nothing of it is given out until it fits or is the last.
    """
    record, start = course.record, 0
    for left in range(course.retry_invalid, -1, -1):
        events = _events_in_turn(invocation, course, start)
        held: list[Event] = []
        if course.retry_invalid and wants_json(invocation.response_format):
            yield from _hold(events, held)
        else:
            yield from events
        problem = _refusal(record) or _misfit(invocation, record)
        if problem is None or not left or not may_differ(record) or course.is_over:
            yield from held
            if problem is not None:
                raise problem
            return
        count = course.retry_invalid - left + 1
        course.note(f"{problem.message}; asking again ({count} of {course.retry_invalid})")
        start = record.fallback or 0


def _hold(events: Generator[Event, None, None], held: list[Event]) -> Generator[Event, None, None]:
    """Keep the events back; of an answer that breaks off they are given out before its error."""
    try:
        held.extend(events)
    except PromptctlError:
        yield from held
        raise


def _refusal(record: Answer) -> RequestRefused | None:
    """The error for an answer that the provider ended because of what it says."""
    if record.finished is None or record.finished.reason != "content_filter":
        return None
    word = record.finished.provider_reason
    error = RequestRefused(
        f"{record.provider} {record.asked_model} refused to go on: a content filter or the model itself"
        f" ended the answer{f' ({word[:60]})' if word else ''}",
        "what came is not the whole answer; change what the prompt asks for",
    )
    record.reject(error)
    return error


def _misfit(invocation: Invocation, record: Answer) -> OutputInvalid | None:
    """What is wrong with the form of the answer. One that calls tools has none yet."""
    wanted = invocation.response_format
    if wanted is None or not wants_json(wanted) or record.tool_calls:
        return None
    try:
        record.output = output_of(record, wanted)
    except OutputInvalid as error:
        record.fits = False
        record.reject(error)
        return error
    record.fits = True
    return None


def _events_in_turn(
    invocation: Invocation, course: Course, start: int
) -> Generator[Event, None, None]:
    """The events of the first who answers, from candidate number `start` on."""
    candidates = (invocation, *invocation.fallbacks)
    failures: list[PromptctlError] = []
    for number in range(start, len(candidates)):
        is_last = number + 1 == len(candidates)
        events = _events_of(candidates[number], number or None, course, is_last=is_last)
        try:
            first = next(events, None)
        except PromptctlError as error:
            if not isinstance(error, _FALLBACK_UNANSWERED if number > start else _UNANSWERED):
                raise
            failures.append(error)
            if is_last or course.is_over:
                raise _together(failures) from None
            following = candidates[number + 1]
            name = f"{following.provider} {following.model}"
            course.note(f"{error.message}; asking the fallback {name} instead")
            continue
        try:
            if first is not None:
                yield first
            yield from events
        finally:
            events.close()
        return


def _together(failures: list[PromptctlError]) -> PromptctlError:
    """The error of who was asked first, with what became of the others."""
    first, *others = failures
    if not others:
        return first
    who = "its fallback" if len(others) == 1 else "its fallbacks"
    said = "; ".join(error.message for error in others)
    return first.joined_by(f"{who} did not answer either: {said}")


def _events_of(
    invocation: Invocation, fallback: int | None, course: Course, *, is_last: bool
) -> Generator[Event, None, None]:
    """The events of one candidate, which is asked again as the limits say."""
    record, limits = course.record, course.limits
    record.begin(invocation.provider, invocation.model, fallback, course.seconds())
    if not is_last:
        limits = replace(limits, retry_after=min(_PATIENCE, limits.retry_after))

    def retried(error: ProviderError, wait: float) -> None:
        record.end(course.seconds(), error)
        course.note(f"{error.message}; again in {wait:.1f} s")

    try:
        left = limits.total - course.seconds()
        with open_endpoint(invocation.provider, course.environ, course.config, left) as endpoint:
            events = answer(
                invocation,
                endpoint,
                limits=limits,
                on_retry=retried,
                sleep=course.sleep,
                spent=course.seconds(),
            )
            with closing(events):
                for event in events:
                    record.add(event, course.seconds())
                    yield event
    except PromptctlError as error:
        record.end(course.seconds(), error)
        raise
    record.end(course.seconds())
