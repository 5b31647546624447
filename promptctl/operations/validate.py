"""validate: prompt files -> findings."""

from __future__ import annotations

import fnmatch
import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from promptctl.core.fast_dataclass import dataclass
from promptctl.core.finding import Finding, Severity, sort_findings
from promptctl.core.nearest import did_you_mean
from promptctl.core.reference import has_wrong_extension, is_path
from promptctl.errors import FileMissing, NotFound, PromptctlError, PromptNotFound, RevisionNotFound
from promptctl.files import read_file_below
from promptctl.operations.repository import OpenRepository
from promptctl.operations.validate_again import validate_again
from promptctl.repo.worktree import MAX_PROMPT_FILE, PromptFile, missing_folder
from promptctl.settings import Settings, settings_in_words

if TYPE_CHECKING:
    from promptctl.core.rules import Rule
    from promptctl.operations.changed import Comparison
    from promptctl.operations.check_files import Progress


@dataclass(frozen=True, slots=True)
class Report:
    """What validate found: findings in order, and how many prompts it looked at."""

    findings: Sequence[Finding]
    prompts: int
    comparison: Comparison | None = None
    """What a change was measured against, if only changed prompts were looked at."""
    files: Sequence[str] = ()
    """The prompt files that were looked at, by their paths below the root."""
    fixed: str | None = None
    """What was mended before, in words; None if nobody asked for that."""

    @property
    def since(self) -> str | None:
        """The base of that comparison, as people write it."""
        return self.comparison.base if self.comparison is not None else None

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


EVERYTHING = Selection()


def validate(
    repository: OpenRepository,
    selection: Selection = EVERYTHING,
    *,
    jobs: int | None = None,
    progress: Progress | None = None,
    remember: bool = False,
    clock: Callable[[], int] = time.time_ns,
) -> Report:
    """Every finding about the selected prompts and about promptctl.yaml, each once, in order.

    `jobs` limits the number of processes. With `remember`, what is found in all prompts is kept in the
    user's cache, and what is as it was is not checked again. Raises NotFound for a target that matches
    nothing.
    """
    settings = repository.settings
    if settings.is_bare:
        raise RevisionNotFound("a bare repository has no working tree to validate")
    if "prompts_dir" not in settings.sources and settings.knows_prompts and not selection.targets:
        problem = missing_folder(settings.root, settings.prompts_dir)
        if problem is not None:
            raise FileMissing(problem, "promptctl new NAME")
    if remember and selection == EVERYTHING and settings.knows_prompts:
        found = validate_again(repository, now=clock(), jobs=jobs, progress=progress)
        if found is not None:
            return Report(tuple(sort_findings(found[0])), len(found[1]), None, found[1])
    return _validate(repository, selection, jobs=jobs, progress=progress)


def _validate(
    repository: OpenRepository,
    selection: Selection,
    *,
    jobs: int | None,
    progress: Progress | None,
) -> Report:
    # Loaded only where something has to be checked: it takes as long as all the rest.
    from promptctl.core.check_names import check_names
    from promptctl.core.rules import rules_off, severities_in_force
    from promptctl.operations import check_files as work

    settings, worktree = repository.settings, repository.worktree
    if not settings.knows_prompts:
        return Report(tuple(sort_findings(work.check_settings_file(settings))), 0)
    files = list(worktree.prompt_files())
    chosen = select_files(files, selection.targets, repository)
    comparison = None
    if selection.changed:
        from promptctl.operations.changed import changed_prompts, find_comparison

        comparison = find_comparison(repository, selection.base)
        chosen = changed_prompts(repository, chosen, comparison)
    wanted = {file.path for file in chosen}
    findings = [f for f in check_names(files) if f.location.path in wanted]
    checked = [file.path for file in chosen if not has_wrong_extension(file.path)]
    off = rules_off(severities_in_force(settings.rule_group, settings.rules))
    check = work.file_checker(worktree, off)
    findings += work.check_files(check, checked, jobs, progress)
    findings += work.check_settings_file(settings)
    found = tuple(work.in_force(findings, settings))
    return Report(found, len(checked), comparison, checked)


def select_files(
    files: Sequence[PromptFile], targets: Sequence[str], repository: OpenRepository
) -> list[PromptFile]:
    """The files that paths and name globs mean, all of them if there are none.

    Raises NotFound for a target that matches nothing.
    """
    if not targets:
        return list(files)
    settings = repository.settings
    chosen: dict[str, PromptFile] = {}
    for target in targets:
        matches = list(_matches(files, target, repository.directory, settings))
        chosen.update((file.path, file) for file in matches)
        if not matches and not names_settings_file(target, repository.directory, settings):
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


def names_settings_file(target: str, directory: Path, settings: Settings) -> bool:
    """Whether a path target is the repository's promptctl.yaml."""
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


def prompts_folder(repository: OpenRepository) -> str:
    """The way from where the user stands to the prompts folder."""
    settings = repository.settings
    return os.path.relpath(settings.root / settings.prompts_dir, repository.directory)


def _name_of_folder(repository: OpenRepository) -> str:
    """What the names of prompts in the folder where the user stands begin with."""
    settings = repository.settings
    folder = settings.root / settings.prompts_dir
    return os.path.relpath(repository.directory, folder).replace(os.sep, "/")


def rules_in_force(settings: Settings) -> tuple[Iterable[Rule], Mapping[str, Severity]]:
    """Every rule, and the severity of each that has another one than its own here."""
    from promptctl.core.rules import RULES, severities_in_force

    return RULES.values(), severities_in_force(settings.rule_group, settings.rules)


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
    if report.fixed is not None:
        yield report.fixed
