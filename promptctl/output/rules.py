"""The table of rules, as text and JSON."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from promptctl.core.finding import Severity
from promptctl.core.json_data import Json
from promptctl.core.rules import Rule
from promptctl.errors import UsageProblem
from promptctl.output.columns import wrapped_columns
from promptctl.output.json_text import json_line


def rules_report(
    rules: Iterable[Rule],
    severities: Mapping[str, Severity],
    output_format: str,
    width: int | None = None,
) -> str:
    """The table in one of its formats. Raises UsageProblem for one that it has not."""
    if output_format == "json":
        return rules_json(rules, severities)
    if output_format != "text":
        raise UsageProblem(f"--rules has no format {output_format}; it has text and json")
    return rules_text(rules, severities, width)


def rules_text(
    rules: Iterable[Rule], severities: Mapping[str, Severity], width: int | None = None
) -> str:
    """One line per rule: its id, the severity in force, its group, and what it asks for.

    A rule that can neither be set nor ignored is marked as always on. Wrapped to `width`.
    """
    rows = [
        (
            rule.id,
            _in_force(rule, severities).value,
            "always on" if rule.fixed else rule.group,
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
            "group": rule.group,
            "fixable": rule.fixable,
            "adjustable": not rule.fixed,
            "summary": rule.summary,
        }
        for rule in rules
    ]
    return json_line({"schema": "promptctl.rules/1", "rules": listed})


def _in_force(rule: Rule, severities: Mapping[str, Severity]) -> Severity:
    return rule.severity if rule.fixed else severities.get(rule.id, rule.severity)
