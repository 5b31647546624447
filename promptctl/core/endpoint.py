"""Where a provider is reached and the key that belongs to that origin."""

from __future__ import annotations

import re
from dataclasses import field

from promptctl.core.fast_dataclass import dataclass


class Secret:
    """A key that does not show itself: `repr`, `str` and formatting give a mask."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The key itself. Call it only where a header is put on the wire."""
        return self._value

    def __repr__(self) -> str:
        return "***"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)


@dataclass(frozen=True, slots=True)
class Signing:
    """What a signature (AWS's version 4) needs beside the endpoint's key, which then never travels."""

    key_id: str
    region: str
    token: Secret | None = None
    """Of a session: it travels with each request."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One origin that answers for a provider, and the key that goes there and nowhere else."""

    provider: str
    wire: str
    """The wire format spoken there: the name of a module in `promptctl.providers`."""
    base_url: str
    """Scheme, host and path prefix, without a final slash."""
    origin_source: str
    """Where the URL comes from, for people: `built in`, `OPENAI_BASE_URL`, a configuration file."""
    key: Secret | None = None
    key_variable: str | None = None
    """The environment variable that holds the key, named in errors."""
    key_required: bool = True
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    """Further headers from the user's own configuration."""
    signing: Signing | None = None
    """Set where requests are signed with the key instead of carrying it."""
    api_version: str | None = None
    """The dated version that Azure wants in its URLs; None where there is none."""


# Not *.localhost: that is any resolver's to answer.
_LOOPBACK = r"(localhost|127(\.[0-9]{1,3}){3}|::1|\[::1\])(:[0-9]*)?"


def is_loopback(host: str) -> bool:
    """Whether a host, with or without a port, is certainly this machine.

    There a key may travel without TLS, and nothing goes through a proxy.
    """
    return re.fullmatch(_LOOPBACK, host.lower()) is not None
