"""JSON for programs that a person may still look at in a terminal."""

from __future__ import annotations

import re

from promptctl.core.json_data import Json, dump_json
from promptctl.errors import PromptctlError

_HIDDEN = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")


def json_line(value: Json) -> str:
    """One line of JSON; characters that could drive a terminal are escaped, the value is the same.

    So are bytes of a file's name that are no characters, which UTF-8 could not carry.
    """
    return _HIDDEN.sub(lambda found: f"\\u{ord(found[0]):04x}", dump_json(value)) + "\n"


def error_object(error: PromptctlError) -> dict[str, Json]:
    """An error as every JSON output says it."""
    return {
        "kind": error.kind,
        "exit": error.exit_code,
        "message": error.message,
        "hint": error.hint,
    }


def error_json(error: PromptctlError) -> str:
    """The line on standard error of a command that was asked for JSON (schemas/error-output.schema.json)."""
    return json_line({"error": error_object(error)})
