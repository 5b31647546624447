"""A server on loopback that answers like the comments of GitHub's and GitLab's APIs."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


@dataclass
class Request:
    """One request as it came."""

    method: str
    path: str
    token: str
    body: dict[str, Any]


@dataclass
class Forge:
    """What the server holds and was asked; `refuses` is a status that it answers to who writes."""

    me: str
    requests: list[Request] = field(default_factory=list)
    comments: list[dict[str, Any]] = field(default_factory=list)
    refuses: int | None = None
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def written(self) -> list[tuple[str, str]]:
        """Method and path of what changed something."""
        return [(one.method, one.path) for one in self.requests if one.method != "GET"]

    def add(self, body: str, author: str) -> int:
        number = 100 + len(self.comments)
        self.comments.append(
            {"id": number, "body": body, "user": {"login": author}, "author": {"id": author}}
        )
        return number

    def answer(self, request: Request, query: dict[str, list[str]]) -> tuple[int, Any]:
        self.requests.append(request)
        if request.path.endswith("/user"):
            return 200, {"id": self.me}
        if request.method == "GET":
            page = int(query.get("page", ["1"])[0])
            return 200, self.comments[100 * (page - 1) : 100 * page]
        if self.refuses is not None:
            return self.refuses, {"message": "Resource not accessible by integration\n::error::x"}
        if request.method == "POST":
            self.add(request.body["body"], self.me)
            return 201, {}
        number = int(request.path.rpartition("/")[2])
        next(one for one in self.comments if one["id"] == number)["body"] = request.body["body"]
        return 200, {}


@contextmanager
def forge(me: str) -> Iterator[Forge]:
    """The server, as long as the block runs."""
    state = Forge(me)

    class Handler(BaseHTTPRequestHandler):
        def _serve(self) -> None:
            raw = self.rfile.read(int(self.headers.get("Content-Length", "0"))).decode()
            if self.headers.get("Content-Type", "").startswith("application/x-www-form"):
                body = {name: values[0] for name, values in parse_qs(raw).items()}
            else:
                body = json.loads(raw) if raw else {}
            token = self.headers.get("Authorization") or self.headers.get("PRIVATE-TOKEN") or ""
            url = urlsplit(self.path)
            request = Request(self.command, url.path, token, body)
            status, value = state.answer(request, parse_qs(url.query))
            content = json.dumps(value).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PATCH = do_PUT = _serve  # noqa: N815 - names that http.server calls

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        state.port = server.server_port
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield state
        finally:
            server.shutdown()
            thread.join()
