"""The comments of a YAML file, in order, and which of them stand where."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from promptctl.core.source_text import SourceText
from promptctl.core.yaml_tree import Node, scalars

_BLOCK_HEADER = re.compile(r"[|>][-+0-9]*[ \t]+(#[^\n]*)")
_COMMENT = re.compile(r"#[^\n]*")
_STRUCTURE = re.compile(r"[ \t\n,:?.\[\]{}-]*")


class NotUnderstood(Exception):
    """Something in a file is neither text, comment nor structure: a directive, for example."""


@dataclass(frozen=True, slots=True)
class Comment:
    """One comment: where it stands and what it says, from the `#` on."""

    start: int
    end: int
    line: int
    column: int
    text: str
    gap: str
    """The blanks before it, if something stands before it on its line."""

    @property
    def switches_rules(self) -> bool:
        """Whether it says something to promptctl about its line."""
        return "promptctl:" in self.text


def find_comments(source: SourceText, root: Node) -> list[Comment]:
    """All comments of a file. Raises NotUnderstood where something else stands between its texts."""
    leaves = sorted((node.start, node.end, node.style) for node in scalars(root))
    found: list[Comment] = []
    structure: list[str] = []
    at = 0
    for start, end, style in [*leaves, (len(source.text), len(source.text), "")]:
        gap_end = at
        for match in _COMMENT.finditer(source.text, at, start):
            structure.append(source.text[gap_end : match.start()])
            found.append(_comment(source, match.start(), match.end()))
            gap_end = match.end()
        structure.append(source.text[gap_end:start])
        header = _BLOCK_HEADER.match(source.text, start) if style in ("|", ">") else None
        if header is not None:
            found.append(_comment(source, header.start(1), header.end(1)))
            end = max(end, header.end(1))
        at = max(at, end)
    if not _STRUCTURE.fullmatch("".join(structure)):
        raise NotUnderstood
    return found


def _comment(source: SourceText, start: int, end: int) -> Comment:
    line, column = source.position(start)
    before = source.text[start - column + 1 : start]
    blanks = before[len(before.rstrip(" \t")) :]
    gap = blanks if blanks and "\t" not in blanks else " "
    return Comment(start, end, line, column - 1, source.text[start:end].rstrip(), gap)


class CommentReader:
    """Hands out each comment once, from the start of the file to its end."""

    def __init__(self, source: SourceText, comments: Sequence[Comment]) -> None:
        self._source = source
        self._comments = comments
        self._starts = [comment.start for comment in comments]
        self._at = 0
        self._blank = {
            number for number, line in enumerate(source.text.split("\n"), 1) if not line.strip()
        }

    def take_before(self, offset: int) -> list[Comment]:
        """The comments that stand before an offset."""
        return list(self._take(offset, 0))

    def take_foot(self, offset: int, column: int) -> list[Comment]:
        """The comments before an offset, up to the first that is indented less than `column`."""
        return list(self._take(offset, column))

    def take_beside(self, end: int, bound: int) -> Comment | None:
        """The comment on the line of `end`, if it stands before `bound`."""
        comment = self.beside(end, bound)
        self._at += comment is not None
        return comment

    def beside(self, end: int, bound: int) -> Comment | None:
        """As `take_beside`; the comment stays."""
        if self._at == len(self._comments):
            return None
        comment = self._comments[self._at]
        if not end <= comment.start < bound or comment.line != self._source.position(end)[0]:
            return None
        return comment

    def _take(self, offset: int, column: int) -> Iterator[Comment]:
        while self._at < len(self._comments):
            comment = self._comments[self._at]
            if comment.start >= offset or comment.column < column:
                return
            self._at += 1
            yield comment

    def has_any(self, start: int, end: int) -> bool:
        """Whether a comment stands between two offsets."""
        return bisect_left(self._starts, start) < bisect_left(self._starts, end)

    def is_spaced(self, offset: int) -> bool:
        """Whether the line above the one of an offset is blank."""
        return self._source.position(offset)[0] - 1 in self._blank

    def column(self, offset: int) -> int:
        """The column of an offset, counted from 0."""
        return self._source.position(offset)[1] - 1

    def find_dash(self, start: int) -> int:
        """The offset of the next `-` that is in no comment."""
        while True:
            dash = self._source.text.index("-", start)
            before = bisect_right(self._starts, dash) - 1
            if before < 0 or self._comments[before].end <= dash:
                return dash
            start = self._comments[before].end
