"""A prompt file in the form that plain git compares: what it says and not how it is laid out.

One setting, one property and one sentence a line, keys in one order, so that a line that differs is
something that differs. Headings begin at the margin and everything below one is indented, so a text
cannot pretend to be a heading. `FORM` names the form: git keeps what it has converted under it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeGuard

from promptctl.core.json_data import Json, dump_json
from promptctl.core.rewrap import unwrapped
from promptctl.core.sentences import sentences
from promptctl.output.terminal import visible

FORM = 1
"""Raised whenever the same prompt comes out otherwise."""

HEADINGS = ("message", "template", "variable", "tool", "response_format", "example", "metadata")
"""The words that begin a heading, of those that a hunk of a diff is named after."""

_INDENT = "  "
_LINE, _GOES_ON = "| ", "  "
"""Before a line of a text, and before what follows in the same line of it."""
_LONGEST = 100
_SETTINGS = ("description", "provider", "model", "api", "template_format")
_SECTIONS = (
    "variables",
    "template",
    "messages",
    "tools",
    "response_format",
    "examples",
    "metadata",
)
_FIRST = (
    *("name", "type", "role", "id", "title", "description", "enum", "const", "default", "format"),
    *("properties", "items", "required"),
)
_PROSE = frozenset({"description", "text"})
"""Keys whose texts may be wrapped elsewhere; in any other value a line end is part of what it says."""
_PLAIN_KEY = re.compile(r"[\w$][\w$./-]*")
_NO_PLAIN_TEXT = re.compile(
    r"\Z|[\s\"|\[{]|- |-\Z|.*[\s]\Z|(?:true|false|null|-?[0-9][0-9.eE+-]*)\Z", re.DOTALL
)


def readable_text(data: Mapping[str, Json], ignored: Iterable[str] = ()) -> str:
    """The prompt in lines; `ignored` are the rules that comments in its file switch off."""
    lines = [*_settings(data), *(f"ignored rule: {rule}" for rule in sorted(set(ignored)))]
    for name in _SECTIONS:
        if name in data:
            lines += _section(name, data[name])
    return _revealed("".join(f"{line}\n" for line in lines))


def _revealed(text: str) -> str:
    if text.isascii():
        return visible(text)
    # All that a diff needs comes with it; git starts a process per file, and most are plain ASCII.
    from promptctl.output.changes.passage import revealed

    return revealed(text)


def _settings(data: Mapping[str, Json]) -> Iterator[str]:
    for key in _SETTINGS:
        if key in data and (key, data[key]) != ("template_format", "jinja2"):
            yield from _entry(key, data[key], "")
    parameters = data.get("parameters")
    if isinstance(parameters, Mapping):
        for key in sorted(parameters):
            yield from _entry(f"parameters.{key}", parameters[key], "")
    known = {*_SETTINGS, *_SECTIONS, *(("parameters",) if isinstance(parameters, Mapping) else ())}
    for key in sorted(data.keys() - known):
        yield from _entry(key, data[key], "")


def _section(name: str, value: Json) -> Iterator[str]:
    """A part of the prompt under its heading, or its members each under its own."""
    if name == "variables" and isinstance(value, Mapping):
        for key in sorted(value):
            yield from ("", f"variable {_key(key)}", *_block(value[key], _INDENT))
    elif name in ("messages", "tools", "examples") and _are_mappings(value):
        for member in value:
            yield from ("", *_member(name, member))
    else:
        yield from ("", name, *_block(value, _INDENT, is_text=name == "template"))


def _are_mappings(value: Json) -> TypeGuard[Sequence[Mapping[str, Json]]]:
    if isinstance(value, str) or not isinstance(value, Sequence):
        return False
    return all(isinstance(member, Mapping) for member in value)


def _member(name: str, member: Mapping[str, Json]) -> Iterator[str]:
    """A message, tool or example: what it is called, and the rest of it below."""
    key = "role" if name == "messages" else "name"
    called = member.get(key)
    told = {key} if isinstance(called, str) else set[str]()
    if name == "tools" and isinstance(function := member.get("function"), Mapping):
        called = called or function.get("name")
    yield f"{name[:-1]} {_scalar(called)}" if isinstance(called, str) else name[:-1]
    content = member.get("content")
    if name == "messages" and isinstance(content, str):
        yield from _text(content, _INDENT)
        told.add("content")
    rest = {key: value for key, value in member.items() if key not in told}
    if rest:
        yield from _block(rest, _INDENT)


def _block(
    value: Json, indent: str, *, is_text: bool = False, is_prose: bool = False
) -> Iterator[str]:
    """A value in lines of its own; `is_text` also if it is short."""
    if isinstance(value, Mapping) and value:
        for key in sorted(value, key=_place):
            yield from _entry(key, value[key], indent)
    elif isinstance(value, Sequence) and not isinstance(value, str) and value:
        for member in value:
            yield from _item(member, indent)
    elif isinstance(value, str) and (is_text or _is_text(value)):
        yield from _text(value, indent, is_prose=is_prose or is_text)
    else:
        yield f"{indent}{_scalar(value)}"


def _place(key: str) -> tuple[int, str]:
    return (_FIRST.index(key) if key in _FIRST else len(_FIRST), key)


def _entry(key: str, value: Json, indent: str) -> Iterator[str]:
    if _is_scalar(value):
        yield f"{indent}{_key(key)}: {_scalar(value)}"
        return
    if key == "required" and isinstance(value, Sequence):  # a set: its order says nothing
        value = sorted(value, key=dump_json)
    yield f"{indent}{_key(key)}:"
    yield from _block(value, indent + _INDENT, is_prose=key in _PROSE)


def _item(value: Json, indent: str) -> Iterator[str]:
    if _is_scalar(value):
        yield f"{indent}- {_scalar(value)}"
        return
    yield f"{indent}-"
    yield from _block(value, indent + _INDENT)


def _text(text: str, indent: str, *, is_prose: bool = True) -> Iterator[str]:
    """A text by its lines, and those in sentences; prose however its paragraphs were wrapped."""
    for line in unwrapped(text) if is_prose else text.split("\n"):
        first, *rest = sentences(line)
        yield f"{indent}{_LINE}{first}" if first else f"{indent}{_LINE}".rstrip()
        yield from (f"{indent}{_GOES_ON}{sentence}" for sentence in rest)


def _is_scalar(value: Json) -> bool:
    if isinstance(value, str):
        return not _is_text(value)
    return not value or not isinstance(value, (Mapping, Sequence))


def _is_text(value: str) -> bool:
    return "\n" in value or len(value) > _LONGEST


def _scalar(value: Json) -> str:
    """A value on one line, a text in quotes where it could be taken for another value."""
    if isinstance(value, str) and not _NO_PLAIN_TEXT.match(value):
        return value
    return dump_json(value)


def _key(key: str) -> str:
    return key if _PLAIN_KEY.fullmatch(key) else dump_json(key)


def raw_text(content: bytes) -> str:
    """A file that is no prompt, or a broken one, as it is; nothing in it can drive a terminal."""
    return visible(content.decode("utf-8", "replace").replace("\r\n", "\n"))
