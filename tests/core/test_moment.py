"""Points in time, as people type them."""

from __future__ import annotations

import pytest

from promptctl.core.moment import parse_moment
from promptctl.errors import UsageProblem


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("@0", 0),
        ("@123", 123),
        ("1970-01-01", 0),
        ("1970-01-02", 86_400),
        ("2024-02-29", 1_709_164_800),
        ("1970-01-01T00:01", 60),
        ("1970-01-01T00:01:02", 62),
        ("1970-01-01T00:01:02Z", 62),
        ("1970-01-01 00:01", 60),
        ("1970-01-01T02:00+02:00", 0),
        ("1970-01-01T02:00+01:30", 1800),
        ("1970-01-01T00:00-05:30", 19_800),
        ("9999-12-31T23:59:59Z", 253_402_300_799),
        ("1969-12-31", -86_400),
    ],
)
def test_a_moment_is_exact(text: str, seconds: int) -> None:
    assert parse_moment(text) == seconds


@pytest.mark.parametrize(
    "text",
    [
        *("", "@", "@-1", "@1.5", "123", "yesterday", "2 days ago", "2026-1-1", "2026-01"),
        *("2026-02-30", "2026-13-01", "0000-01-01", "2026-01-01T24:00", "2026-01-01T10"),
        *("2026-01-01T10:00:60", "2026-01-01Z", "2026-01-01T10:00+0200", "2026-01-01T10:00+02:60"),
        *("2026-01-01T10:00+24:00", "2026-01-01T10:00z", " 2026-01-01", "2026-01-01\n"),
        *("２026-01-01", "@" + "9" * 13),
    ],
)
def test_what_is_not_exact_is_refused_with_the_forms(text: str) -> None:
    with pytest.raises(UsageProblem) as caught:
        parse_moment(text)
    assert "@SECONDS" in (caught.value.hint or "")
