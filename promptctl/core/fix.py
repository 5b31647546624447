"""Mending what some rules find, where that is safe: small changes to the text, all else byte for byte.

Every change says beforehand what the data will be. The new text is read again, and counts only if it
holds exactly that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from promptctl.core.check_subject import lookup
from promptctl.core.check_text import trailing_blanks
from promptctl.core.closure import inline_texts
from promptctl.core.document import Document, parse_document
from promptctl.core.fast_dataclass import dataclass
from promptctl.core.json_data import Json, Path
from promptctl.core.model_facts import model_facts
from promptctl.core.strict_schema import ALWAYS_STRICT, STRICT_PROVIDERS, open_objects
from promptctl.core.templates import place_of

_BOM = b"\xef\xbb\xbf"


class Fix(NamedTuple):
    """One change: the rule that asks for it, the span in the text, and what stands there then.

    The value at `path` is then `value`; with `instead`, that key of the mapping goes.
    """

    rule: str
    line: int
    """That of the finding, on which a comment may say to ignore it."""
    start: int
    end: int
    text: str
    path: Path
    value: Json
    instead: str | None = None


@dataclass(frozen=True, slots=True)
class FixedSource:
    """A file's bytes after mending, and the rules of what was mended, one for each place."""

    content: bytes
    rules: tuple[str, ...]


def fix_source(content: bytes, path: str, off: frozenset[str]) -> FixedSource:
    """The prompt file with everything mended that can safely be; rules that are `off` or ignored are not."""
    rules: list[str] = []
    if content.startswith(_BOM):
        content = content[len(_BOM) :]
        rules.append("yaml-encoding")
    for plan in (_plan_limits, _plan_objects, _plan_spaces):
        content, mended = _with_fixes(content, path, off, plan)
        rules += mended
    return FixedSource(content, tuple(rules))


_Plan: TypeAlias = Callable[[Document, Mapping[str, Json]], Iterator[Fix]]


def _with_fixes(
    content: bytes, path: str, off: frozenset[str], plan: _Plan
) -> tuple[bytes, list[str]]:
    document = parse_document(content, path).document
    if document is None or not isinstance(document.data, Mapping):
        return content, []
    fixes = [
        fix
        for fix in sorted(plan(document, document.data), key=_place_in_text)
        if fix.rule not in off and fix.rule not in document.ignored_rules.get(fix.line, ())
    ]
    if not fixes:
        return content, []
    after = _apply(document.text, fixes).encode()
    again = parse_document(after, path).document
    wanted: Json = document.data
    for fix in fixes:
        wanted = _with_value(wanted, fix.path, fix)
    if again is None or again.data != wanted or again.refused != document.refused:
        return content, []
    return after, [fix.rule for fix in fixes]


def _place_in_text(fix: Fix) -> tuple[int, int]:
    """Where a change comes; of objects that end in one place, the inner is closed first."""
    return fix.start, -len(fix.path)


def _apply(text: str, fixes: Sequence[Fix]) -> str:
    pieces: list[str] = []
    done = 0
    for fix in fixes:
        pieces += text[done : fix.start], fix.text
        done = fix.end
    return "".join([*pieces, text[done:]])


def _with_value(data: Json, path: Path, fix: Fix) -> Json:
    """A copy of the data with a fix's value at a path."""
    if not path:
        return fix.value
    step, *rest = path
    if isinstance(step, str):
        kept = dict(data) if isinstance(data, Mapping) else {}
        kept[step] = _with_value(kept.get(step), tuple(rest), fix)
        if fix.instead is not None and not rest:
            del kept[fix.instead]
        return kept
    items = list(data) if isinstance(data, Sequence) else []
    items[step] = _with_value(items[step], tuple(rest), fix)
    return items


def _plan_spaces(document: Document, data: Mapping[str, Json]) -> Iterator[Fix]:
    """Blanks at the ends of lines go, where the file shows them as they are."""
    for path, text in inline_texts(data):
        value, fixes = text, []
        for start, end in reversed(list(trailing_blanks(text, is_part=path[-1] == "text"))):
            offset = _offset(document, path, text, start)
            if document.text[offset : offset + end - start] == text[start:end]:
                value = value[:start] + value[end:]
                fixes.append((offset, offset + end - start))
        for first, last in fixes:
            line, _ = document.source.position(first)
            yield Fix("trailing-space", line, first, last, "", path, value)


def _offset(document: Document, path: Path, text: str, start: int) -> int:
    place = document.text_location(path, *place_of(text, start))
    return document.source.line_starts[place.line - 1] + place.column - 1


def _plan_objects(document: Document, data: Mapping[str, Json]) -> Iterator[Fix]:
    """Objects of strict schemas are closed, as the provider asks."""
    for rule, root in _strict_schemas(data):
        schema = lookup(data, root)
        for path in open_objects(schema) if isinstance(schema, Mapping) else ():
            yield _closing(document, rule, (*root, *path), _last_key(schema, path))


def _last_key(schema: Json, path: Path) -> str:
    """The last key of an object's schema, which has one that says so."""
    node = lookup(schema, path)
    return list(node)[-1] if isinstance(node, Mapping) else ""


def _strict_schemas(data: Mapping[str, Json]) -> Iterator[tuple[str, Path]]:
    provider = data.get("provider")
    if provider not in STRICT_PROVIDERS:
        return
    tools = data.get("tools")
    for index, _ in enumerate(tools if isinstance(tools, list) else ()):
        function: Path = ("tools", index, "function")
        if lookup(data, (*function, "strict")) is True:
            yield "tool-schema-strict", (*function, "parameters")
    outer: Path = ("response_format", "json_schema")
    if provider in ALWAYS_STRICT or lookup(data, (*outer, "strict")) is True:
        yield "response-schema-strict", (*outer, "schema")


def _closing(document: Document, rule: str, path: Path, last: str) -> Fix:
    """The line, or the words, that close the object whose schema is the mapping at a path.

    `last` is its last key.
    """
    place, text, starts = document.location(path), document.text, document.source.line_starts
    start = starts[place.line - 1] + place.column - 1
    words = "additionalProperties: false"
    target: Path = (*path, "additionalProperties")
    if text[start : start + 1] == "{":
        end = document.location((*path, last))  # not at the bracket: a comment may stand before it
        at = starts[end.end_line - 1] + end.end_column - 1
        return Fix(rule, place.line, at, at, f", {words}", target, False)
    line_end = "\r\n" if "\r\n" in text else "\n"
    line = " " * (place.column - 1) + words
    if place.end_line >= len(starts):  # the last line has no end
        return Fix(rule, place.line, len(text), len(text), line_end + line, target, False)
    at = starts[place.end_line]
    return Fix(rule, place.line, at, at, line + line_end, target, False)


def _plan_limits(document: Document, data: Mapping[str, Json]) -> Iterator[Fix]:
    """A limit gets the name that the model knows."""
    facts = model_facts(str(data.get("provider")), str(data.get("model")))
    given = data.get("parameters")
    if facts is None or facts.max_tokens or not isinstance(given, Mapping):
        return
    if "max_tokens" in given and "max_completion_tokens" not in given:
        place = document.location(("parameters", "max_tokens"), key=True)
        start = document.source.line_starts[place.line - 1] + place.column - 1
        start += document.text[start] in "\"'"
        end = start + len("max_tokens")
        if document.text[start:end] == "max_tokens":
            name = "max_completion_tokens"
            path: Path = ("parameters", name)
            value = given["max_tokens"]
            fix = Fix("parameter-unsupported", place.line, start, end, name, path, value)
            yield fix._replace(instead="max_tokens")
