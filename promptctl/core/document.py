"""A prompt file's YAML -> plain data, with the place of everything in it. The only door to PyYAML.

YAML is read as a careful way to write JSON: one document, text keys, no tags, anchors, aliases or merge
keys, and nothing that readers of YAML 1.1 and 1.2 take differently. The parser's events are read one
by one under limits and nothing recurses, so no file can cost much or crash the process.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from functools import cached_property
from itertools import islice
from typing import Final, Protocol, cast

import yaml
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from promptctl.core.fast_dataclass import dataclass
from promptctl.core.finding import Finding, Location, Severity
from promptctl.core.json_data import MAX_DEPTH, Json
from promptctl.core.prompt import Path
from promptctl.core.source_text import SourceText, decode_source
from promptctl.core.yaml_mistakes import LastRead, find_mistake
from promptctl.core.yaml_problems import (
    BEGINS_EARLIER,
    UNQUOTED,
    check_tree,
    explain_syntax,
    ignore_words,
    ignored_rules,
)
from promptctl.core.yaml_scalars import NUMBER_START, SPECIAL_WORDS, read_plain
from promptctl.core.yaml_tree import Node, NodeKind, build_tree, source_offset, walk

MAX_EVENTS = 50_000
"""Keys, values, and starts and ends of collections in one file."""

try:
    from yaml._yaml import CParser as _Parser
except ImportError:  # PyYAML built without libyaml: the same events, ten times slower
    from yaml import SafeLoader as _Parser  # type: ignore[assignment]


@dataclass(frozen=True)
class Document:
    """The data of a file and where each part of it stands.

    `data` leaves out what was refused, so that checks may go on after a finding.
    """

    path: str
    text: str
    data: Json
    _events: list[_Event] = field(repr=False, compare=False)
    _doubtful: bool = field(default=True, repr=False, compare=False)
    """Whether something in it may be refused."""

    def location(self, path: Path, *, key: bool = False) -> Location:
        """The span of the value at `path`, or of its key; the nearest ancestor's if there is none."""
        node, name = self._nearest(path)
        if name is not None and (key or node.start == node.end):
            node = name
        return self.source.span(node.start, node.end)

    def text_location(self, path: Path, line: int, column: int) -> Location:
        """The place in the file of a position inside the text at `path`.

        Where that cannot be told, the place of the whole text.
        """
        node, _ = self._nearest(path)
        offset = source_offset(self.text, node, line, column)
        if offset is None:
            return self.location(path)
        return self.source.span(offset, min(offset + 1, len(self.text)))

    def refuses(self, path: Path) -> bool:
        """Whether the value at `path`, or one that holds it, already has a finding of its own."""
        return any(path[:length] in self.refused for length in range(len(path) + 1))

    @cached_property
    def refused(self) -> frozenset[Path]:
        """The paths of all values that have a finding of their own."""
        return self._checked[1] if self._doubtful else frozenset()

    @cached_property
    def _checked(self) -> tuple[list[Finding], frozenset[Path]]:
        return check_tree(self.tree, self.source)

    @cached_property
    def source(self) -> SourceText:
        """The text with its lines."""
        return SourceText(self.path, self.text)

    @cached_property
    def ignored_rules(self) -> Mapping[int, frozenset[str]]:
        """Line -> rules that a comment `# promptctl: ignore[rule, other]` switches off there."""
        return ignored_rules(self.source, self.tree)

    def ignore_words(self) -> Iterator[tuple[str, Location]]:
        """Every word in those comments and its place; "" for a comment that names nothing."""
        if "promptctl:" in self.text:
            for word, start, end in ignore_words(self.source, self.tree):
                yield word, self.source.span(start, end)

    @cached_property
    def tree(self) -> Node:
        """The nodes of the file with their places."""
        return build_tree(list(_tokens(self._events, self.text))) or Node("scalar", 0, 0)

    @cached_property
    def _nodes(self) -> dict[Path, tuple[Node, Node | None]]:
        return {path: (node, key) for path, node, key in walk(self.tree)}

    def _nearest(self, path: Path) -> tuple[Node, Node | None]:
        while path not in self._nodes:
            path = path[:-1]
        return self._nodes[path]


@dataclass(frozen=True, slots=True)
class ParsedDocument:
    """A document, if the file could be read to its end, and all findings on the way."""

    document: Document | None
    findings: list[Finding]


