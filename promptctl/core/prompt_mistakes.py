"""What people mean who break the schema of prompt files in well-known ways: one sentence per cause.

The schema by itself would call a misspelt key unknown and then, in a second breath, miss the key that
was meant.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from promptctl.core.catalog import PARAMETERS, PROVIDERS
from promptctl.core.json_data import Json, Path, dump_json
from promptctl.core.nearest import did_you_mean
from promptctl.core.schema_words import SchemaProblem, shown

_ROLES = ("system", "user", "assistant", "developer", "tool", "model", "ai")
_ROOT_ALIASES = {
    "prompt": "template",
    "text": "template",
    "content": "template",
    "chat": "messages",
    "conversation": "messages",
    "inputs": "variables",
    "input_variables": "variables",
    "arguments": "variables",
    "params": "parameters",
    "settings": "parameters",
    "model_name": "model",
    "functions": "tools",
    "alternatives": "fallbacks",
    "function_call": "tool_choice",
    "output_schema": "response_format",
    "json_schema": "response_format",
}
"""Keys that other tools have and what they are called here."""
_PARAMETER_ALIASES = {
    "max_output_tokens": "max_tokens",
    "max_new_tokens": "max_tokens",
    "num_predict": "max_tokens",
    "stop_sequences": "stop",
}
_FREE_FORM = ("owner", "author", "tags", "team", "labels", "category", "status", "notes")
_ROOT_KEYS = (
    *("description", "provider", "model", "api", "parameters", "template_format", "variables"),
    *("messages", "template", "examples", "tools", "tool_choice", "parallel_tool_calls"),
    *("response_format", "metadata", "fallbacks"),
)
_TYPES = {
    **{name: name for name in ("string", "integer", "number", "boolean", "array", "object")},
    "str": "string",
    "text": "string",
    "int": "integer",
    "float": "number",
    "bool": "boolean",
    "list": "array",
    "dict": "object",
}
_MISSING = {
    "provider": f"such as `provider: openai`; built in are {', '.join(PROVIDERS)}",
    "model": "such as `model: gpt-4o-mini`: the provider's own name for it",
    "role": "such as `role: user`, or system, assistant …",
    "messages": "such as `template: Greet the customer.`, or `messages` with roles",
    "content": "such as `content: Hello`, or `file: _partials/tone.md`",
}
_PLAIN = re.compile(r"[A-Za-z][\w .!?-]{0,38}[\w.!?]")


def explain_problems(
    problems: Sequence[SchemaProblem], data: Mapping[str, Json]
) -> tuple[list[SchemaProblem], frozenset[Path]]:
    """The problems with words and hints for prompt files, and paths that were meant to be there.

    Nothing is known about what those paths would hold: what rests on them is no finding of its own.
    """
    explained: dict[tuple[Path, str], SchemaProblem] = {}
    meant = set[Path]()
    for problem in problems:
        if (other := _other_tool(problem, data)) is not None:
            problem = other
        elif problem.at_key and problem.keyword in (
            "additionalProperties",
            "unevaluatedProperties",
        ):
            problem, keys = _unknown_key(problem, data)
            holder = problem.path[:-1]
            meant.update((*holder, key) for key in keys if key not in _at(data, holder))
        else:
            problem = _with_hint(problem, data)
        place = problem.path[:-1] if problem.at_key else problem.path
        explained.setdefault((place, problem.message), problem)
    return [p for p in explained.values() if not _follows(p, meant)], frozenset(meant)


def _follows(problem: SchemaProblem, meant: Iterable[Path]) -> bool:
    """Whether a key is missing only because another one stands in its place."""
    return any((*problem.path, key) in meant for key in problem.missing)


def _unknown_key(
    problem: SchemaProblem, data: Mapping[str, Json]
) -> tuple[SchemaProblem, Sequence[str]]:
    """An unknown key, explained, and the known keys that it stands for."""
    *parents, key = problem.path
    assert isinstance(key, str)
    if not parents:
        return _unknown_root_key(problem, key, data[key])
    if parents == ["parameters"] and key in _ROOT_KEYS:
        message = f"{shown(key)} belongs at the top level, beside `parameters`"
        return replace(problem, message=message, hint="move it there"), ()
    if parents == ["parameters"] and problem.hint != f"did you mean `{_nearest(key, PARAMETERS)}`?":
        name = _PARAMETER_ALIASES.get(key)
        hint = f"did you mean `{name}`?" if name else "a provider's own keys go under `extra`"
        return replace(problem, hint=hint), ()
    holder = _at(data, tuple(parents))
    if parents[0] == "messages" and len(parents) == 2 and key in _ROLES and "role" not in holder:
        message = f"a message has `role` and `content`, not {shown(key)}"
        hint = f"- {{role: {key}, content: {_flow(holder[key])}}}"
        return replace(problem, message=message, hint=hint), ("role", "content", "file")
    if parents[0] == "tools" and len(parents) == 2 and "function" not in holder:
        name = _flow(holder.get("name", "get_weather"))
        hint = f"- {{type: function, function: {{name: {name}, …}}}}"
        message = "what a tool is belongs under `function`"
        return replace(problem, message=message, hint=hint), ("type", "function")
    near = re.fullmatch(r"did you mean `(.*)`\?", problem.hint or "")
    return problem, (near[1],) if near else ()


def _unknown_root_key(
    problem: SchemaProblem, key: str, value: Json
) -> tuple[SchemaProblem, Sequence[str]]:
    parameter = key if key in PARAMETERS else _PARAMETER_ALIASES.get(key)
    if parameter is not None and not (key == "user" and isinstance(value, str) and " " in value):
        message = f"{shown(key)} belongs under `parameters`"
        return replace(
            problem, message=message, hint=f"parameters: {{{parameter}: {_flow(value)}}}"
        ), ()
    if key in _ROLES:
        message = f"{shown(key)} is a role, and belongs into a message"
        hint = f"messages: [{{role: {key}, content: {_flow(value)}}}]"
        return replace(problem, message=message, hint=hint), ("messages", "template")
    if key == "name":
        hint = "remove it: a prompt is called by the path of its file"
        return replace(problem, hint=hint), ()
    if key in _FREE_FORM:
        message = f"{shown(key)} belongs under `metadata`"
        return replace(problem, message=message, hint=f"metadata: {{{key}: {_flow(value)}}}"), ()
    known = _ROOT_ALIASES.get(key) or _nearest(key, (*_ROOT_KEYS, *PARAMETERS))
    if known in PARAMETERS:
        return replace(problem, hint=f"did you mean `{known}`, under `parameters`?"), ()
    if known is not None:
        also = ("messages",) if known == "template" else ()
        return replace(problem, hint=f"did you mean `{known}`?"), (known, *also)
    hint = "`promptctl schema prompt` prints every key; your own go under `metadata`"
    return replace(problem, hint=hint), ()


def _with_hint(problem: SchemaProblem, data: Mapping[str, Json]) -> SchemaProblem:
    path = problem.path
    hint = None
    if problem.missing:
        hint = _MISSING.get(problem.missing[0])
    elif path == ("tool_choice",):
        return _tool_choice(problem, data)
    elif problem.keyword == "type" and path:
        hint = _form(path, _value(data, path))
    elif path == ("parameters", "temperature") and problem.keyword == "maximum":
        return _warmest(problem, data)
    return replace(problem, hint=hint) if hint else problem


def _warmest(problem: SchemaProblem, data: Mapping[str, Json]) -> SchemaProblem:
    """A temperature beyond the provider's own limit: the limit alone would look arbitrary."""
    if data.get("provider") != "anthropic":
        return problem
    given = shown(_at(data, ("parameters",)).get("temperature"))
    return replace(problem, message=f"`temperature` is {given}, but anthropic takes at most 1")


