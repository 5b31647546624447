"""What callers rely on, in two prompts: variables, the answer's form and tools; and what the model sees."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from promptctl.core.change import Change, changed, sort_changes
from promptctl.core.json_data import Json, Path
from promptctl.core.prompt import Prompt, Variable
from promptctl.core.schema_change import compare_schemas
from promptctl.core.schema_difference import Difference, Direction
from promptctl.core.schema_meaning import Keys, Work, mapping_of, moved
from promptctl.core.schema_words import shown
from promptctl.core.text_change import text_changes
from promptctl.core.word_diff import MAX_STEPS, word_edits

_NO_PARAMETERS: Mapping[str, Json] = {"type": "object", "properties": {}}


def compare_interfaces(old: Prompt, new: Prompt) -> tuple[Change, ...]:
    """What changes for callers, worst first; () if nothing does.

    Variables are inputs: allowing less breaks callers. Answers and the arguments of tools, which the
    caller executes, are outputs: allowing more breaks them.
    """
    return sort_changes(_interface_changes(old, new))


def compare_prompts(old: Prompt, new: Prompt) -> tuple[Change, ...]:
    """All that changes, for callers, for the model and for people, worst first; () if nothing does."""
    changes = [*_interface_changes(old, new), *_settings_changes(old, new)]
    changes += _fallback_changes(old, new)
    changes += [*text_changes(old, new, Work(MAX_STEPS)), *_cosmetic_changes(old, new)]
    return sort_changes(changes)


def _interface_changes(old: Prompt, new: Prompt) -> Iterator[Change]:
    yield from _variable_changes(old.variables, new.variables)
    yield from _response_changes(old.response_format, new.response_format)
    yield from _tool_changes(old.tools, new.tools)
    if _differs(old.tool_choice, new.tool_choice):
        yield _moved("tool-choice-changed", ("tool_choice",), old.tool_choice, new.tool_choice)
    if _differs(old.parallel_tool_calls, new.parallel_tool_calls):
        before, after = old.parallel_tool_calls, new.parallel_tool_calls
        yield _moved("parallel-tool-calls-changed", ("parallel_tool_calls",), before, after)


def _moved(rule: str, path: Path, old: Json, new: Json) -> Change:
    return changed(rule, path, moved(str(path[-1]), old, new), old, new)


def _differs(old: Json, new: Json) -> bool:
    keys = Keys()
    return keys.value(old) != keys.value(new)


# --- variables ---------------------------------------------------------------------------------------


def _variable_changes(old: Mapping[str, Variable], new: Mapping[str, Variable]) -> Iterator[Change]:
    for name in {**old, **new}:
        path: Path = ("variables", name)
        subject = f"variable {shown(name)}"
        if name not in new:
            yield changed("variable-removed", path, f"{subject} was removed", old[name].schema)
        elif name not in old:
            required = new[name].required
            rule = "variable-added-required" if required else "variable-added"
            how = "must be given" if required else "has a default"
            message = f"{subject} was added and {how}"
            yield changed(rule, path, message, None, new[name].schema)
        else:
            yield from _default_changes(old[name], new[name], subject)
            before, after = (_without_default(v.schema) for v in (old[name], new[name]))
            for difference in _of_input(compare_schemas(before, after)):
                yield _schema_change("variable", subject, path, difference)


def _default_changes(old: Variable, new: Variable, subject: str) -> Iterator[Change]:
    path: Path = ("variables", old.name)
    before, after = old.schema.get("default"), new.schema.get("default")
    if new.required and not old.required:
        message = f"{subject} lost its default and must be given now"
        yield changed("variable-now-required", path, message, before, None)
    elif old.required and not new.required:
        message = f"{subject} got the default {shown(after)} and need not be given any more"
        yield changed("variable-now-optional", path, message, None, after)
    elif _differs(before, after):
        message = f"{subject} has the default {shown(after)}, was {shown(before)}"
        yield changed("variable-default-changed", (*path, "default"), message, before, after)


def _without_default(schema: Mapping[str, Json]) -> Mapping[str, Json]:
    return {name: value for name, value in schema.items() if name != "default"}


# --- schemas -----------------------------------------------------------------------------------------


def _of_input(differences: Sequence[Difference]) -> Iterator[Difference]:
    """The differences as a caller sees them that passes such values."""
    required = _paths(differences, "property-now-required")
    removed = _paths(differences, "property-removed")
    for difference in differences:
        kind, way, path = difference.kind, difference.direction, difference.path
        if way is Direction.SAME:
            continue
        if kind == "property-removed" and way is Direction.WIDER:
            text = "the property was removed; its key takes any value now"
            yield replace(difference, kind="property-freed", text=text)
        elif kind == "property-added" and path in required:
            continue
        elif kind == "property-added" and way is Direction.NARROWER:
            text = "the property was added; its key took any value before"
            yield replace(difference, kind="property-restricted", text=text)
        elif not (kind == "property-now-optional" and path in removed):
            yield difference


def _of_output(differences: Sequence[Difference]) -> Iterator[Difference]:
    """The differences as a caller sees them that gets such values and reads their properties."""
    added = _paths(differences, "property-added")
    removed = _paths(differences, "property-removed")
    for difference in differences:
        kind, path = difference.kind, difference.path
        if not (
            (kind == "property-now-required" and path in added)
            or (kind == "property-now-optional" and path in removed)
        ):
            yield difference


def _paths(differences: Sequence[Difference], kind: str) -> set[Path]:
    return {difference.path for difference in differences if difference.kind == kind}


def _schema_change(rule: str, who: str, path: Path, difference: Difference) -> Change:
    """The change that a difference is; `who` names what has the schema."""
    whole = difference.kind in ("keys-closed", "keys-opened")
    place = _place(difference.path[:-1] if whole else difference.path)
    subject = f"{who}, {shown(place)}" if place else who
    message = f"{subject}: {difference.text}"
    at = (*path, *difference.path)
    return changed(f"{rule}-{difference.kind}", at, message, difference.old, difference.new)


def _place(path: Path) -> str:
    """The value that a place in a schema is about: `city.name`, `cities[]`, `cities.*`."""
    words, steps = "", iter(path)
    for step in steps:
        if step in ("properties", "required"):
            name = next(steps, None)
            words += f".{name}" if name is not None else ""
        elif step == "items":
            words += "[]"
        elif step == "additionalProperties":
            words += ".*"
        elif step not in ("allOf", "anyOf", "oneOf") and isinstance(step, str):
            break
    return words.removeprefix(".")


# --- the answer --------------------------------------------------------------------------------------


def _response_changes(
    old: Mapping[str, Json] | None, new: Mapping[str, Json] | None
) -> Iterator[Change]:
    path: Path = ("response_format",)
    before, after = _form(old), _form(new)
    if before != after:
        if after == "text":
            rule, message = "response-format-removed", "answers are free text now"
        elif before == "text":
            rule, message = "response-format-added", "answers, free text before, have a form now"
        else:
            rule, message = "response-format-changed", "answers have another form"
        message += f": the type is {shown(after)}, was {shown(before)}"
        yield changed(rule, path, message, old, new)
        return
    format_old, format_new = _named_format(old), _named_format(new)
    rest_old, rest_new = (
        {k: v for k, v in f.items() if k != "schema"} for f in (format_old, format_new)
    )
    if _differs(rest_old, rest_new):
        message = "the response format's name or settings changed"
        yield changed("response-format-edited", path, message, rest_old, rest_new)
    differences = compare_schemas(format_old.get("schema", True), format_new.get("schema", True))
    for difference in _of_output(differences):
        at = (*path, "json_schema", "schema")
        yield _schema_change("response", "the answer", at, difference)


def _form(response_format: Mapping[str, Json] | None) -> str:
    return str(mapping_of(response_format).get("type", "text"))


def _named_format(response_format: Mapping[str, Json] | None) -> Mapping[str, Json]:
    given = mapping_of(mapping_of(response_format).get("json_schema"))
    return {name: value for name, value in given.items() if value or name == "schema"}


# --- tools -------------------------------------------------------------------------------------------


def _tool_changes(
    old: Sequence[Mapping[str, Json]], new: Sequence[Mapping[str, Json]]
) -> Iterator[Change]:
    before, after = _by_name(old), _by_name(new)
    for name in {**before, **after}:
        subject = f"tool {shown(name)}"
        if name not in after:
            index, tool = before[name]
            yield changed("tool-removed", ("tools", index), f"{subject} was removed", tool)
        elif name not in before:
            index, tool = after[name]
            message = f"{subject} was added; callers must be able to execute it"
            yield changed("tool-added", ("tools", index), message, None, tool)
        else:
            path: Path = ("tools", after[name][0], "function")
            yield from _edited_tool(before[name][1], after[name][1], subject, path)
    common_old = [name for name in before if name in after]
    common_new = [name for name in after if name in before]
    if common_old != common_new:
        message = "the tools stand in another order"
        yield changed("tools-reordered", ("tools",), message, common_old, common_new)


def _by_name(tools: Sequence[Mapping[str, Json]]) -> dict[str, tuple[int, Mapping[str, Json]]]:
    """Each tool's place and function by its name; of several of one name the first."""
    named: dict[str, tuple[int, Mapping[str, Json]]] = {}
    for index, tool in enumerate(tools):
        function = mapping_of(tool.get("function"))
        named.setdefault(str(function.get("name", "")), (index, function))
    return named


