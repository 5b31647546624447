"""git-setup: plain `git diff`, `git log -p` and `git show` compare prompt files by what they say."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from promptctl.core.attributes_text import (
    DRIVER,
    attribute_line,
    own_attributes,
    with_attribute,
    without_attributes,
)
from promptctl.errors import FileMissing, LocalIOError, NotARepository, Refused
from promptctl.files import read_regular_file, replace_file_below
from promptctl.operations.placement import placed
from promptctl.operations.repository import OpenRepository
from promptctl.repo.diff_driver import (
    attributes_file,
    diff_attribute,
    driver_settings,
    driver_works,
    forget_converted,
    read_driver,
    remove_driver,
    write_driver,
)
from promptctl.repo.git import Git
from promptctl.repo.recording import common_dir, locked

SHARED_FILE = ".gitattributes"
_SECTION = f"diff.{DRIVER}"


@dataclass(frozen=True, slots=True)
class ReadableForm:
    """What the driver has to know of the form that prompt files are compared in."""

    number: int
    headings: Sequence[str]


@dataclass(frozen=True, slots=True)
class SetupStep:
    """One thing that was done, or would be: in which file, and what was put there or taken away."""

    file: str
    what: str


@dataclass(frozen=True, slots=True)
class SetupState:
    """How this clone compares prompt files."""

    files: str
    """The prompt files, as a pattern for people."""
    attribute: str
    """The driver that the attributes name, or git's word for none."""
    has_driver: bool
    """Whether the clone's configuration has a driver of that name."""
    is_current: bool
    """Whether it is the one that this promptctl installs."""
    works: bool
    """Whether the Python that the driver starts is there."""

    @property
    def is_on(self) -> bool:
        """Whether git uses the driver."""
        return self.attribute == DRIVER and self.has_driver and self.works


def set_up_git(
    repository: OpenRepository,
    form: ReadableForm,
    note: Callable[[str], None],
    *,
    shared: bool = False,
    dry_run: bool = False,
) -> tuple[SetupStep, ...]:
    """Install the diff driver in this clone. What is there already stays as it is.

    The attributes go where no commit holds them, or, if `shared`, into the .gitattributes beside
    promptctl.yaml. Raises LocalIOError where the clone cannot be written.
    """
    place = _Place.of(repository)
    settings = _settings(form)
    file = place.attributes(shared)
    line = attribute_line(place.folder_from(file))
    with place.locked(note, dry_run=dry_run):
        steps: list[SetupStep] = []
        if not settings.items() <= read_driver(place.git).items():
            steps.append(SetupStep(place.shown(place.common / "config"), _SECTION))
        before = _content(file)
        after = with_attribute(before or b"", os.fsencode(line))
        if after != before:
            steps.append(SetupStep(place.shown(file), line))
        if not dry_run:
            write_driver(place.git, settings)  # first: an attribute alone would name no driver
            forget_converted(place.git)
            _write(file, before, after)
    return tuple(steps)


def remove_git_setup(
    repository: OpenRepository,
    form: ReadableForm,
    note: Callable[[str], None],
    *,
    shared: bool = False,
    dry_run: bool = False,
) -> tuple[SetupStep, ...]:
    """Take away what `set_up_git` put into this clone; with `shared` from .gitattributes too.

    Whatever else is in these files stays, byte for byte.
    """
    place = _Place.of(repository)
    files = [place.attributes(False), *([place.attributes(True)] if shared else [])]
    with place.locked(note, dry_run=dry_run):
        steps: list[SetupStep] = []
        for file in files:
            before = _content(file) or b""
            lines = own_attributes(before)
            steps += [SetupStep(place.shown(file), os.fsdecode(line)) for line in lines]
            if lines and not dry_run:
                _write(file, before, without_attributes(before))
        names = [name for name in _settings(form) if name in read_driver(place.git)]
        if names:
            steps.append(SetupStep(place.shown(place.common / "config"), _SECTION))
        if not dry_run:
            remove_driver(place.git, names)
            forget_converted(place.git)
    return tuple(steps)


def shared_file_left(repository: OpenRepository) -> str | None:
    """The committed file that names the driver for every clone; None if none does."""
    if repository.settings.is_bare:
        return None
    place = _Place.of(repository)
    file = place.attributes(True)
    return place.shown(file) if own_attributes(_content(file) or b"") else None


def read_git_setup(repository: OpenRepository, form: ReadableForm) -> SetupState:
    """How this clone compares prompt files now."""
    place = _Place.of(repository)
    found, wanted = read_driver(place.git), _settings(form)
    folder = place.folder_from(place.attributes(False))
    command = found.get(f"{_SECTION}.textconv")
    return SetupState(
        files=f"{folder}/**/*.yaml",
        attribute=diff_attribute(place.git, f"{folder}/any.yaml"),
        has_driver=command is not None,
        is_current=wanted.items() <= found.items(),
        works=command is not None and driver_works(command),
    )


def _settings(form: ReadableForm) -> dict[str, str]:
    return driver_settings(sys.executable, form.number, form.headings)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a clone keeps what is set up."""

    repository: OpenRepository
    git: Git
    common: Path

    @classmethod
    def of(cls, repository: OpenRepository) -> _Place:
        """The place of a repository's clone. Raises NotARepository."""
        root = repository.settings.root
        if repository.settings.git_top is None:
            raise NotARepository(f"{root} is in no git repository", "git init")
        git = repository.history_at_top.git
        return cls(repository, git, common_dir(git))

    def attributes(self, shared: bool) -> Path:
        """The file for the attributes: that of the clone, or the one that is committed."""
        if not shared:
            return attributes_file(self.git)
        settings = self.repository.settings
        if settings.is_bare:
            raise Refused(f"{settings.root} is a bare repository: it has no {SHARED_FILE} to write")
        return settings.root / SHARED_FILE

    def folder_from(self, file: Path) -> str:
        """The folder of the prompts as that file's patterns name it."""
        settings = self.repository.settings
        if file.name == SHARED_FILE or settings.git_top in (None, settings.root):
            return settings.prompts_dir
        assert settings.git_top is not None
        return f"{settings.root.relative_to(settings.git_top).as_posix()}/{settings.prompts_dir}"

    def shown(self, file: Path) -> str:
        """The file for people, as seen from where they stand if it is near."""
        path = os.path.relpath(file, self.repository.directory)
        return str(file) if path.startswith("../..") else path

    @contextmanager
    def locked(self, note: Callable[[str], None], *, dry_run: bool) -> Iterator[None]:
        """Let no other promptctl write meanwhile."""
        if dry_run:
            yield
            return
        with locked(self.common, note):
            yield


def _content(file: Path) -> bytes | None:
    """The bytes of a file; None if there is none. Raises FileRefused for a link."""
    try:
        return read_regular_file(file)
    except FileMissing:
        return None


def _write(file: Path, before: bytes | None, after: bytes) -> None:
    """Put the new bytes in place; a file that would be empty is removed, as it was not there before."""
    if after == before:
        return
    if before is None:
        folder, path = file.parent.parent, f"{file.parent.name}/{file.name}"
        with placed(folder, {path: after.decode("utf-8")}) as made:
            if not made:
                raise Refused(f"{file} has changed meanwhile", "run the same command again")
    elif after:
        replace_file_below(file.parent, file.name, before, after)
    else:
        try:
            file.unlink()
        except OSError as error:
            raise LocalIOError(f"cannot remove {file}: {error.strerror}") from error
