"""What counts of a prompt's records now: its latest version, and what each label names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from promptctl.core.release import PromptRecords

_NOTHING: Mapping[str, int] = {}


class LatestVersion(NamedTuple):
    """What lists need to know of the latest version of a prompt."""

    number: int
    commit: str
    path: str
    """The prompt's file at the commit, from the top of the git repository."""
    content: str


class Current(NamedTuple):
    """The latest version of a prompt, if it has one, and label -> the version that it names now.

    A label that names nothing is left out.
    """

    latest: LatestVersion | None
    labels: Mapping[str, int]
    rolled_back: Mapping[str, int] = _NOTHING
    """Each of these labels that a rollback moved last -> the version that it named before."""


def current_of(records: PromptRecords) -> Current:
    """What counts of these records."""
    version = records.latest
    latest = None
    if version is not None:
        latest = LatestVersion(version.tag.number, version.commit, version.path, version.content)
    moves = {label: records.in_force(label) for label in records.labels}
    now = {n: m for n, m in moves.items() if m is not None and m.version is not None}
    back = {
        n: m.previous for n, m in now.items() if m.kind == "rollback" and m.previous is not None
    }
    return Current(latest, {n: m.version for n, m in now.items() if m.version is not None}, back)
