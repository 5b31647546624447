"""The settings that a repository itself cannot talk its way around: those of its default branch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from promptctl.errors import FileMissing, PromptctlError, RevisionNotFound
from promptctl.operations.repository import OpenRepository
from promptctl.repo.branches import USUAL
from promptctl.repo.inspection import known_head
from promptctl.repo.remote import Remote
from promptctl.repo.remotes import remote_names
from promptctl.settings import SETTINGS_FILE, Settings, parse_settings


@dataclass(frozen=True, slots=True)
class Trusted:
    """The settings of the default branch, and the commit that they stand in."""

    settings: Settings
    commit: str | None
    """None where there is no commit at all."""
    tag_prefix: str = "prompts/"
    """What these settings say; `settings` has that of the working tree, by which tags are found."""
    branch: str | None = None
    """The default branch; None if it is not known."""


def remote_of(repository: OpenRepository) -> Remote | None:
    """The remote that releases belong to; None if this clone has none by that name."""
    settings, git = repository.settings, repository.history_at_top.git
    if settings.remote not in remote_names(git):
        return None
    return Remote(git, settings.remote, settings.tag_prefix)


def ask_remote(repository: OpenRepository, remote: Remote, names: Sequence[str] | None) -> Trusted:
    """Fetch the records of these prompts (of all, for None) and the default branch; its settings.

    Raises RemoteUnreachable.
    """
    branch = remote.fetch_with_head(names) or USUAL
    found = trusted_settings(repository, remote, branch)
    named = found.settings.default_branch
    if named is None or named == branch:
        return found
    remote.fetch(names, [named])
    return trusted_settings(repository, remote, named)


def trusted_settings(
    repository: OpenRepository, remote: Remote | None, branch: str | None = None
) -> Trusted:
    """The settings of the default branch as this clone knows it; those of the working tree count for
    nothing but the folder and the prefix."""
    here = repository.settings
    branch = branch or default_branch(repository, remote)
    for revision in _places(remote, branch):
        try:
            commit = repository.history.resolve_commit(revision)
        except RevisionNotFound:
            continue
        found = _read(repository, commit, revision)
        settings = replace(found, prompts_dir=here.prompts_dir, tag_prefix=here.tag_prefix)
        return Trusted(settings, commit, found.tag_prefix, branch)
    return Trusted(replace(here, labels={}, accepted_breaks=()), None, here.tag_prefix, branch)


def default_branch(repository: OpenRepository, remote: Remote | None) -> str | None:
    """The name of the default branch as far as it is known without asking anybody."""
    git = repository.history.git
    known = known_head(git, remote.name) if remote is not None else None
    if known or repository.settings.default_branch:
        return known or repository.settings.default_branch
    for branch in (USUAL, "master"):
        if any(map(repository.history.knows_commit, _refs(remote, branch))):
            return branch
    return None


def _refs(remote: Remote | None, branch: str) -> Iterator[str]:
    if remote is not None:
        yield remote.branch_ref(branch)
        yield f"refs/remotes/{remote.name}/{branch}"
    yield f"refs/heads/{branch}"


def _places(remote: Remote | None, branch: str | None) -> Iterator[str]:
    if branch is not None:
        yield from _refs(remote, branch)
    yield "HEAD"


def _read(repository: OpenRepository, commit: str, revision: str) -> Settings:
    settings = repository.settings
    start = Settings(settings.root, settings.file, settings.git_top, settings.is_bare)
    try:
        content = repository.history.read_file(commit, SETTINGS_FILE)
    except FileMissing:
        return start
    return parse_settings(content, start, f"{revision}:{SETTINGS_FILE}")


def read_signers(repository: OpenRepository, trusted: Trusted, path: str) -> bytes | None:
    """The allowed signers file of the default branch; None if it cannot be read there."""
    if trusted.commit is None:
        return None
    try:
        return repository.history.read_file(trusted.commit, path)
    except PromptctlError:
        return None
