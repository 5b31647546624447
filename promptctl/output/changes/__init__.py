"""A diff as text, JSON, Markdown, HTML, one line per prompt, and names.

For other reports: `prompt_summary_markdown` and `prompt_summary` are one line on a prompt, `diff_summary` the
line on all of them; `markdown_text` has what makes text of others safe in Markdown.
"""

from __future__ import annotations

from promptctl.output.changes.html_page import diff_html
from promptctl.output.changes.json_report import diff_json
from promptctl.output.changes.markdown import (
    MAX_COMMENT,
    diff_markdown,
    prompt_summary_markdown,
)
from promptctl.output.changes.stat import diff_names, diff_stat
from promptctl.output.changes.text import diff_text
from promptctl.output.changes.wording import diff_summary, prompt_summary

__all__ = [
    "MAX_COMMENT",
    "diff_html",
    "diff_json",
    "diff_markdown",
    "diff_names",
    "diff_stat",
    "diff_summary",
    "diff_text",
    "prompt_summary",
    "prompt_summary_markdown",
]
