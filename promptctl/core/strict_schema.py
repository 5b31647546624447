"""What providers ask of a JSON Schema that answers must follow exactly, and refuse the request without.

OpenAI, in a strict schema, by its guide to structured outputs: the top is an object, every object says
`additionalProperties: false`, `required` names each of its properties and nothing else, each value has a
type, some words of JSON Schema are not known, and there are limits of size. Anthropic, whose response
formats are always strict: objects are closed too, and bounds of numbers, texts and lists are not known.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from promptctl.core.json_data import Json, Path
from promptctl.core.nearest import did_you_mean
from promptctl.core.schema_words import SchemaProblem, shown, shown_names

STRICT_PROVIDERS = ("openai", "azure_openai", "anthropic")
"""Providers that refuse a schema for what is found here."""
ALWAYS_STRICT = ("anthropic",)
"""Those that know no other response formats."""
MAX_PROPERTIES, MAX_LEVELS, MAX_ENUM = 5_000, 10, 1_000
MAX_STRANGE = 20
"""Names of one object that are told one by one; a hint for each costs a look at all of them."""

_UNKNOWN_WORDS = {
    "openai": (
        *("allOf", "oneOf", "not", "if", "then", "else"),
        *("dependentRequired", "dependentSchemas"),
    ),
    "anthropic": (
        *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
        *("minLength", "maxLength", "maxItems", "uniqueItems"),
    ),
}
_TYPED_BY = ("type", "$ref", "anyOf", "oneOf", "allOf", "enum", "const")
_INSTEAD = {"oneOf": "use `anyOf`", "allOf": "write it out in one schema"}


def strict_problems(
    schema: Mapping[str, Json], provider: str = "openai"
) -> Iterator[SchemaProblem]:
    """What keeps a schema from being strict; it must be valid, and so not nested without end."""
    provider = "openai" if provider == "azure_openai" else provider
    if provider == "openai" and schema.get("type") != "object":
        message = "a strict schema must be of `type: object` at its top"
        yield _problem(("type",), message, "put it into a property of an object")
    for path, node in _schemas(schema, ()):
        if is_object(node):
            yield from _openness(path, node)
            if provider == "openai":
                yield from _required(path, node)
        yield from _unknown_words(path, node, provider)
        if provider == "openai":
            yield from _untyped(path, node)
    if provider == "openai":
        yield from _too_large(schema)


def open_objects(schema: Mapping[str, Json]) -> Iterator[Path]:
    """The path of every schema of an object that says nothing about other keys."""
    for path, node in _schemas(schema, ()):
        if is_object(node) and "additionalProperties" not in node:
            yield path


def is_object(node: Mapping[str, Json]) -> bool:
    """Whether a schema is one of objects."""
    kind = node.get("type")
    listed = isinstance(kind, Sequence) and not isinstance(kind, str) and "object" in kind
    return kind == "object" or listed or "properties" in node


def _problem(path: Path, message: str, hint: str) -> SchemaProblem:
    return SchemaProblem(path, "strict", message, hint)


def _openness(path: Path, node: Mapping[str, Json]) -> Iterator[SchemaProblem]:
    if node.get("additionalProperties") is not False:
        message = "in a strict schema, each object needs `additionalProperties: false`"
        place = (*path, "additionalProperties") if "additionalProperties" in node else path
        yield _problem(place, message, "add `additionalProperties: false`")


def _required(path: Path, node: Mapping[str, Json]) -> Iterator[SchemaProblem]:
    properties, required = node.get("properties"), node.get("required")
    names = properties if isinstance(properties, Mapping) else {}
    listed = required if isinstance(required, Sequence) else ()
    known = {name for name in listed if isinstance(name, str)}
    lacking = [name for name in names if name not in known]
    if lacking:
        message = f"in a strict schema, `required` must name {shown_names(lacking)} too"
        hint = 'what may be left out is of a type with "null", as in type: [string, "null"]'
        place = (*path, "required") if "required" in node else path
        yield _problem(place, message, hint)
    strange = [
        (n, name) for n, name in enumerate(listed) if isinstance(name, str) and name not in names
    ]
    for index, name in strange[:MAX_STRANGE]:
        message = f"in a strict schema, {shown(name)} cannot be required: it is no property"
        hint = did_you_mean(name, names) or "remove it"
        yield _problem((*path, "required", index), message, hint)


def _unknown_words(path: Path, node: Mapping[str, Json], provider: str) -> Iterator[SchemaProblem]:
    for word in _UNKNOWN_WORDS[provider]:
        if word in node:
            hint = _INSTEAD.get(word, "remove it, and say it in the description")
            message = f"in a strict schema, {provider} does not take `{word}`"
            yield SchemaProblem((*path, word), "strict", message, hint, at_key=True)
    least = node.get("minItems")
    if provider == "anthropic" and isinstance(least, int) and least > 1:
        message = "in a strict schema, anthropic takes no `minItems` above 1"
        yield _problem((*path, "minItems"), message, "lower it, and say it in the description")


def _untyped(path: Path, node: Mapping[str, Json]) -> Iterator[SchemaProblem]:
    if path and not any(word in node for word in _TYPED_BY):
        message = "in a strict schema, each value needs a `type`"
        yield _problem(path, message, "add one, such as `type: string`")
    elif node.get("type") == "array" and "items" not in node:
        yield _problem(path, "in a strict schema, a list needs `items`", "add `items: {type: …}`")


def _too_large(schema: Mapping[str, Json]) -> Iterator[SchemaProblem]:
    properties = values = 0
    for _, node in _schemas(schema, ()):
        inner, listed = node.get("properties"), node.get("enum")
        properties += len(inner) if isinstance(inner, Mapping) else 0
        values += len(listed) if isinstance(listed, Sequence) else 0
    for count, most, what in (
        (_levels(schema), MAX_LEVELS, "levels of objects"),
        (properties, MAX_PROPERTIES, "properties"),
        (values, MAX_ENUM, "values in lists of `enum`"),
    ):
        if count > most:
            message = f"a strict schema has at most {most:,} {what}, and this one has {count:,}"
            yield _problem((), message, "use fewer")


def _levels(schema: Mapping[str, Json]) -> int:
    """How many objects lie in each other at the deepest place."""
    below = max((_levels(node) for _, node in _members(schema, ())), default=0)
    return below + is_object(schema)


def _schemas(schema: Mapping[str, Json], path: Path) -> Iterator[tuple[Path, Mapping[str, Json]]]:
    """Every schema within a schema, itself first, with its path."""
    yield path, schema
    for inner, member in _members(schema, path):
        yield from _schemas(member, inner)


def _members(schema: Mapping[str, Json], path: Path) -> Iterator[tuple[Path, Mapping[str, Json]]]:
    """The schemas that a schema holds directly."""
    if isinstance(items := schema.get("items"), Mapping):
        yield (*path, "items"), items
    for word in ("properties", "$defs", "definitions"):
        members = schema.get(word)
        for name, member in members.items() if isinstance(members, Mapping) else ():
            if isinstance(member, Mapping):
                yield (*path, word, name), member
    branches = schema.get("anyOf")
    for index, branch in enumerate(branches if isinstance(branches, Sequence) else ()):
        if isinstance(branch, Mapping):
            yield (*path, "anyOf", index), branch
