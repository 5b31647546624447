"""Rules about what a prompt says for the people who look after it."""

from __future__ import annotations

from collections.abc import Iterator

from promptctl.core.check_subject import Subject
from promptctl.core.finding import Finding
from promptctl.core.json_data import Json


def check_upkeep(subject: Subject) -> Iterator[Finding]:
    """Findings about a missing description and a missing owner, at the first key of the file."""
    first = next(iter(subject.data), None)
    path = () if first is None else (first,)
    if subject.wants("description-missing") and not _says(subject.data.get("description")):
        message = "nothing says what this prompt is for"
        hint = "description: Greet a customer by name."
        yield subject.found("description-missing", path, message, hint, key=True)
    if subject.wants("owner-missing") and not _says(subject.mapping("metadata").get("owner")):
        message = "nothing says who looks after this prompt"
        yield subject.found("owner-missing", path, message, "metadata: {owner: TEAM}", key=True)


def _says(value: Json) -> bool:
    return bool(value.strip()) if isinstance(value, str) else bool(value)
