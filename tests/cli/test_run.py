"""`promptctl run` as a real process: tokens, pipes, a terminal, Ctrl-C, full disks, cut streams."""

from __future__ import annotations

import json
import os
import pty
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from promptctl.providers.embedded import runtime_installed
from tests.conftest import RunCli
from tests.providers.dialects import OpenAI
from tests.providers.server import HOLD, Answer, Server, head, http, serving

OPENAI = OpenAI("openai")
GREETING = """\
provider: openai
model: m-1
parameters: {max_tokens: 50}
variables:
  name: {type: string}
messages:
  - {role: system, content: Be brief.}
  - {role: user, content: "Greet {{ name }}."}
"""
NAME = ("greeting", "--var", "name=Ada")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "prompts").mkdir()
    (tmp_path / "promptctl.yaml").write_text("version: 1\n")
    (tmp_path / "prompts/greeting.yaml").write_text(GREETING)
    local = GREETING.replace("openai", "local").replace("m-1", "smollm2-135m-instruct")
    (tmp_path / "prompts/small.yaml").write_text(local.replace("50", "900"))
    (tmp_path / "prompts/echoed.yaml").write_text(GREETING.replace("openai", "echo"))
    return tmp_path


def streamed(pieces: Sequence[bytes]) -> Answer:
    return [head(content_type="text/event-stream"), *pieces]


def held(*texts: str) -> Answer:
    """A stream that says something and then nothing more."""
    pieces = [*OPENAI.opening(), *map(OPENAI.text, texts)]
    return [head(content_type="text/event-stream"), *pieces, HOLD]


def variables_for(server: Server) -> dict[str, str]:
    return {"OPENAI_BASE_URL": server.url}


@contextmanager
def process(
    folder: Path, *argv: str, env: dict[str, str] | None = None, stdout: int = subprocess.PIPE
) -> Iterator[subprocess.Popen[bytes]]:
    """`promptctl run …` under way."""
    running = subprocess.Popen(
        [sys.executable, "-m", "promptctl", "run", *argv],
        cwd=folder,
        env=dict(os.environ) | (env or {}),
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=subprocess.PIPE,
    )
    try:
        yield running
    finally:
        running.kill()
        running.communicate()


def finish(running: subprocess.Popen[bytes]) -> tuple[int, bytes, bytes]:
    out, err = running.communicate(timeout=60)
    return running.returncode, out, err


def stop(running: subprocess.Popen[bytes]) -> tuple[float, int, bytes, bytes]:
    """Press Ctrl-C; the seconds until the process has ended, and all that it left."""
    began = time.monotonic()
    running.send_signal(signal.SIGINT)
    code, out, err = finish(running)
    return time.monotonic() - began, code, out, err


# --- the answer ------------------------------------------------------------------------------------


def test_a_pipe_gets_exactly_the_text(folder: Path, run_process: RunCli) -> None:
    with serving(streamed(OPENAI.stream("Héllo,\r\n", "\x1b[31mAda\u2028"))) as server:
        done = run_process(["run", *NAME], cwd=folder, env=variables_for(server))
    assert done.stdout_bytes == "Héllo,\r\n\x1b[31mAda\u2028".encode()
    assert done.exit_code == 0
    assert done.stderr.startswith("m-1 · 5 tokens in, 2 out · first token ")
    assert done.stderr.count("\n") == 1
    sent = json.loads(server.requests[0].body)
    assert sent["messages"][-1] == {"role": "user", "content": "Greet Ada."}


@pytest.mark.parametrize("options", [["-q"], ["--quiet"]])
def test_quiet_leaves_only_the_answer(folder: Path, run_cli: RunCli, options: list[str]) -> None:
    done = run_cli(["run", "echoed", "--var", "name=Ada", *options], cwd=folder)
    assert (done.exit_code, done.stdout, done.stderr) == (0, "Greet Ada.", "")


@pytest.mark.parametrize(("options", "lines"), [([], 2), (["-q"], 1)])
def test_in_one_pipe_the_statistics_have_a_line_of_their_own(
    folder: Path, options: list[str], lines: int
) -> None:
    command = [sys.executable, "-m", "promptctl", "run", "echoed", "--var", "name=Ada", *options]
    done = subprocess.run(
        command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=True
    )
    shown = done.stdout.decode().splitlines()
    assert (len(shown), shown[0]) == (lines, "Greet Ada.")


