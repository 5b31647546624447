"""Both states of one prompt, read and compared: what diff, ci and changelog have in common."""

from __future__ import annotations

from dataclasses import field

from promptctl.core.diff import PromptDiff, Side, diff_prompts
from promptctl.core.fast_dataclass import dataclass
from promptctl.core.finding import PromptInvalid
from promptctl.core.prompt import Prompt
from promptctl.core.record import Record
from promptctl.errors import FileMissing, FileRefused
from promptctl.operations.diff_sources import Pair, Placed
from promptctl.operations.diff_states import prompt_in
from promptctl.operations.repository import Source
from promptctl.repo.objects import ObjectReader
from promptctl.repo.version_files import version_reader


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Why a prompt cannot be read in a state: the same wherever it is the same."""

    message: str
    shown: str = field(compare=False)
    """The state for people."""


def placed_version(objects: ObjectReader, record: Record, shown: str) -> Placed:
    """A version of a prompt where it was at its commit, whatever the settings say now."""
    folder = version_folder(record)
    read = version_reader(objects, record.commit, folder)
    version = record.version
    side = Side(record.name, record.path, shown, record.commit, version)
    try:
        content = read(f"{record.name}.yaml")
    except (FileMissing, FileRefused) as error:
        return Placed(side, None, error.message)
    return Placed(side, Source(record.name, record.path, content, read, record.commit, version))


def version_folder(record: Record) -> str:
    """The prompts folder that a version was made in."""
    return record.path.removesuffix(f"/{record.name}.yaml")


def read_placed(placed: Placed | None, folder: str) -> Prompt | Unreadable | None:
    """The prompt that stands there, or why there is none that can be compared."""
    if placed is None:
        return None
    source, shown = placed.source, placed.side.shown
    if source is None:
        return Unreadable(placed.problem or "", shown)
    try:
        return prompt_in(source, folder)
    except (PromptInvalid, FileMissing, FileRefused) as error:
        # The state is said already, in the words of who asked.
        message = error.message.replace(f"{source.commit[:10]}:", "") if source.commit else None
        return Unreadable(message or error.message, shown)


def compare_pair(
    pair: Pair, old: Prompt | Unreadable | None, new: Prompt | Unreadable | None
) -> PromptDiff | None:
    """What differs between two states of a prompt as they were read; None if nothing does."""
    before, after = (None if one is None else one.side for one in (pair.old, pair.new))
    if isinstance(old, Unreadable) or isinstance(new, Unreadable):
        if old == new and _same_bytes(pair):
            return None
        problem = new if isinstance(new, Unreadable) else old
        assert isinstance(problem, Unreadable)
        return PromptDiff(before, after, (), problem=f"{problem.shown}: {problem.message}")
    if old is not None and new is not None and _same_bytes(pair) and old.files == new.files:
        return None
    return diff_prompts(
        (before, old) if before is not None and old is not None else None,
        (after, new) if after is not None and new is not None else None,
        renamed=pair.renamed,
    )


def _same_bytes(pair: Pair) -> bool:
    """Whether the prompt file is the same in both states, name and bytes."""
    old, new = pair.old, pair.new
    if old is None or new is None or old.source is None or new.source is None:
        return False
    return old.side.name == new.side.name and old.source.content == new.source.content
