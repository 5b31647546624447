"""Tables that fit the terminal and never cut what people have to type."""

from __future__ import annotations

import pytest

from promptctl.output.columns import cell_width, columns, cut

ROWS = [
    ("NAME", "MODEL", "VARIABLES", "DESCRIPTION"),
    ("support/order-status", "local/smollm2-135m-instruct", "question, [more]", "x" * 60),
    ("smoke", "echo", "-", "short"),
]


@pytest.mark.parametrize("width", [40, 60, 80, 200])
def test_every_line_fits_and_names_are_whole(width: int) -> None:
    lines = columns(ROWS, width)
    assert all(cell_width(line) <= width for line in lines)
    assert lines[1].startswith("support/order-status  ")


def test_a_wide_screen_cuts_nothing() -> None:
    assert columns(ROWS, 200) == columns(ROWS)
    assert "…" not in "".join(columns(ROWS))


def test_a_name_wider_than_the_screen_is_cut_at_last() -> None:
    assert columns([("n" * 50, "x")], 20)[0].startswith("n" * 12)
    assert cell_width(columns([("n" * 50, "x")], 20)[0]) <= 20


@pytest.mark.parametrize(
    ("text", "width", "expected"),
    [("abc", 3, "abc"), ("abcd", 3, "ab…"), ("日本語", 5, "日本…"), ("e\u0301x", 2, "e\u0301x")],
)
def test_cutting_counts_cells(text: str, width: int, expected: str) -> None:
    assert cut(text, width) == expected


def test_a_cell_breaks_no_line_and_drives_no_terminal() -> None:
    (line,) = columns([("a\nb", "\x1b[31m")])
    assert line == "a b  \\x1b[31m"
