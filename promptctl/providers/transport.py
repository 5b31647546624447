"""The one door to the network for the terminal: a request goes out over httpx, bytes come in.

Redirects are not followed. Proxies of the environment are obeyed and named where they fail. One request
uses one connection, which is closed when the caller is done, however that comes.
"""

from __future__ import annotations

import os
import re
import ssl
import sys
import threading
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from promptctl.core.endpoint import is_loopback
from promptctl.core.invocation import Invocation
from promptctl.errors import (
    OutputInvalid,
    PromptctlError,
    ProviderUnavailable,
    ServerNotRunning,
    TooSlow,
)
from promptctl.providers import Limits, Request
from promptctl.providers.deadline import Deadline
from promptctl.providers.decoding import broken, nonsense
from promptctl.providers.envelope import encode_body
from promptctl.providers.failures import host_of

# httpx imports its own command line, and with it click, Pygments and Rich, where these are installed
# (40 ms); it goes without where that module cannot be imported.
_UNWANTED = "httpx._main"
if "httpx" not in sys.modules:
    sys.modules[_UNWANTED] = None  # type: ignore[assignment]
try:
    import httpx
finally:
    if sys.modules.get(_UNWANTED, sys) is None:
        del sys.modules[_UNWANTED]

_NOT_VALID = (
    httpx.UnsupportedProtocol,
    httpx.InvalidURL,
    httpx.LocalProtocolError,
    ValueError,
    OverflowError,
)

_GRACE = 0.1
"""Seconds that the end of a connection, where there is one, may take to be noticed."""

_PIECE = 64 * 1024
"""Bytes that decompression may produce at once."""

# These hold an answer back until there is something to answer: the model has to be loaded first.
_SLOW_TO_START = frozenset({"ollama", "local"})


class HttpExchange:
    """An HTTP answer whose head is here and whose body is still coming."""

    def __init__(
        self, response: httpx.Response, invocation: Invocation, limits: Limits, deadline: Deadline
    ) -> None:
        self.status = response.status_code
        self.headers: Mapping[str, str] = {k.lower(): v for k, v in response.headers.items()}
        self.received = time.time()
        self._response = response
        self._invocation = invocation
        self._limits = limits
        self._deadline = deadline

    def heard(self) -> None:
        """Start the idle limit anew."""
        self._deadline.expect(self._limits.idle, "for the next piece of the answer")

    def chunks(self) -> Iterator[bytes]:
        """The body as it arrives, decompressed, within the limits of size and time."""
        total = 0
        try:
            for chunk in self._decompressed():
                total += len(chunk)
                if total > self._limits.response:
                    raise nonsense(self._invocation, f"more than {self._limits.response} bytes")
                # Time that the reader of the answer takes is not the provider's.
                self._deadline.pause()
                yield chunk
                self._deadline.resume()
        except httpx.HTTPError:
            raise self._cut() from None
        if self._deadline.missed:
            raise self._cut()

    def _decompressed(self) -> Iterator[bytes]:
        encoding = self.headers.get("content-encoding", "identity").strip().lower()
        raw = self._response.iter_raw()
        if encoding in ("", "identity"):
            return raw
        if encoding in ("gzip", "x-gzip", "deflate"):
            return _inflated(raw, self._invocation)
        raise nonsense(self._invocation, "a compression that was not asked for")

    def _cut(self) -> PromptctlError:
        if self._deadline.missed:
            return _too_slow(self._invocation, self._deadline.missed)
        return broken(self._invocation)


