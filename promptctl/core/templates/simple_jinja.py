"""`template_format: jinja2`, the plain part: a text whose only tags are `{{ name }}` is read here.

It saves most prompts the import (about 40 ms) and the compilation of Jinja itself; everything beyond
goes to Jinja. A test holds the two readings together.
"""

from __future__ import annotations

import importlib
import re
from typing import cast

from promptctl.core.templates import Engine, Template
from promptctl.core.templates.substitution import Slot, Substitution, substitution


def parse(text: str) -> Template:
    """The template that a Jinja text is. Raises TemplateInvalid."""
    simple = parse_simple(text)
    if simple is not None:
        return simple
    # Jinja loads for the first text that needs it.
    engine = cast(Engine, importlib.import_module("promptctl.core.templates.jinja"))
    return engine.parse(text)


MAX_SLOTS = 3000
"""More is left to Jinja, which has its own limit."""
_SLOT = re.compile(r"(?<!\{)\{\{[ \t\n]*([A-Za-z][A-Za-z0-9_]*)[ \t\n]*\}\}")
_TAG = re.compile(r"\{[{%#]")
# Words that mean something else to Jinja than a variable of that name.
_JINJA_WORDS = frozenset(
    {"true", "false", "none", "True", "False", "None", "not", "and", "or", "in", "is", "if", "else"}
    | {"for", "self", "super", "caller", "varargs", "kwargs"}
)


def parse_simple(text: str) -> Substitution | None:
    """The template, if each tag of this Jinja text is a plain `{{ name }}`; else None."""
    if text.count("{{") > MAX_SLOTS:
        return None
    pieces: list[str | Slot] = []
    end = 0
    for match in _SLOT.finditer(text):
        pieces.append(text[end : match.start()])
        pieces.append(Slot(match[1], match.start(1)))
        if _TAG.search(text, end, match.start()) or match[1] in _JINJA_WORDS:
            return None
        end = match.end()
    if _TAG.search(text, end):
        return None
    pieces.append(text[end:])
    return substitution(text, pieces)
