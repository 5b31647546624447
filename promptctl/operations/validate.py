"""validate: prompt files -> findings."""

from __future__ import annotations

import fnmatch
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import TypeAlias

from promptctl.core.check_names import check_names
from promptctl.core.checks import apply_severities, check_settings, check_source
from promptctl.core.closure import ReadFile
from promptctl.core.fast_dataclass import dataclass
from promptctl.core.finding import Finding, Location, sort_findings
from promptctl.core.reference import has_wrong_extension, is_path
from promptctl.core.rules import found
from promptctl.core.schema_words import did_you_mean
from promptctl.core.settings_document import check_settings_document
from promptctl.errors import FileMissing, NotFound, PromptctlError, PromptNotFound, RevisionNotFound
from promptctl.files import read_file_below, read_regular_file
from promptctl.operations.changed import Comparison, changed_prompts, find_comparison
from promptctl.operations.repository import OpenRepository
from promptctl.operations.workers import run_shared, usable_cores
from promptctl.repo.schemas import read_schema_text
from promptctl.repo.worktree import PromptFile, Worktree
from promptctl.settings import Settings, folder_problem, settings_in_words

MAX_PROMPT_FILE = 1024 * 1024
"""Bytes of the largest prompt file; larger ones are named and not read."""
MAX_WORKERS = 8

Progress: TypeAlias = Callable[[int, int], None]
"""Called with the files done so far and the files in all."""


@dataclass(frozen=True, slots=True)
class Report:
    """What validate found: findings in order, and how many prompts it looked at."""

    findings: Sequence[Finding]
    prompts: int
    comparison: Comparison | None = None
    """What a change was measured against, if only changed prompts were looked at."""
    files: Sequence[str] = ()
    """The prompt files that were looked at, by their paths below the root."""

    @property
    def is_valid(self) -> bool:
        """Whether there is no finding of error severity."""
        return not any(finding.is_error for finding in self.findings)


@dataclass(frozen=True, slots=True)
class Selection:
    """Which prompts to look at: paths and name globs, as typed, and how far a change reaches."""

    targets: Sequence[str] = ()
    changed: bool = False
    base: str | None = None
    """With `changed`: the commit-ish that HEAD left; the default branch unless given."""


def validate(
    repository: OpenRepository,
    selection: Selection | None = None,
    *,
    jobs: int | None = None,
    progress: Progress | None = None,
) -> Report:
    """Every finding about the selected prompts and about promptctl.yaml, each once, in order.

    `jobs` limits the number of processes. Raises NotFound for a target that matches nothing.
    """
    selection = selection or Selection()
    settings, worktree = repository.settings, repository.worktree
    if settings.is_bare:
        raise RevisionNotFound("a bare repository has no working tree to validate")
    if not settings.knows_prompts:
        return Report(tuple(sort_findings(_check_settings_file(settings))), 0)
    files = list(worktree.prompt_files())
    if "prompts_dir" not in settings.sources and not selection.targets:
        problem = _missing_folder(settings)
        if problem is not None:
            raise FileMissing(problem, "promptctl new NAME")
    chosen = _select(files, selection.targets, repository)
    comparison = None
    if selection.changed:
        comparison = find_comparison(repository, selection.base)
        chosen = changed_prompts(repository, chosen, comparison)
    wanted = {file.path for file in chosen}
    findings = [f for f in check_names(files) if f.location.path in wanted]
    checked = [file for file in chosen if not has_wrong_extension(file.path)]
    findings += _check_files(worktree, checked, jobs, progress)
    findings += _check_settings_file(settings)
    findings = sort_findings(apply_severities(findings, settings.rules))
    return Report(tuple(findings), len(checked), comparison, [file.path for file in checked])


def _check_files(
    worktree: Worktree, files: Sequence[PromptFile], jobs: int | None, progress: Progress | None
) -> list[Finding]:
    check = file_checker(worktree)
    done = 0

    def advance(more: int) -> None:
        nonlocal done
        done += more
        if progress is not None:
            progress(done, len(files))

    workers = min(jobs or usable_cores(), MAX_WORKERS)
    return run_shared(files, check, workers=workers, progress=advance)


def file_checker(worktree: Worktree) -> Callable[[PromptFile], list[Finding]]:
    """A function from a prompt file to its findings; included files are read once."""
    schema_text = read_schema_text("prompt")
    read = _remembering(worktree.read_file)
    folder = worktree.prompts_dir

    def check(file: PromptFile) -> list[Finding]:
        try:
            content = worktree.read_path(file.path)
        except PromptctlError as error:
            return [_unreadable(file.path, error)]
        if len(content) > MAX_PROMPT_FILE:
            message = f"a prompt file of more than {MAX_PROMPT_FILE:,} bytes"
            return [found("yaml-limits", Location(file.path), message, "split it, use includes")]
        return check_source(content, file.path, read, schema_text, folder=folder)

    return check


def _unreadable(path: str, error: PromptctlError) -> Finding:
    return found("file-unreadable", Location(path), error.message, error.hint)


def _remembering(read: ReadFile) -> ReadFile:
    """The reader with a small memory: prompts share the texts that they include."""
    return lru_cache(maxsize=64)(read)


def _select(
    files: Sequence[PromptFile], targets: Sequence[str], repository: OpenRepository
) -> list[PromptFile]:
    if not targets:
        return list(files)
    settings = repository.settings
    chosen: dict[str, PromptFile] = {}
    for target in targets:
        matches = list(_matches(files, target, repository.directory, settings))
        chosen.update((file.path, file) for file in matches)
        if not matches and not _is_settings_file(target, repository.directory, settings):
            raise _nothing_matches(target, files, repository)
    return sorted(chosen.values(), key=lambda file: file.path)


