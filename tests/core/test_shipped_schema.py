"""The schemas of ours that are decided without a library: the same verdict as jsonschema's, everywhere."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promptctl.core import shipped_schema
from promptctl.core.document import parse_document
from promptctl.repo.schemas import SchemaName, read_schema_text
from tests.conftest import CHECKOUT
from tests.example_files import EXAMPLES
from tests.generated_prompts import prompt_text

PROJECT = """\
version: 1
project: 6f0e4a2c-5a44-4b0f-9a53-1d6a3f3f1c11
prompts_dir: prompts
rules: {secret: warning}
"""
CONFIG = """\
version: 1
timeouts: {connect: 2, idle: 30, total: 600}
endpoints: {gateway: {base_url: "https://gateway.example/v1", key_variable: GATEWAY_KEY}}
"""
WRITTEN_BY_PEOPLE: tuple[SchemaName, ...] = ("prompt", "project", "config")


@cache
def schema_of(name: SchemaName) -> Any:
    return json.loads(read_schema_text(name))


def by_jsonschema(name: SchemaName, value: object) -> bool:
    return jsonschema.Draft202012Validator(schema_of(name)).is_valid(value)


def paths() -> Iterator[Path]:
    yield from sorted(EXAMPLES.rglob("*.y*ml"))
    yield from sorted((CHECKOUT / "example-repo").rglob("*.yaml"))


@cache
def documents() -> list[Any]:
    """What stands in every example that is YAML, and in some generated prompts."""
    contents = [path.read_bytes() for path in paths() if path.is_file()]
    contents += [prompt_text(number).encode() for number in range(20)]
    contents += [PROJECT.encode(), CONFIG.encode()]
    parsed = [parse_document(content, "prompts/a.yaml").document for content in contents]
    found = [document.data for document in parsed if document is not None]
    assert len(found) > 150
    return found


@pytest.mark.parametrize("name", WRITTEN_BY_PEOPLE)
def test_every_example_gets_the_verdict_of_jsonschema(name: SchemaName) -> None:
    verdicts = [shipped_schema.is_valid(schema_of(name), data) for data in documents()]
    assert verdicts == [by_jsonschema(name, data) for data in documents()]
    assert len(set(verdicts)) == 2


VALUES = st.sampled_from(
    [
        *(
            None,
            True,
            False,
            0,
            1,
            1.0,
            -1,
            2.5,
            "",
            "a",
            "a\n",
            "user",
            "text",
            "x" * 200,
            [],
            [1],
        ),
        *({}, ["a", "a"], {"type": "text", "text": "t"}, {"type": "enabled"}, {"name": "f"}),
        *("anthropic", "ollama", "local", "image/png", "image/png\n", {"a b": {"type": "string"}}),
    ]
)


def places(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    members = dict(enumerate(value)) if isinstance(value, list) else value
    if not isinstance(members, dict):
        return [at]
    return [at, *(place for key, inner in members.items() for place in places(inner, (*at, key)))]


def changed(document: Any, place: tuple[Any, ...], value: Any, key: str | None) -> Any:
    """The document with the value at a place replaced, or with one more key there."""
    if not place and key is None:
        return value
    made = copy.deepcopy(document)
    holder = made
    for part in place if key is not None else place[:-1]:
        holder = holder[part]
    if key is None:
        holder[place[-1]] = value
    elif isinstance(holder, dict):
        holder[key] = value
    return made


@pytest.mark.parametrize("name", WRITTEN_BY_PEOPLE)
@given(data=st.data())
@settings(max_examples=300, deadline=None)
def test_every_changed_example_gets_the_verdict_of_jsonschema(
    name: SchemaName, data: st.DataObject
) -> None:
    document = data.draw(st.sampled_from(documents()))
    keys = sorted(set(schema_of(name)["properties"]) | {"top_k", "budget_tokens", "zz"})
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.sampled_from(places(document)))
        key = data.draw(st.none() | st.sampled_from(keys))
        document = changed(document, place, data.draw(VALUES), key)
    assert shipped_schema.is_valid(schema_of(name), document) == by_jsonschema(name, document)


def test_a_keyword_that_is_not_known_is_not_judged() -> None:
    with pytest.raises(shipped_schema.UnknownKeyword, match="uniqueItems"):
        shipped_schema.is_valid({"uniqueItems": True}, [1, 1])
    with pytest.raises(shipped_schema.UnknownKeyword, match="elsewhere"):
        shipped_schema.is_valid({"$ref": "urn:elsewhere"}, 1)
