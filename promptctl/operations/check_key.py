"""Everything that decides what a check of prompts finds, besides the files that it reads."""

from __future__ import annotations

import os
import sys
import zlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from promptctl.errors import PromptctlError
from promptctl.files import read_regular_file
from promptctl.settings import Settings

MAX_SETTINGS = 64 * 1024
"""Bytes of promptctl.yaml with which a check is remembered."""
_PACKAGE = Path(__file__).resolve().parent.parent
_SCHEMAS = ("prompt", "project")


def check_key(settings: Settings) -> str | None:
    """A text that is another one as soon as anything else might be found in the same files.

    That is the settings, with promptctl.yaml byte by byte, for its own findings; the rules, the schemas
    and all other code of the checks; Python and the libraries. None where nothing should be remembered.
    """
    content = b""
    if settings.file is not None:
        try:
            content = read_regular_file(settings.file, MAX_SETTINGS)
        except PromptctlError:
            return None
    decided = replace(settings, sources={})  # those name the file from where the user stands
    return repr((sys.version, _libraries(), _code(), decided, content))


def _libraries() -> list[tuple[str, int]]:
    """Where libraries are, and when one was last installed, changed or removed there."""
    places = [place for place in sys.path if place.endswith("-packages") and os.path.isdir(place)]
    return [(place, os.stat(place).st_mtime_ns) for place in places]


def _code() -> str:
    """A checksum of the times of our own files: a release has a version of its own, but who works on
    the rules wants to see what they find now."""
    files = sorted(_files_of_checks())
    stamps = [(path, s.st_mtime_ns, s.st_size) for path in files for s in (os.stat(path),)]
    return f"{zlib.crc32(repr(stamps).encode('utf-8', 'surrogateescape')):08x}"


def _files_of_checks() -> Iterator[str]:
    for folder, _, names in os.walk(_PACKAGE / "core"):
        yield from (f"{folder}/{name}" for name in names if name.endswith(".py"))
    yield f"{_PACKAGE}/operations/check_files.py"
    yield from (f"{_PACKAGE}/schemas/{name}.schema.json" for name in _SCHEMAS)
