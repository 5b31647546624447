"""The order of the keys that a prompt file's own schema defines. All other mappings keep theirs.

The order inside schemas, tools, parameters, variables and metadata is the author's: it may go to the
provider, or mean something to people.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from promptctl.core.json_data import Json


@dataclass(frozen=True, slots=True)
class KeyOrder:
    """The order of a mapping's keys, and of the mappings in the lists below it."""

    keys: tuple[str, ...]
    below: Mapping[str, KeyOrder] = field(default_factory=dict)

    def rank(self, key: str) -> int:
        """Where a key belongs; unknown keys come last, in the order of the file."""
        return self.keys.index(key) if key in self.keys else len(self.keys)


_PART = KeyOrder(
    ("type", "text", "id", "path", "url", "name", "detail", "media_type", "arguments", "result")
)
_MESSAGE = KeyOrder(("role", "content", "file"), {"content": _PART})
_EXAMPLE = KeyOrder(("name", "description", "variables"))
_FALLBACK = KeyOrder(("provider", "model", "parameters"))

PROMPT_ORDER = KeyOrder(
    # What it is for, who answers, what is sent; then what only people and tests read.
    (
        *("description", "provider", "model", "api", "parameters", "fallbacks"),
        *("template_format", "variables"),
        *("messages", "template", "tools", "tool_choice", "parallel_tool_calls"),
        *("response_format", "examples", "metadata"),
    ),
    {"messages": _MESSAGE, "examples": _EXAMPLE, "fallbacks": _FALLBACK},
)
"""A prompt file's; in promptctl.yaml every key stays where it is."""


def in_order(data: Json, order: KeyOrder | None) -> Json:
    """The same data with its keys in that order."""
    if order is None or not isinstance(data, Mapping):
        return data
    keys = sorted(data, key=order.rank)
    return {key: _members(data[key], order.below.get(key)) for key in keys}


def _members(value: Json, order: KeyOrder | None) -> Json:
    if order is None or not isinstance(value, Sequence) or isinstance(value, str):
        return value
    return [in_order(member, order) for member in value]
