"""The embedded model's state for people and for programs, and progress while it installs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from promptctl.core.json_data import Json
from promptctl.output.cells import wrap
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
    good = facts.weights is not None and facts.weights_problem is None
    runtime = facts.runtime_problem or "works on this machine"
    weights = facts.weights_problem or ("installed" if good else "not installed")
    place = f"  {visible_line(facts.weights)}" if facts.weights else ""
    lines = (
        f"runtime  {_paint(terminal, facts.runtime_works, runtime)}",
        f"weights  {_paint(terminal, good, weights)}{place}",
        f"next     {visible_line(facts.next_step)}",
    )
    shown = (part for line in lines for part in wrap(line, terminal.out_width, 9))
    return "".join(f"{line}\n" for line in shown)


def change_json(command: Literal["install", "remove"], path: str, *, changed: bool) -> str:
    """One JSON object: where the weights are or were, and whether the command changed that."""
    schema = {"install": "promptctl.model-install/1", "remove": "promptctl.model-remove/1"}
    return json_line({"schema": schema[command], "path": path, "changed": changed})


class InstallProgress:
    """Counts megabytes on one line of a terminal; elsewhere it says once that work has begun.

    What is on disk on the way (an archive, and what comes out of it) is more than what stays; the
    count goes up to `total` and never back.
    """

    def __init__(self, terminal: Terminal, total: int) -> None:
        self._terminal = terminal
        self._total = total // _MEGABYTE
        self._shown = -1

    def __call__(self, size: int) -> None:
        """Show the bytes that are there now."""
        done = min(size // _MEGABYTE, self._total)
        if self._terminal.quiet or done <= self._shown:
            return
        if self._terminal.err_is_tty:
            self._terminal.err.write(f"\rinstalling the model: {done} of {self._total} MB ")
        elif self._shown < 0:
            self._terminal.err.write(f"installing the model ({self._total} MB)\n")
        self._shown = done
        self._terminal.err.flush()

    def close(self) -> None:
        """Leave the line clean."""
        if self._shown >= 0 and self._terminal.err_is_tty and not self._terminal.quiet:
            self._terminal.err.write("\r" + " " * 40 + "\r")
            self._terminal.err.flush()


def _paint(terminal: Terminal, good: bool, text: str) -> str:
    return terminal.paint(visible_line(text), "green" if good else "red")
