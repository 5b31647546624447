"""The standard `dataclass` decorator, without its cost at import for the values of this package.

For each class the standard one writes the source of six methods and compiles it, 0.3 ms a class and a
quarter of the time until `run` has its first token. Here all classes share methods that are
compiled once, with this module. A type checker sees the standard decorator.

What it does differently: creating a value is slower, by about a microsecond; for values that are made
by the hundred thousand take the standard decorator.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import MISSING, Field, FrozenInstanceError
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass
else:

    def dataclass(*, frozen: bool = False, slots: bool = False, **more: Any) -> Callable:
        """The decorator for frozen values with slots; any other class gets the standard one."""

        def decorate(cls: type) -> type:
            if frozen and slots and not more and _is_plain(cls):
                return _make(cls)
            return dataclasses.dataclass(frozen=frozen, slots=slots, **more)(cls)

        return decorate


@dataclasses.dataclass
class _Sample:
    member: int


_ORDINARY = dataclasses.fields(_Sample)[0]._field_type  # type: ignore[attr-defined]
"""What marks a field as neither a class variable nor an argument only."""

_SPECIAL = ("ClassVar", "InitVar", "KW_ONLY")


def _is_plain(cls: type) -> bool:
    """Whether the shared methods can serve it: no bases, no special fields, no hooks of its own."""
    annotations: dict[str, object] = getattr(cls, "__annotations__", {})
    return (
        cls.__bases__ == (object,)
        and bool(annotations)
        and not any(word in str(kind) for kind in annotations.values() for word in _SPECIAL)
        and not any(hook in cls.__dict__ for hook in ("__post_init__", "__init__", "__eq__"))
    )


def _make(cls: type) -> type:
    namespace = dict(cls.__dict__)
    fields: dict[str, Field[Any]] = {}
    for name, kind in namespace.get("__annotations__", {}).items():
        given: Any = namespace.pop(name, MISSING)
        member: Any = given if isinstance(given, Field) else dataclasses.field(default=given)
        member.name, member.type, member.kw_only = name, kind, False
        member._field_type = _ORDINARY
        fields[name] = member
    for name in ("__dict__", "__weakref__"):
        namespace.pop(name, None)
    names = tuple(fields)
    namespace |= {"__slots__": names, "__match_args__": names, "__dataclass_fields__": fields}
    namespace |= _methods(cls, fields)
    made = type(cls)(cls.__name__, cls.__bases__, namespace)
    made.__qualname__ = cls.__qualname__
    return made


def _methods(cls: type, fields: dict[str, Field[Any]]) -> dict[str, Callable[..., Any]]:
    """The methods that a frozen dataclass has, for these fields."""
    names = tuple(fields)
    compared = tuple(name for name in names if fields[name].compare)
    shown = tuple(name for name in names if fields[name].repr)
    put = object.__setattr__

    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:  # noqa: N807
        if len(args) > len(names):
            raise TypeError(f"{cls.__name__} takes {len(names)} values, not {len(args)}")
        for name, value in zip(names, args):  # noqa: B905  # the rest follows
            put(self, name, value)
        for name in names[len(args) :]:
            put(self, name, kwargs.pop(name) if name in kwargs else _default(cls, fields[name]))
        if kwargs:
            raise TypeError(f"{cls.__name__} takes no {', '.join(kwargs)} here")

    def values(self: Any) -> tuple[Any, ...]:
        return tuple([getattr(self, name) for name in compared])

    def __eq__(self: Any, other: object) -> Any:  # noqa: N807
        return (
            values(self) == values(other) if other.__class__ is self.__class__ else NotImplemented
        )

    def __hash__(self: Any) -> int:  # noqa: N807
        return hash(values(self))

    def __repr__(self: Any) -> str:  # noqa: N807
        parts = ", ".join(f"{name}={getattr(self, name)!r}" for name in shown)
        return f"{cls.__qualname__}({parts})"

    def __reduce__(self: Any) -> tuple[Any, ...]:  # noqa: N807
        return self.__class__, tuple([getattr(self, name) for name in names])

    made = (__init__, __eq__, __hash__, __repr__, __reduce__, _refuse_set, _refuse_delete)
    kept = {method.__name__ for method in made if method.__name__ in cls.__dict__}
    return {_NAMES.get(m.__name__, m.__name__): m for m in made if m.__name__ not in kept}


_NAMES = {"_refuse_set": "__setattr__", "_refuse_delete": "__delattr__"}


def _refuse_set(self: object, name: str, value: object) -> None:
    raise FrozenInstanceError(f"cannot assign to field {name!r}")


def _refuse_delete(self: object, name: str) -> None:
    raise FrozenInstanceError(f"cannot delete field {name!r}")


def _default(cls: type, member: Field[Any]) -> Any:
    if member.default is not MISSING:
        return member.default
    if member.default_factory is not MISSING:
        return member.default_factory()
    raise TypeError(f"{cls.__name__} needs {member.name}")
