"""The nodes and comments of a YAML file -> its lines in canonical layout."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from promptctl.core.layout.comments import Comment, CommentReader
from promptctl.core.layout.key_order import KeyOrder
from promptctl.core.layout.scalars import STEP, WIDTH, key_text, line_text, scalar_lines
from promptctl.core.yaml_tree import Node

_PRAGMA = "yaml-language-server"


@dataclass(slots=True)
class _Member:
    """One entry or item: the comments above it, with "" for each blank line, and its own lines."""

    is_spaced: bool
    """Whether a blank line stands above it all."""
    above: list[str]
    lines: list[str] = field(default_factory=list)
    rank: int = 0


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a value is written: behind a key or a dash at `indent`."""

    prefix: str
    end: int
    """The offset where the key or the dash ends in the file as it is."""
    bound: int
    """The offset where the next thing begins."""
    indent: int
    column: int
    """The indentation of the key or dash in the file as it is."""
    order: KeyOrder | None

    @property
    def is_item(self) -> bool:
        """Whether it is behind a dash."""
        return self.prefix == "-"

    def line(self, text: str, comment: Comment | None) -> str:
        """The line of the key or dash, with what stands behind it."""
        start = " " * self.indent + self.prefix
        return _with_comment(f"{start} {text}" if text else start, comment)


