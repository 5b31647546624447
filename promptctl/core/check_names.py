"""Rules about the names of prompt files, one by one and beside each other."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from typing import Protocol

from promptctl.core.finding import Finding, Location
from promptctl.core.reference import has_wrong_extension, name_problem
from promptctl.core.rules import found
from promptctl.core.schema_words import shown


class NamedFile(Protocol):
    """A file that is a prompt, or looks like one."""

    @property
    def name(self) -> str:
        """The prompt's name: the path below the prompts folder without its extension."""

    @property
    def path(self) -> str:
        """The file's path below the root of the repository."""


def check_names(files: Iterable[NamedFile]) -> list[Finding]:
    """Findings about the names of these files: illegal ones, and those that clash somewhere."""
    first: dict[str, NamedFile] = {}
    findings: list[Finding] = []
    for file in files:
        findings += _check_name(file)
        findings += _check_clash(file, first)
    return findings


def _check_name(file: NamedFile) -> Iterator[Finding]:
    if has_wrong_extension(file.path):
        message = "a prompt file ends in .yaml; this one is not read as a prompt"
        yield found("name-extension", Location(file.path), message, "rename it to end in .yaml")
    problem = name_problem(file.name)
    if problem is not None:
        message = f"{shown(file.name)} is no prompt name: {problem}"
        yield found("name-invalid", Location(file.path), message, "rename the file")


def _check_clash(file: NamedFile, first: dict[str, NamedFile]) -> Iterator[Finding]:
    if has_wrong_extension(file.path):
        return
    folded = unicodedata.normalize("NFC", file.name).casefold()
    other = first.setdefault(folded, file)
    if other.path != file.path:
        message = f"this name clashes with {shown(other.name)} where letter case does not count"
        yield found("name-clash", Location(file.path), message, "rename one of the two")
