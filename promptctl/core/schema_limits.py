"""What a JSON Schema that a user wrote may hold, so that checking a value by it always ends soon."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from promptctl.core.json_data import Json
from promptctl.core.nearest import did_you_mean
from promptctl.core.prompt import Path
from promptctl.core.schema_words import SchemaProblem, shown

MAX_SCHEMA_DEPTH = 64
MAX_SCHEMA_NODES = 10_000
MAX_UNFOLDED = 10_000
"""Subschemas that may apply to one value after its references are followed."""
MAX_UNEVALUATED = 8

# Keywords by what their value holds.
_ONE = frozenset((
    "not", "if", "then", "else", "items", "contains", "additionalProperties", "propertyNames",
    "unevaluatedItems", "unevaluatedProperties", "contentSchema",
))  # fmt: skip
_MANY = frozenset(("allOf", "anyOf", "oneOf", "prefixItems"))
_NAMED = frozenset(("properties", "patternProperties", "dependentSchemas", "$defs", "definitions"))
_IN_PLACE = frozenset(("allOf", "anyOf", "oneOf", "not", "if", "then", "else", "dependentSchemas"))
_PLAIN = frozenset((
    "type", "enum", "const", "multipleOf", "maximum", "exclusiveMaximum", "minimum",
    "exclusiveMinimum", "maxLength", "minLength", "pattern", "maxItems", "minItems",
    "uniqueItems", "maxContains", "minContains", "maxProperties", "minProperties", "required",
    "dependentRequired", "format", "contentEncoding", "contentMediaType", "title",
    "description", "default", "deprecated", "readOnly", "writeOnly", "examples", "$comment",
    "$ref", "$schema", "$id",
))  # fmt: skip
_KNOWN = _ONE | _MANY | _NAMED | _PLAIN
_FOREIGN = frozenset(
    ("$dynamicRef", "$dynamicAnchor", "$recursiveRef", "$recursiveAnchor", "$anchor", "$vocabulary")
)


def limit_problems(schema: Mapping[str, Json]) -> list[SchemaProblem]:
    """What is unsafe, too large or probably misspelt in a schema; validity is another question."""
    size = _size_problem(schema)
    if size is not None:
        return [size]
    problems = [
        problem
        for path, node in subschemas(schema)
        for problem in _node_problems(schema, path, node)
    ]
    if problems:
        return problems
    return [*_cost_problems(schema)]


def is_recursive(schema: Mapping[str, Json]) -> bool:
    """Whether following references can come back to where it started."""
    state: dict[int, bool] = {}  # node -> still open
    stack: list[tuple[Mapping[str, Json], bool]] = [(schema, True)]
    while stack:
        node, entering = stack.pop()
        if not entering:
            state[id(node)] = False
            continue
        if id(node) in state:
            if state[id(node)]:
                return True
            continue
        state[id(node)] = True
        stack.append((node, False))
        for child in _children(schema, node):
            if state.get(id(child), False):
                return True
            stack.append((child, True))
    return False


def without_identity(schema: Mapping[str, Json]) -> Mapping[str, Json]:
    """The schema without `$schema` and `$id`, which would change how it is read."""
    if "$schema" in schema or "$id" in schema:
        return {k: v for k, v in schema.items() if k not in ("$schema", "$id")}
    return schema


def subschemas(schema: Mapping[str, Json]) -> Iterator[tuple[Path, Mapping[str, Json]]]:
    """The schema and every schema inside it, each with its path, in document order."""
    stack: list[tuple[Path, Mapping[str, Json]]] = [((), schema)]
    while stack:
        path, node = stack.pop()
        yield path, node
        stack += reversed([*_inner(path, node)])


def _inner(path: Path, node: Mapping[str, Json]) -> Iterator[tuple[Path, Mapping[str, Json]]]:
    for key, value in node.items():
        if key in _ONE and isinstance(value, Mapping):
            yield (*path, key), value
        elif key in _MANY and isinstance(value, Sequence) and not isinstance(value, str):
            for index, item in enumerate(value):
                if isinstance(item, Mapping):
                    yield (*path, key, index), item
        elif key in _NAMED and isinstance(value, Mapping):
            for name, member in value.items():
                if isinstance(member, Mapping):
                    yield (*path, key, name), member


def _children(
    root: Mapping[str, Json], node: Mapping[str, Json], *, in_place: bool = False
) -> Iterator[Mapping[str, Json]]:
    """The schemas that a schema applies: to the same value only, if asked, else to any."""
    target = resolve(root, node.get("$ref"))
    if isinstance(target, Mapping):
        yield target
    for path, child in _inner((), node):
        if path[0] in ("$defs", "definitions"):
            continue
        if not in_place or path[0] in _IN_PLACE:
            yield child


def resolve(root: Mapping[str, Json], reference: Json) -> Json:
    """The schema that a local `$ref` names; None if there is none."""
    if not isinstance(reference, str) or not (reference == "#" or reference.startswith("#/")):
        return None
    node: Json = root
    for raw in reference.split("/")[1:]:
        part = raw.replace("~1", "/").replace("~0", "~")
        if isinstance(node, Mapping) and part in node:
            node = node[part]
        elif isinstance(node, Sequence) and not isinstance(node, str) and part.isascii():
            if not part.isdigit() or len(part) > 6 or int(part) >= len(node):
                return None
            node = node[int(part)]
        else:
            return None
    return node


def _size_problem(schema: Json) -> SchemaProblem | None:
    nodes, level, depth = 0, [schema], 0
    while level:
        nodes += len(level)
        if depth > MAX_SCHEMA_DEPTH:
            message = f"nested more than {MAX_SCHEMA_DEPTH} levels deep"
            return SchemaProblem((), "limit", f"this schema is {message}")
        if nodes > MAX_SCHEMA_NODES:
            return SchemaProblem((), "limit", f"this schema holds over {MAX_SCHEMA_NODES} values")
        level = [inner for value in level for inner in _members(value)]
        depth += 1
    return None


def _members(value: Json) -> Sequence[Json]:
    if isinstance(value, Mapping):
        return list(value.values())
    return value if isinstance(value, Sequence) and not isinstance(value, str) else ()


def _node_problems(
    root: Mapping[str, Json], path: Path, node: Mapping[str, Json]
) -> Iterator[SchemaProblem]:
    for key in node:
        at = (*path, key)
        if key in _FOREIGN or (key == "$id" and path):
            yield SchemaProblem(at, key, f"`{key}` is not supported here", at_key=True)
        elif key not in _KNOWN and (hint := did_you_mean(key, _KNOWN)):
            message = f"unknown JSON Schema keyword {shown(key)}"
            yield SchemaProblem(at, "keyword", message, hint, at_key=True)
    reference = node.get("$ref")
    if isinstance(reference, str) and not isinstance(resolve(root, reference), (Mapping, bool)):
        local = reference.startswith("#")
        problem = "points to nothing" if local else "leaves the file; nothing is ever fetched"
        hint = None if local else "copy what it names to `$defs` and refer to it as `#/$defs/NAME`"
        yield SchemaProblem((*path, "$ref"), "$ref", f"`$ref` {shown(reference)} {problem}", hint)


def _cost_problems(schema: Mapping[str, Json]) -> Iterator[SchemaProblem]:
    unevaluated = sum(
        key.startswith("unevaluated") for _, node in subschemas(schema) for key in node
    )
    if unevaluated and any("patternProperties" in node for _, node in subschemas(schema)):
        message = "`patternProperties` and `unevaluated…` keywords cannot be used together"
        yield SchemaProblem((), "limit", message)
    if unevaluated > MAX_UNEVALUATED:
        yield SchemaProblem((), "limit", f"more than {MAX_UNEVALUATED} `unevaluated…` keywords")
    sizes: dict[int, int] = {}
    for path, node in subschemas(schema):
        size = _unfolded(schema, node, sizes)
        if size is None:
            yield SchemaProblem(path, "$ref", "this schema refers to itself for ever")
            return
        if size > MAX_UNFOLDED:
            yield SchemaProblem(path, "limit", "this schema unfolds to too many alternatives")
            return


def _unfolded(
    root: Mapping[str, Json], node: Mapping[str, Json], sizes: dict[int, int]
) -> int | None:
    """How many schemas apply to one value where `node` applies; None if it never ends."""
    stack: list[tuple[Mapping[str, Json], bool]] = [(node, False)]
    open_nodes: set[int] = set()
    while stack:
        current, done = stack.pop()
        if id(current) in sizes:
            continue
        children = list(_children(root, current, in_place=True))
        if done:
            open_nodes.discard(id(current))
            total = 1 + sum(sizes[id(child)] for child in children)
            sizes[id(current)] = min(total, MAX_UNFOLDED + 1)
            continue
        open_nodes.add(id(current))
        stack.append((current, True))
        for child in children:
            if id(child) in open_nodes:
                return None
            stack.append((child, False))
    return sizes[id(node)]
