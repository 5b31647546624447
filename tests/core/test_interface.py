"""core.interface: what a change means for callers, for the model and for people."""

from __future__ import annotations

import json
from collections.abc import Mapping
from itertools import product
from pathlib import Path
from typing import Any, Literal

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promptctl.core.change import CHANGE_RULES, Change, Effect, overall_effect
from promptctl.core.diff import Side, diff_prompts
from promptctl.core.document import parse_document
from promptctl.core.interface import compare_interfaces, compare_prompts
from promptctl.core.json_data import Json
from promptctl.core.prompt import Prompt, Variable, parse_prompt
from promptctl.errors import FileMissing

CASES = Path(__file__).with_name("interface_cases")
ORDER = list(Effect)
RENAMED: dict[str, Literal["declared", "undeclared"]] = {
    "prompt-renamed": "declared",
    "prompt-renamed-undeclared": "undeclared",
}


def read_case(rule: str, which: str) -> Prompt:
    folder = CASES / rule

    def read(path: str) -> bytes:
        file = folder / which / path
        if not file.is_file():
            raise FileMissing(path)
        return file.read_bytes()

    parsed = parse_document((folder / f"{which}.yaml").read_bytes(), f"{which}.yaml")
    assert parsed.document is not None, parsed.findings
    assert not parsed.findings
    assert isinstance(parsed.document.data, Mapping)
    return parse_prompt("case", parsed.document.data, read)


def placed_case(rule: str, which: str) -> tuple[Side, Prompt] | None:
    """One state of a case; None for a prompt that was added or removed. A renamed one has two names."""
    if not (CASES / rule / f"{which}.yaml").is_file():
        return None
    name = which if rule in RENAMED else "case"
    return Side(name, f"prompts/{name}.yaml", which), read_case(rule, which)


def line(change: Change) -> str:
    return f"{change.effect.value} {change.rule} {'.'.join(map(str, change.path))}"


def with_input(schema: Mapping[str, Json]) -> Prompt:
    return Prompt("p", "echo", None, (), variables={"x": Variable("x", schema)})


def with_output(schema: Json) -> Prompt:
    form = {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema}}
    return Prompt("p", "echo", None, (), response_format=form)


def with_tool(schema: Json) -> Prompt:
    tool = {"type": "function", "function": {"name": "act", "parameters": schema}}
    return Prompt("p", "echo", None, (), tools=(tool,))


def inputs(old: Mapping[str, Json], new: Mapping[str, Json]) -> list[str]:
    changes = compare_interfaces(with_input(old), with_input(new))
    return [f"{c.effect.value} {c.rule.removeprefix('variable-')}" for c in changes]


def outputs(old: Json, new: Json) -> list[str]:
    changes = compare_interfaces(with_output(old), with_output(new))
    return [f"{c.effect.value} {c.rule.removeprefix('response-')}" for c in changes]


# --- one folder per rule -----------------------------------------------------------------------------


def test_every_rule_has_a_case() -> None:
    assert sorted(path.name for path in CASES.iterdir()) == sorted(CHANGE_RULES)


@pytest.mark.parametrize("rule", CHANGE_RULES)
def test_case(rule: str) -> None:
    old, new = (placed_case(rule, which) for which in ("previous", "current"))
    changes = diff_prompts(old, new, renamed=RENAMED.get(rule)).changes
    assert [line(change) for change in changes] == (CASES / rule / "expected").read_text().split(
        "\n"
    )[:-1]
    assert rule in {change.rule for change in changes}
    for change in changes:
        assert change.effect is CHANGE_RULES[change.rule].effect
        assert "\n" not in change.message


def test_rules_have_summaries_and_kebab_ids() -> None:
    for name, rule in CHANGE_RULES.items():
        assert name == rule.id
        assert name.replace("-", "").isalpha()
        assert name == name.lower()
        assert rule.summary.endswith(".")


# --- equal by meaning --------------------------------------------------------------------------------

