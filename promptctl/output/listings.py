"""Prompts as text and as JSON: a list of them, or one in full."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from promptctl.core.json_data import Json, dump_json
from promptctl.core.summary import PromptSummary, type_in_words
from promptctl.output.cells import wrap
from promptctl.output.columns import columns, fitted_columns, wrapped_columns
from promptctl.output.json_text import json_line
from promptctl.output.records import versions_in_words
from promptctl.output.terminal import Terminal, visible, visible_line

if TYPE_CHECKING:
    from promptctl.core.prompt import PartTemplate, Prompt, Variable

_HEADER = ("NAME", "MODEL", "VARIABLES", "VERSIONS", "DESCRIPTION")
_VERSIONS = _HEADER.index("VERSIONS")
_SPARE = ("MODEL", "DESCRIPTION", "VARIABLES")
"""What gives way on a narrow screen, the first at first: the name, and what is released, stay."""


def listing_text(prompts: Sequence[PromptSummary], terminal: Terminal) -> str:
    """One line per prompt; with a header and cut to the width where a person looks.

    Versions and labels have a column once there are any.
    """
    rows = [_HEADER, *(_row(prompt) for prompt in prompts)]
    if not prompts:
        return ""
    if not any(prompt.latest or prompt.labels for prompt in prompts):
        rows = [row[:_VERSIONS] + row[_VERSIONS + 1 :] for row in rows]
    if not terminal.out_is_tty:
        return "".join(f"{line}\n" for line in columns(rows[1:]))
    titles = rows[0]
    header, *lines = fitted_columns(
        rows,
        terminal.width,
        whole=[n for n, title in enumerate(titles) if title in ("NAME", "VERSIONS")],
        spare=[titles.index(title) for title in _SPARE],
    )
    left = [title for title in titles if title not in header]
    if left:
        note = f"(no room for {', '.join(left)})"
        lines += [terminal.paint(line, "dim") for line in wrap(note, terminal.width)]
    return "".join(f"{line}\n" for line in (terminal.paint(header, "dim"), *lines))


def _row(prompt: PromptSummary) -> tuple[str, ...]:
    versions = versions_in_words(prompt.latest, prompt.labels)
    if prompt.problem is not None:
        return prompt.name, "-", "-", versions, f"cannot be read: {prompt.problem}"
    model = "/".join(filter(None, (prompt.provider, prompt.model)))
    names = [v.name if v.required else f"[{v.name}]" for v in prompt.variables]
    return prompt.name, model or "-", ", ".join(names) or "-", versions, prompt.description or ""


def listing_json(prompts: Sequence[PromptSummary]) -> str:
    """The list as one JSON object, `promptctl.list/1`."""
    members: list[Json] = [
        {
            "name": prompt.name,
            "path": prompt.path,
            "description": prompt.description,
            "provider": prompt.provider,
            "model": prompt.model,
            "variables": [{"name": v.name, "required": v.required} for v in prompt.variables],
            "problem": prompt.problem,
            "latest": prompt.latest,
            "labels": dict(prompt.labels),
        }
        for prompt in prompts
    ]
    return json_line({"schema": "promptctl.list/1", "prompts": members})


def prompt_json(
    path: str,
    commit: str | None,
    name: str,
    data: Mapping[str, Json],
    files: Sequence[str],
    version: int | None = None,
) -> str:
    """One prompt as one JSON object, `promptctl.show/1`; its file's own keys are under `document`."""
    shown: dict[str, Json] = {
        "schema": "promptctl.show/1",
        "name": name,
        "path": path,
        "commit": commit,
        "files": list(files),
        "document": data,
        "version": version,
    }
    return json_line(shown)


def prompt_text(prompt: Prompt, place: str, terminal: Terminal) -> str:
    """One prompt for people: what it is, what it takes, what it says."""
    width = terminal.out_width
    lines = [f"{terminal.paint(prompt.name, 'bold')}  {terminal.paint(visible_line(place), 'dim')}"]
    if prompt.description:
        lines += _body(prompt.description, width)
    lines += ["", *wrapped_columns(list(_facts(prompt)), width)]
    if prompt.variables:
        rows = [_variable(variable) for variable in prompt.variables.values()]
        lines += ["", terminal.paint("variables", "bold")]
        lines += [f"  {line}" for line in wrapped_columns(rows, width and width - 2)]
    for message in prompt.messages:
        lines += ["", terminal.paint(visible_line(message.role), "bold", "cyan")]
        for part in message.content:
            lines += _body(_part(part), width, "  ")
    return "\n".join(lines) + "\n"


def _body(text: str, width: int | None, margin: str = "") -> Iterator[str]:
    """The lines of a text; those that are wrapped go on below their own first word."""
    for line in visible(text).rstrip("\n").split("\n"):
        indent = len(line) - len(line.lstrip(" "))
        yield from wrap((margin + line).rstrip(), width, len(margin) + indent)


def _facts(prompt: Prompt) -> Iterator[tuple[str, str]]:
    yield "model", "/".join(filter(None, (prompt.provider, prompt.model)))
    if prompt.parameters:
        yield "parameters", ", ".join(f"{k} {_short(v)}" for k, v in prompt.parameters.items())
    yield "templates", prompt.template_format.value
    if prompt.tools:
        yield "tools", ", ".join(_tool_name(tool) for tool in prompt.tools)
    if prompt.response_format is not None:
        yield "response", str(prompt.response_format.get("type", "-"))
    if prompt.examples:
        yield "examples", ", ".join(example.name for example in prompt.examples)
    if prompt.files:
        yield "includes", ", ".join(sorted(prompt.files))


def _tool_name(tool: Mapping[str, Json]) -> str:
    function = tool.get("function")
    return str(function.get("name")) if isinstance(function, Mapping) else "-"


def _variable(variable: Variable) -> tuple[str, str, str, str]:
    schema = variable.schema
    needed = "required" if variable.required else f"default {_short(schema.get('default'))}"
    return variable.name, type_in_words(schema), needed, str(schema.get("description") or "")


def _short(value: Json) -> str:
    return value if isinstance(value, str) else dump_json(value)


def _part(part: PartTemplate) -> str:
    from promptctl.core.prompt import MediaTemplate, TextTemplate, ToolCallTemplate

    if isinstance(part, TextTemplate):
        return part.text
    if isinstance(part, MediaTemplate):
        return f"[{part.kind} {part.file or part.url}]"
    if isinstance(part, ToolCallTemplate):
        return f"[call {part.id}: {part.name}({part.arguments})]"
    return f"[result of {part.id}: {_short(part.result)}]"
