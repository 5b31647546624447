"""Clones that lack what the remote has: releases, or a first commit. Not here is not the same as none."""

from __future__ import annotations

from promptctl.operations.repository import OpenRepository
from promptctl.operations.versions import fetch_tags_line
from promptctl.repo.branches import branch_to_check_out, nothing_checked_out
from promptctl.repo.inspection import config_value
from promptctl.repo.remotes import remote_names


def what_is_lacking(repository: OpenRepository, *, is_empty: bool) -> tuple[str | None, str | None]:
    """Why a clone without releases may not know the truth: what `nothing_here` says where it has no
    prompts either, and what `missing_tags_line` does."""
    nothing = nothing_here(repository) if is_empty else None
    return nothing, missing_tags_line(repository) if nothing is None else None


def nothing_here(repository: OpenRepository) -> str | None:
    """What to say where the clone has no commit of its own, and a remote has a branch; else None."""
    if repository.settings.git_top is None:
        return None
    branch = branch_to_check_out(repository.history.git)
    return None if branch is None else ": ".join(nothing_checked_out(branch))


def missing_tags_line(repository: OpenRepository) -> str | None:
    """What to type where this clone was made without tags and has none of a release; else None."""
    if repository.settings.git_top is None:
        return None
    git = repository.history.git
    remotes = remote_names(git)
    without = any(config_value(git, f"remote.{name}.tagOpt") == "--no-tags" for name in remotes)
    if not remotes or not (without or repository.history.is_shallow()):
        return None
    if repository.releases.has_tags():  # asked last: where there are many tags, git takes its time
        return None
    return fetch_tags_line(repository)
