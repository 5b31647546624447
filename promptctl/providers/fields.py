"""Members of JSON objects that a provider sent, read with the type that they should have.

A member that is absent or null reads as nothing; one of another type raises FieldInvalid, so that an
answer is never misread.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from promptctl.core.json_data import Json


class FieldInvalid(ValueError):
    """A member has another type than the protocol says; the message names it."""


def object_in(value: Json, what: str) -> Mapping[str, Json]:
    """The value as an object."""
    if not isinstance(value, Mapping):
        raise FieldInvalid(f"{what} is not an object")
    return value


def object_field(data: Mapping[str, Json], name: str) -> Mapping[str, Json]:
    """The object under that name, empty if there is none."""
    value = data.get(name)
    return {} if value is None else object_in(value, f"`{name}`")


def list_field(data: Mapping[str, Json], name: str) -> Sequence[Json]:
    """The list under that name, empty if there is none."""
    value = data.get(name)
    if value is None:
        return ()
    if isinstance(value, str) or not isinstance(value, Sequence):
        raise FieldInvalid(f"`{name}` is not a list")
    return value


def text_field(data: Mapping[str, Json], name: str) -> str:
    """The text under that name, empty if there is none."""
    value = data.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise FieldInvalid(f"`{name}` is not text")
    return value


def count_field(data: Mapping[str, Json], name: str) -> int | None:
    """The count under that name. What is no count reads as nothing: no answer fails for its bill."""
    value = data.get(name)
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        return None
    return value
