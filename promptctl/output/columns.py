"""Plain columns: aligned by what a terminal shows, cut to its width."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from promptctl.output.terminal import visible_line

GAP = "  "
ELLIPSIS = "…"
_COMFORTABLE, _NARROWEST = 14, 4
"""Cells that a column keeps while another still has more, and that it keeps to the end."""


def columns(rows: Sequence[Sequence[str]], width: int | None = None) -> list[str]:
    """The rows as lines with aligned columns; cells are cut so that a line fits `width`.

    Cells may hold anything: what could drive a terminal is made visible, and no cell breaks a line.
    """
    cells = [[visible_line(cell) for cell in row] for row in rows]
    if not cells:
        return []
    widths = [max(map(cell_width, column)) for column in zip(*cells, strict=True)]
    if width is not None:
        widths = _fit(widths, width)
        cells = [[cut(cell, w) for cell, w in zip(row, widths, strict=True)] for row in cells]
    return [_line(row, widths, width) for row in cells]


def _fit(widths: Sequence[int], width: int) -> list[int]:
    """Widths that fit. The widest columns give way first: those behind the second one, then that one
    too, and the first, which people type, at the very end."""
    fitted = [min(wide, width) for wide in widths]
    room = width - len(GAP) * (len(fitted) - 1)
    for first, least in ((2, _COMFORTABLE), (1, _NARROWEST)):
        while sum(fitted) > room and max(fitted[first:], default=0) > least:
            widest = fitted.index(max(fitted[first:]), first)
            fitted[widest] -= 1
    fitted[0] = max(fitted[0] - max(sum(fitted) - room, 0), 1)
    return fitted


def _line(row: Sequence[str], widths: Sequence[int], width: int | None) -> str:
    padded = [
        cell + " " * (wide - cell_width(cell)) for cell, wide in zip(row, widths, strict=True)
    ]
    line = GAP.join(padded).rstrip()
    return line if width is None else cut(line, width)


def cut(text: str, width: int) -> str:
    """The text, or its beginning and an ellipsis where it is wider than `width` cells."""
    if cell_width(text) <= width:
        return text
    used, end = 0, 0
    for end, char in enumerate(text):  # noqa: B007 - the index where it no longer fits is the result
        used += _char_width(char)
        if used > width - 1:
            break
    return text[:end].rstrip() + ELLIPSIS


def cell_width(text: str) -> int:
    """How many cells of a terminal the text takes."""
    return len(text) if text.isascii() else sum(map(_char_width, text))


def _char_width(char: str) -> int:
    if char.isascii():
        return 1
    if unicodedata.combining(char) or unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1
