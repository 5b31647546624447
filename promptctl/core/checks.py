"""Every check of one prompt file, in one pass: what the schema says, and every rule beyond it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from promptctl.core.catalog import PARAMETERS
from promptctl.core.check_content import check_content
from promptctl.core.check_fallbacks import check_repeated, fallback_subjects
from promptctl.core.check_interface import check_interface
from promptctl.core.check_provider import check_provider
from promptctl.core.check_roles import check_roles
from promptctl.core.check_subject import Subject
from promptctl.core.check_templates import check_templates, secret_findings
from promptctl.core.check_upkeep import check_upkeep
from promptctl.core.closure import ReadFile
from promptctl.core.document import Document, ParsedDocument, parse_document
from promptctl.core.finding import Finding, Location, Severity, sort_findings
from promptctl.core.nearest import did_you_mean
from promptctl.core.prompt import Path
from promptctl.core.prompt_mistakes import explain_problems
from promptctl.core.rules import DEFAULT_OFF, RULES, found
from promptctl.core.schema import TOO_MANY, prompt_problems
from promptctl.core.schema_words import SchemaProblem, shown

_SCHEMA_RULES = {
    "additionalProperties": "schema-unknown-key",
    "unevaluatedProperties": "schema-unknown-key",
    "propertyNames": "schema-unknown-key",
    "required": "schema-required",
    "dependentRequired": "schema-required",
    "type": "schema-type",
    TOO_MANY.keyword: "yaml-limits",
}


def check_source(
    content: bytes,
    path: str,
    read: ReadFile,
    schema_text: str,
    *,
    folder: str,
    off: frozenset[str] = DEFAULT_OFF,
) -> list[Finding]:
    """All findings about the bytes of a prompt file, rules switched off in comments left out.

    `path` names the file and `folder` the prompts folder, for the places of the findings. Rules that
    are `off` need not be checked; some are all the same.
    """
    return check_parsed(parse_document(content, path), read, schema_text, folder=folder, off=off)


def check_parsed(
    parsed: ParsedDocument,
    read: ReadFile,
    schema_text: str,
    *,
    folder: str,
    off: frozenset[str] = DEFAULT_OFF,
) -> list[Finding]:
    """As `check_source`, for a file whose YAML has been read."""
    if parsed.document is None:
        return parsed.findings
    findings = parsed.findings
    refused = parsed.document.refused if findings else frozenset()
    findings += check_prompt(
        parsed.document, read, schema_text, folder=folder, off=off, refused=refused
    )
    findings += _check_ignores(parsed.document)
    if not findings:
        return findings
    return sort_findings(_not_ignored(findings, parsed.document))


def check_prompt(
    document: Document,
    read: ReadFile,
    schema_text: str,
    *,
    folder: str,
    off: frozenset[str] = DEFAULT_OFF,
    refused: frozenset[Path] = frozenset(),
) -> list[Finding]:
    """What is wrong with a prompt file beyond its YAML; `refused` are the values that YAML's rules refuse."""
    findings = list(secret_findings(document.source))
    problems = prompt_problems(schema_text, document.data)
    data, broken = document.data, refused
    if problems and isinstance(data, Mapping):
        problems, meant = explain_problems(problems, data)
        broken = broken | meant | _broken(problems)
    findings += _schema_findings(document, problems)
    if not isinstance(data, Mapping):
        return findings
    subject = Subject(document, data, broken, off)
    findings += check_provider(subject)
    if "fallbacks" in data:
        findings += _check_fallbacks(subject, schema_text, tuple(findings))
    findings += check_roles(subject)
    findings += check_interface(subject)
    findings += check_content(subject)
    findings += check_upkeep(subject)
    is_sound = not any(finding.is_error for finding in findings)
    findings += check_templates(subject, read, folder, is_sound=is_sound)
    return findings


def _check_fallbacks(
    subject: Subject, schema_text: str, before: Iterable[Finding]
) -> Iterator[Finding]:
    """What is wrong with the fallbacks that is not wrong with the prompt itself."""
    known = {(finding.rule, finding.message) for finding in before}
    yield from check_repeated(subject)
    for fallback, inherits in fallback_subjects(subject):
        for finding in _check_fallback(fallback, schema_text):
            if (finding.rule, finding.message) in known:
                continue
            if inherits and finding.rule.startswith(("parameter-", "schema-")):
                finding = replace(finding, hint="give the fallback `parameters` of its own")
            yield finding


