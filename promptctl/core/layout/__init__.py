"""The canonical layout of a YAML file: other lines, the same data and the same comments.

What comes out is read again and held against what went in; where anything but the layout differs, there
is no result.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from promptctl.core.document import Document, parse_document
from promptctl.core.finding import Finding
from promptctl.core.json_data import Json, Path
from promptctl.core.layout.comments import CommentReader, NotUnderstood, find_comments
from promptctl.core.layout.key_order import PROMPT_ORDER, KeyOrder, in_order
from promptctl.core.layout.writer import LayoutWriter
from promptctl.core.settings_document import parse_settings_yaml
from promptctl.core.yaml_tree import walk

__all__ = ["Layout", "Outcome", "lay_out"]

_BOM = b"\xef\xbb\xbf"


Outcome = Literal["unchanged", "changed", "invalid", "kept"]
"""invalid: the file has findings; kept: in canonical layout it would not say the same."""


@dataclass(frozen=True, slots=True)
class Layout:
    """A file and what canonical layout makes of it."""

    path: str
    outcome: Outcome
    before: bytes = b""
    after: bytes = b""
    findings: Sequence[Finding] = ()
    problem: str | None = None
    """Why a file is kept as it is; completes a sentence that begins `in canonical layout`."""


def lay_out(content: bytes, path: str, *, is_settings: bool = False) -> Layout:
    """A prompt file, or a promptctl.yaml, in canonical layout; its data and comments are the same."""
    parse = parse_settings_yaml if is_settings else parse_document
    original = content.removeprefix(_BOM)
    parsed = parse(original, path)
    if parsed.document is None or parsed.findings:
        return Layout(path, "invalid", findings=parsed.findings)
    text = original.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    before = parsed.document if text == original else parse(text, path).document
    order = None if is_settings else PROMPT_ORDER
    try:
        written = _written(before, order).encode() if before is not None else b""
        after = before if written == text else parse(written, path).document
        problem = _difference(parsed.document, before, after, order)
    except NotUnderstood:
        problem = "directives of YAML have no place in it"
    if problem is not None:
        return Layout(path, "kept", problem=problem)
    return Layout(path, "unchanged" if written == content else "changed", content, written)


def _written(document: Document, order: KeyOrder | None) -> str:
    if document.tree.kind != "mapping" or not document.tree.entries:
        return document.text
    comments = find_comments(document.source, document.tree)
    writer = LayoutWriter(document.text, CommentReader(document.source, comments))
    return "\n".join(writer.write(document.tree, order)) + "\n"


def _difference(
    original: Document, before: Document | None, after: Document | None, order: KeyOrder | None
) -> str | None:
    """What changed besides the layout; `before` is the original with other ends of lines."""
    if before is after is original:
        return None
    if before is None or after is None:
        return "it could not be read"
    dumps = {_dump(in_order(one.data, order)) for one in (original, before, after)}
    if len(dumps) > 1:
        return "its values would change"
    if _comments(before) != _comments(after):
        return "its comments would change"
    if "promptctl:" in after.text and _ignored(original) != _ignored(after):
        return "its comments would ignore rules in other places"
    if after is not before and _written(after, order) != after.text:
        return "it would not be stable"
    return None


def _dump(data: Json) -> str:
    # Unlike ==, it tells 1 from 1.0 and true, and one order of keys from another.
    return json.dumps(data)


def _comments(document: Document) -> list[str]:
    return sorted(comment.text for comment in find_comments(document.source, document.tree))


def _ignored(document: Document) -> list[tuple[Path, list[frozenset[str]]]]:
    """The rules that are switched off for each value and its key, wherever they stand."""
    rules, position = document.ignored_rules, document.source.position
    found = []
    for path, node, key in walk(document.tree):
        lines = [position(one.start)[0] for one in (key, node) if one is not None]
        ignored = [rules.get(line, frozenset()) for line in lines]
        if any(ignored):
            found.append((path, ignored))
    return sorted(found, key=lambda one: repr(one[0]))