EQUAL: list[tuple[dict[str, Json], dict[str, Json]]] = [
    ({"type": "string", "minLength": 1}, {"minLength": 1.0, "type": "string"}),
    ({"type": ["string", "null"]}, {"type": ["null", "string"]}),
    ({"type": "string"}, {"type": ["string"]}),
    ({"type": ["number", "integer"]}, {"type": "number"}),
    ({"enum": [1, 2]}, {"enum": [2.0, 1]}),
    ({"enum": ["a"]}, {"const": "a"}),
    ({"type": "string", "enum": ["a", 1]}, {"type": "string", "enum": ["a"]}),
    ({"type": "string", "enum": ["a"]}, {"enum": ["a"]}),
    ({"type": "object"}, {"type": "object", "additionalProperties": True}),
    ({"type": "object"}, {"type": "object", "additionalProperties": {}}),
    ({"required": ["a", "b"]}, {"required": ["b", "a"]}),
    ({"minLength": 0}, {}),
    ({"uniqueItems": False}, {}),
    ({"items": True}, {}),
    (
        {"anyOf": [{"type": "string"}, {"type": "null"}]},
        {"anyOf": [{"type": "null"}, {"type": "string"}]},
    ),
    ({"$ref": "#/$defs/a", "$defs": {"a": {"type": "string"}}}, {"type": "string"}),
    ({"allOf": [{"$ref": "#/$defs/a"}], "$defs": {"a": {"type": "string"}}}, {"type": "string"}),
    (
        {"properties": {"n": {"$ref": "#"}}, "required": ["n"]},
        {"properties": {"n": {"$ref": "#"}}, "required": ["n"]},
    ),
    ({"type": "string", "maximum": 5}, {"type": "string"}),
]


@pytest.mark.parametrize(("old", "new"), EQUAL)
def test_equal_by_meaning(old: dict[str, Json], new: dict[str, Json]) -> None:
    for with_schema in (with_input, with_output, with_tool):
        assert compare_prompts(with_schema(old), with_schema(new)) == ()
        assert compare_prompts(with_schema(new), with_schema(old)) == ()


def test_true_is_not_one() -> None:
    assert inputs({"enum": [True]}, {"enum": [1]}) == [
        "breaking enum-value-removed",
        "compatible enum-value-added",
    ]
    assert inputs({"const": False}, {"const": 0}) != []


# --- narrowing and widening --------------------------------------------------------------------------

STRING, OBJECT = {"type": "string"}, {"type": "object"}
CLOSED: dict[str, Json] = {"type": "object", "additionalProperties": False}
NARROWER: list[tuple[dict[str, Json], dict[str, Json], str]] = [
    ({"type": "number"}, {"type": "integer"}, "type-narrowed"),
    ({}, STRING, "type-narrowed"),
    ({"type": ["string", "null"]}, STRING, "type-narrowed"),
    ({"enum": ["a", "b"]}, {"enum": ["a"]}, "enum-value-removed"),
    ({"enum": ["a", "b"]}, {"const": "a"}, "enum-value-removed"),
    (STRING, {"type": "string", "enum": ["a"]}, "limit-tightened"),
    ({"minimum": 1}, {"minimum": 2}, "limit-tightened"),
    ({"minimum": 1}, {"exclusiveMinimum": 1}, "limit-tightened"),
    ({"maximum": 2}, {"maximum": 1}, "limit-tightened"),
    ({"multipleOf": 0.1}, {"multipleOf": 0.3}, "limit-tightened"),
    ({}, {"maxItems": 2}, "limit-tightened"),
    ({}, {"maxProperties": 2}, "limit-tightened"),
    ({}, {"pattern": "a"}, "limit-tightened"),
    ({}, {"format": "email"}, "limit-tightened"),
    ({}, {"uniqueItems": True}, "limit-tightened"),
    ({}, {"propertyNames": False}, "limit-tightened"),
    ({}, {"not": STRING}, "limit-tightened"),
    (
        {"allOf": [STRING, {"minLength": 2}]},
        {"allOf": [STRING, {"minLength": 2}, {"pattern": "a"}]},
        "limit-tightened",
    ),
    ({"type": "array"}, {"type": "array", "items": STRING}, "type-narrowed"),
    (OBJECT, CLOSED, "keys-closed"),
    (OBJECT, {"type": "object", "required": ["a"]}, "property-now-required"),
    ({"anyOf": [STRING, {"type": "null"}]}, STRING, "option-removed"),
    ({"oneOf": [STRING, {"type": "null"}]}, STRING, "option-removed"),
    (
        {"anyOf": [{"$ref": "#/$defs/a"}, {"type": "null"}], "$defs": {"a": OBJECT}},
        {"$ref": "#/$defs/a", "$defs": {"a": OBJECT}},
        "option-removed",
    ),
    (
        {"items": {"$ref": "#/$defs/a"}, "$defs": {"a": {"items": {"$ref": "#/$defs/a"}}}},
        {
            "items": {"$ref": "#/$defs/a"},
            "$defs": {"a": {"items": {"$ref": "#/$defs/a"}, "maxItems": 1}},
        },
        "limit-tightened",
    ),
]


