"""Token streams as text, JSON and lines of JSON."""

from __future__ import annotations

import io
import json
from collections.abc import Generator, Sequence
from pathlib import Path

import jsonschema
import pytest

from promptctl.core.answer import Answer
from promptctl.core.invocation import (
    Event,
    Finished,
    ReasoningDelta,
    Started,
    TextDelta,
    ToolCallDelta,
    Usage,
)
from promptctl.errors import StreamBroken
from promptctl.output.answer_stream import AnswerFormat, show_answer
from promptctl.output.terminal import Terminal
from promptctl.output.tokens import summary_line
from tests.conftest import CHECKOUT

CALLS = [
    Started("tiny-1", "answer-1"),
    ReasoningDelta("hm"),
    TextDelta("Hello"),
    TextDelta(", Ada\u2028!"),
    ToolCallDelta(0, "c1", "weather", '{"city":'),
    ToolCallDelta(0, arguments='"Paris"}'),
    ToolCallDelta(1, "c2", "time"),
    Usage(12, 7, 3, 1),
    Finished("tool_calls", "tool_use"),
]


class Recorder(io.StringIO):
    """A stream that remembers each flush with all that was written before it."""

    def __init__(self) -> None:
        super().__init__()
        self.flushed: list[str] = []

    def flush(self) -> None:
        super().flush()
        self.flushed.append(self.getvalue())


def terminal(*, tty: bool = False, color: bool = False, verbosity: int = 0) -> Terminal:
    return Terminal(
        out=Recorder(),
        err=Recorder(),
        stdin=io.StringIO(),
        out_is_tty=tty,
        err_is_tty=tty,
        out_color=color,
        err_color=color,
        verbosity=verbosity,
    )


def shown(
    events: Sequence[Event | BaseException],
    streams: Terminal,
    output_format: AnswerFormat = "text",
    *,
    file: Path | None = None,
    in_github_actions: bool = False,
) -> tuple[str, str]:
    """What came on standard output and on standard error."""
    answer = Answer("openai", "tiny")

    def follow() -> Generator[Event, None, None]:
        for second, event in enumerate(events):
            if isinstance(event, BaseException):
                raise event
            answer.add(event, float(second))
            yield event

    try:
        show_answer(
            follow(),
            answer,
            streams,
            prompt="greeting",
            output_format=output_format,
            file=file,
            in_github_actions=in_github_actions,
        )
    finally:
        out, err = streams.out, streams.err
        assert isinstance(out, io.StringIO)
        assert isinstance(err, io.StringIO)
        result = out.getvalue(), err.getvalue()
    return result


def test_a_pipe_gets_exactly_the_text() -> None:
    hostile = "\x1b]52;c;x\x07 a\r\nb \u202e"
    out, err = shown([TextDelta(hostile), Usage(12, 7), Finished("stop")], terminal())
    assert out == hostile
    assert err == "tiny · 12 tokens in, 7 out · first token 0.00 s · total 2.0 s\n"


SUMMARIES = {
    ("tiny", 12, None): "tiny · 12 tokens in, 7 out · first token 0.25 s · total 12.3 s",
    ("tiny", 12, 5): "tiny · 12 tokens in (5 cached), 7 out · first token 0.25 s · total 12.3 s",
    ("claude-sonnet-4-5-20250929", 1234, 1024): (
        "claude-sonnet-4-5-2… · 1234 tokens in, 7 out · first token 0.25 s · total 12.3 s"
    ),
}


@pytest.mark.parametrize(("model", "tokens", "cached"), SUMMARIES)
def test_the_summary_fits_a_line_of_80_columns(model: str, tokens: int, cached: int | None) -> None:
    answer = Answer("openai", model, usage=Usage(tokens, 7, cached))
    answer.seconds_to_first, answer.seconds = 0.25, 12.345
    assert summary_line(answer) == SUMMARIES[model, tokens, cached]
    assert len(summary_line(answer)) <= 80


def test_a_terminal_shows_control_characters_split_over_tokens() -> None:
    events = [TextDelta("a\x1b"), TextDelta("[31mred\x9b"), Finished("stop")]
    out, _ = shown(events, terminal(tty=True))
    assert out == "a\\x1b[31mred\\x9b\n"


@pytest.mark.parametrize(("text", "expected"), [("a", "a\n"), ("a\n", "a\n"), ("a\n\n", "a\n\n")])
def test_a_terminal_gets_a_last_newline_if_there_is_none(text: str, expected: str) -> None:
    assert shown([TextDelta(text), Finished("stop")], terminal(tty=True))[0] == expected


