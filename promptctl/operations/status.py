"""status: for every prompt the working tree against HEAD, HEAD against the latest version, and the labels."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from promptctl.core.current import Current, LatestVersion
from promptctl.core.nearest import did_you_mean
from promptctl.core.record import content_digest
from promptctl.core.renamed import name_now
from promptctl.core.standing import (
    RemoteStanding,
    Standing,
    TreeState,
    VersionState,
)
from promptctl.errors import FileRefused, PromptNotFound, RevisionNotFound
from promptctl.operations.changed import Comparison, changed_prompts
from promptctl.operations.content import path_at_top
from promptctl.operations.current import current_beside
from promptctl.operations.drift import (
    labels_of_old_names,
    newer_elsewhere,
    renamed_by_hand,
)
from promptctl.operations.repository import OpenRepository
from promptctl.repo.history import CommitReader
from promptctl.repo.index import left_out
from promptctl.repo.objects import open_objects
from promptctl.repo.worktree import PromptFile, prompt_files


@dataclass(frozen=True, slots=True)
class _Places:
    """The prompts of HEAD, of the working tree and of the records, by name."""

    head: CommitReader | None
    """None before the first commit."""
    at_head: frozenset[str]
    on_disk: Mapping[str, PromptFile] | None
    """None in a bare repository."""
    current: Mapping[str, Current]

    def names(self, renamed: Mapping[str, str]) -> list[str]:
        """Every prompt that there is, and every one that a label still names under its only name."""
        if self.head is None and not self.on_disk:
            return []  # nothing is checked out: no file is gone
        served = {name for name, current in self.current.items() if current.labels}
        return sorted({*self.at_head, *(self.on_disk or ()), *(served - renamed.keys())})


_NOTHING = Current(None, {})


def prompt_standings(
    repository: OpenRepository, pattern: str | None = None
) -> tuple[Standing, ...]:
    """Where each prompt stands whose name matches, by name. Raises PromptNotFound if none does."""
    places = _places(repository)
    names = places.names(repository.settings.renamed)
    chosen = [name for name in names if pattern is None or fnmatchcase(name, pattern)]
    if pattern is not None and not chosen:
        hint = did_you_mean(pattern, names) or "promptctl list"
        raise PromptNotFound(f"no prompt matches {pattern}", hint)
    trees = _tree_states(repository, places, chosen)
    states = _version_states(repository, places, chosen)
    standings = []
    for name in chosen:
        latest, labels, _ = places.current.get(name, _NOTHING)
        number = None if latest is None else latest.number
        path, now = repository.worktree.prompt_path(name), _renamed_to(repository, places, name)
        standings.append(Standing(name, path, trees.get(name), states[name], number, labels, now))
    return tuple(_explained(repository, places, standings))


def _explained(
    repository: OpenRepository, places: _Places, standings: Sequence[Standing]
) -> Iterator[Standing]:
    """The standings with why they are so."""
    current = places.current
    latest = {one.name: v for one in standings if (v := current.get(one.name, _NOTHING).latest)}
    open_names = {one.name for one in standings if one.state == "unpublished"}
    older = newer_elsewhere(repository, {n: v for n, v in latest.items() if n in open_names})
    gone = {one.name: latest[one.name] for one in standings if one.drift == "file_gone"}
    come = [name for name in places.on_disk or () if name not in current]
    hand = {} if places.head is None else renamed_by_hand(repository, places.head, gone, come)
    former = labels_of_old_names(repository, current, places.on_disk or ())
    before = {
        now: old
        for old in repository.settings.renamed
        if old in places.at_head and (now := _renamed_to(repository, places, old)) is not None
    }
    for one in standings:
        yield replace(
            one,
            renamed_from=before.get(one.name),
            looks_renamed_to=hand.get(one.name),
            older_than=older.get(one.name),
            rolled_back=_rolled_back(current.get(one.name, _NOTHING)),
            former_labels=former.get(one.name, {}),
        )


def _rolled_back(current: Current) -> Mapping[str, int]:
    """The labels that went back from a version that came after the one that they name now."""
    return {n: before for n, before in current.rolled_back.items() if before > current.labels[n]}


def _renamed_to(repository: OpenRepository, places: _Places, name: str) -> str | None:
    now = name_now(repository.settings.renamed, name)
    on_disk = places.on_disk or {}
    return now if now in on_disk and name not in on_disk else None


def _places(repository: OpenRepository) -> _Places:
    settings = repository.settings
    with current_beside(repository) as current:
        try:
            commit = repository.history.resolve_commit("HEAD")
        except RevisionNotFound:
            head, at_head = None, set[str]()
        else:
            head = repository.history.reader(commit, settings.prompts_dir)
            at_head = set(_names(prompt_files(iter(head.paths()), settings.prompts_dir)))
        on_disk = None if settings.is_bare else _names(repository.worktree.prompt_files())
        return _Places(head, frozenset(at_head), on_disk, current())


def _names(files: Iterable[PromptFile]) -> dict[str, PromptFile]:
    return {file.name: file for file in files if file.is_prompt}


def _tree_states(
    repository: OpenRepository, places: _Places, chosen: Iterable[str]
) -> dict[str, TreeState]:
    """The working tree's state of each prompt; nothing in a bare repository."""
    if places.on_disk is None:
        return {}
    both = [places.on_disk[n] for n in chosen if n in places.on_disk and n in places.at_head]
    changed: set[str] = set()
    if places.head is not None and both:
        commit, entries = Comparison("HEAD", places.head.commit), places.head.entries()
        changed = {file.name for file in changed_prompts(repository, both, commit, entries)}
    sparse = frozenset[str]()
    if any(name in places.at_head and name not in places.on_disk for name in chosen):
        sparse = left_out(repository.history.git, repository.settings.prompts_dir)
    states: dict[str, TreeState] = {}
    for name in chosen:
        if name not in places.on_disk:
            is_sparse = repository.worktree.prompt_path(name) in sparse
            states[name] = "clean" if is_sparse else "deleted"
        elif name not in places.at_head:
            states[name] = "untracked"
        else:
            states[name] = "modified" if name in changed else "clean"
    return states


