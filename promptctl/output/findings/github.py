"""Findings as workflow commands, which GitHub Actions turns into annotations on the changed lines.

https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
"""

from __future__ import annotations

from collections.abc import Sequence

from promptctl.core.finding import Finding, Severity
from promptctl.output.terminal import visible_line

_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}


def github_annotations(findings: Sequence[Finding], prefix: str = "") -> str:
    """One command on one line for each finding; no text from a prompt can begin another."""
    return "".join(_annotation(finding, prefix) for finding in findings)


def _annotation(finding: Finding, prefix: str) -> str:
    place = finding.location
    properties = {"file": prefix + place.path, **_region(finding), "title": finding.rule}
    listed = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    hint = f" (hint: {finding.hint})" if finding.hint else ""
    command = _COMMANDS.get(finding.severity, "notice")
    return f"::{command} {listed}::{_data(finding.message + hint)}\n"


def _region(finding: Finding) -> dict[str, str]:
    """Columns count only within one line, the last one included.

    GitHub shows an annotation below its last line, which for a long value is far from the place that
    matters; so what spans lines is named by its first.
    """
    place = finding.location
    if not place.line:
        return {}
    line = {"line": str(place.line), "endLine": str(place.line)}
    if place.end_line > place.line:
        return line
    last = max(place.column, place.end_column - 1)
    return {**line, "col": str(place.column), "endColumn": str(last)}


def _data(text: str) -> str:
    escaped = visible_line(text).replace("%", "%25")
    return escaped.replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
