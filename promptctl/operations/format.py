"""fmt: prompt files and promptctl.yaml in canonical layout."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from promptctl.core.finding import Finding, Location
from promptctl.core.layout import Layout, lay_out
from promptctl.core.reference import has_wrong_extension
from promptctl.core.rules import found
from promptctl.errors import PromptctlError, RevisionNotFound
from promptctl.files import replace_file_below
from promptctl.operations.check_files import Progress, check_files
from promptctl.operations.repository import OpenRepository
from promptctl.operations.validate import names_settings_file, select_files
from promptctl.repo.worktree import Worktree
from promptctl.settings import SETTINGS_FILE


@dataclass(frozen=True, slots=True)
class FormatReport:
    """The files that are not in canonical layout, by path, and how many were looked at."""

    layouts: Sequence[Layout]
    checked: int

    @property
    def changed(self) -> list[Layout]:
        """The files that got, or would get, another layout."""
        return [layout for layout in self.layouts if layout.outcome == "changed"]

    @property
    def kept(self) -> list[Layout]:
        """The valid files that stay as they are, since another layout would not say the same."""
        return [layout for layout in self.layouts if layout.outcome == "kept"]

    @property
    def findings(self) -> list[Finding]:
        """Why files could not be read."""
        return [finding for layout in self.layouts for finding in layout.findings]

    @property
    def is_complete(self) -> bool:
        """Whether every file has a canonical layout."""
        return len(self.changed) == len(self.layouts)


def format_files(
    repository: OpenRepository,
    targets: Sequence[str] = (),
    *,
    write: bool,
    jobs: int | None = None,
    progress: Progress | None = None,
) -> FormatReport:
    """Lay out the selected prompts, or all of them and promptctl.yaml.

    A file with another extension is no prompt, and stays. Without `write` no file is changed. Raises
    NotFound for a target that matches nothing, and Refused where somebody changes a file meanwhile.
    """
    settings = repository.settings
    if settings.is_bare:
        raise RevisionNotFound("a bare repository has no working tree to format")
    paths = _paths(repository, targets)
    layouts = check_files(_formatter(repository.worktree), paths, jobs, progress)
    report = FormatReport(sorted(layouts, key=lambda layout: layout.path), len(paths))
    for layout in report.changed if write else ():
        replace_file_below(settings.root, layout.path, layout.before, layout.after)
    return report


def _paths(repository: OpenRepository, targets: Sequence[str]) -> list[str]:
    settings, directory = repository.settings, repository.directory
    files = list(repository.worktree.prompt_files()) if settings.knows_prompts else []
    chosen = select_files(files, targets, repository)
    paths = [file.path for file in chosen if not has_wrong_extension(file.path)]
    is_named = any(names_settings_file(target, directory, settings) for target in targets)
    if settings.file is not None and (is_named or not targets):
        paths.append(settings.file.name)
    return paths


def _formatter(worktree: Worktree) -> Callable[[str], list[Layout]]:
    """A function from a path to its layout, or to nothing if the file has it already."""

    def work(path: str) -> list[Layout]:
        try:
            content = worktree.read_path(path)
        except PromptctlError as error:
            finding = found("file-unreadable", Location(path), error.message, error.hint)
            return [Layout(path, "invalid", findings=[finding])]
        layout = format_text(content, path)
        return [] if layout.outcome == "unchanged" else [layout]

    return work


def format_text(content: bytes, path: str) -> Layout:
    """One file's text in canonical layout; its name says whether it is a promptctl.yaml."""
    return lay_out(content, path, is_settings=posixpath.basename(path) == SETTINGS_FILE)


def path_from_here(path: str, root: Path, here: Path) -> str:
    """A path below the root, from where the user stands."""
    return path if root == here else os.path.relpath(root / path, here)