def _version_states(
    repository: OpenRepository, places: _Places, chosen: Iterable[str]
) -> dict[str, VersionState]:
    states: dict[str, VersionState] = {}
    latest: dict[str, LatestVersion] = {}
    for name in chosen:
        version = places.current.get(name, _NOTHING).latest
        if version is None:
            states[name] = "new"
        elif name not in places.at_head:
            states[name] = "gone"
        else:
            latest[name] = version
    if places.head is not None:
        current = _current(repository, places.head, latest)
        states |= {name: "current" if name in current else "unpublished" for name in latest}
    return states


def _current(
    repository: OpenRepository, head: CommitReader, latest: Mapping[str, LatestVersion]
) -> set[str]:
    """The prompts whose content at HEAD is that of their latest version.

    A prompt that includes nothing is compared by its blob id; if the whole folder is as it was at the
    version's commit, nothing in it changed; if the prompt's own file is not, it did. Only what is left
    has to be parsed.
    """
    current, open_names = set[str](), list[str]()
    for name, version in latest.items():
        blob = _blob_id(head, name)
        if blob is None:
            continue
        if content_digest({("prompt", ""): blob}) == version.content:
            current.add(name)
        else:
            open_names.append(name)
    if not open_names:
        return current
    same, other = _as_before(repository, head, {name: latest[name] for name in open_names})
    if other:
        from promptctl.operations.resolve import read_content  # most have not to be parsed
    for name in other:
        try:
            text = head(f"{name}.yaml")
        except FileRefused:
            continue
        if read_content(head, name, text) == latest[name].content:
            same.add(name)
    return current | same


def _blob_id(head: CommitReader, name: str) -> str | None:
    try:
        return head.blob_id(f"{name}.yaml")
    except FileRefused:  # a link, which cannot be published
        return None


def _as_before(
    repository: OpenRepository, head: CommitReader, latest: Mapping[str, LatestVersion]
) -> tuple[set[str], list[str]]:
    """The prompts whose folder is as at their version, and those of which git alone cannot tell."""
    folder = path_at_top(repository.settings, repository.settings.prompts_dir)
    in_place = {name for name, one in latest.items() if one.path == f"{folder}/{name}.yaml"}
    commits = list(dict.fromkeys(latest[name].commit for name in in_place))
    wanted = [f"{commit}:{folder}" for commit in (head.commit, *commits)]
    blobs = [f"{one.commit}:{one.path}" for one in latest.values()]
    with open_objects(repository.history.git) as objects:
        trees = [one and one.oid for one in objects.read(wanted, 0)]
        before = [one and one.oid for one in objects.read(blobs, 0)]
    unchanged = {c for c, oid in zip(commits, trees[1:], strict=True) if oid == trees[0]}
    same = {name for name in in_place if latest[name].commit in unchanged}
    other = [
        name
        for name, oid in zip(latest, before, strict=True)
        if name not in same and oid in (None, _blob_id(head, name))
    ]
    return same, other


def remote_standing(repository: OpenRepository) -> RemoteStanding:
    """What is not the same here and at the remote, which is asked. Raises RemoteUnreachable."""
    from promptctl.operations.push import configured_remote  # only who asks needs to know how

    remote = configured_remote(repository)
    remote.fetch(None)
    here = {ref.whole: ref.oid for ref in repository.releases.list_tags()}
    there = {ref.whole: ref.oid for ref in remote.releases.list_tags()}
    gone = {ref.whole for ref in remote.gone.list_tags()} - there.keys()
    moved = {ref.whole for ref in remote.moved.list_tags()} & there.keys()
    return RemoteStanding(
        remote.name,
        tuple(sorted(here.keys() - there.keys() - gone)),
        tuple(sorted(there.keys() - here.keys())),
        tuple(sorted(moved | {w for w in here.keys() & there.keys() if here[w] != there[w]})),
        tuple(sorted(gone)),
        repository.settings.tag_prefix,
    )
