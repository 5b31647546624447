"""How two JSON Schemas differ in what they say of a value itself, not of what is inside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import Enum

from promptctl.core.fast_dataclass import dataclass
from promptctl.core.json_data import Json, Path
from promptctl.core.schema_meaning import (
    ARRAY,
    NOTES,
    NUMBER,
    OBJECT,
    STRING,
    Allowed,
    Keys,
    Schema,
    exact,
    listing,
    moved,
    tightness,
    type_words,
)
from promptctl.core.schema_words import shown


class Direction(Enum):
    """How the values that are valid after a change relate to those before."""

    NARROWER = "fewer values are valid"
    WIDER = "more values are valid"
    UNKNOWN = "neither, or it cannot be told"
    SAME = "the same values are valid, but written down otherwise"
    NOTE = "only an annotation differs"


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference between two schemas, at a place in them, in words without a subject."""

    kind: str
    direction: Direction
    path: Path
    text: str
    old: Json = None
    new: Json = None


MAX_NAMED = 50
"""Listed values that came or went are told one by one up to this many, else all at once."""
_NARROWER, _WIDER, _UNKNOWN = Direction.NARROWER, Direction.WIDER, Direction.UNKNOWN

BOUNDS: tuple[tuple[frozenset[str], str, str | None, int], ...] = (
    (NUMBER, "minimum", "exclusiveMinimum", 1),
    (NUMBER, "maximum", "exclusiveMaximum", -1),
    (STRING, "minLength", None, 1),
    (STRING, "maxLength", None, -1),
    (ARRAY, "minItems", None, 1),
    (ARRAY, "maxItems", None, -1),
    (OBJECT, "minProperties", None, 1),
    (OBJECT, "maxProperties", None, -1),
)
"""The types it is for, a bound, its exclusive form, and the sign with which more is tighter."""


_BOUND_NAMES = {name for bound in BOUNDS for name in bound[1:3]}


def limit(tighter: bool, name: str, old: Schema, new: Schema, path: Path) -> Difference:
    """A keyword that now allows less, or more."""
    a, b = old.get(name), new.get(name)
    kind, way = ("limit-tightened", _NARROWER) if tighter else ("limit-loosened", _WIDER)
    return Difference(kind, way, (*path, name), moved(name, a, b), a, b)


def incomparable_text(name: str) -> str:
    """That it cannot be told of a keyword whether it now allows less or more."""
    return f"{shown(name)} changed in a way that cannot be compared"


def note_differences(old: Schema, new: Schema, path: Path, keys: Keys) -> Iterator[Difference]:
    """How the annotations differ."""
    for name in sorted((old.keys() | new.keys()) & NOTES):
        a, b = old.get(name), new.get(name)
        if (name in old) != (name in new) or keys.value(a) != keys.value(b):
            yield Difference("described", Direction.NOTE, (*path, name), moved(name, a, b), a, b)


def value_differences(
    before: Allowed, after: Allowed, name: str, path: Path
) -> Iterator[Difference]:
    """How `type`, `enum` and `const` differ; `name` is the one of the latter two to be named."""
    if before.listed is not None and after.listed is not None:
        yield from _listed_differences(before.listed, after.listed, (*path, name))
        return
    if before.declared != after.declared:
        yield _type_difference(before.declared, after.declared, (*path, "type"))
    if after.listed is not None and before.types:
        listed = list(after.listed.values())
        text = f"only {listing(listed)} may be given now"
        yield Difference("limit-tightened", _NARROWER, (*path, name), text, None, listed)
    elif before.listed is not None and after.types:
        listed = list(before.listed.values())
        text = f"it is no longer limited to {listing(listed)}"
        yield Difference("limit-loosened", _WIDER, (*path, name), text, listed)


def _listed_differences(
    before: Mapping[int, Json], after: Mapping[int, Json], path: Path
) -> Iterator[Difference]:
    gone = [before[key] for key in before if key not in after]
    come = [after[key] for key in after if key not in before]
    if len(gone) > MAX_NAMED:
        text = f"{listing(gone)} are no longer allowed"
        yield Difference("enum-value-removed", _NARROWER, path, text, gone)
    else:
        for value in gone:
            text = f"{shown(value)} is no longer allowed"
            yield Difference("enum-value-removed", _NARROWER, path, text, value)
    if len(come) > MAX_NAMED:
        text = f"{listing(come)} are newly allowed"
        yield Difference("enum-value-added", _WIDER, path, text, None, come)
    else:
        for value in come:
            text = f"{shown(value)} is newly allowed"
            yield Difference("enum-value-added", _WIDER, path, text, None, value)


def _type_difference(old: frozenset[str], new: frozenset[str], path: Path) -> Difference:
    before, after = type_words(old), type_words(new)
    text = f"the type is `{after}`, was `{before}`"
    if new < old:
        return Difference("type-narrowed", _NARROWER, path, text, before, after)
    if old < new:
        return Difference("type-widened", _WIDER, path, text, before, after)
    return Difference("type-changed", _UNKNOWN, path, text, before, after)


def number_differences(
    old: Schema, new: Schema, types: frozenset[str], path: Path
) -> Iterator[Difference]:
    """How the bounds for values of these types differ."""
    bounds = () if _BOUND_NAMES.isdisjoint({*old, *new}) else BOUNDS
    for family, name, exclusive, sign in bounds:
        before = tightness(old, name, exclusive, sign)
        after = tightness(new, name, exclusive, sign)
        if family & types and before[:2] != after[:2]:
            tighter = before[:2] < after[:2]
            yield limit(tighter, (after if tighter else before)[2], old, new, path)
    if types & NUMBER:
        yield from _multiple_differences(old, new, path)


def _multiple_differences(old: Schema, new: Schema, path: Path) -> Iterator[Difference]:
    name = "multipleOf"
    before, after = exact(old.get(name)), exact(new.get(name))
    if before == after:
        return
    if before is None or after is None:
        yield limit(before is None, name, old, new, path)
    elif before and (after / before).denominator == 1:
        yield limit(True, name, old, new, path)
    elif after and (before / after).denominator == 1:
        yield limit(False, name, old, new, path)
    else:
        at, text = (*path, name), incomparable_text(name)
        yield Difference("incomparable", _UNKNOWN, at, text, old.get(name), new.get(name))
