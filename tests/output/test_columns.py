"""Tables that fit the terminal and never cut what people have to type."""

from __future__ import annotations

import pytest

from promptctl.output.cells import cell_width, cut, wrap
from promptctl.output.columns import columns, wrapped_columns

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


@pytest.mark.parametrize(
    ("text", "width", "indent", "expected"),
    [
        ("one two three", None, 2, ["one two three"]),
        ("one two three", 13, 2, ["one two three"]),
        ("one two three", 9, 2, ["one two", "  three"]),
        ("  one two", 6, 2, ["  one", "  two"]),
        ("a/path/that/is/long and more", 8, 4, ["a/path/that/is/long", "    and", "    more"]),
        ("日本 日本 日本", 9, 1, ["日本 日本", " 日本"]),
        ("\x1b[1mone two\x1b[0m three", 7, 2, ["\x1b[1mone two\x1b[0m", "  three"]),
        ("", 5, 2, [""]),
    ],
)
def test_text_is_wrapped_between_words(
    text: str, width: int | None, indent: int, expected: list[str]
) -> None:
    assert wrap(text, width, indent) == expected


def test_what_does_not_fit_a_row_goes_on_below() -> None:
    rows = [("id", "error", "word " * 12), ("longer-id", "off", "short")]
    assert wrapped_columns(rows, None) == columns(rows)
    wide = wrapped_columns(rows, 50)
    assert wide[:2] == [
        "id         error  " + "word " * 5 + "word",
        " " * 18 + "word " * 5 + "word",
    ]
    assert wide[2] == "longer-id  off    short"
    narrow = wrapped_columns(
        [("root", "x" * 30, "found upwards"), ("remote", "origin", "default")], 40
    )
    assert narrow == ["root    " + "x" * 30, "        found upwards", "remote  origin  default"]
    assert all(cell_width(line) <= 30 for line in wrapped_columns(rows, 30))