def _matches(
    files: Iterable[PromptFile], target: str, directory: Path, settings: Settings
) -> Iterator[PromptFile]:
    if not is_path(target):
        found_files = [file for file in files if fnmatch.fnmatchcase(file.name, target)]
        if found_files or not _place(target, directory).exists():
            yield from found_files
            return
    place = os.path.relpath(_place(target, directory), _real_root(settings)).replace(os.sep, "/")
    for file in files:
        if place == "." or file.path == place or file.path.startswith(f"{place}/"):
            yield file


def _place(target: str, directory: Path) -> Path:
    """Where a path target is; links in its folders are followed, a link itself is not."""
    path = directory / target
    return path.parent.resolve() / path.name if path.name else path.resolve()


def _real_root(settings: Settings) -> Path:
    return settings.root.resolve()


def _is_settings_file(target: str, directory: Path, settings: Settings) -> bool:
    return settings.file is not None and _place(target, directory) == settings.file.resolve()


def _nothing_matches(
    target: str, files: Iterable[PromptFile], repository: OpenRepository
) -> NotFound:
    if is_path(target):
        message = f"{target} is no prompt file and holds none"
        return FileMissing(message, f"prompt files are below {prompts_folder(repository)}/")
    names = [file.name for file in files if file.is_prompt]
    inside = f"{_name_of_folder(repository)}/{target}"
    if fnmatch.filter(names, inside):
        hint = f"did you mean `{inside}`? Names begin at {prompts_folder(repository)}/"
    else:
        hint = did_you_mean(target, names) or "promptctl list"
    return PromptNotFound(f"no prompt is called {target} or matches it", hint)


def _missing_folder(settings: Settings) -> str | None:
    if os.path.lexists(settings.root / settings.prompts_dir):
        return None
    return f"there is no folder {settings.prompts_dir}/, and so no prompt"


def prompts_folder(repository: OpenRepository) -> str:
    """The way from where the user stands to the prompts folder."""
    settings = repository.settings
    return os.path.relpath(settings.root / settings.prompts_dir, repository.directory)


def _name_of_folder(repository: OpenRepository) -> str:
    """What the names of prompts in the folder where the user stands begin with."""
    settings = repository.settings
    folder = settings.root / settings.prompts_dir
    return os.path.relpath(repository.directory, folder).replace(os.sep, "/")


def _check_settings_file(settings: Settings) -> list[Finding]:
    if settings.file is None:
        return []
    path = settings.file.name
    try:
        content = read_regular_file(settings.file, MAX_PROMPT_FILE)
    except PromptctlError as error:
        return [_unreadable(path, error)]
    parsed = check_settings_document(content, path, read_schema_text("project"))
    document = parsed.document
    if document is None or not isinstance(document.data, Mapping):
        return parsed.findings
    findings = [*parsed.findings, *check_settings(document)]
    folder = document.data.get("prompts_dir")
    problem = folder_problem(folder) if isinstance(folder, str) and folder else None
    hint = None
    if problem is None and settings.knows_prompts and "prompts_dir" in document.data:
        problem, hint = _missing_folder(settings), "correct it, or make the folder"
    if problem is not None:
        place = document.location(("prompts_dir",))
        findings.append(found("settings-invalid", place, problem, hint))
    return findings


def seen_from_here(findings: Iterable[Finding], repository: OpenRepository) -> list[Finding]:
    """The findings with paths that start where the user stands, so that they can be clicked."""
    root, here = repository.settings.root, repository.directory
    if root == here:
        return list(findings)
    return [_seen_from(here, root, finding) for finding in findings]


def _seen_from(here: Path, root: Path, finding: Finding) -> Finding:
    place = finding.location
    path = os.path.relpath(root / place.path, here)
    message = finding.message
    if finding.rule == "file-unreadable":  # the only one whose sentence names the file by its path
        message = message.replace(place.path, path, 1)
    return replace(finding, location=replace(place, path=path), message=message)


def line_reader(repository: OpenRepository) -> Callable[[str], list[str] | None]:
    """Reads the lines of a file, by its path from where the user stands, to show beside findings."""
    root, here = repository.settings.root, repository.directory

    def read_lines(path: str) -> list[str] | None:
        inside = os.path.relpath(here / path, root).replace(os.sep, "/")
        try:
            content = read_file_below(root, inside, MAX_PROMPT_FILE)
        except PromptctlError:
            return None
        text = content.decode("utf-8", "replace")
        return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")

    return read_lines


def git_prefix(settings: Settings) -> str:
    """The way from the top of the git repository to the prompt repository: empty, or `folder/`."""
    if settings.git_top is None or settings.git_top == settings.root:
        return ""
    return os.path.relpath(settings.root, settings.git_top).replace(os.sep, "/") + "/"


def validation_in_words(settings: Settings, report: Report) -> Iterator[str]:
    """The settings file, and what a change was measured against, if it was."""
    yield settings_in_words(settings)
    if report.comparison is not None:
        yield f"compared with {report.comparison.in_words}; prompts that differ: {report.prompts}"


def validation_notes(settings: Settings, report: Report) -> Iterator[str]:
    """What somebody who reads the findings has to know about them."""
    if report.comparison is not None and report.comparison.note is not None:
        yield report.comparison.note
    if not settings.knows_prompts:
        yield "no prompt was checked: promptctl.yaml does not tell their folder"
