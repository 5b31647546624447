"""What a Jinja template may call: methods of strings and objects, and `range`.

None of it is Python's own: a checked tree has each call replaced by one of these functions, which take
plain data only and are counted as the filters are.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from promptctl.core.json_data import Json
from promptctl.core.templates.jinja import budget
from promptctl.core.templates.jinja.filters import FILTERS


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    raise TypeError("only a string has this method")


def _object(value: Any) -> Mapping[str, Any]:
    if isinstance(value, Mapping):
        return value
    raise TypeError("only an object has this method")


def _on_text(function: Callable[[str], str]) -> Callable[[Json], str]:
    return lambda value: function(_text(value))


def _strip(value: Json, chars: str | None = None) -> str:
    return _text(value).strip(chars)


def _lstrip(value: Json, chars: str | None = None) -> str:
    return _text(value).lstrip(chars)


def _rstrip(value: Json, chars: str | None = None) -> str:
    return _text(value).rstrip(chars)


def _split(value: Json, sep: str | None = None, maxsplit: int = -1) -> list[str]:
    text = _text(value)
    for _ in re.finditer(r"\s+", text) if sep is None else range(text.count(sep)):
        budget.charge(budget.ELEMENT)
    return text.split(sep, maxsplit)


def _splitlines(value: Json) -> list[str]:
    text = _text(value)
    budget.charge(budget.ELEMENT * text.count("\n"))
    return text.splitlines()


def _startswith(value: Json, prefix: str) -> bool:
    return _text(value).startswith(_text(prefix))


def _endswith(value: Json, suffix: str) -> bool:
    return _text(value).endswith(_text(suffix))


def _replace(value: Json, old: str, new: str, count: int = -1) -> Any:
    return FILTERS["replace"](_text(value), _text(old), _text(new), count)


def _join(value: Json, members: Any) -> Any:
    return FILTERS["join"](members, _text(value))


def _get(value: Json, key: str, default: Json = None) -> Any:
    return _object(value).get(key, default)


METHODS: dict[str, Callable[..., Any]] = {
    "capitalize": _on_text(str.capitalize),
    "endswith": _endswith,
    "get": _get,
    "items": FILTERS["items"],
    "join": _join,
    "keys": lambda value: list(_object(value)),
    "lower": _on_text(str.lower),
    "lstrip": _lstrip,
    "replace": _replace,
    "rstrip": _rstrip,
    "split": _split,
    "splitlines": _splitlines,
    "startswith": _startswith,
    "strip": _strip,
    "title": _on_text(str.title),
    "upper": _on_text(str.upper),
    "values": lambda value: list(_object(value).values()),
}
"""Methods by name; each takes the value it is called on first."""


def _range(start: int, stop: int | None = None, step: int = 1) -> list[int]:
    numbers = range(start) if stop is None else range(start, stop, step)
    budget.charge(budget.ELEMENT * len(numbers))
    return list(numbers)


FUNCTIONS: dict[str, Callable[..., Any]] = {"range": _range}
"""Functions by name; each takes at least one argument."""


def counted_name(name: str) -> str:
    """The name, impossible in a template, by which the environment knows a method or function."""
    return f"{name}()"
