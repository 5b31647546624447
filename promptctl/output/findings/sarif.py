"""Findings as a SARIF 2.1.0 log, for code scanning services.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from promptctl.core.finding import Finding, Location, Severity
from promptctl.core.json_data import Json
from promptctl.core.rules import RULES, Rule
from promptctl.output.json_text import json_line
from promptctl.output.terminal import visible

_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
_UNRESERVED = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/")


def sarif_log(findings: Sequence[Finding], prefix: str, version: str) -> str:
    """One run with every rule that promptctl has and one result for each finding."""
    rules = list(RULES.values())
    index = {rule.id: number for number, rule in enumerate(rules)}
    driver = {"name": "promptctl", "version": version, "rules": [_rule(rule) for rule in rules]}
    run: Json = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(finding, prefix, index) for finding in findings],
    }
    return json_line(
        {
            "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
            "version": "2.1.0",
            "runs": [run],
        }
    )


def _rule(rule: Rule) -> Json:
    level = _LEVELS.get(rule.severity, "none")
    return {
        "id": rule.id,
        "shortDescription": {"text": rule.summary},
        "defaultConfiguration": {"level": level, "enabled": rule.group != "strict"},
    }


def _result(finding: Finding, prefix: str, index: Mapping[str, int]) -> Json:
    hint = f" Hint: {_sentence(finding.hint)}" if finding.hint else ""
    place: dict[str, Json] = {"artifactLocation": _artifact(prefix + finding.location.path)}
    if finding.location.line:
        place["region"] = _region(finding.location)
    result: dict[str, Json] = {
        "ruleId": finding.rule,
        "level": _LEVELS.get(finding.severity, "none"),
        "message": {"text": visible(f"{_sentence(finding.message)}{hint}")},
        "locations": [{"physicalLocation": place}],
    }
    if finding.rule in index:
        result["ruleIndex"] = index[finding.rule]
    return result


def _sentence(text: str) -> str:
    return text if text.endswith((".", "?", "!", "…")) else f"{text}."


def _region(place: Location) -> Json:
    """SARIF's end column, as ours, is the one behind the last character."""
    return {
        "startLine": place.line,
        "startColumn": place.column,
        "endLine": max(place.line, place.end_line),
        "endColumn": place.end_column or place.column,
    }


def _artifact(path: str) -> Json:
    """A path relative to the top of the repository, as a relative URI reference (RFC 3986)."""
    encoded = path.encode("utf-8", "surrogatepass")
    uri = "".join(chr(byte) if byte in _UNRESERVED else f"%{byte:02X}" for byte in encoded)
    return {"uri": uri, "uriBaseId": "%SRCROOT%"}