def _edited_tool(
    old: Mapping[str, Json], new: Mapping[str, Json], subject: str, path: Path
) -> Iterator[Change]:
    for key in {**old, **new}:
        a, b = old.get(key), new.get(key)
        if key not in ("name", "parameters") and (a or b) and _differs(a, b):
            message = f"{subject}: its {key} changed"
            yield changed("tool-edited", (*path, key), message, a, b)
    schemas = [tool.get("parameters") for tool in (old, new)]
    before, after = (_NO_PARAMETERS if schema is None else schema for schema in schemas)
    for difference in _of_output(compare_schemas(before, after)):
        yield _schema_change("tool", subject, (*path, "parameters"), difference)


# --- what the model sees -----------------------------------------------------------------------------


def _settings_changes(old: Prompt, new: Prompt) -> Iterator[Change]:
    if old.provider != new.provider:
        yield _moved("provider-changed", ("provider",), old.provider, new.provider)
    if old.model != new.model:
        yield _moved("model-changed", ("model",), old.model, new.model)
    if old.api != new.api:
        yield _moved("api-changed", ("api",), old.api, new.api)
    for name in {**old.parameters, **new.parameters}:
        path: Path = ("parameters", name)
        before, after = old.parameters.get(name), new.parameters.get(name)
        if name not in old.parameters:
            message = f"parameter {shown(name)} was added: {shown(after)}"
            yield changed("parameter-added", path, message, None, after)
        elif name not in new.parameters:
            message = f"parameter {shown(name)} was removed: {shown(before)}"
            yield changed("parameter-removed", path, message, before)
        elif _differs(before, after):
            message = f"parameter {shown(name)} is {shown(after)}, was {shown(before)}"
            yield changed("parameter-changed", path, message, before, after)


