"""`template_format: mustache`: sections over plain data, nothing escaped, partials from the closure only.

A name inside a section may be a member of the section's item or a variable from outside: such names are
*uncertain*, undeclared only where the declared schemas of the sections around leave no other answer. A
value that is found nowhere is an error; a section whose name is found nowhere is skipped if it stands
inside another section (members of items are often optional) and is an error outside. False, null, 0, ""
and the empty list skip a section.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from promptctl.core.json_data import Json
from promptctl.core.templates import (
    MAX_OUTPUT,
    Include,
    InnerName,
    Name,
    Place,
    Template,
    TemplateFailed,
    TemplateInvalid,
    effort,
    place_of,
    places_of,
)
from promptctl.core.templates.mustache_syntax import (
    Node,
    Partial,
    Section,
    Text,
    Value,
    parse_tree,
    read_tree,
)
from promptctl.core.templates.value_text import text_of

MAX_STEPS = 250_000
MAX_DEPTH = 100


@dataclass(frozen=True, slots=True)
class MustacheTemplate:
    """A parsed Mustache text."""

    text: str
    nodes: tuple[Node, ...]
    names: Mapping[str, Place]
    uncertain: Mapping[InnerName, Place]
    includes: tuple[Include, ...]
    branched: frozenset[str] = frozenset()

    @property
    def cost(self) -> float:
        """Nothing has to be prepared."""
        return 0.0

    def can_fail(self, variables: Mapping[str, Json]) -> bool:
        """Members may be missing; trying costs less than finding out."""
        return True

    def render(self, values: Mapping[str, Json], partials: Mapping[str, Template]) -> str:
        """The text for these values. Raises TemplateFailed."""
        rendering = _Rendering(partials)
        try:
            rendering.nodes(self.nodes, _Frame([values], self.text, None))
        finally:
            if (allowed := effort.get()) is not None:
                allowed.left -= rendering.steps / MAX_STEPS + rendering.length / MAX_OUTPUT
        return "".join(rendering.out)


def parse(text: str) -> Template:
    """The template that a Mustache text is. Raises TemplateInvalid."""
    tree, problems = read_tree(text)
    if any(problem.rule == "template-limit" for problem in problems):
        raise TemplateInvalid(tuple(problems))
    template = _described(text, tree)
    if problems:
        raise TemplateInvalid(tuple(problems), template)
    return template


def _described(text: str, tree: Sequence[Node]) -> MustacheTemplate:
    names: dict[str, int] = {}
    uncertain: dict[InnerName, int] = {}
    includes: list[Include] = []
    pending: list[tuple[Node, tuple[Name, ...]]] = [(node, ()) for node in reversed(tree)]
    while pending:
        node, sections = pending.pop()
        if isinstance(node, Partial):
            place = place_of(text, node.offset)
            includes.append(Include(node.file, place, sections=sections))
        elif not isinstance(node, Text) and node.name:
            if sections:
                uncertain.setdefault(InnerName(node.name[0], sections), node.offset)
            else:
                names.setdefault(node.name[0], node.offset)
        if isinstance(node, Section):
            within = sections if node.inverted else (*sections, node.name)
            pending.extend((child, within) for child in reversed(node.children))
    return MustacheTemplate(
        text,
        tuple(tree),
        places_of(text, names),
        places_of(text, {inner: o for inner, o in uncertain.items() if inner.name not in names}),
        tuple(includes),
    )


@dataclass(frozen=True, slots=True)
class _Frame:
    """Where a rendering stands: its contexts, innermost last, and the text whose nodes it follows."""

    contexts: list[Json]
    text: str
    file: str | None
    indent: int = 0

    def place(self, offset: int) -> Place:
        place = place_of(self.text, offset)
        return Place(place.line, max(place.column - self.indent, 1))


_ABSENT = object()


@dataclass(slots=True)
class _Rendering:
    partials: Mapping[str, Template]
    out: list[str] = field(default_factory=list)
    length: int = 0
    steps: int = 0
    depth: int = 0

    def nodes(self, nodes: Sequence[Node], frame: _Frame) -> None:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise TemplateFailed("sections and partials are nested too deeply", file=frame.file)
        for node in nodes:
            self.steps += 1
            if self.steps > MAX_STEPS:
                raise TemplateFailed(
                    "the template takes more steps than a prompt may", file=frame.file
                )
            self.node(node, frame)
        self.depth -= 1

    def node(self, node: Node, frame: _Frame) -> None:
        if isinstance(node, Text):
            self.write(node.text, frame)
        elif isinstance(node, Value):
            self.write(self.value(node, frame), frame)
        elif isinstance(node, Section):
            self.section(node, frame)
        else:
            self.partial(node, frame)

    def write(self, text: str, frame: _Frame) -> None:
        self.length += len(text)
        if self.length > MAX_OUTPUT:
            message = f"the text grows beyond {MAX_OUTPUT:,} characters"
            raise TemplateFailed(message, file=frame.file)
        self.out.append(text)

    def value(self, node: Value, frame: _Frame) -> str:
        found = self.find(node.name, frame)
        name = ".".join(node.name) or "."
        if found is _ABSENT:
            place = frame.place(node.offset)
            raise TemplateFailed(f"`{name}` has no value", place, file=frame.file)
        try:
            return text_of(found)  # type: ignore[arg-type]
        except (TypeError, ValueError, RecursionError):
            place = frame.place(node.offset)
            raise TemplateFailed(f"`{name}` is not plain data", place, file=frame.file) from None

    def find(self, name: Name, frame: _Frame) -> object:
        """The value of a name: its first part from the innermost context that has it."""
        if not name:
            return frame.contexts[-1] if len(frame.contexts) > 1 else _ABSENT
        found: object = _ABSENT
        for context in reversed(frame.contexts):
            self.steps += 1
            if isinstance(context, Mapping) and name[0] in context:
                found = context[name[0]]
                break
        for part in name[1:]:
            found = found.get(part, _ABSENT) if isinstance(found, Mapping) else _ABSENT
        return found

    def section(self, node: Section, frame: _Frame) -> None:
        found = self.find(node.name, frame)
        if found is _ABSENT:
            self.check_optional(node, frame)
            found = False
        empty = not found and not isinstance(found, Mapping)
        if node.inverted:
            if empty:
                self.nodes(node.children, frame)
            return
        many = isinstance(found, Sequence) and not isinstance(found, str)
        items = found if many else [] if empty else [found]
        for item in items:  # type: ignore[attr-defined]
            self.steps += 1
            frame.contexts.append(item)
            self.nodes(node.children, frame)
            frame.contexts.pop()

    def check_optional(self, node: Section, frame: _Frame) -> None:
        if len(node.name) == 1 and len(frame.contexts) == 1:
            place = frame.place(node.offset)
            raise TemplateFailed(f"`{node.name[0]}` has no value", place, file=frame.file)

    def partial(self, node: Partial, frame: _Frame) -> None:
        try:
            partial = self.partials[node.file]
        except KeyError:
            place = frame.place(node.offset)
            raise TemplateFailed(f"`{node.file}` is not at hand", place, file=frame.file) from None
        self.steps += 1 + len(partial.text) // 64
        if node.indent:
            tree = _indented(partial.text, node.indent)
            text = _indent(partial.text, node.indent)
        else:
            tree, text = _tree(partial.text), partial.text
        self.nodes(tree, _Frame(frame.contexts, text, node.file, len(node.indent)))


@lru_cache(maxsize=256)
def _tree(text: str) -> tuple[Node, ...]:
    return tuple(parse_tree(text))


@lru_cache(maxsize=256)
def _indented(text: str, indent: str) -> tuple[Node, ...]:
    """A partial alone on its line: each line of the partial is indented as the tag was."""
    return tuple(parse_tree(_indent(text, indent)))


def _indent(text: str, indent: str) -> str:
    return "\n".join(indent + line if line else line for line in text.split("\n"))
