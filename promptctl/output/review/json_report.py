"""A review for programs; schemas/ci-output.schema.json describes the form."""

from __future__ import annotations

from collections.abc import Sequence

from promptctl.core.finding import Severity
from promptctl.core.json_data import Json, parse_json
from promptctl.core.review import Break, Failure, LabelCheck, Review
from promptctl.output.changes.json_report import diff_json
from promptctl.output.findings.json_report import finding_object
from promptctl.output.json_text import json_line


def review_json(review: Review, failures: Sequence[Failure]) -> str:
    """The whole value as one JSON object on one line."""
    return json_line(
        {
            "schema": "promptctl.ci/1",
            "passed": not failures,
            "failures": [{"condition": one.condition, "message": one.message} for one in failures],
            "base": review.base,
            "base_commit": review.base_commit,
            "rules_commit": review.rules_commit,
            "head_commit": review.head_commit,
            "rule_edits": [
                {"setting": edit.setting, "old": edit.old, "new": edit.new} for edit in review.edits
            ],
            "prompts_checked": review.prompts_checked,
            "errors": review.number_of(Severity.ERROR),
            "warnings": review.number_of(Severity.WARNING),
            "findings": [finding_object(finding) for finding in review.findings],
            "breaks": [_break(one) for one in review.breaks],
            "labels": [_label(check) for check in review.labels],
            "plan": [
                {"prompt": one.prompt, "version": one.version, "note": one.note}
                for one in review.plan
            ],
            "notes": list(review.notes),
            "diff": parse_json(diff_json(review.diff)),
        }
    )


def _break(one: Break) -> Json:
    accepted = one.accepted
    place = one.location
    return {
        "prompt": one.prompt,
        "rule": one.change.rule,
        "message": one.change.message,
        "fingerprint": one.fingerprint,
        "against": list(one.against),
        "published": one.is_live,
        "path": place.path,
        "line": place.line or None,
        "accepted": None
        if accepted is None
        else {"reason": accepted.reason, "proposed": accepted.is_proposed},
    }


def _label(check: LabelCheck) -> Json:
    diff = check.diff
    is_known = diff is not None and diff.problem is None
    return {
        "prompt": check.prompt,
        "label": check.label,
        "version": check.version,
        "effect": diff.effect.value if diff is not None and is_known else None,
        "problem": diff.problem if diff is not None else None,
    }