@contextmanager
def open_exchange(
    request: Request, invocation: Invocation, limits: Limits, end: float | None = None
) -> Iterator[HttpExchange]:
    """Send the request and give the answer once its head is here; leaving closes the connection.

    `limits.total` ends at `end` (of time.monotonic), by default so many seconds from now.
    """
    body = encode_body(request)
    deadline = Deadline(limits.total, end)
    deadline.expect(limits.connect * 2 + limits.headers, "for a connection")
    watch = _Watch(deadline, _wait_for_headers(invocation, limits))
    try:
        with _client(request, limits) as client:
            try:
                response = _send(client, request, body, watch, deadline)
            # The last two: what the system's resolver says to odd host names and ports.
            except (httpx.HTTPError, httpx.InvalidURL, ValueError, OverflowError) as error:
                if deadline.missed:
                    raise _too_slow(invocation, deadline.missed) from None
                raise _unreached(error, request, invocation, watch) from None
            try:
                watch.guard(response.extensions.get("network_stream"))
                deadline.expect(limits.first_event, "for the first piece of the answer")
                yield HttpExchange(response, invocation, limits, deadline)
            finally:
                response.close()
    finally:
        deadline.stop()


def _send(
    client: httpx.Client, request: Request, body: bytes, watch: _Watch, deadline: Deadline
) -> httpx.Response:
    headers = dict(request.headers)
    if request.sign is not None:
        headers |= request.sign(body, time.time())
    sent = client.build_request(request.method, request.url, headers=headers, content=body)
    sent.extensions = {**sent.extensions, "trace": watch.trace}
    return _interruptible(lambda: client.send(sent, stream=True), watch.give_up, deadline)


def _interruptible(
    send: Callable[[], httpx.Response], give_up: Callable[[], None], deadline: Deadline
) -> httpx.Response:
    """What `send` returns, from a thread of its own. Raises TimeoutException at the end of all time.

    The system's look-up of a name heeds no signal and no deadline: in the main thread it would keep
    Ctrl-C waiting for as long as a name server does not answer.
    """
    done = threading.Event()
    responses: list[httpx.Response] = []
    errors: list[BaseException] = []

    def work() -> None:
        try:
            responses.append(send())
        except BaseException as error:
            errors.append(error)
        finally:
            done.set()

    threading.Thread(target=work, name="send", daemon=True).start()
    try:
        if not done.wait(deadline.seconds_left() + _GRACE):
            deadline.overrun()
            raise httpx.TimeoutException("the end of the time allowed")
    except BaseException:
        give_up()
        raise
    if errors:
        raise errors[0]
    return responses[0]


def _wait_for_headers(invocation: Invocation, limits: Limits) -> float:
    hosted = invocation.stream and invocation.provider not in _SLOW_TO_START
    return limits.headers if hosted else max(limits.headers, limits.first_event)


class _Watch:
    """Learns from httpcore's trace where the connection goes, and puts its socket under the deadline."""

    def __init__(self, deadline: Deadline, headers: float) -> None:
        self._deadline = deadline
        self._headers = headers
        self.connected_to = ""
        self._given_up = False

    def trace(self, event: str, details: Mapping[str, object]) -> None:
        """Called by httpcore before and after each of its steps."""
        if self._given_up:
            raise ConnectionAbortedError("nobody waits for the answer")
        if event == "connection.connect_tcp.started":
            self.connected_to = str(details.get("host", ""))
        elif event.endswith((".connect_tcp.complete", ".start_tls.complete")):
            # TLS, and a tunnel through a proxy, put a new socket in the place of the one before.
            self.guard(details.get("return_value"))
            self._deadline.expect(self._headers, "for the answer to begin")

    def guard(self, stream: object) -> None:
        """Put the socket of one of httpcore's streams under the deadline."""
        get_extra_info = getattr(stream, "get_extra_info", None)
        if get_extra_info is not None:
            self._deadline.guard(get_extra_info("socket"))

    def give_up(self) -> None:
        """Send nothing that is not yet sent, and end the connection if there is one."""
        self._given_up = True
        self._deadline.cut()


def _client(request: Request, limits: Limits) -> httpx.Client:
    # No read time-out: httpx restarts it with each byte. The deadline watches over the reading.
    timeout = httpx.Timeout(None, connect=limits.connect, write=limits.headers)
    try:
        return httpx.Client(
            verify=_tls_context(request.url),
            timeout=timeout,
            follow_redirects=False,
            # A server on this machine is not asked for through a proxy elsewhere.
            trust_env=not is_loopback(host_of(request.url)),
        )
    except (ImportError, ValueError, httpx.InvalidURL):
        # The message of the original error holds the proxy's URL, and that perhaps a password.
        raise ProviderUnavailable(
            "the proxy that the environment names cannot be used",
            "check HTTP_PROXY, HTTPS_PROXY and ALL_PROXY; SOCKS needs `pip install socksio`",
        ) from None


