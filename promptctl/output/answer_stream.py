"""A running answer, shown from its first event to its end, whatever that end is."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Literal

from promptctl.core.answer import Answer
from promptctl.core.invocation import Event
from promptctl.errors import Interrupted, LocalIOError, PromptctlError
from promptctl.output.answer_file import AnswerFile, answer_file
from promptctl.output.terminal import Terminal
from promptctl.output.tokens import (
    AnswerWriter,
    EventWriter,
    JsonWriter,
    TextWriter,
    commands_stopped,
    ending_note,
    fallback_note,
    summary_line,
)

AnswerFormat = Literal["text", "json", "ndjson"]


def show_answer(
    events: Generator[Event, None, None],
    answer: Answer,
    terminal: Terminal,
    *,
    prompt: str,
    output_format: AnswerFormat = "text",
    file: Path | None = None,
    in_github_actions: bool = False,
) -> None:
    """Write the answer as it comes, to standard output or to a file, and close the events.

    What came before a failure or Ctrl-C stays; both go on to the caller.
    """
    is_text = output_format == "text"
    with _destination(terminal, file) as place:
        guarded = in_github_actions and is_text and not terminal.out_is_tty
        with commands_stopped(terminal, in_github_actions=guarded):
            writer = _writer(terminal, place, output_format, prompt, answer)
            _follow(events, answer, writer)
        if place is not None:
            place.complete = True
    if is_text:
        if note := fallback_note(answer):
            terminal.note(f"note: {note}")
        if note := ending_note(answer):
            terminal.note(f"note: {note}")
        terminal.note(summary_line(answer), "dim")


def _follow(events: Generator[Event, None, None], answer: Answer, writer: AnswerWriter) -> None:
    try:
        for event in events:
            writer.write(event)
    except (PromptctlError, KeyboardInterrupt) as error:
        events.close()
        failure = error if isinstance(error, PromptctlError) else Interrupted("interrupted")
        with suppress(LocalIOError, OSError):  # a full disk must not hide what went wrong first
            writer.finish(answer, failure)
        raise
    finally:
        events.close()
    writer.finish(answer, None)


def _writer(
    terminal: Terminal,
    place: AnswerFile | None,
    output_format: AnswerFormat,
    prompt: str,
    answer: Answer,
) -> AnswerWriter:
    out = terminal.out if place is None else place.stream
    if output_format == "json":
        return JsonWriter(out, prompt)
    if output_format == "ndjson":
        return EventWriter(out, prompt, answer)
    return TextWriter(terminal, out, is_tty=terminal.out_is_tty if place is None else out.isatty())


@contextmanager
def _destination(terminal: Terminal, file: Path | None) -> Iterator[AnswerFile | None]:
    """The file to write to, if there is one; at the end, where it is."""
    if file is None:
        yield None
        return
    place = None
    try:
        with answer_file(file) as place:
            yield place
    finally:
        if place is not None and place.place is not None:
            terminal.note(f"{'wrote' if place.complete else 'what came is in'} {place.place}")
