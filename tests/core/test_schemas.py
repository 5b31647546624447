"""The shipped schemas: what they take, what they explain, and that they agree with the catalog."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import jsonschema_rs
import pytest

from promptctl.core.catalog import PARAMETERS, PROVIDERS

SCHEMAS = Path(__file__).parents[2] / "schemas"
PROMPT = json.loads((SCHEMAS / "prompt.schema.json").read_text("utf-8"))
PROJECT = json.loads((SCHEMAS / "project.schema.json").read_text("utf-8"))
CONFIG = json.loads((SCHEMAS / "config.schema.json").read_text("utf-8"))
OURS = {"prompt": PROMPT, "project": PROJECT, "config": CONFIG}


def accepts(schema: dict[str, Any], data: object) -> bool:
    """The answer of two independent validators, which have to agree."""
    python = jsonschema.Draft202012Validator(schema).is_valid(data)
    rust = jsonschema_rs.Draft202012Validator(schema).is_valid(data)
    assert python == rust
    return python


def prompt(**changes: object) -> dict[str, object]:
    """A prompt with some keys changed; None takes a key away."""
    data: dict[str, object] = {"provider": "openai", "model": "m", "template": "x", **changes}
    return {key: value for key, value in data.items() if value is not None}


def message(*content: object) -> dict[str, object]:
    return prompt(template=None, messages=[{"role": "user", "content": list(content)}])


TOOL = {"type": "function", "function": {"name": "get", "parameters": {"type": "object"}}}
TEXT = {"type": "text", "text": "x"}


@pytest.mark.parametrize("name", OURS)
def test_each_schema_is_a_schema_and_its_examples_fit(name: str) -> None:
    schema = OURS[name]
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    for where, below in subschemas(schema):
        if "examples" in below:
            checker = jsonschema.Draft202012Validator({**below, "$defs": schema.get("$defs", {})})
            for example in below["examples"]:
                assert checker.is_valid(example), f"{where}: {example!r}"


@pytest.mark.parametrize("name", OURS)
def test_every_property_is_described_with_an_example(name: str) -> None:
    schema = OURS[name]
    for where, below in subschemas(schema):
        if where.startswith("/allOf/"):
            continue  # what a provider narrows is described where it is defined
        for key, member in below.get("properties", {}).items():
            if member is True or "/if" in where:
                continue  # repeats a key that is described beside it
            if "$ref" in member:
                member = schema["$defs"][member["$ref"].removeprefix("#/$defs/")]
            assert {"title", "description", "examples"} <= member.keys(), f"{where}/{key}"


@pytest.mark.parametrize("name", OURS)
def test_objects_take_only_what_they_name(name: str) -> None:
    schema = OURS[name]
    loose = {
        where.rsplit("/", 1)[-1]
        for where, below in subschemas(schema)
        if below.get("type") == "object" and "additionalProperties" not in below
    }
    # Free by design: metadata, provider-only keys, and JSON Schemas that the user writes.
    assert loose <= {
        "metadata",
        "extra",
        "schema",
        "parameters",
        "variable",
        "variables",
        "response_format",
        "part",
    }


def subschemas(schema: Any, where: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every schema inside a schema with its path, examples and defaults left out."""
    if isinstance(schema, dict):
        yield where, schema
        for key, member in schema.items():
            if key in ("properties", "$defs"):
                for name, below in member.items():
                    yield from subschemas(below, f"{where}/{key}/{name}")
            elif key in ("allOf", "oneOf", "anyOf"):
                for number, below in enumerate(member):
                    yield from subschemas(below, f"{where}/{key}/{number}")
            elif key in ("items", "additionalProperties", "propertyNames", "if", "then", "else"):
                yield from subschemas(member, f"{where}/{key}")


@pytest.mark.parametrize(
    "data",
    [
        prompt(),
        prompt(provider="echo", model=None),
        prompt(provider="local", model=None),
        prompt(provider="somebody_else", parameters={"temperature": 2, "extra": {"x": [1]}}),
        prompt(parameters={"stop": "END", "max_tokens": 1, "max_completion_tokens": 2}),
        prompt(parameters={"stop": ["END", "\n"]}),
        prompt(variables={"_a1": {}, "b": {"type": "object", "properties": {"c": {}}}}),
        prompt(tools=[TOOL], tool_choice="auto", parallel_tool_calls=False),
        prompt(tools=[TOOL], tool_choice={"type": "function", "function": {"name": "get"}}),
        prompt(response_format={"type": "json_object"}),
        prompt(response_format={"type": "json_schema", "json_schema": {"name": "a", "schema": {}}}),
        prompt(examples=[{"name": "a", "variables": {"x": None}}], metadata={"any": {"thing": 1}}),
        prompt(template=None, messages=[{"role": "system", "file": "_partials/x.md"}]),
        prompt(template=None, messages=[]),
        message(TEXT, {"type": "image", "url": "https://e.org/a.png", "detail": "low"}),
        message({"type": "file", "path": "_files/a.pdf", "name": "a"}),
        message({"type": "tool_call", "id": "1", "name": "get", "arguments": "{}"}),
        message({"type": "tool_result", "id": "1", "result": None}),
    ],
)
def test_prompts_that_are_taken(data: dict[str, object]) -> None:
    assert accepts(PROMPT, data)


