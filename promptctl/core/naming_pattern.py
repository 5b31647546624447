"""What a file must hold to include another one: a pattern that no spelling of the other's name escapes."""

from __future__ import annotations

import re
from collections.abc import Iterable

_BLANKS = "[ \t]*"
_ODD = (
    # YAML and Jinja write any character as an escape, and join what a backslash ends.
    r"\\[xuUN0-7/ ]",
    "\\\\\r?$",
    # Jinja joins strings that stand beside each other: {% include "a/" "b.md" %} …
    "include[^%]*[\"'][ \t\\\\]*[\"']",
    # … and in the next line.
    rf"\{{%[-+]?{_BLANKS}(include[^%]*)?$",
)
_AT_ONCE = 500
"""Names in one pattern: beyond, what git makes of it takes much memory."""
_SEPARATE = re.compile(r"[\s'\"\\]")
_SPECIAL = re.compile(r"([\\.^$*+?()\[\]{}|])")


def naming_patterns(names: Iterable[str]) -> list[str]:
    """Extended regular expressions, one of which matches a line of every file that names one of these.

    `names` are paths as prompts write them. More files may match: this finds candidates. The expressions
    mean the same to `git grep -E` and to Python.
    """
    escaped = [*_ODD, *sorted({_SPECIAL.sub(r"\\\1", _in_one_line(name)) for name in names})]
    # Git tries pattern after pattern on each line, but all that one pattern offers at once.
    starts = range(0, len(escaped), _AT_ONCE)
    return ["|".join(escaped[start : start + _AT_ONCE]) for start in starts]


def _in_one_line(name: str) -> str:
    """The longest part of a name that YAML can neither fold into two lines nor write otherwise."""
    return max(_SEPARATE.split(name), key=len)
