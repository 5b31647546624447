"""Everything that a prompt is made of: its own templates, and each file that they include or attach."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple, TypeAlias

from promptctl.core.fast_dataclass import dataclass
from promptctl.core.json_data import Json, Path
from promptctl.core.templates import (
    MAX_INCLUDE_DEPTH,
    Include,
    InnerName,
    Place,
    Template,
    TemplateFormat,
    TemplateInvalid,
    cached_template,
    parse_template,
)
from promptctl.errors import FileMissing, FileRefused, LocalIOError

ReadFile: TypeAlias = Callable[[str], bytes]
"""Bytes of a file by its path under the prompts folder. Raises FileMissing or FileRefused."""

MAX_FILES = 256
MAX_INNER_NAMES = 1000
"""Names inside sections that are told apart by the sections around them."""
MAX_TEXT_BYTES = 4 * 1024 * 1024
MAX_MEDIA_BYTES = 20 * 1024 * 1024
MAX_TOTAL_BYTES = 64 * 1024 * 1024

_FILE_PART = re.compile(r"\w(?:[\w .()+,=@-]*[\w()+=@-])?")


class Source(NamedTuple):
    """Where something stands: at `path` in the prompt file, or at `place` in the text `file`.

    With both `path` and `place` and no `file`, the place is inside the string at that path.
    """

    path: Path
    file: str | None = None
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class ClosureProblem:
    """Something wrong with a template, an include or an attached file, with the rule that says so."""

    rule: str
    source: Source
    message: str
    hint: str | None = None


@dataclass(frozen=True, slots=True)
class Closure:
    """What a prompt is made of, as far as it could be read."""

    files: Mapping[str, bytes]
    """Every included text (as UTF-8 with line feeds) and attached file, by its path."""
    templates: Mapping[Path, Template]
    """The template at each path of the prompt file, also where the path names a file."""
    partials: Mapping[str, Template]
    """The template of each included text, by its path."""
    texts: frozenset[str]
    """Paths of all included texts that could be read, also of those that are no good templates."""
    names: Mapping[str, Source]
    """Variables that are read from outside, each with its first place."""
    uncertain: Mapping[InnerName, Source]
    """Names inside Mustache sections, which an item may have; used, but perhaps not from outside."""
    problems: tuple[ClosureProblem, ...]

    @property
    def used(self) -> frozenset[str]:
        """Every name that a declared variable can be used by."""
        return frozenset(self.names).union(inner.name for inner in self.uncertain)


def resolve_closure(
    data: Mapping[str, Json], template_format: TemplateFormat, read: ReadFile
) -> Closure:
    """Parse every template of a prompt's data and read what they include.

    The data may break the schema; what has not the right shape is passed over here.
    """
    search = _Search(template_format, read)
    for path, text in inline_texts(data):
        search.add_inline(path, text)
    for path, file in included_files(data):
        search.add_included(path, file)
    for path, file in attached_files(data):
        search.add_attached(path, file)
    return search.closure()


def inline_texts(data: Mapping[str, Json]) -> Iterator[tuple[Path, str]]:
    """Each template text that stands in the prompt file."""
    if isinstance(template := data.get("template"), str):
        yield ("template",), template
    for path, message in _mappings(("messages",), data.get("messages")):
        content = message.get("content")
        if isinstance(content, str):
            yield (*path, "content"), content
        for part_path, part in _mappings((*path, "content"), content):
            if part.get("type") == "text" and isinstance(text := part.get("text"), str):
                yield (*part_path, "text"), text


def included_files(data: Mapping[str, Json]) -> Iterator[tuple[Path, str]]:
    """Each text file that a message names as its whole content."""
    for path, message in _mappings(("messages",), data.get("messages")):
        if isinstance(file := message.get("file"), str):
            yield (*path, "file"), file


def attached_files(data: Mapping[str, Json]) -> Iterator[tuple[Path, str]]:
    """Each image or document that a message part names by its path."""
    for path, message in _mappings(("messages",), data.get("messages")):
        for part_path, part in _mappings((*path, "content"), message.get("content")):
            if part.get("type") in ("image", "file") and isinstance(file := part.get("path"), str):
                yield (*part_path, "path"), file


def _mappings(path: Path, value: Json) -> Iterator[tuple[Path, Mapping[str, Json]]]:
    # Naming the usual classes first spares the slow check of an abstract one.
    if value is not None and not isinstance(value, str) and isinstance(value, (list, Sequence)):
        for index, member in enumerate(value):
            if isinstance(member, (dict, Mapping)):
                yield (*path, index), member


def file_name_problem(file: str) -> str | None:
    """Why no prompt may name this file, or None: names are plain, relative and stay in the folder."""
    if len(file) > 500:
        return "the name is too long"
    if file.startswith("/") or "\\" in file or ":" in file:
        return "name it by its path under the prompts folder, with `/`"
    parts = file.split("/")
    if any(part in ("", ".", "..") for part in parts):
        return "a path has no empty parts, `.` or `..`"
    if not all(_FILE_PART.fullmatch(part) for part in parts):
        return "names begin with a letter, a digit or `_` and hold no other signs than blank . ( ) + , = @ -"
    return None


_Where: TypeAlias = tuple[str | None, Place]
_Names: TypeAlias = tuple[dict[str, _Where], dict[InnerName, _Where]]
"""The names of a template and all it includes, certain and uncertain, each with its first place."""


class _Search:
    """The state of one resolution."""

    def __init__(self, template_format: TemplateFormat, read: ReadFile) -> None:
        self.template_format, self.read = template_format, read
        self.files: dict[str, bytes] = {}
        self.total = 0
        self.templates: dict[Path, Template] = {}
        self.partials: dict[str, Template | None] = {}
        self.invalid: set[str] = set()
        self.unreadable: dict[str, ClosureProblem] = {}
        self.heights: dict[str, int] = {}
        self.problems: list[ClosureProblem] = []
        self.names: dict[str, Source] = {}
        self.uncertain: dict[InnerName, Source] = {}
        self.free: dict[str, _Names] = {}

    def add_inline(self, path: Path, text: str) -> None:
        try:
            template = parse_template(text, self.template_format)
        except TemplateInvalid as error:
            self._add_invalid(error, Source(path))
            if error.rest is None:
                return
            template = error.rest
        else:
            self.templates[path] = template
        self._follow(template, Source(path), ())
        self._collect(template, Source(path))

    def add_included(self, path: Path, file: str) -> None:
        self._include(Include(file, Place(1, 1)), Source(path), ())
        template = self.partials.get(file)
        if template is not None:
            if file not in self.invalid:
                self.templates[path] = template
            self._collect(template, Source(path, file))

    def add_attached(self, path: Path, file: str) -> None:
        if file not in self.files:
            self._read(file, Source(path), MAX_MEDIA_BYTES)

    def closure(self) -> Closure:
        partials = {
            file: found
            for file, found in self.partials.items()
            if found is not None and file not in self.invalid
        }
        uncertain = {n: where for n, where in self.uncertain.items() if n.name not in self.names}
        return Closure(
            self.files,
            self.templates,
            partials,
            frozenset(self.partials).intersection(self.files),
            self.names,
            uncertain,
            tuple(self.problems),
        )

    def _follow(self, template: Template, source: Source, chain: tuple[str, ...]) -> int:
        """Read what a template includes; the length of its longest chain of includes."""
        height = 0
        for include in template.includes:
            place = Source(source.path, source.file, include.place)
            height = max(height, 1 + self._include(include, place, chain))
        return height

    def _include(self, include: Include, source: Source, chain: tuple[str, ...]) -> int:
        file = include.file
        if file in chain:
            circle = " → ".join((*chain[chain.index(file) :], file))
            self._problem(
                "include-cycle", source, f"an include that comes back to itself: {circle}"
            )
            return 0
        if len(chain) > MAX_INCLUDE_DEPTH:
            return 0  # the chain that led here is reported where it begins
        if file in self.unreadable:
            self.problems.append(replace(self.unreadable[file], source=source))
        if file not in self.partials:
            self.partials[file] = self._read_partial(file, source)
            template = self.partials[file]
            if template is not None:
                height = self._follow(template, Source(source.path, file), (*chain, file))
                self.heights[file] = height
        height = self.heights.get(file, 0)
        if not chain and height >= MAX_INCLUDE_DEPTH:
            self._problem(
                "include-cycle", source, f"more than {MAX_INCLUDE_DEPTH} includes in a chain"
            )
        return height

    def _read_partial(self, file: str, source: Source) -> Template | None:
        content = self._read(file, source, MAX_TEXT_BYTES)
        if content is None:
            self.unreadable[file] = self.problems[-1]
            return None
        try:
            text = text_of_file(content)
        except UnicodeDecodeError as error:
            line = content.count(b"\n", 0, error.start) + 1
            self._problem("include-refused", source, f"`{file}` is not UTF-8 text (line {line})")
            return None
        self.files[file] = text.encode()
        try:
            return cached_template(text, self.template_format)
        except TemplateInvalid as error:
            self._add_invalid(error, Source(source.path, file))
            self.invalid.add(file)
            return error.rest

    def _read(self, file: str, source: Source, limit: int) -> bytes | None:
        refusal = file_name_problem(file)
        if refusal:
            self._problem("include-refused", source, f"`{file}` is no name of a file: {refusal}")
            return None
        try:
            content = self.read(file)
        except FileMissing as error:
            self._problem("include-missing", source, error.message, error.hint)
            return None
        except (FileRefused, LocalIOError) as error:
            self._problem("include-refused", source, error.message, error.hint)
            return None
        self.total += len(content)
        if len(content) > limit or self.total > MAX_TOTAL_BYTES or len(self.files) >= MAX_FILES:
            limits = f"{limit:,} bytes each, {MAX_TOTAL_BYTES:,} bytes and {MAX_FILES} files in all"
            self._problem("include-refused", source, f"`{file}` is too much for one prompt", limits)
            return None
        self.files[file] = content
        return content

    def _collect(self, template: Template, source: Source) -> None:
        """Add the names that a template and what it includes read from outside."""
        certain, uncertain = self._free_names(template, source.file)
        for name, (file, place) in certain.items():
            self.names.setdefault(name, Source(source.path, file, place))
        for inner, (file, place) in uncertain.items():
            self.uncertain.setdefault(inner, Source(source.path, file, place))

    def _free_names(self, template: Template, file: str | None) -> _Names:
        certain = {name: (file, place) for name, place in template.names.items()}
        uncertain = {inner: (file, place) for inner, place in template.uncertain.items()}
        for include in template.includes:
            names, inner_names = self._free_names_of_file(include.file)
            for name, where in names.items():
                if include.sections:
                    _add_inner(uncertain, InnerName(name, include.sections), where)
                elif name not in include.bound:
                    certain.setdefault(name, where)
            for inner, where in inner_names.items():
                sections = include.sections + inner.sections
                _add_inner(uncertain, InnerName(inner.name, sections), where)
        return certain, uncertain

    def _free_names_of_file(self, file: str) -> _Names:
        template = self.partials.get(file)
        if file not in self.free and template is not None:
            self.free[file] = {}, {}  # what a circle of includes finds
            self.free[file] = self._free_names(template, file)
        return self.free.get(file, ({}, {}))

    def _add_invalid(self, error: TemplateInvalid, source: Source) -> None:
        for problem in error.problems:
            place = Source(source.path, source.file, problem.place)
            self._problem(problem.rule, place, problem.message, problem.hint)

    def _problem(self, rule: str, source: Source, message: str, hint: str | None = None) -> None:
        self.problems.append(ClosureProblem(rule, source, message, hint))


def _add_inner(names: dict[InnerName, _Where], inner: InnerName, where: _Where) -> None:
    """Add a name with the sections around it; where there are too many ways to it, forget them."""
    if len(inner.sections) > MAX_INCLUDE_DEPTH or len(names) >= MAX_INNER_NAMES:
        inner = InnerName(inner.name, ())
    names.setdefault(inner, where)


def text_of_file(content: bytes) -> str:
    """The text of an included file: UTF-8, without a byte order mark, line ends as line feeds."""
    text = content.decode("utf-8-sig")
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text
