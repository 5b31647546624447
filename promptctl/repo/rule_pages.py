"""The pages about rules that ship with promptctl."""

from __future__ import annotations

from pathlib import Path

from promptctl.core.rule_page import RulePage, parse_page

_FOLDER = Path(__file__).resolve().parent.parent / "rule_pages"


def read_rule_page(rule: str) -> RulePage:
    """The page of a rule that exists."""
    return parse_page(read_page_text(rule))


def read_page_text(rule: str) -> str:
    """The Markdown of that page, exactly as shipped."""
    return (_FOLDER / f"{rule}.md").read_text(encoding="utf-8")