def _tls_context(url: str) -> ssl.SSLContext:
    """A context that verifies, cheap to make: certificates are looked up when one has to be checked.

    Reading a whole bundle takes 20 to 30 ms; a hashed folder is searched by name instead. Without TLS
    nothing is read: that context trusts nobody.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if not url.startswith("https:"):
        return context
    paths = ssl.get_default_verify_paths()
    chosen_file = paths.cafile if paths.cafile != paths.openssl_cafile else None
    if chosen_file:
        context.load_verify_locations(cafile=chosen_file)
    elif paths.capath and _is_hashed(paths.capath):
        context.load_verify_locations(capath=paths.capath)
    elif paths.cafile:
        context.load_verify_locations(cafile=paths.cafile)
    else:
        import certifi  # only where the system has no certificates of its own

        context.load_verify_locations(cafile=certifi.where())
    return context


def _is_hashed(folder: str) -> bool:
    try:
        with os.scandir(folder) as entries:
            return any(entry.name.endswith(".0") for entry in entries)
    except OSError:
        return False


def _inflated(raw: Iterator[bytes], invocation: Invocation) -> Iterator[bytes]:
    """The bytes of a compressed body in bounded pieces, so that a bomb meets the limits of size."""
    inflater = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)
    try:
        for chunk in raw:
            piece = inflater.decompress(chunk, _PIECE)
            yield piece
            # A full piece may have more behind it, even where all input is used up.
            while inflater.unconsumed_tail or len(piece) == _PIECE:
                piece = inflater.decompress(inflater.unconsumed_tail, _PIECE)
                yield piece
    except zlib.error:
        raise nonsense(invocation, "damaged compression") from None


def _too_slow(invocation: Invocation, wait: str) -> PromptctlError:
    return TooSlow(
        f"{_who(invocation)} took too long: waited {wait}",
        "run it again, or wait longer: --timeout",
    )


def _who(invocation: Invocation) -> str:
    return f"{invocation.provider} {invocation.model}".strip()


def _unreached(
    error: Exception, request: Request, invocation: Invocation, watch: _Watch
) -> PromptctlError:
    host = host_of(request.url)
    via = watch.connected_to
    proxy = f" through the proxy {via}" if via and not host.startswith((via, f"[{via}")) else ""
    if isinstance(error, _NOT_VALID):
        message = f"{_who(invocation)} cannot be asked: the address {host} or a header is not valid"
        return OutputInvalid(
            message, "correct the address; `promptctl config` says where it is set"
        )
    message = f"{_who(invocation)} cannot be reached at {host}{proxy}: {_reason(error)}"
    if is_loopback(via) and _is_refusal(error):
        what = "the proxy" if proxy else "the server"
        if invocation.provider == "ollama" and not proxy:
            what = "it with `ollama serve`"
        return ServerNotRunning(message, f"start {what}, or correct the address")
    return ProviderUnavailable(message, "check the address and the network")


def _is_refusal(error: BaseException | None) -> bool:
    """Whether a connection was refused, which httpx tells only through the errors behind its own."""
    while error is not None and not isinstance(error, ConnectionRefusedError):
        error = error.__cause__ or error.__context__
    return error is not None


def _reason(error: Exception) -> str:
    if isinstance(error, httpx.TimeoutException):
        return "no connection in time"
    if isinstance(error, httpx.ConnectError | httpx.ProxyError):
        return re.sub(r"^\[Errno -?[0-9]+\] ", "", str(error))[:200] or "no connection"
    if isinstance(error, httpx.RemoteProtocolError) and "disconnected" not in str(error):
        return "what answers there does not speak HTTP"
    return "the connection was closed without an answer"
