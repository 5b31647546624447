"""Plain columns: aligned by what a terminal shows, cut to its width."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence

from promptctl.output.cells import cell_width, cut, wrap
from promptctl.output.terminal import visible_line

GAP = "  "
_COMFORTABLE, _NARROWEST = 14, 4
"""Cells that a column keeps while another still has more, and that it keeps to the end."""
_USUAL_WIDTH = 100
"""Cells of a screen, where the width of none is known."""
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
    if width is None:
        return [_line(row, widths, None) for row in cells]
    widths = _fit(widths, width)
    return [_cut_line(row, widths, width) for row in cells]


def fitted_columns(
    rows: Sequence[Sequence[str]],
    width: int | None,
    *,
    whole: Collection[int],
    spare: Sequence[int] = (),
) -> list[str]:
    """As `columns`, for a narrow screen too: the columns of `whole` are never cut.

    Where there is no room, the columns of `spare` are left out, one after the other; if what is left
    has none either, it goes below the first cell. A first cell of more than half the width stands alone
    too, rather than push the others' cells away. Each string is a row, however many lines it takes.
    """
    cells = [[visible_line(cell) for cell in row] for row in rows]
    if width is None or not cells:
        return columns(rows)
    widths = [max(map(cell_width, column)) for column in zip(*cells, strict=True)]
    firsts = [size for row in cells if (size := cell_width(row[0])) <= width // 2]
    widths[0] = max(firsts, default=_INDENT)
    least = [w if n in whole else min(w, _COMFORTABLE) for n, w in enumerate(widths)]
    shown = list(range(len(widths)))
    for column in spare:
        if _taken(least[n] for n in shown) > width:
            shown.remove(column)
    if _taken(least[n] for n in shown) <= width:
        kept = frozenset(place for place, n in enumerate(shown) if n in whole)
        fitted = _fit([widths[n] for n in shown], width, kept)
    elif _INDENT + _taken(least[n] for n in shown[1:]) <= width:
        kept = frozenset(place for place, n in enumerate(shown) if n in whole or place == 0)
        fitted = _fit([_INDENT - len(GAP), *(widths[n] for n in shown[1:])], width, kept)
    else:
        return ["\n".join(_packed([row[n] for n in shown], width)) for row in cells]
    return ["\n".join(_row_lines([row[n] for n in shown], fitted, width)) for row in cells]


def _row_lines(row: Sequence[str], widths: Sequence[int], width: int) -> Iterator[str]:
    if cell_width(row[0]) > widths[0]:
        yield row[0]
        row = ["", *row[1:]]
    yield _cut_line(row, widths, width)


def _packed(row: Sequence[str], width: int) -> Iterator[str]:
    """The first cell, and below it as many of the others on a line as fit."""
    yield row[0]
    line = ""
    for cell in filter(None, row[1:]):
        if line and len(GAP) + cell_width(line) + cell_width(cell) > width:
            yield from wrap(line, width, _INDENT)
            line = ""
        line = f"{line}{GAP}{cell}" if line else " " * _INDENT + cell
    if line:
        yield from wrap(line, width, _INDENT)


def wrapped_columns(rows: Sequence[Sequence[str]], width: int | None) -> list[str]:
    """The rows as lines with aligned columns, with nothing cut: what does not fit goes on below.

    A cell that takes half the width by itself does not push the other rows' cells away; without a width,
    where nobody looks, one that takes half a usual screen does not.
    """
    cells = [[visible_line(cell) for cell in row] for row in rows]
    half = (width or _USUAL_WIDTH) // 2
    widths = [
        max((wide for cell in column if (wide := cell_width(cell)) <= half), default=0)
        for column in zip(*cells, strict=True)
    ]
    if width is None:
        return [_line(row, widths, None) for row in cells]
    return [line for row in cells for line in _wrapped_row(row, widths, width)]


def _taken(widths: Iterable[int]) -> int:
    """The cells that columns of these widths take side by side."""
    return sum(wide + len(GAP) for wide in widths) - len(GAP)


def _cut_line(row: Sequence[str], widths: Sequence[int], width: int) -> str:
    cells = [cut(cell, wide) for cell, wide in zip(row, widths, strict=True)]
    return _line(cells, widths, width)


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


def _fit(widths: Sequence[int], width: int, whole: Collection[int] = ()) -> list[int]:
    """Widths that fit. The widest columns give way first: those behind the second one, then that one
    too, and the first, which people type, at the very end; those of `whole` keep their width."""
    fitted = [min(wide, width) for wide in widths]
    room = width - len(GAP) * (len(fitted) - 1)
    for first, least in ((2, _COMFORTABLE), (1, _NARROWEST)):
        giving = [n for n in range(first, len(fitted)) if n not in whole]
        while sum(fitted) > room and max((fitted[n] for n in giving), default=0) > least:
            fitted[max(giving, key=lambda n: fitted[n])] -= 1
    fitted[0] = max(fitted[0] - max(sum(fitted) - room, 0), 1)
    return fitted


def _line(row: Sequence[str], widths: Sequence[int], width: int | None) -> str:
    padded = [
        cell + " " * (wide - cell_width(cell)) for cell, wide in zip(row, widths, strict=True)
    ]
    line = GAP.join(padded).rstrip()
    return line if width is None else cut(line, width)
