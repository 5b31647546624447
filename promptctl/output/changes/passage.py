"""What of an edited text is shown: the lines around its edits, each cut to what surrounds the edit."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from promptctl.core.word_diff import Edit
from promptctl.output.cells import ELLIPSIS
from promptctl.output.terminal import visible

Kind = Literal["same", "removed", "added"]


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of one line, without its end, that both sides have or only one."""

    kind: Kind
    text: str


@dataclass(frozen=True, slots=True)
class Passage:
    """The lines of a text that a reader needs; () stands for lines left out between two others."""

    lines: tuple[tuple[Piece, ...], ...]
    left_out: int = 0
    """How many edited lines are beyond the limit."""


@dataclass(frozen=True, slots=True)
class Extent:
    """How much of an edited text is shown."""

    lines: int
    """At most so many lines."""
    around: int = 1
    """Lines before and after an edited one."""
    context: int = 60
    """Characters before and after an edit in its line."""
    edited: int = 600
    """Characters of one edit in one line."""


_MARKS = str.maketrans({" ": "·", "\t": "⇥"})
_NO_CHARACTERS = "".join(chr(plane << 16 | low) for plane in range(17) for low in (0xFFFE, 0xFFFF))
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u2060-\u2065\u206a-\u206f\u3164"
    "\ufff0-\ufffb\uffa0\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
    f"\ufdd0-\ufdef{_NO_CHARACTERS}]"
    # What joins or varies the sign before it is wanted in some scripts and in emoji, but only once,
    # and not beside ASCII.
    "|(?<=[\\x00-\\x7f\u200c\u200d])[\u200c\u200d]|(?<=[\\x00-\\x7f\ufe00-\ufe0f])[\ufe00-\ufe0f]"
)


def revealed(text: str) -> str:
    """As `visible`, with the characters too that show nothing but that a model reads."""
    shown = visible(text)
    return shown if shown.isascii() else _INVISIBLE.sub(_escape, shown)


def revealed_line(text: str) -> str:
    """As `revealed`, for text that must stay on one line."""
    return revealed(re.sub(r"\r\n|[\n\t]", " ", text))


def _escape(found: re.Match[str]) -> str:
    code = ord(found[0])
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def passage(edits: Iterable[Edit], extent: Extent) -> Passage:
    """The lines around the edits, with what is left out marked."""
    lines = _lines(edits)
    changed = [n for n, line in enumerate(lines) if any(piece.kind != "same" for piece in line)]
    near = {
        n
        for place in changed
        for n in range(max(0, place - extent.around), min(len(lines), place + extent.around + 1))
        if n == place or _says_something(lines[n])
    }
    # The blank line between two paragraphs tells them apart.
    kept = sorted(near | {n + 1 for n in near if n + 2 in near})
    shown = kept[: extent.lines]
    beyond = set(kept[extent.lines :])
    last = shown[-1] if shown else -1
    found: list[tuple[Piece, ...]] = []
    for place, n in enumerate(shown):
        if place and any(_says_something(line) for line in lines[shown[place - 1] + 1 : n]):
            found.append(())
        before = not place and any(_says_something(line) for line in lines[:n])
        after = n == last and not beyond and any(_says_something(line) for line in lines[n + 1 :])
        line = lines[n] or [Piece("same", "")]
        found.append(tuple(_cut_line(line, extent, before=before, after=after)))
    return Passage(tuple(found), sum(n in beyond for n in changed))


def _says_something(line: Sequence[Piece]) -> bool:
    return any(piece.text.strip() for piece in line)


def _lines(edits: Iterable[Edit]) -> list[list[Piece]]:
    """The edits by line. A line ends where the newer text ends one, and inside what was removed."""
    lines: list[list[Piece]] = [[]]
    for edit in edits:
        blank = edit.kind != "same" and not edit.text.strip()
        first = True
        for text in edit.text.split("\n"):
            if not first:
                if blank:
                    lines[-1].append(Piece(edit.kind, "↵"))
                if not blank or edit.kind == "added":
                    lines.append([])
            if text:
                lines[-1].append(Piece(edit.kind, text.translate(_MARKS) if blank else text))
            first = False
    return [_joined(line) for line in lines]


def _joined(line: Sequence[Piece]) -> list[Piece]:
    joined: list[Piece] = []
    for piece in line:
        if joined and joined[-1].kind == piece.kind:
            joined[-1] = Piece(piece.kind, joined[-1].text + piece.text)
        else:
            joined.append(piece)
    return joined


def _cut_line(
    line: Sequence[Piece], extent: Extent, *, before: bool, after: bool
) -> Iterator[Piece]:
    """The line with its long parts cut and what could deceive a reader made visible."""
    if before:
        yield Piece("same", f"{ELLIPSIS} ")
    last = len(line) - 1
    for place, piece in enumerate(line):
        if piece.kind != "same":
            text = _cut_edit(piece.text, extent.edited)
        elif last == 0:
            text = _head(piece.text, 2 * extent.context)
        elif place == 0:
            text = _tail(piece.text, extent.context)
        elif place == last:
            text = _head(piece.text, extent.context)
        else:
            text = _middle(piece.text, extent.context)
        yield Piece(piece.kind, revealed(text))
    if after:
        yield Piece("same", f" {ELLIPSIS}")


def _cut_edit(text: str, most: int) -> str:
    if len(text) <= most + most // 4:
        return text
    return f"{text[:most]}{ELLIPSIS} ({len(text) - most:,} more characters)"


_SLACK = 12
"""A word or two more than asked for is better than a mark for what is missing."""


def _head(text: str, most: int) -> str:
    if len(text) <= most + _SLACK:
        return text
    head = text[:most]
    return f"{head[: head.rfind(' ') + 1] or head}{ELLIPSIS}"


def _tail(text: str, most: int) -> str:
    if len(text) <= most + _SLACK:
        return text
    tail = text[-most:]
    start = tail.find(" ")
    return f"{ELLIPSIS}{tail[start:] if start >= 0 else tail}"


def _middle(text: str, most: int) -> str:
    if len(text) <= 2 * most + _SLACK:
        return text
    return f"{_head(text[: len(text) // 2], most)}{_tail(text[len(text) // 2 :], most)[1:]}"
