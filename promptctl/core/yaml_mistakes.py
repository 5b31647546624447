"""Errors of the YAML parser, as what a person did: one sentence, a hint, and where it was done."""

from __future__ import annotations

import re

from promptctl.core.fast_dataclass import dataclass
from promptctl.core.source_text import SourceText


@dataclass(frozen=True, slots=True)
class Mistake:
    """What is wrong, and the offset of the character where a person would mend it."""

    offset: int
    message: str
    hint: str


@dataclass(frozen=True, slots=True)
class LastRead:
    """The last text or bracket that the parser read before it gave up, as offsets."""

    start: int
    end: int


_NO_BLANK = r"([A-Za-z_][\w.-]*):(?!//)([^\s:][^\r\n]*)"
_LONGEST_KEY = 1024
"""YAML 1.2.2, 7.4.3: so that a reader need not look ahead without bound."""
_WHOLE = "quote the whole value, or write it below a |"
_INSIDE = {
    "'": "inside such quotes write '' for ', or quote with \"",
    '"': 'inside such quotes write \\" for ", or quote with \'',
}
_NEXT_IN_FLOW = r"""['"\[{]|[\w.-]+[ ]*:"""


def find_mistake(problem: str, offset: int, source: SourceText, last: LastRead) -> Mistake | None:
    """The mistake behind an error that the parser tells at `offset`, if it is one people often make."""
    if "did not find expected" in problem:
        return _after_closed(problem, offset, source, last)
    if "could not find expected ':'" in problem:
        return _no_blank(offset, source) or _long_key(offset, source)
    if "mapping values are not allowed" in problem:
        return _no_blank(last.start, source) or _deeper_key(offset, source, last)
    return None


def _after_closed(problem: str, offset: int, source: SourceText, last: LastRead) -> Mistake | None:
    """Text behind a closing quote or bracket, on the same line."""
    text = source.text
    if last.start == last.end or text[last.end - 1] not in "'\"]}" or offset >= len(text):
        return None
    closing, opening = text[last.end - 1], text[last.start]
    if (closing in "'\"" and opening != closing) or text[last.end : offset].strip(" \t"):
        return None
    if "',' or" in problem and re.compile(_NEXT_IN_FLOW).match(text, offset):
        return None  # two items: what is missing is the comma
    closed_in = source.position(last.end)[0]
    if source.position(last.start)[0] != closed_in:
        message = (
            f"the quote that opens here is closed in line {closed_in}, and text follows it there"
        )
        return Mistake(last.start, message, "close the quote, or double the quotes inside the text")
    message = f"this stands behind the closing {closing}, where the value has ended"
    rest = source.line(closed_in)[source.position(offset)[1] :]
    return Mistake(offset, message, _INSIDE.get(closing, _WHOLE) if closing in rest else _WHOLE)


def _no_blank(offset: int, source: SourceText) -> Mistake | None:
    """`key:value` where a key was meant to be."""
    found = re.compile(_NO_BLANK).match(source.text, offset)
    if not found:
        return None
    key, value = found[1], found[2] if len(found[2]) <= 40 else f"{found[2][:40]}…"
    return Mistake(found.start(2), f"a blank is missing behind `{key}:`", f"write `{key}: {value}`")


def _long_key(offset: int, source: SourceText) -> Mistake | None:
    line, column = source.position(offset)
    if len(source.line(line)) - column < _LONGEST_KEY:
        return None
    message = f"a key has at most {_LONGEST_KEY:,} characters, and this would be a longer one"
    return Mistake(offset, message, "write key: value, with a shorter key")


def _deeper_key(offset: int, source: SourceText, last: LastRead) -> Mistake | None:
    """A key that stands deeper than the one above, so that it continues that one's text."""
    number = source.position(offset)[0]
    start = source.line_starts[number - 1]
    key = source.text[start:offset]
    if source.position(last.start)[0] == number or not re.fullmatch(r"[ ]*[\w.-]+[ ]*", key):
        return None
    place = start + len(key) - len(key.lstrip())
    message = f"the indentation of `{key.strip()}` makes it part of the text that begins above"
    return Mistake(
        place, message, "indent it like the keys above; a text that holds ': ' needs quotes"
    )
