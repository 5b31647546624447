"""How a value becomes text: the same in every template language."""

from __future__ import annotations

from promptctl.core.json_data import Json, dump_json


def text_of(value: Json) -> str:
    """A string as it is; everything else as JSON text: `true`, `null`, `1.5`, `{"a":[1,2]}`.

    Raises TypeError or ValueError for what is not JSON data.
    """
    return value if isinstance(value, str) else dump_json(value)