def test_an_empty_answer_writes_nothing_to_a_terminal() -> None:
    assert shown([Finished("stop")], terminal(tty=True))[0] == ""


def test_each_token_is_flushed_at_once() -> None:
    streams = terminal()
    shown([TextDelta("a"), TextDelta("b"), Finished("stop")], streams)
    assert isinstance(streams.out, Recorder)
    assert streams.out.flushed == ["a", "ab"]


def test_reasoning_goes_to_standard_error_and_ends_its_line() -> None:
    events = [ReasoningDelta("let \x1b me"), TextDelta("Yes"), Finished("stop")]
    out, err = shown(events, terminal())
    assert out == "Yes"
    assert err.startswith("let \\x1b me\ntiny · ")
    assert shown(events, terminal(tty=True, color=True))[1].startswith("\x1b[2mlet")


def test_tool_calls_are_shown_whole_and_on_one_line() -> None:
    events = [
        ToolCallDelta(0, "c1", "weather", '{"city":\n'),
        ToolCallDelta(0, arguments='"\x1bParis"}'),
        Finished("tool_calls"),
    ]
    out, err = shown(events, terminal())
    assert out == ""
    assert err.splitlines()[0] == 'tool call: weather({"city": "\\x1bParis"})'


def test_quiet_drops_the_summary_but_not_the_tool_calls() -> None:
    out, err = shown(CALLS, terminal(verbosity=-1))
    assert out == "Hello, Ada\u2028!"
    assert err == 'tool call: weather({"city":"Paris"})\ntool call: time()\n'


@pytest.mark.parametrize(
    ("text", "reason", "words"),
    [("a", "length", "--set max_tokens=N"), ("", "stop", "the answer is empty")],
)
def test_an_answer_that_is_not_what_it_seems_is_noted(text: str, reason: str, words: str) -> None:
    said = [TextDelta(text)] if text else []
    _, err = shown([*said, Finished(reason)], terminal())  # type: ignore[arg-type]
    note, summary = err.splitlines()
    assert words in note
    assert summary.startswith("tiny · ? tokens in, ? out")


def test_model_names_cannot_drive_a_terminal() -> None:
    _, err = shown([Started("\x1b[2J\nx"), TextDelta("Hi"), Finished("stop")], terminal())
    assert err.startswith("\\x1b[2J x · ")


def schema(name: str) -> jsonschema.Draft202012Validator:
    text = (CHECKOUT / f"schemas/{name}.schema.json").read_text(encoding="utf-8")
    value = json.loads(text)
    jsonschema.Draft202012Validator.check_schema(value)
    return jsonschema.Draft202012Validator(value)


def test_json_is_one_object_of_the_published_schema() -> None:
    out, err = shown(CALLS, terminal(), "json")
    value = json.loads(out)
    schema("run-output").validate(value)
    assert err == ""
    assert value == {
        "schema": "promptctl.run/1",
        "prompt": "greeting",
        "provider": "openai",
        "model": "tiny-1",
        "id": "answer-1",
        "text": "Hello, Ada\u2028!",
        "reasoning": "hm",
        "tool_calls": [
            {
                "id": "c1",
                "name": "weather",
                "arguments": '{"city":"Paris"}',
                "parsed_arguments": {"city": "Paris"},
            },
            {"id": "c2", "name": "time", "arguments": "", "parsed_arguments": None},
        ],
        "output": None,
        "fits": None,
        "complete": True,
        "finish_reason": "tool_calls",
        "provider_reason": "tool_use",
        "usage": {
            "input_tokens": 12,
            "output_tokens": 7,
            "cached_tokens": 3,
            "reasoning_tokens": 1,
        },
        "answered_by": {"provider": "openai", "model": None, "fallback": None},
        "attempts": [],
        "timings": {"first_token_seconds": 1.0, "total_seconds": 8.0},
    }


def test_ndjson_is_one_event_a_line_of_the_published_schema() -> None:
    streams = terminal()
    out, _ = shown(CALLS, streams, "ndjson")
    values = [json.loads(line) for line in out.splitlines()]
    for value in values:
        schema("run-event").validate(value)
    kinds = ["start", "reasoning", "text", "text", *["tool_call"] * 3, "usage", "finish"]
    assert [value["type"] for value in values] == kinds
    assert isinstance(streams.out, Recorder)
    assert len(streams.out.flushed) == len(values)


def test_the_schemas_refuse_what_is_no_event() -> None:
    for wrong in ({"type": "text", "text": ""}, {"type": "other"}, {"type": "finish"}):
        assert list(schema("run-event").iter_errors(wrong))
    assert list(schema("run-output").iter_errors({"schema": "promptctl.run/1"}))


