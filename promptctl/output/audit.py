"""What verify and doctor found, as text and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from promptctl.core.audit import Check, Problem
from promptctl.core.json_data import Json
from promptctl.output.cells import wrap
from promptctl.output.json_text import json_line
from promptctl.output.terminal import Terminal, visible_line

_STYLES = {"ok": ("green",), "warning": ("yellow",), "problem": ("bold", "red")}
_WORDS = {"ok": "ok", "warning": "warning", "problem": "PROBLEM"}


def problems_text(problems: Sequence[Problem], terminal: Terminal) -> str:
    """Each problem on a line, what to do below it."""
    lines: list[str] = []
    for problem in problems:
        state = "warning" if problem.is_warning else "problem"
        place = f"{problem.tag}: " if problem.tag else ""
        text = f"{place}{problem.message} ({problem.id})"
        lines += _entry(state, text, problem.hint, terminal)
    return "".join(f"{line}\n" for line in lines)


def verdict(problems: Sequence[Problem], prompts: int, records: int, remote: str | None) -> str:
    """In one line what was looked at and what came of it."""
    counted = f"{records} record{_s(records)} of {prompts} prompt{_s(prompts)}"
    where = f", and {remote}" if remote is not None else ", this clone only"
    wrong = sum(not problem.is_warning for problem in problems)
    found = f"{wrong} problem{_s(wrong)}" if wrong else "unbroken"
    return f"{counted}{where}: {found}"


def _s(count: int) -> str:
    return "" if count == 1 else "s"


def problems_json(
    problems: Sequence[Problem], *, prompts: int, records: int, remote: str | None
) -> str:
    """The answer of verify as one JSON object, `promptctl.verify/1`."""
    members: list[Json] = [
        {
            "id": problem.id,
            "severity": "warning" if problem.is_warning else "error",
            "tag": problem.tag or None,
            "message": problem.message,
            "hint": problem.hint,
        }
        for problem in problems
    ]
    return json_line(
        {
            "schema": "promptctl.verify/1",
            "unbroken": all(problem.is_warning for problem in problems),
            "remote": remote,
            "prompts": prompts,
            "records": records,
            "problems": members,
        }
    )


def checks_text(checks: Sequence[Check], terminal: Terminal) -> str:
    """The checklist, what to do below each line that needs it."""
    lines: list[str] = []
    for check in checks:
        lines += _entry(check.state, check.message, check.hint, terminal)
    return "".join(f"{line}\n" for line in lines)


def checks_json(checks: Sequence[Check]) -> str:
    """The checklist as one JSON object, `promptctl.doctor/1`."""
    members: list[Json] = [
        {
            "id": check.id,
            "state": check.state,
            "message": check.message,
            "hint": check.hint,
            "fixed": check.is_fixed,
        }
        for check in checks
    ]
    healthy = all(check.state != "problem" for check in checks)
    return json_line({"schema": "promptctl.doctor/1", "healthy": healthy, "checks": members})


def _entry(state: str, text: str, hint: str | None, terminal: Terminal) -> Iterator[str]:
    word = _WORDS[state]
    margin = " " * (9 - len(word))
    start = f"{terminal.paint(word, *_STYLES[state])}{margin}"
    yield from wrap(start + visible_line(text), terminal.out_width, 9)
    if hint:
        # A command can be copied as it is: it is never wrapped.
        yield f"         hint: {visible_line(hint)}"
