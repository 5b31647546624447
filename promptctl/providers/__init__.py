"""Providers without input or output: invocation -> request, bytes -> events, error body -> error.

One module per wire format, each with the three functions of `Wire`. Something else carries the bytes:
`transport` for the terminal, an asynchronous one in a server.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import field
from typing import Protocol, cast

from promptctl.core.endpoint import Endpoint
from promptctl.core.fast_dataclass import dataclass
from promptctl.core.invocation import Api, Event, Invocation
from promptctl.core.json_data import Json
from promptctl.errors import PromptctlError


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request. `secret_headers` names (in lower case) the headers that hold a key.

    A signature depends on the body's bytes and on the time, so `sign` makes its headers from these two
    when the request is sent. They replace those of the same name, which only show their form.
    """

    method: str
    url: str
    headers: tuple[tuple[str, str], ...] = field(repr=False)  # keys are in them
    body: Json
    secret_headers: frozenset[str] = frozenset()
    sign: Callable[[bytes, float], Mapping[str, str]] | None = field(
        default=None, repr=False, compare=False
    )


@dataclass(frozen=True, slots=True)
class Failure:
    """An answer that is no success: status, headers in lower case, and the start of the body.

    `received` is the Unix time of its arrival, against which a `Retry-After` date is read.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    received: float = 0.0


@dataclass(frozen=True, slots=True)
class Limits:
    """How long to wait, in seconds, how much to accept, in bytes, and how often to try again."""

    connect: float = 5.0
    headers: float = 60.0
    """From the connection to the answer's headers, for streamed answers of hosted models."""
    first_event: float = 600.0
    """From the headers to the first event with data; also to the headers where a server sends none
    before it has an answer (whole answers, servers that load a model first)."""
    idle: float = 60.0
    """Between two events with data; comments that only keep a connection alive do not count."""
    total: float = 3600.0
    """All of it: every attempt and the waits between them, up to the last event."""
    event: int = 16 * 1024 * 1024
    """One line or event of a stream."""
    response: int = 64 * 1024 * 1024
    """A whole answer, after decompression."""
    retries: int = 2
    retry_after: float = 60.0
    """The longest wait that a provider may ask for before a retry."""


class Exchange(Protocol):
    """An answer under way: its head is here, its body is still coming."""

    @property
    def status(self) -> int:
        """The HTTP status."""

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers, names in lower case."""

    @property
    def received(self) -> float:
        """Unix time at which the head arrived."""

    def chunks(self) -> Iterator[bytes]:
        """The body as it arrives, decompressed. Raises ProviderError for a cut or a limit."""

    def heard(self) -> None:
        """Say that an event with data was among the last bytes: the idle limit starts anew."""


class Decoder(Protocol):
    """Bytes of an answer to events, however the bytes are cut.

    Once it has returned `Finished`, nothing more needs to be read.
    """

    @property
    def heard(self) -> int:
        """How many events with data have come so far."""

    def feed(self, chunk: bytes) -> Iterator[Event]:
        """The events that became complete, and then, for an error inside the stream, its error.

        Raises ProviderError or CredentialError. Exhaust it before feeding more.
        """

    def finish(self) -> Iterator[Event]:
        """The last events. Raises StreamBroken unless the answer came to its proper end."""


class Wire(Protocol):
    """One wire format."""

    def build_request(self, invocation: Invocation, endpoint: Endpoint) -> Request:
        """The exact request. Raises RequestImpossible for what the format cannot carry."""

    def decoder(self, invocation: Invocation, endpoint: Endpoint, limits: Limits) -> Decoder:
        """A fresh decoder for the answer, streamed or whole as the invocation asks."""

    def parse_error(
        self, failure: Failure, invocation: Invocation, endpoint: Endpoint
    ) -> PromptctlError:
        """The typed error that an unsuccessful answer means."""


_WIRES = {
    "openai": "openai",
    "azure_openai": "openai",
    "anthropic": "anthropic",
    "google": "google",
    "aws": "aws",
    "ollama": "ollama",
    "echo": "echo",
}
"""Wire format -> the module that speaks it."""


def load_wire(name: str, api: Api = "chat") -> Wire:
    """The module that speaks a wire format, imported now; `api` chooses where a format has two."""
    module = _WIRES[name]
    if api == "responses" and module == "openai":
        module = "openai_responses"
    return cast(Wire, importlib.import_module(f"promptctl.providers.{module}"))
