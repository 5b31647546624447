"""resolve: the commit that a reference leads to, and every step on the way."""

from __future__ import annotations

from collections.abc import Mapping

from promptctl.core.check_templates import reached_files
from promptctl.core.document import parse_document
from promptctl.core.record import Record
from promptctl.core.reference import Reference, is_path, parse_reference
from promptctl.core.release import DEFAULT_LABEL
from promptctl.core.standing import Resolution
from promptctl.errors import FileMissing, FileRefused, ReferenceInvalid
from promptctl.operations.content import content_at, path_at_top
from promptctl.operations.repository import OpenRepository, Source
from promptctl.operations.versions import find_version, head_records
from promptctl.repo.history import CommitReader
from promptctl.repo.releases import TAGS


def resolve_reference(repository: OpenRepository, reference: str) -> Resolution:
    """What a reference leads to.

    Raises PromptNotFound, and ReferenceInvalid for the working tree, which is no commit.
    """
    if is_path(reference):
        raise _no_commit(repository, reference, repository.name_of_path(reference))
    parsed = parse_reference(reference)
    is_bare_name = parsed.kind == "bare" and not repository.settings.is_bare
    if parsed.kind == "worktree" or (is_bare_name and repository.bare_name == "worktree"):
        raise _no_commit(repository, reference, parsed.name)
    record = find_version(repository, parsed)
    if record is not None:
        return _of_version(repository, parsed, record)
    return _of_commit(repository, parsed, repository.source(reference))


def _no_commit(repository: OpenRepository, reference: str, name: str) -> ReferenceInvalid:
    repository.source(reference)  # says where there is no such prompt
    return ReferenceInvalid(
        f"{reference} is the working tree, which is no commit",
        f"promptctl resolve {name}@published, or {name}@HEAD",
    )


def _of_version(repository: OpenRepository, reference: Reference, record: Record) -> Resolution:
    source = repository.source_of_version(record)
    folder = record.path.removesuffix(f"/{record.name}.yaml")
    read = repository.history_at_top.reader(record.commit, folder)
    prefix = f"{TAGS}{repository.settings.tag_prefix}"
    names = {"named": reference.revision, "bare": DEFAULT_LABEL}
    label = names.get(reference.kind)
    move = head_records(repository, record.name).in_force(label) if label is not None else None
    return Resolution(
        str(reference),
        record.name,
        record.commit,
        source.path,
        read.blob_id(f"{record.name}.yaml"),
        record.content,
        record.tag.number,
        f"{prefix}{record.tag}",
        label,
        None if move is None else f"{prefix}{move.tag}",
        None if label is None else _branch_by_that_name(repository, label),
    )


def _branch_by_that_name(repository: OpenRepository, label: str) -> str | None:
    ref = f"refs/heads/{label}"
    return ref if repository.history.knows_commit(ref) else None


def _of_commit(repository: OpenRepository, reference: Reference, source: Source) -> Resolution:
    assert source.commit is not None
    read = repository.history.reader(source.commit, repository.settings.prompts_dir)
    return Resolution(
        str(reference),
        source.name,
        source.commit,
        path_at_top(repository.settings, source.path),
        read.blob_id(f"{source.name}.yaml"),
        read_content(read, source.name, source.content),
    )


def read_content(read: CommitReader, name: str, text: bytes) -> str | None:
    """The Content of a prompt at a commit; None where its text, or a file that it names, does not read."""
    document = parse_document(text, name).document
    if document is None or not isinstance(document.data, Mapping):
        return None
    try:
        return content_at(read, name, reached_files(document.data, read))
    except (FileMissing, FileRefused):
        return None
