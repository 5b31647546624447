"""A change in one line, as every report and every release says it."""

from __future__ import annotations

from dataclasses import dataclass

from promptctl.core.change import Change, Effect

EFFECT_STYLES = {
    Effect.BREAKING: "red",
    Effect.BEHAVIOUR: "yellow",
    Effect.COMPATIBLE: "green",
    Effect.COSMETIC: "dim",
}
_LONGEST_VALUE = 60
_SETTINGS = frozenset(
    {
        *("provider-changed", "model-changed", "api-changed"),
        *("parameter-changed", "template-format-changed"),
        *("tool-choice-changed", "parallel-tool-calls-changed", "variable-default-changed"),
    }
)
"""Rules about one value, which reads best as `old → new`."""


@dataclass(frozen=True, slots=True)
class Setting:
    """A short value that became another one."""

    label: str
    """Where it stands: `model`, `parameters.temperature`."""
    old: str
    new: str


def setting(change: Change) -> Setting | None:
    """The change as `old → new`; None where only its sentence says what happened."""
    old, new = _value(change.old), _value(change.new)
    if change.rule not in _SETTINGS or old is None or new is None:
        return None
    return Setting(".".join(map(str, change.path)), old, new)


def _value(value: object) -> str | None:
    """A value that is short enough for a line; None for any other."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float, str)) and value != "":
        try:
            text = str(value)
        except ValueError:  # an integer of thousands of digits
            return None
        return text if len(text) <= _LONGEST_VALUE and "\n" not in text else None
    return None


def sentence(change: Change) -> str:
    """The change in one line: `model: a → b`, or what its message says."""
    found = setting(change)
    return change.message if found is None else f"{found.label}: {found.old} → {found.new}"
