"""Reading records from git: asked by prefix, one listing and one batch of objects."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import NamedTuple

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
_DIGITS = "0123456789"


class TagRef(NamedTuple):
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
        listing = self.git.output(self._listing(name))
        return list(self._tags(listing.decode("utf-8", "replace").splitlines()))

    def list_heads(self, name: str | None = None) -> list[TagRef]:
        """Of each prompt's versions, and of each label's moves, the tag with the highest number."""
        return self.heads_in(self.git.output(self._listing(name)))

    def listing_beside(self) -> AbstractContextManager[Callable[[], bytes]]:
        """Git's list of all tags in our name space, by a git that works beside this process until the
        function is called."""
        return self.git.beside(self._listing(None))

    def has_tags(self) -> bool:
        """Whether there is a tag in our name space."""
        return bool(self.git.output([*self._listing(None), "--count=1"]))

    def _listing(self, name: str | None) -> list[str]:
        pattern = f"{self.refs}{self.prefix}" + (f"{name}@*" if name is not None else "")
        return ["for-each-ref", "--format=%(objectname) %(refname)", pattern]

    def _tags(self, lines: Iterable[str]) -> Iterator[TagRef]:
        start = len(self.refs) + len(self.prefix)
        for line in lines:
            oid, _, ref = line.partition(" ")
            tag = parse_tag_name(ref[start:])
            if tag is not None:
                yield TagRef(tag, ref[len(self.refs) :], oid)

    def heads_in(self, listing: bytes) -> list[TagRef]:
        """The heads, as `list_heads` has them, in git's list of tags.

        Most lines are no heads, and parsing tens of thousands of names takes long: of two numbers
        without leading zeros the longer one is higher, of two of a length the one sorted last.
        """
        lines = listing.decode("utf-8", "replace").splitlines()
        start = (
            len(lines[0].partition(" ")[0]) + 1 + len(self.refs) + len(self.prefix) if lines else 0
        )
        last = {line[start:].rstrip(_DIGITS): line for line in sorted(lines, key=len)}
        heads = list(self._tags(last.values()))
        if len(heads) == len(last):
            return heads
        # What stands highest is no number that counts: there all have to be looked at.
        certain = {ref.whole[len(self.prefix) :].rstrip(_DIGITS) for ref in heads}
        unclear = (line for line in lines if line[start:].rstrip(_DIGITS) not in certain)
        highest: dict[tuple[str, str | None], TagRef] = {}
        for ref in sorted(self._tags(unclear), key=lambda ref: ref.tag.number):
            highest[ref.tag.prompt, ref.tag.label] = ref
        return [*heads, *highest.values()]

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
        return self.gathered(self.list_tags())

    def gathered(self, refs: Iterable[TagRef]) -> dict[str, PromptRecords]:
        """The records at these tags, by the names of their prompts."""
        listed = _by_prompt(refs)
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
        """Of each prompt the latest version and the records in force only: what lists show.

        The others are among `taken` only where they had to be read too.
        """
        wanted = names if names is not None else (None,)
        heads = _by_prompt(ref for name in wanted for ref in self.list_heads(name))
        records, odd = self.read([ref for tags in heads.values() for ref in tags])
        found: dict[str, list[Record]] = {name: [] for name in heads}
        for record in records:
            found[record.name].append(record)
        current = {
            name: gather_records(name, found[name], (), (ref.tag for ref in tags))
            for name, tags in heads.items()
        }
        return current | self.whole_records(_prompts_of(odd, self.prefix))

    def whole_records(self, names: Collection[str]) -> dict[str, PromptRecords]:
        """Every record of these prompts: where a head is no record, what lies below it counts."""
        if not names:
            return {}
        tags = self.list_tags(next(iter(names)) if len(names) == 1 else None)
        listed = _by_prompt(ref for ref in tags if ref.tag.prompt in names)
        return {name: self._gathered(name, tags) for name, tags in listed.items()}

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


def _prompts_of(odd: Iterable[OddTag], prefix: str) -> set[str]:
    return {one.tag.removeprefix(prefix).partition("@")[0] for one in odd}
