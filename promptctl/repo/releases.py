"""Reading records from git: asked by prefix, one listing and one batch of objects."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from promptctl.core.fast_dataclass import dataclass
from promptctl.core.record import (
    MAX_RECORD,
    Record,
    RecordInvalid,
    TagName,
    parse_record,
    parse_tag_name,
)
from promptctl.core.release import OddTag, PromptRecords, gather_records
from promptctl.repo.git import Git
from promptctl.repo.objects import GitObject, open_objects

TAGS = "refs/tags/"


@dataclass(frozen=True, slots=True)
class TagRef:
    """A tag in our name space: what its name says, its whole name, and the object it leads to."""

    tag: TagName
    whole: str
    oid: str


@dataclass(frozen=True, slots=True)
class Releases:
    """The records of one repository, below the prefix that its settings give to tags."""

    git: Git
    prefix: str
    refs: str = TAGS
    """Where the tags are; those of a remote are kept elsewhere."""

    def list_tags(self, name: str | None = None) -> list[TagRef]:
        """The tags of one prompt, or of all of them, whose names are those of records."""
        pattern = f"{self.refs}{self.prefix}" + (f"{name}@*" if name is not None else "")
        listing = self.git.output(["for-each-ref", "--format=%(objectname) %(refname)", pattern])
        found = []
        start = len(self.refs) + len(self.prefix)
        for line in listing.decode("utf-8", "replace").splitlines():
            oid, _, ref = line.partition(" ")
            tag = parse_tag_name(ref[start:])
            if tag is not None:
                found.append(TagRef(tag, ref[len(self.refs) :], oid))
        return found

    def read(self, tags: Sequence[TagRef]) -> tuple[list[Record], list[OddTag]]:
        """The records at these tags, and those tags that are none."""
        records: list[Record] = []
        odd: list[OddTag] = []
        if not tags:
            return records, odd
        with open_objects(self.git) as objects:
            found = objects.read([ref.oid for ref in tags], MAX_RECORD)
            for ref, one in zip(tags, found, strict=True):
                read = self._parsed(ref.whole, one)
                if isinstance(read, Record):
                    records.append(read)
                else:
                    odd.append(read)
        return records, odd

    def prompt_records(self, name: str) -> PromptRecords:
        """Every record of one prompt."""
        return self._gathered(name, self.list_tags(name))

    def all_records(self) -> dict[str, PromptRecords]:
        """Every record of every prompt, by name."""
        listed = _by_prompt(self.list_tags())
        records, odd = self.read([ref for tags in listed.values() for ref in tags])
        found: dict[str, list[Record]] = {name: [] for name in listed}
        odds: dict[str, list[OddTag]] = {name: [] for name in listed}
        for record in records:
            found[record.name].append(record)
        for one in odd:
            odds[one.tag.removeprefix(self.prefix).partition("@")[0]].append(one)
        return {
            name: gather_records(name, found[name], odds[name], (ref.tag for ref in tags))
            for name, tags in listed.items()
        }

    def current_records(self, names: Sequence[str] | None = None) -> dict[str, PromptRecords]:
        """Of each prompt the latest version and the records in force only: what lists show."""
        wanted = names if names is not None else (None,)
        listed = _by_prompt(ref for name in wanted for ref in self.list_tags(name))
        records, odd = self.read([ref for tags in listed.values() for ref in _heads(tags)])
        found: dict[str, list[Record]] = {name: [] for name in listed}
        for record in records:
            found[record.name].append(record)
        # Where a head is no record, what lies below it counts: rare enough to read all of that prompt.
        spoiled = {parse_tag_name(one.tag.removeprefix(self.prefix)) for one in odd}
        whole = {tag.prompt for tag in spoiled if tag is not None}
        return {
            name: self._gathered(name, tags)
            if name in whole
            else gather_records(name, found[name], (), (ref.tag for ref in tags))
            for name, tags in listed.items()
        }

    def version(self, name: str, number: int) -> Record | OddTag | None:
        """One version, by its number: one question to git whatever else there is."""
        whole = f"{self.prefix}{TagName(name, number)}"
        with open_objects(self.git) as objects:
            (found,) = objects.read([f"{self.refs}{whole}"], MAX_RECORD)
        return None if found is None else self._parsed(whole, found)

    def _gathered(self, name: str, tags: Sequence[TagRef]) -> PromptRecords:
        records, odd = self.read(tags)
        return gather_records(name, records, odd, (ref.tag for ref in tags))

    def _parsed(self, whole: str, one: GitObject | None) -> Record | OddTag:
        if one is None:
            return OddTag(whole, "the object that it names is not here")
        if one.kind != "tag":
            return OddTag(whole, f"it is a lightweight tag, or one of a {one.kind}")
        if one.size > MAX_RECORD:
            return OddTag(whole, f"it is larger than {MAX_RECORD:,} bytes")
        try:
            return parse_record(one.content, whole, self.prefix, one.oid)
        except RecordInvalid as error:
            return OddTag(whole, str(error))


def _by_prompt(tags: Iterable[TagRef]) -> dict[str, list[TagRef]]:
    grouped: dict[str, list[TagRef]] = {}
    for ref in tags:
        grouped.setdefault(ref.tag.prompt, []).append(ref)
    return grouped


def _heads(tags: Iterable[TagRef]) -> list[TagRef]:
    """Of one prompt's tags the highest version and the highest of each label."""
    heads: dict[str | None, TagRef] = {}
    for ref in tags:
        best = heads.get(ref.tag.label)
        if best is None or ref.tag.number > best.tag.number:
            heads[ref.tag.label] = ref
    return list(heads.values())
