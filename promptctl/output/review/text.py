"""A review for people at a terminal, or in the log of a CI system."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from promptctl.core.review import Failure, Review
from promptctl.output.cells import wrap
from promptctl.output.changes.passage import revealed_line
from promptctl.output.changes.text import diff_text
from promptctl.output.findings import findings_summary
from promptctl.output.findings.text import ReadLines, findings_text
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
    only_at_labels,
    planned_words,
    renaming_lines,
    to_accept,
    to_declare,
    verdict,
)
from promptctl.output.terminal import Terminal


def review_text(
    review: Review, failures: Sequence[Failure], terminal: Terminal, read_lines: ReadLines
) -> str:
    """The parts of a review with blank lines between them, the verdict last."""
    parts = [
        _edits(review, terminal),
        _findings(review, terminal, read_lines),
        diff_text(review.diff, terminal, with_hint=False),
        _labels(review, terminal),
        _plan(review, terminal),
        _accept(review, terminal),
        _verdict(review, failures, terminal),
    ]
    return "\n".join(part for part in parts if part)


def _block(heading: str, lines: Sequence[str], terminal: Terminal) -> str:
    shown = [terminal.paint(heading, "bold")]
    for line in lines:
        shown += wrap(f"  {revealed_line(line)}", terminal.out_width, 4)
    return "\n".join(shown) + "\n" if lines else ""


def _edits(review: Review, terminal: Terminal) -> str:
    lines = [f"{name}: {old} → {new}" for name, old, new in map(edit_words, review.edits)]
    return _block(EDITS_HEADING, [*lines, EDITS_NOTE] if lines else [], terminal)


def _findings(review: Review, terminal: Terminal, read_lines: ReadLines) -> str:
    if not review.findings:
        return ""
    text = findings_text(
        review.findings, read_lines, terminal.paint, terminal.width, wrapped=terminal.out_is_tty
    )
    return f"{text}{findings_summary(review.findings, review.prompts_checked)}\n"


def _labels(review: Review, terminal: Terminal) -> str:
    lines = [
        f"{asked_by(c)}@{c.label} (v{c.version}): {check_word(c).replace('`', '')}"
        for c in review.labels
    ]
    lines += [
        f"breaks {against_words(one)} of {one.prompt}: {one.change.message}"
        f" [{one.fingerprint}], {accepted_words(one)}"
        for one in only_at_labels(review)
    ]
    return _block("For callers of each label", lines, terminal)


def _plan(review: Review, terminal: Terminal) -> str:
    lines = [planned_words(one).replace("`", "") for one in review.plan]
    return _block("Publishing this makes", lines, terminal)


def _accept(review: Review, terminal: Terminal) -> str:
    parts = []
    if renamings := to_declare(review):
        parts.append(_to_write(KEEP_NAMES, renaming_lines(renamings), terminal))
    if breaks := to_accept(review):
        parts.append(_to_write(ACCEPT, acceptance_lines(breaks), terminal))
    return "\n".join(parts)


def _to_write(why: str, lines: Iterator[str], terminal: Terminal) -> str:
    heading = terminal.paint(f"{why}, in promptctl.yaml", "bold")
    return f"{heading}\n" + "".join(f"  {line}\n" for line in lines)


def _verdict(review: Review, failures: Sequence[Failure], terminal: Terminal) -> str:
    style = "red" if failures else "green"
    return "".join(f"{line}\n" for line in _verdict_lines(review, failures, terminal, style))


def _verdict_lines(
    review: Review, failures: Sequence[Failure], terminal: Terminal, style: str
) -> Iterator[str]:
    nothing = "" if review.diff.prompts else ", no prompt differs"
    compared = f"HEAD compared with {review.base}{nothing}"
    yield f"{terminal.paint(verdict(failures), 'bold', style)}: {revealed_line(compared)}"
    for failure in failures:
        yield from wrap(
            f"  {failure.condition}: {revealed_line(failure.message)}", terminal.out_width, 4
        )
