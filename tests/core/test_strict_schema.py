"""Strict schemas: what OpenAI refuses is found, at the place where it is mended."""

from __future__ import annotations

import pytest

from promptctl.core.json_data import Json, Path
from promptctl.core.strict_schema import strict_problems

CLOSED: dict[str, Json] = {"type": "object", "additionalProperties": False}
TEXT: dict[str, Json] = {"type": "string"}


@pytest.mark.parametrize(
    ("schema", "found"),
    [
        (CLOSED, []),
        (CLOSED | {"properties": {"a": TEXT}, "required": ["a"]}, []),
        ({"type": "array", "items": TEXT}, [(("type",), "`type: object` at its top")]),
        ({"type": "object"}, [((), "additionalProperties: false")]),
        (
            {"type": "object", "additionalProperties": True},
            [(("additionalProperties",), "additionalProperties: false")],
        ),
        (CLOSED | {"properties": {"a": TEXT}}, [((), "must name `a` too")]),
        (
            CLOSED | {"properties": {"a": TEXT, "b": TEXT}, "required": ["b", "c"]},
            [(("required",), "must name `a` too"), (("required", 1), "`c` cannot be required")],
        ),
        (
            CLOSED
            | {
                "properties": {"a": {"type": "array", "items": {"type": "object"}}},
                "required": ["a"],
            },
            [(("properties", "a", "items"), "additionalProperties")],
        ),
        (
            CLOSED | {"$defs": {"d": {"anyOf": [TEXT, {"type": ["object", "null"]}]}}},
            [(("$defs", "d", "anyOf", 1), "additionalProperties")],
        ),
    ],
)
def test_what_keeps_a_schema_from_being_strict(
    schema: dict[str, Json], found: list[tuple[Path, str]]
) -> None:
    problems = list(strict_problems(schema))
    assert [problem.path for problem in problems] == [path for path, _ in found]
    for problem, (_, words) in zip(problems, found, strict=True):
        assert words in problem.message
