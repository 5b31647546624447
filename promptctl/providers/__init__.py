"""Providers without input or output: invocation -> request, bytes -> events, error body -> error.

One module per wire format, each with the three functions of `Wire`. Something else carries the bytes:
`transport` for the terminal, an asynchronous one in a server.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, cast

from promptctl.core.endpoint import Endpoint
from promptctl.core.invocation import Event, Invocation
from promptctl.core.json_data import Json
from promptctl.errors import PromptctlError


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request. `secret_headers` names (in lower case) the headers that hold a key."""

    method: str
    url: str
    headers: tuple[tuple[str, str], ...]
    body: Json
    secret_headers: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Failure:
    """An answer that is no success: status, headers in lower case, and the start of the body."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Decoder(Protocol):
    """Bytes of an answer to events, however the bytes are cut."""

    def feed(self, chunk: bytes) -> list[Event]:
        """The events that became complete. Raises ProviderError for an error inside the stream."""

    def finish(self) -> list[Event]:
        """The last events. Raises StreamBroken unless the answer came to its proper end."""


class Wire(Protocol):
    """One wire format."""

    def build_request(self, invocation: Invocation, endpoint: Endpoint) -> Request:
        """The exact request. Raises RequestRefused for what the format cannot carry."""

    def decoder(self, invocation: Invocation) -> Decoder:
        """A fresh decoder for the answer, streamed or whole as the invocation asks."""

    def parse_error(
        self, failure: Failure, invocation: Invocation, endpoint: Endpoint
    ) -> PromptctlError:
        """The typed error that an unsuccessful answer means."""


_WIRES = frozenset({"openai", "anthropic", "ollama", "echo"})


def load_wire(name: str) -> Wire:
    """The module that speaks a wire format, imported now."""
    if name not in _WIRES:
        raise LookupError(name)
    return cast(Wire, importlib.import_module(f"promptctl.providers.{name}"))
