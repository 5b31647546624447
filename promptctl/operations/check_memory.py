"""What a check of all prompts found, file by file, as it is kept in the cache."""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field

from promptctl.core.fast_dataclass import dataclass
from promptctl.core.finding import Finding, Location, Severity
from promptctl.core.json_data import Json
from promptctl.repo.stamps import FIELDS
from promptctl.state.cache import Cache

DIGEST = 32
"""Bytes of a digest; zeros stand for a file whose findings are not to be kept."""
NO_SET = -1
_ENCODING, _ERRORS = "utf-8", "surrogateescape"


@dataclass(frozen=True, slots=True)
class Extra:
    """A file that prompts include or attach: its stamp, and the digest of what was read."""

    stamp: Sequence[int]
    digest: str


@dataclass(frozen=True, slots=True)
class Memory:
    """What was found, and what tells that a file is as it was then."""

    listing: Sequence[str] = ()
    """Every file among which the prompts are."""
    paths: Sequence[str] = ()
    """The prompt files among them. The other sequences have a place for each of these."""
    stamps: array[int] = field(default_factory=lambda: array("q"))
    digests: bytes = b""
    sets: Sequence[Sequence[str]] = ()
    """Files that are included or attached together, the same for many prompts."""
    set_of: array[int] = field(default_factory=lambda: array("i"))
    """The number of each prompt's set; NO_SET for one that includes and attaches nothing."""
    extras: Mapping[str, Extra] = field(default_factory=dict)
    """Every file that is included or attached, by its path below the prompts folder."""
    findings: Mapping[int, Sequence[Finding]] = field(default_factory=dict)
    """What was found in a prompt file, by its number among `paths`."""
    others: Sequence[Finding] = ()
    """What was found about the names of files."""
    settings: Sequence[Finding] | None = None
    """What was found in promptctl.yaml; None if it was never looked at."""

    def digest(self, number: int) -> bytes:
        """The digest of a prompt file; nothing if its findings were not kept."""
        return self.digests[number * DIGEST : (number + 1) * DIGEST].strip(b"\0")

    def uses(self, number: int) -> Sequence[str]:
        """What a prompt file includes or attaches."""
        chosen = self.set_of[number]
        return () if chosen == NO_SET else self.sets[chosen]

    def all_findings(self) -> list[Finding]:
        """Everything that was found."""
        found = [one for several in self.findings.values() for one in several]
        return [*found, *self.others, *(self.settings or ())]


def read_memory(cache: Cache) -> Memory:
    """What is in the cache; an empty memory if that is nothing, or nothing that `write_memory` wrote."""
    content = cache.read()
    if content is None:
        return Memory()
    try:
        return _decode(content)
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError):
        return Memory()


def write_memory(cache: Cache, memory: Memory) -> None:
    """Keep it, if that can be done."""
    listing = "\0".join(memory.listing).encode(_ENCODING, _ERRORS)
    paths = "\0".join(memory.paths).encode(_ENCODING, _ERRORS)
    same = memory.paths == memory.listing
    head = {
        "sizes": [len(listing), 0 if same else len(paths), len(memory.paths)],
        "sets": memory.sets,
        "extras": {path: [*extra.stamp, extra.digest] for path, extra in memory.extras.items()},
        "findings": {number: _rows(found) for number, found in memory.findings.items()},
        "others": _rows(memory.others),
        "settings": _rows(memory.settings or ()),
    }
    blocks = (
        *(listing, b"" if same else paths, memory.stamps.tobytes(), memory.set_of.tobytes()),
        memory.digests,
    )
    cache.write(json.dumps(head, separators=(",", ":")).encode("ascii") + b"\n" + b"".join(blocks))


def _decode(content: bytes) -> Memory:
    head_line, _, blocks = content.partition(b"\n")
    head = json.loads(head_line)
    first, second, count = head["sizes"]
    listing, rest = _split(blocks[:first]), blocks[first + second :]
    paths = _split(blocks[first : first + second]) if second else listing
    stamps, rest = _numbers("q", count * FIELDS, rest)
    set_of, digests = _numbers("i", count, rest)
    if len(paths) != count or len(digests) != count * DIGEST:
        raise ValueError("a block is too short")
    extras = {path: _extra(row) for path, row in head["extras"].items()}
    sets = [_texts(used) for used in head["sets"]]
    if any(path not in extras for used in sets for path in used):
        raise ValueError("a file that is included is not known")
    if any(not NO_SET <= chosen < len(sets) for chosen in set(set_of)):
        raise ValueError("no such set")
    findings = {int(number): _findings(rows) for number, rows in head["findings"].items()}
    others, settings = _findings(head["others"]), _findings(head["settings"])
    return Memory(
        *(listing, paths, stamps, digests, sets, set_of, extras, findings, others, settings)
    )


def _numbers(code: str, count: int, block: bytes) -> tuple[array[int], bytes]:
    """So many numbers at the beginning of a block, and the rest of it."""
    numbers = array(code)
    numbers.frombytes(block[: count * numbers.itemsize])
    if len(numbers) != count:
        raise ValueError("a block is too short")
    return numbers, block[count * numbers.itemsize :]


def _split(block: bytes) -> list[str]:
    return block.decode(_ENCODING, _ERRORS).split("\0") if block else []


def _texts(values: list[str]) -> list[str]:
    if not all(isinstance(value, str) for value in values):
        raise TypeError("not a text")
    return values


def _extra(row: list[int | str]) -> Extra:
    *stamp, digest = row
    numbers = [number for number in stamp if isinstance(number, int)]
    if len(numbers) != FIELDS or len(row) != FIELDS + 1 or not isinstance(digest, str):
        raise TypeError("not a stamp and a digest")
    return Extra(numbers, digest)


def _rows(findings: Iterable[Finding]) -> list[Json]:
    return [
        [
            *(finding.rule, finding.severity.value, finding.message, finding.hint),
            *(place.path, place.line, place.column, place.end_line, place.end_column),
        ]
        for finding in findings
        for place in (finding.location,)
    ]


def _findings(rows: list[Json]) -> list[Finding]:
    found = []
    for row in rows:
        match row:
            case [
                str() as rule,
                str() as severity,
                str() as message,
                (None | str()) as hint,
                str() as path,
                int() as line,
                int() as column,
                int() as end_line,
                int() as end_column,
            ]:
                place = Location(path, line, column, end_line, end_column)
                found.append(Finding(rule, Severity(severity), place, message, hint))
            case _:
                raise TypeError("not a finding")
    return found
