"""What a change is held against: the commit that it is compared with, and the one whose rules count."""

from __future__ import annotations

import re
from collections.abc import Sequence

from promptctl.core.ci_runner import Runner
from promptctl.core.fast_dataclass import dataclass
from promptctl.errors import RevisionNotFound
from promptctl.operations.changed import default_base
from promptctl.operations.repository import OpenRepository
from promptctl.repo.inspection import known_head
from promptctl.repo.object_fetch import ObjectFetch
from promptctl.repo.remotes import fetch_line, remote_names

_UNKNOWN = "it is not known what the change is compared with"
_BRANCH = re.compile(r"(?!HEAD\Z)[A-Za-z0-9_][A-Za-z0-9_.-]*(/[A-Za-z0-9_][A-Za-z0-9_.-]*)*")
"""What may be the name of a branch, and is no expression."""


@dataclass(frozen=True, slots=True)
class Base:
    """What HEAD is compared with, and where the rules come from."""

    shown: str
    """For people: `3f2a91c (merge base with main)`."""
    commit: str
    rules_commit: str
    """The tip of the branch to merge into, as far as it is known."""
    note: str | None = None


def find_base(
    repository: OpenRepository, given: str | None, runner: Runner, fetch: ObjectFetch | None
) -> Base:
    """The base that somebody names, or the CI system, or else where HEAD left the default branch.

    With `fetch` what is not here is brought from the remote. Raises RevisionNotFound, whose hint is the
    git command that brings it, and RemoteUnreachable.
    """
    head = repository.history.resolve_commit("HEAD")
    # Only GitHub's own merge: one that the change itself brings has the parents that its author wants.
    if given is None and runner.merge_commit == head and runner.base_branch is not None:
        parents = _parents(repository, head)
        if len(parents) == 2:
            commit = _known(repository, parents[0], fetch)
            return Base(f"{commit[:7]} ({runner.base_branch})", commit, commit)
    if given is not None:
        return _of_branch(repository, head, given, [given, *_at_remote(repository, given)], fetch)
    branch = runner.base_branch
    at_remote = _at_remote(repository, branch) if branch is not None else []
    if runner.base_commit is not None:
        commit = _known(repository, runner.base_commit, fetch)
        tip = _tip(repository, branch, at_remote, fetch) if branch is not None else None
        where = f" ({branch})" if branch is not None else ""
        return Base(f"{commit[:7]}{where}", commit, tip or commit)
    if branch is None:
        return _of_default(repository, head, fetch)
    return _of_branch(repository, head, branch, at_remote, fetch)


def _of_branch(
    repository: OpenRepository,
    head: str,
    name: str,
    revisions: Sequence[str],
    fetch: ObjectFetch | None,
) -> Base:
    tip = _tip(repository, name, revisions, fetch)
    if tip is None:
        raise _not_here(repository, [name, *revisions][-1], name)
    return _compared(repository, tip, head, name)


def _compared(repository: OpenRepository, tip: str, head: str, shown: str | None = None) -> Base:
    """The commit where HEAD left the tip of a branch; the tip itself where that is not known here."""
    history = repository.history
    commit = history.resolve_commit(tip)
    name = shown or tip.removeprefix("refs/remotes/").removeprefix("refs/heads/")
    try:
        parted = history.merge_base(commit, head)
        return Base(f"{parted[:7]} (merge base with {name})", parted, commit)
    except RevisionNotFound:
        if not history.is_shallow():
            raise RevisionNotFound(f"{name} and HEAD have no commit in common") from None
    note = (
        f"this shallow clone does not hold the commit where HEAD left {name}: compared with {name}"
        " itself, so that what others changed there meanwhile looks undone; git fetch --unshallow"
    )
    return Base(f"{commit[:7]} (tip of {name})", commit, commit, note)


def _of_default(repository: OpenRepository, head: str, fetch: ObjectFetch | None) -> Base:
    try:
        return _compared(repository, _default(repository), head)
    except RevisionNotFound:
        oid = fetch.head() if fetch is not None else None
        if oid is None:
            raise
    shown = f"the default branch of {_remote(repository)}"
    return _compared(repository, _known(repository, oid, fetch), head, shown)


def _default(repository: OpenRepository) -> str:
    """The remote's own default branch where it is known: the settings are part of what is under test."""
    history, remote = repository.history, _remote(repository)
    branch = known_head(history.git, remote)
    ref = f"refs/remotes/{remote}/{branch}"
    return ref if branch is not None and history.knows_commit(ref) else default_base(repository)


def remote_to_ask(repository: OpenRepository) -> ObjectFetch | None:
    """The way to the remote; None if this clone has none."""
    git = repository.history.git
    return ObjectFetch(git, _remote(repository)) if remote_names(git) else None


def _remote(repository: OpenRepository) -> str:
    """The remote to go by: CI systems call it origin, whatever the settings under test say."""
    return next(iter(remote_names(repository.history.git)), repository.settings.remote)


def _at_remote(repository: OpenRepository, name: str) -> list[str]:
    """Where this clone knows a branch of the remote, if that may be its name."""
    return [f"refs/remotes/{_remote(repository)}/{name}"] if _BRANCH.fullmatch(name) else []


def _tip(
    repository: OpenRepository, name: str, revisions: Sequence[str], fetch: ObjectFetch | None
) -> str | None:
    """The commit that the first known revision names, or the remote's branch; None if none is known."""
    history = repository.history
    for revision in revisions:
        if history.knows_commit(revision):
            return history.resolve_commit(revision)
    if fetch is None or not _BRANCH.fullmatch(name):
        return None
    oid = fetch.list_refs([f"refs/heads/{name}"]).get(f"refs/heads/{name}")
    return None if oid is None else _known(repository, oid, fetch)


def _known(repository: OpenRepository, oid: str, fetch: ObjectFetch | None) -> str:
    """The commit, brought here if it is not. Raises RevisionNotFound where that is not allowed."""
    if not repository.history.knows_commit(oid):
        if fetch is None:
            raise _not_here(repository, oid, oid[:7])
        fetch.fetch([oid])
    return repository.history.resolve_commit(oid)


def _not_here(repository: OpenRepository, revision: str, shown: str) -> RevisionNotFound:
    history = repository.history
    remotes = remote_names(history.git)
    line = fetch_line(revision, remotes, shallow=history.is_shallow()) if remotes else None
    hint = "--fetch lets promptctl bring it" if remotes else "--base REF names what to compare with"
    return RevisionNotFound(
        f"{_UNKNOWN}: this clone does not hold {shown}", f"{line}\nor {hint}" if line else hint
    )


def _parents(repository: OpenRepository, commit: str) -> list[str]:
    """The parents that a commit names, whether a shallow clone holds them or not."""
    content = repository.history.git.output(["cat-file", "commit", commit])
    lines = content.partition(b"\n\n")[0].decode("utf-8", "replace").splitlines()
    return [line[7:] for line in lines if line.startswith("parent ")]
