"""What OpenAI asks of a JSON Schema with `strict: true`, and refuses the request without.

By its guide to structured outputs: the top is an object, every object says `additionalProperties: false`,
and `required` names each of its properties and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from promptctl.core.json_data import Json, Path
from promptctl.core.schema_words import SchemaProblem, did_you_mean, shown

STRICT_PROVIDERS = ("openai",)
"""Providers that refuse a schema for what is found here."""


def strict_problems(schema: Mapping[str, Json]) -> Iterator[SchemaProblem]:
    """What keeps a schema from being strict; it must be valid, and so not nested without end."""
    if schema.get("type") != "object":
        message = "with `strict: true` the schema must be of `type: object` at its top"
        yield SchemaProblem(("type",), "strict", message, "put it into a property of an object")
    for path, node in _objects(schema, ()):
        yield from _object_problems(path, node)


def _object_problems(path: Path, node: Mapping[str, Json]) -> Iterator[SchemaProblem]:
    if node.get("additionalProperties") is not False:
        message = "with `strict: true`, each object needs `additionalProperties: false`"
        place = (*path, "additionalProperties") if "additionalProperties" in node else path
        yield SchemaProblem(place, "strict", message, "add `additionalProperties: false`")
    properties, required = node.get("properties"), node.get("required")
    names = list(properties) if isinstance(properties, Mapping) else []
    listed = required if isinstance(required, Sequence) else ()
    lacking = [name for name in names if name not in listed]
    if lacking:
        message = f"with `strict: true`, `required` must name {', '.join(map(shown, lacking))} too"
        hint = 'what may be left out is of a type with "null", as in type: [string, "null"]'
        place = (*path, "required") if "required" in node else path
        yield SchemaProblem(place, "strict", message, hint)
    for index, name in enumerate(listed):
        if isinstance(name, str) and name not in names:
            message = f"with `strict: true`, {shown(name)} cannot be required: it is no property"
            hint = did_you_mean(name, names) or "remove it"
            yield SchemaProblem((*path, "required", index), "strict", message, hint)


def _objects(schema: Json, path: Path) -> Iterator[tuple[Path, Mapping[str, Json]]]:
    """Every schema of an object within a schema, with its path."""
    if not isinstance(schema, Mapping):
        return
    kind = schema.get("type")
    if (
        kind == "object"
        or (isinstance(kind, Sequence) and "object" in kind)
        or ("properties" in schema)
    ):
        yield path, schema
    yield from _objects(schema.get("items"), (*path, "items"))
    for word in ("properties", "$defs", "definitions"):
        members = schema.get(word)
        for name, member in members.items() if isinstance(members, Mapping) else ():
            yield from _objects(member, (*path, word, name))
    branches = schema.get("anyOf")
    for index, branch in enumerate(branches if isinstance(branches, Sequence) else ()):
        yield from _objects(branch, (*path, "anyOf", index))
