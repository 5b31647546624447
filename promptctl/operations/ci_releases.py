"""What a change means for what is released: for callers of each label, and for the next versions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from promptctl.core.fast_dataclass import dataclass
from promptctl.core.record import Record, parse_tag_name
from promptctl.core.release import DEFAULT_LABEL, PromptRecords, gather_records
from promptctl.core.renamed import former_names
from promptctl.core.review import LabelCheck, Planned
from promptctl.errors import FileMissing, FileRefused, PromptctlError, RemoteUnreachable
from promptctl.operations.ci_changes import Changed, End
from promptctl.operations.content import content_at
from promptctl.operations.diff_pair import (
    compare_pair,
    placed_version,
    read_placed,
    version_folder,
)
from promptctl.operations.diff_sources import Pair
from promptctl.operations.missing_tags import missing_tags_line
from promptctl.operations.publish import MAX_NAMED
from promptctl.operations.repository import OpenRepository
from promptctl.operations.versions import fetch_tags_line
from promptctl.repo.history import CommitReader
from promptctl.repo.object_fetch import ObjectFetch
from promptctl.repo.objects import ObjectReader, open_objects
from promptctl.repo.releases import TAGS, TagRef


@dataclass(frozen=True, slots=True)
class Known:
    """The records of the prompts that differ, as far as they are known."""

    records: Mapping[str, PromptRecords]
    is_whole: bool
    """Whether a prompt without records has none."""
    is_empty: bool
    """Whether no prompt at all has any."""
    note: str | None = None

    def of(self, name: str) -> PromptRecords:
        """The records of one prompt."""
        return self.records.get(name, PromptRecords(name))


def known_records(
    repository: OpenRepository, names: Sequence[str], fetch: ObjectFetch | None
) -> Known:
    """The records of these prompts: those of the remote if it may be asked, else those of this clone.

    `repository` has the settings of the base, whose `tag_prefix` says where records are.
    """
    note = None
    if not names:
        return Known({}, is_whole=True, is_empty=False)
    if fetch is not None:
        try:
            return _at_remote(repository, names, fetch)
        except RemoteUnreachable as error:
            note = f"{error.message}; so the releases of this clone count"
    releases = repository.releases
    few = len(names) <= MAX_NAMED
    records = {n: releases.prompt_records(n) for n in names} if few else releases.all_records()
    line = missing_tags_line(repository)
    is_whole = not repository.history.is_shallow()
    if line is not None:
        note = f"this clone was made without tags, so nothing is known of releases: {line}"
    elif not is_whole:
        note = (
            "a shallow clone may lack releases, and counts only those that it has: "
            f"{fetch_tags_line(repository)}"
        )
    return Known(records, is_whole and line is None, not releases.has_tags(), note)


def _at_remote(repository: OpenRepository, names: Sequence[str], fetch: ObjectFetch) -> Known:
    releases = repository.releases
    start = f"{TAGS}{releases.prefix}"
    listed: dict[str, list[TagRef]] = {name: [] for name in names}
    refs = fetch.list_refs([f"{start}*"])
    for ref, oid in refs.items():
        tag = parse_tag_name(ref.removeprefix(start))
        if tag is not None and tag.prompt in listed:
            listed[tag.prompt].append(TagRef(tag, ref.removeprefix(TAGS), oid))
    fetch.fetch([ref.oid for tags in listed.values() for ref in _heads(tags)])
    records = {name: _gathered(repository, name, tags, fetch) for name, tags in listed.items()}
    return Known(records, is_whole=True, is_empty=not refs)


def _heads(tags: Sequence[TagRef]) -> list[TagRef]:
    """The latest version, and of each label the move in force."""
    ordered = sorted(tags, key=lambda ref: ref.tag.number)
    return list({ref.tag.label: ref for ref in ordered}.values())


def _gathered(
    repository: OpenRepository, name: str, tags: Sequence[TagRef], fetch: ObjectFetch
) -> PromptRecords:
    """The records that count; all of them where a head is no record, as what lies below it counts then."""
    heads = _heads(tags)
    records, odd = repository.releases.read(heads)
    numbers = {record.version for record in records}
    named = [r for r in tags if r.tag.label is None and r.tag.number in numbers]
    wanted = list(tags) if odd else list({ref.whole: ref for ref in [*heads, *named]}.values())
    fetch.fetch([ref.oid for ref in wanted])
    records, odd = repository.releases.read(wanted)
    return gather_records(name, records, odd, (ref.tag for ref in tags))


def names_of(changed: Sequence[Changed], head: End) -> list[str]:
    """Under which names the prompts that differ may have been released."""
    renamed = head.repository.settings.renamed
    names = (
        name
        for one in changed
        for own in one.pair.names
        for name in (own, *former_names(renamed, own))
    )
    return list(dict.fromkeys(names))


def _served(known: Known, one: Changed, head: End) -> PromptRecords:
    """The records that callers of a prompt ask by: its own, or those of its last name that has some."""
    renamed = head.repository.settings.renamed
    own = [*one.pair.names, *former_names(renamed, one.pair.name)]
    found = (known.of(name) for name in own)
    return next((records for records in found if records.versions), known.of(one.pair.name))


def check_labels(known: Known, changed: Sequence[Changed], head: End) -> Iterator[LabelCheck]:
    """For each prompt that differs, what HEAD would change for callers of each label: `published` first."""
    with open_objects(head.repository.history_at_top.git) as objects:
        for one in changed:
            records = _served(known, one, head)
            content = _content(one, head)
            for label in sorted(records.labels, key=lambda label: (label != DEFAULT_LABEL, label)):
                version = records.version_of(label)
                if version is not None:
                    yield _check_label(one, label, version, content, objects)


def _check_label(
    one: Changed, label: str, version: Record, content: str | None, objects: ObjectReader
) -> LabelCheck:
    name, number = one.pair.name, version.tag.number
    if version.content == content and version.name == name:
        return LabelCheck(name, label, number, None)
    shown = f"{version.name}@{label} (v{number})"
    placed = placed_version(objects, version, shown)
    pair = Pair(placed, one.pair.new, one.pair.renamed or "declared")
    old = read_placed(placed, version_folder(version))
    return LabelCheck(name, label, number, compare_pair(pair, old, one.read))


def _content(one: Changed, head: End) -> str | None:
    """The Content of a prompt at HEAD; None if it is gone or is none."""
    if one.prompt is None:
        return None
    assert isinstance(head.state.read, CommitReader)
    try:
        return content_at(head.state.read, one.prompt.name, one.prompt.files)
    except (FileMissing, FileRefused):
        return None


def plan_versions(known: Known, changed: Sequence[Changed], head: End) -> Iterator[Planned]:
    """What publishing each prompt that differs would make once this is merged."""
    for one in changed:
        name = one.pair.name
        if one.pair.new is None:
            yield _plan_removed(known.of(name))
        elif one.prompt is None:
            yield Planned(name, None, "it is no valid prompt")
        elif not known.of(name).taken and not known.is_whole:
            yield Planned(name, None, "its releases are not in this clone")
        else:
            yield _plan(known.of(name), _content(one, head))


def _plan_removed(records: PromptRecords) -> Planned:
    held = [label for label in records.labels if records.version_of(label) is not None]
    if not held:
        return Planned(records.name, None, "it is gone, and no label names a version of it")
    return Planned(
        records.name,
        None,
        f"its file is gone, and {', '.join(held)} goes on naming a version of it",
    )


def _plan(records: PromptRecords, content: str | None) -> Planned:
    latest = records.latest
    if latest is not None and latest.content == content:
        return Planned(records.name, None, f"v{latest.tag.number} has this very text")
    try:
        return Planned(records.name, records.next_version().number)
    except PromptctlError as error:
        return Planned(records.name, None, error.message)