def test_the_first_token_is_there_before_the_second_is_sent(folder: Path) -> None:
    with (
        serving(held("Hel")) as server,
        process(folder, *NAME, env=variables_for(server)) as running,
    ):
        assert running.stdout is not None
        assert os.read(running.stdout.fileno(), 100) == b"Hel"
        assert running.poll() is None


def test_overrides_reach_the_request(folder: Path, run_cli: RunCli) -> None:
    options = ["-m", "m-2", "--set", "temperature=0", "--set", "extra.min_p=0.1", "--no-stream"]
    whole = http(OPENAI.whole("Hi"), content_type="application/json")
    with serving([whole]) as server:
        done = run_cli(["run", *NAME, *options], cwd=folder, env=variables_for(server))
    assert (done.exit_code, done.stdout) == (0, "Hi")
    sent = json.loads(server.requests[0].body)
    assert (sent["model"], sent["temperature"], sent["min_p"]) == ("m-2", 0, 0.1)
    assert sent["stream"] is False
    assert sent["max_tokens"] == 50


def test_standard_input_fills_a_variable(folder: Path, run_process: RunCli) -> None:
    done = run_process(["run", "echoed", "--stdin", "name"], cwd=folder, stdin="{{ 1 + 1 }} Zoë\n")
    assert done.stdout == "Greet {{ 1 + 1 }} Zoë."


def test_json_and_ndjson(folder: Path, run_cli: RunCli) -> None:
    argv = ["run", "echoed", "--var", "name=Ada", "--format"]
    value = json.loads(run_cli([*argv, "json"], cwd=folder).stdout)
    assert (value["schema"], value["text"]) == ("promptctl.run/1", "Greet Ada.")
    lines = run_cli([*argv, "ndjson"], cwd=folder).stdout.splitlines()
    kinds = [json.loads(line)["type"] for line in lines]
    assert kinds == ["start", "text", "text", "usage", "finish"]


def test_a_file_gets_the_answer(folder: Path, run_cli: RunCli) -> None:
    done = run_cli(["run", "echoed", "--var", "name=Ada", "-o", "answer.txt"], cwd=folder)
    assert (done.exit_code, done.stdout) == (0, "")
    assert (folder / "answer.txt").read_bytes() == b"Greet Ada."
    assert "wrote " in done.stderr


def test_tool_calls_are_shown_and_reported(folder: Path, run_cli: RunCli) -> None:
    pieces = [*OPENAI.opening(), *OPENAI.call("weather", {"city": "Paris"})]
    with serving(streamed([*pieces, *OPENAI.ending("tool_calls")])) as server:
        env = variables_for(server)
        text = run_cli(["run", *NAME], cwd=folder, env=env)
        value = json.loads(run_cli(["run", *NAME, "--format", "json"], cwd=folder, env=env).stdout)
    assert text.stdout == ""
    assert text.stderr.splitlines()[0] == 'tool call: weather({"city": "Paris"})'
    assert value["finish_reason"] == "tool_calls"
    assert value["tool_calls"] == [
        {
            "id": "t-1",
            "name": "weather",
            "arguments": '{"city": "Paris"}',
            "parsed_arguments": {"city": "Paris"},
        }
    ]


def test_a_cut_at_the_token_limit_is_noted(folder: Path, run_cli: RunCli) -> None:
    with serving(streamed(OPENAI.stream("Hel", reason="length"))) as server:
        done = run_cli(["run", *NAME], cwd=folder, env=variables_for(server))
    note, summary = done.stderr.splitlines()
    assert (done.exit_code, done.stdout) == (0, "Hel")
    assert "cut at its token limit" in note
    assert summary.startswith("m-1 · ")


# --- fallbacks and the form of answers --------------------------------------------------------------


