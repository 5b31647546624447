"""The cheap decorator makes values that behave as those of the standard one."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from dataclasses import FrozenInstanceError, field
from typing import Any

import pytest

from promptctl.core import fast_dataclass
from promptctl.core.fast_dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Cheap:
    """A value."""

    a: int
    b: str = "x"
    c: list[int] = field(default_factory=list)
    d: int = field(default=0, repr=False, compare=False)

    @property
    def double(self) -> int:
        return self.a * 2


@dataclasses.dataclass(frozen=True, slots=True)
class Standard:
    """A value."""

    a: int
    b: str = "x"
    c: list[int] = field(default_factory=list)
    d: int = field(default=0, repr=False, compare=False)

    @property
    def double(self) -> int:
        return self.a * 2


Both = pytest.mark.parametrize("kind", [Cheap, Standard])


def test_the_cheap_way_is_taken() -> None:
    assert Cheap.__reduce__ is not object.__reduce__
    assert "__getstate__" not in Cheap.__dict__


@Both
def test_values_and_defaults(kind: Any) -> None:
    value = kind(1, c=[2])
    assert (value.a, value.b, value.c, value.d, value.double) == (1, "x", [2], 0, 2)
    assert kind(1).c is not kind(1).c
    assert repr(value) == f"{kind.__name__}(a=1, b='x', c=[2])"
    assert kind.__doc__ == "A value."
    assert not hasattr(value, "__dict__")


@Both
def test_equality_and_hash(kind: Any) -> None:
    assert kind(1, "y", d=1) == kind(1, "y", d=2)
    assert kind(1) != kind(2)
    assert kind(1) != (1, "x", [], 0)
    assert hash(kind(1, c=())) == hash(kind(1, c=(), d=5))
    with pytest.raises(TypeError):
        hash(kind(1))


@Both
def test_nothing_can_be_changed(kind: Any) -> None:
    value = kind(1)
    for change in (lambda: setattr(value, "a", 2), lambda: delattr(value, "a")):
        with pytest.raises(FrozenInstanceError):
            change()


@Both
@pytest.mark.parametrize(
    ("arguments", "names"),
    [((), {}), ((1,), {"a": 2}), ((1,), {"z": 2}), ((1, "x", [], 0, 5), {})],
)
def test_wrong_arguments(kind: Any, arguments: tuple[Any, ...], names: dict[str, Any]) -> None:
    with pytest.raises(TypeError):
        kind(*arguments, **names)


@Both
def test_the_standard_functions_know_it(kind: Any) -> None:
    value = kind(1, c=[2])
    assert dataclasses.is_dataclass(value)
    assert [member.name for member in dataclasses.fields(value)] == ["a", "b", "c", "d"]
    assert dataclasses.replace(value, a=3) == kind(3, c=[2])
    assert dataclasses.asdict(value) == {"a": 1, "b": "x", "c": [2], "d": 0}
    assert pickle.loads(pickle.dumps(value)) == copy.deepcopy(value) == value
    match value:
        case Cheap(a, b) | Standard(a, b):
            assert (a, b) == (1, "x")
        case _:
            pytest.fail("no match")


def test_other_classes_get_the_standard_decorator() -> None:
    @fast_dataclass.dataclass(slots=True)
    class Mutable:
        a: int

    @fast_dataclass.dataclass(frozen=True, slots=True, order=True)
    class Ordered:
        a: int

    value = Mutable(1)
    value.a = 2
    assert value == Mutable(2)
    assert Ordered(1) < Ordered(2)
