"""Findings for programs; schemas/validate-output.schema.json describes the form."""

from __future__ import annotations

from collections.abc import Sequence

from promptctl.core.finding import Finding, Severity
from promptctl.core.json_data import Json
from promptctl.output.json_text import json_line

SCHEMA = "promptctl.validate/1"


def findings_json(findings: Sequence[Finding], prompts: int) -> str:
    """One JSON object on one line."""
    return json_line(
        {
            "schema": SCHEMA,
            "prompts_checked": prompts,
            "errors": _number(findings, Severity.ERROR),
            "warnings": _number(findings, Severity.WARNING),
            "findings": [finding_object(finding) for finding in findings],
        }
    )


def _number(findings: Sequence[Finding], severity: Severity) -> int:
    return sum(finding.severity is severity for finding in findings)


def finding_object(finding: Finding) -> Json:
    """A finding as every JSON output says it."""
    place = finding.location
    whole = not place.line
    return {
        "rule": finding.rule,
        "severity": finding.severity.value,
        "path": _unicode(place.path),
        "line": None if whole else place.line,
        "column": None if whole else place.column,
        "end_line": None if whole else place.end_line or place.line,
        "end_column": None if whole else place.end_column or place.column,
        "message": _unicode(finding.message),
        "hint": None if finding.hint is None else _unicode(finding.hint),
    }


def _unicode(text: str) -> str:
    """Names of files may hold bytes that are no characters; JSON cannot."""
    return text.encode("utf-8", "replace").decode("utf-8")
