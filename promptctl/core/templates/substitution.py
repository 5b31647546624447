"""Text with names in it and nothing else: all of f-string, and what most Jinja templates are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import NamedTuple

from promptctl.core.fast_dataclass import dataclass
from promptctl.core.json_data import Json
from promptctl.core.templates import (
    MAX_OUTPUT,
    Include,
    InnerName,
    Place,
    Template,
    TemplateFailed,
    place_of,
    places_of,
)
from promptctl.core.templates.value_text import text_of


class Slot(NamedTuple):
    """A place that a value goes to."""

    name: str
    offset: int


@dataclass(frozen=True, slots=True)
class Substitution:
    """A template of literal pieces and slots."""

    text: str
    pieces: tuple[str | Slot, ...]
    names: Mapping[str, Place] = field(default_factory=dict)
    uncertain: Mapping[InnerName, Place] = field(default_factory=dict)
    includes: tuple[Include, ...] = ()
    branched: frozenset[str] = frozenset()

    @property
    def cost(self) -> float:
        """Nothing has to be prepared."""
        return 0.0

    def can_fail(self, variables: Mapping[str, Json]) -> bool:
        """Names always have a value: nothing can fail."""
        return False

    def render(self, values: Mapping[str, Json], partials: Mapping[str, Template]) -> str:
        """The text for these values. Raises TemplateFailed."""
        out: list[str] = []
        length = 0
        for piece in self.pieces:
            text = piece if isinstance(piece, str) else self._value(piece, values)
            length += len(text)
            if length > MAX_OUTPUT:
                raise TemplateFailed(f"the text grows beyond {MAX_OUTPUT:,} characters")
            out.append(text)
        return "".join(out)

    def _value(self, slot: Slot, values: Mapping[str, Json]) -> str:
        if slot.name not in values:
            place = place_of(self.text, slot.offset)
            raise TemplateFailed(f"`{slot.name}` has no value", place)
        try:
            return text_of(values[slot.name])
        except (TypeError, ValueError, RecursionError):
            place = place_of(self.text, slot.offset)
            raise TemplateFailed(f"`{slot.name}` is not plain data", place) from None


def substitution(text: str, pieces: list[str | Slot]) -> Substitution:
    """The template of these pieces, with the first place of each name."""
    offsets: dict[str, int] = {}
    for piece in pieces:
        if isinstance(piece, Slot):
            offsets.setdefault(piece.name, piece.offset)
    return Substitution(text, tuple(pieces), places_of(text, offsets))
