"""A prompt repository opened: what every command and the library start from.

YAML and the checks load when a prompt is parsed, records when they are asked for: a command that only
lists, or looks at the working tree only, must not load them.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from promptctl.core.fast_dataclass import dataclass
from promptctl.core.finding import Finding, PromptInvalid
from promptctl.core.reference import Reference, is_path, parse_reference
from promptctl.core.renamed import no_prompt
from promptctl.errors import (
    FileMissing,
    PromptctlError,
    PromptNotFound,
    ReferenceInvalid,
    RevisionNotFound,
)
from promptctl.repo.history import CommitReader, History, is_below
from promptctl.repo.schemas import read_schema_text
from promptctl.repo.worktree import PromptFile, Worktree, prompt_files
from promptctl.settings import (
    SETTINGS_FILE,
    Settings,
    parse_settings,
    process_environ,
    read_settings,
)

if TYPE_CHECKING:
    from promptctl.core.closure import ReadFile
    from promptctl.core.prompt import Prompt
    from promptctl.core.record import Record
    from promptctl.repo.releases import Releases

BareName = Literal["published", "worktree"]
"""What a name with nothing behind it means: in the library the published version, in a terminal the
working tree."""


@dataclass(frozen=True, slots=True)
class Source:
    """The text of one prompt at one place, and the way to everything it includes."""

    name: str
    path: str
    """The file, below the root of the repository."""
    content: bytes
    read: ReadFile
    commit: str | None = None
    """The full id of the commit; None for the working tree."""
    version: int | None = None
    """The version that this is, if it was asked for as one or by a label."""

    @property
    def shown(self) -> str:
        """The place for people: a path, or as git writes it, `commit:path`."""
        return self.path if self.commit is None else f"{self.commit[:10]}:{self.path}"


@dataclass(frozen=True, slots=True)
class OpenRepository:
    """One prompt repository. Opening it reads settings only; git starts when history is asked for."""

    directory: Path
    """Where the user stands; paths that they type begin here."""
    settings: Settings
    environ: Mapping[str, str] = field(repr=False)  # it holds keys
    worktree: Worktree
    history: History
    bare_name: BareName = "published"

    @property
    def releases(self) -> Releases:
        """The records of this clone."""
        from promptctl.repo.releases import Releases  # the working tree needs no records

        return Releases(self.history.git, self.settings.tag_prefix)

    @property
    def history_at_top(self) -> History:
        """The commits, with paths from the top of the git repository."""
        top = self.settings.git_top or self.settings.root
        return History.open(top, self.environ, is_bare=self.settings.is_bare)

    def prompt_files(self, revision: str | None = None) -> list[PromptFile]:
        """Every file that is a prompt or looks like one, in the working tree or at a revision."""
        if revision is None and not self.settings.is_bare:
            return list(self.worktree.prompt_files())
        return _files_at(self._reader(revision or "HEAD"), self.settings.prompts_dir)

    def file_reader(self, revision: str | None = None) -> ReadFile:
        """Reads files by their path below the root, in the working tree or at a revision."""
        if revision is None and not self.settings.is_bare:
            return self.worktree.read_path
        read = self._reader(revision or "HEAD")
        start = len(self.settings.prompts_dir) + 1
        return lambda path: read(path[start:])

    def prompt_names(self, revision: str | None = None) -> list[str]:
        """The names of all prompts, in the working tree or at a revision."""
        return [file.name for file in self.prompt_files(revision) if file.is_prompt]

    def source(self, reference: str) -> Source:
        """The text that a reference, or the path of a prompt file, leads to."""
        if is_path(reference):
            return self._in_worktree(self.name_of_path(reference))
        parsed = parse_reference(reference)
        if parsed.kind == "worktree" or self._is_bare_worktree(parsed):
            return self._in_worktree(parsed.name)
        from promptctl.operations.versions import (  # as above
            find_version,
            near_label,
            no_such_label,
        )

        record = find_version(self, parsed)
        if record is not None:
            return self.source_of_version(record)
        try:
            return self._at_commit(parsed.name, parsed.revision or "HEAD")
        except RevisionNotFound as error:
            meant = near_label(self, parsed)
            if meant is None:
                raise
            raise no_such_label(parsed, meant, error.hint) from None

    def source_of_version(self, record: Record) -> Source:
        """The text of a version, from where its record says that it stands."""
        folder = record.path.removesuffix(f"/{record.name}.yaml")
        read = self.history_at_top.reader(record.commit, folder)
        try:
            content = read(f"{record.name}.yaml")
        except FileMissing as error:
            message = f"{record.tag} names a commit without its file {record.path}"
            raise FileMissing(message, "promptctl verify") from error
        return Source(record.name, record.path, content, read, record.commit, record.version)

    def prompt(self, reference: str) -> Prompt:
        """The prompt that a reference leads to, complete with its includes.

        Raises PromptInvalid with every finding if it has one of error severity.
        """
        return self.parse(self.source(reference))

    def parse(self, source: Source) -> Prompt:
        """The prompt in a source. Raises PromptInvalid as `prompt` does."""
        from promptctl.core.checks import apply_severities, check_parsed
        from promptctl.core.document import parse_document
        from promptctl.core.prompt import Origin, parse_prompt
        from promptctl.core.rules import severities_in_force

        folder = self.settings.prompts_dir
        if source.commit is not None:
            folder = f"{source.commit[:10]}:{folder}"
        parsed = parse_document(source.content, source.shown)
        findings = check_parsed(parsed, source.read, read_schema_text("prompt"), folder=folder)
        severities = severities_in_force(self.settings.rule_group, self.settings.rules)
        errors = [f for f in apply_severities(findings, severities) if f.is_error]
        if errors:
            raise _invalid(source, errors)
        data = parsed.document.data if parsed.document is not None else None
        origin = Origin(source.shown, source.content, folder)
        data = data if isinstance(data, Mapping) else {}
        return parse_prompt(source.name, data, source.read, origin)

    def name_of_path(self, path: str) -> str:
        """The name of the prompt in a file, given by its path from where the user stands."""
        folder = self.settings.root / self.settings.prompts_dir
        absolute = os.path.normpath(self.directory / path)
        inside = os.path.relpath(absolute, os.path.abspath(folder))
        if inside.startswith("..") or not inside.endswith(".yaml"):
            where = f"{self.settings.prompts_dir}/"
            raise ReferenceInvalid(f"{path} is no prompt file: those are *.yaml below {where}")
        return parse_reference(inside.removesuffix(".yaml")).name

    def _is_bare_worktree(self, reference: Reference) -> bool:
        worktree = self.bare_name == "worktree" and not self.settings.is_bare
        return reference.kind == "bare" and worktree

    def _in_worktree(self, name: str) -> Source:
        if self.settings.is_bare:
            raise RevisionNotFound("a bare repository has no working tree", f"{name}@HEAD")
        try:
            content = self.worktree.read_prompt(name)
        except PromptNotFound:
            raise no_prompt(name, self.prompt_names(), self.settings.renamed) from None
        return Source(name, self.worktree.prompt_path(name), content, self.worktree.read_file)

    def _at_commit(self, name: str, revision: str) -> Source:
        read = self._reader(revision)
        try:
            content = read(f"{name}.yaml")
        except FileMissing:
            files = _files_at(read, self.settings.prompts_dir)
            names = [file.name for file in files if file.is_prompt]
            raise no_prompt(name, names, self.settings.renamed, revision) from None
        return Source(name, self.worktree.prompt_path(name), content, read, read.commit)

    def _reader(self, revision: str) -> CommitReader:
        commit = self.history.resolve_commit(revision)
        return self.history.reader(commit, self.settings.prompts_dir)


def open_repository(
    directory: Path | str = ".",
    environ: Mapping[str, str] | None = None,
    *,
    bare_name: BareName = "published",
    lenient: bool = False,
) -> OpenRepository:
    """The prompt repository that a folder belongs to. Raises NotARepository and SettingsInvalid.

    `lenient` opens one whose promptctl.yaml is broken, with the default settings.
    """
    place = Path(os.path.abspath(directory))
    environ = process_environ() if environ is None else environ
    settings = read_settings(place, environ, lenient=lenient)
    history = History.open(settings.root, environ, is_bare=settings.is_bare)
    if settings.is_bare:
        settings = _settings_at_head(settings, history)
    worktree = Worktree(settings.root, settings.prompts_dir, _ignore_rule(settings, history))
    return OpenRepository(place, settings, environ, worktree, history, bare_name)


def _settings_at_head(settings: Settings, history: History) -> Settings:
    """A bare repository has no files but those in its commits."""
    try:
        content = history.read_file(history.resolve_commit("HEAD"), SETTINGS_FILE)
    except (FileMissing, RevisionNotFound):
        return settings
    return parse_settings(content, settings, f"HEAD:{SETTINGS_FILE}")


def _ignore_rule(settings: Settings, history: History) -> Callable[[str], bool]:
    """Whether git ignores a file; git is asked once, and only if an include is read at all."""
    known: list[frozenset[str]] = []

    def is_ignored(path: str) -> bool:
        if not known:
            known.append(_ignored_paths(settings, history))
        return is_below(path, known[0])

    return is_ignored


def _ignored_paths(settings: Settings, history: History) -> frozenset[str]:
    if settings.git_top is None:
        return frozenset()
    try:
        return history.ignored_paths(settings.prompts_dir)
    except PromptctlError:  # without git nothing is ignored, and the working tree can still be read
        return frozenset()


def _files_at(read: CommitReader, prompts_dir: str) -> list[PromptFile]:
    return list(prompt_files(iter(read.paths()), prompts_dir))


def _invalid(source: Source, errors: list[Finding]) -> PromptInvalid:
    first = min(errors, key=lambda finding: finding.location)
    more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
    hint = first.hint if not more else f"promptctl validate {source.name}"
    return PromptInvalid(f"{first.location}: {first.message}{more}", errors, hint)
