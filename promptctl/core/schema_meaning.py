"""What a JSON Schema means, whatever way it is written: references followed, order and notes left out."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import TypeAlias

from promptctl.core.fast_dataclass import dataclass
from promptctl.core.json_data import Json
from promptctl.core.schema_limits import resolve
from promptctl.core.schema_words import shown
from promptctl.core.simple_schema import ANNOTATIONS, has_type

Schema: TypeAlias = Mapping[str, Json]

ANY: Schema = {}
"""The schema of every value."""
NEVER: Schema = {"type": []}
"""The schema of no value."""
NOTES = ANNOTATIONS | {"writeOnly"}
"""Keywords that allow every value."""
IGNORED = frozenset(("$defs", "definitions", "$id", "$schema"))
"""Keywords that say nothing by themselves."""

_ONE = frozenset((
    "not", "if", "then", "else", "items", "contains", "additionalProperties", "propertyNames",
    "unevaluatedItems", "unevaluatedProperties", "contentSchema",
))  # fmt: skip
_MANY = frozenset(("allOf", "anyOf", "oneOf", "prefixItems"))
_NAMED = frozenset(("properties", "patternProperties", "dependentSchemas", "$defs", "definitions"))
_SETS = frozenset(("required", "enum", "type"))
_REFERENCES = frozenset(("$ref", "$dynamicRef", "$recursiveRef"))

OBJECT, ARRAY, STRING = frozenset(("object",)), frozenset(("array",)), frozenset(("string",))
NUMBER = frozenset(("integer", "fraction"))
ALL = frozenset(("null", "boolean")) | OBJECT | ARRAY | STRING | NUMBER
"""The types; a `fraction` is a number that is no integer."""


class TooMuch(Exception):
    """A comparison costs more than it may."""


class Work:
    """What a comparison may still cost."""

    def __init__(self, steps: int) -> None:
        self._left = steps

    def spend(self, steps: int) -> None:
        """Raises TooMuch when nothing is left."""
        self._left -= steps
        if self._left < 0:
            raise TooMuch

    def can_spend(self, steps: int) -> bool:
        """Whether so much is left; if so, it is spent."""
        if self._left < steps:
            return False
        self._left -= steps
        return True


class Keys:
    """A number for each value or schema, the same for all that are equal by meaning."""

    def __init__(self) -> None:
        self._numbers: dict[Hashable, int] = {}
        self._known: dict[tuple[int, bool], tuple[int, Json]] = {}
        self._referring: set[int] = set()

    def refers(self, key: int) -> bool:
        """Whether what has this key holds a reference, so that its meaning depends on its root."""
        return key in self._referring

    def value(self, value: Json) -> int:
        """The key of plain data."""
        if isinstance(value, str) or value is None or isinstance(value, bool):
            return self._number((type(value).__name__, value))
        if isinstance(value, (int, float)):
            whole = isinstance(value, float) and value.is_integer()
            return self._number(("number", int(value) if whole else value))
        return self._remember(value, schema=False)

    def schema(self, schema: Json) -> int:
        """The key of a schema, whose annotations do not count."""
        if schema is True:
            schema = ANY
        if not isinstance(schema, Mapping):
            return self.value(schema)
        return self._remember(schema, schema=True)

    def keyword(self, name: str, value: Json) -> int:
        """The key of what a keyword holds."""
        if name in _ONE:
            return self.schema(value)
        if name in _NAMED and isinstance(value, Mapping):
            members = frozenset((key, self.schema(member)) for key, member in value.items())
            return self._number(("named", members), (key for _, key in members))
        if name in _MANY and is_list(value):
            options = tuple(self.schema(option) for option in items_of(value))
            return self._number(("many", options), options)
        if name in _SETS:
            listed = items_of(value) if is_list(value) else (value,)
            return self._number(("set", frozenset(self.value(item) for item in listed)))
        return self.value(value)

    def _remember(self, value: Json, *, schema: bool) -> int:
        known = self._known.get((id(value), schema))
        if known is not None:
            return known[0]
        for inner in reversed(list(self._unknown(value))):  # inside first: nothing recurses far
            key = self._of_value(inner)
            self._known[id(inner), False] = key, inner  # holding it keeps its id its own
            if isinstance(inner, Mapping):
                self._known[id(inner), True] = self._of_schema(inner), inner
        return self._known[id(value), schema][0]

    def _unknown(self, value: Json) -> Iterator[Json]:
        stack = [value]
        while stack:
            inner = stack.pop()
            yield inner
            members = inner.values() if isinstance(inner, Mapping) else items_of(inner)
            for member in members:
                holds = isinstance(member, Mapping) or is_list(member)
                if holds and (id(member), False) not in self._known:
                    stack.append(member)

    def _of_value(self, value: Json) -> int:
        if isinstance(value, Mapping):
            return self._number(("map", frozenset((k, self.value(v)) for k, v in value.items())))
        return self._number(("list", tuple(self.value(item) for item in items_of(value))))

    def _of_schema(self, value: Json) -> int:
        parts = {
            (name, self.keyword(name, member))
            for name, member in mapping_of(value).items()
            if name not in NOTES and name not in ("$id", "$schema")
        }
        key = self._number(("schema", frozenset(parts)), (inner for _, inner in parts))
        if any(name in _REFERENCES for name, _ in parts):
            self._referring.add(key)
        return key

    def _number(self, shape: Hashable, inner: Iterable[int] = ()) -> int:
        key = self._numbers.setdefault(shape, len(self._numbers))
        if not self._referring.isdisjoint(inner):
            self._referring.add(key)
        return key


class Side:
    """One of the two schemas: follows its references."""

    def __init__(self, root: Json, work: Work) -> None:
        self.root = mapping_of(root)
        self._work = work
        self._normal: dict[int, tuple[Schema, Json]] = {}
        self._spread: dict[int, Schema] = {}

    def normal(self, schema: Json) -> Schema:
        """The schema with a lone reference followed, and one among other keywords under `allOf`."""
        if not isinstance(schema, Mapping):
            return NEVER if schema is False else ANY
        known = self._normal.get(id(schema))
        if known is None:
            known = self._normal[id(schema)] = self._follow(schema), schema
        return known[0]

    def _follow(self, schema: Schema) -> Schema:
        notes: Schema = {}
        met = {id(schema)}
        while (inner := self._lone(schema)) is not None and id(inner) not in met:
            self._work.spend(1)
            notes = {**_notes(schema), **notes}
            schema = inner
            met.add(id(schema))
        spread = self._spread.setdefault(id(schema), self._split(schema))
        return {**spread, **notes} if notes else spread

    def _lone(self, schema: Schema) -> Schema | None:
        """What stands behind a schema that says nothing of its own."""
        names = constraining(schema)
        inner: Json = None
        if names == ["$ref"]:
            inner = resolve(self.root, schema["$ref"])
        elif names == ["allOf"] and len(members := items_of(schema["allOf"])) == 1:
            inner = members[0]
        if isinstance(inner, bool):
            return ANY if inner else NEVER
        return inner if isinstance(inner, Mapping) else None

    def _split(self, schema: Schema) -> Schema:
        target = resolve(self.root, schema.get("$ref"))
        if not isinstance(target, (Mapping, bool)) or constraining(schema) == ["$ref"]:
            return schema
        rest = {name: value for name, value in schema.items() if name != "$ref"}
        return {**rest, "allOf": [*items_of(schema.get("allOf")), target]}


@dataclass(frozen=True, slots=True)
class Allowed:
    """The values that `type`, `enum` and `const` allow."""

    declared: frozenset[str]
    """The types that `type` names, or else those of the listed values."""
    types: frozenset[str]
    listed: Mapping[int, Json] | None
    """Every value by its key, where they are listed."""


def allowed(schema: Schema, keys: Keys) -> Allowed:
    """What a schema's `type`, `enum` and `const` allow, seen together."""
    named = _named_types(schema)
    listed = _listed(schema, keys)
    if listed is None:
        types = ALL if named is None else named
        return Allowed(types, types, None)
    fitting = {
        key: value
        for key, value in listed.items()
        if named is None or not named.isdisjoint(_type_of(value))
    }
    types = frozenset(name for value in fitting.values() for name in _type_of(value))
    return Allowed(types if named is None else named, types, fitting)


