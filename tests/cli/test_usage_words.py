"""What the parser refuses is said in our words, with what was meant where it can be told."""

from __future__ import annotations

import pytest

from tests.conftest import RunCli


@pytest.mark.parametrize(
    ("line", "message", "hint"),
    [
        ("validate --frmat json", "there is no option `--frmat`", "did you mean `--format`?"),
        ("validate --zzzzzz", "there is no option `--zzzzzz`", "promptctl validate --help"),
        ("run a --topic x", "there is no option `--topic`", "--var topic=VALUE"),
        ("validate --format jsn", "`--format`: `jsn` is not one of `text`, `json`", "`json`?"),
        ("validate --jobs x", "`--jobs`: `x` is no whole number", "promptctl validate --help"),
        ("validate --jobs 99", "`--jobs`: 99 is not between 1 and 64", "promptctl validate --help"),
        ("render", "`REF` is missing", "promptctl render --help"),
        ("run a --set", "`--set` needs a value", "--help"),
        ("new a b c", "more arguments than the command takes: `b c`", "promptctl new --help"),
        ("valdiate", "there is no command `valdiate`", "did you mean `promptctl validate`?"),
    ],
)
def test_a_mistake_on_the_command_line(run_cli: RunCli, line: str, message: str, hint: str) -> None:
    result = run_cli(line.split())
    assert (result.exit_code, result.stdout) == (2, "")
    assert f"error: {message}" in result.stderr
    assert hint in result.stderr.split("hint: ")[1]
