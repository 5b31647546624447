"""Answers held against the form that a prompt asks for."""

from __future__ import annotations

import json

import pytest

from promptctl.core.answer import Answer
from promptctl.core.answer_form import output_of, wants_json
from promptctl.core.invocation import Finished, TextDelta
from promptctl.core.json_data import Json
from promptctl.errors import OutputInvalid

SCHEMA: Json = {
    "type": "object",
    "required": ["q"],
    "properties": {
        "q": {"enum": ["a"]},
        "a/b~": {"type": "array", "items": {"type": "object", "properties": {"n": {"minimum": 2}}}},
    },
    "additionalProperties": False,
}
BY_SCHEMA = {"type": "json_schema", "json_schema": {"name": "x", "schema": SCHEMA}}
ANY_OBJECT = {"type": "json_object"}


def answer(text: str) -> Answer:
    given = Answer("openai", "m-1", "m-1")
    for event in (*([TextDelta(text)] if text else []), Finished("stop")):
        given.add(event, 1.0)
    return given


def test_only_json_is_a_form() -> None:
    assert wants_json(BY_SCHEMA)
    assert wants_json(ANY_OBJECT)
    assert not wants_json({"type": "text"})
    assert not wants_json(None)


@pytest.mark.parametrize("text", ['{"q": "a"}', ' \n{"q":"a","a/b~":[{"n":2}]}\n'])
def test_the_value_of_an_answer_that_fits(text: str) -> None:
    assert output_of(answer(text), BY_SCHEMA) == json.loads(text)


def test_any_object_will_do_where_no_schema_is_given() -> None:
    assert output_of(answer('{"x": [1]}'), ANY_OBJECT) == {"x": [1]}


WRONG = {
    '{"q": "c"}': ["does not fit `response_format`: at /q: ", "`c`"],
    "{}": ["at /: missing key `q`"],
    '{"q": "a", "a/b~": [{}, {"n": 1}]}': ["at /a~1b~0/1/n: "],
    '{"q": "a", "z": 1}': ["at /z: unknown key `z`"],
    '["q"]': ["at /: "],
    '{"q": NaN}': ["NaN is not a JSON number"],
    '{"q": "a"': ["is not the JSON that `response_format` asks for", "line 1, column "],
    "": ["it is empty"],
    " \n": ["it is empty"],
    '```json\n{"q": "a"}\n```': ["it stands between ``` marks"],
    "Sure! Here it is.": ["line 1, column 1"],
    "[" * 10_000: ["nested too deeply"],
}


@pytest.mark.parametrize(("text", "words"), WRONG.items(), ids=[w[-1][:20] for w in WRONG.values()])
def test_what_does_not_fit_is_named_with_its_place(text: str, words: list[str]) -> None:
    with pytest.raises(OutputInvalid) as caught:
        output_of(answer(text), BY_SCHEMA)
    assert "openai m-1" in caught.value.message
    for word in words:
        assert word in caught.value.message
    assert caught.value.hint == "run it again, or with `--retry-invalid 2`"


@pytest.mark.parametrize("text", ["[1]", '"x"', "1", "null", "x"])
def test_json_that_is_no_object_is_no_object(text: str) -> None:
    with pytest.raises(OutputInvalid):
        output_of(answer(text), ANY_OBJECT)


def test_many_problems_are_counted_and_values_are_cut() -> None:
    schema = {"type": "object", "additionalProperties": {"type": "integer"}}
    text = json.dumps({f"k{n}": "v" * 5000 for n in range(9)})
    wanted = {"type": "json_schema", "json_schema": {"name": "x", "schema": schema}}
    with pytest.raises(OutputInvalid) as caught:
        output_of(answer(text), wanted)
    assert caught.value.message.endswith("; and 6 more")
    assert len(caught.value.message) < 600
