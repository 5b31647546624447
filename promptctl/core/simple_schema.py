"""The simple JSON Schemas that most variables have, checked without any library.

Draft 2020-12 semantics: 1.0 is an integer, true is no number, lengths count characters.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from promptctl.core.json_data import Json, dump_json
from promptctl.core.prompt import Path
from promptctl.core.schema_words import Failure

ANNOTATIONS = frozenset(
    {"description", "title", "default", "examples", "deprecated", "$comment", "readOnly"}
)
"""Keywords that every value passes."""


def is_simple(schema: Mapping[str, Json]) -> bool:
    """Whether `failures` can decide this schema: only keywords it knows, in their plain form."""
    return all(
        key in ANNOTATIONS or (key in VALUE_CHECKS and _is_plain(key, value))
        for key, value in schema.items()
    )


_TYPE_NAMES = frozenset(("string", "integer", "number", "boolean", "object", "array", "null"))
_COUNTS = frozenset(("minLength", "maxLength", "minItems", "maxItems"))
_NUMBERS = frozenset(("minimum", "maximum"))


def is_harmless(schema: Json, depth: int = 16) -> bool:
    """Whether this is certainly a valid JSON Schema, and one that costs nothing to check by.

    A quick yes for what most people write. No means only that it has to be looked at with care.
    """
    if schema is True or schema is False:
        return True
    if type(schema) is not dict or depth == 0:
        return False
    for key, value in schema.items():
        kind = type(value)
        if key in ANNOTATIONS:
            fits = kind is str or key in ("default", "deprecated", "readOnly")
        elif key == "type":
            fits = kind is str and value in _TYPE_NAMES
        elif key == "enum":
            fits = kind is list and 0 < len(value) < 1000
        elif key in _COUNTS:
            fits = kind is int and value >= 0
        elif key in _NUMBERS:
            fits = kind is int or kind is float
        elif key == "properties":
            fits = kind is dict and all(is_harmless(member, depth - 1) for member in value.values())
        elif key in ("items", "additionalProperties"):
            fits = is_harmless(value, depth - 1)
        elif key == "required":
            fits = kind is list and len(set(map(str, value))) == len(value)
            fits = fits and all(type(name) is str for name in value)
        else:
            fits = key == "const"
        if not fits:
            return False
    return True


def failures(schema: Mapping[str, Json], value: Json) -> Iterator[Failure]:
    """The keywords of a simple schema that the value fails."""
    for keyword, expected in schema.items():
        check = VALUE_CHECKS.get(keyword)
        if check is not None and not check(expected, value):
            yield Failure(keyword, expected, (), value, schema)
            if keyword == "type":
                return


def accepts(schema: Json, value: Json) -> bool:
    """Whether a value is valid by a schema that `is_harmless`."""
    if not isinstance(schema, dict):
        return schema is True
    for keyword, expected in schema.items():
        check = VALUE_CHECKS.get(keyword)
        if check is not None and not check(expected, value):
            return False
    if value is None or isinstance(value, (str, int, float)):
        return True
    if isinstance(value, (dict, Mapping)):
        return _accepts_members(schema, value)
    few = len(value) < schema.get("minItems", 0)
    many = len(value) > schema.get("maxItems", len(value))
    inner = schema.get("items", True)
    return not few and not many and all(accepts(inner, item) for item in value)


def _accepts_members(schema: Mapping[str, Any], value: Mapping[str, Json]) -> bool:
    if any(name not in value for name in schema.get("required", ())):
        return False
    named, other = schema.get("properties", {}), schema.get("additionalProperties", True)
    return all(accepts(named.get(key, other), member) for key, member in value.items())


def normal(value: Json) -> Json:
    """The value in a form whose JSON text is equal exactly for values that JSON Schema calls equal."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, Mapping):
        return {key: normal(value[key]) for key in sorted(value)}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [normal(item) for item in value]
    return value


