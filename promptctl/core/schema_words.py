"""Failures of a JSON Schema check in our own words: one sentence, a place, and what to do about it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import field

from promptctl.core.fast_dataclass import dataclass
from promptctl.core.json_data import Json, dump_json
from promptctl.core.nearest import did_you_mean
from promptctl.core.prompt import Path
from promptctl.core.value_words import looks_like, other_type_hint, unquoted_hint

MAX_SHOWN = 60
"""Characters of a value that a message repeats: values can be long, and can be secrets."""
MAX_NAMES = 20
"""Of a list of names those that a message repeats."""
MAX_PROBLEMS = 200
"""Of one value: wording many more would keep people waiting who could not read them."""
MAX_LISTED = 8
"""Known keys that a hint lists; who misses among more needs a page, not a hint."""


@dataclass(frozen=True, slots=True)
class SchemaProblem:
    """One thing that is wrong with a value. `at_key` says that the key is to blame, not its value.

    `missing` names keys that should stand at the path; one of them would do.
    """

    path: Path
    keyword: str
    message: str
    hint: str | None = None
    at_key: bool = False
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Failure:
    """One failed keyword, as any validator can tell it. `branches` belong to oneOf and anyOf."""

    keyword: str
    expected: Json
    """The keyword's value in the schema."""
    path: Path
    instance: Json
    schema: Mapping[str, Json]
    """The schema object that holds the keyword."""
    branches: tuple[tuple[Failure, ...], ...] = field(default=())


def word_failures(failures: Iterable[Failure]) -> list[SchemaProblem]:
    """The problems behind the failures, in document order, each once; at most MAX_PROBLEMS."""
    found: dict[tuple[Path, bool, str | None], SchemaProblem] = {}
    for failure in failures:
        for problem in word_failure(failure):
            missing = problem.message if problem.keyword == "required" else None
            found.setdefault((problem.path, problem.at_key, missing), problem)
            if len(found) >= MAX_PROBLEMS:
                return list(found.values())
    return list(found.values())


def word_failure(failure: Failure) -> Iterator[SchemaProblem]:
    """The problems that one failure stands for."""
    if failure.keyword in ("oneOf", "anyOf"):
        yield from _word_branches(failure)
    elif failure.keyword in ("additionalProperties", "unevaluatedProperties"):
        yield from _word_unknown_keys(failure)
    elif failure.keyword == "propertyNames":
        yield _word_key(failure)
    elif failure.keyword == "dependentRequired":
        yield from _word_dependent(failure)
    elif failure.keyword == "required":
        yield from _word_required(failure)
    elif failure.keyword == "type":
        yield _word_type(failure, _strings(failure.expected))
    elif failure.keyword == "enum":
        yield _word_enum(failure, _list(failure.expected))
    elif failure.keyword == "const":
        yield _word_const(failure)
    else:
        yield _word_simple(failure)


def shown(value: Json) -> str:
    """A value as a message shows it: JSON, cut at MAX_SHOWN characters."""
    if isinstance(value, str):
        text = value if len(value) <= MAX_SHOWN else value[: MAX_SHOWN - 1] + "…"
        return f"`{text}`"
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, Sequence):
        return "a list"
    if isinstance(value, int) and abs(value) >= 10**MAX_SHOWN:
        return "a very large number"
    return f"`{dump_json(value)}`"


def shown_names(names: Sequence[str]) -> str:
    """Names as a message lists them; of very many the first."""
    first = ", ".join(map(shown, names[:MAX_NAMES]))
    more = len(names) - MAX_NAMES
    return f"{first} and {more:,} more" if more > 0 else first


def one_of(words: Sequence[str]) -> str:
    """`a`, `a or b`, `a, b or c`; a long list is cut."""
    if len(words) > 12:
        words = [*words[:12], "…"]
    return " or ".join(filter(None, (", ".join(words[:-1]), words[-1]))) if words else "nothing"


