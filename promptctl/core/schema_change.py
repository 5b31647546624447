"""Two JSON Schemas -> how what they allow differs: structurally, conservatively and at bounded cost.

A schema allows what each of its keywords allows. So if no keyword is found to allow less, every value
that was valid still is. What cannot be decided is `incomparable`, never nothing.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from promptctl.core.json_data import Json, Path
from promptctl.core.schema_difference import (
    BOUNDS,
    Difference,
    Direction,
    incomparable_text,
    limit,
    note_differences,
    number_differences,
    value_differences,
)
from promptctl.core.schema_meaning import (
    ALL,
    ANY,
    ARRAY,
    IGNORED,
    NEVER,
    NOTES,
    OBJECT,
    STRING,
    Keys,
    Schema,
    Side,
    TooMuch,
    Work,
    allowed,
    constraining,
    items_of,
    mapping_of,
)

MAX_COMPARISONS = 20_000
"""Steps of work after which two schemas count as incomparable."""


def compare_schemas(old: Json, new: Json) -> list[Difference]:
    """How the second schema differs from the first; empty if they mean the same."""
    comparison = _Comparison(old, new)
    comparison.run()
    return comparison.found


_NARROWER, _WIDER, _UNKNOWN = Direction.NARROWER, Direction.WIDER, Direction.UNKNOWN

# Keywords that constrain together; whether one form of them allows more than another is not decided.
_CONSTRAINTS: tuple[tuple[frozenset[str], tuple[str, ...]], ...] = (
    (STRING, ("pattern",)),
    (STRING, ("format",)),
    (STRING, ("contentEncoding", "contentMediaType", "contentSchema")),
    (ARRAY, ("uniqueItems",)),
    (ARRAY, ("contains", "minContains", "maxContains")),
    (OBJECT, ("propertyNames",)),
    (OBJECT, ("dependentRequired",)),
    (OBJECT, ("dependentSchemas",)),
    (ALL, ("not",)),
    (ALL, ("if", "then", "else")),
)
_SHAPES: Mapping[str, tuple[type, ...]] = {
    **dict.fromkeys(("properties", "patternProperties"), (Mapping,)),
    **dict.fromkeys(("required", "enum", "allOf", "anyOf", "oneOf", "prefixItems"), (list, tuple)),
    **dict.fromkeys(("items", "additionalProperties"), (Mapping, bool)),
    **{name: (int, float) for bound in BOUNDS for name in bound[1:3] if isinstance(name, str)},
    "multipleOf": (int, float),
    "type": (str, list, tuple),
    "const": (object,),
}
"""Keywords that are compared by meaning, with what their values have to be."""
_HOLD_SCHEMAS = {"not", "if", "then", "else", "contains", "propertyNames"}
_UNEVALUATED = ("unevaluatedProperties", "unevaluatedItems")
_KNOWN = {*_SHAPES, *NOTES, *IGNORED, *(name for _, names in _CONSTRAINTS for name in names)}


class _Comparison:
    """The differences between two schemas, found pair by pair of their subschemas."""

    def __init__(self, old: Json, new: Json) -> None:
        self.found: list[Difference] = []
        self._work = Work(MAX_COMPARISONS)
        self._keys = Keys()
        self._old, self._new = Side(old, self._work), Side(new, self._work)
        self._roots = old, new
        self._todo: deque[tuple[Json, Json, Path]] = deque([(old, new, ())])
        self._met: set[tuple[int, int]] = set()
        self._any = self._keys.schema(ANY)
        self._same_roots = self._keys.schema(old) == self._keys.schema(new)
        self._identical_roots = self._keys.value(old) == self._keys.value(new)

    def run(self) -> None:
        """Fills `found`."""
        try:
            while self._todo:
                told = len(self.found)
                self._compare(*self._todo.popleft())
                self._work.spend(len(self.found) - told)
        except TooMuch:
            self._incomparable("too large to be compared", *self._roots, ())

    def _add(
        self, kind: str, way: Direction, path: Path, text: str, old: Json = None, new: Json = None
    ) -> None:
        self.found.append(Difference(kind, way, path, text, old, new))

    def _keyword_incomparable(self, name: str, old: Schema, new: Schema, path: Path) -> None:
        self._incomparable(incomparable_text(name), old, new, (*path, name))

    def _incomparable(self, text: str, old: Json, new: Json, path: Path) -> None:
        """What is told holds all that may have changed: who accepts it accepts nothing else with it."""
        if self._keys.value(old) == self._keys.value(new):
            old, new = self._roots  # they refer to what is elsewhere
        self._add("incomparable", _UNKNOWN, path, text, old, new)

    def _push(self, old: Json, new: Json, path: Path) -> None:
        self._todo.append((old, new, path))

    def _compare(self, raw_old: Json, raw_new: Json, path: Path) -> None:
        if self._is_identical(raw_old, raw_new):
            return
        old, new = self._old.normal(raw_old), self._new.normal(raw_new)
        if (id(old), id(new)) in self._met:
            return
        self._met.add((id(old), id(new)))
        self._work.spend(1 + _size(old, new) // 16)
        self.found += note_differences(old, new, path, self._keys)
        if not self._is_whole(old, new):
            if not self._same_keywords({*old, *new} - NOTES - IGNORED, old, new):
                self._incomparable("changed in a way that cannot be compared", old, new, path)
            return
        choices_old, choices_new = self._choices(old, self._old), self._choices(new, self._new)
        if choices_old is not None or choices_new is not None:
            olds = [_bare(raw_old)] if choices_old is None else choices_old
            news = [_bare(raw_new)] if choices_new is None else choices_new
            self._match(olds, news, path, "anyOf")
            return
        before, after = allowed(old, self._keys), allowed(new, self._keys)
        name = "enum" if "enum" in old or "enum" in new else "const"
        self.found += value_differences(before, after, name, path)
        if types := before.types & after.types:
            self._compare_keywords(old, new, types, path)

    def _is_identical(self, old: Json, new: Json) -> bool:
        if self._keys.value(old) != self._keys.value(new):
            return False
        return self._identical_roots or not self._keys.refers(self._keys.schema(old))

    def _is_whole(self, old: Schema, new: Schema) -> bool:
        """Whether each keyword can be looked at by itself, and has the shape that it must have."""
        return not any(
            name in _UNEVALUATED or not _has_shape(name, value)
            for schema in (old, new)
            for name, value in schema.items()
        )

    def _compare_keywords(
        self, old: Schema, new: Schema, types: frozenset[str], path: Path
    ) -> None:
        """Compares what applies to types that both allow; of the others the types say it all."""
        self.found += number_differences(old, new, types, path)
        for family, names in _CONSTRAINTS:
            if family & types:
                self._compare_constraint(old, new, names, path)
        if types & ARRAY:
            self._compare_items(old, new, path)
        if types & OBJECT:
            self._compare_object(old, new, path)
        self._compare_combined(old, new, path)
        for name in sorted({*old, *new} - _KNOWN):
            if not self._same_keywords((name,), old, new):
                self._keyword_incomparable(name, old, new, path)

    def _same_keywords(self, names: Iterable[str], old: Schema, new: Schema) -> bool:
        """Whether these keywords certainly mean the same in both schemas."""
        for name in names:
            if (name in old) != (name in new):
                return False
            if name in old:
                key = self._keys.keyword(name, old[name])
                if key != self._keys.keyword(name, new[name]):
                    return False
                refers = name == "$ref" or self._keys.refers(key)
                if refers and not self._same_roots:
                    return False
        return True

    def _compare_constraint(
        self, old: Schema, new: Schema, names: tuple[str, ...], path: Path
    ) -> None:
        before = [name for name in names if _constrains(name, old)]
        after = [name for name in names if _constrains(name, new)]
        if before and after:
            if not self._same_keywords(names, old, new):
                self._keyword_incomparable(before[0], old, new, path)
                return
            for name in set(names) & _HOLD_SCHEMAS & old.keys():
                self._push(old[name], new[name], (*path, name))  # their notes may differ
        elif before or after:
            found = limit(bool(after), (before or after)[0], old, new, path)
            if len(before or after) > 1:
                before_all, after_all = (
                    {name: side[name] for name in names if name in side} for side in (old, new)
                )
                found = replace(found, old=before_all, new=after_all)
            self.found.append(found)

    def _compare_items(self, old: Schema, new: Schema, path: Path) -> None:
        name = "prefixItems"
        if name in old or name in new:
            if not self._same_keywords((name, "items"), old, new):
                self._keyword_incomparable(name, old, new, path)
            return
        self._push(old.get("items", True), new.get("items", True), (*path, "items"))

    def _compare_object(self, old: Schema, new: Schema, path: Path) -> None:
        before, after = mapping_of(old.get("properties")), mapping_of(new.get("properties"))
        self._work.spend((len(before) + len(after)) // 16)
        self._compare_required(old, new, path)
        rest_old = old.get("additionalProperties", True)
        rest_new = new.get("additionalProperties", True)
        patterns = "patternProperties"
        if patterns in old or patterns in new:
            same = self._same_keywords((patterns, "additionalProperties"), old, new)
            if not same or before.keys() != after.keys():
                self._keyword_incomparable(patterns, old, new, path)
                return
        else:
            self._compare_rest(rest_old, rest_new, (*path, "additionalProperties"))
        for name in {**before, **after}:
            at = (*path, "properties", name)
            if name in before and name in after:
                self._push(before[name], after[name], at)
            elif name in before:
                self._lone_property("property-removed", before[name], rest_new, at)
            else:
                self._lone_property("property-added", after[name], rest_old, at)

    def _compare_rest(self, old: Json, new: Json, path: Path) -> None:
        shut_old, shut_new = self._is_never(old, self._old), self._is_never(new, self._new)
        if shut_new and not shut_old:
            text = "keys that are not listed are no longer allowed"
            self._add("keys-closed", _NARROWER, path, text, old, new)
        elif shut_old and not shut_new:
            text = "keys that are not listed are now allowed"
            self._add("keys-opened", _WIDER, path, text, old, new)
        elif not shut_old:
            self._push(old, new, path)

    def _lone_property(self, kind: str, schema: Json, rest: Json, path: Path) -> None:
        """A property on one side only; on the other `rest` applies to its key."""
        added = kind == "property-added"
        side, other = (self._new, self._old) if added else (self._old, self._new)
        way = Direction.SAME
        if self._is_never(rest, other):
            if not self._is_never(schema, side):
                way = _WIDER if added else _NARROWER
        elif self._keys.schema(other.normal(rest)) != self._any:
            self._push(*((rest, schema) if added else (schema, rest)), path)
        elif self._keys.schema(side.normal(schema)) != self._any:
            way = _NARROWER if added else _WIDER
        text = "the property was added" if added else "the property was removed"
        self._add(kind, way, path, text, *((None, schema) if added else (schema, None)))

    def _is_never(self, schema: Json, side: Side) -> bool:
        return side.normal(schema).get("type") == NEVER["type"]

    def _compare_required(self, old: Schema, new: Schema, path: Path) -> None:
        before = {str(name) for name in items_of(old.get("required"))}
        after = {str(name) for name in items_of(new.get("required"))}
        self._work.spend((len(before) + len(after)) // 16)
        listed = {**mapping_of(old.get("properties")), **mapping_of(new.get("properties"))}
        for name in before ^ after:
            at: Path = (*path, "properties", name) if name in listed else (*path, "required", name)
            if name in after:
                self._add("property-now-required", _NARROWER, at, "it is now required", False, True)
            else:
                text = "it is no longer required"
                self._add("property-now-optional", _WIDER, at, text, True, False)

    def _compare_combined(self, old: Schema, new: Schema, path: Path) -> None:
        self._match(items_of(old.get("allOf")), items_of(new.get("allOf")), path, "allOf")
        for name in ("anyOf", "oneOf"):
            before, after = items_of(old.get(name)), items_of(new.get(name))
            if (name in old) != (name in new):
                self.found.append(limit(name in new, name, old, new, path))
            elif (
                name == "anyOf"
                or self._are_apart(before, after)
                or self._same_options(before, after)
            ):
                self._match(before, after, path, name)
            else:
                self._keyword_incomparable(name, old, new, path)

    def _choices(self, schema: Schema, side: Side) -> Sequence[Json] | None:
        """The alternatives of a schema that is nothing but alternatives."""
        names = constraining(schema)
        if names == ["anyOf"]:
            return items_of(schema["anyOf"])
        if names == ["oneOf"] and self._exclude_each_other(items_of(schema["oneOf"]), side):
            return items_of(schema["oneOf"])
        return None

    def _are_apart(self, before: Sequence[Json], after: Sequence[Json]) -> bool:
        return self._exclude_each_other(before, self._old) and self._exclude_each_other(
            after, self._new
        )

    def _exclude_each_other(self, options: Sequence[Json], side: Side) -> bool:
        """Whether no value can match two of these, so that `oneOf` means `anyOf`."""
        met: set[str] = set()
        self._work.spend(len(options) // 4)
        for option in options:
            schema = side.normal(option)
            whole = all(_has_shape(n, schema[n]) for n in ("type", "enum") if n in schema)
            types = allowed(schema, self._keys).types if whole else ALL
            if not met.isdisjoint(types):
                return False
            met |= types
        return True

    def _same_options(self, before: Sequence[Json], after: Sequence[Json]) -> bool:
        keys_old = sorted(self._keys.schema(option) for option in before)
        keys_new = sorted(self._keys.schema(option) for option in after)
        refers = any(self._keys.refers(key) for key in keys_old)
        return keys_old == keys_new and (self._same_roots or not refers)

    def _match(self, old: Sequence[Json], new: Sequence[Json], path: Path, name: str) -> None:
        """Pairs what is written the same, and compares a single rest with a single rest."""
        self._work.spend((len(old) + len(new)) // 4)
        waiting: dict[int, list[Json]] = {}
        for schema in old:
            waiting.setdefault(self._keys.schema(schema), []).append(schema)
        rest: list[tuple[Path, Json]] = []
        for index, schema in enumerate(new):
            at = (*path, name, index)
            same = waiting.get(self._keys.schema(schema))
            if same:
                self._push(same.pop(0), schema, at)
            else:
                rest.append((at, schema))
        gone = [schema for schemas in waiting.values() for schema in schemas]
        if len(gone) == 1 and len(rest) == 1:
            self._push(gone[0], rest[0][1], rest[0][0])
        elif gone and rest:
            text = f"the alternatives of `{name}` changed in a way that cannot be compared"
            self._incomparable(text, old, new, (*path, name))
        elif gone or rest:
            self._unmatched(gone, rest, (*path, name))

    def _unmatched(self, gone: list[Json], rest: list[tuple[Path, Json]], path: Path) -> None:
        combined = path[-1] == "allOf"
        for schema in gone:
            kind, way = ("limit-loosened", _WIDER) if combined else ("option-removed", _NARROWER)
            text = "a part of `allOf` was removed" if combined else "an alternative was removed"
            self._add(kind, way, path, text, schema)
        for at, schema in rest:
            kind, way = ("limit-tightened", _NARROWER) if combined else ("option-added", _WIDER)
            text = "a part was added to `allOf`" if combined else "an alternative was added"
            self._add(kind, way, at, text, None, schema)


def _has_shape(name: str, value: Json) -> bool:
    shape = _SHAPES.get(name, (object,))
    return isinstance(value, shape) and not (shape == (int, float) and isinstance(value, bool))


def _constrains(name: str, schema: Schema) -> bool:
    return name in schema and not (name == "uniqueItems" and schema[name] is False)


def _size(old: Schema, new: Schema) -> int:
    enums = len(items_of(old.get("enum"))) + len(items_of(new.get("enum")))
    return len(old) + len(new) + enums


def _bare(schema: Json) -> Json:
    """The schema, a root perhaps, as it would be written as an alternative."""
    if isinstance(schema, Mapping) and not IGNORED.isdisjoint(schema):
        return {name: value for name, value in schema.items() if name not in IGNORED}
    return schema
