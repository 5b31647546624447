"""Records as text and as JSON: the log of releases, and what is live."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence

from promptctl.core.json_data import Json
from promptctl.core.record import Record
from promptctl.core.release import OddTag
from promptctl.core.release_log import ReleaseLog
from promptctl.output.cells import wrap
from promptctl.output.columns import columns
from promptctl.output.json_text import json_line
from promptctl.output.terminal import Terminal, visible, visible_line

_EFFECT_STYLES = {
    "breaking": "red",
    "behaviour": "yellow",
    "compatible": "green",
    "cosmetic": "dim",
    "new": "cyan",
}
_INDENT = 4
_LIVE_HEADER = ("NAME", "VERSION", "SINCE", "BY", "EFFECT")


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
        "".join(f"{line}\n" for line in _block(record, terminal)) for record in log.records
    )


def _block(record: Record, terminal: Terminal) -> Iterator[str]:
    width = terminal.out_width
    effect = terminal.paint(record.effect, _EFFECT_STYLES[record.effect])
    yield f"{terminal.paint(str(record.tag), 'yellow')}  {record.kind}  {effect}"
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
    """One line per record: the tag, the day, who, the effect, and what changed."""
    rows = [
        (
            str(record.tag),
            shown_time(record.time, record.zone)[:10],
            record.actor.partition(" <")[0],
            record.effect,
            record.subject,
        )
        for record in log.records
    ]
    lines = columns(rows, terminal.out_width)
    return "".join(f"{_tag_painted(line, terminal)}\n" for line in lines)


def _tag_painted(line: str, terminal: Terminal) -> str:
    tag, blank, rest = line.partition(" ")
    return f"{terminal.paint(tag, 'yellow')}{blank}{rest}"


def odd_note(odd: Sequence[OddTag]) -> str:
    """What to tell of tags that are no records."""
    first = visible_line(f"{odd[0].tag}: {odd[0].reason}")
    if len(odd) == 1:
        return f"passed over a tag that is no record ({first}); promptctl verify"
    return f"passed over {len(odd)} tags that are no records ({first}; …); promptctl verify"


def log_json(log: ReleaseLog) -> str:
    """The log as one JSON object, `promptctl.log/1`."""
    odd: list[Json] = [{"tag": one.tag, "reason": one.reason} for one in log.odd]
    records: list[Json] = [record_json(record) for record in log.records]
    return json_line({"schema": "promptctl.log/1", "records": records, "odd": odd})


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
    header, *lines = columns([_LIVE_HEADER, *rows], terminal.width)
    return "".join(f"{line}\n" for line in (terminal.paint(header, "dim"), *lines))


def live_json(records: Sequence[Record], label: str, at: int | None) -> str:
    """What is live as one JSON object, `promptctl.live/1`."""
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