def _check_fallback(subject: Subject, schema_text: str) -> Iterator[Finding]:
    problems, _ = explain_problems(prompt_problems(schema_text, subject.data), subject.data)
    for problem in problems:
        if problem.path[:1] == ("parameters",) and not _is_parameter(problem):
            rule = _SCHEMA_RULES.get(problem.keyword, "schema-value")
            path, hint = problem.path, problem.hint
            yield subject.found(rule, path, problem.message, hint, key=problem.at_key)
    yield from check_provider(subject)
    strict = ("tool-schema-strict", "response-schema-strict")
    yield from (finding for finding in check_interface(subject) if finding.rule in strict)
    yield from (finding for finding in check_roles(subject) if finding.rule == "role-order")


def check_settings(document: Document) -> Iterator[Finding]:
    """What is wrong with the rules that a promptctl.yaml names."""
    data = document.data if isinstance(document.data, Mapping) else {}
    rules = data.get("rules")
    for rule, severity in (rules if isinstance(rules, Mapping) else {}).items():
        path: Path = ("rules", rule)
        if rule not in RULES:
            message, hint = f"there is no rule {shown(rule)}", did_you_mean(rule, RULES)
            hint = hint or "promptctl validate --rules lists them"
            yield found("settings-invalid", document.location(path, key=True), message, hint)
        elif RULES[rule].fixed and severity != RULES[rule].severity.value:
            message = f"the rule `{rule}` cannot be changed: everything else relies on it"
            yield found("settings-invalid", document.location(path), message, "remove the line")


def apply_severities(
    findings: Iterable[Finding], severities: Mapping[str, Severity]
) -> list[Finding]:
    """The findings with the severities that a repository sets; those that it switches off are gone."""
    changed = []
    for finding in findings:
        severity = severities.get(finding.rule, finding.severity)
        if RULES[finding.rule].fixed or severity is finding.severity:
            changed.append(finding)
        elif severity is not Severity.OFF:
            place, message, hint = finding.location, finding.message, finding.hint
            changed.append(Finding(finding.rule, severity, place, message, hint))
    return changed


def _check_ignores(document: Document) -> Iterator[Finding]:
    """Comments that switch off what does not exist, or what cannot be switched off."""
    for rule, place in document.ignore_words():
        if rule in RULES and not RULES[rule].fixed:
            continue
        if not rule:
            message, hint = "this comment names no rule", "write `# promptctl: ignore[rule]`"
        elif rule in RULES:
            message = f"the rule `{rule}` cannot be ignored: everything else relies on it"
            hint = "remove it from the comment"
        else:
            message = f"there is no rule {shown(rule)}"
            hint = did_you_mean(rule, RULES) or "promptctl validate --rules lists them"
        yield found("ignore-invalid", place, message, hint)


def _not_ignored(findings: Iterable[Finding], document: Document) -> list[Finding]:
    ignored = document.ignored_rules
    return [
        finding
        for finding in findings
        if finding.location.path != document.path
        or RULES[finding.rule].fixed
        or finding.rule not in ignored.get(finding.location.line, ())
    ]


def _schema_findings(document: Document, problems: Iterable[SchemaProblem]) -> Iterator[Finding]:
    for problem in problems:
        if document.refuses(problem.path) or _is_parameter(problem):
            continue
        rule = _SCHEMA_RULES.get(problem.keyword, "schema-value")
        location = _place(document, problem)
        message = problem.message
        if not problem.path and problem.keyword == "type":
            message = "the file is empty" if document.data is None else f"the file {message}"
        yield found(rule, location, message, problem.hint)


def _place(document: Document, problem: SchemaProblem) -> Location:
    """Where a problem is shown; a missing key at the key, or the first line, of what should hold it."""
    if problem.missing and not problem.path:
        return Location(document.path, 1, 1, 1, 1)
    names_key = problem.at_key or (bool(problem.missing) and isinstance(problem.path[-1], str))
    return document.location(problem.path, key=names_key)


def _is_parameter(problem: SchemaProblem) -> bool:
    """Whether this is the schema's word on a parameter that one provider lacks.

    The schema says it for editors; `parameter-unsupported` says it better.
    """
    return (
        len(problem.path) == 2
        and problem.path[0] == "parameters"
        and problem.path[1] in PARAMETERS
        and problem.keyword in ("false", "not", "propertyNames", "additionalProperties")
    )


def _broken(problems: Iterable[SchemaProblem]) -> frozenset[Path]:
    """Values that other checks cannot rely on: those that the schema refuses as a whole."""
    whole = ("required", "minProperties", "maxProperties")
    return frozenset(
        problem.path
        for problem in problems
        if problem.path and problem.keyword not in whole and problem.keyword != "dependentRequired"
    )
