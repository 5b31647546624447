"""changelog: what each version changed for callers, for the model and for people."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias

from promptctl.core.changelog import Changelog, Entry, Step, newest_steps, steps_of
from promptctl.core.diff import PromptDiff, Side
from promptctl.core.prompt import Prompt
from promptctl.core.record import Record, TagName
from promptctl.core.reference import parse_reference
from promptctl.core.renamed import former_names
from promptctl.errors import UsageProblem
from promptctl.operations.changelog_request import ChangelogRequest
from promptctl.operations.diff_pair import (
    Unreadable,
    compare_pair,
    placed_version,
    read_placed,
    version_folder,
)
from promptctl.operations.diff_sources import Pair, Placed
from promptctl.operations.log import matching
from promptctl.operations.repository import OpenRepository
from promptctl.operations.versions import fetch_tags_line, find_version
from promptctl.repo.objects import ObjectReader, open_objects
from promptctl.repo.releases import TagRef
from promptctl.repo.version_files import commits_between

_GLOB = re.compile(r"[*?\[]")
_Read: TypeAlias = tuple[Placed, Prompt | Unreadable | None]
"""A version, and its prompt or why it is none."""


def read_changelog(
    repository: OpenRepository, request: ChangelogRequest, limit: int | None = None
) -> Changelog:
    """The versions that a request names, newest first, each compared with the one before it.

    A version that cannot be read is listed all the same, with what is wrong. Raises PromptNotFound
    for a name that nothing ever had, and what the ends of a range raise that lead nowhere.
    """
    tags = _version_tags(repository, request.names)
    records, odd = repository.releases.read(tags)
    versions: dict[str, list[Record]] = {}
    for record in records:
        versions.setdefault(record.name, []).append(record)
    in_range, notes = _range(repository, request)
    found = (
        step
        for name, own in versions.items()
        for step in steps_of(own, _former(repository, name))
        if in_range(step.record)
    )
    steps = newest_steps(found, limit)
    notes += _names_beside(repository, request.names)
    if any(step.missing is not None for step in steps):
        notes.append(f"not all versions are in this clone; {fetch_tags_line(repository)}")
    return Changelog(tuple(_compared(repository, steps)), tuple(odd), tuple(notes))


def _version_tags(repository: OpenRepository, names: Sequence[str]) -> list[TagRef]:
    """The tags of all versions of the prompts that are named; whole names are asked for by prefix."""
    releases = repository.releases
    found: dict[str, TagRef] = {}
    for name in names or (None,):
        plain = name if name is not None and not _GLOB.search(name) else None
        tags = releases.list_tags(plain)
        if name is not None and (plain is None or not tags):
            every = tags if plain is None else releases.list_tags()
            chosen = set(matching({ref.tag.prompt for ref in every}, repository, name))
            tags = [ref for ref in tags if ref.tag.prompt in chosen]
        found |= {ref.whole: ref for ref in tags if ref.tag.label is None}
    return list(found.values())


def _former(repository: OpenRepository, name: str) -> Record | None:
    """The last version of a prompt under the name that it had before."""
    for old in former_names(repository.settings.renamed, name):
        latest = repository.releases.prompt_records(old).latest
        if latest is not None:
            return latest
    return None


def _names_beside(repository: OpenRepository, names: Sequence[str]) -> list[str]:
    """Where the changelogs of these prompts go on: under the names that they had before."""
    renamed, releases = repository.settings.renamed, repository.releases
    old_names = (old for name in names for old in former_names(renamed, name))
    return [
        f"renamed from {old}; promptctl changelog {old}"
        for old in old_names
        if releases.list_tags(old)
    ]


# --- ranges ------------------------------------------------------------------------------------------


def _range(
    repository: OpenRepository, request: ChangelogRequest
) -> tuple[Callable[[Record], bool], list[str]]:
    """Whether a version is in the range, and what has to be said of it."""
    if request.kind == "all":
        return lambda record: True, []
    if request.kind == "versions":
        after = _number(repository, request.names[0], request.after) or 0
        until = _number(repository, request.names[0], request.until)
        return lambda record: after < record.tag.number <= (until or record.tag.number), []
    history = repository.history
    ends = [history.resolve_commit(end or "HEAD") for end in (request.after, request.until)]
    commits = commits_between(history.git, *ends)
    notes = []
    if history.is_shallow():
        notes.append("this shallow clone may not hold the whole range; git fetch --unshallow")
    return lambda record: record.commit in commits, notes


def _number(repository: OpenRepository, name: str, end: str) -> int | None:
    """The version that one end of a range means; None if it is open."""
    if not end:
        return None
    reference = parse_reference(f"{name}@{end}")
    record = find_version(repository, reference) if reference.kind != "worktree" else None
    if record is None:
        raise UsageProblem(
            f"{reference} is no version, and the ends of this range are versions",
            f"promptctl changelog {name} A..B is the one of commits",
        )
    return record.tag.number


# --- comparing ---------------------------------------------------------------------------------------


def _compared(repository: OpenRepository, steps: Sequence[Step]) -> Iterator[Entry]:
    """The entries of these steps in their order. Each version is read and parsed once."""
    found: dict[TagName, PromptDiff] = {}
    with open_objects(repository.history.git) as objects:
        for own in _by_prompt(steps):
            read: dict[TagName, _Read] = {}
            for step in own:
                both = {one.tag: one for one in (step.before, step.record) if one is not None}
                read = {
                    tag: read[tag] if tag in read else _read(objects, one)
                    for tag, one in both.items()
                }
                found[step.record.tag] = _diff(step, read)
    return (Entry(step.record, found[step.record.tag]) for step in steps)


def _by_prompt(steps: Iterable[Step]) -> Iterator[list[Step]]:
    """The steps of each prompt, the oldest first, so that neighbours share a version."""
    grouped: dict[str, list[Step]] = {}
    for step in steps:
        grouped.setdefault(step.record.name, []).append(step)
    for own in grouped.values():
        yield own[::-1]


def _read(objects: ObjectReader, record: Record) -> _Read:
    placed = placed_version(objects, record, str(record.tag))
    return placed, read_placed(placed, version_folder(record))


def _diff(step: Step, read: Mapping[TagName, _Read]) -> PromptDiff:
    placed, new = read[step.record.tag]
    if step.missing is not None:
        before = Side(step.record.name, step.record.path, "?", None, step.missing)
        problem = f"v{step.missing}, which came before it, is not in this clone"
        return PromptDiff(before, placed.side, (), problem=problem)
    older, old = read[step.before.tag] if step.before is not None else (None, None)
    found = compare_pair(Pair(older, placed, "declared"), old, new)
    return found or PromptDiff(older.side if older is not None else None, placed.side, ())
