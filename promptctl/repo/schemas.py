"""The JSON Schemas that ship with promptctl."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

SchemaName = Literal["prompt", "project", "config"]

_FOLDER = Path(__file__).resolve().parent.parent / "schemas"


def read_schema_text(name: SchemaName) -> str:
    """The text of one schema, exactly as shipped."""
    return (_FOLDER / f"{name}.schema.json").read_text(encoding="utf-8")
