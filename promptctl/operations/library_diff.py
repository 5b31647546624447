"""What programs call to compare prompts."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from promptctl.core.diff import Diff
from promptctl.core.json_data import Json
from promptctl.operations.diff import diff as diff_request
from promptctl.operations.diff import diff_at
from promptctl.operations.diff_rendering import Rendering
from promptctl.operations.diff_request import parse_request
from promptctl.operations.repository import OpenRepository


def diff(
    repository: OpenRepository | Path | str,
    *targets: str,
    cached: bool = False,
    render: bool = False,
    variables: Mapping[str, Json] | None = None,
) -> Diff:
    """What differs between two states of prompts, for callers, for the model and for people.

    The targets are those of the command line: `greeting@1, greeting@2`, `main...HEAD`, names and globs;
    none for what is published and the working tree. `render` compares what the examples send too, or
    what these variables do. A folder need not be a repository to compare two files in it.
    """
    request = parse_request(targets, cached=cached)
    rendering = Rendering(variables) if render or variables is not None else None
    if isinstance(repository, OpenRepository):
        return diff_request(repository, request, rendering)
    return diff_at(Path(repository), None, request, rendering)