@pytest.mark.parametrize(("wide", "narrow", "kind"), NARROWER)
def test_narrowing_breaks_inputs_and_widening_outputs(
    wide: dict[str, Json], narrow: dict[str, Json], kind: str
) -> None:
    mirror = {
        "tightened": "loosened", "narrowed": "widened", "closed": "opened", "required": "optional",
        "removed": "added",
    }  # fmt: skip
    head, _, last = kind.rpartition("-")
    back = f"{head}-{mirror[last]}"
    assert inputs(wide, narrow) == [f"breaking {kind}"]
    assert inputs(narrow, wide) == [f"compatible {back}"]
    assert outputs(wide, narrow) == [f"compatible {kind}"]
    assert outputs(narrow, wide) == [f"breaking {back}"]


REF = {"$ref": "#/$defs/a"}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ({"pattern": "a"}, {"pattern": "b"}),
        ({"x-own": 1}, {"x-own": 2}),
        ({"x-own": 1}, {}),
        ({"multipleOf": 2}, {"multipleOf": 3}),
        ({"not": {"type": "string"}}, {"not": {"type": "integer"}}),
        ({"prefixItems": [STRING]}, {"prefixItems": [{"type": "null"}]}),
        ({"anyOf": [{"minimum": 1}, {"minimum": 2}]}, {"anyOf": [{"minimum": 3}, {"minimum": 4}]}),
        ({"oneOf": [{"minimum": 1}, {"maximum": 2}]}, {"oneOf": [{"minimum": 1}, {"maximum": 3}]}),
        ({"unevaluatedProperties": False}, {"unevaluatedProperties": False, "properties": {"a": {}}}),
        ({"patternProperties": {"a": {}}, "additionalProperties": False}, CLOSED | {"type": "object"}),
        ({"not": REF, "$defs": {"a": STRING}}, {"not": REF, "$defs": {"a": {}}}),
        ({"$ref": "#/nowhere"}, {"$ref": "#/elsewhere"}),
        ({"minimum": "wrong"}, {"minimum": 1}),
    ],
)  # fmt: skip
def test_what_cannot_be_decided_is_breaking(old: dict[str, Json], new: dict[str, Json]) -> None:
    for pair in ((old, new), (new, old)):
        assert "breaking incomparable" in inputs(*pair)
        assert "breaking incomparable" in outputs(*pair)


def test_properties_of_an_open_and_of_a_closed_object() -> None:
    open_a = {"type": "object", "properties": {"a": STRING}}
    closed_a = {**open_a, "additionalProperties": False}
    assert inputs(OBJECT, open_a) == ["breaking property-restricted"]
    assert inputs(open_a, OBJECT) == ["compatible property-freed"]
    assert inputs(CLOSED, closed_a) == ["compatible property-added"]
    assert inputs(closed_a, CLOSED) == ["breaking property-removed"]
    assert inputs(CLOSED, {**closed_a, "required": ["a"]}) == ["breaking property-now-required"]
    for before, after in ((OBJECT, open_a), (CLOSED, closed_a)):
        assert outputs(before, {**after, "required": ["a"]}) == ["compatible property-added"]
        assert outputs({**after, "required": ["a"]}, before) == ["breaking property-removed"]


