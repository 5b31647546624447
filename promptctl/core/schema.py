"""The one door to JSON Schema: is this data valid, and if not, what is wrong with it.

Three validators work together. The first few files are checked by our own reading of our schemas, which
imports nothing; for more, jsonschema-rs says yes in microseconds; jsonschema, which takes 70 ms to
import, is loaded only to word a no. Nothing is ever fetched.
"""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from types import ModuleType
from typing import Any, cast

from promptctl.core import shipped_schema, simple_schema
from promptctl.core.json_data import Json, dump_json, parse_json
from promptctl.core.prompt import Path
from promptctl.core.schema_limits import is_recursive, limit_problems, without_identity
from promptctl.core.schema_words import MAX_PROBLEMS, Failure, SchemaProblem, word_failures

MAX_STEPS = 5_000
"""References that the check of one value against a user-written schema may follow."""
MAX_PATTERN_BYTES = 1_000_000
_FEW = 8
"""Files whose own checks cost less than the import of jsonschema-rs, about 7 ms."""
_OVERRUN = SchemaProblem((), "cost", "checking this against its schema takes too long")
TOO_MANY = SchemaProblem((), "limit", "there is more to correct than is listed here")
"""Stands among the problems of a value if others were not looked at."""


def prompt_problems(schema_text: str, data: Json) -> list[SchemaProblem]:
    """What is wrong with data by a schema that ships with promptctl; empty when it is valid."""
    if _shipped_yes(schema_text)(data):
        return []
    return _worded(_iter_errors(_shipped_validator(schema_text), data))


def schema_problems(schema: Json) -> list[SchemaProblem]:
    """What is wrong with a JSON Schema that a user wrote: invalid, unsafe or too large."""
    if simple_schema.is_harmless(schema):
        return []
    if not isinstance(schema, Mapping):
        return [SchemaProblem((), "type", "a JSON Schema must be a mapping")]
    problems = limit_problems(schema)
    if problems:
        return problems
    rust = _rust()
    if rust is None:
        return _worded(_iter_errors(_meta_validator(), schema)) or _slow_pattern_problems(schema)
    try:
        _rust_validator(rust, schema)
    except (rust.ValidationError, rust.ReferencingError, ValueError) as error:
        return _worded(_iter_errors(_meta_validator(), schema)) or [_refused_pattern(error)]
    return []


def value_problems(schema: Mapping[str, Json], value: Json) -> list[SchemaProblem]:
    """What is wrong with a value by a schema that a user wrote and `schema_problems` accepts."""
    return value_check(schema)(value)


def value_check(schema: Mapping[str, Json]) -> Callable[[Json], list[SchemaProblem]]:
    """`value_problems` for many values of one schema."""
    harmless = simple_schema.is_harmless(schema)
    return lambda value: (
        [] if harmless and simple_schema.accepts(schema, value) else _check(schema, value, harmless)
    )


def _check(schema: Mapping[str, Json], value: Json, harmless: bool) -> list[SchemaProblem]:
    if simple_schema.is_simple(schema):
        return word_failures(simple_schema.failures(schema, value))
    schema = without_identity(schema)
    rust = _rust()
    if rust is not None and (harmless or not is_recursive(schema)):
        if _rust_validator(rust, schema).is_valid(value):
            return []
        return _count_steps(schema, value) or [
            SchemaProblem((), "schema", "the value does not match its schema")
        ]
    return _count_steps(schema, value)


@functools.cache
def _rust() -> ModuleType | None:
    """jsonschema-rs, imported on first use: commands that check no file do not pay for it."""
    try:
        return importlib.import_module("jsonschema_rs")
    except ImportError:
        return None


def _rust_validator(rust: ModuleType, schema: Mapping[str, Json]) -> Any:
    """A validator whose patterns match in linear time. Raises for an invalid schema."""
    return rust.Draft202012Validator(
        without_identity(schema),
        offline=True,
        pattern_options=rust.RegexOptions(size_limit=MAX_PATTERN_BYTES),
    )


@functools.lru_cache(maxsize=4)
def _shipped_yes(schema_text: str) -> Callable[[Json], bool]:
    schema = parse_json(schema_text)
    few = iter(range(_FEW))

    def is_valid(value: Json) -> bool:
        if next(few, None) is None and _rust() is not None:
            return _rust_yes(schema_text)(value)
        return shipped_schema.is_valid(schema, value)

    return is_valid


@functools.lru_cache(maxsize=4)
def _rust_yes(schema_text: str) -> Callable[[Json], bool]:
    validator = cast(Any, _rust()).Draft202012Validator(schema_text, offline=True)
    return cast(Callable[[Json], bool], validator.is_valid)


@functools.lru_cache(maxsize=4)
def _shipped_validator(schema_text: str) -> Any:
    from jsonschema_specifications import REGISTRY  # as jsonschema: only to word a no

    return _tame_validator()(parse_json(schema_text), registry=REGISTRY)


@functools.cache
def _meta_validator() -> Any:
    import jsonschema  # 70 ms: only when there is something to word
    from jsonschema_specifications import REGISTRY

    validator = jsonschema.Draft202012Validator
    return validator(validator.META_SCHEMA, registry=REGISTRY)


@functools.cache
def _tame_validator() -> Any:
    """jsonschema's validator class, with every keyword replaced that can run away."""
    import jsonschema  # as above

    extend = cast(Any, jsonschema.validators.extend)
    return extend(
        jsonschema.Draft202012Validator,
        {
            "properties": _check_properties,
            "pattern": _check_pattern,
            "patternProperties": _check_pattern_properties,
            "additionalProperties": _check_additional,
            "uniqueItems": _check_unique,
        },
    )


