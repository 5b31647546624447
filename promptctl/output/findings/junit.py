"""Findings as JUnit XML: a file is a test case, which fails if the file has errors."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from promptctl.core.finding import Finding
from promptctl.output.terminal import visible

_SUITE = "promptctl validate"


def junit_xml(findings: Sequence[Finding], files: Sequence[str] = ()) -> str:
    """One suite with a case for each of `files` that was checked, and for each that has findings."""
    by_path = sorted(findings, key=lambda finding: finding.location)
    found = {path: list(group) for path, group in groupby(by_path, lambda f: f.location.path)}
    paths = sorted({*files, *found})
    cases = [_case(path, found.get(path, ())) for path in paths]
    failed = sum(any(finding.is_error for finding in group) for group in found.values())
    counts = {"name": _SUITE, "tests": str(len(cases)), "failures": str(failed), "errors": "0"}
    suite = _element("testsuite", counts, *cases)
    body = _element("testsuites", counts, suite)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{body}\n'


_CLASS = {"classname": "promptctl.validate"}


def _case(path: str, findings: Sequence[Finding]) -> str:
    """A case has at most one failure, whose text names all; the rest goes to its output."""
    errors = [finding for finding in findings if finding.is_error]
    others = [finding for finding in findings if not finding.is_error]
    inside: list[str] = []
    if errors:
        first = errors[0]
        message = first.message if len(errors) == 1 else f"{first.message} (and more)"
        said = {"type": first.rule, "message": message}
        inside.append(_element("failure", said, _escape(_lines(errors))))
    if others:
        inside.append(_element("system-out", {}, _escape(_lines(others))))
    return _element("testcase", {"name": path, **_CLASS}, *inside)


def _lines(findings: Sequence[Finding]) -> str:
    return "\n".join(
        f"{f.location}: {f.severity.value} [{f.rule}] {f.message}"
        + (f" (hint: {f.hint})" if f.hint else "")
        for f in findings
    )


def _element(name: str, attributes: dict[str, str], *inside: str) -> str:
    listed = "".join(f' {key}="{_attribute(value)}"' for key, value in attributes.items())
    return f"<{name}{listed}>{''.join(inside)}</{name}>" if inside else f"<{name}{listed}/>"


def _escape(text: str) -> str:
    """The text as character data. What XML 1.0 cannot hold at all is shown as an escape."""
    plain = visible(text).replace("\ufffe", "\\ufffe").replace("\uffff", "\\uffff")
    return plain.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _attribute(text: str) -> str:
    quoted = _escape(text).replace('"', "&quot;")
    return quoted.replace("\n", "&#10;").replace("\t", "&#9;")
