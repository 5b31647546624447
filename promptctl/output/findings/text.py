"""Findings for people: where, what, the line of the file with a mark under it, and what to do."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator, Sequence
from typing import Protocol, TypeAlias

from promptctl.core.finding import Finding, Location, Severity
from promptctl.output.cells import wrap
from promptctl.output.terminal import visible, visible_line

ReadLines: TypeAlias = Callable[[str], Sequence[str] | None]
"""The lines of a file by its path, without their ends; None where they cannot be shown."""

_STYLES = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.INFO: "cyan"}
_TAB = "    "
_NARROWEST = 20


class Paint(Protocol):
    """Puts text in colour, or does not: `Terminal.paint`."""

    def __call__(self, text: str, *styles: str) -> str:
        """The text in these styles."""


def unpainted(text: str, *styles: str) -> str:
    """The text without colour."""
    return text


def no_lines(path: str) -> Sequence[str] | None:
    """Where no file can be shown."""
    return None


def findings_text(
    findings: Sequence[Finding],
    read_lines: ReadLines,
    paint: Paint,
    width: int,
    *,
    wrapped: bool = False,
) -> str:
    """Each finding on its own lines, a blank line between two; long ones `wrapped` to the width."""
    blocks: list[str] = []
    limit = width if wrapped else None
    path, lines = None, None
    for finding in findings:
        if finding.location.path != path:
            path = finding.location.path
            lines = read_lines(path)
        block = _block(finding, lines or (), paint, width)
        shown = (part for line, indent in block for part in wrap(line, limit, indent))
        blocks.append("\n".join(shown) + "\n")
    return "\n".join(blocks)


def _block(
    finding: Finding, lines: Sequence[str], paint: Paint, width: int
) -> Iterator[tuple[str, int]]:
    """The lines of a finding, each with the indent of what may have to go on below it."""
    style = _STYLES.get(finding.severity, "cyan")
    place = paint(visible_line(str(finding.location)), "bold")
    severity = paint(finding.severity.value, "bold", style)
    rule = paint(f"[{visible_line(finding.rule)}]", "dim")
    gutter = len(str(finding.location.line))
    yield f"{place}: {severity} {rule} {visible_line(finding.message)}", gutter + 3
    location = finding.location
    if 1 <= location.line <= len(lines):
        line = lines[location.line - 1].removeprefix("\ufeff")  # columns do not count it
        shown, mark = excerpt(line, location, width - gutter - 5)
        bar = paint("|", "dim")
        yield f"  {paint(str(location.line), 'dim')} {bar} {shown}".rstrip(), 0
        yield f"  {' ' * gutter} {bar} {_painted_mark(mark, paint, style)}", 0
    if finding.hint:
        label = paint("hint:", "bold", "cyan")
        hang = gutter + 3 + len("hint: ")
        yield f"  {' ' * gutter} {label} {visible_line(finding.hint)}", hang


def _painted_mark(mark: str, paint: Paint, style: str) -> str:
    carets = mark.lstrip(" ")
    return " " * (len(mark) - len(carets)) + paint(carets, "bold", style)


def excerpt(line: str, location: Location, width: int) -> tuple[str, str]:
    """A line as a terminal shows it and the carets under its part of the span, cut to `width`.

    A character may take no cell (combining), two (wide), or more (a tab, a control character shown
    as an escape); the carets stand under the cells.
    """
    width = max(width, _NARROWEST)
    # No more characters than cells can be shown on either side; a line may have a million.
    left = max(0, min(location.column - 1, len(line)) - width)
    near = line[left : left + 2 * width + 1]
    plain = near.isascii() and near.isprintable()
    cells = [(char, 1) for char in near] if plain else [_cell(char) for char in near]
    first = min(location.column - 1 - left, len(cells))
    last = location.end_column - 1 - left if location.end_line == location.line else len(cells)
    start = _window_start(cells, first, width)
    before = "…" if left + start else ""
    more = left + len(near) < len(line)
    end = _window_end(cells, start, width - len(before), more)
    after = "…" if more or end < len(cells) else ""
    shown = before + "".join(text for text, _ in cells[start:end]) + after
    indent = len(before) + sum(size for _, size in cells[start : min(first, end)])
    marked = sum(size for _, size in cells[first : min(last, end)])
    return shown, " " * indent + "^" * max(1, marked)


def _window_start(cells: Sequence[tuple[str, int]], first: int, width: int) -> int:
    """The first character to show: 0 if the mark is then in sight, else some way left of the mark."""
    if sum(size for _, size in cells[:first]) < width * 2 // 3 or not first:
        return 0
    room, start = width // 3, first
    while start and room >= cells[start - 1][1]:
        start -= 1
        room -= cells[start][1]
    return start


def _window_end(cells: Sequence[tuple[str, int]], start: int, room: int, more: bool) -> int:
    """Behind the last character to show: all, if they fit; else one cell is kept for the mark …"""
    if not more and sum(size for _, size in cells[start:]) <= room:
        return len(cells)
    end = start
    while end < len(cells) and room > cells[end][1]:
        room -= cells[end][1]
        end += 1
    return end


def _cell(char: str) -> tuple[str, int]:
    """What is shown for a character, and how many cells of the terminal that takes."""
    if char == "\t":
        return _TAB, len(_TAB)
    if char == "\n":
        return " ", 1
    shown = visible(char)
    if len(shown) > 1 or char.isascii():
        return shown, len(shown)
    if unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return shown, 0
    return shown, 2 if unicodedata.east_asian_width(char) in "WF" else 1