_TYPES = {
    "string": "a string",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a mapping",
    "null": "null",
}


def _what(value: Json) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return f"the boolean {shown(value)}"
    if isinstance(value, (int, float)):
        return f"the number {shown(value)}" if abs(value) < 10**MAX_SHOWN else shown(value)
    return "a string" if isinstance(value, str) else shown(value)


def _subject(path: Path) -> str:
    """What stands at the path, for the start of a sentence."""
    last = path[-1] if path else ""
    if isinstance(last, str):
        return shown(last) if path else ""
    return f"{_subject(path[:-1])} item {last + 1}".strip()


def _problem(failure: Failure, message: str, hint: str | None = None) -> SchemaProblem:
    return SchemaProblem(failure.path, failure.keyword, message.removeprefix(": ").strip(), hint)


def _word_type(failure: Failure, types: Sequence[str]) -> SchemaProblem:
    value = failure.instance
    names = one_of(list(dict.fromkeys(_TYPES.get(name, name) for name in types)))
    hint = None
    if value is None and failure.path:
        hint = "give it a value, or remove the key"
    elif "string" in types and isinstance(value, (bool, int, float)):
        hint = "quote it"
    elif isinstance(value, str):
        hint = unquoted_hint(value, types)
    return _problem(
        failure, f"{_subject(failure.path)} must be {names}, but this is {_what(value)}", hint
    )


def _word_enum(failure: Failure, allowed: Sequence[Json]) -> SchemaProblem:
    value, hint = failure.instance, other_type_hint(failure.instance, allowed)
    if isinstance(value, str):
        hint = hint or did_you_mean(value, [v for v in allowed if isinstance(v, str)])
    words = [_shown_among(v, (value, *allowed)) for v in allowed]
    message = f"{_shown_among(value, allowed)} is not one of {one_of(words)}"
    return _problem(failure, f"{_subject(failure.path)}: {message}", hint)


def _word_const(failure: Failure) -> SchemaProblem:
    value, expected = failure.instance, failure.expected
    this, that = _shown_among(value, [expected]), _shown_among(expected, [value])
    message = f"{_subject(failure.path)} is {this}, but must be {that}"
    return _problem(failure, message, other_type_hint(value, [expected]) or f"expected {that}")


def _shown_among(value: Json, others: Sequence[Json]) -> str:
    """`value` as `shown` gives it; a text as `"1"` where another type beside it looks the same."""
    if any(looks_like(value, other) for other in others):
        return f'`"{value}"` (text)'
    return shown(value)


def _word_unknown_keys(failure: Failure) -> Iterator[SchemaProblem]:
    known = _known_keys(failure.schema)
    instance = failure.instance if isinstance(failure.instance, Mapping) else {}
    for key in instance:
        if key in known:
            continue
        hint = did_you_mean(key, known)
        if hint is None and 0 < len(known) <= MAX_LISTED:
            hint = f"known keys: {', '.join(sorted(known))}"
        yield SchemaProblem(
            (*failure.path, key), failure.keyword, f"unknown key {shown(key)}", hint, at_key=True
        )


def _word_key(failure: Failure) -> SchemaProblem:
    """A key that is not among those that its mapping may have; `instance` is the key itself."""
    key = failure.instance if isinstance(failure.instance, str) else ""
    allowed = _strings(failure.schema.get("enum"))
    pattern = failure.schema.get("pattern")
    hint = did_you_mean(key, allowed) if allowed else None
    if hint is None and isinstance(pattern, str):
        hint = f"keys here match `{pattern}`"
    where = f" in {_subject(failure.path)}" if failure.path else ""
    message = f"{shown(key)} cannot be a key{where}"
    return SchemaProblem((*failure.path, key), "propertyNames", message, hint, at_key=True)


