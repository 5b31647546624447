"""The filters and tests that a Jinja template may use, on plain data and at a bounded cost.

Jinja's own work on any Python object and several multiply their input without a limit; these keep its
names and meanings. The environment charges the size of every argument before and of the result after;
a filter whose result can be larger than its input charges that before it makes it.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from promptctl.core.json_data import Json, dump_json
from promptctl.core.templates.jinja import budget
from promptctl.core.templates.jinja.layout import batch, escape, list_of, slice_, wordwrap
from promptctl.core.templates.value_text import text_of


def _number(value: Any) -> Any:
    if isinstance(value, (int, float)):
        return value
    raise TypeError("this filter takes a number")


def _capitalize(value: Json) -> str:
    return text_of(value).capitalize()


def _title(value: Json) -> str:
    words = re.split(r"([-\s({\[<]+)", text_of(value))
    return "".join(word[:1].upper() + word[1:].lower() for word in words)


def _trim(value: Json, chars: str | None = None) -> str:
    return text_of(value).strip(chars)


def _replace(value: Json, old: str, new: str, count: int | None = None) -> str:
    text, old, new = text_of(value), text_of(old), text_of(new)
    limit = -1 if count is None else count
    times = len(text) + 1 if not old else text.count(old)
    budget.charge((times if limit < 0 else min(times, limit)) * len(new))
    return text.replace(old, new, limit)


def _join(value: Any, separator: str = "", attribute: str | int | None = None) -> str:
    members = list_of(value) if attribute is None else _map(value, attribute=attribute)
    separator = text_of(separator)
    budget.charge(len(separator) * len(members))
    return separator.join(text_of(member) for member in members)


def _indent(value: Json, width: int | str = 4, first: bool = False, blank: bool = False) -> str:
    text = text_of(value)
    prefix = width if isinstance(width, str) else " " * min(width, 1000)
    lines = text.split("\n")
    budget.charge(len(prefix) * len(lines))
    shifted = [line if not line and not blank else prefix + line for line in lines]
    return "\n".join(shifted if first else lines[:1] + shifted[1:])


def _truncate(
    value: Json, length: int = 255, killwords: bool = False, end: str = "...", leeway: int = 5
) -> str:
    text = text_of(value)
    if len(text) <= length + leeway:
        return text
    cut = text[: max(length - len(end), 0)]
    return (cut if killwords else cut.rsplit(" ", 1)[0]) + end


def _wordcount(value: Json) -> int:
    return len(re.findall(r"\w+", text_of(value)))


def _length(value: Any) -> int:
    if isinstance(value, (str, Mapping, Sequence)):
        return len(value)
    raise TypeError("only a string, a list or an object has a length")


def _first(value: Any) -> Any:
    return list_of(value)[0]


def _last(value: Any) -> Any:
    return list_of(value)[-1]


def _reverse(value: Any) -> Any:
    return value[::-1] if isinstance(value, str) else list_of(value)[::-1]


def _int(value: Any, default: int = 0, base: int = 10) -> int:
    try:
        return int(value, base) if isinstance(value, str) else int(_number(value))
    except (TypeError, ValueError, OverflowError):
        pass
    try:
        return int(float(value))
    except (TypeError, ValueError, OverflowError):
        return default


def _float(value: Any, default: float = 0.0) -> float:
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return default


def _abs(value: Any) -> Any:
    return abs(_number(value))


def _round(value: Any, precision: int = 0, method: str = "common") -> Any:
    digits = max(-30, min(precision, 30))
    if method == "common":
        return float(round(_number(value), digits))
    scale = 10.0**digits
    return (math.ceil if method == "ceil" else math.floor)(_number(value) * scale) / scale


def _member(value: Any, attribute: str | int) -> Any:
    parts = [attribute] if isinstance(attribute, int) else attribute.split(".")
    for part in parts:
        if isinstance(value, Sequence) and not isinstance(value, str):
            value = value[int(part)]
        elif isinstance(value, Mapping) and part in value:
            value = value[str(part)]
        else:
            raise LookupError(f"an item has no `{part}`")
    return value


def _map(
    value: Any,
    name: str | None = None,
    *arguments: Any,
    attribute: str | int | None = None,
    **named: Any,
) -> list[Any]:
    members = list_of(value)
    if attribute is not None:
        fallback = "default" in named
        return [
            named["default"]
            if fallback and not _has(member, attribute)
            else _member(member, attribute)
            for member in members
        ]
    function = FILTERS[_known(name, FILTERS, "filter")]
    made = []
    for member in members:
        budget.charge(budget.STEP)
        for argument in (member, *arguments, *named.values()):
            budget.weigh(argument)
        made.append(budget.weigh(function(member, *arguments, **named)))
    return made


def _has(value: Any, attribute: str | int) -> bool:
    try:
        _member(value, attribute)
    except (LookupError, ValueError):
        return False
    return True


def _known(name: Any, table: Mapping[str, object], what: str) -> str:
    if not isinstance(name, str) or name not in table:
        raise TypeError(f"{name!r} is not the name of a {what}")
    return name


def _chosen(
    value: Any, wanted: bool, key: Callable[[Any], Any], arguments: tuple[Any, ...]
) -> list[Any]:
    test = TESTS[_known(arguments[0], TESTS, "test")] if arguments else bool
    chosen = []
    for member in list_of(value):
        budget.charge(budget.STEP)
        for argument in (member, *arguments[1:]):
            budget.weigh(argument)
        if bool(test(key(member), *arguments[1:])) is wanted:
            chosen.append(member)
    return chosen


def _select(value: Any, *arguments: Any) -> list[Any]:
    return _chosen(value, True, lambda member: member, arguments)


def _reject(value: Any, *arguments: Any) -> list[Any]:
    return _chosen(value, False, lambda member: member, arguments)


def _selectattr(value: Any, attribute: str, *arguments: Any) -> list[Any]:
    return _chosen(value, True, lambda member: _attribute(member, attribute), arguments)


def _rejectattr(value: Any, attribute: str, *arguments: Any) -> list[Any]:
    return _chosen(value, False, lambda member: _attribute(member, attribute), arguments)


def _attribute(member: Any, attribute: str) -> Any:
    return _member(member, attribute) if _has(member, attribute) else None


def _key(case_sensitive: bool, attribute: str | int | None) -> Callable[[Any], Any]:
    def key(member: Any) -> Any:
        value = member if attribute is None else _member(member, attribute)
        return value.lower() if isinstance(value, str) and not case_sensitive else value

    return key


def _sort(
    value: Any,
    reverse: bool = False,
    case_sensitive: bool = False,
    attribute: str | int | None = None,
) -> list[Any]:
    return sorted(list_of(value), key=_key(case_sensitive, attribute), reverse=bool(reverse))


def _unique(
    value: Any, case_sensitive: bool = False, attribute: str | int | None = None
) -> list[Any]:
    key = _key(case_sensitive, attribute)
    return list({dump_json(key(member)): member for member in reversed(list_of(value))}.values())[
        ::-1
    ]


def _min(value: Any, case_sensitive: bool = False, attribute: str | int | None = None) -> Any:
    return min(list_of(value), key=_key(case_sensitive, attribute))


def _max(value: Any, case_sensitive: bool = False, attribute: str | int | None = None) -> Any:
    return max(list_of(value), key=_key(case_sensitive, attribute))


def _sum(value: Any, attribute: str | int | None = None, start: float = 0) -> Any:
    members = list_of(value) if attribute is None else _map(value, attribute=attribute)
    return sum((_number(member) for member in members), _number(start))


def _groupby(value: Any, attribute: str | int) -> list[list[Any]]:
    groups: dict[str, list[Any]] = {}
    for member in list_of(value):
        key = _member(member, attribute)
        groups.setdefault(dump_json(key), [key, []])[1].append(member)
    return sorted(groups.values(), key=lambda group: _key(False, None)(group[0]))


def _items(value: Any) -> list[list[Any]]:
    if not isinstance(value, Mapping):
        raise TypeError("only an object has items")
    return [[key, member] for key, member in value.items()]


def _dictsort(
    value: Any, case_sensitive: bool = False, by: str = "key", reverse: bool = False
) -> list[list[Any]]:
    position = 1 if by == "value" else 0
    key = _key(case_sensitive, position)
    return sorted(_items(value), key=key, reverse=bool(reverse))


def _tojson(value: Json, indent: int | None = None) -> str:
    if indent is None:
        return dump_json(value)
    width = max(0, min(indent, 8))
    compact = dump_json(value)
    lines = compact.count(",") + 2 * (compact.count("{") + compact.count("["))
    budget.charge(lines * width * _depth(value))
    return json.dumps(value, ensure_ascii=False, allow_nan=False, indent=width)


def _depth(value: object) -> int:
    depth, level = 0, [value]
    while level:
        depth += 1
        inner = [member.values() if isinstance(member, Mapping) else member for member in level]
        level = [
            child
            for members in inner
            if not isinstance(members, str) and isinstance(members, Iterable)
            for child in members
        ]
    return depth


FILTERS: dict[str, Callable[..., Any]] = {
    "abs": _abs,
    "batch": batch,
    "capitalize": _capitalize,
    "count": _length,
    "dictsort": _dictsort,
    "e": escape,
    "escape": escape,
    "first": _first,
    "float": _float,
    "groupby": _groupby,
    "indent": _indent,
    "int": _int,
    "items": _items,
    "join": _join,
    "last": _last,
    "length": _length,
    "list": list_of,
    "lower": lambda value: text_of(value).lower(),
    "map": _map,
    "max": _max,
    "min": _min,
    "reject": _reject,
    "rejectattr": _rejectattr,
    "replace": _replace,
    "reverse": _reverse,
    "round": _round,
    "select": _select,
    "selectattr": _selectattr,
    "slice": slice_,
    "sort": _sort,
    "string": text_of,
    "sum": _sum,
    "title": _title,
    "tojson": _tojson,
    "trim": _trim,
    "truncate": _truncate,
    "unique": _unique,
    "upper": lambda value: text_of(value).upper(),
    "wordcount": _wordcount,
    "wordwrap": wordwrap,
}
"""Filters by name; `default` and `d` belong to the environment, which knows what undefined is."""


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


TESTS: dict[str, Callable[..., bool]] = {
    "boolean": lambda value: isinstance(value, bool),
    "divisibleby": lambda value, number: _number(value) % _number(number) == 0,
    "eq": lambda value, other: bool(value == other),
    "equalto": lambda value, other: bool(value == other),
    "even": lambda value: _number(value) % 2 == 0,
    "false": lambda value: value is False,
    "float": lambda value: isinstance(value, float),
    "ge": lambda value, other: bool(value >= other),
    "gt": lambda value, other: bool(value > other),
    "in": lambda value, other: value in other,
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "iterable": lambda value: isinstance(value, (str, Sequence, Mapping)),
    "le": lambda value, other: bool(value <= other),
    "lower": lambda value: text_of(value).islower(),
    "lt": lambda value, other: bool(value < other),
    "mapping": lambda value: isinstance(value, Mapping),
    "ne": lambda value, other: bool(value != other),
    "none": lambda value: value is None,
    "number": _is_number,
    "odd": lambda value: _number(value) % 2 == 1,
    "sequence": lambda value: isinstance(value, (str, Sequence)),
    "string": lambda value: isinstance(value, str),
    "true": lambda value: value is True,
    "upper": lambda value: text_of(value).isupper(),
}
"""Tests by name; `defined` and `undefined` belong to the environment."""

LOOP_ATTRIBUTES = frozenset(
    {"index", "index0", "revindex", "revindex0", "first", "last", "length", "previtem", "nextitem"}
)
"""What a template may ask of `loop`."""