def parse_document(content: bytes, path: str) -> ParsedDocument:
    """Read a YAML file. Never raises: whatever is wrong with the file is a finding with its place."""
    source, findings = decode_source(content, path)
    if source is None:
        return ParsedDocument(None, findings)
    events: list[_Event] = []
    try:
        data, doubtful = _build(_Parser(source.text), events)
        if len(events) >= MAX_EVENTS:
            raise _Stopped("yaml-limits", f"more than {MAX_EVENTS:,} keys and values", "shorten it")
        if "\\u" in source.text or "\\U" in source.text:
            _refuse_surrogates(events)
    except _Stopped as stop:
        failure = _stopped(stop, events, source)
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        # The latter two come from the pure parser, on an escape that names no character.
        failure = _too_deep(error, events, source) or _syntax_finding(error, events, source)
    else:
        document = Document(path, source.text, data, events, doubtful)
        if doubtful:
            findings += document._checked[0]
        return ParsedDocument(document, findings)
    tree = build_tree(list(_tokens(events, source.text)))
    if tree is not None:
        findings += check_tree(tree, source)[0]
    if all(finding.message != failure.message for finding in findings):
        findings.append(failure)
    return ParsedDocument(None, findings)


class _Mark(Protocol):
    index: int


class _Event(Protocol):
    """What is read of the parser's events; a kind of event has only some of it."""

    start_mark: _Mark
    end_mark: _Mark
    value: str
    implicit: tuple[bool, bool]
    tag: str | None
    anchor: str | None
    style: str | None
    flow_style: bool


class _Stopped(Exception):
    """Reading ended early for a reason that is no error of syntax."""

    def __init__(
        self, rule: str, message: str, hint: str | None, event: _Event | None = None
    ) -> None:
        super().__init__(message)
        self.rule, self.message, self.hint, self.event = rule, message, hint, event


# Stand for a key, compared by identity: what follows is left out of the data.
_DROPPED: Final = "".join(("<dropped", ">"))
_NO_TEXT: Final = "".join(("<no text", ">"))


def _build(parser: _Parser, events: list[_Event]) -> tuple[Json, bool]:
    """The data, and whether the tree has to be checked for what is refused."""
    # The hot path of validating: whatever needs a place or words is left to the tree.
    root: Json = None
    doubtful = False
    key: str | None = None
    current: dict[str, Json] | list[Json] | None = None
    stack: list[tuple[dict[str, Json] | list[Json] | None, str | None]] = []
    for event in cast(Iterator[_Event], islice(iter(parser.get_event, None), MAX_EVENTS)):
        events.append(event)
        kind: object = type(event)
        value: Json
        if kind is ScalarEvent:
            value = text = event.value
            special = event.implicit[0] and (text in SPECIAL_WORDS or text[0] in NUMBER_START)
            doubtful = doubtful or event.tag is not None or event.anchor is not None
            if key is None and type(current) is dict:
                key = text
                if special or text in current:
                    doubtful = True
                    key = _DROPPED if text in current or text == "<<" else text
                continue
            if special:
                value, problem = read_plain(text)
                doubtful = doubtful or problem is not None
        elif kind is MappingStartEvent or kind is SequenceStartEvent:
            doubtful = doubtful or event.tag is not None or event.anchor is not None
            if key is None and type(current) is dict:
                doubtful, key = True, _NO_TEXT
            stack.append((current, key))
            if len(stack) > MAX_DEPTH:
                raise _Stopped(*_TOO_DEEP)
            current, key = ({} if kind is MappingStartEvent else []), None
            continue
        elif kind is MappingEndEvent or kind is SequenceEndEvent:
            value = current
            current, key = stack.pop()
            if key is _NO_TEXT:
                key = _DROPPED
                continue
        elif kind is AliasEvent:
            value, doubtful = None, True
            if key is None and type(current) is dict:
                key = _DROPPED
                continue
        elif kind is DocumentStartEvent and len(events) > 2:  # the first stands behind StreamStart
            raise _Stopped(*_SECOND_DOCUMENT)
        else:
            continue
        if type(current) is dict:
            if key is not None and key is not _DROPPED:
                current[key] = value
            key = None
        elif type(current) is list:
            current.append(value)
        else:
            root = value
    return root, doubtful