def test_a_fallback_answers_and_says_so(folder: Path, run_cli: RunCli) -> None:
    prompt = GREETING.replace("parameters:", "fallbacks: [{provider: echo}]\nparameters:")
    (folder / "prompts/safe.yaml").write_text(prompt)
    argv = ["run", "safe", "--var", "name=Ada"]
    done = run_cli(argv, cwd=folder)
    assert (done.exit_code, done.stdout) == (0, "Greet Ada.")
    told, note, summary = done.stderr.splitlines()
    assert told == (
        "no key for openai: OPENAI_API_KEY is not set; asking the fallback echo echo instead"
    )
    assert note == "note: fallback 1, echo echo, answered"
    assert summary.startswith("echo · ")
    value = json.loads(run_cli([*argv, "--format", "json"], cwd=folder).stdout)
    assert value["answered_by"] == {"provider": "echo", "model": "echo", "fallback": 1}
    assert [a["error"] and a["error"]["kind"] for a in value["attempts"]] == ["key_missing", None]
    assert run_cli([*argv, "--no-fallback"], cwd=folder).exit_code == 6
    assert run_cli([*argv, "--model", "m-2"], cwd=folder).exit_code == 6


def test_only_an_answer_that_fits_is_written(folder: Path, run_cli: RunCli) -> None:
    (folder / "prompts/form.yaml").write_text(f"{GREETING}response_format: {{type: json_object}}\n")
    argv = ["run", "form", "--var", "name=Ada"]
    with serving(streamed(OPENAI.stream("Sure: ", "{}"))) as server:
        wrong = run_cli(argv, cwd=folder, env=variables_for(server))
    assert (wrong.exit_code, wrong.stdout) == (5, "Sure: {}")
    assert "is not the JSON that `response_format` asks for" in wrong.stderr
    with serving(
        streamed(OPENAI.stream("Sure!")), streamed(OPENAI.stream('{"a"', ": 1}"))
    ) as server:
        argv += ["--retry-invalid", "2", "-o", "out.json"]
        right = run_cli(argv, cwd=folder, env=variables_for(server))
    assert (right.exit_code, right.stdout) == (0, "")
    assert (folder / "out.json").read_text() == '{"a": 1}'
    assert "; asking again (1 of 2)" in right.stderr


@pytest.mark.parametrize("argv", [["--timeout", "idle=0.3"], []])
def test_each_limit_of_time_can_be_set(folder: Path, run_cli: RunCli, argv: list[str]) -> None:
    with serving(held("Hel")) as server:
        env = variables_for(server) | ({} if argv else {"PROMPTCTL_TIMEOUT": "idle=0.3,60"})
        done = run_cli(["run", *NAME, *argv], cwd=folder, env=env)
    assert (done.exit_code, done.stdout) == (5, "Hel")
    assert "waited 0.3 s for the next piece of the answer" in done.stderr


# --- failures --------------------------------------------------------------------------------------


def test_a_cut_stream_keeps_what_came(folder: Path, run_cli: RunCli) -> None:
    cut = streamed([*OPENAI.opening(), OPENAI.text("Hel")])
    with serving(cut) as server:
        done = run_cli(["run", *NAME], cwd=folder, env=variables_for(server))
        kept = run_cli(["run", *NAME, "-o", "a.txt"], cwd=folder, env=variables_for(server))
    assert (done.exit_code, done.stdout) == (5, "Hel")
    assert done.stderr.startswith("error: ")
    assert kept.exit_code == 5
    assert not (folder / "a.txt").exists()
    assert (folder / "a.txt.partial").read_text() == "Hel"
    assert "what came is in " in kept.stderr


def test_nothing_is_sent_while_variables_are_wrong(folder: Path, run_cli: RunCli) -> None:
    with serving(streamed(OPENAI.stream("x"))) as server:
        argv = ["run", "greeting", "--var", "nmae=Ada"]
        done = run_cli(argv, cwd=folder, env=variables_for(server))
    assert (done.exit_code, done.stdout) == (2, "")
    assert "did you mean `name`?" in done.stderr
    assert "missing variable `name`" in done.stderr
    assert server.requests == []


