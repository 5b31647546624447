"""One prompt in two states, before it is compared: its texts, where they stand, and what keeps them apart."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Literal

from promptctl.core.diff import Side
from promptctl.core.fast_dataclass import dataclass
from promptctl.core.reference import is_path, parse_reference
from promptctl.core.rename_detection import find_renames
from promptctl.core.renamed import name_now
from promptctl.errors import ReferenceInvalid
from promptctl.files import read_file_below, read_regular_file
from promptctl.operations.repository import OpenRepository, Source


@dataclass(frozen=True, slots=True)
class Placed:
    """The text of a prompt in one state; None for `source` if it cannot be read, as `problem` says."""

    side: Side
    source: Source | None
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Pair:
    """One prompt in two states; it may be missing in one of them."""

    old: Placed | None
    new: Placed | None
    renamed: Literal["declared", "undeclared"] | None = None
    """Whether the settings know that it has another name; None where two names were asked for."""

    @property
    def name(self) -> str:
        """The prompt's name, the newer one if it has two."""
        return self.names[0]

    @property
    def names(self) -> list[str]:
        """Its names in both states, the newer one first."""
        return [placed.side.name for placed in (self.new, self.old) if placed is not None]


def with_renames(
    pairs: Iterable[Pair], declared: Callable[[], Mapping[str, str]]
) -> Iterator[Pair]:
    """The pairs, with those that are one prompt under two names joined; `declared` are the settings'."""
    all_pairs = list(pairs)
    gone = {pair.name: pair.old for pair in all_pairs if pair.new is None}
    come = {pair.name: pair.new for pair in all_pairs if pair.old is None}
    known = declared() if gone and come else {}
    renames = find_renames(_contents(gone), _contents(come), known) if gone and come else {}
    joined = set(renames.values())
    for pair in all_pairs:
        if pair.old is None and pair.name in renames:
            before = renames[pair.name]
            is_declared = name_now(known, before) == pair.name
            yield Pair(gone[before], pair.new, "declared" if is_declared else "undeclared")
        elif pair.new is not None or pair.name not in joined:
            yield pair


def _contents(placed: Mapping[str, Placed | None]) -> dict[str, bytes]:
    return {
        name: one.source.content
        for name, one in placed.items()
        if one is not None and one.source is not None
    }


def pair_of_texts(repository: OpenRepository, old: str, new: str) -> Pair:
    """The pair that two references or paths name. Raises what reading them raises."""
    return Pair(_placed(repository, old), _placed(repository, new))


def pair_of_files(directory: Path, old: str, new: str) -> Pair:
    """The pair that two files are, wherever they are; what they include is looked for beside them."""
    name = Path(new).name.removesuffix(".yaml")
    return Pair(_file(directory, old, name), _file(directory, new, name))


def _placed(repository: OpenRepository, text: str) -> Placed:
    if not is_path(text):
        source = repository.source(text)
        return Placed(_side(source, _shown(source, text)), source)
    try:
        source = repository.source(text)
    except ReferenceInvalid:
        return _file(repository.directory, text, Path(text).name.removesuffix(".yaml"))
    return Placed(_side(source, text), source)


def _side(source: Source, shown: str) -> Side:
    return Side(source.name, source.path, shown, source.commit, source.version)


def _shown(source: Source, text: str) -> str:
    """A reference for people, with the version that it leads to."""
    reference = parse_reference(text)
    if source.commit is None:
        return "working tree"
    if source.version is None:
        return text
    version = f"v{source.version}"
    if reference.kind == "version":
        return f"{source.name}@{version}"
    return f"{text} ({version})"


def _file(directory: Path, path: str, name: str) -> Placed:
    place = directory / path
    content = read_regular_file(place)
    source = Source(name, path, content, lambda file: read_file_below(place.parent, file))
    return Placed(_side(source, path), source)
