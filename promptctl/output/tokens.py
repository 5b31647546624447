"""A stream of tokens, written as it arrives: as text, as one JSON object, or as lines of JSON.

Text goes to a pipe or a file exactly as the model sent it, and to a terminal with its control
characters made visible. Everything that is not the answer's text goes to standard error.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol, TextIO

from promptctl.core.answer import Answer
from promptctl.core.invocation import (
    Event,
    Finished,
    ReasoningDelta,
    Started,
    TextDelta,
    ToolCallDelta,
)
from promptctl.core.json_data import Json
from promptctl.errors import PromptctlError
from promptctl.output.answer_json import (
    answer_object,
    answered_by,
    attempt_objects,
    event_object,
    timings,
)
from promptctl.output.json_text import error_object, json_line
from promptctl.output.terminal import Terminal, visible, visible_line
from promptctl.output.tool_calls import ToolCallLines

_COLUMNS = 80


class AnswerWriter(Protocol):
    """One format of a running answer."""

    def write(self, event: Event) -> None:
        """Show one event now."""

    def finish(self, answer: Answer, failure: PromptctlError | None) -> None:
        """Show what only the end tells; `failure` is set if the answer is not complete."""


class TextWriter:
    """The answer's text for people and pipes."""

    def __init__(self, terminal: Terminal, out: TextIO, *, is_tty: bool) -> None:
        self._terminal = terminal
        self._out = out
        self._is_tty = is_tty
        self._is_shared = out is terminal.out and terminal.is_shared
        self._last = "\n"
        self._last_reasoning = "\n"
        self._calls = ToolCallLines(terminal)

    def write(self, event: Event) -> None:
        """Write text to the result, reasoning and tool calls to standard error; flush at once."""
        match event:
            case TextDelta(text):
                self._end_reasoning()
                self._calls.end(")")
                self._out.write(visible(text) if self._is_tty else text)
                self._out.flush()
                self._last = text[-1:]
            case ReasoningDelta(text) if not self._terminal.quiet:
                self._end_text()
                self._calls.end(")")
                self._terminal.err.write(self._terminal.paint_err(visible(text), "dim"))
                self._terminal.err.flush()
                self._last_reasoning = text[-1:]
            case ToolCallDelta():
                self._end_text()
                self._end_reasoning()
                self._calls.write(event)

    def finish(self, answer: Answer, failure: PromptctlError | None) -> None:
        """End the line for what is to follow it."""
        self._end_reasoning()
        if self._is_tty or failure is not None or answer.tool_calls or not self._terminal.quiet:
            self._end_text()
        self._calls.finish(answer.tool_calls, complete=answer.finished is not None)

    def _end_text(self) -> None:
        """What follows begins on a line of its own, which in a pipe is no business of the result."""
        if self._last == "\n" or not (self._is_tty or self._is_shared):
            return
        stream = self._out if self._is_tty else self._terminal.err
        stream.write("\n")
        stream.flush()
        self._last = "\n"

    def _end_reasoning(self) -> None:
        if self._last_reasoning != "\n":
            self._terminal.err.write("\n")
            self._terminal.err.flush()
            self._last_reasoning = "\n"


class JsonWriter:
    """One JSON object when the answer has ended, `promptctl.run/1`."""

    def __init__(self, out: TextIO, prompt: str) -> None:
        self._out = out
        self._prompt = prompt

    def write(self, event: Event) -> None:
        """Nothing is shown before the end."""

    def finish(self, answer: Answer, failure: PromptctlError | None) -> None:
        """Write the object; of an incomplete answer what came, if anything did."""
        if failure is not None and answer.seconds_to_first is None:
            return
        self._out.write(json_line(answer_object(answer, self._prompt)))
        self._out.flush()


