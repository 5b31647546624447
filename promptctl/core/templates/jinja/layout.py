"""Filters that lay out: lists in rows and columns, text in lines, text for HTML."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from promptctl.core.json_data import Json
from promptctl.core.templates.jinja import budget
from promptctl.core.templates.value_text import text_of

_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&#34;", "'": "&#39;"})
_BLANKS = " \t"
_PIECES = re.compile(r"[ \t]+|[^ \t]*?\w[^\W\d_]-(?=\w[^\W\d_])|[^ \t]+")
_PIECES_WITH_HYPHENS_INSIDE = re.compile(r"[ \t]+|[^ \t]+")


def list_of(value: Any) -> list[Any]:
    """The members of a list, the keys of an object, the characters of a string."""
    if isinstance(value, (str, Mapping, Sequence)):
        return list(value)
    raise TypeError("this filter takes a list")


def escape(value: Json) -> str:
    """Text for HTML: `&`, `<`, `>` and both quotes written as entities."""
    text = text_of(value)
    budget.charge(4 * len(text))  # what each character can grow by
    return text.translate(_ESCAPES)


def _whole(value: Any) -> int:
    if isinstance(value, int) and value > 0:
        return value
    raise TypeError("a whole number above 0 belongs here")


def batch(value: Any, linecount: int, fill_with: Json = None) -> list[list[Any]]:
    """Rows of `linecount` members each; the last may be filled up."""
    members, count = list_of(value), _whole(linecount)
    budget.charge(budget.ELEMENT * len(members))
    rows = [members[start : start + count] for start in range(0, len(members), count)]
    if rows and fill_with is not None:
        missing = count - len(rows[-1])
        budget.charge(budget.ELEMENT * missing)
        rows[-1] += [fill_with] * missing
    return rows


def slice_(value: Any, slices: int, fill_with: Json = None) -> list[list[Any]]:
    """That many columns of nearly equal length; shorter ones may be filled up."""
    members, count = list_of(value), _whole(slices)
    budget.charge(budget.ELEMENT * (count + len(members)))
    size, longer = divmod(len(members), count)
    columns, start = [], 0
    for number in range(count):
        end = start + size + (number < longer)
        is_short = bool(longer) and number >= longer
        filling = [fill_with] if is_short and fill_with is not None else []
        columns.append(members[start:end] + filling)
        start = end
    return columns


def wordwrap(
    value: Json,
    width: int = 79,
    break_long_words: bool = True,
    wrapstring: str | None = None,
    break_on_hyphens: bool = True,
) -> str:
    """Each line broken between words into lines of at most `width` characters."""
    pieces = _PIECES if break_on_hyphens else _PIECES_WITH_HYPHENS_INSIDE
    limit = _whole(width)
    rows: list[str] = []
    for line in text_of(value).splitlines():
        rows += _wrapped(line, limit, pieces, bool(break_long_words)) or [""]
        budget.charge(budget.ELEMENT)
    end = "\n" if wrapstring is None else text_of(wrapstring)
    budget.charge(len(end) * len(rows))
    return end.join(rows)


def _wrapped(line: str, width: int, pieces: re.Pattern[str], break_long_words: bool) -> list[str]:
    """The rows of one line: as many pieces in each as fit, without the blanks around a break."""
    rows: list[str] = []
    start = end = 0  # the row under way
    for match in pieces.finditer(line):
        budget.charge(budget.STEP)
        first, after = match.span()
        is_blank = line[first] in _BLANKS
        if is_blank and rows and start == end:
            start = end = after
            continue
        if after - start > width and (is_blank or not break_long_words or after - first <= width):
            _add_row(rows, line[start:end])
            start = after if is_blank else first
        while after - start > width and break_long_words:
            budget.charge(budget.STEP)
            _add_row(rows, line[start : start + width])
            start += width
        end = after
    _add_row(rows, line[start:end])
    return rows


def _add_row(rows: list[str], row: str) -> None:
    if row := row.rstrip(_BLANKS):
        rows.append(row)
