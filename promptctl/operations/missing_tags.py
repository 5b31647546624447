"""Clones that were made without tags: releases that are not here are not the same as none."""

from __future__ import annotations

from promptctl.operations.repository import OpenRepository
from promptctl.operations.versions import fetch_tags_line
from promptctl.repo.inspection import config_value
from promptctl.repo.remotes import remote_names


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