@pytest.mark.parametrize(
    "data",
    [
        [],
        prompt(provider=None),
        prompt(model=None),
        prompt(messages=[{"role": "user", "content": "x"}]),
        prompt(template=None),
        prompt(template=None, messages=[{"role": "robot", "content": "x"}]),
        prompt(template=None, messages=[{"role": "user"}]),
        prompt(template=None, messages=[{"role": "user", "content": "x", "file": "y"}]),
        prompt(temprature=1),
        prompt(provider="Open AI"),
        prompt(provider="openai\n"),
        prompt(base_url="https://evil.example"),
        prompt(template_format="jinja"),
        prompt(parameters={"temperature": "hot"}),
        prompt(parameters={"temperature": 2.1}),
        prompt(parameters={"unheard_of": 1}),
        prompt(parameters={"stop": []}),
        prompt(parameters={"top_logprobs": 2}),
        prompt(variables={"a-b": {}}),
        prompt(variables={"a\n": {}}),
        prompt(variables={"a": "string"}),
        prompt(examples=[{"name": "a"}]),
        prompt(tool_choice="auto"),
        prompt(tools=[TOOL], tool_choice="always"),
        prompt(tools=[{"type": "function", "function": {"name": "a b"}}]),
        prompt(response_format={"type": "json_schema"}),
        prompt(response_format={"type": "text", "json_schema": {}}),
        message(),
        message({"type": "text"}),
        message({"type": "text", "text": "x", "cache": 1}),
        message({"type": "image"}),
        message({"type": "image", "path": "a", "url": "b"}),
        message({"type": "video", "url": "b"}),
        message({"type": "tool_call", "id": "1", "name": "get", "arguments": [1]}),
        message({"type": "tool_result", "id": "1"}),
    ],
)
def test_prompts_that_are_refused(data: object) -> None:
    assert not accepts(PROMPT, data)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_parameters_of_a_provider_are_those_of_the_catalog(provider: str) -> None:
    definitions = PROMPT["$defs"]["parameters"]["properties"]
    assert set(definitions) == {*PARAMETERS, "extra"}
    for name, definition in definitions.items():
        value = definition["examples"][-1]
        given = {name: value, **({"logprobs": True} if name == "top_logprobs" else {})}
        known = PROVIDERS[provider].parameters
        possible = name == "extra" or set(given) <= known
        assert accepts(PROMPT, prompt(provider=provider, parameters=given)) == possible, name


def test_anthropic_narrows_values() -> None:
    def taken(**parameters: object) -> bool:
        return accepts(PROMPT, prompt(provider="anthropic", parameters=parameters))

    assert taken(temperature=1)
    assert not taken(temperature=1.5)
    assert taken(thinking={"type": "enabled", "budget_tokens": 1024})
    assert not taken(thinking={"type": "enabled"})
    assert taken(thinking={"type": "disabled"})


def test_ollama_thinks_or_does_not() -> None:
    for thinking, good in [
        ({"type": "enabled"}, True),
        ({"type": "enabled", "budget_tokens": 2048}, False),
        ({"type": "enabled", "display": "omitted"}, False),
    ]:
        data = prompt(provider="ollama", parameters={"thinking": thinking})
        assert accepts(PROMPT, data) == good


@pytest.mark.parametrize(
    ("data", "good"),
    [
        ({}, True),
        (PROJECT["examples"][0], True),
        ({"remote": "origin", "default_branch": "main", "labels": {"staging": {}}}, True),
        ({"rules": {"variable-unused": "off"}}, True),
        ({"version": 2}, False),
        ({"rules": {"variable-unused": False}}, False),
        ({"rules": {"variable-unused": "loud"}}, False),
        ({"remote": "https://user:word@example.com/x.git"}, False),
        ({"remote": "-upload-pack=x"}, False),
        ({"labels": {"latest": {}}}, False),
        ({"labels": {"v12": {}}}, False),
        ({"labels": {"12": {}}}, False),
        ({"labels": {"staging\n": {}}}, False),
        ({"labels": {"published": {"branch": "x", "signed": True}}}, True),
        ({"labels": {"staging": {"branch": "x\n"}}}, False),
        ({"labels": {"staging": {"color": "x"}}}, False),
        ({"tag_prefix": "a/b/"}, True),
        ({"tag_prefix": "a/b/\n"}, False),
        ({"renamed": {"greeting": "support/greeting"}}, True),
        ({"renamed": {"greeting": "support/greeting\n"}}, False),
        ({"renamed": {"a" * 129: "b"}}, False),
        ({"base_url": "https://evil.example"}, False),
        ({"proxy": "http://evil.example"}, False),
        ({"headers": {"x": "y"}}, False),
        ({"key": "sk-1"}, False),
    ],
)
def test_project_settings(data: object, good: bool) -> None:
    assert accepts(PROJECT, data) == good
