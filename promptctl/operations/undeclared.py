"""Prompts that publish takes for new ones, though they look like one that has another name now."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from promptctl.core.rename_detection import find_renames
from promptctl.core.rename_text import as_yaml
from promptctl.core.renamed import name_now
from promptctl.files import MAX_FILE
from promptctl.operations.repository import OpenRepository
from promptctl.repo.history import CommitReader
from promptctl.repo.objects import open_objects


def undeclared_notes(
    repository: OpenRepository, read: CommitReader, new: Collection[str]
) -> Iterator[str]:
    """For each of these names without releases that looks like a released one whose file is gone at
    HEAD, what keeps the two one prompt."""
    gone = _gone(repository, read) if new else {}
    if not gone:
        return
    added = {name: read(f"{name}.yaml") for name in new}
    for now, old in find_renames(gone, added, {}).items():
        yield (
            f"{now} is published as a new prompt, and looks like {old}, whose file is gone: was it renamed?"
            f" Then promptctl.yaml says `renamed: {{{as_yaml(old)}: {as_yaml(now)}}}`"
        )


def _gone(repository: OpenRepository, read: CommitReader) -> dict[str, bytes]:
    """The latest text of each prompt that a label still names, and that HEAD does not have."""
    settings, folder = repository.settings, f"{repository.settings.prompts_dir}/"
    there = {entry.path.removeprefix(folder).removesuffix(".yaml") for entry in read.entries()}
    latest = {
        name: records.latest
        for name, records in repository.releases.current_records().items()
        if name not in there and name_now(settings.renamed, name) is None
        if any(records.version_of(label) is not None for label in records.labels)
    }
    wanted = {n: f"{one.commit}:{one.path}" for n, one in latest.items() if one is not None}
    with open_objects(repository.history_at_top.git) as objects:
        found = objects.read(list(wanted.values()), MAX_FILE)
        blobs = zip(wanted, found, strict=True)
        return {name: blob.content for name, blob in blobs if blob is not None and blob.content}
