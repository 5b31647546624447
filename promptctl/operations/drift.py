"""Why a prompt is not as callers see it: renamed, by hand or not, or newer elsewhere than at HEAD."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from promptctl.core.current import Current, LatestVersion
from promptctl.core.rename_detection import find_renames
from promptctl.core.renamed import name_now
from promptctl.errors import FileMissing, FileRefused
from promptctl.operations.repository import OpenRepository
from promptctl.repo.history import CommitReader
from promptctl.repo.objects import open_objects

MAX_COMPARED = 200
"""Files on each side among which a renaming that nobody declared is looked for."""
_MAX_FILE = 1 << 20


def labels_of_old_names(
    repository: OpenRepository, current: Mapping[str, Current], on_disk: Collection[str]
) -> dict[str, dict[str, Mapping[str, int]]]:
    """Of each prompt that has versions under its new name, what the labels of its old ones still name."""
    renamed = repository.settings.renamed
    found: dict[str, dict[str, Mapping[str, int]]] = {}
    for old in renamed:
        now = name_now(renamed, old)
        if now is None or old in on_disk or old not in current or now not in current:
            continue
        if current[old].labels and current[now].latest is not None:
            found.setdefault(now, {})[old] = current[old].labels
    return found


def newer_elsewhere(
    repository: OpenRepository, latest: Mapping[str, LatestVersion]
) -> dict[str, str]:
    """The commit of the latest version of those prompts where HEAD does not come after it."""
    commits = {version.commit for version in latest.values()}
    if not commits or repository.history.is_shallow():
        return {}
    apart = repository.history.not_reached(commits)
    return {name: one.commit for name, one in latest.items() if one.commit in apart}


def renamed_by_hand(
    repository: OpenRepository,
    head: CommitReader,
    gone: Mapping[str, LatestVersion],
    come: Collection[str],
) -> dict[str, str]:
    """What prompts whose files are gone seem to be called now, though no setting says so."""
    if not gone or not come or max(len(gone), len(come)) > MAX_COMPARED:
        return {}
    added: dict[str, bytes] = {}
    for name in come:
        try:
            added[name] = repository.worktree.read_prompt(name)
        except (FileMissing, FileRefused):
            continue
    found = find_renames(_last_texts(repository, head, gone), added, {})
    return _without_neighbours(repository, gone, {old: new for new, old in found.items()})


def _without_neighbours(
    repository: OpenRepository, gone: Mapping[str, LatestVersion], renames: Mapping[str, str]
) -> dict[str, str]:
    """The renamings but those to a prompt that was there beside the old one: it only says the same."""
    beside = [
        f"{gone[old].commit}:{gone[old].path.removesuffix(f'{old}.yaml')}{new}.yaml"
        for old, new in renames.items()
    ]
    with open_objects(repository.history.git) as objects:
        there = list(objects.read(beside, 0))
    return {
        pair[0]: pair[1] for pair, one in zip(renames.items(), there, strict=True) if one is None
    }


def _last_texts(
    repository: OpenRepository, head: CommitReader, gone: Mapping[str, LatestVersion]
) -> dict[str, bytes]:
    """The text of each at HEAD or, where it is gone there too, in its latest version."""
    texts: dict[str, bytes] = {}
    for name in gone:
        try:
            texts[name] = head(f"{name}.yaml")
        except (FileMissing, FileRefused):
            continue
    left = {name: f"{one.commit}:{one.path}" for name, one in gone.items() if name not in texts}
    with open_objects(repository.history.git) as objects:
        for name, one in zip(left, objects.read(list(left.values()), _MAX_FILE), strict=True):
            if one is not None and one.size <= _MAX_FILE:
                texts[name] = one.content
    return texts
