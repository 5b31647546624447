"""What lists say of prompt files, remembered by the contents of the files: most need no YAML parser."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from promptctl.core.json_data import Json
from promptctl.core.summary import PromptSummary, VariableSummary, summarise_prompt
from promptctl.state.cache import Cache

MAX_ROWS = 20_000
"""Contents that are remembered at once, beyond those of one list."""


class Summaries:
    """The summaries of one prompt repository."""

    def __init__(self, environ: Mapping[str, str], root: Path) -> None:
        self._cache = Cache.open(environ, "list", root)
        self._rows = self._cache.read_table()
        self._used: dict[str, list[Json]] = {}
        self._has_new = False

    def summary(self, name: str, path: str, content: bytes) -> PromptSummary:
        """What a list says of a prompt file with this content."""
        digest = hashlib.sha256(content).hexdigest()
        row = self._rows.get(digest)
        found = _read(name, path, row) if row is not None else None
        if found is None:
            found = _summarise(name, path, content)
            row = _row(found)
            self._has_new = True
        if row is not None and found.problem is None:
            self._used[digest] = row
        return found

    def keep(self) -> None:
        """Remember what was new."""
        if self._has_new:
            fits = len(self._rows) + len(self._used) <= MAX_ROWS
            self._cache.write_table((self._rows if fits else {}) | self._used)


def _summarise(name: str, path: str, content: bytes) -> PromptSummary:
    from promptctl.core.document import parse_document  # PyYAML takes 15 ms

    parsed = parse_document(content, path)
    if parsed.document is None:
        return PromptSummary(name, path, problem=parsed.findings[0].message)
    return summarise_prompt(name, path, parsed.document.data)


def _row(summary: PromptSummary) -> list[Json]:
    variables: list[Json] = [[variable.name, variable.required] for variable in summary.variables]
    return [summary.description, summary.provider, summary.model, variables]


def _read(name: str, path: str, row: list[Json]) -> PromptSummary | None:
    """The summary in a row of the cache; None for one that `_row` cannot have made."""
    match row:
        case [
            (None | str()) as description,
            (None | str()) as provider,
            (None | str()) as model,
            list(variables),
        ]:
            declared = tuple(filter(None, map(_variable, variables)))
            if len(declared) == len(variables):
                return PromptSummary(name, path, description, provider, model, declared)
    return None


def _variable(pair: Json) -> VariableSummary | None:
    match pair:
        case [str() as name, bool() as required]:
            return VariableSummary(name, required)
    return None
