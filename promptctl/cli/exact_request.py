"""What `render --request` and `run --dry-run` both show: the exact request, with nothing sent."""

from __future__ import annotations

from promptctl.cli.options import Session, foreign_text
from promptctl.core.invocation import Invocation
from promptctl.operations.run import plan_request
from promptctl.output.messages import request_json, request_text


def show_request(session: Session, invocation: Invocation, *, as_json: bool) -> None:
    """Write the request that an invocation would send to standard output, every key masked."""
    shown = plan_request(invocation, session.environ)
    fields = (shown.method, shown.url, shown.headers, shown.body)
    terminal = session.terminal
    text = request_json(invocation, *fields) if as_json else request_text(*fields, terminal)
    with foreign_text(session, "json" if as_json else "text"):
        terminal.write(text)
