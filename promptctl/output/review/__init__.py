"""A review as text, JSON, Markdown for a pull request, annotations, and GitLab's code quality report."""

from __future__ import annotations

from promptctl.output.review.annotations import code_quality_json, guarded, review_annotations
from promptctl.output.review.json_report import review_json
from promptctl.output.review.markdown import MARKER, review_markdown
from promptctl.output.review.step_summary import append_summary
from promptctl.output.review.text import review_text

__all__ = [
    "MARKER",
    "append_summary",
    "code_quality_json",
    "guarded",
    "review_annotations",
    "review_json",
    "review_markdown",
    "review_text",
]