def _refuse_surrogates(events: Iterable[_Event]) -> None:
    """The pure parser lets half a character through, which nothing can write afterwards."""
    for event in events:
        kind: object = type(event)
        if kind is ScalarEvent and any("\ud800" <= c <= "\udfff" for c in event.value):
            raise _Stopped(
                "yaml-syntax", *explain_syntax("invalid Unicode character", "", 1), event
            )


_TOO_DEEP = ("yaml-limits", f"nested more than {MAX_DEPTH} deep", "nest less")
_SECOND_DOCUMENT = (
    "yaml-documents",
    "a second document begins here",
    "a prompt file holds one document: remove the --- line, or indent it if it is text",
)


def _tokens(events: Iterable[_Event], text: str) -> Iterator[tuple[str, Node]]:
    for event in events:
        kind: object = type(event)
        start, end = event.start_mark.index, event.end_mark.index
        if kind is ScalarEvent:
            style = event.style or ""
            if style in ("|", ">"):
                end = start + len(text[start:end].rstrip())
            yield "leaf", Node("scalar", start, end, event.value, style, event.tag, event.anchor)
        elif kind is AliasEvent:
            yield "leaf", Node("alias", start, end)
        elif kind is MappingStartEvent or kind is SequenceStartEvent:
            shape: NodeKind = "mapping" if kind is MappingStartEvent else "sequence"
            style = "flow" if event.flow_style else ""
            yield "open", Node(shape, start, end, "", style, event.tag, event.anchor)
        elif kind is MappingEndEvent or kind is SequenceEndEvent:
            yield "close", Node("scalar", start, end)


def _stopped(stop: _Stopped, events: list[_Event], source: SourceText) -> Finding:
    event = stop.event or events[-1]
    place = source.span(event.start_mark.index, event.end_mark.index)
    return Finding(stop.rule, Severity.ERROR, place, stop.message, stop.hint)


def _too_deep(error: Exception, events: Sequence[_Event], source: SourceText) -> Finding | None:
    """The finding for brackets that libyaml from PyYAML 6.0.4 refuses before it tells of the first."""
    mark = error.problem_mark if isinstance(error, yaml.MarkedYAMLError) else None
    if mark is None or "maximum nesting depth" not in str(error):
        return None
    kinds: list[object] = [type(event) for event in events]
    depth = sum(kind in (MappingStartEvent, SequenceStartEvent) for kind in kinds)
    depth -= sum(kind in (MappingEndEvent, SequenceEndEvent) for kind in kinds)
    offset = events[-1].end_mark.index
    while offset < mark.index and depth + (source.text[offset] in "[{") <= MAX_DEPTH:
        depth += source.text[offset] in "[{"
        offset += 1
    rule, message, hint = _TOO_DEEP
    return Finding(rule, Severity.ERROR, source.span(offset, offset + 1), message, hint)


def _syntax_finding(error: Exception, events: Sequence[_Event], source: SourceText) -> Finding:
    """The finding for an error of the parser, at the place that a person would look at."""
    problem, offset = str(error), len(source.text)
    if isinstance(error, yaml.MarkedYAMLError):
        problem = f"{error.problem} {error.context or ''}"
        mark = (
            error.context_mark if re.search(BEGINS_EARLIER, problem) else None
        ) or error.problem_mark
        offset = min(mark.index, offset) if mark is not None else offset
    line, column = source.position(offset)
    message, hint = explain_syntax(problem, source.line(line), column)
    mistake = (
        find_mistake(problem, offset, source, _last_read(events))
        if message != UNQUOTED[1]
        else None
    )
    if mistake is not None:
        offset, message, hint = mistake.offset, mistake.message, mistake.hint
    elif "not closed" in message and isinstance(error, yaml.MarkedYAMLError) and error.context_mark:
        message += f"; it begins in line {error.context_mark.line + 1}"
    place = source.span(offset, min(offset + 1, len(source.text)))
    return Finding("yaml-syntax", Severity.ERROR, place, message, hint)


def _last_read(events: Sequence[_Event]) -> LastRead:
    """The last quoted or plain text, or the last bracket, that the parser told of."""
    for event in reversed(events):
        start, end = event.start_mark.index, event.end_mark.index
        if start < end:
            kind: object = type(event)
            block = kind is ScalarEvent and event.style in ("|", ">")
            return LastRead(end, end) if block else LastRead(start, end)
    return LastRead(0, 0)
