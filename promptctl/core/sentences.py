"""Prose in pieces of a line each, so that an edit of one sentence shows as one line that differs."""

from __future__ import annotations

import re
from collections.abc import Iterator

LONGEST = 100
"""Characters of a sentence beyond which its clauses stand by themselves."""

_TAG = r"\{\{[^{}]{0,600}\}\}|\{%[^{}]{0,600}%\}|\{#[^{}]{0,600}#\}"
_STOPS, _WIDE_STOPS = ".!?\u2026", "\u3002\uff01\uff1f"
_COMMAS, _WIDE_COMMAS = ",;:\u2014", "\uff0c\uff1b\uff1a\u3001"
_QUOTES, _WIDE_QUOTES = "\"'\u201d\u2019)\\]", "\u300d\u300f\u201d\u2019\uff09"
# What stands inside a template tag ends nothing.
_SENTENCE = re.compile(
    rf"{_TAG}|[^{{{_STOPS}{_WIDE_STOPS}]+"
    rf"|[{_STOPS}]++[{_QUOTES}]*+(?:(?P<end> )(?=[^\sa-z]))?"
    rf"|[{_WIDE_STOPS}]++[{_WIDE_QUOTES}]*+(?:(?P<wide>)(?=\S))?"
    r"|.",
    re.DOTALL,
)
_CLAUSE = re.compile(
    rf"{_TAG}|[^{{{_COMMAS}{_WIDE_COMMAS}]+"
    rf"|[{_COMMAS}](?P<end> )(?=\S)|[{_WIDE_COMMAS}](?P<wide>)(?=\S)|.",
    re.DOTALL,
)
_SAYS_NOTHING = re.compile(rf"(?>{_TAG}|[\W\d_]|[^\W\d_](?![^\W\d_]))*+")
"""The number of an item, or a tag by itself."""


def sentences(line: str) -> list[str]:
    """The line's sentences, and of a long one its clauses; at least one, which may be empty.

    What is between two of them is one blank, or nothing after the marks of scripts that put none there:
    lines that differ in anything come out different.
    """
    found: list[str] = []
    for sentence in _split(line, _SENTENCE):
        found += [sentence] if len(sentence) <= LONGEST else _split(sentence, _CLAUSE)
    return found


def _split(text: str, ends: re.Pattern[str]) -> Iterator[str]:
    start = looked_at = 0
    for part in ends.finditer(text):
        name = part.lastgroup
        if name is None:
            continue
        says_nothing = _SAYS_NOTHING.fullmatch(text, looked_at, part.start(name))
        looked_at = part.end(name)
        if not says_nothing:
            yield text[start : part.start(name)]
            start = looked_at
    yield text[start:]
