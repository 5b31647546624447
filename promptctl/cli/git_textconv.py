"""What `promptctl git-setup` lets git run for each prompt file that it compares.

Git starts this once for every state of every file, so it is no command of the table: nothing is parsed but
the file's name, and neither Typer nor a repository is loaded.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from promptctl.errors import PromptctlError
from promptctl.operations.readable import read_readable
from promptctl.output.readable import raw_text, readable_text


def write_readable(arguments: Sequence[str]) -> int:
    """Write a file's readable form, whole or not at all; 1 where the shell is to show the file as it is.

    The first argument is the form that was installed: git keeps what came out under the whole command.
    """
    try:
        found = read_readable(Path(arguments[-1]))
        data = found.data
        text = readable_text(data, found.ignored) if data is not None else raw_text(found.content)
        _write(text.encode("utf-8", "replace"))
    except (PromptctlError, OSError):
        return 1
    return 0


def _write(content: bytes) -> None:
    while content:
        content = content[os.write(1, content) :]
