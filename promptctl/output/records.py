"""Records as text and as JSON: the log of releases, and what is live."""

from __future__ import annotations

import shlex
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from promptctl.core.record import Record
from promptctl.core.release import OddTag
from promptctl.core.release_log import ReleaseLog
from promptctl.core.renamed import name_now
from promptctl.output.cells import wrap
from promptctl.output.columns import columns, fitted_columns
from promptctl.output.terminal import Terminal, visible, visible_line

if TYPE_CHECKING:
    from promptctl.core.json_data import Json

_EFFECT_STYLES = {
    "breaking": "red",
    "behaviour": "yellow",
    "compatible": "green",
    "cosmetic": "dim",
    "new": "cyan",
}
_INDENT = 4
_LIVE_HEADER = ("NAME", "VERSION", "SINCE", "BY", "EFFECT")
_LIVE_WHOLE, _LIVE_SPARE = (0, 1, 2), (4, 3)
_LINE_WHOLE, _LINE_SPARE = (0, 1, 2), (5, 4, 3)
"""Of one line per record: the tag, the kind and the versions stay; who, the day and the effect give way."""


def versions_in_words(latest: int | None, labels: Mapping[str, int]) -> str:
    """The latest version and what each label names: `v3 published:v2 staging:v3`; `-` for nothing."""
    parts = [] if latest is None else [f"v{latest}"]
    return " ".join([*parts, *(f"{label}:v{n}" for label, n in sorted(labels.items()))]) or "-"


def version_in_words(version: int | None) -> str:
    """A version as people write it; a label may name nothing."""
    return "nothing" if version is None else f"v{version}"


def log_text(log: ReleaseLog, terminal: Terminal) -> str:
    """One block per record, like `git log`."""
    return "\n".join(
        "".join(f"{line}\n" for line in _block(record, _kind(record, log), terminal))
        for record in log.records
    )


def _kind(record: Record, log: ReleaseLog) -> str:
    """What was done, in a word: taking a rollback back is a kind of its own for people only."""
    return "undo" if record.tag in log.undoing else record.kind


def _block(record: Record, kind: str, terminal: Terminal) -> Iterator[str]:
    width = terminal.out_width
    effect = terminal.paint(record.effect, _EFFECT_STYLES[record.effect])
    yield f"{terminal.paint(str(record.tag), 'yellow')}  {kind}  {effect}"
    yield from wrap(f"Actor:  {visible_line(record.actor)}", width, 8)
    yield f"Date:   {shown_time(record.time, record.zone)}"
    yield f"Commit: {record.commit}"
    if record.run_url:
        yield f"Run:    {visible_line(record.run_url)}"
    yield ""
    for paragraph in filter(None, (record.subject, record.message)):
        for line in visible(paragraph).split("\n"):
            yield from wrap(f"{' ' * _INDENT}{line}".rstrip(), width, _INDENT)
        if paragraph is record.subject and record.message:
            yield ""


def log_lines(log: ReleaseLog, terminal: Terminal) -> str:
    """One line per record: the tag, what was done to which versions, its effect, when, who, and why."""
    rows = [
        (
            str(record.tag),
            _kind(record, log),
            _change(record),
            record.effect,
            shown_time(record.time, record.zone)[:10],
            record.actor.partition(" <")[0],
            record.message.partition("\n")[0],
        )
        for record in log.records
    ]
    lines = fitted_columns(rows, terminal.out_width, whole=_LINE_WHOLE, spare=_LINE_SPARE)
    tags = [str(record.tag) for record in log.records]
    return "".join(
        f"{terminal.paint(tag, 'yellow')}{line.removeprefix(tag)}\n"
        for tag, line in zip(tags, lines, strict=True)
    )


def _change(record: Record) -> str:
    version = version_in_words(record.version)
    if record.tag.label is None:
        return version
    return f"{version_in_words(record.previous)} → {version}"


def missing_note(fetch: str) -> str:
    """What to tell of a clone that was made without the tags of releases."""
    return (
        f"no releases are in this clone, which may lack them: it is shallow or has no tags; {fetch}"
    )


def lacking_note(nothing: str | None, fetch: str | None) -> str | None:
    """What to tell of a clone that lacks a first commit, or the tags of releases; None of any other."""
    return nothing if fetch is None else missing_note(fetch)


def nothing_note(name: str | None, label: str | None, fetch: str | None) -> str:
    """Why a log is empty; `fetch` is what brings the tags that this clone was made without."""
    if fetch is not None:
        return missing_note(fetch)
    what = "released" if label is None else f"released as {label}"
    subject = f"{name} was never" if name else "nothing was ever"
    wanted = shlex.quote(name) if name else "NAME"
    return f"{subject} {what}; promptctl publish {wanted} makes the first version"


