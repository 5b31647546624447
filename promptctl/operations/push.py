"""push: records that were made with --no-push, or before there was a remote, go there."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from promptctl.core.record import Record, TagName
from promptctl.errors import LostRace, NotFound, Refused
from promptctl.operations.releasing import Desk, take_theirs
from promptctl.operations.repository import OpenRepository
from promptctl.operations.trusted import ask_remote, remote_of
from promptctl.repo.recording import Note, common_dir, locked
from promptctl.repo.releases import TagRef
from promptctl.repo.remote import Remote, TagTaken
from promptctl.repo.unpushed import forget_unpushed


def configured_remote(repository: OpenRepository) -> Remote:
    """The remote that releases belong to. Raises NotFound if there is none by that name."""
    remote = remote_of(repository)
    if remote is None:
        name = repository.settings.remote
        raise NotFound(f"this clone has no remote {name}", f"git remote add {name} URL")
    return remote


def pending(repository: OpenRepository, remote: Remote) -> list[TagRef]:
    """The records of this clone that the remote lacked when it was last asked, oldest first."""
    there = {ref.whole for ref in remote.releases.list_tags()}
    missing = [ref for ref in repository.releases.list_tags() if ref.whole not in there]
    records, _ = repository.releases.read(missing)  # what is no record stays where it is
    are_records = {record.tag for record in records}
    return sorted((ref for ref in missing if ref.tag in are_records), key=_in_order)


def _in_order(ref: TagRef) -> tuple[str, bool, str, int]:
    # A label's record goes after the versions that it may name.
    tag: TagName = ref.tag
    return tag.prompt, tag.label is not None, tag.label or "", tag.number


def push_records(
    repository: OpenRepository, note: Note, done: Callable[[str], None], *, dry_run: bool = False
) -> int:
    """Push what the remote lacks, record by record; how many there were. Raises LostRace on a clash."""
    remote = configured_remote(repository)
    desk = _desk(repository, remote, note)
    waiting = pending(repository, remote)
    _check_clashes(repository, remote)
    gone = {ref.whole for ref in remote.gone.list_tags()}
    for ref in waiting:
        if ref.whole in gone:
            note(f"{ref.whole} was at {remote.name} before and is gone there: it is sent again")
    _check_allowed(desk, waiting)
    if dry_run:
        for ref in waiting:
            done(ref.whole)
        return len(waiting)
    with locked(common_dir(repository.history.git), note) as lock:
        for ref in waiting:
            try:
                remote.push({ref.whole: ref.oid}, atomic=False)
            except TagTaken:
                raise _clash(remote, ref.whole) from None
            remote.remember({ref.whole: ref.oid})
            done(ref.whole)
        forget_unpushed(lock.common, {ref.whole for ref in remote.releases.list_tags()})
    return len(waiting)


def _desk(repository: OpenRepository, remote: Remote, note: Note) -> Desk:
    """The place to release from, with what the remote has; nothing is taken over."""
    found = ask_remote(repository, remote, None)
    trusted, branch = found.settings, found.branch
    branches = {label.branch for label in trusted.labels.values() if label.branch} - {branch}
    if branches:
        remote.fetch(None, sorted(branches))
    common = common_dir(repository.history.git)
    return Desk(repository, remote, trusted, branch, common, note)


def _check_allowed(desk: Desk, waiting: Sequence[TagRef]) -> None:
    """Raises what publish and label would have raised, had they pushed."""
    records, _ = desk.releases.read([ref for ref in waiting if ref.tag.label is not None])
    for record in records:
        label = record.tag.label or ""
        version = desk.releases.version(record.name, record.version) if record.version else None
        if record.version and (
            not isinstance(version, Record) or version.content != record.content
        ):
            raise LostRace(
                f"{record.tag} was made for another {record.name} v{record.version} than the one there is",
                take_theirs(desk.remote, record.name) if desk.remote is not None else None,
            )
        if record.version:
            desk.check_merged(record.commit, label)
        if desk.must_sign(label) and not record.is_signed:
            raise Refused(f"{record.tag} is not signed, and {label} takes signed records only")


def _check_clashes(repository: OpenRepository, remote: Remote) -> None:
    there = {ref.whole: ref.oid for ref in remote.releases.list_tags()}
    for ref in repository.releases.list_tags():
        if there.get(ref.whole, ref.oid) != ref.oid:
            raise _clash(remote, ref.whole)


def _clash(remote: Remote, whole: str) -> LostRace:
    return LostRace(
        f"{remote.name} has another record at {whole} than this clone",
        take_theirs(remote, whole.removeprefix(remote.prefix).partition("@")[0]),
    )
