"""Prompt files on disk, as they stand now."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from operator import methodcaller
from pathlib import Path

from promptctl.core.fast_dataclass import dataclass
from promptctl.core.nearest import did_you_mean
from promptctl.core.reference import has_wrong_extension, is_prompt_name
from promptctl.errors import FileMissing, FileRefused, PromptNotFound
from promptctl.files import read_file_below

LFS_POINTER = b"version https://git-lfs.github.com/spec/"
MAX_PROMPT_FILE = 1024 * 1024
"""Bytes of the largest prompt file; larger ones are named and not read."""


def _nothing_ignored(path: str) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class PromptFile:
    """What stands where a prompt may stand: the name it would have and its path below the root.

    The name of a misnamed file breaks the rules of names; a link or an unreadable folder is listed
    too, so that reading it says what is wrong.
    """

    name: str
    path: str

    @property
    def is_prompt(self) -> bool:
        """Whether a prompt of that name can be asked for."""
        return self.path.endswith(".yaml") and is_prompt_name(self.name)


@dataclass(frozen=True, slots=True)
class Worktree:
    """The prompts folder of one repository."""

    root: Path
    prompts_dir: str
    is_ignored: Callable[[str], bool] = _nothing_ignored
    """Whether git ignores a file, by its path below the root; asked for included files only."""

    def prompt_files(self) -> Iterator[PromptFile]:
        """Every file that is a prompt or looks like one, sorted by path.

        Files and folders that begin with `_` or `.`, and `*.tests.yaml`, are no prompts.
        """
        return prompt_files(self.listing(), self.prompts_dir)

    def listing(self) -> Iterator[str]:
        """The paths of all files among which the prompts are, sorted; nothing else decides which are."""
        return _list_folder(self.root, self.prompts_dir)

    def prompt_path(self, name: str) -> str:
        """Where the file of a prompt of that name stands, below the root."""
        return f"{self.prompts_dir}/{name}.yaml"

    def read_prompt(self, name: str) -> bytes:
        """The bytes of one prompt's file. Raises PromptNotFound or FileRefused."""
        try:
            return read_file_below(self.root, self.prompt_path(name))
        except FileMissing:
            raise PromptNotFound(f"there is no prompt {name}", "promptctl list") from None

    def read_path(self, path: str) -> bytes:
        """The bytes of a file by its path below the root. Raises FileMissing or FileRefused."""
        return read_file_below(self.root, path)

    def read_file(self, path: str) -> bytes:
        """The bytes of an included file by its path below the prompts folder (a ReadFile).

        A file that git ignores is refused: at any revision it would not be there. Errors call it
        what the prompt calls it.
        """
        whole = f"{self.prompts_dir}/{path}"
        try:
            content = read_file_below(self.root, whole, shown=path)
        except FileMissing as error:
            raise FileMissing(error.message, self._nearest(path)) from None
        if self.is_ignored(whole):
            raise FileRefused(f"{path} is ignored by git, so no revision can hold it")
        if content.startswith(LFS_POINTER):
            raise FileRefused(f"{path} is a Git LFS pointer, not the file itself", "git lfs pull")
        return content

    def _nearest(self, path: str) -> str | None:
        """A hint with the file that somebody meant who named one that is not there."""
        folder, _, name = path.rpartition("/")
        # No link was met on the way to a missing file, so these are folders of the repository.
        places = [f"{folder}/"] if folder else ["", "_partials/"]
        start = len(self.prompts_dir) + 1
        known = {
            file.rpartition("/")[2]: file[start:]
            for place in places
            for file in _entries(self.root, f"{self.prompts_dir}/{place}") or ()
            if not file.endswith(("/", ".yaml")) and not has_wrong_extension(file)
        }
        hint = did_you_mean(name, known)
        return f"did you mean `{known[hint.split('`')[1]]}`?" if hint else None


def missing_folder(root: Path, prompts_dir: str) -> str | None:
    """That the prompts folder is not there, in words; None if something is."""
    if os.path.lexists(root / prompts_dir):
        return None
    return f"there is no folder {prompts_dir}/, and so no prompt"


def prompt_files(paths: Iterator[str], prompts_dir: str) -> Iterator[PromptFile]:
    """Of the files below `prompts_dir`, those that are prompts or look like prompts."""
    start = len(prompts_dir) + 1
    for path in paths:
        inside = path[start:]
        if inside.startswith(("_", ".")) or "/_" in inside or "/." in inside:
            continue
        if path.endswith(".yaml") or has_wrong_extension(path):
            if not path.lower().endswith((".tests.yaml", ".tests.yml")):
                yield PromptFile(inside.rpartition(".")[0], path)
        elif path.endswith("/"):
            yield PromptFile(inside[:-1], path[:-1])


def _list_folder(root: Path, folder: str) -> Iterator[str]:
    """Paths of all files below a folder, sorted; what cannot be entered is given with a final `/`."""
    if any(os.path.islink(parent) for parent in _parents(root, folder)):
        yield f"{folder}/"
        return
    waiting = [f"{folder}/"] if os.path.lexists(root / folder) else []
    while waiting:
        path = waiting.pop()
        inside = _entries(root, path) if path.endswith("/") else None
        if inside is None:
            yield path
        elif any(map(_ends_in_slash, inside)):
            waiting.extend(reversed(inside))
        else:
            yield from inside


_ends_in_slash = methodcaller("endswith", "/")


def _entries(root: Path, folder: str) -> list[str] | None:
    """Paths in one folder, sorted, folders with a final `/`; None if it is a link or unreadable."""
    place = f"{root}/{folder}"  # a string: pathlib takes its time on ten thousand files
    if os.path.islink(place.rstrip("/")):
        return None
    try:
        with os.scandir(place) as scan:
            found = sorted(_shown(entry) for entry in scan if entry.name[0] not in "_.")
    except OSError:
        return None
    return [folder + name for name in found]


def _parents(root: Path, folder: str) -> Iterator[str]:
    place = str(root)
    for part in folder.split("/")[:-1]:
        place = f"{place}/{part}"
        yield place


def _shown(entry: os.DirEntry[str]) -> str:
    try:
        return f"{entry.name}/" if entry.is_dir() else entry.name
    except OSError:  # a link to itself
        return entry.name
