"""The boundary: what the process prints and returns, whatever happens inside."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import textwrap

import pytest

from tests.generate_docs import command_lines

COMMAND = [sys.executable, "-m", "promptctl"]


def promptctl(*args: str, **options: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *args], capture_output=True, text=True, **options)  # type: ignore[call-overload,no-any-return]


def test_version_is_one_line_on_stdout() -> None:
    result = promptctl("--version")
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.startswith("promptctl ")
    assert result.stdout == promptctl("--color", "never", "--version").stdout


@pytest.mark.parametrize("args", [(), ("--help",), ("-h",)])
def test_help_lists_every_command(args: tuple[str, ...]) -> None:
    from promptctl.cli.app import COMMANDS

    result = promptctl(*args)
    assert result.returncode == 0
    for name, summary in COMMANDS.items():
        assert f"  {name} " in result.stdout
        assert summary.split(":")[0] in result.stdout


@pytest.mark.parametrize(
    ("args", "sentence", "hint"),
    [
        (("schem",), "there is no command `schem`", "did you mean `promptctl schema`?"),
        (("zzz",), "there is no command `zzz`", "promptctl --help"),
        (("schema", "--bogus"), "there is no option `--bogus`", "promptctl schema --help"),
        (("schema", "cat"), "`cat` is not one of", "promptctl schema --help"),
        (("-C", "/nowhere/at/all", "schema"), "there is no such folder", None),
    ],
)
def test_a_wrong_command_line_is_one_sentence_and_exit_2(
    args: tuple[str, ...], sentence: str, hint: str | None
) -> None:
    result = promptctl(*args)
    assert (result.returncode, result.stdout) == (2, "")
    assert sentence in result.stderr.splitlines()[0]
    assert ("hint: " + hint in result.stderr) if hint else ("hint" not in result.stderr)


def test_errors_are_json_where_json_was_asked_for() -> None:
    result = promptctl("schema", "cat", "--format", "json")
    error = json.loads(result.stderr)["error"]
    assert (result.returncode, error["kind"], error["exit"]) == (2, "usage_problem", 2)


@pytest.mark.parametrize("args", [["schema"], ["--version"], ["--help"], []])
def test_a_closed_pipe_ends_quietly_with_141(args: list[str]) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    result = subprocess.run([*COMMAND, *args], stdout=writer, stderr=subprocess.PIPE, check=False)
    os.close(writer)
    assert (result.returncode, result.stderr) == (141, b"")


@pytest.mark.parametrize("args", [["schema"], ["--version"]])
def test_a_full_disk_is_exit_74(args: list[str]) -> None:
    with open("/dev/full", "w") as full:
        result = subprocess.run(
            [*COMMAND, *args], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert (result.returncode, result.stderr) == (74, "error: No space left on device\n")


def in_shell(command: str) -> subprocess.CompletedProcess[str]:
    line = f"{sys.executable} -m promptctl {command}"
    return subprocess.run(["sh", "-c", line], capture_output=True, text=True, check=False)


@pytest.mark.parametrize("args", ["schema", "--version"])
def test_closed_standard_output_is_exit_74(args: str) -> None:
    result = in_shell(f"{args} >&-")
    assert (result.returncode, result.stderr) == (74, "error: standard output is closed\n")


def test_closed_standard_error_and_input_do_no_harm() -> None:
    result = in_shell("schema 2>&- <&-")
    assert result.returncode == 0
    assert json.loads(result.stdout)["$schema"]


@pytest.mark.parametrize(
    "wrapped",
    [
        "raise RuntimeError('while making a class') from KeyboardInterrupt()",
        "try:\n  raise KeyboardInterrupt\nfinally:\n  undefined_name",
    ],
)
def test_ctrl_c_in_disguise_is_still_130(wrapped: str) -> None:
    program = f"""
import sys
from promptctl.cli import app
def interrupted(*_):
{textwrap.indent(wrapped, "  ")}
app._run = interrupted
sys.exit(app.main(["schema"]))
"""
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False)
    assert (result.returncode, result.stderr) == (130, b"")


def test_stream_options_may_stand_behind_the_command() -> None:
    assert promptctl("schema", "-q").returncode == 0
    assert promptctl("schema", "--color", "never").returncode == 0


@pytest.mark.parametrize("group", [(), ("model",)])
def test_a_bare_group_prints_exactly_its_help(group: tuple[str, ...]) -> None:
    bare = promptctl(*group)
    assert (bare.returncode, bare.stderr) == (0, "")
    assert bare.stdout == promptctl(*group, "--help").stdout


def test_help_shows_no_notation_of_the_parser() -> None:
    for words in command_lines():
        usage = promptctl(*words, "--help").stdout
        assert not re.search(r"\{[A-Z]|\]:<|<(int|str|float|path)\b|x>=|<=x|\[required\]", usage), (
            words
        )
    assert "Usage: promptctl run [OPTIONS] REF\n" in promptctl("run", "-h").stdout
    assert "Usage: promptctl init [OPTIONS] [DIR]\n" in promptctl("init", "-h").stdout


def test_an_unknown_choice_of_colour_is_refused_behind_a_command_too() -> None:
    done = promptctl("schema", "--color", "bogus")
    assert (done.returncode, done.stdout) == (2, "")
    assert "--color 'bogus' is none of `auto`, `always`, `never`" in done.stderr