@pytest.mark.parametrize(
    ("argv", "code", "words"),
    [
        (["absent"], 3, "there is no prompt absent"),
        ([*NAME], 6, "OPENAI_API_KEY is not set"),
        ([*NAME, "--provider", "nobody"], 2, "provider `nobody` is not known here"),
        ([*NAME, "--provider", "opnai"], 2, "did you mean `openai`?"),
        ([*NAME, "--provider", "anthropic"], 2, "--provider anthropic --model NAME"),
        ([*NAME, "--set", "temprature=0"], 2, "did you mean `temperature`?"),
        ([*NAME, "--set", "temperature=hot"], 2, "`temperature` must be a number"),
        ([*NAME, "--timeout", "0"], 2, "--timeout"),
        ([*NAME, "--timeout", "-1"], 2, "--timeout"),
        ([*NAME, "--timeout", "nan"], 2, "--timeout"),
        ([*NAME, "--timeout", "inf"], 2, "--timeout"),
        ([*NAME, "--timeout", "1e300"], 2, "--timeout"),
    ],
)
def test_mistakes_have_their_codes_and_words(
    folder: Path, run_cli: RunCli, argv: list[str], code: int, words: str
) -> None:
    done = run_cli(["run", *argv], cwd=folder)
    assert done.exit_code == code
    assert words in done.stderr
    assert done.stdout == ""


def test_errors_for_programs(folder: Path, run_cli: RunCli) -> None:
    done = run_cli(["run", *NAME, "--format", "json"], cwd=folder)
    error = json.loads(done.stderr)["error"]
    assert (done.stdout, error["kind"], error["exit"]) == ("", "key_missing", 6)


def test_a_timeout_ends_the_wait(folder: Path, run_cli: RunCli) -> None:
    with serving(held("Hel")) as server:
        argv = ["run", *NAME, "--timeout", "0.3"]
        done = run_cli(argv, cwd=folder, env=variables_for(server))
    assert (done.exit_code, done.stdout) == (5, "Hel")


def test_a_closed_pipe_ends_quietly(folder: Path) -> None:
    lines = [OPENAI.text("line\n") for _ in range(200)]
    later = [*OPENAI.opening(), *lines, *OPENAI.ending("stop")]
    with serving(streamed(later)) as server:
        reading, writing = os.pipe()
        os.close(reading)
        with process(folder, *NAME, env=variables_for(server), stdout=writing) as running:
            os.close(writing)
            code, _, err = finish(running)
    assert (code, err) == (141, b"")


def test_a_full_disk_is_local_trouble(folder: Path) -> None:
    with (
        serving(streamed(OPENAI.stream("Hello"))) as server,
        open("/dev/full", "wb") as full,
        process(folder, *NAME, env=variables_for(server), stdout=full.fileno()) as running,
    ):
        code, _, err = finish(running)
    assert code == 74
    assert err == b"error: No space left on device\n"


# --- Ctrl-C ----------------------------------------------------------------------------------------


def test_ctrl_c_keeps_what_came_and_closes_the_connection(folder: Path) -> None:
    with serving(held("Hel", "lo")) as server:
        with process(folder, *NAME, env=variables_for(server)) as running:
            assert running.stdout is not None
            came = b""
            while came != b"Hello":
                piece = os.read(running.stdout.fileno(), 100)
                assert piece, "it ended before the answer came"
                came += piece
            seconds, code, out, err = stop(running)
        assert server.closed.wait(10)
    assert (code, out, err) == (130, b"", b"")
    assert seconds < 0.5


def test_ctrl_c_before_the_first_token(folder: Path) -> None:
    with serving([HOLD]) as server:
        with process(folder, *NAME, env=variables_for(server)) as running:
            while not server.requests:
                assert running.poll() is None
                select.select([], [], [], 0.01)
            seconds, code, out, err = stop(running)
        assert server.closed.wait(10)
    assert (code, out, err) == (130, b"", b"")
    assert seconds < 0.5


def test_ctrl_c_says_where_a_file_went(folder: Path) -> None:
    with serving(held("Hel")) as server:
        argv = (*NAME, "-o", "a.txt")
        with process(folder, *argv, env=variables_for(server)) as running:
            while not any(p.stat().st_size for p in folder.glob(".a.txt.*")):
                assert running.poll() is None
                select.select([], [], [], 0.01)
            _, code, _, err = stop(running)
    assert code == 130
    assert (folder / "a.txt.partial").read_bytes() == b"Hel"
    assert err.startswith(b"what came is in ")


