"""diff: what changes between two states of prompts, for callers, for the model and for people."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TypeAlias

from promptctl.core.accepted import AcceptedBreak, accepted_changes
from promptctl.core.change import Effect
from promptctl.core.diff import Diff, PromptDiff
from promptctl.core.prompt import Prompt
from promptctl.core.reference import is_path
from promptctl.core.renamed import no_prompt
from promptctl.core.rendered_diff import compare_rendered, example_inputs
from promptctl.errors import (
    NotARepository,
    PromptctlError,
    SettingsInvalid,
)
from promptctl.operations.diff_meaning import as_meant
from promptctl.operations.diff_pair import Unreadable, compare_pair, read_placed
from promptctl.operations.diff_published import published_pairs, published_records
from promptctl.operations.diff_rendering import Rendering
from promptctl.operations.diff_request import Request
from promptctl.operations.diff_sources import (
    Pair,
    pair_of_files,
    pair_of_texts,
    with_renames,
)
from promptctl.operations.diff_states import (
    WORKTREE,
    State,
    commit_state,
    differing,
    index_state,
    names_in,
    placed_in,
    settings_in,
    worktree_state,
)
from promptctl.operations.missing_tags import missing_tags_line
from promptctl.operations.repository import OpenRepository, open_repository
from promptctl.operations.trusted import remote_of, trusted_settings

_Breaks: TypeAlias = tuple[Sequence[AcceptedBreak], Sequence[AcceptedBreak]]
"""The accepted breaks that count, and those of the newer state."""


def diff_at(
    directory: Path,
    environ: Mapping[str, str] | None,
    request: Request,
    rendering: Rendering | None = None,
) -> Diff:
    """What differs between the two states that a request names, in the repository of a folder.

    Two files can be compared where there is none. Raises as `diff` does.
    """
    try:
        repository = open_repository(directory, environ, bare_name="worktree")
    except NotARepository:
        if request.kind == "texts" and is_path(request.old) and is_path(request.new):
            return _diff_of_files(directory, request, rendering)
        raise
    return diff(repository, request, rendering)


def diff(repository: OpenRepository, request: Request, rendering: Rendering | None = None) -> Diff:
    """What differs between the two states that a request names.

    Raises what keeps a state as a whole from being read: NotARepository, RevisionNotFound, and what a
    reference raises that leads nowhere. Of a prompt that is not valid on one side its PromptDiff says
    so, and the others are compared all the same.
    """
    request = as_meant(repository, request)
    if request.kind == "texts":
        pair = pair_of_texts(repository, request.old, request.new)
        return _diff_of_pair(
            pair, repository.settings.prompts_dir, rendering, _of_default(repository)
        )
    if request.kind == "published":
        return _diff_of_published(repository, request, rendering)
    return _diff_of_states(repository, request, rendering)


def _diff_of_files(directory: Path, request: Request, rendering: Rendering | None) -> Diff:
    pair = pair_of_files(directory, request.old, request.new)
    return _diff_of_pair(pair, ".", rendering, lambda: ((), ()))


def _diff_of_pair(
    pair: Pair, folder: str, rendering: Rendering | None, breaks: Callable[[], _Breaks]
) -> Diff:
    assert pair.old is not None
    assert pair.new is not None
    found = _compared([pair], folder, rendering)
    return _diff(pair.old.side.shown, pair.new.side.shown, found, breaks)


def _diff_of_published(
    repository: OpenRepository, request: Request, rendering: Rendering | None
) -> Diff:
    settings = repository.settings
    names = repository.prompt_names()
    published = published_records(repository)
    wanted = _wanted(repository, request.names, lambda: [*names, *published])
    pairs = with_renames(
        published_pairs(repository, names, published, wanted), lambda: settings.renamed
    )
    chosen = (pair for pair in pairs if wanted(*pair.names))
    found = _compared(chosen, settings.prompts_dir, rendering)
    whole = _diff("published", WORKTREE, found, _of_default(repository))
    return whole if published else replace(whole, missing_tags=missing_tags_line(repository))


def _of_default(repository: OpenRepository) -> Callable[[], _Breaks]:
    return lambda: (trusted_breaks(repository), repository.settings.accepted_breaks)


# --- two states of all prompts -----------------------------------------------------------------------


def _diff_of_states(
    repository: OpenRepository, request: Request, rendering: Rendering | None
) -> Diff:
    old, new = _states(repository, request)

    def breaks() -> _Breaks:
        base = commit_state(repository, request.old) if request.from_merge_base else old
        trusted, proposed = (settings_in(repository, one) for one in (base, new))
        return trusted.accepted_breaks, proposed.accepted_breaks

    wanted = _wanted(
        repository, request.names, lambda: names_in(repository, old) + names_in(repository, new)
    )
    pairs = with_renames(_pairs(repository, old, new), lambda: settings_in(repository, new).renamed)
    chosen = (pair for pair in pairs if wanted(*pair.names))
    found = _compared(chosen, repository.settings.prompts_dir, rendering)
    return _diff(old.shown, new.shown, found, breaks)


def _states(repository: OpenRepository, request: Request) -> tuple[State, State]:
    old = request.old
    if request.kind == "worktree":
        return commit_state(repository, old), worktree_state(repository)
    if request.kind == "index":
        return commit_state(repository, old), index_state(repository)
    new = commit_state(repository, request.new)
    if not request.from_merge_base:
        return commit_state(repository, old), new
    commit = repository.history.merge_base(old, request.new)
    shown = f"{commit[:7]} (merge base of {old} and {request.new})"
    return commit_state(repository, commit, shown), new


def _pairs(repository: OpenRepository, old: State, new: State) -> Iterator[Pair]:
    for name in sorted(differing(repository, old, new)):
        pair = Pair(placed_in(repository, old, name), placed_in(repository, new, name))
        if pair.old is not None or pair.new is not None:
            yield pair


def _wanted(
    repository: OpenRepository, targets: Sequence[str], known: Callable[[], Iterable[str]]
) -> Callable[..., bool]:
    """Whether a prompt of these names is one of those that are wanted.

    Raises PromptNotFound if one names nothing.
    """
    if not targets:
        return lambda *names: True
    patterns = [repository.name_of_path(t) if is_path(t) else t for t in targets]
    names = sorted({*known()})
    for pattern in patterns:
        if not any(fnmatchcase(name, pattern) for name in names):
            raise _no_such(repository, pattern, names)
    return lambda *names: any(fnmatchcase(n, pattern) for n in names for pattern in patterns)


def _no_such(repository: OpenRepository, pattern: str, names: Sequence[str]) -> PromptctlError:
    error = no_prompt(pattern, names, repository.settings.renamed)
    if repository.settings.git_top is not None and repository.history.knows_commit(pattern):
        error.hint = (
            f"for the commit: promptctl diff {pattern}..HEAD,"
            f" or {pattern}~0 to compare it with the working tree"
        )
    return error


# --- comparing ---------------------------------------------------------------------------------------


def _compared(
    pairs: Iterable[Pair], folder: str, rendering: Rendering | None
) -> Iterator[PromptDiff]:
    for pair in pairs:
        old, new = read_placed(pair.old, folder), read_placed(pair.new, folder)
        found = compare_pair(pair, old, new)
        if found is None:
            continue
        if rendering is None or isinstance(old, Unreadable) or isinstance(new, Unreadable):
            yield found
        else:
            yield _rendered(found, old, new, rendering)


def _rendered(
    found: PromptDiff, old: Prompt | None, new: Prompt | None, rendering: Rendering
) -> PromptDiff:
    prompt = new or old
    assert prompt is not None
    values = rendering.values
    inputs = example_inputs(prompt) if values is None else {"--vars": values}
    changes, problems = compare_rendered(old, new, inputs)
    return replace(found, rendered=tuple(changes), unrendered=tuple(problems))


# --- accepted breaks ---------------------------------------------------------------------------------


def _diff(old: str, new: str, found: Iterable[PromptDiff], breaks: Callable[[], _Breaks]) -> Diff:
    prompts = sorted(found, key=lambda one: one.name)
    if any(one.effect is Effect.BREAKING for one in prompts):
        trusted, proposed = breaks()
        prompts = [
            replace(one, accepted=tuple(accepted_changes(one.name, one.changes, trusted, proposed)))
            for one in prompts
        ]
    return Diff(old, new, tuple(prompts))


def trusted_breaks(repository: OpenRepository) -> Sequence[AcceptedBreak]:
    """The accepted breaks of the default branch: those that count."""
    try:
        trusted = trusted_settings(repository, remote_of(repository))
    except SettingsInvalid:
        return ()
    return trusted.settings.accepted_breaks
