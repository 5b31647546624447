"""mv: a prompt gets another name, and what was released under the old one keeps answering."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from shlex import quote

from promptctl.core.reference import is_glob, name_problem, one_prompt_needed
from promptctl.core.rename_text import add_renamed, move_schema_line
from promptctl.core.renamed import name_now, no_prompt
from promptctl.errors import (
    AlreadyExists,
    FileMissing,
    LocalIOError,
    PromptNotFound,
    ReferenceInvalid,
    Refused,
    RevisionNotFound,
    SettingsInvalid,
)
from promptctl.files import MAX_FILE
from promptctl.operations.content import path_at_top
from promptctl.operations.moving import FileMove, FileWrite, IndexChange, carry_out
from promptctl.operations.placement import missing_files
from promptctl.operations.repository import OpenRepository
from promptctl.repo.index import Staged, read_blob, read_staged, write_blob
from promptctl.repo.recording import common_dir
from promptctl.settings import SETTINGS_FILE, Settings, parse_settings

_EDITED_TEXT = "surrogateescape"
"""How a text is taken apart and put together again, byte for byte whatever it holds."""


@dataclass(frozen=True, slots=True)
class Renamed:
    """What a renaming does."""

    old: str
    new: str
    moves: tuple[tuple[str, str], ...]
    """From where to where, below the root; () where somebody has moved the files before."""
    version: int | None
    """The latest version of the old name."""
    labels: tuple[str, ...]
    """The labels that the old name has."""
    is_staged: bool
    """Whether git knew the file, so that the renaming is staged."""


def rename_prompt(
    repository: OpenRepository, old: str, new: str, *, dry_run: bool = False
) -> Renamed:
    """Give a prompt another name, in the working tree and in the index; all of it or nothing.

    Where somebody has moved its file already, promptctl.yaml is made to say so, and no more.
    What is not staged stays so. Raises PromptNotFound, AlreadyExists, ReferenceInvalid,
    NotARepository, and Refused where the index has a conflict or promptctl.yaml cannot be changed
    safely.
    """
    pairs = [] if _is_moved(repository, old, new) else _checked_pairs(repository, old, new)
    top = [_top(repository, path) for pair in pairs for path in pair]
    settings_path = _top(repository, SETTINGS_FILE)
    staged = read_staged(repository.history_at_top.git, [*top, settings_path])
    _check_index(staged, [_top(repository, target) for _, target in pairs])
    write = _settings_write(repository, old, new)
    moves = [_file_move(repository, source, target) for source, target in pairs]
    if not dry_run:
        change = _index_change(repository, pairs, staged, write, (old, new))
        carry_out(moves, write, repository.history_at_top.git, change)
        _remove_empty_folders(repository, pairs)
    records = repository.releases.current_records([old]).get(old)
    latest = records.latest if records is not None else None
    is_staged = bool(pairs) and _top(repository, pairs[0][0]) in staged
    labels = tuple(records.labels) if records is not None else ()
    return Renamed(old, new, tuple(pairs), latest.tag.number if latest else None, labels, is_staged)


def _is_moved(repository: OpenRepository, old: str, new: str) -> bool:
    """Whether the file has its new name already, and only promptctl.yaml does not say so."""
    settings = repository.settings
    if settings.is_bare or settings.git_top is None or {old, new} & settings.renamed.keys():
        return False
    here = repository.prompt_names()
    if old in here or new not in here:
        return False
    if name_problem(old) is None and repository.releases.list_tags(old):
        return True
    try:
        return old in repository.prompt_names("HEAD")
    except RevisionNotFound:
        return False


def _top(repository: OpenRepository, path: str) -> str:
    return path_at_top(repository.settings, path)


def _checked_pairs(repository: OpenRepository, old: str, new: str) -> list[tuple[str, str]]:
    """Which file goes where, after all that can be refused by names and files."""
    settings, worktree = repository.settings, repository.worktree
    if settings.is_bare:
        raise Refused(
            f"{settings.root} is a bare repository; it has no files to move",
            "do it in a clone of it",
        )
    for name, is_new in ((old, False), (new, True)):
        if is_glob(name):
            raise one_prompt_needed(name)
        problem = name_problem(name)
        if problem is not None:
            message = f"`{name[:200]}` is no prompt name: {problem}"
            raise ReferenceInvalid(message, _better(old, new) if is_new else "promptctl list")
    common_dir(repository.history.git)  # says where there is no git repository
    try:
        worktree.read_prompt(old)
    except PromptNotFound:
        raise no_prompt(old, repository.prompt_names(), settings.renamed) from None
    _check_free(repository, old, new)
    _check_own(repository, old, new)
    pairs = [(worktree.prompt_path(old), worktree.prompt_path(new))]
    tests = [path.removesuffix(".yaml") + ".tests.yaml" for path in pairs[0]]
    if not missing_files(settings.root, {tests[1]: ""}):
        raise AlreadyExists(f"{tests[1]} exists", "move it away, or choose another name")
    if not missing_files(settings.root, {tests[0]: ""}):
        pairs.append((tests[0], tests[1]))
    return pairs


def _better(old: str, new: str) -> str:
    """What the new name may have been meant to be."""
    if new.endswith("/"):
        inside = f"{new}{old.rpartition('/')[2]}"
        return f"with the name in that folder: promptctl mv {quote(old)} {quote(inside)}"
    plain = "/".join(
        re.sub(r"[^a-z0-9_]+", "-", part.lower()).strip("-_") for part in new.split("/")
    )
    if name_problem(plain) is None:
        return f"did you mean `{plain}`?"
    return "parts of a-z, 0-9, _ and -, joined by /, such as support/triage"


def _check_free(repository: OpenRepository, old: str, new: str) -> None:
    """Raises AlreadyExists where the new name is taken, or another differs from it by case only."""
    target = repository.worktree.prompt_path(new)
    if old == new or not missing_files(repository.settings.root, {target: ""}):
        raise AlreadyExists(f"{target} exists", "choose another name")
    wanted = target.removesuffix(".yaml").split("/")
    for file in repository.worktree.prompt_files():
        parts = os.path.splitext(file.path)[0].split("/")
        for mine, other in zip(wanted, parts, strict=False):
            if mine != other and mine.lower() == other.lower():
                raise AlreadyExists(
                    f"{file.path} differs from {target} by case only, and some disks take both for one",
                    "choose another name",
                )
            if mine != other:
                break
        else:
            if len(parts) == len(wanted):  # greeting.yml
                raise AlreadyExists(f"{file.path} has that name", "choose another name")


def _check_own(repository: OpenRepository, old: str, new: str) -> None:
    """Raises AlreadyExists where callers of the new name get another prompt by it.

    Back to a name of its own is free: what was released by that one is the prompt's.
    """
    now = name_now(repository.settings.renamed, new)
    if now == old:
        return
    if now is not None:
        raise AlreadyExists(
            f"{new} is what {now} was called before: promptctl.yaml says so below `renamed:`, and what"
            " was released by that name answers still",
            "choose another name",
        )
    if repository.releases.list_tags(new):
        raise AlreadyExists(
            f"{new} has releases, which are another prompt's and keep answering",
            f"choose another name; promptctl log {new} shows them",
        )


def _check_index(staged: Mapping[str, Staged], targets: Sequence[str]) -> None:
    for path, entry in staged.items():
        if entry.is_conflict:
            raise Refused(f"{path} has a merge conflict", f"resolve it, then git add {quote(path)}")
        if path in targets:
            raise AlreadyExists(f"{path} is staged", f"git rm --cached {quote(path)}")


def _file_move(repository: OpenRepository, source: str, target: str) -> FileMove:
    root = repository.settings.root
    before = repository.worktree.read_path(source)
    after = _with_schema_line(before, source, target)
    return FileMove(root / source, root / target, before, after)


def _with_schema_line(content: bytes, source: str, target: str) -> bytes:
    text = content.decode("utf-8", _EDITED_TEXT)
    return move_schema_line(text, source, target).encode("utf-8", _EDITED_TEXT)


def _settings_write(repository: OpenRepository, old: str, new: str) -> FileWrite:
    path = repository.settings.root / SETTINGS_FILE
    try:
        before = repository.worktree.read_path(SETTINGS_FILE)
    except FileMissing:
        return FileWrite(path, None, _with_renamed(repository, b"version: 1\n", old, new))
    return FileWrite(path, before, _with_renamed(repository, before, old, new))


def _with_renamed(repository: OpenRepository, content: bytes, old: str, new: str) -> bytes:
    """The text of a promptctl.yaml that says the renaming, and otherwise exactly what it said."""
    settings = repository.settings
    base = Settings(settings.root, settings.file, settings.git_top, settings.is_bare)
    text = content.decode("utf-8", _EDITED_TEXT)
    after = add_renamed(text, old, new).encode("utf-8", _EDITED_TEXT)
    said = parse_settings(content, base)
    kept = {name: then for name, then in said.renamed.items() if name != new}
    wanted = replace(said, renamed=kept | {old: new}, sources={})
    with suppress(SettingsInvalid):
        if replace(parse_settings(after, base), sources={}) == wanted:
            return after
    raise Refused(
        f"{SETTINGS_FILE} is written in a way that cannot be changed safely",
        f"write `{old}: {new}` below `renamed:` there, then git mv the file",
    )


def _index_change(
    repository: OpenRepository,
    pairs: Sequence[tuple[str, str]],
    staged: Mapping[str, Staged],
    write: FileWrite,
    names: tuple[str, str],
) -> IndexChange:
    """What is staged goes along as it is staged; of promptctl.yaml only the renaming is added."""
    git = repository.history_at_top.git
    before, after = [], []
    for source, target in pairs:
        entry = staged.get(_top(repository, source))
        if entry is None:
            continue
        content = _blob(repository, entry)
        changed = _with_schema_line(content, source, target)
        oid = entry.oid if changed == content else write_blob(git, changed)
        before.append(entry)
        after.append(replace(entry, path=_top(repository, target), oid=oid))
    if not before:
        return IndexChange((), ())
    path = _top(repository, SETTINGS_FILE)
    known = staged.get(path)
    if known is None:
        after.append(Staged(path, "100644", write_blob(git, write.after)))
    else:
        content = _with_renamed(repository, _blob(repository, known), *names)
        before.append(known)
        after.append(replace(known, oid=write_blob(git, content)))
    return IndexChange(before, after)


def _blob(repository: OpenRepository, entry: Staged) -> bytes:
    content = read_blob(repository.history_at_top.git, entry.oid, MAX_FILE)
    if content is None:
        raise LocalIOError(
            f"git cannot give what is staged of {entry.path}", "git fetch --refetch --no-filter"
        )
    return content


def _remove_empty_folders(repository: OpenRepository, pairs: Sequence[tuple[str, str]]) -> None:
    settings = repository.settings
    top = settings.root / settings.prompts_dir
    for source, _ in pairs:
        for folder in (settings.root / source).parents:
            if folder == top or top not in folder.parents:
                break
            with suppress(OSError):
                folder.rmdir()
