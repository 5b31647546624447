"""Where a name inside Mustache sections comes from, as far as the declared schemas decide it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from promptctl.core.json_data import Json
from promptctl.core.templates import InnerName, Name

_SCALARS = frozenset({"boolean", "integer", "null", "number", "string"})

_Schema: TypeAlias = Mapping[str, Json]


def is_undeclared(inner: InnerName, declared: Mapping[str, Json]) -> bool:
    """Whether neither a variable nor an item of the sections around it can have this name."""
    if inner.name in declared or not inner.sections:
        return False
    items: list[_Schema] = []
    for section in inner.sections:
        items.append(_item(_value(section, items, declared)))
    return all(_member(item, inner.name) is None for item in items)


def _value(name: Name, items: Sequence[_Schema], declared: Mapping[str, Json]) -> _Schema:
    """The schema of a name inside sections with these items; empty, it allows everything."""
    if not name:
        return items[-1] if items else {}
    outer = _schema(declared[name[0]]) if name[0] in declared else None
    found = next((m for i in reversed(items) if (m := _member(i, name[0])) is not None), outer)
    for part in name[1:]:
        found = _member(found, part) if found is not None else None
    return {} if found is None else found


def _member(schema: _Schema, name: str) -> _Schema | None:
    """The schema of a member, empty if nothing is said about it; None if there can be none."""
    kind = schema.get("type")
    kinds = kind if isinstance(kind, Sequence) and not isinstance(kind, str) else [kind]
    if all(isinstance(k, str) and k in _SCALARS for k in kinds):
        return None
    properties = schema.get("properties")
    if isinstance(properties, Mapping) and name in properties:
        return _schema(properties[name])
    closed = schema.get("additionalProperties") is False and "patternProperties" not in schema
    return None if closed and kind == "object" else {}


def _item(schema: _Schema) -> _Schema:
    """The schema of what a section over such a value stands at: an item of a list, or the value."""
    kind = schema.get("type")
    if kind == "array":
        return _schema(schema.get("items"))
    return schema if isinstance(kind, str) else {}


def _schema(value: Json) -> _Schema:
    return value if isinstance(value, Mapping) else {}