def type_words(types: frozenset[str]) -> str:
    """The types as people write them: `any`, `string`, `integer or null`."""
    if types == ALL:
        return "any"
    names = types - NUMBER if types >= NUMBER else types
    written = {"number" if name == "fraction" else name for name in names}
    if types >= NUMBER:
        written.add("number")
    return " or ".join(sorted(written, key=lambda name: (name == "null", name))) or "nothing"


def constraining(schema: Schema) -> list[str]:
    """The keywords of a schema that can make a value invalid."""
    return [name for name in schema if name not in NOTES and name not in IGNORED]


def tightness(
    schema: Schema, plain: str, exclusive: str | None, sign: int
) -> tuple[float, bool, str]:
    """How tight a bound is, more being tighter: the limit, whether it is excluded, and its keyword."""
    loosest = (0 if sign == 1 and exclusive is None else -math.inf, False, plain)
    bounds = [
        (sign * value, name == exclusive, name)
        for name in (plain, exclusive)
        if name is not None and isinstance(value := schema.get(name), (int, float))
    ]
    return max([loosest, *bounds])


def exact(number: Json) -> Fraction | None:
    """A number as people wrote it, so that 0.3 is three times 0.1; None for what is no number."""
    if isinstance(number, int):
        return Fraction(number)
    if isinstance(number, float) and math.isfinite(number):
        return Fraction(repr(number))
    return None


