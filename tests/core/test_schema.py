"""Schemas: the fast yes and the worded no agree, and nothing that a user writes runs away."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import jsonschema
import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promptctl.core import schema as door
from promptctl.core import simple_schema
from promptctl.core.json_data import Json, dump_json, parse_json
from promptctl.core.schema import prompt_problems, schema_problems, value_problems
from promptctl.repo.schemas import read_schema_text

PROMPT_LIKE = dump_json(
    {
        "type": "object",
        "properties": {
            "model": {"type": "string", "minLength": 1},
            "temperature": {"type": "number", "minimum": 0, "maximum": 2},
            "format": {"enum": ["jinja2", "mustache"]},
            "content": {
                "oneOf": [
                    {"type": "string"},
                    {
                        "type": "array",
                        "minItems": 1,
                        "items": {
                            "oneOf": [
                                {
                                    "properties": {
                                        "type": {"const": "text"},
                                        "text": {"type": "string"},
                                    },
                                    "required": ["type", "text"],
                                    "additionalProperties": False,
                                },
                                {
                                    "properties": {
                                        "type": {"const": "image"},
                                        "url": {"type": "string"},
                                    },
                                    "required": ["type", "url"],
                                    "additionalProperties": False,
                                },
                            ]
                        },
                    },
                ]
            },
            "messages": {"type": "array"},
            "template": {"type": "string"},
        },
        "required": ["model"],
        "oneOf": [{"required": ["messages"]}, {"required": ["template"]}],
        "additionalProperties": False,
    }
)
GOOD: dict[str, Json] = {"model": "m", "template": "x"}


@pytest.mark.parametrize(
    ("data", "path", "at_key", "message", "hint"),
    [
        ({"temperatur": 1}, ("temperatur",), True, "unknown key `temperatur`", "did you mean `temp"),
        ({"zzz": 1}, ("zzz",), True, "unknown key `zzz`", "known keys: content, format"),
        ({"model": 4}, ("model",), False, "`model` must be a string, but this is the number", "quote it"),
        ({"model": True}, ("model",), False, "but this is the boolean `true`", "quote it"),
        ({"model": None}, ("model",), False, "but this is null", "give it a value"),
        ({"model": ""}, ("model",), False, "`model` must not be empty", None),
        ({"temperature": 3}, ("temperature",), False, "must be at most 2", None),
        ({"format": "jinja"}, ("format",), False, "not one of `jinja2` or `mustache`", "`jinja2`?"),
        ({"content": 3}, ("content",), False, "must be a string or a list", "quote it"),
        ({"content": []}, ("content",), False, "must not be empty", None),
        ({"content": [{"type": "text", "txt": "x", "text": "y"}]}, ("content", 0, "txt"), True,
         "unknown key `txt`", "`text`"),
        ({"content": [{"type": "image"}]}, ("content", 0), False, "missing key `url`", "add `url`"),
        ({"content": [{"type": "imag", "url": ""}]}, ("content", 0, "type"), False,
         "not one of `text` or `image`", "`image`"),
        ({"messages": []}, ("template",), True, "`messages` and `template` exclude each other", "keep one"),
    ],
)  # fmt: skip
def test_one_mistake_is_one_problem_in_words(
    data: dict[str, Json], path: tuple[Any, ...], at_key: bool, message: str, hint: str | None
) -> None:
    (problem,) = prompt_problems(PROMPT_LIKE, GOOD | data)
    assert (problem.path, problem.at_key) == (path, at_key)
    assert message in problem.message
    assert (hint in (problem.hint or "")) if hint else problem.hint is None


def test_every_missing_key_is_named() -> None:
    messages = [problem.message for problem in prompt_problems(PROMPT_LIKE, {})]
    assert sorted(messages) == ["missing key `model`", "missing key: `messages` or `template`"]


def test_a_long_value_is_cut() -> None:
    (problem,) = prompt_problems(PROMPT_LIKE, GOOD | {"format": "s" * 5000})
    assert len(problem.message) < 160


_SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
_VALUES: st.SearchStrategy[Any] = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
).filter(lambda value: "inf" not in repr(value))


_SHIPPED = read_schema_text("prompt")
_MUTATIONS = st.lists(
    st.tuples(
        st.sampled_from([*parse_json(_SHIPPED).get("properties", {}), "extra"]),
        _VALUES
        | st.sampled_from(["openai", "anthropic", "jinja2", "none", "auto"])
        | st.builds(lambda k, v: {k: v}, st.sampled_from(["temperature", "stop", "top_k"]), _VALUES)
        | st.builds(
            lambda r, c: [{"role": r, "content": c}],
            st.sampled_from(["user", "x", "tool"]),
            _VALUES,
        )
        | st.builds(
            lambda k, v: [{"role": "user", "content": [{"type": k, "text": v}]}],
            st.sampled_from(["text", "image", "file"]),
            _VALUES,
        ),
    ),
    max_size=4,
)


@given(_MUTATIONS)
@settings(max_examples=400, deadline=None)
def test_the_two_validators_agree_on_mutated_prompts(mutations: list[tuple[str, Json]]) -> None:
    base: dict[str, Json] = {
        "provider": "openai",
        "model": "gpt-4o-mini",
        "messages": [{"role": "user", "content": "Hi {{ name }}"}],
        "variables": {"name": {"type": "string"}},
    }
    data = base | dict(mutations)
    slow = door._shipped_validator(_SHIPPED)
    assert door._shipped_yes(_SHIPPED)(data) == slow.is_valid(data)
    assert bool(prompt_problems(_SHIPPED, data)) != slow.is_valid(data)


_SIMPLE = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(
            ["string", "integer", "number", "boolean", "object", "array", "null"]
        ),
        "enum": st.lists(_VALUES, min_size=1, max_size=3),
        "const": _VALUES,
        "minimum": st.integers(-5, 5),
        "maximum": st.integers(-5, 5) | st.floats(-5, 5),
        "minLength": st.integers(0, 5),
        "maxLength": st.integers(0, 5),
        "description": st.text(),
    },
)


@given(_SIMPLE, _VALUES)
@settings(max_examples=400, deadline=None)
def test_simple_schemas_are_decided_as_jsonschema_does(
    schema: Mapping[str, Json], value: Json
) -> None:
    assert simple_schema.is_simple(schema)
    expected = jsonschema.Draft202012Validator(dict(schema)).is_valid(value)
    assert (value_problems(schema, value) == []) == expected
    assert jsonschema_rs.Draft202012Validator(dict(schema)).is_valid(value) == expected


_HARMLESS = st.recursive(
    _SIMPLE | st.booleans(),
    lambda inner: st.fixed_dictionaries(
        {},
        optional={
            "type": st.sampled_from(["object", "array"]),
            "properties": st.dictionaries(st.sampled_from("ab"), inner, max_size=2),
            "items": inner,
            "additionalProperties": inner,
            "required": st.lists(st.sampled_from("ab"), unique=True),
            "minItems": st.integers(0, 2),
            "maxItems": st.integers(0, 2),
        },
    ),
    max_leaves=6,
)
_NESTED = st.recursive(
    _SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3)
    ),
    max_leaves=6,
).filter(lambda value: "inf" not in repr(value))


@given(_HARMLESS, _NESTED)
@settings(max_examples=400, deadline=None)
def test_harmless_schemas_are_decided_as_jsonschema_does(schema: Any, value: Json) -> None:
    if simple_schema.is_harmless(schema):
        expected = jsonschema.Draft202012Validator(schema).is_valid(value)
        assert simple_schema.accepts(schema, value) == expected
        if isinstance(schema, dict):
            assert jsonschema_rs.meta.is_valid(schema)
            assert (value_problems(schema, value) == []) == expected


@pytest.mark.parametrize(
    ("schema", "part"),
    [
        ({"type": "strin"}, "`strin` is not one of"),
        ({"type": 3}, "type"),
        ({"enum": 3}, "`enum` must be a list"),
        ({"minimum": "x"}, "`minimum` must be a number"),
        ({"propertys": {}}, "unknown JSON Schema keyword `propertys`"),
        ({"pattern": "("}, "pattern"),
        ({"pattern": "(a)\\1"}, "pattern"),
        ({"pattern": "((a{1000}){1000}){1000}"}, "pattern"),
        ({"$ref": "https://example.com/x"}, "nothing is ever fetched"),
        ({"$ref": "file:///etc/passwd"}, "nothing is ever fetched"),
        ({"$ref": "#/$defs/none"}, "points to nothing"),
        ({"$ref": "#"}, "refers to itself for ever"),
        ({"anyOf": [{"allOf": [{"$ref": "#/anyOf/0"}]}]}, "refers to itself for ever"),
        ({"properties": {"x": {"$dynamicRef": "#a"}}}, "not supported"),
        ({"properties": {"x": {"$id": "http://x"}}}, "not supported"),
        ([], "must be a mapping"),
    ],
)  # fmt: skip
def test_an_unusable_schema_is_named(schema: Json, part: str) -> None:
    problems = schema_problems(schema)
    assert len(problems) == 1
    assert part in problems[0].message


def _nested(depth: int) -> Json:
    schema: Json = {}
    for _ in range(depth):
        schema = {"items": schema}
    return schema


def _doubling(levels: int) -> Json:
    names = {
        f"s{i}": {"anyOf": [{"$ref": f"#/$defs/s{i + 1}"}, {"$ref": f"#/$defs/s{i + 1}"}]}
        for i in range(levels)
    }
    return {"$ref": "#/$defs/s0", "$defs": names | {f"s{levels}": {"type": "string"}}}


@pytest.mark.parametrize(
    "schema",
    [
        _nested(100),
        {"enum": list(range(20_000))},
        _doubling(20),
        {"allOf": [{"unevaluatedProperties": False}] * 20},
    ],
)  # fmt: skip
def test_a_schema_that_is_too_much_is_refused(schema: Json) -> None:
    assert [problem.keyword for problem in schema_problems(schema)][:1] != []


TREE: dict[str, Json] = {
    "type": "object",
    "properties": {
        "name": {"type": "string"},
        "children": {"type": "array", "items": {"$ref": "#"}},
    },
    "additionalProperties": False,
}


def test_a_recursive_schema_is_legal_and_checked_to_the_leaf() -> None:
    assert schema_problems(TREE) == []
    assert value_problems(TREE, {"children": [{"name": "a", "children": []}]}) == []
    (problem,) = value_problems(TREE, {"children": [{"children": [{"name": 3}]}]})
    assert problem.path == ("children", 0, "children", 0, "name")


def _deep(levels: int) -> Json:
    value: Json = 1
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"pattern": "(a+)+$"}, "a" * 50_000 + "b"),
        ({"patternProperties": {"^(a|a)*$": False}}, {"a" * 5000: 1}),
        ({"uniqueItems": True}, [{"a": i} for i in range(8000)] + [{"a": 1}]),
        (
            {"anyOf": [{"items": {"$ref": "#"}}, {"items": {"$ref": "#"}}], "type": "array"},
            _deep(60),
        ),
        ({"multipleOf": 0.1}, 1e308 * 0.3),
    ],
)
def test_no_value_takes_long_to_check(schema: Mapping[str, Json], value: Json) -> None:
    assert schema_problems(schema) == []
    start = time.process_time()
    value_problems(schema, value)
    assert time.process_time() - start < 1.5


_KEYWORDS = ["type", "properties", "items", "$ref", "anyOf", "pattern", "minimum", "$defs", "enum"]


@given(st.dictionaries(st.sampled_from(_KEYWORDS), _VALUES | st.just("#"), max_size=4), _VALUES)
@settings(max_examples=300, deadline=None)
def test_whatever_a_user_writes_as_a_schema_is_answered(
    schema: dict[str, Json], value: Json
) -> None:
    if not schema_problems(schema):
        value_problems(schema, value)


@pytest.fixture
def without_rust(monkeypatch: pytest.MonkeyPatch) -> None:
    door._shipped_yes.cache_clear()
    door._matcher.cache_clear()
    monkeypatch.setattr(door, "_rust", lambda: None)


@pytest.mark.usefixtures("without_rust")
def test_without_jsonschema_rs_the_answers_are_the_same() -> None:
    assert prompt_problems(PROMPT_LIKE, GOOD) == []
    assert len(prompt_problems(PROMPT_LIKE, GOOD | {"zzz": 1})) == 1
    assert schema_problems({"type": "object", "properties": {"a": {"pattern": "^a+$"}}}) == []
    assert value_problems({"pattern": "^a+$"}, "aab") != []
    assert value_problems({"pattern": "^a+$"}, "aa") == []
    (problem,) = schema_problems({"pattern": "(a+)+$"})
    assert "jsonschema-rs" in problem.message
    door._shipped_yes.cache_clear()
    door._matcher.cache_clear()
