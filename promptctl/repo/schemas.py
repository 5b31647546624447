"""The JSON Schemas that ship with promptctl."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, get_args

SchemaName = Literal[
    "prompt",
    "project",
    "config",
    "list-output",
    "show-output",
    "validate-output",
    "rules-output",
    "fmt-output",
    "explain-output",
    "render-output",
    "request-output",
    "run-output",
    "run-event",
    "config-output",
    "init-output",
    "new-output",
    "mv-output",
    "publish-output",
    "label-output",
    "push-output",
    "log-output",
    "status-output",
    "live-output",
    "resolve-output",
    "verify-output",
    "doctor-output",
    "diff-output",
    "changelog-output",
    "ci-output",
    "model-status-output",
    "model-install-output",
    "model-remove-output",
    "error-output",
]
"""What there is a schema of: first the files that people write, then what commands print."""

SCHEMA_NAMES: tuple[SchemaName, ...] = get_args(SchemaName)

_FOLDER = Path(__file__).resolve().parent.parent / "schemas"


def read_schema_text(name: SchemaName) -> str:
    """The text of one schema, exactly as shipped."""
    return (_FOLDER / f"{name}.schema.json").read_text(encoding="utf-8")
