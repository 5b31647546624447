"""Plain JSON data, and one careful way to read it from text that somebody else wrote."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TypeAlias

Json: TypeAlias = bool | int | float | str | Sequence["Json"] | Mapping[str, "Json"] | None
"""Data as JSON knows it. Values are treated as immutable everywhere."""

Path: TypeAlias = tuple[str | int, ...]
"""Keys and indexes from the root of a document to one of its values."""

MAX_DEPTH = 128
"""Nesting beyond this is refused; no API that we speak comes near it."""


class JsonInvalid(ValueError):
    """The text is not JSON that can be used; the message says why, without repeating the text."""


def parse_json(text: str | bytes, *, unique_keys: bool = False) -> Json:
    """The value of a JSON text. Raises JsonInvalid for anything else, at bounded cost.

    Beyond the grammar (RFC 8259) it refuses NaN and Infinity, which Python's reader accepts, integers
    of more than 4,300 digits, lone surrogates, bytes that are not UTF-8 and nesting beyond MAX_DEPTH;
    with `unique_keys` also a key that one object holds twice.
    """
    pairs_hook = _unique_pairs if unique_keys else None
    try:
        value: Json = json.loads(
            text, parse_constant=_refuse_constant, object_pairs_hook=pairs_hook
        )
    except RecursionError:
        raise JsonInvalid("nested too deeply") from None
    except UnicodeDecodeError:
        raise JsonInvalid("not UTF-8 text") from None
    except json.JSONDecodeError as error:
        raise JsonInvalid(f"{error.msg} (line {error.lineno}, column {error.colno})") from None
    except ValueError as error:
        raise JsonInvalid(str(error)) from None
    _check_plain(value, MAX_DEPTH)
    return value


def dump_json(value: Json) -> str:
    """Compact JSON text of a value, non-ASCII characters as they are."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def _unique_pairs(pairs: list[tuple[str, Json]]) -> Json:
    value = dict(pairs)
    if len(value) < len(pairs):
        left = dict(pairs)
        twice = next(key for key, _ in pairs if left.pop(key, pairs) is pairs)
        raise JsonInvalid(f"the key {twice[:60]!r} stands twice in one object")
    return value


def _refuse_constant(name: str) -> Json:
    raise JsonInvalid(f"{name} is not a JSON number")


def _check_plain(value: Json, depth: int) -> None:
    if isinstance(value, str):
        if not value.isascii() and any("\ud800" <= c <= "\udfff" for c in value):
            raise JsonInvalid("a lone surrogate is not a character")
        return
    if value is None or isinstance(value, (bool, int)):
        return
    if isinstance(value, float):
        if value - value != 0:  # 1e400 reads as infinity
            raise JsonInvalid("a number out of range")
        return
    if depth == 0:
        raise JsonInvalid("nested too deeply")
    if isinstance(value, Mapping):
        for key, member in value.items():
            _check_plain(key, depth - 1)
            _check_plain(member, depth - 1)
    else:
        for member in value:
            _check_plain(member, depth - 1)