def _count_steps(schema: Mapping[str, Json], value: Json) -> list[SchemaProblem]:
    """The problems by jsonschema, which may follow a limited number of references."""
    import jsonschema  # as above
    from referencing import Registry

    steps = iter(range(MAX_STEPS))
    follow = cast(Any, jsonschema.Draft202012Validator.VALIDATORS["$ref"])

    def counted(validator: Any, target: Any, instance: Any, parent: Any) -> Iterator[Any]:
        if next(steps, None) is None:
            raise _Overrun
        yield from follow(validator, target, instance, parent)

    extend = cast(Any, jsonschema.validators.extend)
    validator = extend(_tame_validator(), {"$ref": counted})(schema, registry=Registry())
    try:
        return _worded(_iter_errors(validator, value))
    except _Overrun:
        return [_OVERRUN]


class _Overrun(Exception):
    """A check followed more references than it may."""


def _iter_errors(validator: Any, value: Json) -> Sequence[Any]:
    try:
        return list(islice(validator.iter_errors(value), MAX_PROBLEMS + 1))
    except RecursionError:
        raise _Overrun from None


def _worded(errors: Sequence[Any]) -> list[SchemaProblem]:
    problems = word_failures(_failure(error, ()) for error in errors)
    complete = len(errors) <= MAX_PROBLEMS and len(problems) < MAX_PROBLEMS
    return problems if complete else [*problems, TOO_MANY]


def _failure(error: Any, base: Path) -> Failure:
    """A jsonschema error as a plain value."""
    path = (*base, *error.relative_path)
    branches: dict[int, list[Failure]] = {}
    if error.validator in ("oneOf", "anyOf"):
        for inner in error.context:
            branches.setdefault(inner.relative_schema_path[0], []).append(_failure(inner, path))
    schema = error.schema if isinstance(error.schema, Mapping) else {}
    names_key = "propertyNames" in list(error.relative_schema_path)[-2:]
    return Failure(
        keyword="propertyNames" if names_key else error.validator or "false",
        expected=error.validator_value,
        path=path,
        instance=error.instance,
        schema=schema,
        branches=tuple(tuple(branch) for branch in branches.values()),
    )


@functools.lru_cache(maxsize=256)
def _matcher(pattern: str) -> Callable[[str], bool]:
    """Whether a text holds a match of the pattern: in linear time, or a pattern that is harmless."""
    rust = _rust()
    if rust is not None:
        return cast(Callable[[str], bool], _rust_validator(rust, {"pattern": pattern}).is_valid)
    return simple_schema.compile_pattern(pattern)


def _check_properties(
    validator: Any, properties: Mapping[str, Any], instance: Json, schema: Any
) -> Iterator[Any]:
    """As jsonschema's own, which forgets the place of a property that may not be there at all."""
    import jsonschema  # as above

    if not isinstance(instance, Mapping):
        return
    for name, inner in properties.items():
        if name in instance and inner is False:
            yield jsonschema.ValidationError("false", validator="false", path=(name,))
        elif name in instance:
            member = instance[name]
            yield from validator.descend(member, inner, path=name, schema_path=name)


def _check_pattern(validator: Any, pattern: str, instance: Json, schema: Any) -> Iterator[Any]:
    import jsonschema  # as above

    if isinstance(instance, str) and not _matcher(pattern)(instance):
        yield jsonschema.ValidationError("pattern")


def _check_pattern_properties(
    validator: Any, patterns: Mapping[str, Any], instance: Json, schema: Any
) -> Iterator[Any]:
    if not isinstance(instance, Mapping):
        return
    for pattern, inner in patterns.items():
        for key, member in instance.items():
            if _matcher(pattern)(key):
                yield from validator.descend(member, inner, path=key, schema_path=pattern)


def _check_additional(
    validator: Any, inner: Json, instance: Json, schema: Mapping[str, Any]
) -> Iterator[Any]:
    import jsonschema  # as above

    if not isinstance(instance, Mapping):
        return
    named, patterns = schema.get("properties", {}), schema.get("patternProperties", {})
    extra = {
        key: member
        for key, member in instance.items()
        if key not in named and not any(_matcher(pattern)(key) for pattern in patterns)
    }
    if inner is False and extra:
        yield jsonschema.ValidationError("additionalProperties", instance=extra)
    elif inner is not False:
        for key, member in extra.items():
            yield from validator.descend(member, inner, path=key)


def _check_unique(validator: Any, unique: bool, instance: Json, schema: Any) -> Iterator[Any]:
    import jsonschema  # as above

    if unique and isinstance(instance, Sequence) and not isinstance(instance, str):
        texts = [dump_json(simple_schema.normal(item)) for item in instance]
        if len(set(texts)) < len(texts):
            yield jsonschema.ValidationError("uniqueItems")


def _refused_pattern(error: Exception) -> SchemaProblem:
    """jsonschema-rs refuses what the meta-schema allows: patterns that are no linear-time regex."""
    path: Path = tuple(getattr(error, "instance_path", ()))
    return SchemaProblem(
        path,
        "pattern",
        "the schema holds a pattern that is invalid, too large, or uses look-around or back-references",
        "write it as a plain regular expression",
    )


def _slow_pattern_problems(schema: Mapping[str, Json]) -> list[SchemaProblem]:
    return [
        SchemaProblem(path, "pattern", f"this pattern cannot be used: {problem}")
        for path, pattern in simple_schema.patterns(schema)
        if (problem := simple_schema.pattern_problem(pattern)) is not None
    ]