def test_a_message_is_one_cut_sentence() -> None:
    (change,) = compare_interfaces(
        with_input(STRING), with_input({"type": "string", "pattern": "a" * 999})
    )
    assert change.message == f"variable `x`: `pattern` `{'a' * 59}…` was added"
    deep = {"type": "object", "properties": {"a": {"type": "array", "items": STRING}}}
    other = {"type": "object", "properties": {"a": {"type": "array", "items": {"type": "null"}}}}
    (change,) = compare_interfaces(with_tool(deep), with_tool(other))
    assert change.message == "tool `act`, `a[]`: the type is `null`, was `string`"
    (change,) = compare_interfaces(with_output(STRING), with_output({"type": "null"}))
    assert change.message == "the answer: the type is `null`, was `string`"


def test_overall_effect() -> None:
    changes = [Change("x", effect, (), "") for effect in reversed(Effect)]
    assert overall_effect(changes) is Effect.BREAKING
    assert overall_effect(changes[:1]) is Effect.COSMETIC
    assert overall_effect(()) is None


# --- bounded -----------------------------------------------------------------------------------------


def nested(depth: int, leaf: Json, keyword: str) -> Any:
    schema = leaf
    for _ in range(depth):
        schema = {keyword: [schema, {"type": "null"}]} if keyword != "items" else {"items": schema}
    return schema


@pytest.mark.parametrize("keyword", ["anyOf", "oneOf", "allOf", "items"])
def test_deep_schemas(keyword: str) -> None:
    old, new = nested(60, {"type": "string"}, keyword), nested(60, {"type": "integer"}, keyword)
    assert outputs(old, old) == outputs(json.loads(json.dumps(old)), old) == []
    assert any(text.startswith("breaking") for text in outputs(old, new))


def test_a_chain_of_references_does_not_recurse() -> None:
    def chain(last: Json) -> dict[str, Json]:
        defs: dict[str, Json] = {
            f"d{i}": {"items": {"$ref": f"#/$defs/d{i + 1}"}} for i in range(1500)
        }
        return {"$ref": "#/$defs/d0", "$defs": {**defs, "d1500": last}}

    assert outputs(chain(STRING), chain(STRING)) == []
    assert outputs(chain(STRING), chain({})) == ["breaking type-widened"]


def test_reference_cycles() -> None:
    loop: dict[str, Json] = {
        "$ref": "#/$defs/a",
        "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}},
    }
    assert inputs(loop, loop) == []
    assert "breaking incomparable" in inputs(loop, STRING)


def test_too_much_is_one_breaking_change() -> None:
    def schema(limit: int) -> dict[str, Json]:
        return {"properties": {f"a{i}": {"maxLength": limit} for i in range(21_000)}}

    changes = inputs(schema(1), schema(2))
    assert changes[0] == "breaking incomparable"
    assert set(changes[1:]) == {"compatible limit-loosened"}
    assert inputs(schema(1), schema(1)) == []


def test_many_listed_values_are_one_change() -> None:
    old: dict[str, Json] = {"enum": ["x"]}
    new: dict[str, Json] = {"enum": ["x", *(f"v{i}" for i in range(5000))]}
    (change,) = compare_interfaces(with_input(old), with_input(new))
    assert change.effect is Effect.COMPATIBLE
    assert change.message == (
        "variable `x`: `v0`, `v1`, `v2`, `v3`, `v4` and 4995 more are newly allowed"
    )
    assert inputs(new, old) == ["breaking enum-value-removed"]


def test_a_large_comparison_ends_soon() -> None:
    names = [f"v{i}" for i in range(9000)]
    old: dict[str, Json] = {"additionalProperties": {"enum": [*names]}}
    new: dict[str, Json] = {"properties": {name: {"enum": ["a"]} for name in names}}
    assert "breaking incomparable" in outputs(old, new)
    assert len(outputs(old, new)) < 30_000


