"""Rules about a prompt's interface: variables, their defaults, examples, tools and response format."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeAlias

from promptctl.core.check_subject import Subject
from promptctl.core.finding import Finding
from promptctl.core.json_data import Json
from promptctl.core.nearest import did_you_mean
from promptctl.core.prompt import Path
from promptctl.core.schema import schema_problems, value_check
from promptctl.core.schema_words import SchemaProblem, shown, shown_names
from promptctl.core.strict_schema import ALWAYS_STRICT, STRICT_PROVIDERS, strict_problems

MAX_HINTS = 20
"""Names of one prompt for which the nearest known one is looked for: that costs a look at all of them."""
_FIRST_MESSAGE = "such as `messages: [{role: user, content: Hello}]`"

ValueCheck: TypeAlias = Callable[[Json], list[SchemaProblem]]


def check_interface(subject: Subject) -> Iterator[Finding]:
    """Findings about variables and examples, messages, tools and the response format."""
    if subject.value("messages") == []:
        message = "the prompt has no messages: it cannot be run"
        yield subject.found("messages-empty", ("messages",), message, _FIRST_MESSAGE)
    usable: dict[str, ValueCheck] = {}
    for name in subject.mapping("variables"):
        path: Path = ("variables", name)
        schema = subject.value(*path)
        if not isinstance(schema, (dict, Mapping)):
            continue
        problems = schema_problems(schema)
        if problems:
            yield from subject.worded("variable-schema", path, problems, f"variable {shown(name)}")
            continue
        usable[name] = value_check(schema)
        if "default" in schema:
            faults = usable[name](schema["default"])
            if faults and subject.is_sound((*path, "default")):
                what = f"the default of {shown(name)}"
                yield from subject.worded("variable-default", (*path, "default"), faults, what)
    knows_variables = ("variables",) not in subject.broken
    yield from _check_example_names(subject)
    required = [name for name in usable if "default" not in subject.mapping("variables", name)]
    hints = iter(range(MAX_HINTS))
    for index, example in subject.items("examples"):
        if knows_variables and isinstance(example, (dict, Mapping)):
            yield from _check_example(subject, index, usable, required, hints)
    yield from _check_tools(subject)
    yield from _check_response_format(subject)


def _check_example_names(subject: Subject) -> Iterator[Finding]:
    first: dict[str, int] = {}
    for index, _ in subject.items("examples"):
        name = subject.value("examples", index, "name")
        if isinstance(name, str) and first.setdefault(name, index) != index:
            message = f"example {index + 1} has the same name as example {first[name] + 1}"
            message += f": {shown(name)}"
            path: Path = ("examples", index, "name")
            yield subject.found("example-duplicate", path, message, "rename one of them")


def _check_example(
    subject: Subject,
    index: int,
    usable: Mapping[str, ValueCheck],
    required: Sequence[str],
    hints: Iterator[int],
) -> Iterator[Finding]:
    path: Path = ("examples", index, "variables")
    declared, given = subject.mapping("variables"), subject.mapping(*path)
    name = subject.value("examples", index, "name")
    what = f"example {shown(name)}" if isinstance(name, str) else f"example {index + 1}"
    for key, value in given.items():
        if key not in declared:
            message = f"{what} gives {shown(key)}, which is no variable of this prompt"
            hint = did_you_mean(key, declared) if next(hints, None) is not None else None
            yield subject.found("example-invalid", (*path, key), message, hint, key=True)
        elif key in usable:
            faults = usable[key](value)
            if faults and subject.is_sound((*path, key)):
                whose = f"{what}, {shown(key)}"
                yield from subject.worded("example-invalid", (*path, key), faults, whose)
    missing = [key for key in required if key not in given]
    if missing:
        message = f"{what} lacks {shown_names(missing)}"
        yield subject.found("example-invalid", path, message, key=True)


def _check_tools(subject: Subject) -> Iterator[Finding]:
    first: dict[str, int] = {}
    for index, _ in subject.items("tools"):
        path: Path = ("tools", index, "function")
        name = subject.value(*path, "name")
        what = f"tool {shown(name)}" if isinstance(name, str) else f"tool {index + 1}"
        if isinstance(name, str) and first.setdefault(name, index) != index:
            message = f"{what} has the same name as tool {first[name] + 1}"
            yield subject.found("tool-duplicate", (*path, "name"), message, "rename one of them")
        schema = subject.value(*path, "parameters")
        if schema is not None:
            yield from _check_tool_schema(subject, (*path, "parameters"), schema, what)
    yield from _check_tool_choice(subject, first)


def _check_tool_schema(subject: Subject, path: Path, schema: Json, what: str) -> Iterator[Finding]:
    problems = schema_problems(schema)
    yield from subject.worded("tool-schema", path, problems, what)
    if problems or not isinstance(schema, Mapping):
        return
    if schema.get("type", "object") != "object":
        message = f"{what}: its parameters must be of `type: object`"
        yield subject.found("tool-schema", (*path, "type"), message, "type: object")
    elif subject.value(*path[:-1], "strict") is True:
        yield from _check_strict(subject, "tool-schema-strict", path, what)


def _check_tool_choice(subject: Subject, tools: Mapping[str, int]) -> Iterator[Finding]:
    choice = subject.value("tool_choice")
    if choice is None or choice == "none" or ("tools",) in subject.broken:
        return
    path: Path = ("tool_choice", "function", "name")
    name = subject.value(*path)
    if isinstance(name, str) and name not in tools:
        hint = did_you_mean(name, tools)
        yield subject.found("tool-unknown", path, f"there is no tool {shown(name)}", hint)


def _check_response_format(subject: Subject) -> Iterator[Finding]:
    path: Path = ("response_format", "json_schema", "schema")
    schema = subject.value(*path)
    if schema is None:
        return
    what = "the response format"
    problems = schema_problems(schema)
    yield from subject.worded("response-schema", path, problems, what)
    is_strict = subject.value(*path[:-1], "strict") is True
    if not problems and (is_strict or subject.value("provider") in ALWAYS_STRICT):
        yield from _check_strict(subject, "response-schema-strict", path, what)


def _check_strict(subject: Subject, rule: str, path: Path, what: str) -> Iterator[Finding]:
    """Findings about a valid schema that the provider is asked to keep to exactly."""
    provider = subject.value("provider")
    if isinstance(provider, str) and provider in STRICT_PROVIDERS:
        problems = list(strict_problems(subject.mapping(*path), provider))
        yield from subject.worded(rule, path, problems, what)
