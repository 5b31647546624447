"""A review as the comment of a pull request: the verdict, what it stands on, and the diff.

The first line is a hidden marker, by which a later run finds the comment and takes its place.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from urllib.parse import quote

from promptctl.core.finding import Finding, Severity
from promptctl.core.review import Failure, Review
from promptctl.output.changes.markdown import MAX_COMMENT, diff_markdown
from promptctl.output.changes.markdown_text import cell, code_span, safe_sentence
from promptctl.output.changes.wording import shortened
from promptctl.output.findings import findings_summary
from promptctl.output.review.wording import (
    ACCEPT,
    EDITS_HEADING,
    EDITS_NOTE,
    KEEP_NAMES,
    acceptance_lines,
    accepted_words,
    against_words,
    asked_by,
    check_word,
    edit_words,
    is_worth_a_row,
    only_at_labels,
    planned_words,
    renaming_lines,
    to_accept,
    to_declare,
    verdict,
)

MARKER = "<!-- promptctl ci"
"""What the marker begins with; a folder follows where the prompts are not at the top."""
NOTHING = "<!-- nothing to review -->"
"""The second line of a report that is worth no comment of its own."""
_SECTION = 6_000
"""Characters of each section but the diff, which takes what is left."""
_LONGEST = 300
_WORDS = {Severity.ERROR: "**error**", Severity.WARNING: "warning", Severity.INFO: "note"}


def review_markdown(
    review: Review, failures: Sequence[Failure], *, prefix: str = "", limit: int = MAX_COMMENT
) -> str:
    """The whole comment in at most `limit` characters.

    `prefix` is the way from the top of the git repository to the prompts, empty or `folder/`.
    """
    parts = [*_head(review, failures, prefix), *_edits(review), *_findings(review, prefix)]
    parts += [*_breaks(review), *_labels(review), *_plan(review), *_accept(review)]
    text = "\n".join([*parts, *_notes(review), ""])
    if not review.diff.prompts:
        return f"{text}\nNo prompt differs.\n"
    return f"{text}\n### Changes\n\n{diff_markdown(review.diff, limit - len(text) - 20)}"


def _head(review: Review, failures: Sequence[Failure], prefix: str) -> Iterator[str]:
    folder = quote(prefix.rstrip("/"), safe="/").replace("-", "%2D")
    yield f"{MARKER}{f': {folder}' if folder else ''} -->"
    where = f" in {code_span(prefix.rstrip('/'))}" if prefix else ""
    if not (review.diff.prompts or review.findings or review.edits or failures):
        yield NOTHING
    yield f"## Prompts{where}: {verdict(failures)}"
    yield ""
    for failure in failures:
        yield f"- **{failure.condition}**: {_said(failure.message)}"
    if failures:
        yield ""


def _fitting(lines: Sequence[str]) -> Iterator[str]:
    """As many of the lines as a section has room for."""
    room = _SECTION
    for line in lines:
        room -= len(line) + 1
        if room < 0:
            return
        yield line


def _table(heading: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    if not rows:
        return
    yield from (f"### {heading}", "")
    yield f"| {' | '.join(head)} |"
    yield f"| {' | '.join('---' for _ in head)} |"
    shown = list(_fitting([f"| {' | '.join(map(cell, row))} |" for row in rows]))
    yield from (*shown, "")
    yield from _left_out(len(rows) - len(shown))


def _left_out(number: int) -> Iterator[str]:
    if number:
        yield from (f"… and {number:,} more", "")


def _code(text: str) -> str:
    return code_span(shortened(text, _LONGEST))


def _said(text: str) -> str:
    return safe_sentence(shortened(text, _LONGEST))


def _edits(review: Review) -> Iterator[str]:
    rows = [[_code(part) for part in edit_words(edit)] for edit in review.edits]
    yield from _table(EDITS_HEADING, ("setting", "base", "here"), rows)
    if rows:
        yield from (EDITS_NOTE, "")


def _findings(review: Review, prefix: str) -> Iterator[str]:
    rows = [_finding(finding, prefix) for finding in review.findings]
    summary = findings_summary(review.findings, review.prompts_checked)
    yield from _table(f"Findings: {summary}", ("", "where", "what"), rows)


def _finding(finding: Finding, prefix: str) -> tuple[str, str, str]:
    place = finding.location
    line = f":{place.line}" if place.line else ""
    hint = f"; hint: {_said(finding.hint)}" if finding.hint else ""
    message = f"{_said(finding.message)} ({code_span(finding.rule)}){hint}"
    return _WORDS.get(finding.severity, "note"), _code(f"{prefix}{place.path}{line}"), message


def _breaks(review: Review) -> Iterator[str]:
    """Those that the diff against the base does not show."""
    rows = [
        (
            _code(one.prompt),
            _said(against_words(one)),
            f"{_said(one.change.message)} ({code_span(one.fingerprint)}), {accepted_words(one)}",
        )
        for one in only_at_labels(review)
    ]
    yield from _table("Callers of a label would also have to change", ("prompt", "label", ""), rows)


def _labels(review: Review) -> Iterator[str]:
    rows = [
        (
            _code(asked_by(check)),
            _said(f"{check.label} (v{check.version})"),
            _said(check_word(check)),
        )
        for check in review.labels
        if is_worth_a_row(check.diff)
    ]
    yield from _table("For callers of each label", ("prompt", "holds", "this means"), rows)


def _plan(review: Review) -> Iterator[str]:
    if not review.plan:
        return
    shown = list(_fitting([f"- {_said(planned_words(one))}" for one in review.plan]))
    yield from ("### Publishing this makes", "", *shown, "")
    yield from _left_out(len(review.plan) - len(shown))


def _accept(review: Review) -> Iterator[str]:
    if renamings := to_declare(review):
        yield from (f"### {KEEP_NAMES}", "")
        yield from ("Say in `promptctl.yaml` that they were renamed:", "")
        yield from _yaml(renaming_lines(renamings))
    if breaks := to_accept(review):
        yield from ("<details>", f"<summary>{ACCEPT}</summary>", "")
        yield from ("Say so in `promptctl.yaml`, with a reason:", "")
        yield from (*_yaml(acceptance_lines(breaks)), "</details>", "")


def _yaml(lines: Iterator[str]) -> Iterator[str]:
    yield from ("```yaml", *_fitting(list(lines)), "```", "")


def _notes(review: Review) -> Iterator[str]:
    yield f"HEAD is compared with {_said(review.base)}."
    for note in _fitting([_said(note) for note in review.notes]):
        yield from ("", f"> {note}")
