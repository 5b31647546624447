"""Tool calls that grow on standard error, and waits that count down there."""

from __future__ import annotations

import io

import pytest

from promptctl.core.answer import Answer
from promptctl.core.invocation import Event, Finished, TextDelta, ToolCallDelta
from promptctl.errors import StreamBroken
from promptctl.output.countdown import count_down
from promptctl.output.tokens import TextWriter
from promptctl.output.tool_calls import ToolCallLines
from tests.output.test_tokens import terminal


def shown(*events: Event, failure: bool = False, tty: bool = False) -> tuple[str, str]:
    streams = terminal(tty=tty)
    answer = Answer("openai", "m")
    writer = TextWriter(streams, streams.out, is_tty=tty)
    for event in events:
        answer.add(event, 1.0)
        writer.write(event)
    writer.finish(answer, StreamBroken("cut") if failure else None)
    assert isinstance(streams.out, io.StringIO)
    assert isinstance(streams.err, io.StringIO)
    return streams.out.getvalue(), streams.err.getvalue()


END = Finished("tool_calls")


def test_each_call_has_a_line() -> None:
    one = [ToolCallDelta(0, "a", "one", '{"x"'), ToolCallDelta(0, arguments=": 1}")]
    two = [ToolCallDelta(1, "b", "two"), ToolCallDelta(1, arguments="{}")]
    assert shown(*one, *two, END) == ("", 'tool call: one({"x": 1})\ntool call: two({})\n')


def test_a_piece_is_there_before_the_next() -> None:
    streams = terminal()
    lines = ToolCallLines(streams)
    lines.write(ToolCallDelta(0, "a", "one", '{"x"'))
    assert isinstance(streams.err, io.StringIO)
    assert streams.err.getvalue() == 'tool call: one({"x"'


def test_a_call_that_breaks_off_stays_open() -> None:
    assert shown(ToolCallDelta(0, "a", "one", '{"x'), failure=True)[1] == 'tool call: one({"x\n'


def test_calls_that_grow_in_turn_are_shown_whole_at_the_end() -> None:
    one, two = ToolCallDelta(0, "a", "one", '{"x"'), ToolCallDelta(1, "b", "two", "{}")
    _, err = shown(one, two, ToolCallDelta(0, arguments=": 1}"), END)
    assert err.splitlines()[-1] == 'tool call: one({"x": 1})'


def test_text_and_calls_keep_to_their_streams_and_lines() -> None:
    call = ToolCallDelta(0, "a", "one", "{}")
    assert shown(TextDelta("Hm"), call, TextDelta("!"), END) == ("Hm!", "tool call: one({})\n")
    assert shown(TextDelta("Hm"), call, END, tty=True) == ("Hm\n", "tool call: one({})\n")


def test_a_call_cannot_drive_a_terminal() -> None:
    _, err = shown(ToolCallDelta(0, "a", "\x1b[2J", "a\nb\x07"), END)
    assert err == "tool call: \\x1b[2J(a b\\x07)\n"


@pytest.mark.parametrize("seconds", [0.5, 2.0])
def test_a_short_wait_is_only_a_wait(seconds: float) -> None:
    streams, slept = terminal(tty=True), list[float]()
    count_down(streams, seconds, slept.append)
    assert (slept, streams.err.getvalue()) == ([seconds], "")  # type: ignore[attr-defined]


def test_a_long_wait_counts_down_at_a_terminal_and_leaves_nothing() -> None:
    streams, slept = terminal(tty=True), list[float]()
    count_down(streams, 3.5, slept.append)
    said = streams.err.getvalue()  # type: ignore[attr-defined]
    assert slept == [1.0, 1.0, 1.0, 0.5]
    assert said.count("waiting, ") == 4
    assert said.endswith("\r\x1b[K")


def test_in_a_log_nothing_counts_down() -> None:
    streams, slept = terminal(), list[float]()
    count_down(streams, 30, slept.append)
    assert (slept, streams.err.getvalue()) == ([30], "")  # type: ignore[attr-defined]