def log_notes(log: ReleaseLog) -> Iterator[str]:
    """What stands beside a log: the other names of the prompt, and tags that are no records."""
    for old in log.former:
        yield f"renamed from {old}; promptctl log {old}"
    if log.now is not None:
        yield f"renamed to {log.now}; promptctl log {log.now}"
    if log.odd:
        yield odd_note(log.odd)


def odd_note(odd: Sequence[OddTag]) -> str:
    """What to tell of tags that are no records."""
    first = visible_line(f"{odd[0].tag}: {odd[0].reason}")
    if len(odd) == 1:
        return f"passed over a tag that is no record ({first}); promptctl verify"
    return f"passed over {len(odd)} tags that are no records ({first}; …); promptctl verify"


def log_json(log: ReleaseLog) -> str:
    """The log as one JSON object, `promptctl.log/1`."""
    from promptctl.output.json_text import json_line  # people need no JSON

    odd: list[Json] = [{"tag": one.tag, "reason": one.reason} for one in log.odd]
    records: list[Json] = [
        record_json(record) | {"undoes_rollback": record.tag in log.undoing}
        for record in log.records
    ]
    return json_line(
        {
            "schema": "promptctl.log/1",
            "records": records,
            "odd": odd,
            "former_names": list(log.former),
            "renamed_to": log.now,
        }
    )


def record_json(record: Record) -> dict[str, Json]:
    """One record as the JSON of every command that shows one has it."""
    return {
        "tag": str(record.tag),
        "kind": record.kind,
        "name": record.name,
        "label": record.tag.label,
        "version": record.version,
        "previous": record.previous,
        "effect": record.effect,
        "subject": record.subject,
        "message": record.message,
        "actor": record.actor,
        "time": record.time,
        "date": iso_time(record.time),
        "run_url": record.run_url,
        "commit": record.commit,
        "path": record.path,
        "content": record.content,
        "has_signature": record.is_signed,
    }


def live_text(records: Sequence[Record], terminal: Terminal) -> str:
    """One line per prompt: the version that the label names, since when and by whom."""
    rows = [
        (
            record.name,
            version_in_words(record.version),
            iso_time(record.time) or f"@{record.time}",
            record.actor.partition(" <")[0],
            record.effect,
        )
        for record in records
    ]
    if not rows:
        return ""
    if not terminal.out_is_tty:
        return "".join(f"{line}\n" for line in columns(rows))
    header, *lines = fitted_columns(
        [_LIVE_HEADER, *rows], terminal.width, whole=_LIVE_WHOLE, spare=_LIVE_SPARE
    )
    return "".join(f"{line}\n" for line in (terminal.paint(header, "dim"), *lines))


def live_notes(
    records: Sequence[Record], renamed: Mapping[str, str], unpushed: Sequence[str]
) -> Iterator[str]:
    """What stands beside that: names that are old ones of others in it, and moves that nobody else sees."""
    names = {record.name for record in records}
    for record in records:
        now = name_now(renamed, record.name)
        if now in names and record.version is not None:
            yield f"{record.name} is an old name of {now}, and goes on serving its own v{record.version}"
    if unpushed:
        yield only_here_note(unpushed)


def only_here_note(unpushed: Sequence[str]) -> str:
    """That records were not pushed, so that nobody else sees them."""
    count = "1 record is" if len(unpushed) == 1 else f"{len(unpushed)} records are"
    more = f" and {len(unpushed) - 3} more" if len(unpushed) > 3 else ""
    return f"{count} only in this clone: {', '.join(unpushed[:3])}{more}; promptctl push"


def live_json(records: Sequence[Record], label: str, at: int | None) -> str:
    """What is live as one JSON object, `promptctl.live/1`."""
    from promptctl.output.json_text import json_line  # as above

    prompts: list[Json] = [record_json(record) for record in records]
    return json_line(
        {
            "schema": "promptctl.live/1",
            "label": label,
            "at": at,
            "prompts": prompts,
        }
    )


def iso_time(seconds: int) -> str | None:
    """A time in UTC as ISO 8601 writes it; None for one that no calendar has."""
    try:
        moment = time.gmtime(seconds)
    except (OverflowError, ValueError, OSError):
        return None
    if not 1 <= moment.tm_year <= 9999:
        return None
    return f"{moment.tm_year:04d}-" + time.strftime("%m-%dT%H:%M:%SZ", moment)


def shown_time(seconds: int, zone: str) -> str:
    """A time by the clock of whoever was there, as git writes it; `@SECONDS` where no calendar has it."""
    minutes = int(zone[1:3]) * 60 + int(zone[3:5])
    there = iso_time(seconds + (-60 if zone[0] == "-" else 60) * minutes)
    return f"@{seconds}" if there is None else f"{there[:10]} {there[11:19]} {zone}"
