"""`template_format: jinja2`: variables, conditions, loops, `set`, filters and includes.

A text is parsed, its syntax tree held against an allow-list (`syntax`), and nothing is compiled until it
is rendered; then the tree gets counters (`limits`) and runs in a sandbox of plain data (`environment`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from types import TracebackType

import jinja2
from jinja2 import nodes
from jinja2.parser import Parser

from promptctl.core.json_data import Json
from promptctl.core.templates import (
    JINJA_NODE_COST,
    MAX_OUTPUT,
    Include,
    InnerName,
    Place,
    Template,
    TemplateFailed,
    TemplateInvalid,
    TemplateProblem,
    effort,
    place_of,
    places_of,
)
from promptctl.core.templates.jinja import budget
from promptctl.core.templates.jinja.environment import DataEnvironment
from promptctl.core.templates.jinja.limits import Counting
from promptctl.core.templates.jinja.mistakes import explain
from promptctl.core.templates.jinja.syntax import Walk

_TOO_DEEP = "the template is nested too deeply"
_TOO_COSTLY = "the template makes more text or takes more steps than a prompt may"
_RUNTIME_ERRORS = (
    jinja2.TemplateError,
    ArithmeticError,
    AttributeError,
    LookupError,
    MemoryError,
    RecursionError,
    SyntaxError,
    TypeError,
    ValueError,
    budget.OverBudget,
)
"""What the operators, filters and tests of a template can raise on plain data, and its compilation."""


@dataclass(frozen=True, slots=True)
class JinjaTemplate:
    """A Jinja text that has been held against the allow-list."""

    text: str
    names: Mapping[str, Place]
    includes: tuple[Include, ...]
    size: int
    """Nodes of its syntax tree."""
    fragile: bool
    iterated: frozenset[str]
    """Names from outside that it loops over."""
    branched: frozenset[str]
    uncertain: Mapping[InnerName, Place] = field(default_factory=dict)

    @property
    def cost(self) -> float:
        """The effort of compiling it."""
        return JINJA_NODE_COST * self.size

    def can_fail(self, variables: Mapping[str, Json]) -> bool:
        """Whether it does more than print, compare for equality and loop over lists."""
        return self.fragile or any(not _is_iterable(variables.get(name)) for name in self.iterated)

    def render(self, values: Mapping[str, Json], partials: Mapping[str, Template]) -> str:
        """The text for these values. Raises TemplateFailed."""
        run = budget.Run(partials)
        token = budget.running.set(run)
        try:
            return _render(self.text, values)
        except _RUNTIME_ERRORS as error:
            raise _failure(error, self.text, run) from None
        finally:
            budget.running.reset(token)
            if (allowed := effort.get()) is not None:
                allowed.left -= 1 - run.left / budget.MAX_WORK


def parse(text: str) -> Template:
    """The template that a Jinja text is. Raises TemplateInvalid."""
    walk = Walk(text)
    try:
        walk.visit(_syntax_tree(text), set())
    except RecursionError:
        raise _invalid("template-limit", Place(1, 1), _TOO_DEEP) from None
    template = JinjaTemplate(
        text,
        places_of(text, walk.offsets),
        tuple(walk.includes),
        walk.size,
        walk.fragile,
        frozenset(walk.iterated),
        frozenset(walk.offsets) - walk.surely,
    )
    if walk.problems:
        raise TemplateInvalid(tuple(walk.problems), template)
    return template


def _is_iterable(schema: Json) -> bool:
    kind = schema.get("type") if isinstance(schema, Mapping) else None
    return kind in ("array", "object", "string")


def _syntax_tree(text: str) -> nodes.Template:
    try:
        return Parser(_ENVIRONMENT, text).parse()
    except jinja2.TemplateSyntaxError as error:
        offset = min(max(error.lineno - 1, 0), len(text))
        mistake = explain(text, offset, error.message or "")
        place = place_of(text, mistake.offset)
        raise _invalid("template-syntax", place, mistake.message, mistake.hint) from None
    except budget.OverBudget:
        message = "the template has too many tags and words"
        raise _invalid("template-limit", Place(1, 1), message) from None
    except ValueError:  # an integer of more than 4,300 digits
        raise _invalid("template-syntax", Place(1, 1), "a number with too many digits") from None


def _invalid(rule: str, place: Place, message: str, hint: str | None = None) -> TemplateInvalid:
    return TemplateInvalid((TemplateProblem(rule, place, message, hint),))


def _sentence(message: str | None) -> str:
    text = (message or "the template cannot be read").rstrip(".")
    return text[:1].lower() + text[1:]


@lru_cache(maxsize=256)
def compiled(text: str) -> jinja2.Template:
    """The compiled template of a Jinja text, counting its work. Raises TemplateInvalid."""
    parse(text)  # an included text may have been read by another format's reader: never trust it
    tree = Counting().visit(_syntax_tree(text))
    code = _ENVIRONMENT.compile(tree)
    return jinja2.Template.from_code(_ENVIRONMENT, code, {})


_ENVIRONMENT = DataEnvironment(compiled)


def _render(text: str, values: Mapping[str, Json]) -> str:
    template = compiled(text)
    out: list[str] = []
    length = 0
    for piece in template.root_render_func(template.new_context(dict(values))):
        length += len(piece)
        if length > MAX_OUTPUT:
            raise budget.OverBudget
        out.append(piece)
    return "".join(out)


def _failure(error: BaseException, text: str, run: budget.Run) -> TemplateFailed:
    place, file = _position(error.__traceback__, text, run)
    if isinstance(error, (RecursionError, MemoryError, SyntaxError)):
        return TemplateFailed(_TOO_DEEP, place, file=file)
    if isinstance(error, budget.OverBudget):
        return TemplateFailed(_TOO_COSTLY, place, file=file)
    if isinstance(error, ZeroDivisionError):
        return TemplateFailed("division by zero", place, file=file)
    return TemplateFailed(_sentence(str(error)), place, file=file)


def _position(
    trace: TracebackType | None, text: str, run: budget.Run
) -> tuple[Place | None, str | None]:
    """Where in which text the innermost compiled template stood."""
    found: tuple[Place | None, str | None] = (None, None)
    while trace is not None:
        template = trace.tb_frame.f_globals.get("__jinja_template__")
        if template is not None:
            file = run.files.get(id(template))
            source = text if file is None else run.partials[file].text
            offset = template.get_corresponding_lineno(trace.tb_lineno) - 1
            found = place_of(source, offset), file
        trace = trace.tb_next
    return found
