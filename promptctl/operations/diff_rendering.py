"""Which values the rendered messages of a diff are made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from promptctl.core.fast_dataclass import dataclass
from promptctl.core.json_data import Json
from promptctl.errors import UsageProblem
from promptctl.operations.variables import values_of_file


@dataclass(frozen=True, slots=True)
class Rendering:
    """That rendered messages are compared too: with these values, or with each prompt's examples."""

    values: Mapping[str, Json] | None = None


def rendering_of(
    file: str | None, directory: Path, read_stdin: Callable[[int], bytes], *, wanted: bool
) -> Rendering | None:
    """What the user wants rendered; None for nothing. Raises UsageProblem for a file that has no values."""
    if file is None:
        return Rendering() if wanted else None
    if not wanted:
        raise UsageProblem("--vars gives values to render with", "--render --vars FILE")
    return Rendering(values_of_file(file, directory, read_stdin))
