"""JSON for programs that a person may still look at in a terminal."""

from __future__ import annotations

import re

from promptctl.core.json_data import Json, dump_json

_HIDDEN = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]")


def json_line(value: Json) -> str:
    """One line of JSON; characters that could drive a terminal are escaped, the value is the same."""
    return _HIDDEN.sub(lambda found: f"\\u{ord(found[0]):04x}", dump_json(value)) + "\n"
