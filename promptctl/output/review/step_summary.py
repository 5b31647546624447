"""The file to which a CI system's job appends what it wants to show."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from promptctl.errors import LocalIOError


def append_summary(path: Path, text: str) -> None:
    """Append a text to the file, which the CI system made. Raises LocalIOError."""
    try:
        with open(path, "ab") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise LocalIOError(f"{path} is no file, and the job's summary goes to one")
            file.write(text.encode("utf-8", "replace"))
    except OSError as error:
        raise LocalIOError(f"cannot write {path}: {error.strerror}") from error
