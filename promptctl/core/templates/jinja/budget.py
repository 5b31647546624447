"""What one rendering may cost, counted while it runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field

from promptctl.core.templates import Template

MAX_WORK = 16 * 1024 * 1024
"""Characters made or read, with each element and each step counted as many."""
ELEMENT = 64
STEP = 64
INCLUDE = 4096
MAX_INTEGER_BITS = 8192


class OverBudget(Exception):
    """The rendering costs more than a prompt may."""


@dataclass(slots=True)
class Run:
    """One rendering under way."""

    partials: Mapping[str, Template]
    left: int = MAX_WORK
    files: dict[int, str] = field(default_factory=dict)
    """The file of each included text by the identity of its compiled template."""


running: ContextVar[Run] = ContextVar("running")
"""The rendering of this thread or task; Jinja has no other way to pass it to filters and includes."""


def charge(cost: int) -> bool:
    """Count a cost; True, so that it can stand in front of a condition."""
    run = running.get()
    run.left -= cost
    if run.left < 0:
        raise OverBudget
    return True


def weigh(value: object) -> object:
    """The value itself, after its size has been charged."""
    kind = type(value)
    if kind is str:
        charge(len(value))  # type: ignore[arg-type]
    elif kind in (list, dict, tuple) or isinstance(value, (Sequence, Mapping)):
        _weigh_deeply(value)
    elif kind is int:
        _check_integer(value)  # type: ignore[arg-type]
    return value


def _check_integer(value: int) -> None:
    charge(1)
    if value.bit_length() > MAX_INTEGER_BITS:
        raise OverBudget


def _weigh_deeply(value: object) -> None:
    pending = [value]
    while pending:
        members = pending.pop()
        if isinstance(members, Mapping):
            charge(sum(len(key) for key in members if isinstance(key, str)))
            members = members.values()
        characters = 0
        charge(ELEMENT * (1 + len(members)))  # type: ignore[arg-type]
        for member in members:  # type: ignore[attr-defined]
            if isinstance(member, str):
                characters += len(member)
            elif isinstance(member, (list, dict, tuple, Sequence, Mapping)):
                pending.append(member)
        charge(characters)