def test_malformed_schemas_do_not_crash() -> None:
    old: dict[str, Json] = {"properties": [1], "required": "a", "enum": 3, "items": [{}], "type": 7}
    new: dict[str, Json] = {"properties": None, "$ref": 5, "anyOf": [], "minLength": True}
    assert "breaking incomparable" in outputs(old, new)
    assert outputs(old, old) == []


# --- properties --------------------------------------------------------------------------------------

SCALARS: list[Json] = [None, True, False, 0, 1, 2, 3, 4, 6, -1, 1.0, 1.5, "", "a", "b", "ab", "abc"]
VALUES: list[Json] = [
    *SCALARS,
    *([], [1], ["a"], [1, 1], [1, "a"], ["a", "b", None], [[]], [{"a": 1}], [{}]),
    *({}, {"a": {"a": 1}}, {"a": {}}, {"a": []}, {"b": {"b": "a"}}),
    *({"a": x} for x in SCALARS),
    *({"b": x} for x in SCALARS),
    *({"a": x, "b": y} for x, y in product([1, "a", None, 1.5], repeat=2)),
    {"a": 1, "b": 2, "c": 3},
    {"c": "a"},
]

types = st.sampled_from(["null", "boolean", "integer", "number", "string", "array", "object"])
small = st.integers(0, 3)
plain = st.fixed_dictionaries(
    {},
    optional={
        "type": types | st.lists(types, min_size=1, max_size=3, unique=True),
        "enum": st.lists(st.sampled_from(SCALARS[:13] + SCALARS[14:]), min_size=1, max_size=4),
        "const": st.sampled_from([None, 1, "a", True]),
        "minimum": small, "maximum": small, "exclusiveMinimum": small, "exclusiveMaximum": small,
        "multipleOf": st.integers(1, 4), "minLength": small, "maxLength": small,
        "pattern": st.sampled_from(["a", "^b"]), "description": st.sampled_from(["x", "y"]),
    },
)  # fmt: skip


