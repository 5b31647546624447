"""Plain columns: aligned by what a terminal shows, cut to its width."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from promptctl.output.cells import cell_width, cut, wrap
from promptctl.output.terminal import visible_line

GAP = "  "
_COMFORTABLE, _NARROWEST = 14, 4
"""Cells that a column keeps while another still has more, and that it keeps to the end."""
_READABLE, _INDENT = 24, 4
"""Cells in which a text can still be read, and where it goes if there are fewer beside the others."""


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


def wrapped_columns(rows: Sequence[Sequence[str]], width: int | None) -> list[str]:
    """The rows as lines with aligned columns, with nothing cut: what does not fit goes on below.

    A cell that takes half the width by itself does not push the other rows' cells away.
    """
    cells = [[visible_line(cell) for cell in row] for row in rows]
    if width is None or not cells:
        return columns(rows)
    widths = [
        max((wide for cell in column if (wide := cell_width(cell)) <= width // 2), default=0)
        for column in zip(*cells, strict=True)
    ]
    return [line for row in cells for line in _wrapped_row(row, widths, width)]


def _wrapped_row(row: Sequence[str], widths: Sequence[int], width: int) -> Iterator[str]:
    *most, last = row
    aligned = all(cell_width(cell) <= wide for cell, wide in zip(most, widths, strict=False))
    start = sum(widths[:-1]) + len(GAP) * len(most)
    line = _line(row, [*widths[:-1], cell_width(last)], None)
    if aligned and (cell_width(line) <= width or width - start >= _READABLE):
        yield from wrap(line, width, start)
        return
    indent = widths[0] + len(GAP) if width - widths[0] >= _READABLE else _INDENT
    line = row[0] + " " * (indent - len(GAP) - cell_width(row[0]))
    for number, cell in enumerate(filter(None, row[1:])):
        if number and cell_width(line) + len(GAP) + cell_width(cell) > width:
            yield line
            line = " " * (indent - len(GAP))
        *lines, line = wrap(line + GAP + cell, width, indent)
        yield from lines
    yield line.rstrip()


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
