"""Records against their commits: the file, what it is made of, and objects put in their place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath

from promptctl.core.audit import Problem
from promptctl.core.closure import resolve_closure
from promptctl.core.document import parse_document
from promptctl.core.record import Record, content_digest
from promptctl.core.templates import TemplateFormat
from promptctl.errors import FileMissing, FileRefused, LocalIOError, PromptctlError
from promptctl.operations.repository import OpenRepository
from promptctl.repo.history import CommitReader
from promptctl.repo.inspection import kinds_of, replaced_objects

Entries = Mapping[tuple[str, str], str]
"""(role, path) -> blob id, as the Content of a version digests them."""


def check_contents(repository: OpenRepository, records: Sequence[Record]) -> Iterator[Problem]:
    """What does not fit between these records and their commits."""
    git, prefix = repository.history_at_top.git, repository.settings.tag_prefix
    commits = kinds_of(git, sorted({record.commit for record in records}))
    replaced = replaced_objects(git)
    readers = _Readers(repository)
    for record in sorted(records, key=lambda record: (record.commit, record.name)):
        tag = f"{prefix}{record.tag}"
        if commits.get(record.commit, ("",))[0] != "commit":
            yield Problem(
                "commit-missing",
                tag,
                f"its commit {record.commit[:10]} is not here",
                f"git fetch {repository.settings.remote} {record.commit}",
            )
            continue
        entries: Entries = {}
        if record.tag.label is None:
            entries, problem = _check_version(readers, record, tag)
            if problem is not None:
                yield problem
        if replaced:
            yield from _check_replaced(repository, record, entries, replaced)


class _Readers:
    """The reader of a commit, kept while the next record is of the same one."""

    def __init__(self, repository: OpenRepository) -> None:
        self._history = repository.history_at_top
        self._last: tuple[str, str, CommitReader] | None = None

    def of(self, commit: str, folder: str) -> CommitReader:
        if self._last is None or self._last[:2] != (commit, folder):
            self._last = commit, folder, self._history.reader(commit, folder)
        return self._last[2]


def _check_version(readers: _Readers, record: Record, tag: str) -> tuple[Entries, Problem | None]:
    read = readers.of(record.commit, record.path.removesuffix(f"/{record.name}.yaml"))
    try:
        content = read(f"{record.name}.yaml")
        own = {("prompt", ""): read.blob_id(f"{record.name}.yaml")}
    except FileMissing:
        message = f"its commit {record.commit[:10]} has no file {record.path}"
        return {}, Problem("file-missing", tag, message, f"git show {record.commit[:10]} --stat")
    except FileRefused as error:
        return {}, Problem("file-missing", tag, f"its file cannot be used: {error.message}")
    except LocalIOError as error:
        return {}, Problem("content-unreadable", tag, error.message, error.hint)
    entries, is_whole = _entries(read, content, record)
    entries = {**own, **entries}
    if content_digest(entries) == record.content:
        return entries, None
    if is_whole:
        message = f"its Content is not that of {record.path} at {record.commit[:10]}"
        return entries, Problem("content-wrong", tag, message, f"git show refs/tags/{tag}")
    message = (
        f"what {record.path} includes at {record.commit[:10]} cannot be read, so nothing proves it"
    )
    hint = f"promptctl show {record.name}@{record.tag.number}"
    return entries, Problem("content-unreadable", tag, message, hint)


def _entries(read: CommitReader, content: bytes, record: Record) -> tuple[Entries, bool]:
    """What the prompt includes, and whether that is sure to be all."""
    document = parse_document(content, record.path).document
    data = document.data if document is not None else None
    if not isinstance(data, Mapping):
        return {}, False
    words = data.get("template_format")
    formats = {member.value: member for member in TemplateFormat}
    template_format = formats.get(words if isinstance(words, str) else "jinja2")
    if template_format is None:
        return {}, False
    try:
        closure = resolve_closure(data, template_format, read)
        found = {("file", path): read.blob_id(path) for path in closure.files}
    except PromptctlError:  # a partial clone
        return {}, False
    return found, not closure.problems


def _check_replaced(
    repository: OpenRepository, record: Record, entries: Entries, replaced: frozenset[str]
) -> Iterator[Problem]:
    """Objects of a record in whose place git shows others; promptctl itself reads the real ones."""
    folder = record.path.removesuffix(f"/{record.name}.yaml")
    paths = [record.path, *(f"{folder}/{path}" for role, path in entries if role == "file")]
    trees = {str(parent) for path in paths for parent in PurePosixPath(path).parents} - {"."}
    names = [f"{record.commit}:{path}" for path in sorted({*paths, *trees, ""}) if "\n" not in path]
    there = kinds_of(repository.history_at_top.git, names)
    objects = {record.oid, record.commit, *(oid for _, oid in there.values())}
    for oid in sorted(objects & replaced):
        yield Problem(
            "object-replaced",
            f"{repository.settings.tag_prefix}{record.tag}",
            f"plain git shows another object in place of {oid[:10]}; promptctl does not",
            f"git replace -d {oid}",
        )
