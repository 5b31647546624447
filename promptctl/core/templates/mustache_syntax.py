"""Mustache text to a tree with exact places, by the Mustache specification 1.4 without lambdas.

https://github.com/mustache/spec: interpolation, sections, inverted sections, comments, delimiters,
partials, and the rule that a tag alone on its line takes the whole line with it. Inheritance and
dynamic names are refused. An own reader, because the Python ones give no places, escape HTML, read
Python attributes or files, or take more than linear time.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TypeAlias

from promptctl.core.templates import (
    MAX_INCLUDES,
    MAX_PROBLEMS,
    Name,
    TemplateInvalid,
    TemplateProblem,
    place_of,
)

MAX_NESTING = 32
MAX_TAGS = 20_000


@dataclass(frozen=True, slots=True)
class Text:
    """Literal text."""

    text: str


@dataclass(frozen=True, slots=True)
class Value:
    """`{{name}}`, `{{{name}}}` and `{{&name}}`: all the same, for nothing is escaped."""

    name: Name
    offset: int


@dataclass(frozen=True, slots=True)
class Partial:
    """`{{> file}}`; `indent` stands before it if it is alone on its line."""

    file: str
    offset: int
    indent: str


@dataclass(slots=True)
class Section:
    """`{{#name}}` or `{{^name}}` up to `{{/name}}`."""

    name: Name
    offset: int
    inverted: bool
    children: list[Node] = field(default_factory=list)


Node: TypeAlias = Text | Value | Partial | Section

_NAME = re.compile(r"[^\s.{}]+(\.[^\s.{}]+)*")
_REST_OF_LINE = re.compile(r"[ \t]*(?:\n|\Z)")
_FORBIDDEN = {
    "<": "parents (`{{<`) are not available in prompts",
    "$": "blocks (`{{$`) are not available in prompts",
}


def read_tree(text: str) -> tuple[list[Node], list[TemplateProblem]]:
    """The nodes of a Mustache text, and every problem that keeps it from being rendered."""
    reader = _Reader(text)
    reader.read()
    return reader.root, reader.problems


def parse_tree(text: str) -> list[Node]:
    """The nodes of a Mustache text that has no problems. Raises TemplateInvalid."""
    tree, problems = read_tree(text)
    if problems:
        raise TemplateInvalid(tuple(problems))
    return tree


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.root: list[Node] = []
        self.problems: list[TemplateProblem] = []
        self.open = "{{"
        self.close = "}}"
        self.sections: list[Section] = []
        self.tags = 0
        self.partials = 0

    @property
    def children(self) -> list[Node]:
        return self.sections[-1].children if self.sections else self.root

    def read(self) -> None:
        end = 0
        while (start := self.text.find(self.open, end)) >= 0:
            self.tags += 1
            if self.tags > MAX_TAGS:
                self.problem(start, f"more than {MAX_TAGS:,} tags", rule="template-limit")
                return
            end = self.tag(end, start)
        self.literal(end, len(self.text))
        for section in self.sections:
            name = ".".join(section.name) or "."
            self.problem(
                section.offset, f"the section `{name}` is never closed", f"add `{{{{/{name}}}}}`"
            )

    def tag(self, begin: int, start: int) -> int:
        """Take the text from `begin` to the tag at `start`, and the tag; the offset after both."""
        inside = start + len(self.open)
        triple = self.text.startswith("{", inside) and self.open == "{{"
        close = "}" + self.close if triple else self.close
        changes = self.text.startswith("=", inside)
        if changes:
            close = "=" + self.close
        stop = self.text.find(close, inside + (changes or triple))
        if stop < 0:
            self.problem(start, f"`{self.open}` is never closed by `{close}`")
            self.literal(begin, start)
            return len(self.text)
        end = stop + len(close)
        sigil = self.text[inside]
        if sigil not in "#^/!>=" or triple:
            self.literal(begin, start)
            self.value(inside, stop)
            return end
        line, after = self.alone(begin, start, end)
        self.literal(begin, line)
        self.control(sigil, inside + 1, stop, self.text[line:start])
        return after

    def alone(self, begin: int, start: int, end: int) -> tuple[int, int]:
        """The span to drop: the whole line if the tag is alone on it, else the tag."""
        text = self.text
        line = text.rfind("\n", begin, start) + 1
        if line == 0:
            # No line break since the last tag: that tag must have ended the line before.
            line = begin if begin == 0 or text[begin - 1] == "\n" else -1
        rest = _REST_OF_LINE.match(text, end)
        if line < 0 or rest is None or text[line:start].strip(" \t"):
            return start, end
        return line, rest.end()

    def literal(self, begin: int, end: int) -> None:
        if end > begin:
            self.children.append(Text(self.text[begin:end]))

    def value(self, inside: int, stop: int) -> None:
        sigil = self.text[inside]
        if sigil in _FORBIDDEN:
            self.problem(inside, _FORBIDDEN[sigil], rule="template-forbidden")
            return
        found = self.name(inside + (sigil in "{&"), stop)
        if found is not None:
            self.children.append(Value(*found))

    def control(self, sigil: str, inside: int, stop: int, indent: str) -> None:
        if sigil == ">":
            self.partial(inside, stop, indent)
        elif sigil == "=":
            self.delimiters(inside, stop)
        elif sigil in "#^":
            self.begin_section(sigil, inside, stop)
        elif sigil == "/":
            self.end_section(inside, stop)

    def begin_section(self, sigil: str, inside: int, stop: int) -> None:
        name, offset = self.name(inside, stop) or ((), inside)
        section = Section(name, offset, sigil == "^")
        self.children.append(section)
        self.sections.append(section)
        if len(self.sections) == MAX_NESTING + 1:
            self.problem(
                offset, f"more than {MAX_NESTING} sections inside each other", rule="template-limit"
            )

    def end_section(self, inside: int, stop: int) -> None:
        found = self.name(inside, stop)
        if found is None:
            return
        shown = ".".join(found[0]) or "."
        if not self.sections:
            self.problem(found[1], f"no section `{shown}` is open here")
            return
        opened = self.sections.pop()
        if opened.name != found[0]:
            hint = f"close `{'.'.join(opened.name) or '.'}` first"
            self.problem(found[1], f"`{shown}` closes another section than the last opened", hint)

    def partial(self, inside: int, stop: int, indent: str) -> None:
        file = self.text[inside:stop].strip()
        offset = inside + len(self.text[inside:stop]) - len(self.text[inside:stop].lstrip())
        if file.startswith("*"):
            self.problem(offset, "a partial is named as it is", rule="template-forbidden")
        elif not file:
            self.problem(inside, "a partial needs the path of a file")
        else:
            self.partials += 1
            self.children.append(Partial(file, offset, indent))
            if self.partials == MAX_INCLUDES + 1:
                message = f"more than {MAX_INCLUDES} partials"
                self.problem(offset, message, rule="template-limit")

    def delimiters(self, inside: int, stop: int) -> None:
        parts = self.text[inside:stop].split()
        if len(parts) != 2 or any("=" in part for part in parts):
            self.problem(
                inside,
                "two delimiters belong here, with a blank between them",
                "as in `{{=<% %>=}}`",
            )
            return
        self.open, self.close = parts

    def name(self, inside: int, stop: int) -> tuple[Name, int] | None:
        """The name in a tag and its offset; None, and a problem, if there is none."""
        raw = self.text[inside:stop]
        name = raw.strip()
        offset = inside + len(raw) - len(raw.lstrip()) if name else inside
        if name == ".":
            return (), offset
        if not _NAME.fullmatch(name):
            message = f"`{name}` is not a name" if name else "a name is missing in this tag"
            self.problem(offset, message, "names have no blanks or braces; dots lead to members")
            return None
        return tuple(name.split(".")), offset

    def problem(
        self, offset: int, message: str, hint: str | None = None, rule: str = "template-syntax"
    ) -> None:
        if len(self.problems) < MAX_PROBLEMS:
            place = place_of(self.text, offset)
            self.problems.append(TemplateProblem(rule, place, message, hint))
