"""Bytes of a file somebody else wrote -> text that is safe to parse, and places in that text."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import islice

from promptctl.core.finding import Finding, Location, Severity

MAX_BYTES = 1024 * 1024
"""A prompt file, or a text it includes, beyond this size is refused."""

_MAX_REPORTED = 20
_PLAIN_BYTES = b"\t\n\r" + bytes(range(0x20, 0x7F))
# What libyaml refuses, and the three characters that it takes for line breaks and YAML 1.2 does not.
# Named one by one: a pattern of all that is accepted takes ten times as long to compile. These
# patterns are texts: `re` compiles and keeps them when a file first needs them.
_REFUSED = "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]"
_BREAK = r"\r\n|\n|\r"
_CONFLICT = r"^(?:<{7}|>{7}|\|{7})(?= |$)"
_LFS = b"version https://git-lfs.github.com/spec/"
_BOM = "\ufeff"


@dataclass(frozen=True)
class SourceText:
    """A text and the file it stands in; turns offsets into places."""

    path: str
    text: str

    @cached_property
    def line_starts(self) -> list[int]:
        """The offset of each line's first character. Lines end at LF, CRLF or CR."""
        return [0, *(match.end() for match in re.finditer(_BREAK, self.text))]

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column of an offset, counting characters from 1."""
        line = bisect_right(self.line_starts, offset)
        return line, offset - self.line_starts[line - 1] + 1

    def span(self, start: int, end: int) -> Location:
        """The place from one offset up to another."""
        return Location(self.path, *self.position(start), *self.position(end))

    def line(self, number: int) -> str:
        """A line, counted from 1, without its end; empty for a line that does not exist."""
        starts = self.line_starts
        if not 1 <= number <= len(starts):
            return ""
        end = starts[number] if number < len(starts) else len(self.text)
        return self.text[starts[number - 1] : end].rstrip("\r\n")


def decode_source(content: bytes, path: str) -> tuple[SourceText | None, list[Finding]]:
    """The text of a file, or None with what forbids reading it.

    A byte order mark at the start is a finding of its own, but the text behind it is returned.
    """
    if len(content) > MAX_BYTES:
        message = f"the file has {len(content):,} bytes, more than the {MAX_BYTES:,} allowed"
        return None, [_error("yaml-limits", Location(path), message, "make it shorter")]
    if content.startswith(_LFS):
        return None, [_lfs_pointer(path)]
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        return None, [_not_utf8(content, error, path)]
    marks = [_byte_order_mark(path)] if text.startswith(_BOM) else []
    source = SourceText(path, text[1:] if marks else text)
    refused: list[Finding] = []
    if content.translate(None, _PLAIN_BYTES):
        refused += islice(_refused_characters(source), _MAX_REPORTED)
    if "<<<<<<<" in text or ">>>>>>>" in text:
        refused += islice(_conflict_markers(source), _MAX_REPORTED)
    return (None if refused else source), marks + refused


def _error(rule: str, location: Location, message: str, hint: str | None = None) -> Finding:
    return Finding(rule, Severity.ERROR, location, message, hint)


def _byte_order_mark(path: str) -> Finding:
    place = Location(path, 1, 1, 1, 1)
    message = "the file begins with a byte order mark"
    return _error("yaml-encoding", place, message, "save it as UTF-8 without BOM")


def _lfs_pointer(path: str) -> Finding:
    return _error(
        "yaml-lfs-pointer",
        Location(path, 1, 1, 1, 1),
        "the file is a Git LFS pointer, not the text itself",
        "git lfs pull, or better keep prompts out of LFS",
    )


def _not_utf8(content: bytes, error: UnicodeDecodeError, path: str) -> Finding:
    before = SourceText(path, content[: error.start].decode("utf-8"))
    utf16 = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    what = "the file is UTF-16" if utf16 else f"byte 0x{content[error.start]:02x} is not UTF-8"
    line, column = before.position(error.start if utf16 else len(before.text))
    place = Location(path, line, column, line, column + 1)
    return _error("yaml-encoding", place, what, "save the file as UTF-8")


def _refused_characters(source: SourceText) -> Iterator[Finding]:
    for match in re.finditer(_REFUSED, source.text):
        code = ord(match[0])
        kind = "character" if code in (0x85, 0x2028, 0x2029, 0xFEFF) else "control character"
        hint = f'remove it, or write it as "\\u{code:04x}" in a double-quoted text'
        if code == 0:
            kind, hint = "NUL character", "remove it; is this really a text file?"
        place = source.span(match.start(), match.end())
        yield _error("yaml-encoding", place, f"the {kind} U+{code:04X} cannot stand here", hint)


def _conflict_markers(source: SourceText) -> Iterator[Finding]:
    for match in re.finditer(_CONFLICT, source.text, re.MULTILINE):
        yield _error(
            "yaml-conflict-marker",
            source.span(match.start(), match.end()),
            f"a merge conflict was left unresolved ({match[0]})",
            "resolve the conflict and remove the marker lines",
        )
