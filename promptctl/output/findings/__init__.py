"""Findings as text: for people, for programs, and for the forms that CI systems read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Literal, TypeAlias

from promptctl.core.finding import Finding, Severity
from promptctl.output.findings.github import github_annotations
from promptctl.output.findings.json_report import findings_json
from promptctl.output.findings.junit import junit_xml
from promptctl.output.findings.sarif import sarif_log
from promptctl.output.findings.text import Paint, ReadLines, findings_text, no_lines, unpainted

FindingsFormat: TypeAlias = Literal["text", "json", "github", "sarif", "junit"]


def render_findings(
    findings: Sequence[Finding],
    output_format: FindingsFormat = "text",
    *,
    prompts: int = 0,
    files: Sequence[str] = (),
    prefix: str = "",
    version: str = "0",
    read_lines: ReadLines = no_lines,
    paint: Paint = unpainted,
    width: int = 80,
    wrapped: bool = False,
) -> str:
    """All findings in one format, ending with a newline unless there is nothing to say.

    `prompts` is how many were looked at, `files` are their paths. `prefix` leads from the top of the
    git repository to the folder that paths are relative to (`""` or `folder/`): annotations and SARIF
    name files from the top. `version` is promptctl's own. `read_lines`, `paint` and `width` serve the
    text for people; `wrapped` breaks its long lines between words, for a terminal.
    """
    machine: Mapping[str, Callable[[], str]] = {
        "json": lambda: findings_json(findings, prompts),
        "github": lambda: github_annotations(findings, prefix),
        "sarif": lambda: sarif_log(findings, prefix, version),
        "junit": lambda: junit_xml(findings, files),
    }
    if output_format in machine:
        return machine[output_format]()
    return findings_text(findings, read_lines, paint, width, wrapped=wrapped)


def findings_summary(findings: Sequence[Finding], prompts: int, *, since: str | None = None) -> str:
    """One line for standard error: `3 errors, 1 warning in 2 files` or `12 prompts, no problems`.

    `since` names what the prompts were compared with, if only changed ones were looked at.
    """
    if not findings and since is not None:
        said = f"{_count(prompts, 'prompt')} changed since {since}"
        return f"{said}, no problems" if prompts else said
    if not findings:
        return f"{_count(prompts, 'prompt')}, no problems"
    kinds = (
        (Severity.ERROR, "error", "errors"),
        (Severity.WARNING, "warning", "warnings"),
        (Severity.INFO, "note", "notes"),
    )
    counts = [
        (sum(finding.severity is severity for finding in findings), one, many)
        for severity, one, many in kinds
    ]
    said = ", ".join(_count(count, one, many) for count, one, many in counts if count)
    files = len({finding.location.path for finding in findings})
    return f"{said} in {_count(files, 'file')}"


def _count(number: int, one: str, many: str | None = None) -> str:
    return f"{number:,} {one if number == 1 else many or one + 's'}"