def has_type(name: Json, value: Json) -> bool:
    """Whether the value is of that JSON Schema type."""
    if isinstance(value, str):
        return name == "string"
    if isinstance(value, bool):
        return name == "boolean"
    if isinstance(value, int):
        return name in ("integer", "number")
    if isinstance(value, float):
        return name == "number" or (name == "integer" and value.is_integer())
    if value is None:
        return name == "null"
    return name == ("object" if isinstance(value, Mapping) else "array")


def _is_plain(keyword: str, expected: Json) -> bool:
    if keyword == "type":
        return isinstance(expected, str) or _is_list(expected)
    if keyword == "enum":
        return _is_list(expected)
    if keyword == "const":
        return True
    return isinstance(expected, (int, float)) and not isinstance(expected, bool)


def _is_list(value: Json) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)


def _check_type(expected: Json, value: Json) -> bool:
    if isinstance(expected, str):
        return has_type(expected, value)
    return isinstance(expected, Sequence) and any(has_type(name, value) for name in expected)


def _equal(a: Json, b: Json) -> bool:
    return dump_json(normal(a)) == dump_json(normal(b))


def _check_enum(expected: Json, value: Json) -> bool:
    if isinstance(value, str):
        return isinstance(expected, (list, Sequence)) and value in expected
    return isinstance(expected, Sequence) and any(_equal(item, value) for item in expected)


def _bound(holds: Callable[[float, float], bool]) -> Callable[[Json, Json], bool]:
    def check(expected: Json, value: Json) -> bool:
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            return True
        return isinstance(expected, (int, float)) and holds(value, expected)

    return check


def _length(holds: Callable[[float, float], bool]) -> Callable[[Json, Json], bool]:
    def check(expected: Json, value: Json) -> bool:
        if not isinstance(value, str):
            return True
        return isinstance(expected, (int, float)) and holds(len(value), expected)

    return check


VALUE_CHECKS: Mapping[str, Callable[[Json, Json], bool]] = {
    "type": _check_type,
    "enum": _check_enum,
    "const": _equal,
    "minimum": _bound(lambda value, bound: value >= bound),
    "maximum": _bound(lambda value, bound: value <= bound),
    "exclusiveMinimum": _bound(lambda value, bound: value > bound),
    "exclusiveMaximum": _bound(lambda value, bound: value < bound),
    "minLength": _length(lambda length, bound: length >= bound),
    "maxLength": _length(lambda length, bound: length <= bound),
}
"""Keyword -> whether a value passes it; these need nothing but the keyword's own value."""


def patterns(schema: Json, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """Every regular expression in a schema, with its place."""
    if isinstance(schema, Mapping):
        for key, member in schema.items():
            if key == "pattern" and isinstance(member, str):
                yield (*path, key), member
            elif key == "patternProperties" and isinstance(member, Mapping):
                yield from (((*path, key, pattern), pattern) for pattern in member)
            yield from patterns(member, (*path, key))
    elif isinstance(schema, Sequence) and not isinstance(schema, str):
        for index, item in enumerate(schema):
            yield from patterns(item, (*path, index))


_UNBOUNDED = r"(?<!\\)(?:[*+]|\{\d*,\d*\})"


def pattern_problem(pattern: str) -> str | None:
    """Why Python's own matcher, which can backtrack for ever, may not be given this pattern."""
    if (
        len(re.findall(_UNBOUNDED, pattern)) > 1
        or "(?" in pattern
        or re.search(r"\\[1-9]", pattern)
    ):
        return "it needs jsonschema-rs, which is not available on this machine"
    try:
        re.compile(pattern)
    except (re.error, OverflowError, RecursionError):
        return "it is no valid regular expression"
    return None


def compile_pattern(pattern: str) -> Callable[[str], bool]:
    """A matcher for a pattern that `pattern_problem` accepts; any other matches everything."""
    if pattern_problem(pattern) is not None:
        return lambda text: True
    compiled = re.compile(pattern)
    return lambda text: compiled.search(text) is not None
