"""Settings files: YAML held against a schema that ships with promptctl."""

from __future__ import annotations

from collections.abc import Callable

from promptctl.core.document import Document, ParsedDocument, parse_document
from promptctl.core.finding import Location
from promptctl.core.json_data import Json
from promptctl.core.rules import found
from promptctl.core.schema import prompt_problems
from promptctl.errors import SettingsInvalid


def _never(data: Json) -> bool:
    return False


def parse_settings_yaml(content: bytes, path: str) -> ParsedDocument:
    """As `parse_document`, but nobody else reads these files, so that `off` is the text it shows."""
    parsed = parse_document(content, path)
    findings = [finding for finding in parsed.findings if finding.rule != "yaml-ambiguous"]
    return ParsedDocument(parsed.document, findings)


def check_settings_document(content: bytes, path: str, schema_text: str) -> ParsedDocument:
    """The document in a settings file, valid or not, with everything that YAML and schema find wrong."""
    if not content.strip():
        return ParsedDocument(None, [])
    parsed = parse_settings_yaml(content, path)
    document = parsed.document
    if document is None or document.data is None:
        return parsed
    findings = []
    for problem in prompt_problems(schema_text, document.data):
        if not document.refuses(problem.path):
            place = document.location(problem.path, key=problem.at_key)
            message = problem.message if problem.path else f"the file {problem.message}"
            findings.append(found("settings-invalid", place, message, problem.hint))
    return ParsedDocument(document, [*parsed.findings, *findings])


def parse_settings_document(
    content: bytes, path: str, schema_text: str, *, is_plain: Callable[[Json], bool] = _never
) -> Document | None:
    """The valid document in a settings file; None if the file is empty.

    `is_plain` may say yes to data that the schema certainly accepts: loading a validator takes longer
    than all the rest of a small command. Raises SettingsInvalid at the first problem, with its place
    and how many more there are.
    """
    if not content.strip():
        return None
    parsed = parse_settings_yaml(content, path)
    errors = [finding for finding in parsed.findings if finding.is_error]
    if errors or parsed.document is None:
        raise _invalid([(f.location, f.message, f.hint) for f in errors])
    document = parsed.document
    if document.data is None:
        return None
    if is_plain(document.data):
        return document
    problems = prompt_problems(schema_text, document.data)
    if problems:
        raise _invalid(
            [(document.location(p.path, key=p.at_key), p.message, p.hint) for p in problems]
        )
    return document


def _invalid(problems: list[tuple[Location, str, str | None]]) -> SettingsInvalid:
    location, message, hint = min(problems, key=lambda problem: problem[0])
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    return SettingsInvalid(f"{location}: {message}{more}", hint)
