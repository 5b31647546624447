"""Four template languages behind one shape: parse once, ask for names, render with plain data.

A template is untrusted: parsing and rendering are bounded in time and memory, reach nothing but the
values and the included texts they are given, and never render a value as a template.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from promptctl.core.json_data import Json
from promptctl.errors import PromptctlError

MAX_OUTPUT = 4 * 1024 * 1024
"""Characters that one template may produce."""
MAX_INCLUDE_DEPTH = 16


@dataclass(frozen=True, slots=True)
class Place:
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


@dataclass(frozen=True, slots=True)
class Include:
    """A text that a template includes, by its path under the prompts folder."""

    file: str
    place: Place


class Template(Protocol):
    """One parsed template."""

    @property
    def names(self) -> Mapping[str, Place]:
        """Names of the variables that it reads from outside, each with its first place."""

    @property
    def includes(self) -> tuple[Include, ...]:
        """The texts it includes, in order of appearance."""

    def render(self, values: Mapping[str, Json], partials: Mapping[str, Template]) -> str:
        """The text for these values. Raises TemplateFailed."""


class TemplateInvalid(PromptctlError):
    """A template that does not parse or uses what is not allowed; `problems` holds all of it."""

    exit_code = 1

    def __init__(self, problems: tuple[TemplateProblem, ...]) -> None:
        self.problems = problems
        super().__init__(problems[0].message, problems[0].hint)


class TemplateFailed(PromptctlError):
    """A template that parsed could not be rendered with these values."""

    exit_code = 1

    def __init__(self, message: str, place: Place | None = None, hint: str | None = None) -> None:
        self.place = place
        super().__init__(message, hint)
