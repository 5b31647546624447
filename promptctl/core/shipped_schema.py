"""Whether a value is valid by a schema of ours, decided without any library.

For one or two files the import of jsonschema-rs costs more than their checks. This knows the keywords
that our own schemas use, as draft 2020-12 means them, and refuses to judge by any other.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, TypeAlias

from promptctl.core.json_data import Json
from promptctl.core.simple_schema import ANNOTATIONS, VALUE_CHECKS

Schema: TypeAlias = Any
"""A schema as parsed from JSON: true, false or a mapping."""


class UnknownKeyword(Exception):
    """The schema uses a keyword that this module does not know."""


def is_valid(root: Schema, value: Json) -> bool:
    """Whether the value is valid by the schema. Raises UnknownKeyword."""
    return _Check(root).holds(root, value)


class _Check:
    """One check of a value; `root` is where references begin."""

    def __init__(self, root: Schema) -> None:
        self._definitions: Mapping[str, Schema] = root.get("$defs", {}) if root else {}

    def holds(self, schema: Schema, value: Json) -> bool:
        if schema is True or schema is False:
            return bool(schema)
        for keyword, expected in schema.items():
            check = VALUE_CHECKS.get(keyword)
            if check is not None:
                if not check(expected, value):
                    return False
                continue
            applies = _APPLICATORS.get(keyword)
            if applies is not None:
                if not applies(self, expected, value, schema):
                    return False
            elif keyword not in _SILENT:
                raise UnknownKeyword(keyword)
        return True

    def reference(self, target: str) -> Schema:
        name = target.removeprefix("#/$defs/")
        if name not in self._definitions:
            raise UnknownKeyword(f"$ref {target}")
        return self._definitions[name]


_SILENT = ANNOTATIONS | {"$schema", "$id", "$defs", "then", "else", "format"}


def _ref(check: _Check, target: str, value: Json, _: Schema) -> bool:
    return check.holds(check.reference(target), value)


def _all_of(check: _Check, branches: list[Schema], value: Json, _: Schema) -> bool:
    return all(check.holds(branch, value) for branch in branches)


def _any_of(check: _Check, branches: list[Schema], value: Json, _: Schema) -> bool:
    return any(check.holds(branch, value) for branch in branches)


def _one_of(check: _Check, branches: list[Schema], value: Json, _: Schema) -> bool:
    return sum(check.holds(branch, value) for branch in branches) == 1


def _not(check: _Check, schema: Schema, value: Json, _: Schema) -> bool:
    return not check.holds(schema, value)


def _if(check: _Check, condition: Schema, value: Json, parent: Schema) -> bool:
    return check.holds(parent.get("then" if check.holds(condition, value) else "else", True), value)


def _properties(check: _Check, named: Mapping[str, Schema], value: Json, _: Schema) -> bool:
    if not isinstance(value, Mapping):
        return True
    return all(check.holds(named[key], member) for key, member in value.items() if key in named)


def _additional(check: _Check, schema: Schema, value: Json, parent: Schema) -> bool:
    if not isinstance(value, Mapping):
        return True
    if "patternProperties" in parent:
        raise UnknownKeyword("patternProperties")
    named = parent.get("properties", {})
    return all(check.holds(schema, member) for key, member in value.items() if key not in named)


def _property_names(check: _Check, schema: Schema, value: Json, _: Schema) -> bool:
    return not isinstance(value, Mapping) or all(check.holds(schema, key) for key in value)


def _required(_: _Check, names: list[str], value: Json, __: Schema) -> bool:
    return not isinstance(value, Mapping) or all(name in value for name in names)


def _dependent_required(_: _Check, needs: Mapping[str, list[str]], value: Json, __: Schema) -> bool:
    if not isinstance(value, Mapping):
        return True
    return all(name in value for key, names in needs.items() if key in value for name in names)


def _items(check: _Check, schema: Schema, value: Json, parent: Schema) -> bool:
    return not isinstance(value, list) or all(check.holds(schema, item) for item in value)


def _min_items(_: _Check, least: int, value: Json, __: Schema) -> bool:
    return not isinstance(value, list) or len(value) >= least


def _max_items(_: _Check, most: int, value: Json, __: Schema) -> bool:
    return not isinstance(value, list) or len(value) <= most


def _pattern(_: _Check, pattern: str, value: Json, __: Schema) -> bool:
    return not isinstance(value, str) or _matcher(pattern)(value)


@lru_cache(maxsize=64)
def _matcher(pattern: str) -> Callable[[str], bool]:
    # In a JSON Schema `$` is the end; in Python a line break may follow it.
    search = re.compile(re.sub(r"\$$", r"\\Z", pattern), re.ASCII).search
    return lambda text: search(text) is not None


_APPLICATORS: Mapping[str, Callable[[_Check, Any, Json, Schema], bool]] = {
    "$ref": _ref,
    "allOf": _all_of,
    "anyOf": _any_of,
    "oneOf": _one_of,
    "not": _not,
    "if": _if,
    "properties": _properties,
    "additionalProperties": _additional,
    "propertyNames": _property_names,
    "required": _required,
    "dependentRequired": _dependent_required,
    "items": _items,
    "minItems": _min_items,
    "maxItems": _max_items,
    "pattern": _pattern,
}
