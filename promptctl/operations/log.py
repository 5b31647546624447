"""log, live: what was released, and what is in force now or was then."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase

from promptctl.core.nearest import did_you_mean
from promptctl.core.record import Record
from promptctl.core.reference import check_label, is_glob, parse_reference
from promptctl.core.release import DEFAULT_LABEL, PromptRecords, in_force_at, undoing_moves
from promptctl.core.release_log import ReleaseLog, newest_first
from promptctl.core.renamed import former_names, name_now, no_prompt
from promptctl.errors import LabelNotFound, PromptNotFound, ReferenceInvalid
from promptctl.operations.repository import OpenRepository


def read_log(
    repository: OpenRepository,
    name: str | None = None,
    *,
    label: str | None = None,
    limit: int | None = None,
) -> ReleaseLog:
    """The records of one prompt, of those that match a glob, or of all, newest first.

    Raises PromptNotFound for a name that neither the working tree nor a record knows, LabelNotFound
    for a label that no prompt ever had and no setting declares.
    """
    if label is not None:
        check_label(label)
    prompts = _records_of(repository, name)
    if label is not None and not any(label in one.moves for one in prompts):
        _check_label_known(repository, label)
    records = newest_first(prompts, label)
    moved = (moves for one in prompts for moves in one.moves.values())
    return ReleaseLog(
        tuple(records[:limit]),
        tuple(one for p in prompts for one in p.odd),
        frozenset(tag for moves in moved for tag in undoing_moves(moves)),
        *_names_beside(repository, name),
    )


def _records_of(repository: OpenRepository, name: str | None) -> list[PromptRecords]:
    if name is None:
        return list(repository.releases.all_records().values())
    if is_glob(name):
        prompts = repository.releases.all_records()
        return [prompts[one] for one in matching(prompts, repository, name)]
    _check_name(name)
    records = repository.releases.prompt_records(name)
    if not records.taken:
        _check_known(repository, name)
    return [records]


def _names_beside(
    repository: OpenRepository, name: str | None
) -> tuple[tuple[str, ...], str | None]:
    """The old names of a prompt that have records, and what an old name is now."""
    if name is None or is_glob(name):
        return (), None
    renamed, releases = repository.settings.renamed, repository.releases
    former = (old for old in former_names(renamed, name) if releases.list_tags(old))
    now = name_now(renamed, name)
    if now is not None and name in repository.prompt_names():
        now = None  # there is a new prompt by the old name
    return tuple(former), now


def live_records(
    repository: OpenRepository, label: str, pattern: str | None = None, at: int | None = None
) -> tuple[Record, ...]:
    """Of each prompt that matches, the record of the label that is in force, or was at a time; by name.

    Raises PromptNotFound if a pattern matches neither a prompt of the working tree nor one with records,
    LabelNotFound as `read_log` does.
    """
    check_label(label)
    releases = repository.releases
    prompts = releases.current_records() if at is None else releases.all_records()
    if not any(label in records.moves for records in prompts.values()):
        _check_label_known(repository, label)
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


def _check_label_known(repository: OpenRepository, label: str) -> None:
    """Raises LabelNotFound where a label was never recorded for any prompt, nor is declared."""
    recorded = {ref.tag.label for ref in repository.releases.list_tags() if ref.tag.label}
    known = {DEFAULT_LABEL, *repository.settings.labels, *recorded}
    if label not in known:
        from promptctl.operations.missing_tags import missing_tags_line  # rare, and slow to load

        hint = did_you_mean(label, known) or f"the labels here: {', '.join(sorted(known))}"
        raise LabelNotFound(
            f"no prompt ever had a label {label}", missing_tags_line(repository) or hint
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
    if name in here:
        return
    settings = repository.settings
    if name_now(settings.renamed, name) in here:
        raise no_prompt(name, here, settings.renamed)
    recorded = {ref.tag.prompt for ref in repository.releases.list_tags()}
    hint = did_you_mean(name, {*here, *recorded}) or "promptctl list"
    raise PromptNotFound(f"no prompt is called {name}, and no release has that name", hint)