class EventWriter:
    """One JSON object per event and line, `promptctl.run-event/1`."""

    def __init__(self, out: TextIO, prompt: str, answer: Answer) -> None:
        self._out = out
        self._prompt = prompt
        self._answer = answer

    def write(self, event: Event) -> None:
        """Write the event; the end is written by `finish`, which knows the times."""
        if isinstance(event, Started):
            self._line(self._start(event))
        elif not isinstance(event, Finished):
            self._line(event_object(event))

    def finish(self, answer: Answer, failure: PromptctlError | None) -> None:
        """Write the event that ends every stream: `finish` or `error`."""
        if failure is not None:
            self._line(
                {
                    "type": "error",
                    "error": error_object(failure),
                    "answered_by": answered_by(answer),
                    "attempts": attempt_objects(answer),
                }
            )
        elif answer.finished is not None:
            ended = event_object(answer.finished)
            self._line(
                {
                    **ended,
                    "output": answer.output,
                    "fits": answer.fits,
                    "answered_by": answered_by(answer),
                    "attempts": attempt_objects(answer),
                    "timings": timings(answer),
                }
            )

    def _start(self, event: Started) -> dict[str, Json]:
        return {
            "type": "start",
            "schema": "promptctl.run-event/1",
            "prompt": self._prompt,
            "provider": self._answer.provider,
            "model": self._answer.model or None,
            "fallback": self._answer.fallback,
            "id": event.id,
        }

    def _line(self, value: dict[str, Json]) -> None:
        self._out.write(json_line(value))
        self._out.flush()


def summary_line(answer: Answer) -> str:
    """Model, tokens in and out, time to the first token, total time: one line of at most 80 columns.

    What does not fit goes: first the count of cached tokens, then the end of the model's name.
    """
    usage, first = answer.usage, answer.seconds_to_first
    cached = f" ({usage.cached_tokens} cached)" if usage.cached_tokens else ""
    rest = (
        f"{_count(usage.output_tokens)} out · "
        + ("no token" if first is None else f"first token {_seconds(first)}")
        + f" · total {_seconds(answer.seconds)}"
    )
    model = visible_line(answer.model or answer.provider)
    room = _COLUMNS - len(f" · {_count(usage.input_tokens)} tokens in, {rest}")
    if len(model) + len(cached) > room:
        cached = ""
    if len(model) > room:
        model = f"{model[: room - 1]}…"
    return f"{model} · {_count(usage.input_tokens)} tokens in{cached}, {rest}"


def _seconds(seconds: float) -> str:
    return f"{seconds:.2f} s" if seconds < 1 else f"{seconds:.1f} s"


def fallback_note(answer: Answer) -> str | None:
    """Who answered, if it is not whom the prompt names first."""
    if answer.fallback is None:
        return None
    name = f"{answer.provider} {answer.asked_model}".strip()
    return f"fallback {answer.fallback}, {name}, answered"


def ending_note(answer: Answer) -> str | None:
    """What people should know about why the answer ended; None if it ended by itself."""
    reason = answer.finished.reason if answer.finished else None
    if reason == "length":
        return "the answer was cut at its token limit; --set max_tokens=N raises it"
    if reason in ("stop", "other") and not answer.text and not answer.tool_calls:
        return "the answer is empty"
    return None


@contextmanager
def commands_stopped(terminal: Terminal, *, in_github_actions: bool) -> Iterator[None]:
    """Keep GitHub Actions from obeying `::commands::` in what a model says.

    The lines that say so go to standard error, which the runner reads too, because standard output is
    exactly the model's text. The runner reads the two streams apart, so for standard output this holds
    but for the last moment; what is written to standard error itself is always covered.
    """
    if not in_github_actions:
        yield
        return
    token = os.urandom(16).hex()  # the module `secrets` is slow to import
    terminal.err.write(f"::stop-commands::{token}\n")
    terminal.err.flush()
    try:
        yield
    finally:
        terminal.err.write(f"::{token}::\n")
        terminal.err.flush()


def _count(tokens: int | None) -> str:
    return "?" if tokens is None else str(tokens)