def _fallback_changes(old: Prompt, new: Prompt) -> Iterator[Change]:
    before, after = _fallbacks(old), _fallbacks(new)
    if _differs(before, after):
        if _names(old) == _names(new):
            message = "the parameters of the fallbacks changed"
        else:
            message = f"the fallbacks are {_names(new)}, were {_names(old)}"
        yield changed("fallbacks-changed", ("fallbacks",), message, before, after)


def _fallbacks(prompt: Prompt) -> Json:
    return [
        {"provider": f.provider, "model": f.model, "parameters": f.parameters}
        for f in prompt.fallbacks
    ]


def _names(prompt: Prompt) -> str:
    """Who is asked instead, in order."""
    names = [shown(" ".join(filter(None, (f.provider, f.model)))) for f in prompt.fallbacks]
    return ", then ".join(names) or "none"


# --- what only people see ----------------------------------------------------------------------------


def _cosmetic_changes(old: Prompt, new: Prompt) -> Iterator[Change]:
    if old.kind != new.kind:
        path: Path = ("template",) if new.kind == "string" else ("messages",)
        form = "one text" if new.kind == "string" else "messages"
        yield changed("kind-changed", path, f"it is written as {form} now", old.kind, new.kind)
    if old.description != new.description:
        before, after = old.description, new.description
        message = moved("description", before, after)
        edits = word_edits(before, after, Work(MAX_STEPS)) if before and after else ()
        yield changed("description-changed", ("description",), message, before, after, edits=edits)
    if _differs(old.metadata, new.metadata):
        message = "the metadata changed"
        yield changed("metadata-changed", ("metadata",), message, old.metadata, new.metadata)
    examples_old, examples_new = _examples(old), _examples(new)
    if _differs(examples_old, examples_new):
        message = "the examples changed"
        yield changed("examples-changed", ("examples",), message, examples_old, examples_new)


def _examples(prompt: Prompt) -> Json:
    return [
        {"name": e.name, "description": e.description, "variables": e.variables}
        for e in prompt.examples
    ]
