"""A raw loopback server: a test says byte by byte what goes over the wire, and reads what came."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import TypeAlias


class Hold:
    """In an answer: send nothing more and keep the connection until the client closes it."""


HOLD = Hold()

Answer: TypeAlias = Sequence[bytes | Hold | Callable[[], bytes]]
"""Pieces, each sent at once in a packet of its own; a callable is asked for its piece when its turn
comes. After the last piece the connection is closed."""


@dataclass
class Received:
    head: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Server:
    url: str
    answers: list[Answer]
    requests: list[Received] = field(default_factory=list)
    closed: threading.Event = field(default_factory=threading.Event)
    """Set when the client has closed a connection that was held."""


@contextmanager
def serving(*answers: Answer, tls: ssl.SSLContext | None = None) -> Iterator[Server]:
    """A server that gives these answers, one for each connection; the last one again and again."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(30)
        scheme = "https" if tls else "http"
        server = Server(f"{scheme}://127.0.0.1:{listener.getsockname()[1]}", list(answers))
        thread = threading.Thread(target=_serve, args=(listener, server, tls), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join(10)


def _serve(listener: socket.socket, server: Server, tls: ssl.SSLContext | None) -> None:
    count = 0
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        answer = server.answers[min(count, len(server.answers) - 1)]
        count += 1
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.settimeout(30)
        with ExitStack() as open_sockets:
            open_sockets.enter_context(connection)
            try:
                if tls is not None:
                    connection = tls.wrap_socket(connection, server_side=True)
                    open_sockets.enter_context(connection)
                server.requests.append(_receive(connection))
                _send(connection, answer, server)
            except OSError:
                server.closed.set()


def _send(connection: socket.socket, answer: Answer, server: Server) -> None:
    for piece in answer:
        if isinstance(piece, Hold):
            while connection.recv(4096):
                pass
            server.closed.set()
            return
        connection.sendall(piece if isinstance(piece, bytes) else piece())
    connection.shutdown(socket.SHUT_WR)
    while connection.recv(4096):
        pass


def _receive(connection: socket.socket) -> Received:
    data = b""
    while b"\r\n\r\n" not in data:
        more = connection.recv(65536)
        if not more:
            raise OSError("no request")
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    headers = {k.strip().lower(): v.strip() for k, _, v in (line.partition(":") for line in lines)}
    while len(body) < int(headers.get("content-length", "0")):
        body += connection.recv(65536)
    return Received(first, headers, body)


def http(body: bytes, status: str = "200 OK", content_type: str = "", **headers: str) -> bytes:
    """A whole answer with its length."""
    return head(status, content_type, content_length=str(len(body)), **headers) + body


def head(status: str = "200 OK", content_type: str = "", **headers: str) -> bytes:
    """The head of an answer; underscores in header names stand for hyphens."""
    lines = [f"HTTP/1.1 {status}"]
    if content_type:
        lines.append(f"Content-Type: {content_type}")
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "Connection: close", "", ""]).encode()


def chunked(pieces: Sequence[bytes], *, end: bool = True) -> list[bytes]:
    """Pieces in chunked transfer encoding, each in a packet of its own."""
    encoded = [f"{len(piece):x}\r\n".encode() + piece + b"\r\n" for piece in pieces if piece]
    return [*encoded, b"0\r\n\r\n"] if end else encoded
