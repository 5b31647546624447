"""The prompts whose published version is not what the working tree holds."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence

from promptctl.core.diff import Side
from promptctl.core.record import Record
from promptctl.core.release import DEFAULT_LABEL
from promptctl.core.renamed import name_now
from promptctl.errors import FileMissing, FileRefused, NotARepository
from promptctl.operations.diff_sources import Pair, Placed
from promptctl.operations.diff_states import WORKTREE, no_working_tree
from promptctl.operations.repository import OpenRepository, Source
from promptctl.repo.history import is_blob
from promptctl.repo.objects import open_objects

_MAY_INCLUDE = re.compile(rb"include|file|path|\{\{[-~ \t\r\n]*[>=]|\\")
"""What a prompt file must hold to be made of more than itself."""


def published_pairs(
    repository: OpenRepository,
    names: Sequence[str],
    published: Mapping[str, Record],
    wanted: Callable[..., bool],
) -> Iterator[Pair]:
    """Each wanted prompt in its published version and in the working tree, unless both are surely the same.

    `names` are those of the working tree, `published` the records in force. A prompt that was never
    published has no older side. One that is on one side only is there even if it is not wanted: it may
    be a wanted one under another name.
    """
    on_disk, renamed = set(names), repository.settings.renamed
    both = {n: move for n, move in published.items() if n in on_disk and wanted(n)}
    same = _surely_same(repository, both)
    for name in sorted(on_disk | published.keys()):
        move, now = published.get(name), name_now(renamed, name)
        if name in same or (name in published and name in on_disk and name not in both):
            continue
        if name not in on_disk and now in published:
            continue  # it goes on under another name, with versions of its own
        old = _placed_version(repository, move) if move is not None else None
        new = _placed_file(repository, name) if name in on_disk else None
        yield Pair(old, new)


def published_records(repository: OpenRepository) -> dict[str, Record]:
    """The record in force of each prompt that has a published version, by name.

    Raises NotARepository outside git, and RevisionNotFound in a bare repository.
    """
    if repository.settings.is_bare:
        raise no_working_tree()
    if repository.settings.git_top is None:
        raise NotARepository(
            f"{repository.settings.root} is in no git repository: nothing is published",
            "promptctl diff A.yaml B.yaml compares two files",
        )
    found = repository.releases.current_records()
    moves = {name: records.in_force(DEFAULT_LABEL) for name, records in found.items()}
    return {name: move for name, move in moves.items() if move and move.version is not None}


def _surely_same(repository: OpenRepository, moves: Mapping[str, Record]) -> frozenset[str]:
    """Of these prompts those whose file is the published one and includes nothing."""
    same: set[str] = set()
    asked = [f"{move.commit}:{move.path}" for move in moves.values()]
    with open_objects(repository.history_at_top.git) as objects:
        found = objects.read(asked, 0)
        for name, blob in zip(moves, found, strict=True):
            try:
                content = repository.worktree.read_prompt(name)
            except (FileMissing, FileRefused):
                continue
            alone = _MAY_INCLUDE.search(content) is None
            if blob is not None and alone and is_blob(content, blob.oid):
                same.add(name)
    return frozenset(same)


def _placed_version(repository: OpenRepository, move: Record) -> Placed:
    shown = f"{move.name}@{DEFAULT_LABEL} (v{move.version})"
    side = Side(move.name, move.path, shown, move.commit, move.version)
    try:
        return Placed(side, repository.source_of_version(move))
    except (FileMissing, FileRefused) as error:
        return Placed(side, None, error.message)


def _placed_file(repository: OpenRepository, name: str) -> Placed:
    worktree = repository.worktree
    path = worktree.prompt_path(name)
    side = Side(name, path, WORKTREE)
    try:
        content = worktree.read_path(path)
    except (FileMissing, FileRefused) as error:
        return Placed(side, None, error.message)
    return Placed(side, Source(name, path, content, worktree.read_file))
