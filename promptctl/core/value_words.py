"""How values stand in a sentence: told apart from texts that look like them, and joined to a subject."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from promptctl.core.json_data import Json, dump_json

_VERB = re.compile(r"(?:is|must|may|has|have|holds|matches|does) ")
_WRITTEN = {
    "integer": r"-?(?:0|[1-9][0-9]*)",
    "number": r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?",
    "boolean": "true|false",
    "null": "null",
}
_LONGEST = 40


def looks_like(text: Json, other: Json) -> bool:
    """Whether a text reads as a number, truth value or null that `other` is."""
    if not isinstance(text, str) or isinstance(other, (str, Mapping, Sequence)):
        return False
    return len(text) <= _LONGEST and dump_json(other) == text


def other_type_hint(value: Json, allowed: Sequence[Json]) -> str | None:
    """How to write a value that would be allowed if it were, or were not, a text."""
    for other in allowed:
        if looks_like(other, value):
            return f'write `"{other}"`'
        if looks_like(value, other):
            return "remove the quotes"
    return None


def unquoted_hint(text: str, types: Sequence[str]) -> str | None:
    """What to do with a text that would be of one of the types, were it not a text."""
    if len(text) <= _LONGEST and any(re.fullmatch(_WRITTEN.get(t, "(?!)"), text) for t in types):
        return "remove the quotes"
    return None


def about(subject: str, message: str) -> str:
    """One sentence from a subject and what is said of it: its whole, or of a part that is named."""
    return f"{subject} {message}" if _VERB.match(message) else f"{subject}: {message}"