needs_runtime = pytest.mark.skipif(
    not runtime_installed(), reason="the extra `local` is not installed"
)


@pytest.mark.slow
@needs_runtime
def test_the_embedded_model_answers(folder: Path, run_process: RunCli, model_weights: Path) -> None:
    argv = ["run", "small", "--var", "name=Ada", "--set", "max_tokens=8", "--set", "temperature=0"]
    one, two = (run_process(argv, cwd=folder) for _ in range(2))
    assert one.exit_code == 0, one.stderr
    assert one.stdout == two.stdout != ""
    assert one.stderr.splitlines()[-1].startswith("smollm2-135m-instruct · ")


@pytest.mark.slow
@needs_runtime
def test_ctrl_c_stops_the_embedded_model(folder: Path, model_weights: Path) -> None:
    with process(folder, "small", "--var", "name=Ada") as running:
        assert running.stdout is not None
        assert os.read(running.stdout.fileno(), 1)
        seconds, code, _, err = stop(running)
    assert (code, err) == (130, b"")
    assert seconds < 0.5


@pytest.mark.slow
@needs_runtime
def test_without_weights_it_says_what_to_type(folder: Path, run_cli: RunCli) -> None:
    done = run_cli(["run", "small", "--var", "name=Ada"], cwd=folder)
    assert done.exit_code == 2
    assert "hint: promptctl model install" in done.stderr


# --- a terminal ------------------------------------------------------------------------------------


def on_terminal(folder: Path, *argv: str, env: dict[str, str]) -> tuple[int, str]:
    """Run with all three streams on a pseudo terminal; the exit code and all that was shown."""
    controller, terminal = pty.openpty()
    running = subprocess.Popen(
        [sys.executable, "-m", "promptctl", "run", *argv],
        cwd=folder,
        env=dict(os.environ) | env,
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
    )
    os.close(terminal)
    shown = b""
    try:
        while piece := os.read(controller, 4096):
            shown += piece
    except OSError:  # Linux's way to say that the other side is closed
        pass
    os.close(controller)
    return running.wait(60), shown.decode().replace("\r\n", "\n")


def test_a_terminal_gets_no_control_sequences(folder: Path) -> None:
    pieces = OPENAI.stream("\x1b]52;c;", "eA==\x07 \x9b2J", " Ada")
    with serving(streamed(pieces)) as server:
        code, shown = on_terminal(folder, *NAME, env=variables_for(server))
    text, summary = shown.splitlines()
    assert code == 0
    assert text == "\\x1b]52;c;eA==\\x07 \\x9b2J Ada"
    assert summary.startswith("m-1 · 5 tokens in")


def test_colour_only_where_it_is_wanted(folder: Path) -> None:
    with serving(streamed(OPENAI.stream("Hi"))) as server:
        env = variables_for(server) | {"TERM": "xterm"}
        _, coloured = on_terminal(folder, *NAME, env=env)
        _, plain = on_terminal(folder, *NAME, env=env | {"NO_COLOR": "1"})
    assert "\x1b[2mm-1" in coloured
    assert "\x1b" not in plain


# --- what is not sent ------------------------------------------------------------------------------


@pytest.mark.parametrize("output_format", ["text", "json"])
def test_a_dry_run_sends_nothing(folder: Path, run_cli: RunCli, output_format: str) -> None:
    with serving(streamed(OPENAI.stream("x"))) as server:
        argv = ["run", *NAME, "--dry-run", "--format", output_format]
        done = run_cli(argv, cwd=folder, env=variables_for(server))
        rendered = run_cli(
            ["render", *NAME, "--request", "--format", output_format],
            cwd=folder,
            env=variables_for(server),
        )
        assert server.requests == []
    assert done.exit_code == 0
    assert f"{server.url}/chat/completions" in done.stdout
    assert done.stdout == rendered.stdout


def test_in_github_actions_the_text_stays_exact(folder: Path, run_cli: RunCli) -> None:
    with serving(streamed(OPENAI.stream("::error::x\n"))) as server:
        env = variables_for(server) | {"GITHUB_ACTIONS": "true"}
        done = run_cli(["run", *NAME], cwd=folder, env=env)
    assert done.stdout == "::error::x\n"
    assert done.stderr.startswith("::stop-commands::")