def _known_keys(schema: Mapping[str, Json]) -> list[str]:
    """Keys that the schema object names itself or in its in-place subschemas."""
    keys = list(_mapping(schema.get("properties")))
    for word in ("allOf", "anyOf", "oneOf"):
        for branch in _list(schema.get(word)):
            keys += _known_keys(_mapping(branch))
    for word in ("if", "then", "else"):
        if word in schema:
            keys += _known_keys(_mapping(schema[word]))
    return list(dict.fromkeys(keys))


def _word_required(failure: Failure) -> Iterator[SchemaProblem]:
    instance = _mapping(failure.instance)
    for key in _strings(failure.expected):
        if key not in instance:
            where = "" if not failure.path else f" in {_subject(failure.path)}"
            message = f"missing key `{key}`{where}"
            yield SchemaProblem(
                failure.path, failure.keyword, message, f"add `{key}`", missing=(key,)
            )


def _word_dependent(failure: Failure) -> Iterator[SchemaProblem]:
    instance = _mapping(failure.instance)
    for key, needed in _mapping(failure.expected).items():
        missing = [f"`{name}`" for name in _strings(needed) if name not in instance]
        if key in instance and missing:
            message = f"`{key}` needs {' and '.join(missing)} beside it"
            yield SchemaProblem(
                (*failure.path, key), failure.keyword, message, f"add {missing[0]}", at_key=True
            )


def _word_simple(failure: Failure) -> SchemaProblem:
    subject = _subject(failure.path)
    wording = _SIMPLE.get(failure.keyword)
    if wording is None:
        return _problem(failure, f"{subject} does not match the schema ({failure.keyword})")
    text = wording(failure)
    return _problem(failure, f"{subject} {text}")


def _count(failure: Failure) -> str:
    return str(failure.expected)


_SIMPLE: Mapping[str, Callable[[Failure], str]] = {
    "pattern": lambda f: f"is {shown(f.instance)}, which does not match {shown(f.expected)}",
    "minimum": lambda f: f"is {shown(f.instance)}, but must be at least {_count(f)}",
    "maximum": lambda f: f"is {shown(f.instance)}, but must be at most {_count(f)}",
    "exclusiveMinimum": lambda f: f"is {shown(f.instance)}, but must be more than {_count(f)}",
    "exclusiveMaximum": lambda f: f"is {shown(f.instance)}, but must be less than {_count(f)}",
    "multipleOf": lambda f: f"is {shown(f.instance)}, which is no multiple of {_count(f)}",
    "minLength": lambda f: (
        "must not be empty" if f.expected == 1 else f"must have at least {_count(f)} characters"
    ),
    "maxLength": lambda f: f"must have at most {_count(f)} characters",
    "minItems": lambda f: (
        "must not be empty" if f.expected == 1 else f"must have at least {_count(f)} items"
    ),
    "maxItems": lambda f: f"must have at most {_count(f)} items",
    "minProperties": lambda f: (
        "must not be empty" if f.expected == 1 else f"must have at least {_count(f)} keys"
    ),
    "maxProperties": lambda f: f"must have at most {_count(f)} keys",
    "uniqueItems": lambda _: "holds the same item twice",
    "format": lambda f: f"is {shown(f.instance)}, which is no {shown(f.expected)}",
    "contains": lambda _: "holds no item that the schema asks for",
    "not": lambda f: _word_not(f),
    "false": lambda _: "is not allowed here",
}


def _word_not(failure: Failure) -> str:
    forbidden = _strings(_mapping(failure.expected).get("required"))
    if len(forbidden) > 1:
        return f"may not have {' and '.join(f'`{key}`' for key in forbidden)} together"
    return f"may not have `{forbidden[0]}` here" if forbidden else "is not allowed here"


