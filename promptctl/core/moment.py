"""Moments in time, as people type them: exact forms only, nothing that depends on today."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

from promptctl.errors import UsageProblem

MOMENT_FORMS = (
    "2026-01-31 (the start of that day in UTC), 2026-01-31T09:30[:15][Z|+02:00] or @SECONDS"
)
"""The forms that `parse_moment` takes, for help and hints."""

_SECONDS = re.compile(r"@([0-9]{1,12})", re.ASCII)
_DATE = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})"
    r"(?:[T ]([0-9]{2}):([0-9]{2})(?::([0-9]{2}))?(Z|[+-][0-9]{2}:[0-9]{2})?)?",
    re.ASCII,
)
_DAY_MINUTES = 24 * 60


def parse_moment(text: str) -> int:
    """The seconds since 1970 that a text stands for; what names no zone is UTC. Raises UsageProblem."""
    seconds = _SECONDS.fullmatch(text)
    if seconds is not None:
        return int(seconds[1])
    found = _DATE.fullmatch(text)
    if found is None:
        raise UsageProblem(f"{text[:60]!r} is no point in time", f"write {MOMENT_FORMS}")
    year, month, day, hour, minute, second = (int(part or 0) for part in found.groups()[:6])
    try:
        moment = datetime(year, month, day, hour, minute, second, tzinfo=_zone(found[7]))
    except ValueError:
        raise UsageProblem(
            f"{text[:60]!r} is no point in time: there is no such day, hour or zone",
            f"write {MOMENT_FORMS}",
        ) from None
    return int((moment - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds())


def _zone(text: str | None) -> timezone:
    """The zone of `Z` or `+HH:MM`. Raises ValueError for minutes that no clock shows."""
    if text is None or text == "Z":
        return UTC
    hours, minutes = int(text[1:3]), int(text[4:6])
    if minutes > 59 or hours * 60 + minutes >= _DAY_MINUTES:
        raise ValueError
    return timezone(timedelta(minutes=(hours * 60 + minutes) * (-1 if text[0] == "-" else 1)))
