"""Small changes to texts that people wrote, when a prompt gets another name: all else stays as it is."""

from __future__ import annotations

import posixpath
import re

_HEAD = re.compile(r"renamed:[ \t]*(#.*)?")
_EMPTY = re.compile(r"renamed:[ \t]*\{[ \t]*\}[ \t]*(#.*)?")
_FLOW = re.compile(r"(renamed:[ \t]*\{.*[^{\s,])[ \t]*(\}[ \t]*(?:#.*)?)")
_ENTRY = re.compile(r"([ \t]+)(\"?)([a-z0-9/_-]+)\2:[ \t]+\S.*")
_PLAIN = re.compile(r"[a-z][a-z0-9_/-]*")
_WORDS = frozenset({"null", "true", "false", "yes", "no", "on", "off", "y", "n"})
_SCHEMA = re.compile(
    r"(#[ \t]*yaml-language-server:[ \t]*\$schema=)(\.{1,2}/[^\s#?]*)", re.MULTILINE
)
_HEAD_LINES = 5
"""Lines at the start of a file in which editors look for its schema."""


def add_renamed(text: str, old: str, new: str) -> str:
    """The text of a promptctl.yaml with `old: new` among its renamed prompts.

    An entry of the name that is taken anew goes. It is for the caller to see whether the settings are
    then what they should be: a text may be written in ways that are not understood here.
    """
    end = "\r\n" if "\r\n" in text else "\n"
    lines = text.splitlines(keepends=True)
    if lines and not lines[-1].endswith(("\n", "\r")):
        lines[-1] += end
    entry = f"{as_yaml(old)}: {as_yaml(new)}"
    for at, line in enumerate(lines):
        bare = line.rstrip("\r\n")
        if _EMPTY.fullmatch(bare) is not None:
            comment = bare.partition("}")[2].strip()
            lines[at] = f"renamed:{'  ' + comment if comment else ''}{end}  {entry}{end}"
            return "".join(lines)
        flow = _FLOW.fullmatch(bare)
        if flow is not None:
            lines[at] = f"{flow[1]}, {entry}{flow[2]}{end}"
            return "".join(lines)
        if _HEAD.fullmatch(bare) is not None:
            return "".join([*lines[: at + 1], *_in_block(lines[at + 1 :], new, entry, end)])
    return "".join([*lines, f"renamed:{end}  {entry}{end}"])


def _in_block(lines: list[str], new: str, entry: str, end: str) -> list[str]:
    """The lines behind `renamed:`, with the entry below the last one that is there."""
    last, indent = 0, "  "
    for at, line in enumerate(lines):
        if line.strip() and not line.startswith((" ", "\t", "#")):
            break
        found = _ENTRY.fullmatch(line.rstrip("\r\n"))
        if found is not None:
            last, indent = at + 1, found[1]
    kept = [line for line in lines[:last] if not _is_entry_of(line, new)]
    return [*kept, f"{indent}{entry}{end}", *lines[last:]]


def _is_entry_of(line: str, name: str) -> bool:
    found = _ENTRY.fullmatch(line.rstrip("\r\n"))
    return found is not None and found[3] == name


def as_yaml(name: str) -> str:
    """A prompt's name, or a fingerprint, as it stands in a YAML file in canonical form."""
    return name if _PLAIN.fullmatch(name) and name not in _WORDS else f'"{name}"'


def move_schema_line(text: str, old_path: str, new_path: str) -> str:
    """The text of a file that goes to another folder; its comment for editors still leads to the schema."""
    old, new = posixpath.dirname(old_path), posixpath.dirname(new_path)
    if old == new:
        return text
    found = _SCHEMA.search(text)
    if found is None or text.count("\n", 0, found.start()) >= _HEAD_LINES:
        return text
    target = posixpath.normpath(posixpath.join("/", old, found[2]))
    way = posixpath.relpath(target, posixpath.join("/", new))
    way = way if way.startswith(".") else f"./{way}"
    return text[: found.start()] + found[1] + way + text[found.end() :]