class LayoutWriter:
    """Writes one file. Everything is taken in the order of the file, so that no comment is lost."""

    def __init__(self, text: str, comments: CommentReader) -> None:
        self._text = text
        self._comments = comments

    def write(self, root: Node, order: KeyOrder | None) -> list[str]:
        """The lines of a file whose root is a mapping with entries."""
        start = root.entries[0][0].start
        comments = self._comments.take_before(start)
        size = self._head_size(comments, start)
        head = self._above(comments[:size], comments[size].start if comments[size:] else start)
        members = self._entries(root, 0, order, -1, len(self._text), comments[size:])
        members += self._foot(len(self._text), 0)  # what stands behind the last bracket
        return [*head.above, *_joined(members, 0)]

    def _head_size(self, comments: Sequence[Comment], start: int) -> int:
        """How many comments at the top belong to the file, and not to its first key."""
        size = 0
        following = [*(comment.start for comment in comments[1:]), start]
        for number, comment in enumerate(comments):
            if comment.switches_rules:
                break
            if _PRAGMA in comment.text or self._comments.is_spaced(following[number]):
                size = number + 1
        return size

    def _above(self, comments: Sequence[Comment], start: int) -> _Member:
        """A member with these comments above it, which begins at `start`."""
        offsets = [*(comment.start for comment in comments), start]
        above: list[str] = []
        for comment, following in zip(comments, offsets[1:], strict=True):
            above.append(comment.text)
            if self._comments.is_spaced(following):
                above.append("")
        return _Member(self._comments.is_spaced(offsets[0]), above)

    def _entries(
        self,
        node: Node,
        indent: int,
        order: KeyOrder | None,
        outer: int,
        bound: int,
        first: Sequence[Comment] = (),
    ) -> list[_Member]:
        """The entries of a mapping, sorted; `outer` is the column of what holds it."""
        column, end = self._extent(node, outer, bound)
        ends = [*(key.start for key, _ in node.entries[1:]), end]
        members = []
        for (key, value), after in zip(node.entries, ends, strict=True):
            comments = [*first, *self._comments.take_before(key.start)]
            first = ()
            name = key_text(key, self._text[key.start : key.end])
            below = order.below.get(key.text) if order is not None else None
            place = _Place(f"{name}:", key.end, after, indent, column, below)
            member = self._member(place, value, comments, key.start)
            member.rank = order.rank(key.text) if order is not None else 0
            members.append(member)
        members[0].is_spaced = False  # what is first has nothing to be apart from
        in_order = sorted(members, key=lambda member: member.rank)
        # What begins on the first line of a mapping belongs to the whole of it, as findings see it.
        if not (_switches_rules(members[0]) or _switches_rules(in_order[0])):
            members = in_order
        return [*members, *self._foot(end, column)]

    def _items(
        self, node: Node, indent: int, order: KeyOrder | None, outer: int, bound: int
    ) -> list[_Member]:
        column, end = self._extent(node, outer, bound)
        starts = self._starts(node)
        members = []
        for item, start, after in zip(node.items, starts, [*starts[1:], end], strict=True):
            comments = self._comments.take_before(start)
            behind = start if node.style == "flow" else start + 1
            place = _Place("-", behind, after, indent, column, order)
            members.append(self._member(place, item, comments, start))
        return [*members, *self._foot(end, column)]

    def _starts(self, node: Node) -> list[int]:
        """Where each item begins: in a list of lines at its dash."""
        if node.style == "flow":
            return [item.start for item in node.items]
        starts: list[int] = []
        end = node.start
        for item in node.items:
            starts.append(self._comments.find_dash(end))
            end = max(item.end, starts[-1] + 1)
        return starts

    def _extent(self, node: Node, outer: int, bound: int) -> tuple[int, int]:
        """The least column of a comment that belongs to a collection, and where it surely ends."""
        if node.style == "flow":
            return 0, node.end - 1
        if outer < 0:  # the root: all that is left belongs to it
            return 0, bound
        return max(self._comments.column(node.start), outer + 1), bound

    def _foot(self, end: int, column: int) -> list[_Member]:
        comments = self._comments.take_foot(end, column)
        if not comments:
            return []
        *others, last = comments
        foot = self._above(others, last.start)
        foot.above.append(last.text)
        return [foot]

    def _member(
        self, place: _Place, value: Node | None, comments: list[Comment], start: int
    ) -> _Member:
        """One entry or item that begins at `start`, below its comments."""
        beside = self._comments.take_beside(
            place.end, place.bound if value is None else value.start
        )
        if value is None or (value.is_plain and not value.text):
            beside = beside or self._comments.take_beside(place.end, place.bound)
            member = self._above(comments, start)
            member.lines = [place.line("", beside)]
            return member
        if value.kind == "scalar" or value.style == "flow" or place.is_item:
            comments += self._comments.take_before(value.start)
        if value.kind != "scalar" and not _holds_any(value):
            beside = beside or self._comments.take_beside(value.start + 1, value.end)
            comments += self._comments.take_before(value.end)
        lines = self._lines_if_short(place, value, [*comments, *([beside] if beside else [])])
        if lines is None:
            return self._opened(place, value, comments, beside, start)
        behind = value.start if value.style in ("|", ">") else value.end
        after = self._comments.take_beside(behind, place.bound)
        if beside is not None and after is not None:
            comments.append(beside)
            beside = None
        member = self._above(comments, start)
        member.lines = [place.line(lines[0], beside or after), *lines[1:]]
        return member

    def _lines_if_short(
        self, place: _Place, value: Node, comments: Sequence[Comment]
    ) -> list[str] | None:
        """A scalar, or a collection that stays on one line."""
        source = self._text[value.start : value.end]
        room = WIDTH - place.indent - len(place.prefix) - 1
        if value.kind == "scalar":
            return scalar_lines(value, source, place.indent, room)
        if value.style != "flow" or (
            _holds_any(value) and self._comments.has_any(value.start, value.end)
        ):
            return None
        order = _below(place, value)
        if order is not None and any(item.kind == "mapping" for item in value.items):
            return None  # messages, parts, examples: each has a line of its own
        after = self._comments.beside(value.end, place.bound)
        if any(comment and comment.switches_rules for comment in (*comments, after)):
            room = len(self._text) * 2  # it acts on its line alone
        text = self._flow(value, room, order)
        return None if text is None else [text]

    def _flow(self, node: Node, room: int, order: KeyOrder | None) -> str | None:
        """A value within brackets on one line; None if it needs more than `room`."""
        if node.kind == "scalar":
            text = line_text(node, self._text[node.start : node.end], in_flow=True)
            return text if text is not None and len(text) <= room else None
        entries: list[tuple[Node | None, Node | None]] = [(None, item) for item in node.items]
        entries += node.entries
        if order is not None and node.kind == "mapping":
            entries.sort(key=lambda entry: order.rank(entry[0].text if entry[0] else ""))
        parts: list[str] = []
        rest = room
        for key, value in entries:
            name = f"{key_text(key, self._text[key.start : key.end])}: " if key is not None else ""
            below = order.below.get(key.text) if order is not None and key is not None else order
            if value is not None and (value.kind == "mapping") is (key is not None):
                below = None
            text = "null" if value is None else self._flow(value, rest - len(name), below)
            if text is None or len(name) + len(text) + 2 > rest:
                return None
            parts.append(name + text)
            rest -= len(parts[-1]) + 2
        opening, closing = "[]" if node.kind == "sequence" else "{}"
        return f"{opening}{', '.join(parts)}{closing}"

    def _opened(
        self,
        place: _Place,
        value: Node,
        comments: list[Comment],
        beside: Comment | None,
        start: int,
    ) -> _Member:
        """A collection with a line for each member."""
        is_flow = value.style == "flow"
        if is_flow and beside is None:
            beside = self._comments.take_beside(value.start + 1, _first(value))
        if place.is_item:
            comments += self._comments.take_before(_first(value))
        order, inner = _below(place, value), place.indent + STEP
        bound = place.bound
        if value.kind == "mapping":
            members = self._entries(value, inner, order, place.column, bound)
        else:
            members = self._items(value, inner, order, place.column, bound)
        after = self._comments.take_beside(value.end, bound) if is_flow else None
        if after is not None and place.is_item:
            comments.append(after)
        elif after is not None and beside is not None:
            members.append(_Member(False, [after.text]))
        else:
            beside = beside or after
        member = self._above(comments, start)
        if place.is_item:
            member.above += members[0].above
            members[0].above = []
        member.lines = [place.line("", beside), *_joined(members, inner)]
        if place.is_item and beside is None:
            member.lines[:2] = [" " * place.indent + "- " + member.lines[1][inner:]]
        return member


def _switches_rules(member: _Member) -> bool:
    return any("promptctl:" in text for text in (*member.above, member.lines[0]))


def _holds_any(value: Node) -> bool:
    return bool(value.entries or value.items)


def _first(value: Node) -> int:
    """Where the first thing in a collection begins."""
    return value.entries[0][0].start if value.entries else value.items[0].start


def _below(place: _Place, value: Node) -> KeyOrder | None:
    """The order that holds inside a value: lists hand it on to the mappings in them."""
    return place.order if place.is_item == (value.kind == "mapping") else None


def _joined(members: Sequence[_Member], indent: int) -> list[str]:
    """The lines of all members, the first without a blank line above it."""
    lines: list[str] = []
    for member in members:
        # The blank lines at the end of a text that keeps them are part of it, and enough.
        if lines and member.is_spaced and lines[-1].strip():
            lines.append("")
        lines += [" " * indent + text if text else "" for text in member.above]
        lines += member.lines
    return lines


def _with_comment(line: str, comment: Comment | None) -> str:
    return line if comment is None else f"{line}{comment.gap}{comment.text}"
