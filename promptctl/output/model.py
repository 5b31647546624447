"""The embedded model's state for people and for programs, and progress while it installs."""

from __future__ import annotations

from typing import Literal

from promptctl.core.fast_dataclass import dataclass
from promptctl.core.json_data import Json
from promptctl.output.json_text import json_line
from promptctl.output.terminal import Terminal, visible_line

_MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """What `model status` found."""

    runtime_installed: bool
    runtime_works: bool
    runtime_problem: str | None
    weights: str | None
    weights_problem: str | None
    ready: bool
    next_step: str


def status_json(facts: ModelFacts) -> str:
    """One JSON object, `promptctl.model-status/1`."""
    value: dict[str, Json] = {
        "schema": "promptctl.model-status/1",
        "ready": facts.ready,
        "runtime": {
            "installed": facts.runtime_installed,
            "works": facts.runtime_works,
            "problem": facts.runtime_problem,
        },
        "weights": {"path": facts.weights, "problem": facts.weights_problem},
        "next": facts.next_step,
    }
    return json_line(value)


def status_text(facts: ModelFacts, terminal: Terminal) -> str:
    """Three lines for people: the runtime, the weights, what to type next."""
    runtime = facts.runtime_problem or "works on this machine"
    weights = facts.weights_problem or ("right" if facts.weights else "not installed")
    place = f" ({visible_line(facts.weights)})" if facts.weights else ""
    good = facts.weights is not None and facts.weights_problem is None
    return (
        f"runtime  {_mark(terminal, facts.runtime_works)} {visible_line(runtime)}\n"
        f"weights  {_mark(terminal, good)} {visible_line(weights)}{place}\n"
        f"next     {visible_line(facts.next_step)}\n"
    )


def change_json(command: Literal["install", "remove"], path: str, *, changed: bool) -> str:
    """One JSON object: where the weights are or were, and whether the command changed that."""
    schema = {"install": "promptctl.model-install/1", "remove": "promptctl.model-remove/1"}
    return json_line({"schema": schema[command], "path": path, "changed": changed})


class InstallProgress:
    """Counts megabytes on one line of a terminal; elsewhere it says once that work has begun."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal
        self._shown = -1

    def __call__(self, size: int) -> None:
        """Show the bytes that are there now."""
        if self._terminal.quiet or size // _MEGABYTE == self._shown:
            return
        if not self._terminal.err_is_tty:
            if self._shown < 0:
                self._terminal.err.write("installing the model (98 MB)\n")
        else:
            self._terminal.err.write(f"\rinstalling the model: {size // _MEGABYTE} MB ")
        self._shown = size // _MEGABYTE
        self._terminal.err.flush()

    def close(self) -> None:
        """Leave the line clean."""
        if self._shown >= 0 and self._terminal.err_is_tty and not self._terminal.quiet:
            self._terminal.err.write("\r" + " " * 40 + "\r")
            self._terminal.err.flush()


def _mark(terminal: Terminal, good: bool) -> str:
    return terminal.paint("ok", "green") if good else terminal.paint("no", "red")