def moved(name: str, old: Json, new: Json) -> str:
    """What happened to a keyword, without a subject."""
    if name in NOTES:
        how = "was added" if old is None else "was removed" if new is None else "changed"
        return f"the {name} {how}"
    if old is None or new is None:
        value = old if new is None else new
        plain = isinstance(value, (str, int, float)) and not isinstance(value, bool)
        what = f"{shown(name)} {shown(value)}" if plain else shown(name)
        return f"{what} was {'added' if old is None else 'removed'}"
    return f"{shown(name)} is {shown(new)}, was {shown(old)}"


def listing(values: Sequence[Json]) -> str:
    """The first few values, in words."""
    first = ", ".join(shown(value) for value in values[:5])
    return f"{first} and {len(values) - 5} more" if len(values) > 5 else first or "nothing"


def is_list(value: Json) -> bool:
    """Whether the value is a list."""
    return isinstance(value, Sequence) and not isinstance(value, str)


def items_of(value: Json) -> Sequence[Json]:
    """The value if it is a list, else an empty one."""
    return value if isinstance(value, Sequence) and not isinstance(value, str) else ()


def mapping_of(value: Json) -> Mapping[str, Json]:
    """The value if it is a mapping, else an empty one."""
    return value if isinstance(value, Mapping) else {}


def _notes(schema: Schema) -> Schema:
    return {name: value for name, value in schema.items() if name in NOTES}


def _named_types(schema: Schema) -> frozenset[str] | None:
    if "type" not in schema:
        return None
    named = schema["type"]
    names = items_of(named) if is_list(named) else (named,)
    types = frozenset(str(name) for name in names)
    return (types - {"number"}) | NUMBER if "number" in types else types


def _listed(schema: Schema, keys: Keys) -> Mapping[int, Json] | None:
    listed = None
    if is_list(schema.get("enum")):
        listed = {keys.value(value): value for value in items_of(schema["enum"])}
    if "const" in schema:
        key, value = keys.value(schema["const"]), schema["const"]
        listed = {key: value} if listed is None or key in listed else {}
    return listed


def _type_of(value: Json) -> frozenset[str]:
    return frozenset(name for name in _PLAIN_TYPES if has_type(name, value)) or _FRACTION


_PLAIN_TYPES = tuple(ALL - {"fraction"})
_FRACTION = frozenset(("fraction",))
