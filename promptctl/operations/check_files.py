"""Files -> findings: prompt files, in several processes where they are many, and promptctl.yaml."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple, Protocol, TypeAlias, TypeVar

from promptctl.core.checks import apply_severities, check_settings, check_source
from promptctl.core.closure import ReadFile
from promptctl.core.finding import Finding, Location, sort_findings
from promptctl.core.rules import DEFAULT_OFF, found, rules_off, severities_in_force
from promptctl.core.settings_document import check_settings_document
from promptctl.errors import PromptctlError
from promptctl.files import read_regular_file
from promptctl.operations.workers import run_shared, usable_cores
from promptctl.repo.schemas import read_schema_text
from promptctl.repo.worktree import MAX_PROMPT_FILE, missing_folder
from promptctl.settings import Settings, folder_problem

Result = TypeVar("Result")
Progress: TypeAlias = Callable[[int, int], None]
"""Called with the files done so far and the files in all."""
MAX_WORKERS = 8


class PromptFolder(Protocol):
    """What is read of a working tree."""

    @property
    def prompts_dir(self) -> str:
        """The prompts folder."""

    def read_path(self, path: str) -> bytes:
        """The bytes of a file by its path below the root."""

    def read_file(self, path: str) -> bytes:
        """The bytes of an included file by its path below the prompts folder."""


def check_files(
    check: Callable[[str], list[Result]],
    files: Sequence[str],
    jobs: int | None,
    progress: Progress | None,
) -> list[Result]:
    """The results of work on each file, by its path; `jobs` limits the number of processes."""
    done = 0

    def advance(more: int) -> None:
        nonlocal done
        done += more
        if progress is not None:
            progress(done, len(files))

    workers = min(jobs or usable_cores(), MAX_WORKERS)
    return run_shared(files, check, workers=workers, progress=advance)


def file_checker(
    worktree: PromptFolder, off: frozenset[str] = DEFAULT_OFF
) -> Callable[[str], list[Finding]]:
    """A function from the path of a prompt file to its findings; included files are read once.

    Rules that are `off` need not be checked.
    """
    # A small memory: prompts share the texts that they include.
    return _file_checker(worktree, lru_cache(maxsize=64)(worktree.read_file), off)


def _file_checker(
    worktree: PromptFolder, read: ReadFile, off: frozenset[str]
) -> Callable[[str], list[Finding]]:
    schema_text = read_schema_text("prompt")
    folder = worktree.prompts_dir

    def check(path: str) -> list[Finding]:
        try:
            content = worktree.read_path(path)
        except PromptctlError as error:
            return [_unreadable(path, error)]
        if len(content) > MAX_PROMPT_FILE:
            message = f"a prompt file of more than {MAX_PROMPT_FILE:,} bytes"
            return [found("yaml-limits", Location(path), message, "split it, use includes")]
        return check_source(content, path, read, schema_text, folder=folder, off=off)

    return check


def _unreadable(path: str, error: PromptctlError) -> Finding:
    return found("file-unreadable", Location(path), error.message, error.hint)


class Checked(NamedTuple):
    """What a check of one prompt file found, and what it read."""

    path: str
    digest: bytes
    """Of the file's bytes; nothing where something could not be read, which may be there next time."""
    used: Mapping[str, str]
    """The files that it includes or attaches, each with the digest of its bytes."""
    findings: Sequence[Finding]


class _Watched:
    """A working tree that keeps a record of what is read in it."""

    def __init__(self, worktree: PromptFolder) -> None:
        self.prompts_dir = worktree.prompts_dir
        self.digest = b""
        self.used: dict[str, str] = {}
        self.is_complete = True
        self._read_path = worktree.read_path
        self._read_file = lru_cache(maxsize=64)(_with_digest(worktree.read_file))

    def begin(self) -> None:
        """Forget what was read."""
        self.digest, self.used, self.is_complete = b"", {}, True

    def read_path(self, path: str) -> bytes:
        content = self._read_path(path)
        self.digest = hashlib.sha256(content).digest()
        return content

    def read_file(self, path: str) -> bytes:
        try:
            content, self.used[path] = self._read_file(path)
        except PromptctlError:
            self.is_complete = False
            raise
        return content


def _with_digest(read: ReadFile) -> Callable[[str], tuple[bytes, str]]:
    def read_with_digest(path: str) -> tuple[bytes, str]:
        content = read(path)
        return content, hashlib.sha256(content).hexdigest()

    return read_with_digest


def watching_checker(worktree: PromptFolder, settings: Settings) -> Callable[[str], list[Checked]]:
    """As `file_checker`, with the severities of the settings and a record of what was read."""
    severities = severities_in_force(settings.rule_group, settings.rules)
    watched = _Watched(worktree)
    check = _file_checker(watched, watched.read_file, rules_off(severities))

    def check_watched(path: str) -> list[Checked]:
        watched.begin()
        findings = apply_severities(check(path), severities)
        digest = watched.digest if watched.is_complete else b""
        return [Checked(path, digest, watched.used, findings)]

    return check_watched


def in_force(findings: Sequence[Finding], settings: Settings) -> list[Finding]:
    """The findings with the severities that the settings give them, in order."""
    severities = severities_in_force(settings.rule_group, settings.rules)
    return sort_findings(apply_severities(findings, severities))


def check_settings_file(settings: Settings) -> list[Finding]:
    """What is wrong with promptctl.yaml."""
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
        problem, hint = (
            missing_folder(settings.root, settings.prompts_dir),
            "correct it, or make the folder",
        )
    if problem is not None:
        place = document.location(("prompts_dir",))
        findings.append(found("settings-invalid", place, problem, hint))
    return findings
