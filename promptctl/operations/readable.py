"""Reading one prompt file, wherever it is, for plain git to compare."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from promptctl.core.document import parse_document
from promptctl.core.fast_dataclass import dataclass
from promptctl.core.json_data import Json
from promptctl.files import read_regular_file


@dataclass(frozen=True, slots=True)
class ReadableFile:
    """The bytes of a file and, if it is a prompt at least in outline, its data."""

    content: bytes
    data: Mapping[str, Json] | None = None
    """None for a file that is no prompt, or that cannot be read."""
    ignored: tuple[str, ...] = ()
    """The rules that comments in it switch off."""


def read_readable(path: Path) -> ReadableFile:
    """The file at a path; whatever is wrong with its text, it has no data then.

    Raises FileMissing and FileRefused. Nothing else is read: what a prompt includes is not known here,
    as git hands over one file by itself, and keeps the answer for it.
    """
    content = read_regular_file(path)
    parsed = parse_document(content, path.name)
    document = parsed.document
    data = document.data if document is not None else None
    if document is None or any(finding.is_error for finding in parsed.findings):
        return ReadableFile(content)
    if not isinstance(data, Mapping) or not data.keys() & {"messages", "template"}:
        return ReadableFile(content)
    return ReadableFile(content, data, tuple(word for word, _ in document.ignore_words()))
