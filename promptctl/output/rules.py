"""The table of rules, as text and JSON."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from promptctl.core.finding import Severity
from promptctl.core.json_data import Json
from promptctl.core.rules import Rule
from promptctl.output.json_text import json_line


def rules_text(rules: Iterable[Rule], severities: Mapping[str, Severity]) -> str:
    """One line per rule: its id, the severity in force, and what it asks for."""
    rows = [(rule.id, _in_force(rule, severities).value, rule.summary) for rule in rules]
    width = max(len(name) for name, _, _ in rows)
    return "".join(f"{name:{width}}  {severity:7}  {text}\n" for name, severity, text in rows)


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
