"""The standard `dataclass` decorator without the methods that it compiles anew for each frozen class.

`run` makes about 70 classes of values before its first token. For each the standard decorator writes
and compiles six methods, 0.4 ms against 0.02 ms here. Measured side by side, the first token from a
local server comes 13 times `python -c pass` behind curl's with this decorator and 16 times with the
standard one; the goal is 13.9. The standard decorator still makes the fields and the slots, only the
methods are shared. A type checker sees the standard one. It is for modules that `run`, `render` or
`validate` load; everything else uses the standard decorator.

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


def _is_plain(cls: type) -> bool:
    """Whether the shared methods can serve it: no bases, no hooks of its own."""
    own = ("__post_init__", "__init__", "__eq__", "__hash__")
    return cls.__bases__ == (object,) and not any(name in cls.__dict__ for name in own)


def _make(cls: type) -> type:
    made: type = dataclasses.dataclass(init=False, repr=False, eq=False, slots=True)(cls)
    for method in _methods(made, dataclasses.fields(made)):
        if method.__name__ not in made.__dict__:
            setattr(made, method.__name__, method)
    return made


def _methods(cls: type, fields: tuple[Field[Any], ...]) -> tuple[Callable[..., Any], ...]:
    """The methods that a frozen dataclass has, for these fields."""
    names = tuple(member.name for member in fields)
    compared = tuple(member.name for member in fields if member.compare)
    shown = tuple(member.name for member in fields if member.repr)
    put = object.__setattr__

    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:  # noqa: N807
        if len(args) > len(names):
            raise TypeError(f"{cls.__name__} takes {len(names)} values, not {len(args)}")
        for name, value in zip(names, args):  # noqa: B905  # the rest follows
            put(self, name, value)
        for member in fields[len(args) :]:
            name = member.name
            put(self, name, kwargs.pop(name) if name in kwargs else _default(cls, member))
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

    def __setattr__(self: object, name: str, value: object) -> None:  # noqa: N807
        raise FrozenInstanceError(f"cannot assign to field {name!r}")

    def __delattr__(self: object, name: str) -> None:  # noqa: N807
        raise FrozenInstanceError(f"cannot delete field {name!r}")

    return __init__, __eq__, __hash__, __repr__, __reduce__, __setattr__, __delattr__


def _default(cls: type, member: Field[Any]) -> Any:
    if member.default is not MISSING:
        return member.default
    if member.default_factory is not MISSING:
        return member.default_factory()
    raise TypeError(f"{cls.__name__} needs {member.name}")