CUT = [Started("tiny"), TextDelta("Hel"), StreamBroken("cut", "again")]


def test_a_cut_answer_keeps_what_came_in_every_format() -> None:
    streams = terminal(tty=True)
    with pytest.raises(StreamBroken):
        shown(CUT, streams)
    assert isinstance(streams.out, Recorder)
    assert streams.out.getvalue() == "Hel\n"
    streams = terminal()
    with pytest.raises(StreamBroken):
        shown(CUT, streams, "json")
    assert isinstance(streams.out, Recorder)
    value = json.loads(streams.out.getvalue())
    schema("run-output").validate(value)
    assert (value["text"], value["complete"], value["finish_reason"]) == ("Hel", False, None)


@pytest.mark.parametrize(
    ("ending", "kind", "code"),
    [(StreamBroken("cut", "again"), "stream_broken", 5), (KeyboardInterrupt(), "interrupted", 130)],
)
def test_ndjson_ends_with_the_error(ending: BaseException, kind: str, code: int) -> None:
    streams = terminal()
    with pytest.raises(type(ending)):
        shown([TextDelta("a"), ending], streams, "ndjson")
    assert isinstance(streams.out, Recorder)
    last = json.loads(streams.out.getvalue().splitlines()[-1])
    schema("run-event").validate(last)
    assert (last["error"]["kind"], last["error"]["exit"]) == (kind, code)


def test_a_failure_before_anything_came_leaves_standard_output_empty() -> None:
    streams = terminal()
    with pytest.raises(StreamBroken):
        shown([StreamBroken("no")], streams, "json")
    assert isinstance(streams.out, Recorder)
    assert streams.out.getvalue() == ""


def test_github_actions_obeys_nothing_that_a_model_says() -> None:
    events = [ReasoningDelta("::error::x\n"), TextDelta("::add-mask::a"), Finished("stop")]
    out, err = shown(events, terminal(), in_github_actions=True)
    assert out == "::add-mask::a"
    stop, foreign, resume, summary = err.splitlines()
    assert stop.startswith("::stop-commands::")
    assert foreign == "::error::x"
    assert resume == f"::{stop.removeprefix('::stop-commands::')}::"
    assert len(resume) >= 36
    assert summary.startswith("tiny")


def test_json_lines_cannot_drive_a_terminal() -> None:
    text = "\x9b31m\x7f\u202e\u2028"
    out, _ = shown([TextDelta(text), Finished("stop")], terminal(tty=True), "ndjson")
    first = out.split("\n")[0]
    assert first == '{"type":"text","text":"\\u009b31m\\u007f\\u202e\\u2028"}'
    assert json.loads(first)["text"] == text


def test_a_file_gets_the_whole_answer_exactly(tmp_path: Path) -> None:
    target = tmp_path / "answer.txt"
    target.write_text("before")
    target.chmod(0o640)
    events = [TextDelta("a\r\n\x1b"), Finished("stop")]
    out, err = shown(events, terminal(tty=True), file=target)
    assert out == ""
    assert target.read_bytes() == b"a\r\n\x1b"
    assert target.stat().st_mode & 0o777 == 0o640
    assert " ".join(err.split()).startswith(f"wrote {target} ")
    assert [p.name for p in tmp_path.iterdir()] == ["answer.txt"]


def test_a_file_is_left_alone_by_an_incomplete_answer(tmp_path: Path) -> None:
    target = tmp_path / "answer.txt"
    target.write_text("before")
    streams = terminal()
    with pytest.raises(KeyboardInterrupt):
        shown([TextDelta("half"), KeyboardInterrupt()], streams, file=target)
    assert target.read_text() == "before"
    assert (tmp_path / "answer.txt.partial").read_text() == "half"
    assert isinstance(streams.err, Recorder)
    assert streams.err.getvalue() == f"what came is in {target}.partial\n"


def test_a_file_is_not_made_for_nothing(tmp_path: Path) -> None:
    with pytest.raises(StreamBroken):
        shown([StreamBroken("no")], terminal(), file=tmp_path / "answer.txt")
    assert list(tmp_path.iterdir()) == []


def test_a_link_is_followed_and_a_device_is_written(tmp_path: Path) -> None:
    (tmp_path / "real.txt").write_text("before")
    (tmp_path / "link.txt").symlink_to("real.txt")
    shown([TextDelta("new"), Finished("stop")], terminal(), file=tmp_path / "link.txt")
    assert (tmp_path / "link.txt").is_symlink()
    assert (tmp_path / "real.txt").read_text() == "new"
    shown([TextDelta("new"), Finished("stop")], terminal(), file=Path("/dev/null"))
    assert Path("/dev/null").is_char_device()