def larger(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    some = st.lists(inner, min_size=1, max_size=3)
    names = st.sampled_from(["a", "b"])
    optional = {
        "type": st.sampled_from(["object", "array", ["object", "null"], "string"]),
        "properties": st.dictionaries(names, inner, max_size=2),
        "required": st.lists(names, max_size=2, unique=True),
        "additionalProperties": st.booleans() | inner,
        "patternProperties": st.dictionaries(st.sampled_from(["a", "c"]), inner, max_size=1),
        "propertyNames": st.sampled_from([{"pattern": "a"}, {"maxLength": 1}, False]),
        "dependentRequired": st.sampled_from([{"a": ["b"]}, {"b": ["a"]}]),
        "minProperties": small, "maxProperties": small,
        "items": inner, "minItems": small, "maxItems": small, "uniqueItems": st.booleans(),
        "prefixItems": some, "contains": inner, "minContains": small, "maxContains": small,
        "anyOf": some, "allOf": some, "oneOf": some, "not": plain,
        "if": plain, "then": plain, "else": plain,
        "unevaluatedProperties": st.booleans(), "unevaluatedItems": st.booleans(),
        "$ref": st.sampled_from(["#/$defs/d", "#/$defs/e"]),
    }  # fmt: skip

    def some_of(keys: list[str]) -> st.SearchStrategy[Any]:
        return st.fixed_dictionaries({key: optional[key] for key in keys})

    return st.lists(st.sampled_from(sorted(optional)), max_size=4, unique=True).flatmap(some_of)


parts = st.recursive(plain | st.booleans(), larger, max_leaves=6)
roots = st.builds(
    lambda schema, d, e: {**schema, "$defs": {"d": d, "e": e}}, larger(parts), plain, plain
)


@st.composite
def pairs(draw: st.DrawFn) -> tuple[dict[str, Json], dict[str, Json]]:
    """Two schemas that have much in common, as two versions have."""
    old = draw(roots)
    new = json.loads(json.dumps(old))
    other = draw(roots)
    for _ in range(draw(st.integers(1, 2))):
        places = [(new, key) for key in {**new, **other}]
        for key in ("properties", "$defs"):
            if isinstance(new.get(key), dict):
                places += [(new[key], name) for name in {**new[key], "b": 1}]
        for key in ("anyOf", "allOf", "oneOf"):
            if isinstance(new.get(key), list):
                places += [(new[key], index) for index in range(len(new[key]))]
        node, key = draw(st.sampled_from(places))
        if node is new and key in other:
            new[key] = other[key]
        elif node is new and draw(st.booleans()) and key != "$defs":
            new.pop(key, None)
        elif node is not new:
            node[key] = draw(parts)
    return (old, new) if draw(st.booleans()) else (new, old)


def valid(schema: Any) -> list[bool]:
    validator = jsonschema.Draft202012Validator(schema)
    return [validator.is_valid(value) for value in VALUES]


def reordered(schema: Any) -> Any:
    """The same schema with all that is a set the other way round, and some of it written differently."""
    if isinstance(schema, list):
        return [reordered(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    sets = ("required", "enum", "type")
    turned = {
        key: value[::-1] if key in sets and isinstance(value, list) else reordered(value)
        for key, value in reversed(schema.items())
    }
    return {k: float(v) if k in ("minimum", "maxLength") else v for k, v in turned.items()}


def breaks(changes: tuple[Change, ...]) -> bool:
    return overall_effect(changes) is Effect.BREAKING


def opened(schema: Any) -> Any:
    """The schema for a caller who does not mind properties that are not listed."""
    if isinstance(schema, dict):
        return {
            k: opened(v) for k, v in schema.items() if k != "additionalProperties" or v is not False
        }
    return [opened(item) for item in schema] if isinstance(schema, list) else schema


@settings(max_examples=100, deadline=None)
@given(pairs())
def test_no_breaking_change_is_a_promise(pair: tuple[dict[str, Json], dict[str, Json]]) -> None:
    old, new = pair
    if not breaks(compare_interfaces(with_input(old), with_input(new))):
        for value, before, after in zip(VALUES, valid(old), valid(new), strict=True):
            assert after or not before, value
    changes = compare_interfaces(with_output(old), with_output(new))
    if not breaks(changes):
        if any(change.rule == "response-property-added" for change in changes):
            if any(
                word in json.dumps(old) for word in ("oneOf", "not", "if", "contains", "uneval")
            ):
                return
            old = opened(old)
        for value, before, after in zip(VALUES, valid(old), valid(new), strict=True):
            assert before or not after, value


@settings(max_examples=100, deadline=None)
@given(pairs())
def test_backwards_is_the_mirror_image(pair: tuple[dict[str, Json], dict[str, Json]]) -> None:
    old, new = with_input(pair[0]), with_input(pair[1])
    forwards, backwards = compare_interfaces(old, new), compare_interfaces(new, old)
    for one, other in ((forwards, backwards), (backwards, forwards)):
        if overall_effect(one) is Effect.COMPATIBLE:
            assert breaks(other)
    if {c.rule for c in forwards}.isdisjoint({"variable-incomparable", "variable-type-changed"}):
        broken = breaks(forwards)
        compatible = any(c.effect is Effect.COMPATIBLE for c in forwards)
        assert (compatible, broken) == (
            breaks(backwards),
            any(c.effect is Effect.COMPATIBLE for c in backwards),
        )


@settings(max_examples=60, deadline=None)
@given(roots)
def test_nothing_changes_between_equals(schema: dict[str, Json]) -> None:
    copy = reordered(schema)
    for with_schema in (with_input, with_output, with_tool):
        assert compare_prompts(with_schema(schema), with_schema(schema)) == ()
        assert compare_prompts(with_schema(schema), with_schema(copy)) == ()


@settings(max_examples=60, deadline=None)
@given(pairs())
def test_changes_are_sorted_and_each_once(pair: tuple[dict[str, Json], dict[str, Json]]) -> None:
    changes = compare_prompts(with_output(pair[0]), with_output(pair[1]))
    assert [ORDER.index(c.effect) for c in changes] == sorted(
        ORDER.index(c.effect) for c in changes
    )
    assert all(one not in changes[:place] for place, one in enumerate(changes))
    assert all(CHANGE_RULES[c.rule].effect is c.effect for c in changes)