def _form(path: Path, value: Json) -> str | None:
    """How a value of the wrong type at this path would be written."""
    if path == ("variables",):
        return f"variables: {{{_first_name(value)}: {{type: string}}}}"
    if path[0] == "variables" and len(path) == 2:
        kind = _TYPES.get(value.lower(), "string") if isinstance(value, str) else "string"
        return f"{path[1]}: {{type: {kind}}}"
    if path[0] == "messages" and len(path) <= 2:
        return _message(value)
    if path == ("examples",):
        return "- {name: first, variables: {NAME: VALUE}}"
    if path == ("response_format",):
        return "response_format: {type: json_object}"
    return None


def _message(value: Json) -> str:
    """The first message that a value was meant to be."""
    given = value if isinstance(value, Mapping) else {"content": value}
    role = next((key for key in given if key in _ROLES), None)
    content = given.get(role or "content", "…")
    role = role or str(given.get("role"))
    return f"- {{role: {role if role in _ROLES else 'user'}, content: {_flow(content)}}}"


def _other_tool(problem: SchemaProblem, data: Mapping[str, Json]) -> SchemaProblem | None:
    """The one thing to say of a tool that is no function, whatever else the schema misses in it."""
    if len(problem.path) < 2 or problem.path[0] != "tools":
        return None
    kind = _at(data, problem.path[:2]).get("type")
    if not isinstance(kind, str) or kind == "function" or _nearest(kind, ["function"]):
        return None
    message = f"tools are functions here, and this one is {shown(kind)}"
    hint = "remove it; to keep what Phoenix has here, move it under `metadata.phoenix`"
    return SchemaProblem((*problem.path[:2], "type"), "const", message, hint)


def _tool_choice(problem: SchemaProblem, data: Mapping[str, Json]) -> SchemaProblem:
    given = data.get("tool_choice")
    names = [name for name in _tool_names(data) if isinstance(name, str)]
    words = ("auto", "none", "required")
    if not isinstance(given, str) or _nearest(given, words) is not None or not names:
        return problem
    near = _nearest(given, names)
    named = f"{{type: function, function: {{name: {near or names[0]}}}}}"
    hint = f"did you mean the tool `{near}`? " if near and near != given else ""
    return replace(problem, hint=f"{hint}a tool is chosen by `tool_choice: {named}`")


def _tool_names(data: Mapping[str, Json]) -> Iterable[Json]:
    tools = data.get("tools")
    for index in range(len(tools) if isinstance(tools, list) else 0):
        yield _at(data, ("tools", index, "function")).get("name")


def _first_name(value: Json) -> str:
    """The name of the first variable in a list of names, or of mappings with a name."""
    first = value[0] if isinstance(value, list) and value else value
    name = first.get("name") if isinstance(first, Mapping) else first
    return name if isinstance(name, str) and re.fullmatch(r"[A-Za-z_]\w{0,30}", name) else "NAME"


def _nearest(given: str, known: Iterable[str]) -> str | None:
    hint = did_you_mean(given, known)
    return hint.split("`")[1] if hint else None


def _flow(value: Json) -> str:
    """A short value as it would stand in a flow mapping; a long one as an ellipsis."""
    if isinstance(value, str) and _PLAIN.fullmatch(value):
        return value
    text = dump_json(value)
    return text if len(text) <= 40 else "…"


def _value(data: Json, path: Path) -> Json:
    for part in path:
        if isinstance(data, Mapping) and isinstance(part, str):
            data = data.get(part)
        elif isinstance(data, list) and isinstance(part, int) and part < len(data):
            data = data[part]
        else:
            return None
    return data


def _at(data: Json, path: Path) -> Mapping[str, Json]:
    value = _value(data, path)
    return value if isinstance(value, Mapping) else {}
