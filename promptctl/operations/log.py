"""log, live: what was released, and what is in force now or was then."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase

from promptctl.core.record import Record
from promptctl.core.reference import is_label, parse_reference
from promptctl.core.release import in_force_at
from promptctl.core.release_log import ReleaseLog, newest_first
from promptctl.core.schema_words import did_you_mean
from promptctl.errors import PromptNotFound, ReferenceInvalid, UsageProblem
from promptctl.operations.repository import OpenRepository


def read_log(
    repository: OpenRepository,
    name: str | None = None,
    *,
    label: str | None = None,
    limit: int | None = None,
) -> ReleaseLog:
    """The records of one prompt or of all, newest first.

    Raises PromptNotFound for a name that neither the working tree nor a record knows.
    """
    _check_label(label)
    if name is None:
        prompts = list(repository.releases.all_records().values())
    else:
        _check_name(name)
        prompts = [repository.releases.prompt_records(name)]
        if not prompts[0].taken:
            _check_known(repository, name)
    records = newest_first(prompts, label)
    return ReleaseLog(tuple(records[:limit]), tuple(one for p in prompts for one in p.odd))


def live_records(
    repository: OpenRepository, label: str, pattern: str | None = None, at: int | None = None
) -> tuple[Record, ...]:
    """Of each prompt that matches, the record of the label that is in force, or was at a time; by name.

    Raises PromptNotFound if a pattern matches neither a prompt of the working tree nor one with records.
    """
    _check_label(label)
    releases = repository.releases
    prompts = releases.current_records() if at is None else releases.all_records()
    found: list[Record] = []
    for name in matching(prompts, repository, pattern):
        records = prompts[name]
        moves = records.moves.get(label, ())
        move = records.in_force(label) if at is None else in_force_at(moves, at)
        if move is not None:
            found.append(move)
    return tuple(found)


def matching(recorded: Iterable[str], repository: OpenRepository, pattern: str | None) -> list[str]:
    """Of the names with records those that match a glob, sorted. Raises PromptNotFound as `live_records`."""
    names = sorted(recorded)
    chosen = [name for name in names if pattern is None or fnmatchcase(name, pattern)]
    if pattern is not None and not chosen:
        here = repository.prompt_names()
        if not any(fnmatchcase(name, pattern) for name in here):
            hint = did_you_mean(pattern, {*here, *names}) or "promptctl list"
            raise PromptNotFound(f"no prompt matches {pattern}", hint)
    return chosen


def _check_label(label: str | None) -> None:
    if label is not None and not is_label(label):
        raise UsageProblem(
            f"`{label[:80]}` can be no label",
            "a-z, 0-9, _ and -; not a number, v + number, latest, default or head",
        )


def _check_name(name: str) -> None:
    reference = parse_reference(name)
    if reference.kind != "bare":
        raise ReferenceInvalid(
            f"{name} is one state of a prompt; a log is of all of them",
            f"promptctl log {reference.name}",
        )


def _check_known(repository: OpenRepository, name: str) -> None:
    here = repository.prompt_names()
    if name not in here:
        recorded = {ref.tag.prompt for ref in repository.releases.list_tags()}
        hint = did_you_mean(name, {*here, *recorded}) or "promptctl list"
        raise PromptNotFound(f"there is no prompt {name}, and none was ever released", hint)
