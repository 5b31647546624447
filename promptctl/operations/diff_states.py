"""The states that a diff compares: a commit, the index, the working tree; and what differs between two."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from promptctl.core.checks import check_parsed
from promptctl.core.closure import ReadFile
from promptctl.core.diff import Side
from promptctl.core.document import parse_document
from promptctl.core.fast_dataclass import dataclass
from promptctl.core.finding import Finding, PromptInvalid
from promptctl.core.naming_pattern import naming_patterns
from promptctl.core.prompt import Origin, Prompt, parse_prompt
from promptctl.core.rules import RULES
from promptctl.core.schema import prompt_problems
from promptctl.core.templates import MAX_INCLUDE_DEPTH
from promptctl.errors import FileMissing, FileRefused, RevisionNotFound, SettingsInvalid
from promptctl.operations.diff_sources import Placed
from promptctl.operations.repository import OpenRepository, Source
from promptctl.repo.history import CommitReader
from promptctl.repo.schemas import read_schema_text
from promptctl.repo.tree_changes import (
    CONFLICT_MODE,
    changes_between,
    changes_in_index,
    files_matching,
    files_matching_on_disk,
    index_entries,
    read_indexed,
)
from promptctl.repo.worktree import prompt_files
from promptctl.settings import SETTINGS_FILE, Settings, parse_settings

WORKTREE, INDEX = "working tree", "index"


@dataclass(frozen=True, slots=True)
class State:
    """One state of all prompts."""

    kind: Literal["commit", "index", "worktree"]
    shown: str
    """For people: what was asked for, or what it is."""
    read: ReadFile
    """Reads files by their path below the prompts folder."""
    commit: str | None = None


def commit_state(repository: OpenRepository, revision: str, shown: str | None = None) -> State:
    """The state at a commit. Raises RevisionNotFound."""
    commit = repository.history.resolve_commit(revision)
    read = repository.history.reader(commit, repository.settings.prompts_dir)
    return State("commit", shown or revision, read, commit)


def no_working_tree() -> RevisionNotFound:
    """That a bare repository holds commits only."""
    hint = "promptctl diff A..B compares commits"
    return RevisionNotFound("a bare repository has no working tree", hint)


def index_state(repository: OpenRepository) -> State:
    """What is staged. Raises RevisionNotFound in a bare repository."""
    if repository.settings.is_bare:
        raise no_working_tree()
    git, folder = repository.history.git, repository.settings.prompts_dir
    entries = list(index_entries(git, folder))
    read = CommitReader(git, "", folder, entries)
    undecided = {entry.path for entry in entries if entry.mode == CONFLICT_MODE}

    def read_staged(path: str) -> bytes:
        if f"{folder}/{path}" in undecided:
            raise FileRefused(f"{folder}/{path} has conflicts that are not resolved in the index")
        return read(path)

    return State("index", INDEX, read_staged)


def worktree_state(repository: OpenRepository) -> State:
    """What is on disk. Raises RevisionNotFound in a bare repository."""
    if repository.settings.is_bare:
        raise no_working_tree()
    return State("worktree", WORKTREE, repository.worktree.read_file)


def placed_in(repository: OpenRepository, state: State, name: str) -> Placed | None:
    """A prompt in a state; None if it has no such file there."""
    path = repository.worktree.prompt_path(name)
    side = Side(name, path, state.shown, state.commit)
    try:
        if state.kind == "worktree":
            content = repository.worktree.read_path(path)
        else:
            content = state.read(f"{name}.yaml")
    except FileMissing:
        return None
    except FileRefused as error:
        return Placed(side, None, error.message)
    return Placed(side, Source(name, path, content, state.read, state.commit))


def settings_in(repository: OpenRepository, state: State) -> Settings:
    """What promptctl.yaml says in a state; the defaults where it is missing or cannot be used."""
    settings, history = repository.settings, repository.history
    if state.kind == "worktree":
        return settings
    plain = Settings(settings.root, settings.file, settings.git_top, settings.is_bare)
    try:
        if state.commit is not None:
            content = history.read_file(state.commit, SETTINGS_FILE)
        else:
            content = read_indexed(history.git, SETTINGS_FILE)
        return parse_settings(content, plain, f"{state.shown}:{SETTINGS_FILE}")
    except (FileMissing, FileRefused, SettingsInvalid):
        return plain


def names_in(repository: OpenRepository, state: State) -> list[str]:
    """The names of all prompts of a state."""
    if state.kind == "index":
        git, folder = repository.history.git, repository.settings.prompts_dir
        paths = (entry.path for entry in index_entries(git, folder))
        return [file.name for file in prompt_files(paths, folder) if file.is_prompt]
    return repository.prompt_names(state.commit)


def differing(repository: OpenRepository, old: State, new: State) -> frozenset[str]:
    """The names of all prompts that may differ in two states, in themselves or in what they include."""
    folder = repository.settings.prompts_dir
    paths = _changed_paths(repository, old, new)
    names = {file.name for file in prompt_files(iter(sorted(paths)), folder) if file.is_prompt}
    return users_of(repository, new, {path[len(folder) + 1 :] for path in paths}) | names


def _changed_paths(repository: OpenRepository, old: State, new: State) -> set[str]:
    git, folder = repository.history.git, repository.settings.prompts_dir
    assert old.commit is not None
    if new.kind == "worktree":
        return set(repository.history.changed_paths(old.commit, [f"{folder}/"]))
    if new.commit is not None:
        changes = changes_between(git, old.commit, new.commit, folder)
    else:
        changes = changes_in_index(git, old.commit, folder)
    for state, entries in (
        (old, [change.old for change in changes if change.old is not None]),
        (new, [change.new for change in changes if change.new is not None]),
    ):
        if isinstance(state.read, CommitReader):
            state.read.remember(entries)
    return {change.path for change in changes}


def users_of(repository: OpenRepository, state: State, files: Iterable[str]) -> frozenset[str]:
    """Names of all prompts that may include one of these files, themselves or through others.

    Files are given by their path below the prompts folder. None is missed; whether one that is named
    really includes the file is for whoever parses it.
    """
    folder = repository.settings.prompts_dir
    known, frontier = set[str](), set(files)
    users: set[str] = set()
    for _ in range(MAX_INCLUDE_DEPTH + 1):
        if not frontier:
            break
        known |= frontier
        found = _matching(repository, state, naming_patterns(sorted(frontier)))
        prompts = [file for file in prompt_files(iter(sorted(found)), folder) if file.is_prompt]
        users |= {file.name for file in prompts}
        texts = found - {file.path for file in prompts}
        frontier = {path[len(folder) + 1 :] for path in texts} - known
    return frozenset(users)


def _matching(repository: OpenRepository, state: State, patterns: Sequence[str]) -> frozenset[str]:
    git, folder = repository.history.git, repository.settings.prompts_dir
    if state.kind == "worktree":
        return files_matching_on_disk(repository.settings.root, patterns, folder)
    return files_matching(git, patterns, folder, state.commit)


def prompt_in(source: Source, prompts_dir: str) -> Prompt:
    """The prompt in a source, if it can be read at all: rules that a repository may switch off do not
    count. Raises PromptInvalid."""
    folder = prompts_dir if source.commit is None else f"{source.commit[:10]}:{prompts_dir}"
    parsed = parse_document(source.content, source.shown)
    data = parsed.document.data if parsed.document is not None else None
    schema = read_schema_text("prompt")
    errors: list[Finding] = []
    if not isinstance(data, Mapping) or parsed.findings or prompt_problems(schema, data):
        errors = _basic_errors(check_parsed(parsed, source.read, schema, folder=folder))
    if errors:
        raise _unreadable(errors)
    data = data if isinstance(data, Mapping) else {}
    try:
        origin = Origin(source.shown, source.content, folder)
        return parse_prompt(source.name, data, source.read, origin)
    except PromptInvalid as error:
        errors = _basic_errors(check_parsed(parsed, source.read, schema, folder=folder))
        raise (_unreadable(errors) if errors else error) from None


def _basic_errors(findings: Iterable[Finding]) -> list[Finding]:
    return [finding for finding in findings if finding.is_error and RULES[finding.rule].fixed]


def _unreadable(errors: Sequence[Finding]) -> PromptInvalid:
    first = min(errors, key=lambda finding: finding.location)
    more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
    return PromptInvalid(f"{first.location}: {first.message}{more}", list(errors), first.hint)
