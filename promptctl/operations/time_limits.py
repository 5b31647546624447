"""How long a run waits for what: from the command line, the environment, the user's configuration."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace

from promptctl.core.nearest import did_you_mean
from promptctl.core.schema_words import shown
from promptctl.credentials import UserConfig
from promptctl.errors import UsageProblem
from promptctl.providers import Limits

VARIABLE = "PROMPTCTL_TIMEOUT"
NAMES = {
    "connect": "until the connection stands",
    "headers": "from there to the answer's headers",
    "first": "from there to the first piece of the answer",
    "idle": "between two pieces of the answer",
    "total": "for all of it, every attempt and fallback",
}
MAX_SECONDS = 1e7
"""Four months; what waits for longer is a mistake, and more than some clocks can hold."""


def parse_timeouts(given: Iterable[str], source: str = "--timeout") -> dict[str, float]:
    """Seconds by name, from `SECONDS` for the total and `NAME=SECONDS`. Raises UsageProblem."""
    found: dict[str, float] = {}
    for text in given:
        name, equals, number = text.rpartition("=")
        name = name if equals else "total"
        if name not in NAMES:
            hint = did_you_mean(name, NAMES) or f"names: {', '.join(NAMES)}"
            raise UsageProblem(f"{source} {shown(text)}: there is no limit {shown(name)}", hint)
        # Python would also take nan, inf, 1_0 and digits of other scripts.
        is_plain = re.fullmatch(r"[0-9]{1,12}(\.[0-9]{0,12})?", number)
        seconds = float(number) if is_plain else 0.0
        if not 0.001 <= seconds <= MAX_SECONDS:
            message = f"{source} {shown(text)}: that is no number of seconds to wait"
            raise UsageProblem(message, f"{source} 30, or {source} idle=120")
        found[name] = seconds
    return found


def timeouts_of_environment(environ: Mapping[str, str]) -> dict[str, float]:
    """Seconds by name from PROMPTCTL_TIMEOUT, such as `idle=120, 600`. Raises UsageProblem."""
    return parse_timeouts(environ.get(VARIABLE, "").replace(",", " ").split(), VARIABLE)


def limits_in_force(
    config: UserConfig, environ: Mapping[str, str], given: Mapping[str, float]
) -> Limits:
    """The limits of a run: what it is given, else the environment, else the user's configuration."""
    wanted = {**config.timeouts, **timeouts_of_environment(environ), **given}
    default = Limits()
    return replace(
        default,
        connect=wanted.get("connect", default.connect),
        headers=wanted.get("headers", default.headers),
        first_event=wanted.get("first", default.first_event),
        idle=wanted.get("idle", default.idle),
        total=wanted.get("total", default.total),
    )
