"""Parameters of one run, from `KEY=VALUE` as the user typed them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from promptctl.core.catalog import PARAMETERS
from promptctl.core.json_data import Json, JsonInvalid, dump_json, parse_json
from promptctl.core.nearest import nearest_word
from promptctl.core.schema import value_problems
from promptctl.core.schema_words import shown
from promptctl.errors import UsageProblem
from promptctl.repo.schemas import read_schema_text

_EXTRA = "extra."


def parse_parameters(settings: Sequence[str]) -> dict[str, Json]:
    """Parameters by name; values are JSON, and what is no JSON is text; null takes one away.

    `extra.NAME` is a provider's own parameter. Raises UsageProblem, which names every wrong one.
    """
    if not settings:
        return {}
    schemas = _parameter_schemas()
    parameters: dict[str, Json] = {}
    extra: dict[str, Json] = {}
    problems: list[str] = []
    hints: list[str] = []
    for setting in settings:
        name, equals, text = setting.partition("=")
        if not equals:
            problems.append(f"--set {shown(setting)} is not KEY=VALUE")
        elif name.startswith(_EXTRA) and name != _EXTRA:
            extra[name.removeprefix(_EXTRA)] = _read(text)
        elif name in PARAMETERS:
            parameters[name], wrong = _fitting(text, schemas[name])
            problems += [f"`{name}` {problem}" for problem in wrong]
            hints += [_example(name, schemas[name])] * bool(wrong)
        else:
            problems.append(_unknown(name))
            hints.append(f"parameters: {', '.join(PARAMETERS)}, extra.NAME")
    if problems:
        raise UsageProblem("; ".join(problems), hints[0] if hints else "--set temperature=0.2")
    return {**parameters, "extra": extra} if extra else parameters


def check_parameters(given: Mapping[str, Json]) -> Mapping[str, Json]:
    """Parameters that a program gives, held to the schema of prompt files; None takes one away.

    Raises UsageProblem, which names every wrong one.
    """
    if not isinstance(given, Mapping):
        raise UsageProblem("parameters are no mapping of names to values")
    schemas = _parameter_schemas() if given else {}
    problems = [
        problem for name, value in given.items() for problem in _wrong(name, value, schemas)
    ]
    if problems:
        raise UsageProblem("; ".join(problems), f"parameters: {', '.join(PARAMETERS)}, extra")
    return given


def _wrong(name: str, value: Json, schemas: Mapping[str, Mapping[str, Json]]) -> list[str]:
    if not isinstance(name, str) or (name not in PARAMETERS and name != "extra"):
        return [_unknown(str(name))]
    try:
        dump_json(value).encode()
    except (TypeError, ValueError, RecursionError):
        return [f"`{name}` is not plain JSON data"]
    if name == "extra":
        return [] if value is None or isinstance(value, Mapping) else ["`extra` is no mapping"]
    problems = value_problems(schemas[name], value) if value is not None else []
    return [f"`{name}` {_about_it(problem.message)}" for problem in problems]


def _parameter_schemas() -> Mapping[str, Mapping[str, Json]]:
    """What the schema of prompt files says of each parameter."""
    found = parse_json(read_schema_text("prompt"))
    for key in ("$defs", "parameters", "properties"):
        assert isinstance(found, Mapping)
        found = found[key]
    assert isinstance(found, Mapping)
    return {name: schema for name, schema in found.items() if isinstance(schema, Mapping)}


def _fitting(text: str, schema: Mapping[str, Json]) -> tuple[Json, list[str]]:
    """The value that was meant and what is wrong with it; 42 is a text where a text is wanted."""
    value = _read(text)
    if value is None:
        return None, []
    problems = value_problems(schema, value)
    is_scalar = not isinstance(value, (Mapping, list))
    if problems and is_scalar and value != text and not value_problems(schema, text):
        return text, []
    return value, [_about_it(problem.message) for problem in problems]


def _example(name: str, schema: Mapping[str, Json]) -> str:
    examples = schema.get("examples")
    example = examples[0] if isinstance(examples, list) and examples else "VALUE"
    text = example if isinstance(example, str) else dump_json(example)
    return f"such as --set {name}={text}" if text.isalnum() else f"such as --set '{name}={text}'"


def _about_it(message: str) -> str:
    """A problem of a whole value, worded for a sentence that has named it already."""
    return message.removeprefix("the file: ").replace("the file ", "it ", 1)


def _read(text: str) -> Json:
    try:
        return parse_json(text, unique_keys=True)
    except JsonInvalid:
        return text


def _unknown(name: str) -> str:
    near = nearest_word(name, PARAMETERS)
    guess = f": did you mean `{near}`?" if near else ""
    return f"{shown(name)} is no parameter{guess}"
