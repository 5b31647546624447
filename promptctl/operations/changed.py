"""Which prompts a change reaches: what the working tree is compared with, and what differs from it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from promptctl.core.fast_dataclass import dataclass
from promptctl.errors import PromptctlError, RevisionNotFound
from promptctl.operations.repository import OpenRepository
from promptctl.repo.history import History, TreeEntry
from promptctl.repo.remotes import fetch_line, remote_names
from promptctl.repo.worktree import PromptFile, Worktree
from promptctl.settings import Settings

_UNKNOWN = "it is not known what the change is compared with"


@dataclass(frozen=True, slots=True)
class Comparison:
    """What a change is measured against."""

    base: str
    """The branch or commit-ish, as people write it."""
    commit: str
    is_tip: bool = False
    """Whether it is the base itself, for want of the commit where the branch left it."""

    @property
    def in_words(self) -> str:
        """The commit and how it was found: `3f2a91c (merge base with origin/main)`."""
        return f"{self.commit[:7]} ({'tip of' if self.is_tip else 'merge base with'} {self.base})"

    @property
    def note(self) -> str | None:
        """What somebody who reads the result has to know about the comparison."""
        if not self.is_tip:
            return None
        return (
            f"this shallow clone does not hold the commit where HEAD left {self.base}:"
            f" compared with {self.base} itself"
        )


def find_comparison(repository: OpenRepository, base: str | None) -> Comparison:
    """Where HEAD left the base, or left the default branch if no base is named.

    A shallow clone may not hold that commit. Then it is the base itself: what is as it is there
    cannot be a change, and what others changed there meanwhile is looked at once more.
    """
    history = repository.history
    name = base or default_base(repository)
    history.resolve_commit("HEAD")
    tip = history.resolve_commit(name)
    shown = name.removeprefix("refs/remotes/").removeprefix("refs/heads/")
    try:
        return Comparison(shown, history.merge_base(tip))
    except RevisionNotFound:
        if not history.is_shallow():
            raise RevisionNotFound(f"{shown} and HEAD have no commit in common") from None
    return Comparison(shown, tip, is_tip=True)


def default_base(repository: OpenRepository) -> str:
    """The branch that changes are compared with unless the user names one.

    That is HEAD only where there is no other: no default branch is named and there is no remote.
    """
    settings, history = repository.settings, repository.history
    named = settings.default_branch
    at_remote = [named] if named else ["HEAD", "main", "master"]
    candidates = [f"refs/remotes/{settings.remote}/{name}" for name in at_remote]
    candidates += [f"refs/heads/{name}" for name in at_remote if name != "HEAD"]
    known = next(filter(history.knows_commit, candidates), None)
    remotes = remote_names(history.git)
    if known is not None or (named is None and not remotes):
        return known or "HEAD"
    raise _no_default(settings, remotes, history)


def _no_default(settings: Settings, remotes: list[str], history: History) -> RevisionNotFound:
    branch, remote = settings.default_branch, settings.remote
    if branch is None:
        what = f"this clone holds no default branch of {remote}"
    else:
        where = settings.source_of("default_branch")
        what = f"there is no branch {branch} here, which {where} names as default_branch"
    if remote in remotes:
        wanted = f"{remote}/{branch or 'main'}"
        line = fetch_line(wanted, [remote], shallow=history.is_shallow())
    else:
        line = None
    hint = "--base REF names what to compare with"
    return RevisionNotFound(f"{_UNKNOWN}: {what}", f"{line}\nor {hint}" if line else hint)


def changed_prompts(
    repository: OpenRepository,
    files: Sequence[PromptFile],
    comparison: Comparison,
    entries: Iterable[TreeEntry] | None = None,
) -> list[PromptFile]:
    """The files whose own text, or a text that they include, is not as it was there.

    `entries` are the files below the prompts folder at that commit, from who knows them.
    """
    history, folder = repository.history, repository.settings.prompts_dir
    changed = history.changed_paths(comparison.commit, [f"{folder}/"], entries)
    own = {file.path for file in files} & changed
    included = changed - {file.path for file in files}
    if not included:
        return [file for file in files if file.path in own]
    return [
        file for file in files if file.path in own or _includes(repository.worktree, file, included)
    ]


def _includes(worktree: Worktree, file: PromptFile, changed: frozenset[str]) -> bool:
    from promptctl.core.check_templates import (
        reached_files,
    )  # where no text that is included changed
    from promptctl.core.document import parse_document  # no prompt has to be parsed

    try:
        parsed = parse_document(worktree.read_path(file.path), file.path)
    except PromptctlError:
        return True
    if parsed.document is None or not isinstance(parsed.document.data, Mapping):
        return True
    reached = reached_files(parsed.document.data, worktree.read_file)
    return any(f"{worktree.prompts_dir}/{name}" in changed for name in reached)
