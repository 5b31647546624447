"""Questions at a terminal: what Enter alone means is said, and nobody there is a no."""

from __future__ import annotations

import io

import pytest

from promptctl.output.terminal import Terminal


@pytest.mark.parametrize(
    ("typed", "default", "answer"),
    [
        *(("y\n", False, True), ("YES\n", False, True), ("n\n", False, False)),
        *(("\n", False, False), ("", False, False), ("sure\n", False, False)),
        *(("\n", True, True), ("", True, False), ("n\n", True, False), ("what\n", True, False)),
    ],
)
def test_a_question(typed: str, default: bool, answer: bool) -> None:
    err = io.StringIO()
    terminal = Terminal(io.StringIO(), err, io.StringIO(typed), err_is_tty=True, in_is_tty=True)
    assert terminal.confirm("Publish \x1b[2J it?", default=default) is answer
    assert err.getvalue() == f"Publish \\x1b[2J it? {'[Y/n]' if default else '[y/N]'} "


def test_nobody_there_is_a_no() -> None:
    err = io.StringIO()
    terminal = Terminal(io.StringIO(), err, io.StringIO("y\n"), err_is_tty=True)
    assert not terminal.confirm("Publish it?", default=True)
    assert err.getvalue() == ""
