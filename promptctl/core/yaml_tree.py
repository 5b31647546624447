"""The nodes of a YAML file with their places. Built only when somebody asks where something stands."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from promptctl.core.prompt import Path

NodeKind = Literal["scalar", "mapping", "sequence", "alias"]


@dataclass(slots=True, eq=False, repr=False)
class Node:
    """One node: its offsets in the text, what it says, and what it holds."""

    kind: NodeKind
    start: int
    end: int
    text: str = ""
    style: str = ""
    """Of a scalar: empty for plain, else one of ' " | >."""
    tag: str | None = None
    anchor: str | None = None
    entries: list[tuple[Node, Node | None]] = field(default_factory=list)
    """Of a mapping: keys and values, doubled keys included."""
    items: list[Node] = field(default_factory=list)

    @property
    def is_plain(self) -> bool:
        """Whether it is a scalar without quotes, tag or block indicator."""
        return self.kind == "scalar" and not self.style and self.tag is None

    def find(self, key: str) -> tuple[Node, Node | None] | None:
        """The first entry of that key."""
        for entry in self.entries:
            if entry[0].kind == "scalar" and entry[0].text == key:
                return entry
        return None


def build_tree(tokens: Sequence[tuple[str, Node]]) -> Node | None:
    """The root of a file, from its nodes in order ("open" or "leaf") and the ends ("close").

    A file that broke off gives the part that was read.
    """
    root: Node | None = None
    stack: list[Node] = []
    for kind, node in tokens:
        if kind == "close":
            closed = stack.pop()
            closed.end = _end_of(closed, node.end)
            continue
        if stack:
            _add(stack[-1], node)
        elif root is None:
            root = node
        if kind == "open":
            stack.append(node)
    return root


def _add(parent: Node, node: Node) -> None:
    if parent.kind == "sequence":
        parent.items.append(node)
    elif parent.entries and parent.entries[-1][1] is None:
        parent.entries[-1] = (parent.entries[-1][0], node)
    else:
        parent.entries.append((node, None))


def _end_of(node: Node, end: int) -> int:
    """A block collection ends where its last member does, not at the next thing in the file."""
    if node.style == "flow":
        return end
    last = node.items[-1] if node.items else None
    if node.entries:
        key, value = node.entries[-1]
        last = value or key
    return max(last.end, node.start) if last is not None else node.end


def walk(root: Node) -> Iterator[tuple[Path, Node, Node | None]]:
    """Every value with its path and its key, in the order of the file.

    Values under a doubled key, a merge key or a key that is no scalar are left out, as they are from
    the data.
    """
    stack: list[tuple[Path, Node, Node | None]] = [((), root, None)]
    while stack:
        path, node, key = stack.pop()
        yield path, node, key
        below: list[tuple[Path, Node, Node | None]] = [
            ((*path, number), member, None) for number, member in enumerate(node.items)
        ]
        seen: set[str] = set()
        for name, value in node.entries:
            if name.kind == "scalar" and name.text not in seen and value is not None:
                seen.add(name.text)
                below.append(((*path, name.text), value, name))
        stack += reversed(below)


def scalars(root: Node) -> Iterator[Node]:
    """Every scalar, keys and what is left out of the data included, in no special order."""
    stack = [root]
    while stack:
        node = stack.pop()
        if node.kind == "scalar":
            yield node
        stack += node.items
        for key, value in node.entries:
            stack += (key,) if value is None else (key, value)


def source_offset(text: str, node: Node, line: int, column: int) -> int | None:
    """Where the character at `line`, `column` of a scalar's value stands in the file's text.

    None where that cannot be told exactly.
    """
    if node.kind != "scalar":
        return None
    lines = node.text.split("\n")
    if not 1 <= line <= len(lines):
        return None
    target = sum(len(one) + 1 for one in lines[: line - 1]) + column - 1
    if node.style == "|":
        return _literal_offset(text, node, lines, line, column)
    if node.style == ">":
        return _folded_offset(text, node, target)
    quoted = 1 if node.style else 0
    if text[node.start + quoted : node.end - quoted] == node.text:  # nothing escaped or folded
        return node.start + quoted + target if 0 <= target <= len(node.text) else None
    offsets = list(_flow_offsets(text, node))
    if len(offsets) != len(node.text) + 1 or not 0 <= target < len(offsets):
        return None
    return offsets[target]


# Texts, since few files need them: `re` compiles them when they are first used, and keeps them.
_BREAK = r"\r\n|\n|\r"
_FOLD = r"[ \t]*(?:\r\n|\n|\r)[ \t\r\n]*"
_ESCAPE = r"\\(?:x.{2}|u.{4}|U.{8}|(?P<join>(?:\r\n|\n|\r)[ \t]*)|.)"


def _literal_offset(
    text: str, node: Node, lines: Sequence[str], line: int, column: int
) -> int | None:
    """A literal block keeps its lines; what differs is the indentation, the same on all of them."""
    starts = [match.end() for match in re.compile(_BREAK).finditer(text, node.start, node.end)]
    first = next((n for n, one in enumerate(lines) if one.strip()), None)
    if first is None or max(first, line - 1) >= len(starts):
        return None
    end = re.compile(_BREAK).search(text, starts[first])
    length = (end.start() if end else len(text)) - starts[first]
    indent = length - len(lines[first])
    return min(starts[line - 1] + indent + column - 1, len(text)) if indent >= 0 else None


def _folded_offset(text: str, node: Node, target: int) -> int | None:
    """Folding changes blanks and line breaks only, so the n-th other character is the n-th there."""
    header = re.compile(_BREAK).search(text, node.start)
    if header is None:
        return None
    value = node.text
    count = sum(not c.isspace() for c in value[: target + 1])
    if not 0 <= target < len(value) or value[target].isspace():
        return None
    for offset in range(header.end(), node.end):
        count -= not text[offset].isspace()
        if count == 0:
            return offset
    return None


def _flow_offsets(text: str, node: Node) -> Iterator[int]:
    """The offset of each character of a plain or quoted scalar's value, and of its end."""
    quoted = 1 if node.style else 0
    at, end = node.start + quoted, node.end - quoted
    while at < end:
        fold = re.compile(_FOLD).match(text, at, end) if text[at] in " \t\r\n" else None
        escape = re.compile(_ESCAPE).match(text, at, end) if node.style == '"' else None
        if fold:
            breaks = len(re.findall(_BREAK, fold[0]))
            yield from [at] * max(1, breaks - 1)
            at = fold.end()
        elif escape:
            if escape["join"] is None:
                yield at
            at = escape.end()
        else:
            yield at
            at += 2 if node.style == "'" and text.startswith("''", at) else 1
    yield at
