"""`template_format: jinja2`, the plain part: `{{ name }}` and `{% include 'file' %}` are read here.

It saves most prompts the import (about 40 ms) and the compilation of Jinja itself; everything beyond
goes to Jinja. A test holds the two readings together.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Mapping
from dataclasses import field
from typing import cast

from promptctl.core.fast_dataclass import dataclass
from promptctl.core.json_data import Json
from promptctl.core.templates import (
    JINJA_NODE_COST,
    Engine,
    Include,
    InnerName,
    Place,
    Template,
    place_of,
)
from promptctl.core.templates.substitution import Slot, Substitution, substitution


def parse(text: str) -> Template:
    """The template that a Jinja text is. Raises TemplateInvalid."""
    return parse_simple(text) or _jinja().parse(text)


def _jinja() -> Engine:
    # Jinja loads for the first text that needs it.
    return cast(Engine, importlib.import_module("promptctl.core.templates.jinja"))


@dataclass(frozen=True, slots=True)
class Including:
    """A template of names and includes: read here, rendered by Jinja, which counts the work."""

    text: str
    names: Mapping[str, Place]
    includes: tuple[Include, ...]
    uncertain: Mapping[InnerName, Place] = field(default_factory=dict)
    branched: frozenset[str] = frozenset()

    @property
    def cost(self) -> float:
        """Jinja compiles it."""
        return JINJA_NODE_COST * 2 * self.text.count("{")

    def can_fail(self, variables: Mapping[str, Json]) -> bool:
        """Names always have a value: nothing can fail."""
        return False

    def render(self, values: Mapping[str, Json], partials: Mapping[str, Template]) -> str:
        """The text for these values. Raises TemplateFailed."""
        return _jinja().parse(self.text).render(values, partials)


MAX_SLOTS = 3000
"""More is left to Jinja, which has its own limit."""
_REST_OF_SLOT = re.compile(r"[ \t\n]*([A-Za-z][A-Za-z0-9_]*)[ \t\n]*\}\}")
_INCLUDE = re.compile(
    r"""(?<!\{)\{%[ \t\n]*include[ \t\n]+(?=('[\w./-]+'|"[\w./-]+"))\1[ \t\n]*%\}""", re.ASCII
)
_BREAKS = re.compile(r"[^\n]")
# Words that mean something else to Jinja than a variable of that name.
_JINJA_WORDS = frozenset(
    {"true", "false", "none", "True", "False", "None", "not", "and", "or", "in", "is", "if", "else"}
    | {"for", "self", "super", "caller", "varargs", "kwargs"}
)


def parse_simple(text: str) -> Substitution | Including | None:
    """The template, if each tag of this Jinja text is a plain name or include; else None."""
    if text.count("{{") + text.count("{%") > MAX_SLOTS:
        return None
    if "{%" not in text:
        return _parse_names(text)
    includes = tuple(
        Include(match[1][1:-1], place_of(text, match.start(1))) for match in _INCLUDE.finditer(text)
    )
    # Blanks in place of the includes: every name keeps its place.
    rest = _parse_names(_INCLUDE.sub(lambda match: _BREAKS.sub(" ", match[0]), text))
    return Including(text, rest.names, includes) if rest is not None else None


def _parse_names(text: str) -> Substitution | None:
    if "{%" in text or "{#" in text:
        return None
    first, *others = text.split("{{")
    pieces: list[str | Slot] = [first]
    start = len(first)
    for other in others:
        slot = _REST_OF_SLOT.match(other)
        if slot is None or slot[1] in _JINJA_WORDS:
            return None
        pieces += Slot(slot[1], start + 2 + slot.start(1)), other[slot.end() :]
        start += 2 + len(other)
    return substitution(text, pieces)
