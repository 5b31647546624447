"""How one text, number or word is written: as it stands where that is canonical already."""

from __future__ import annotations

import re
from collections.abc import Sequence

from promptctl.core.yaml_scalars import read_plain
from promptctl.core.yaml_tree import Node

WIDTH = 100
"""The columns of a line that nobody needs to make longer."""
STEP = 2
"""The blanks of one indentation."""

_NOT_IN_FLOW = re.compile(r"[,\[\]{}:?]")
"""Some readers take a question mark for the sign of a key there."""
_DOUBTFUL = frozenset({"y", "Y", "n", "N"})  # YAML 1.1 names them as booleans
_COMMON_ESCAPE = re.compile(r"\\[n\"\\]")
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_INDENTED = re.compile(r"[|>][-+]?[1-9]")


def line_text(node: Node, source: str, *, in_flow: bool) -> str | None:
    """A scalar on one line; None for a text that should have lines of its own."""
    value = node.text
    if node.is_plain and "\n" not in source:
        return source or ("null" if in_flow else "")
    if _has_prose(value) and _holds_in_block(node, source):
        return None
    return _short_text(node, source, in_flow=in_flow)


def key_text(node: Node, source: str) -> str:
    """A key; it stands on one line."""
    return (
        source if node.is_plain and "\n" not in source else _short_text(node, source, in_flow=True)
    )


def _short_text(node: Node, source: str, *, in_flow: bool) -> str:
    value = node.text
    is_kept = "\n" not in source and _has_rare_escape(node, source)
    if not is_kept and is_plain_text(value, in_flow=in_flow):
        return value
    if node.style == '"' and "\n" not in source:
        return source
    if node.style == "'" and "\n" not in source and ('"' in value or "\\" in value):
        return source
    return _double_quoted(value, keeps_odd=not _has_rare_escape(node, source))


def is_plain_text(value: str, *, in_flow: bool) -> bool:
    """Whether every reader takes this text without quotes for itself."""
    if not value.isprintable() or not (value[:1].isalpha() or value[:1] == "_"):
        return False
    if value[-1] in " :" or ": " in value or " #" in value or value in _DOUBTFUL:
        return False
    if in_flow and _NOT_IN_FLOW.search(value):
        return False
    return read_plain(value) == (value, None)


def scalar_lines(node: Node, source: str, indent: int, room: int) -> list[str]:
    """A scalar behind a key or dash at `indent`: what stands on that line, and the lines below.

    `room` is what the line has left.
    """
    value = node.text
    if node.style in ("|", ">"):
        return _block_lines(node, source, indent)
    if "\n" in value:
        in_block = _holds_in_block(node, source)
        return _literal(value, indent) if in_block else [_short_text(node, source, in_flow=False)]
    if "\n" not in source:
        return [source if node.is_plain else _short_text(node, source, in_flow=False)]
    text = value if node.is_plain else _short_text(node, source, in_flow=False)
    if len(text) <= room or not _holds_in_block(node, source):
        return [text]
    return _literal(value, indent) if _fits(value, indent) else _folded(value, indent)


def _has_prose(value: str) -> bool:
    """Whether more than one line says something."""
    return "\n" in value and sum(bool(line.strip()) for line in value.split("\n")) > 1


def _has_rare_escape(node: Node, source: str) -> bool:
    """Whether the author wrote a character as an escape that could also stand there itself."""
    return node.style == '"' and "\\" in _COMMON_ESCAPE.sub("", source)


def _holds_in_block(node: Node, source: str) -> bool:
    """Whether a block of text shows all of a value: nothing at the ends of lines, nothing odd."""
    value = node.text
    if "\t" in value or value[:1] in ("", " ", "\n") or value.endswith("\n\n"):
        return False
    if " \n" in value or value[-1] == " " or not value.strip():
        return False
    return not _has_rare_escape(node, source) or all(
        line.isprintable() for line in value.split("\n")
    )


def _block_lines(node: Node, source: str, indent: int) -> list[str]:
    value = node.text
    if not value.strip(" \t\n"):
        return [_double_quoted(value, keeps_odd=True)]
    is_regular = not _INDENTED.match(source) and value.rstrip("\n")[-1] not in " \t"
    if node.style == ">" and is_regular and not _fits(value, indent):
        return _as_folded(value, source.split("\n")[1:], indent)
    return _literal(value, indent)


def _fits(value: str, indent: int) -> bool:
    return max(map(len, value.split("\n"))) <= WIDTH - indent - STEP


def _literal(value: str, indent: int) -> list[str]:
    body = value.rstrip("\n")
    start = body.lstrip("\n")[:1]
    header = f"|{STEP if start in (' ', chr(9)) else ''}{_chomping(value)}"
    return [header, *_indented(body.split("\n"), indent), *_kept_breaks(value)]


def _folded(value: str, indent: int) -> list[str]:
    """A text of one line, broken between words."""
    width = max(WIDTH - indent - STEP, WIDTH // 2)
    lines: list[str] = []
    for word in re.split(r"(?<! ) (?! )", value.rstrip("\n")):
        if lines and len(lines[-1]) + 1 + len(word) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return [f">{_chomping(value)}", *_indented(lines, indent)]


def _as_folded(value: str, lines: Sequence[str], indent: int) -> list[str]:
    """A folded text with the breaks that its author chose."""
    first = next(line for line in lines if line.strip(" "))
    depth = len(first) - len(first.lstrip(" "))
    moved = _indented([line[depth:] for line in lines], indent)
    return [f">{_chomping(value)}", *moved, *_kept_breaks(value)]


def _chomping(value: str) -> str:
    if not value.endswith("\n"):
        return "-"
    return "+" if value.endswith("\n\n") else ""


def _kept_breaks(value: str) -> list[str]:
    return [""] * (len(value) - len(value.rstrip("\n")) - 1)


def _indented(lines: Sequence[str], indent: int) -> list[str]:
    blanks = " " * (indent + STEP)
    return [blanks + line if line else "" for line in lines]


def _double_quoted(value: str, *, keeps_odd: bool) -> str:
    return f'"{"".join(_escaped(char, keeps_odd) for char in value)}"'


def _escaped(char: str, keeps_odd: bool) -> str:
    if char in _ESCAPES:
        return _ESCAPES[char]
    code = ord(char)
    if char.isprintable() or (keeps_odd and code >= 0xA0 and code != 0xFEFF):
        return char
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
