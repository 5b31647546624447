"""Whether a prompt's records hang together: what can be said from the records alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Literal

from promptctl.core.fast_dataclass import dataclass
from promptctl.core.record import Record, TagName
from promptctl.core.release import PromptRecords

ProblemId = Literal[
    "no-record",
    "number-gap",
    "number-jump",
    "version-missing",
    "version-differs",
    "previous-wrong",
    "commit-missing",
    "file-missing",
    "content-wrong",
    "content-unreadable",
    "object-replaced",
    "signature-missing",
    "signature-invalid",
    "signers-missing",
    "moved",
    "gone",
    "not-pushed",
]
"""What `verify` can find; a list that only grows."""

JUMP = 1000
"""A number that lies so far behind the one before is no mistake."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with the record; `tag` is the whole name of the tag."""

    id: ProblemId
    tag: str
    message: str
    hint: str | None = None
    is_warning: bool = False


@dataclass(frozen=True, slots=True)
class Scope:
    """Which tags were looked at, and so what can still be done about one that is not among them."""

    prefix: str
    """What the names of all tags begin with."""
    remote: str | None = None
    """The remote that releases belong to; None without one."""
    was_asked: bool = False
    """Whether the tags of the remote are among those that were looked at."""

    def find_hint(self) -> str:
        """Where a tag may be that is missing."""
        if self.remote is None:
            pattern = f"refs/tags/{self.prefix}*"
            return f"where another clone has it: git fetch PATH-OF-THAT-CLONE '{pattern}:{pattern}'"
        if not self.was_asked:
            return "promptctl doctor --remote --fix"
        return f"{self.remote} has it neither; in a clone that still has it: promptctl push"

    def look_hint(self, tag: str) -> str:
        """How to look at a tag that should not be there, and to be rid of it."""
        there = f" && git push {self.remote} :refs/tags/{tag}" if self.was_asked else ""
        return f"git show refs/tags/{tag}; if nobody needs it: git tag -d {tag}{there}"


def check_numbers(taken: Iterable[TagName], scope: Scope) -> Iterator[Problem]:
    """Numbers that are missing, by the names of one prompt's tags alone."""
    rows: dict[str | None, list[TagName]] = {}
    for tag in sorted(taken, key=lambda tag: tag.number):
        rows.setdefault(tag.label, []).append(tag)
    for label in sorted(rows, key=lambda label: label or ""):
        last = 0
        for tag in rows[label]:
            if tag.number > last + 1:
                yield _gap(tag, last, scope)
            last = tag.number


def _gap(tag: TagName, last: int, scope: Scope) -> Problem:
    prefix, missing = scope.prefix, TagName(tag.prompt, last + 1, tag.label)
    if tag.number - last > JUMP:
        return Problem(
            "number-jump",
            f"{prefix}{tag}",
            f"its number jumps from {last:,} to {tag.number:,}, and no release does that",
            scope.look_hint(f"{prefix}{tag}"),
        )
    more = tag.number - last - 2
    upto = TagName(tag.prompt, tag.number - 1, tag.label)
    others = "" if not more else f", nor is {upto}" if more == 1 else f", nor is any up to {upto}"
    return Problem(
        "number-gap",
        f"{prefix}{missing}",
        f"it is not here{others}, although {tag} is",
        scope.find_hint(),
    )


def check_records(records: PromptRecords, scope: Scope) -> Iterator[Problem]:
    """What the records of one prompt contradict in one another."""
    for one in records.odd:
        message = f"it is no record: {one.reason}"
        yield Problem("no-record", one.tag, message, scope.look_hint(one.tag))
    yield from check_numbers(records.taken, scope)
    yield from _check_versions(records, scope.prefix)
    for label in records.labels:
        yield from _check_label(records, records.moves[label], scope)


def _check_versions(records: PromptRecords, prefix: str) -> Iterator[Problem]:
    before: int | None = None
    for number in sorted(records.versions):
        record = records.versions[number]
        if record.previous != before and not _is_lost(record, records):
            yield _wrong_previous(record, before, prefix)
        before = number


def _is_lost(record: Record, records: PromptRecords) -> bool:
    """Whether the version before it is one that is not here any more, which is said elsewhere."""
    previous = record.previous
    return (
        previous is not None
        and previous < record.tag.number
        and previous not in records.versions
        and max((n for n in records.versions if n < record.tag.number), default=0) < previous
    )


def _check_label(
    records: PromptRecords, moves: Iterable[Record], scope: Scope
) -> Iterator[Problem]:
    prefix, before, last = scope.prefix, None, 0
    for move in moves:
        tag = f"{prefix}{move.tag}"
        # What stood in a gap, or in a tag that is no record, nobody knows.
        if move.tag.number == last + 1 and move.previous != before:
            yield _wrong_previous(move, before, prefix)
        before, last = move.version, move.tag.number
        if move.version is None:
            continue
        version = records.versions.get(move.version)
        if version is None:
            yield Problem(
                "version-missing",
                tag,
                f"it names {move.name} v{move.version}, which is not here",
                scope.find_hint(),
            )
            continue
        yield from _check_pair(move, version, tag)


def _check_pair(move: Record, version: Record, tag: str) -> Iterator[Problem]:
    pairs: Mapping[str, tuple[str, str]] = {
        "commit": (move.commit, version.commit),
        "Path": (move.path, version.path),
        "Content": (move.content, version.content),
    }
    different = [what for what, (one, other) in pairs.items() if one != other]
    if different:
        yield Problem(
            "version-differs",
            tag,
            f"its {' and '.join(different)} are not those of {version.tag}",
            f"git show refs/tags/{tag}",
        )


def _wrong_previous(record: Record, expected: int | None, prefix: str) -> Problem:
    said = "none" if record.previous is None else f"v{record.previous}"
    real = "nothing" if expected is None else f"v{expected}"
    return Problem(
        "previous-wrong",
        f"{prefix}{record.tag}",
        f"it says that {said} was before it, and {real} was",
        f"promptctl log {record.name}",
    )


CheckState = Literal["ok", "warning", "problem"]
CheckId = Literal[
    "git",
    "repository",
    "settings",
    "identity",
    "remote",
    "clone",
    "records",
    "locks",
    "intent",
    "numbers",
    "signing",
    "default-branch",
    "prompts",
    "key",
]
"""What `doctor` looks at; a list that only grows."""


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the checklist."""

    id: CheckId
    state: CheckState
    message: str
    hint: str | None = None
    is_fixed: bool = False
    """Whether something was wrong and was put right just now."""
