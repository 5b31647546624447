"""Text in the cells of a terminal: how many it takes, and where a line of it may end."""

from __future__ import annotations

import re
import unicodedata

ELLIPSIS = "…"
_NO_ARGUMENT = r"(?:to|or|and|in|once|with|for|is|if|after|before)\b|(?!status\b)[a-z]+s\b"
_COMMAND = re.compile(rf"(?:^\S+ |\b)(?:promptctl|git)(?: (?!{_NO_ARGUMENT})[^\s;,]+)+[;,]?")
"""A command in a sentence, as far as its words do not read like those that go on with the sentence; and
the one word before it that begins the line, such as `hint:`."""
_KEPT_BLANK = "\x00"
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def cell_width(text: str) -> int:
    """How many cells of a terminal the text takes; our own colours take none."""
    if text.isascii():
        return len(_COLOUR.sub("", text)) if "\x1b" in text else len(text)
    return sum(map(char_width, _COLOUR.sub("", text)))


def char_width(char: str) -> int:
    """The cells of one character: none if it combines, two if it is wide."""
    if char.isascii():
        return 1
    if unicodedata.combining(char) or unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def cut(text: str, width: int) -> str:
    """The text, or its beginning and an ellipsis where it is wider than `width` cells."""
    if cell_width(text) <= width:
        return text
    used, end = 0, 0
    for end, char in enumerate(text):  # noqa: B007 - the index where it no longer fits is the result
        used += char_width(char)
        if used > width - 1:
            break
    return text[:end].rstrip() + ELLIPSIS


def wrap(text: str, width: int | None, indent: int = 0) -> list[str]:
    """The text as lines of at most `width` cells, broken between words; all but the first indented.

    A word is never broken: paths and commands can still be copied. No width: the text as it is.
    """
    if width is None or cell_width(text) <= width:
        return [text]
    lines: list[str] = []
    line, used = "", 0
    for number, word in enumerate(text.split(" ")):
        size = cell_width(word)
        if number and line.strip() and used + 1 + size > width:
            lines.append(line.rstrip())
            line, used = " " * indent + word, indent + size
        else:
            line, used = (f"{line} {word}", used + 1 + size) if number else (word, size)
    return [*lines, line]


def wrap_note(text: str, width: int | None, indent: int = 0) -> list[str]:
    """As `wrap`, with no break inside a command: it can be copied as one line, whatever the width."""
    if width is None or cell_width(text) <= width:
        return [text]
    kept = _COMMAND.sub(lambda found: found[0].replace(" ", _KEPT_BLANK), text)
    return [line.replace(_KEPT_BLANK, " ") for line in wrap(kept, width, indent)]
