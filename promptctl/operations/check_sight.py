"""The working tree as it stands now, beside what is remembered of it: files by their stamps."""

from __future__ import annotations

import os
from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import NamedTuple, TypeAlias

from promptctl.core.reference import has_wrong_extension
from promptctl.errors import PromptctlError
from promptctl.operations.check_memory import Extra, Memory
from promptctl.operations.repository import OpenRepository
from promptctl.repo.history import is_below
from promptctl.repo.stamps import FIELDS, read_stamps
from promptctl.repo.worktree import Worktree, prompt_files

_IsIgnored: TypeAlias = Callable[[str], bool]
_MANY = 1000
"""Paths that are too many for one command line."""


class Sight(NamedTuple):
    """What is seen without reading a prompt file."""

    worktree: Worktree
    listing: Sequence[str]
    paths: Sequence[str]
    """The prompt files in the listing."""
    stamps: array[int]
    extras: Mapping[str, Extra]
    """Of the files that are remembered as included or attached those that are as they were."""

    def is_as(self, memory: Memory) -> bool:
        """Whether all is as it is remembered."""
        seen = self.listing, self.stamps, self.extras
        return seen == (memory.listing, memory.stamps, memory.extras)


def look(repository: OpenRepository, memory: Memory) -> Sight:
    """The working tree now. Files that are included are read where their stamps tell nothing."""
    worktree = repository.worktree
    with _ignoring(repository, list(memory.extras)) as ignoring:
        listing = list(worktree.listing())
        paths = memory.paths
        if listing != memory.listing:
            files = prompt_files(iter(listing), worktree.prompts_dir)
            paths = [file.path for file in files if not has_wrong_extension(file.path)]
        stamps = read_stamps(worktree.root, paths)
        extras = _same_extras(replace(worktree, is_ignored=ignoring()), memory.extras)
    return Sight(worktree, listing, paths, stamps, extras)


@contextmanager
def _ignoring(repository: OpenRepository, extras: list[str]) -> Iterator[Callable[[], _IsIgnored]]:
    """A function to the rule that says which of these files git ignores; git works meanwhile.

    The repository's own rule looks at every file below the prompts folder.
    """
    worktree, git_top = repository.worktree, repository.settings.git_top
    paths = [f"{worktree.prompts_dir}/{name}" for name in extras]
    if not paths or len(paths) > _MANY or git_top is None:
        yield lambda: worktree.is_ignored
        return
    with ExitStack() as stack:
        try:
            ignored = stack.enter_context(repository.history.ignored_beside(paths))
        except PromptctlError:  # no git: the repository's own rule knows what that means
            yield lambda: worktree.is_ignored
            return
        yield lambda: _rule(ignored, worktree.is_ignored)


def _rule(ignored: Callable[[], frozenset[str]], otherwise: _IsIgnored) -> _IsIgnored:
    try:
        places = ignored()
    except PromptctlError:
        return otherwise
    return lambda path: is_below(path, places)


def _same_extras(worktree: Worktree, extras: Mapping[str, Extra]) -> dict[str, Extra]:
    stamps = read_stamps(worktree.root / worktree.prompts_dir, list(extras))
    same: dict[str, Extra] = {}
    for number, (name, extra) in enumerate(extras.items()):
        stamp = stamp_at(stamps, number)
        if stamp == extra.stamp and _is_plain(worktree, f"{worktree.prompts_dir}/{name}"):
            same[name] = extra
        elif read_digest(worktree, name) == extra.digest:
            same[name] = Extra(stamp, extra.digest)
    return same


def stamp_at(stamps: array[int], number: int) -> list[int]:
    """The stamp of the file with that number."""
    return stamps[number * FIELDS : (number + 1) * FIELDS].tolist()


def read_digest(worktree: Worktree, name: str) -> str | None:
    """The digest of an included or attached file; None if it cannot be read as one."""
    import hashlib  # OpenSSL takes its time to load, and stamps spare it

    try:
        return hashlib.sha256(worktree.read_file(name)).hexdigest()
    except PromptctlError:
        return None


def _is_plain(worktree: Worktree, path: str) -> bool:
    """Whether a file is reached through no link and not ignored: what its stamp does not tell."""
    root = os.path.realpath(worktree.root)
    return os.path.realpath(f"{root}/{path}") == f"{root}/{path}" and not worktree.is_ignored(path)
