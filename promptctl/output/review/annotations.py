"""What a review finds, at its places in the files: GitHub's annotations, GitLab's code quality report."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator

from promptctl.core.finding import Finding, Location, Severity
from promptctl.core.json_data import Json, dump_json
from promptctl.core.review import Break, Review
from promptctl.output.findings.github import github_annotations
from promptctl.output.json_text import json_line
from promptctl.output.review.wording import EDITS_HEADING, accepted_words, against_words, edit_words
from promptctl.output.terminal import visible_line

_WORST_FIRST = {severity: place for place, severity in enumerate(Severity)}
_GITLAB = {Severity.ERROR: "major", Severity.WARNING: "minor"}


def guarded(text: str) -> str:
    """Text of a result between lines that keep GitHub from obeying anything in it."""
    token = os.urandom(16).hex()
    return f"::stop-commands::{token}\n{text}::{token}::\n"


def review_annotations(review: Review, settings_file: str, prefix: str = "") -> str:
    """Workflow commands of GitHub, the worst first: it shows ten of a kind."""
    marks = sorted(_marks(review, settings_file), key=lambda mark: _WORST_FIRST[mark.severity])
    return github_annotations(marks, prefix)


def code_quality_json(review: Review, settings_file: str, prefix: str = "") -> str:
    """The report that a merge request of GitLab shows; `[]` if there is nothing to say."""
    return json_line([_issue(mark, prefix) for mark in _marks(review, settings_file)])


def _marks(review: Review, settings_file: str) -> Iterator[Finding]:
    """The findings, and as such the breaks and the edits of rules."""
    yield from review.findings
    yield from map(_break, review.breaks)
    for edit in review.edits:
        name, old, new = edit_words(edit)
        message = f"{EDITS_HEADING}: {name}: {old} → {new}"
        yield Finding("rules-edited", Severity.WARNING, Location(settings_file), message)


def _break(one: Break) -> Finding:
    is_open = one.accepted is None and one.is_live
    severity = Severity.ERROR if is_open else Severity.WARNING
    message = f"breaks {against_words(one)}: {one.change.message}; {accepted_words(one)}"
    hint = f"accepted_breaks of promptctl.yaml takes {one.fingerprint}" if is_open else None
    return Finding(one.change.rule, severity, one.location, message, hint)


def _issue(mark: Finding, prefix: str) -> Json:
    place = mark.location
    facts: Json = [mark.rule, place.path, mark.message]
    digest = hashlib.sha256(dump_json(facts).encode("utf-8", "surrogatepass"))
    return {
        "description": visible_line(mark.message),
        "check_name": mark.rule,
        "fingerprint": digest.hexdigest(),
        "severity": _GITLAB.get(mark.severity, "info"),
        "location": {"path": prefix + place.path, "lines": {"begin": place.line or 1}},
    }
