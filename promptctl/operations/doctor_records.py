"""The part of the checklist that is about records: lock files, records not taken over, numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from promptctl.core.audit import Check, Scope, check_numbers
from promptctl.core.record import TagName
from promptctl.errors import PromptctlError
from promptctl.operations.only_here import records_only_here
from promptctl.operations.repository import OpenRepository
from promptctl.repo.inspection import is_idle
from promptctl.repo.lock_files import REMOTES, old_locks, remove
from promptctl.repo.recording import Note, create_refs, locked, read_intent
from promptctl.repo.releases import TAGS
from promptctl.repo.remote import Remote

_NAMED = 3
"""Tags that are named one by one."""
_FIX = "promptctl doctor --fix"


def check_locks(common: Path, prefix: str, *, fix: bool, note: Note) -> Iterator[Check]:
    """Lock files and the intent of a process that was killed; removed with `fix`."""
    if not is_idle(common) and not fix:
        yield Check("locks", "ok", "another promptctl is at work in this clone")
        return
    intent = read_intent(common)
    refs = None if intent is None else [ref for ref in intent if ref.startswith(TAGS)]
    places = (f"{TAGS}{prefix}", REMOTES)
    if not fix:
        yield _locks(common, old_locks(common, places))
        if refs is not None:
            yield Check("intent", "warning", _interrupted(refs), f"{_FIX}, or the next release")
        return
    with locked(common, note) as lock:  # which removes the locks that the intent names
        lock.settle(list(lock.left))
        stale = old_locks(common, places)
        remove(stale)
    if stale:
        yield Check("locks", "ok", f"removed {_shown(common, stale)}", is_fixed=True)
    else:
        yield _locks(common, stale)
    if refs is not None:
        yield Check("intent", "ok", f"cleared: {_interrupted(refs)}", is_fixed=True)


def _locks(common: Path, stale: list[Path]) -> Check:
    if not stale:
        return Check("locks", "ok", "no lock files were left behind")
    message = f"left behind by a git that was killed: {_shown(common, stale)}"
    return Check("locks", "problem", message, _FIX)


def _shown(common: Path, places: list[Path]) -> str:
    return _few([place.relative_to(common).as_posix() for place in places])


def _few(names: list[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


def _interrupted(refs: list[str]) -> str:
    names = _few([ref.removeprefix(TAGS) for ref in refs]) or "records"
    return f"a promptctl ended while it wrote {names}"


def check_records(
    repository: OpenRepository, common: Path, remote: Remote | None, *, fix: bool, note: Note
) -> Iterator[Check]:
    """Records that are only here, and those that the remote had when it was last asked and that are not
    here; taken over with `fix`."""
    if remote is None:
        return
    unpushed = records_only_here(repository)
    if unpushed:
        message = f"only in this clone, so nobody else sees them: {_few(list(unpushed))}"
        yield Check("records", "warning", message, "promptctl push")
    here = {ref.whole: ref.oid for ref in repository.releases.list_tags()}
    there = {ref.whole: ref.oid for ref in remote.releases.list_tags()}
    clashes = [whole for whole, oid in there.items() if here.get(whole, oid) != oid]
    if clashes:
        message = f"other records at {remote.name} than here: {_few(clashes)}"
        yield Check("records", "problem", message, "promptctl verify")
    missing = {whole: oid for whole, oid in there.items() if whole not in here}
    if not missing:
        if not clashes:
            yield Check(
                "records", "ok", f"all records that {remote.name} is known to have are here"
            )
        return
    if not fix:
        yield _not_here(remote, missing)
        return
    try:
        with locked(common, note) as lock:
            refs = {f"{TAGS}{whole}": oid for whole, oid in missing.items()}
            done = create_refs(repository.history.git, lock, refs, elsewhere=True)
    except PromptctlError as error:
        yield Check("records", "problem", error.message, error.hint)
        return
    if done:
        yield Check("records", "ok", f"taken over: {_few(list(missing))}", is_fixed=True)
    else:
        yield _not_here(remote, missing)


def _not_here(remote: Remote, missing: Mapping[str, str]) -> Check:
    message = f"{remote.name} has records that are not here: {_few(list(missing))}"
    return Check("records", "warning", message, _FIX)


def check_numbering(
    repository: OpenRepository, remote: Remote | None, *, was_asked: bool
) -> Iterator[Check]:
    """Numbers of versions and moves that are missing, here and as far as is known at the remote."""
    prompts: dict[str, set[TagName]] = {}
    there = remote.releases.list_tags() if remote is not None else []
    for ref in (*repository.releases.list_tags(), *there):
        prompts.setdefault(ref.tag.prompt, set()).add(ref.tag)
    scope = Scope(repository.settings.tag_prefix, remote.name if remote else None, was_asked)
    gaps = [gap for tags in prompts.values() for gap in check_numbers(tags, scope)]
    for gap in gaps:
        yield Check("numbers", "warning", f"{gap.tag}: {gap.message}", gap.hint)
    if not gaps:
        count = f"{len(prompts)} released prompt{'' if len(prompts) == 1 else 's'}"
        yield Check("numbers", "ok", f"no numbers are missing ({count})")
