"""A promptctl.yaml as most are, read line by line: loading a YAML parser takes as long as a small command.

Only what can mean one thing is read here: mappings in blocks, plain words, quoted texts without escapes.
A no says nothing: `core.document` reads everything else, and says what is wrong with it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple, TypeAlias

MAX_BYTES, MAX_DEPTH = 16 * 1024, 4

_LINE = re.compile(
    r"(?P<indent> *)(?P<key>[A-Za-z_][A-Za-z0-9_/-]{0,99}):"
    r"(?: +(?P<value>[^ #][^ ]*+(?: ++[^ #][^ ]*+)*+))?(?: +#.*)? *"
)
_IGNORED = re.compile(r" *(?:#.*)?")
_TEXT = re.compile(r"[A-Za-z_][A-Za-z0-9_./-]*")
# Nothing of this form is a number to any reader, as other words that begin with a digit may be.
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_QUOTED = re.compile(r"\"([^\"\\]*)\"|'([^']*)'")
_INTEGER = re.compile(r"[1-9][0-9]{0,8}")
_WORDS = {"true": True, "false": False}
_SPECIAL = frozenset({"null", "true", "false"})
_SPECIAL_KEYS = _SPECIAL | {"yes", "no", "on", "off"}
"""Words, in any case, that are left to who knows what they mean; as values, settings have `off` and its
like as the text that it shows."""

SimpleValue: TypeAlias = bool | int | str | dict[str, "SimpleValue"]


class SimpleDocument(NamedTuple):
    """The data of a settings file, and the line of each value at its top."""

    data: Mapping[str, SimpleValue]
    lines: Mapping[str, int]


def read_simple(content: bytes) -> SimpleDocument | None:
    """The document in a settings file that is certainly read so by YAML; None for any other."""
    if len(content) > MAX_BYTES or not content.isascii():
        return None
    text = content.replace(b"\r\n", b"\n").decode("ascii")
    if not text.replace("\n", "").isprintable():
        return None
    reader = _Reader()
    for number, line in enumerate(text.split("\n"), start=1):
        if not _IGNORED.fullmatch(line) and not reader.takes(line, number):
            return None
    return reader.document()


class _Reader:
    """The mappings that are open at a line, the innermost last, each with its indentation."""

    def __init__(self) -> None:
        self._top: dict[str, SimpleValue] = {}
        self._lines: dict[str, int] = {}
        self._open: list[tuple[int, dict[str, SimpleValue]]] = [(0, self._top)]
        self._awaiting: str | None = None
        """The key at the top whose mapping begins on the next line."""

    def takes(self, line: str, number: int) -> bool:
        """Read one line that holds something; no if it is not simple."""
        found = _LINE.fullmatch(line)
        if found is None or found["key"].lower() in _SPECIAL_KEYS:
            return False
        place, key = len(found["indent"]), found["key"]
        if not self._enter(place):
            return False
        mapping = self._open[-1][1]
        value = {} if found["value"] is None else _value(found["value"])
        if value is None or key in mapping:
            return False
        mapping[key] = value
        if len(self._open) == 1:
            self._lines[key] = number
        elif len(self._open) == 2 and len(mapping) == 1:
            self._lines[list(self._top)[-1]] = number
        if found["value"] is None:
            assert isinstance(value, dict)
            self._awaiting = key
            self._open.append((-1, value))
        return True

    def _enter(self, place: int) -> bool:
        """Close what ends before a line with that indentation; no if the line fits nowhere."""
        if self._awaiting is not None:
            outer = self._open[-2][0]
            if place <= outer or len(self._open) > MAX_DEPTH:
                return False
            self._open[-1] = (place, self._open[-1][1])
            self._awaiting = None
            return True
        while self._open[-1][0] > place:
            self._open.pop()
        return self._open[-1][0] == place

    def document(self) -> SimpleDocument | None:
        """What was read; None if the last key has no value, or if there was nothing."""
        if self._awaiting is not None or not self._top:
            return None
        return SimpleDocument(self._top, self._lines)


def _value(text: str) -> SimpleValue | None:
    if text in _WORDS:
        return _WORDS[text]
    if text == "{}":
        return {}
    if _INTEGER.fullmatch(text):
        return int(text)
    quoted = _QUOTED.fullmatch(text)
    if quoted is not None:
        return quoted[1] if quoted[1] is not None else quoted[2]
    plain = _TEXT.fullmatch(text) or _UUID.fullmatch(text)
    return text if plain and text.lower() not in _SPECIAL else None
