"""verify: is the record unbroken? Here, against the commits, and against what the remote has."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from shlex import quote

from promptctl.core.audit import Problem, Scope, check_records
from promptctl.core.nearest import did_you_mean
from promptctl.core.record import Record
from promptctl.core.reference import parse_reference
from promptctl.core.release import PromptRecords
from promptctl.errors import RemoteUnreachable, VersionNotFound
from promptctl.operations.releasing import take_theirs
from promptctl.operations.repository import OpenRepository
from promptctl.operations.trusted import (
    Trusted,
    ask_remote,
    remote_of,
    trusted_settings,
)
from promptctl.operations.verify_content import check_contents
from promptctl.operations.verify_signatures import check_signatures
from promptctl.repo.inspection import misnamed_tags
from promptctl.repo.recording import common_dir
from promptctl.repo.releases import TAGS, TagRef
from promptctl.repo.remote import Remote


@dataclass(frozen=True, slots=True)
class Verification:
    """What verify looked at, and what is wrong."""

    problems: tuple[Problem, ...]
    prompts: int
    records: int
    remote: str | None
    """The remote that was asked; None for none."""

    @property
    def is_unbroken(self) -> bool:
        """Whether nothing but warnings was found."""
        return all(problem.is_warning for problem in self.problems)


def verify(
    repository: OpenRepository, name: str | None = None, *, offline: bool = False
) -> Verification:
    """Whether the record, of one prompt or of all, is unbroken. Nothing is changed but what is known
    of the remote.

    Raises VersionNotFound for a prompt without records, RemoteUnreachable, NotARepository.
    """
    names = None if name is None else [parse_reference(name).name]
    common_dir(repository.history.git)  # says where there is no git repository
    remote = remote_of(repository)
    asked = None if offline else remote
    trusted = None
    problems: list[Problem] = []
    if asked is not None:
        try:
            trusted = ask_remote(repository, asked, names)
        except RemoteUnreachable as error:
            error.hint = "promptctl verify --offline looks at this clone only"
            raise
        problems += _compare(repository, asked, names)
    trusted = trusted or trusted_settings(repository, remote)
    refs = _chosen(repository.releases.list_tags(), names)
    if asked is not None:
        here = {ref.whole for ref in refs}
        refs += [ref for ref in _tags(asked, names) if ref.whole not in here]
    prompts = _gathered(repository, refs)
    problems += _misnamed(repository, names)
    if names is not None and not prompts and not problems:
        known = sorted({ref.tag.prompt for ref in repository.releases.list_tags()})
        hint = did_you_mean(names[0], known) or f"promptctl publish {names[0]}"
        raise VersionNotFound(f"{names[0]} has no version and no label here", hint)
    scope = Scope(
        repository.settings.tag_prefix, remote.name if remote else None, asked is not None
    )
    problems += _check(repository, prompts, trusted, scope)
    count = sum(len(one.versions) + sum(map(len, one.moves.values())) for one in prompts)
    ordered = sorted(set(problems), key=lambda problem: (problem.tag, problem.id, problem.message))
    return Verification(tuple(ordered), len(prompts), count, asked.name if asked else None)


def _check(
    repository: OpenRepository, prompts: Sequence[PromptRecords], trusted: Trusted, scope: Scope
) -> Iterator[Problem]:
    for records in prompts:
        yield from check_records(records, scope)
    yield from check_contents(repository, _records(prompts))
    yield from check_signatures(repository, prompts, trusted)


def _records(prompts: Iterable[PromptRecords]) -> list[Record]:
    found: list[Record] = []
    for records in prompts:
        found += records.versions.values()
        for moves in records.moves.values():
            found += moves
    return found


def _chosen(refs: Iterable[TagRef], names: Sequence[str] | None) -> list[TagRef]:
    return [ref for ref in refs if names is None or ref.tag.prompt in names]


def _tags(remote: Remote, names: Sequence[str] | None) -> list[TagRef]:
    return _chosen(remote.releases.list_tags(), names)


def _gathered(repository: OpenRepository, refs: Sequence[TagRef]) -> list[PromptRecords]:
    found = repository.releases.gathered(refs)
    return [found[name] for name in sorted(found)]


def _misnamed(repository: OpenRepository, names: Sequence[str] | None) -> Iterator[Problem]:
    prefix = repository.settings.tag_prefix
    for whole in misnamed_tags(repository.history.git, prefix):
        if names is None or any(whole.startswith(f"{prefix}{name}@") for name in names):
            yield Problem(
                "no-record",
                whole,
                "its name is not that of a record",
                f"if nobody needs it: git update-ref -d {quote(TAGS + whole)}",
            )


def _compare(
    repository: OpenRepository,
    remote: Remote,
    names: Sequence[str] | None,
) -> Iterator[Problem]:
    """What is otherwise at the remote than here, and than it was there before."""
    here = {ref.whole: ref.oid for ref in _chosen(repository.releases.list_tags(), names)}
    there = {ref.whole: ref.oid for ref in _tags(remote, names)}
    gone, moved = (
        {ref.whole: ref.oid for ref in _chosen(known.list_tags(), names)}
        for known in (remote.gone, remote.moved)
    )
    known = gone | moved
    for whole in sorted(here.keys() | known.keys()):
        was, now = here.get(whole), there.get(whole)
        if now is None and whole in known:
            yield _gone(remote, whole, was or known[whole], is_here=was is not None)
        elif now is None:
            yield Problem(
                "not-pushed", whole, f"{remote.name} does not have it yet", "promptctl push", True
            )
        elif was not in (None, now) and known.get(whole, now) == now:
            yield Problem(
                "moved",
                whole,
                f"{remote.name} has another record by this name: yours was made here and never got there",
                take_theirs(remote, whole.removeprefix(remote.prefix).partition("@")[0]),
            )
        elif now != known.get(whole, now) or was not in (None, now):
            yield _moved(remote, whole, now, known.get(whole, was or now), was)


def _moved(remote: Remote, whole: str, now: str, before: str, here: str | None) -> Problem:
    theirs = whole.removeprefix(remote.prefix).partition("@")[0]
    forget = f"git update-ref -d {remote.space}moved/{whole}"
    accept = forget if here in (None, now) else f"{take_theirs(remote, theirs)}; and {forget}"
    where = "here it is" if here == before else "there it was"
    return Problem(
        "moved",
        whole,
        f"{remote.name} has another object there now, {now[:10]}, and {where} {before[:10]}:"
        " ask who moved it",
        f"to put it back: git push --force {remote.name} {before}:{TAGS}{whole}; to accept it: {accept}",
    )


def _gone(remote: Remote, whole: str, oid: str, *, is_here: bool) -> Problem:
    drop = f"git tag -d {whole} && " if is_here else ""
    return Problem(
        "gone",
        whole,
        f"{remote.name} had it, and it was deleted there",
        f"to put it back: git push {remote.name} {oid}:{TAGS}{whole}; to accept it:"
        f" {drop}git update-ref -d {remote.space}gone/{whole}",
    )
