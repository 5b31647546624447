"""Jinja, narrowed: plain data only, counted work, and exact places in place of line numbers.

Jinja's syntax tree knows lines and no columns. Here the lexer hands the parser *offsets* where Jinja
has line numbers: each token's `lineno` is 1 + its offset in the text. The parser copies it into the
nodes, the compiler into its debug table, so that every error, also at run time, has its line and column.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping, MutableMapping, Sequence
from functools import cached_property
from typing import Any, cast

from jinja2 import (
    StrictUndefined,
    Template,
    TemplateSyntaxError,
    Undefined,
    pass_context,
)
from jinja2.lexer import Lexer
from jinja2.runtime import Context, LoopContext
from jinja2.sandbox import ImmutableSandboxedEnvironment

from promptctl.core.json_data import Json
from promptctl.core.templates.jinja import budget
from promptctl.core.templates.jinja.filters import FILTERS, LOOP_ATTRIBUTES, TESTS
from promptctl.core.templates.jinja.methods import FUNCTIONS, METHODS, counted_name
from promptctl.core.templates.value_text import text_of

MAX_TOKENS = 20_000


class OffsetLexer(Lexer):
    """Jinja's lexer with 1 + offset for the line number of each token."""

    def tokeniter(
        self, source: str, name: str | None, filename: str | None = None, state: str | None = None
    ) -> Iterator[tuple[int, str, str]]:
        """The tokens of a text. Raises TemplateSyntaxError with an offset, too."""
        position, count = 0, 0
        try:
            for _, token, value in super().tokeniter(source, name, filename, state):
                # A tag with a minus sign swallows white space; the token stands after it.
                position = source.index(value, position)
                yield position + 1, token, value
                position += len(value)
                count += 1
                if count > MAX_TOKENS:
                    raise budget.OverBudget
        except TemplateSyntaxError as error:
            message = (error.message or "").partition(" at ")[0]
            raise TemplateSyntaxError(message, position + 1) from None


class DataEnvironment(ImmutableSandboxedEnvironment):
    """The sandbox with nothing in it but data, our filters and our tests."""

    intercepted_binops = frozenset(["+", "-", "*", "/", "//", "%", "**"])
    weigh = staticmethod(budget.weigh)
    charge = staticmethod(budget.charge)

    def __init__(self, compiled: Callable[[str], Template]) -> None:
        """Make the environment; `compiled` checks and compiles the text of an include."""
        super().__init__(
            undefined=StrictUndefined,
            keep_trailing_newline=True,
            autoescape=False,
            optimized=False,
            finalize=finalize,
            cache_size=0,
        )
        self.compiled = compiled
        self.globals.clear()
        self.filters = {name: _counted(function) for name, function in FILTERS.items()}
        self.filters["default"] = self.filters["d"] = default_filter
        for name, function in (METHODS | FUNCTIONS).items():
            self.filters[counted_name(name)] = _counted(function)
        self.tests = {name: _counted(function) for name, function in TESTS.items()}
        self.tests["defined"] = lambda value: not isinstance(value, Undefined)
        self.tests["undefined"] = lambda value: isinstance(value, Undefined)

    @cached_property
    def lexer(self) -> Lexer:
        """The lexer with offsets."""
        return OffsetLexer(self)

    @staticmethod
    def text(value: object) -> str:
        """The text of a value, its size charged."""
        return _text(value)

    def getattr(self, obj: Any, attribute: str) -> Any:
        """A member of an object by its name, or a fact about the loop; never a Python attribute."""
        if isinstance(obj, LoopContext) and attribute in LOOP_ATTRIBUTES:
            return getattr(obj, attribute)
        return self.getitem(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        """A member of an object or a list."""
        if isinstance(obj, Undefined):
            str(obj)  # raises, as it names what is undefined
        try:
            if isinstance(obj, Mapping) or (
                isinstance(obj, Sequence) and isinstance(argument, int)
            ):
                return obj[argument]
        except LookupError:
            pass
        return self.undefined(hint=_absent(obj, argument))

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """The result of an arithmetic operation on numbers, or of `+` on two strings or lists."""
        for operand in (left, right):
            if isinstance(operand, Undefined):
                str(operand)
        return _binop(operator, left, right)

    def get_template(
        self,
        name: str | Template,
        parent: str | None = None,
        globals: MutableMapping[str, Any] | None = None,
    ) -> Template:
        """The included text of that name, compiled."""
        run = budget.running.get()
        text = run.partials[cast(str, name)].text
        budget.charge(budget.INCLUDE + len(text))
        template = self.compiled(text)
        run.files[id(template)] = cast(str, name)
        return template


def _absent(obj: object, argument: object) -> str:
    kinds: tuple[tuple[type, str], ...] = (
        (Mapping, "the object"),
        (str, "the string"),
        (Sequence, "the list"),
    )
    what = next((words for kind, words in kinds if isinstance(obj, kind)), "the value")
    return f"{what} has no `{argument}`"


@pass_context
def finalize(context: Context, value: object) -> str:
    """The text of a printed value. It takes the context so that Jinja never calls it to fold constants."""
    return _text(value)


def _text(value: object) -> str:
    if isinstance(value, Undefined):
        return str(value)  # raises, as it names what is undefined
    budget.weigh(value)
    return text_of(cast(Json, value))


def _counted(function: Any) -> Any:
    def counted(value: object, *arguments: object, **named: object) -> object:
        for argument in (value, *arguments, *named.values()):
            if isinstance(argument, Undefined):
                str(argument)
            budget.weigh(argument)
        return budget.weigh(function(value, *arguments, **named))

    return counted


def default_filter(value: object, default: object = "", boolean: bool = False) -> object:
    """The filter `default`: the only one that takes what is undefined."""
    if isinstance(value, Undefined) or (boolean and not value):
        return default
    return value


_ARITHMETIC = {
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "//": operator.floordiv,
    "%": operator.mod,
}


def _binop(symbol: str, left: Any, right: Any) -> object:
    numbers = isinstance(left, (int, float)) and isinstance(right, (int, float))
    if symbol == "+" and (numbers or type(left) is type(right)):
        budget.weigh(left)
        budget.weigh(right)
        return budget.weigh(left + right)
    if not numbers:
        raise TypeError(f"`{symbol}` takes numbers here")
    if symbol == "**":
        return _power(left, right)
    return budget.weigh(_ARITHMETIC[symbol](left, right))


def _power(base: float, exponent: float) -> object:
    if (
        isinstance(base, int)
        and isinstance(exponent, int)
        and base.bit_length() * abs(exponent) > budget.MAX_INTEGER_BITS
    ):
        raise budget.OverBudget
    return budget.weigh(base**exponent)
