"""The table of rules, as text and JSON."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from promptctl.core.finding import Severity
from promptctl.core.json_data import Json
from promptctl.core.rules import Rule
from promptctl.output.columns import wrapped_columns
from promptctl.output.json_text import json_line


def rules_text(
    rules: Iterable[Rule], severities: Mapping[str, Severity], width: int | None = None
) -> str:
    """One line per rule: its id, the severity in force, and what it asks for; wrapped to `width`.

    A rule that can neither be set nor ignored is marked as always on.
    """
    rows = [
        (
            rule.id,
            _in_force(rule, severities).value,
            "always on" if rule.fixed else "",
            rule.summary,
        )
        for rule in rules
    ]
    return "".join(f"{line}\n" for line in wrapped_columns(rows, width))


def rules_json(rules: Iterable[Rule], severities: Mapping[str, Severity]) -> str:
    """The same for programs, `promptctl.rules/1`."""
    listed: list[Json] = [
        {
            "id": rule.id,
            "severity": _in_force(rule, severities).value,
            "default_severity": rule.severity.value,
            "adjustable": not rule.fixed,
            "summary": rule.summary,
        }
        for rule in rules
    ]
    return json_line({"schema": "promptctl.rules/1", "rules": listed})


def _in_force(rule: Rule, severities: Mapping[str, Severity]) -> Severity:
    return rule.severity if rule.fixed else severities.get(rule.id, rule.severity)
