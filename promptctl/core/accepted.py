"""Breaking changes that a repository accepts knowingly: by the fingerprint of one change, with a reason."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from promptctl.core.fast_dataclass import dataclass

if TYPE_CHECKING:
    from promptctl.core.change import Change


@dataclass(frozen=True, slots=True)
class AcceptedBreak:
    """One entry of `accepted_breaks`: which change, of which prompt if one is named, and why."""

    fingerprint: str
    reason: str
    prompt: str | None = None


@dataclass(frozen=True, slots=True)
class Accepted:
    """A break that the settings accept: the change's fingerprint and why."""

    fingerprint: str
    reason: str
    is_proposed: bool = False
    """Whether only the newer state's settings accept it: then it is part of what is to be reviewed."""


def fingerprint(prompt: str, change: Change) -> str:
    """What `accepted_breaks` calls a change: 16 hexadecimal digits, the same wherever it is computed.

    SHA-256 over the JSON of prompt, rule, path, old and new value, with sorted keys and no blanks. So
    it holds for this very change: another step in the same place has another one.
    """
    import hashlib  # OpenSSL and JSON: only who meets a breaking change needs them
    import json

    facts = [prompt, change.rule, list(change.path), change.old, change.new]
    text = json.dumps(facts, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def accepted_changes(
    prompt: str,
    changes: Iterable[Change],
    trusted: Iterable[AcceptedBreak],
    proposed: Iterable[AcceptedBreak] = (),
) -> Iterator[Accepted]:
    """Of the breaking changes of a prompt those that are accepted.

    `trusted` are the entries that count; one that stands only among the `proposed` is marked so.
    """
    known = {(entry.fingerprint, entry.prompt): entry for entry in trusted}
    asked = {(entry.fingerprint, entry.prompt): entry for entry in proposed}
    if not known and not asked:
        return
    for change in changes:
        if change.effect.value != "breaking":
            continue
        digest = fingerprint(prompt, change)
        places = (digest, prompt), (digest, None)
        entry = next((known[place] for place in places if place in known), None)
        new = next((asked[place] for place in places if place in asked), None)
        if entry is not None:
            yield Accepted(digest, entry.reason)
        elif new is not None:
            yield Accepted(digest, new.reason, is_proposed=True)


def unaccepted_breaks(
    prompt: str, changes: Iterable[Change], trusted: Iterable[AcceptedBreak]
) -> list[Change]:
    """Of the changes of a prompt the breaking ones that nobody accepted."""
    breaks = [change for change in changes if change.effect.value == "breaking"]
    known = {accepted.fingerprint for accepted in accepted_changes(prompt, breaks, trusted)}
    return [change for change in breaks if not known or fingerprint(prompt, change) not in known]
