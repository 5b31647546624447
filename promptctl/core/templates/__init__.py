"""Four template languages behind one shape: parse once, ask for names, render with plain data.

A template is untrusted: parsing and rendering are bounded in time and memory, reach nothing but the
values and the included texts they are given, and never render a value as a template.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from contextvars import ContextVar
from enum import Enum
from functools import lru_cache
from typing import NamedTuple, Protocol, TypeAlias, TypeVar, cast

from promptctl.core.fast_dataclass import dataclass
from promptctl.core.json_data import Json, Path
from promptctl.errors import PromptctlError


class TemplateFormat(Enum):
    """The language of a prompt's templates."""

    JINJA2 = "jinja2"
    MUSTACHE = "mustache"
    F_STRING = "f-string"
    NONE = "none"


MAX_TEXT = 1024 * 1024
"""Characters of one template."""
MAX_OUTPUT = 4 * 1024 * 1024
"""Characters that one template may produce."""
MAX_INCLUDE_DEPTH = 16
MAX_INCLUDES = 256
"""Includes in one template."""
JINJA_NODE_COST = 1 / 15_000
"""What compiling one node of Jinja's syntax tree adds to `Template.cost`, measured."""
MAX_PROBLEMS = 100
"""Problems of one template that are reported."""


class Place(NamedTuple):
    """A position inside a template's text; line and column count characters from 1."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class TemplateProblem:
    """Something in a template that cannot be accepted, with the rule that says so."""

    rule: str
    place: Place
    message: str
    hint: str | None = None


Name: TypeAlias = tuple[str, ...]
"""The parts of a dotted name; empty for `.`, the current item of a section."""


class InnerName(NamedTuple):
    """A name inside Mustache sections, given from the outermost: an item of one may have it."""

    name: str
    sections: tuple[Name, ...]


@dataclass(frozen=True, slots=True)
class Include:
    """A text that a template includes, by its path under the prompts folder.

    `bound` holds the names that the including text itself gives a value at that place (a loop's
    variable, say). `sections` are those around it, whose items may have names of the included text.
    """

    file: str
    place: Place
    bound: frozenset[str] = frozenset()
    sections: tuple[Name, ...] = ()


class Template(Protocol):
    """One parsed template."""

    @property
    def text(self) -> str:
        """Its source, with line ends as line feeds."""

    @property
    def names(self) -> Mapping[str, Place]:
        """Names of the variables that it reads from outside, each with its first place."""

    @property
    def uncertain(self) -> Mapping[InnerName, Place]:
        """Names that come from outside unless an item of a section has them (Mustache only)."""

    @property
    def branched(self) -> frozenset[str]:
        """Of `names`, those that it reads in some branches only (Jinja only)."""

    @property
    def includes(self) -> tuple[Include, ...]:
        """The texts it includes, in order of appearance."""

    @property
    def cost(self) -> float:
        """What it takes to prepare its first rendering, in the measure of `Effort`."""

    def can_fail(self, variables: Mapping[str, Json]) -> bool:
        """Whether rendering might fail for values that these schemas of all its names allow.

        What it includes, and the limit of its output, do not count.
        """

    def render(self, values: Mapping[str, Json], partials: Mapping[str, Template]) -> str:
        """The text for these values. Raises TemplateFailed."""


class TemplateInvalid(PromptctlError):
    """A template that does not parse or uses what is not allowed; `problems` holds all of it.

    `rest` tells the names and includes of what could be read all the same; it is not for rendering.
    """

    exit_code = 1

    def __init__(self, problems: tuple[TemplateProblem, ...], rest: Template | None = None) -> None:
        self.problems = problems
        self.rest = rest
        super().__init__(problems[0].message, problems[0].hint)


class TemplateFailed(PromptctlError):
    """A template that parsed could not be rendered with these values.

    `file` names the included text that `place` is in, None the template itself; `path` is where the
    template stands in its prompt file, once that is known.
    """

    exit_code = 1

    def __init__(
        self,
        message: str,
        place: Place | None = None,
        hint: str | None = None,
        *,
        file: str | None = None,
        path: Path | None = None,
    ) -> None:
        self.place = place
        self.file = file
        self.path = path
        super().__init__(message, hint)


@dataclass(slots=True)
class Effort:
    """What renderings have left to spend together; 1 is the limit of a single one."""

    left: float


effort: ContextVar[Effort | None] = ContextVar("effort", default=None)
"""Set by who makes many renderings and must know when they become too much."""


class Engine(Protocol):
    """The module of one template language."""

    def parse(self, text: str) -> Template:
        """The template that a text is. Raises TemplateInvalid."""


_ENGINES = {
    TemplateFormat.JINJA2: (("{{", "{%", "{#"), "simple_jinja"),
    TemplateFormat.MUSTACHE: (("{{",), "mustache"),
    TemplateFormat.F_STRING: (("{", "}"), "fstring"),
    TemplateFormat.NONE: ((), "plain"),
}
"""What a text must contain to be more than text, and the module that then reads it."""


def parse_template(text: str, template_format: TemplateFormat) -> Template:
    """The template that a text is. Raises TemplateInvalid with every problem of the text.

    Line ends CRLF and CR are read as LF, so that a checkout on another system is the same prompt.
    """
    marks, module = _ENGINES[template_format]
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if len(text) > MAX_TEXT:
        problem = f"a template of more than {MAX_TEXT:,} characters"
        raise TemplateInvalid((TemplateProblem("template-limit", Place(1, 1), problem),))
    if not any(mark in text for mark in marks):
        module = "plain"
    # The engines load on first use: a prompt without a Jinja tag never pays for Jinja.
    engine = cast(Engine, importlib.import_module(f"promptctl.core.templates.{module}"))
    return engine.parse(text)


cached_template = lru_cache(maxsize=512)(parse_template)
"""`parse_template` that remembers, for texts that are used again: shared files and rendering."""


Key = TypeVar("Key")


def place_of(text: str, offset: int) -> Place:
    """The place of the character at an offset from 0."""
    return Place(text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset))


def places_of(text: str, offsets: Mapping[Key, int]) -> dict[Key, Place]:
    """The place of each offset, in one pass over the text."""
    places: dict[Key, Place] = {}
    line, start, counted = 1, 0, 0
    for name, offset in sorted(offsets.items(), key=lambda pair: pair[1]):
        line += text.count("\n", counted, offset)
        start = max(start, text.rfind("\n", counted, offset) + 1)
        counted = offset
        places[name] = Place(line, offset - start + 1)
    return places