def _word_branches(failure: Failure) -> Iterator[SchemaProblem]:
    """The problems of the branch that was most probably meant; none of the other branches."""
    alternatives = _required_alternatives(failure)
    if alternatives is not None:
        if isinstance(failure.instance, Mapping):
            yield _word_alternatives(failure, alternatives)
        return
    if not failure.branches:  # oneOf with several branches that match
        yield _problem(failure, f"{_subject(failure.path)} matches more than one of the forms")
        return
    candidates = [b for b in failure.branches if not _is_ruled_out(b, failure.path)]
    if candidates:
        best = max(candidates, key=_relevance)
        for inner in best:
            yield from word_failure(inner)
        return
    yield _word_no_branch(failure)


def _required_alternatives(failure: Failure) -> list[str] | None:
    """The keys, when the branches do nothing but require one key each."""
    keys = []
    for branch in _list(failure.expected):
        required = _strings(_mapping(branch).get("required"))
        if len(required) != 1 or set(_mapping(branch)) - {"required", "not", "description"}:
            return None
        keys += required
    return keys or None


def _word_alternatives(failure: Failure, keys: Sequence[str]) -> SchemaProblem:
    given = [key for key in keys if key in _mapping(failure.instance)]
    names = [f"`{key}`" for key in keys]
    if len(given) > 1:
        extra = SchemaProblem(
            (*failure.path, given[-1]),
            failure.keyword,
            f"{' and '.join(f'`{key}`' for key in given)} exclude each other",
            "keep one of them",
            at_key=True,
        )
        return extra
    where = "" if not failure.path else f" in {_subject(failure.path)}"
    message, hint = f"missing key{where}: {one_of(names)}", f"add {one_of(names)}"
    return SchemaProblem(failure.path, "required", message, hint, missing=tuple(keys))


def _is_ruled_out(branch: tuple[Failure, ...], path: Path) -> bool:
    """Whether a branch was not meant at all: another type, or another value of a marker key."""
    depth = len(path)
    return any(
        (failure.keyword in ("type", "false", "const", "enum") and len(failure.path) == depth)
        or (failure.keyword == "const" and len(failure.path) == depth + 1)
        or _is_other_marker(failure, depth)
        for failure in branch
    )


def _is_other_marker(failure: Failure, depth: int) -> bool:
    return (
        failure.keyword == "enum"
        and len(failure.path) == depth + 1
        and failure.path[-1] in ("type", "role", "kind")
    )


def _relevance(branch: tuple[Failure, ...]) -> tuple[int, int, int]:
    """Fewer missing and unknown keys first, then the deepest mistake, then the fewest."""
    shape = sum(f.keyword in ("required", "additionalProperties", "not") for f in branch)
    return -shape, max(len(f.path) for f in branch), -len(branch)


def _word_no_branch(failure: Failure) -> SchemaProblem:
    """No branch was meant: say what all of them together would accept."""
    depth = len(failure.path)
    inner = [f for branch in failure.branches for f in branch]
    types = [f for f in inner if f.keyword == "type" and len(f.path) == depth]
    markers = [f for f in inner if f.keyword in ("const", "enum") and len(f.path) >= depth]
    if types and len(types) == len(failure.branches):
        return _word_type(types[0], [t for f in types for t in _strings(f.expected)])
    if markers:
        place = min((f.path for f in markers), key=len)
        here = [f for f in markers if f.path == place]
        allowed = [v for f in here for v in (_list(f.expected) or [f.expected])]
        return _word_enum(here[0], list(dict.fromkeys(map(_hashable, allowed))))
    return _problem(failure, f"{_subject(failure.path)} matches none of the allowed forms")


def _hashable(value: Json) -> Json:
    return value if isinstance(value, (str, int, float, bool, type(None))) else dump_json(value)


def _mapping(value: Json) -> Mapping[str, Json]:
    return value if isinstance(value, Mapping) else {}


def _list(value: Json) -> Sequence[Json]:
    return value if isinstance(value, Sequence) and not isinstance(value, str) else ()


def _strings(value: Json) -> list[str]:
    if isinstance(value, str):
        return [value]
    return [item for item in _list(value) if isinstance(item, str)]
