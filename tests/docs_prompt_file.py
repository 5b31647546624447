"""docs/prompt-file.md, made from the schema of prompt files."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from promptctl.repo.schemas import read_schema_text

Schema = Mapping[str, Any]

_INTRODUCTION = """\
# The prompt file

A prompt is one YAML file under the prompts folder; its name is its path there without `.yaml`. This
page is made from [`schemas/prompt.schema.json`](../schemas/prompt.schema.json), which editors
understand: `promptctl schema prompt > prompt.schema.json` writes a copy, and a first line
`# yaml-language-server: $schema=prompt.schema.json` turns completion and checking on.

YAML is read as a way to write JSON: one document, text keys, no tags, anchors or merge keys, UTF-8, at
most 1 MiB. Words that YAML readers disagree on (`yes`, `no`, `on`, `off`, `010`, `1_000`, `12:30`) must
be quoted; dates are text. A key that is not listed here is an error.

A comment `# promptctl: ignore[rule-id]` switches a rule off for its line, or, alone on a line, for the
next; where a block of text begins there, for the whole block.
"""


def prompt_file_page() -> str:
    """The page for the schema as shipped."""
    return prompt_file_markdown(json.loads(read_schema_text("prompt")))


def prompt_file_markdown(schema: Schema) -> str:
    """The page for a schema: an example, every key with its type and meaning, and the providers."""
    parts = ["<!-- Made by `make docs`; do not edit. -->\n", _INTRODUCTION]
    parts.append(f"## An example\n\n{_yaml_block(schema['examples'][0])}")
    parts.append(f"## Keys\n\n{_table(schema, schema)}")
    for name, member in schema["properties"].items():
        parts.extend(_sections(f"`{name}`", _resolved(member, schema), schema, level=2))
    parts.append("## Providers\n\nWhat each takes of this: [providers](providers.md).\n")
    return "\n".join(parts)


def _sections(title: str, member: Schema, schema: Schema, *, level: int) -> Iterator[str]:
    """A section for a value that has keys of its own, and for what is inside it."""
    shape = _shape(member, schema)
    if shape is None:
        return
    where, inner = shape
    head = "#" * min(level, 5)
    yield f"{head} {title}{where}\n\n{inner.get('description', member.get('description', ''))}\n"
    if "properties" in inner:
        yield _table(inner, schema)
    for value, then in _variants(inner):
        yield f"With `type: {value}`:\n\n{_table(then, schema)}"
    if "examples" in inner:
        yield _yaml_block(inner["examples"][0])
    for source in (inner, *(then for _, then in _variants(inner))):
        for name, below in source.get("properties", {}).items():
            if isinstance(below, Mapping):
                below = _resolved(below, schema)
                yield from _sections(f"{title}.`{name}`", below, schema, level=level + 1)


def _shape(member: Schema, schema: Schema) -> tuple[str, Schema] | None:
    """The schema whose keys have to be listed: the value's own, its items' or its members'."""
    items, members = member.get("items"), member.get("additionalProperties")
    for where, inner in (("", member), (", each item", items), (", each", members)):
        if isinstance(inner, Mapping):
            inner = _resolved(inner, schema)
            if "properties" in inner or _variants(inner):
                return where, inner
    return None


def _variants(member: Schema) -> list[tuple[str, Schema]]:
    """The further keys that each value of `type` brings."""
    return [
        (branch["if"]["properties"]["type"]["const"], branch["then"])
        for branch in member.get("allOf", ())
        if "type" in branch["if"].get("properties", {})
    ]


def _table(member: Schema, schema: Schema) -> str:
    rows = [
        _row(name, _resolved(below, schema), name in member.get("required", ()))
        for name, below in member.get("properties", {}).items()
        if isinstance(below, Mapping)
    ]
    if not rows:
        return "No further keys.\n"
    return "\n".join(["| key | value | meaning |", "| --- | --- | --- |", *rows]) + "\n"


def _row(name: str, member: Schema, required: bool) -> str:
    meaning = member.get("description", "")
    default = f" Default: `{_plain(member['default'])}`." if "default" in member else ""
    need = " **Required.**" if required else ""
    example = f" Example: `{_plain(member['examples'][0])}`" if _is_short(member) else ""
    cells = (f"`{name}`", _kind(member), f"{meaning}{need}{default}{example}")
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _is_short(member: Schema) -> bool:
    return bool(member.get("examples")) and len(_plain(member["examples"][0])) <= 60


def _kind(member: Schema) -> str:
    """What a value may be, in words."""
    if "const" in member:
        return f"`{_plain(member['const'])}`"
    if "enum" in member:
        return " ".join(f"`{_plain(value)}`" for value in member["enum"])
    kind = member.get("type", "any")
    words = kind if isinstance(kind, str) else " or ".join(kind)
    low, high = member.get("minimum"), member.get("maximum")
    if low is not None and high is not None:
        return f"{words}, {low} to {high}"
    return words if low is None else f"{words}, at least {low}"


def _resolved(member: Schema, schema: Schema) -> Schema:
    reference = member.get("$ref")
    return schema["$defs"][reference.removeprefix("#/$defs/")] if reference else member


def _plain(value: object) -> str:
    return value if isinstance(value, str) and value.isprintable() else json.dumps(value)


def _yaml_block(value: object) -> str:
    text = yaml.safe_dump(value, sort_keys=False, allow_unicode=True, width=90)
    return f"```yaml\n{text}```\n"
