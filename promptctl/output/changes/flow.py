"""Styled text in lines of a given width: nothing is wider, and each line carries its own colours."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from promptctl.output.cells import cell_width, char_width
from promptctl.output.terminal import Terminal

_LEAST = 10
"""Cells that a line keeps for its text, whatever stands before it."""
_TAB = "    "
_STOPS = "\u3001\u3002\uff0c\uff0e\uff01\uff1f\uff1a\uff1b\u300d\u300f\uff09"
"""Full stops and the like of East Asian texts, which begin no line."""
_OPENING, _CLOSING = ("[-", "{+"), ("-]", "+}")


@dataclass(frozen=True, slots=True)
class Span:
    """A part of a line and its styles."""

    text: str
    styles: tuple[str, ...] = ()


@dataclass(slots=True)
class _Lines:
    """Lines as they fill up."""

    room: list[int]
    """The cells of the first line, and of those below it."""
    done: list[list[Span]] = field(default_factory=list)
    line: list[Span] = field(default_factory=list)
    used: int = 0

    @property
    def left(self) -> int:
        return self.room[bool(self.done)] - self.used

    def put(self, spans: Iterable[Span]) -> None:
        for span in spans:
            self.line.append(span)
            self.used += cell_width(span.text)

    def end_line(self) -> None:
        self.done.append(self.line)
        self.line, self.used = [], 0


def flow(
    spans: Sequence[Span],
    terminal: Terminal,
    width: int | None,
    first: str = "",
    rest: str = "",
) -> list[str]:
    """The text as lines after `first`, or `rest` from the second line on; no width: one line."""
    if width is None:
        return [(first + _painted(spans, terminal)).rstrip(" ")]
    lines = filled(spans, width - cell_width(first), width - cell_width(rest))
    return [
        ((rest if number else first) + _painted(line, terminal)).rstrip(" ")
        for number, line in enumerate(lines)
    ]


def filled(spans: Sequence[Span], first: int, rest: int) -> list[list[Span]]:
    """The text as lines of at most so many cells, the first one and those below it.

    Lines end between words, and inside one only where it is wider than a line by itself.
    """
    lines = _Lines([max(first, _LEAST), max(rest, _LEAST)])
    blanks: list[Span] = []
    for word in _words(spans):
        if word[0].text.isspace():
            blanks = word
            continue
        _put_word(lines, blanks, word)
        blanks = []
    if sum(len(span.text) for span in blanks) <= lines.left:
        lines.put(blanks)
    lines.end_line()
    return [_joined(line) for line in lines.done]


def _put_word(lines: _Lines, blanks: Sequence[Span], word: Sequence[Span]) -> None:
    blank = sum(len(span.text) for span in blanks)
    size = sum(cell_width(span.text) for span in word)
    if blank + size <= lines.left:
        lines.put([*blanks, *word])
        return
    if lines.line:
        lines.end_line()
    elif blank < lines.left:  # the indent of a text
        lines.put(blanks)
    if size <= lines.left:
        lines.put(word)
        return
    for span in word:
        for char in span.text:
            if char_width(char) > lines.left:
                lines.end_line()
            lines.put([Span(char, span.styles)])


def _words(spans: Iterable[Span]) -> Iterator[list[Span]]:
    """Runs of blanks, and runs of what stays together on a line."""
    word: list[Span] = []
    for atom in _atoms(spans):
        blank = atom.text.isspace()
        if word and (blank != word[0].text.isspace() or _may_part(word[-1], atom)):
            yield word
            word = []
        word.append(atom)
    if word:
        yield word


def _may_part(one: Span, other: Span) -> bool:
    """Whether a line may end between two characters that no blank parts: beside wide ones.

    Not before a stop, and not inside the brackets of a word diff, whatever stands in them.
    """
    if other.text[0] in _STOPS or other.text.startswith(_CLOSING) or one.text.endswith(_OPENING):
        return False
    return char_width(one.text[0]) == 2 or char_width(other.text[0]) == 2


def _atoms(spans: Iterable[Span]) -> Iterator[Span]:
    """The spans in pieces that hold blanks only, or one wide character, or none of both."""
    for span in spans:
        for text in re.findall(r"\s+|\S+", span.text.replace("\t", _TAB)):
            if text.isascii():
                yield Span(text, span.styles)
                continue
            yield from (Span(part, span.styles) for part in _by_width(text))


def _by_width(text: str) -> Iterator[str]:
    """Each wide character by itself, with what combines with it."""
    part = ""
    for char in text:
        size = char_width(char)
        if part and size and (size == 2 or char_width(part[0]) == 2):
            yield part
            part = ""
        part += char
    yield part


def _joined(spans: Iterable[Span]) -> list[Span]:
    runs = groupby(spans, key=lambda span: span.styles)
    return [Span("".join(span.text for span in run), styles) for styles, run in runs]


def _painted(spans: Iterable[Span], terminal: Terminal) -> str:
    line = (terminal.paint(s.text, *s.styles) if s.styles else s.text for s in _joined(spans))
    return "".join(line)
