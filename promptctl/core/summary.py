"""What lists show: a prompt, a setting and an endpoint, each in a few words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import Literal, TypeGuard

from promptctl.core.fast_dataclass import dataclass
from promptctl.core.json_data import Json


@dataclass(frozen=True, slots=True)
class VariableSummary:
    """A declared variable, and whether it must be given."""

    name: str
    required: bool


@dataclass(frozen=True, slots=True)
class PromptSummary:
    """What a list says of one prompt; `problem` instead of the rest if its file does not read."""

    name: str
    path: str
    description: str | None = None
    provider: str | None = None
    model: str | None = None
    variables: tuple[VariableSummary, ...] = ()
    problem: str | None = None
    latest: int | None = None
    """The latest version."""
    labels: Mapping[str, int] = field(default_factory=dict)
    """Label -> the version that it names."""


@dataclass(frozen=True, slots=True)
class SettingSummary:
    """One effective setting and where it comes from."""

    name: str
    value: Json
    source: str


@dataclass(frozen=True, slots=True)
class EndpointSummary:
    """Where one provider is reached, and whether its key is there; never the key."""

    provider: str
    api: str
    base_url: str
    source: str
    key: Literal["present", "missing", "not needed"]
    key_variable: str | None = None
    problem: str | None = None
    """Why the provider cannot be used as things stand."""


def summarise_prompt(name: str, path: str, data: Json) -> PromptSummary:
    """The summary of a prompt file's data, valid or not: what has the wrong type is left out."""
    if not isinstance(data, Mapping):
        return PromptSummary(name, path, problem="the file holds no mapping")
    declared = data.get("variables")
    variables = declared.items() if isinstance(declared, Mapping) else ()
    return PromptSummary(
        name,
        path,
        _text(data, "description"),
        _text(data, "provider"),
        _text(data, "model"),
        tuple(VariableSummary(variable, _is_required(schema)) for variable, schema in variables),
    )


def _is_required(schema: Json) -> bool:
    return not (isinstance(schema, Mapping) and "default" in schema)


def _text(data: Mapping[str, Json], key: str) -> str | None:
    value = data.get(key)
    return value if isinstance(value, str) else None


def type_in_words(schema: Mapping[str, Json]) -> str:
    """What a variable may hold, in a few words: `string`, `friendly | formal`, `list of integer`."""
    for key in ("enum", "const"):
        if key in schema:
            value = schema[key]
            choices = value if key == "enum" and _is_list(value) else [value]
            return " | ".join(str(choice) for choice in choices if choice is not None) or "null"
    kind = schema.get("type")
    items = schema.get("items")
    if kind == "array" and isinstance(items, Mapping):
        return f"list of {type_in_words(items)}"
    if _is_list(kind):
        return " | ".join(str(name) for name in kind)
    return str(kind) if kind is not None else "any"


def _is_list(value: Json) -> TypeGuard[Sequence[Json]]:
    return isinstance(value, Sequence) and not isinstance(value, str)
