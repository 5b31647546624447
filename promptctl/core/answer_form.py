"""Whether a complete answer has the form that its prompt asks for with `response_format`."""

from __future__ import annotations

from collections.abc import Mapping

from promptctl.core.answer import Answer
from promptctl.core.json_data import Json, JsonInvalid, Path, parse_json
from promptctl.core.schema import value_problems
from promptctl.core.schema_words import SchemaProblem
from promptctl.errors import OutputInvalid

_MAX_PROBLEMS = 3
_AGAIN = "run it again, or with `--retry-invalid 2`"
_RAISE = "--set max_tokens=N raises the limit"


def wants_json(response_format: Mapping[str, Json] | None) -> bool:
    """Whether answers have to be JSON."""
    return (response_format or {}).get("type") in ("json_schema", "json_object")


def may_differ(answer: Answer) -> bool:
    """Whether another answer to the same request may have the form that this one has not."""
    reason = answer.finished.reason if answer.finished else None
    return reason not in ("length", "content_filter")


def output_of(answer: Answer, response_format: Mapping[str, Json]) -> Json:
    """The value of the answer. Raises OutputInvalid with the places that do not fit."""
    was_cut = answer.finished is not None and answer.finished.reason == "length"
    hint = _RAISE if was_cut else _AGAIN
    who = f"{answer.provider} {answer.asked_model}".strip()
    try:
        value = parse_json(answer.text)
    except JsonInvalid as error:
        why = "it was cut at its token limit" if was_cut else _no_json(answer.text, str(error))
        message = f"the answer of {who} is not the JSON that `response_format` asks for: {why}"
        raise OutputInvalid(message, hint) from None
    problems = [
        f"{_pointer(problem)} {problem.message.removeprefix('the file: ')}"
        for problem in _problems(value, response_format)
    ]
    if problems:
        more = len(problems) - _MAX_PROBLEMS
        listed = "; ".join(problems[:_MAX_PROBLEMS]) + (f"; and {more} more" if more > 0 else "")
        raise OutputInvalid(f"the answer of {who} does not fit `response_format`: {listed}", hint)
    return value


def _problems(value: Json, response_format: Mapping[str, Json]) -> list[SchemaProblem]:
    named = response_format.get("json_schema")
    schema = named.get("schema") if isinstance(named, Mapping) else None
    return value_problems(schema if isinstance(schema, Mapping) else {"type": "object"}, value)


def _no_json(text: str, error: str) -> str:
    if not text.strip():
        return "it is empty"
    if text.lstrip().startswith("```"):
        return "it stands between ``` marks"
    return error


def _pointer(problem: SchemaProblem) -> str:
    """The place as a JSON pointer (RFC 6901); the value as a whole is shown as `/`."""
    path: Path = problem.path
    steps = (str(step).replace("~", "~0").replace("/", "~1") for step in path)
    return f"at /{'/'.join(steps)}:"
