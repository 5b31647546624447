"""Records that are in this clone only, as far as is known without asking the remote."""

from __future__ import annotations

from promptctl.operations.repository import OpenRepository
from promptctl.repo.git import common_dir
from promptctl.repo.unpushed import read_unpushed


def records_only_here(repository: OpenRepository) -> tuple[str, ...]:
    """The whole names of records that were made without pushing them, by name; none without a remote."""
    if repository.settings.git_top is None:
        return ()
    made = read_unpushed(common_dir(repository.history.git))
    if not made:
        return ()
    from promptctl.operations.trusted import remote_of  # most clones have nothing unpushed

    remote = remote_of(repository)
    if remote is None:
        return ()
    here = {ref.whole for ref in repository.releases.list_tags()}
    there = {ref.whole for ref in remote.releases.list_tags()}
    return tuple(sorted((made & here) - there))
