"""The pages of the rules: one for each, and their examples are run."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from promptctl.core.finding import Finding, Severity
from promptctl.core.rule_page import EXAMPLE_PATH, ExampleFile
from promptctl.core.rules import RULES
from promptctl.operations.repository import open_repository
from promptctl.operations.validate import validate
from promptctl.repo.rule_pages import read_rule_page
from tests.conftest import CHECKOUT

PAGES = sorted((CHECKOUT / "promptctl/rule_pages").iterdir())
SKETCHES = {
    # What is wrong cannot lie in a page: links, bytes that are no text, sizes, names that clash,
    # secrets, and texts too long to be read.
    *("file-unreadable", "yaml-encoding", "yaml-limits", "template-limit", "name-clash", "secret"),
    *("prompt-too-long", "cache-prefix"),
}


def findings(rule: str, files: Sequence[ExampleFile], root: Path) -> list[Finding]:
    """What validate finds in an example where all rules of the standard group, and this one, are on."""
    severity = "error" if RULES[rule].severity is Severity.ERROR else "warning"
    settings = "version: 1\n" + (
        f"rules: {{{rule}: {severity}}}\n" if not RULES[rule].fixed else ""
    )
    (root / "promptctl.yaml").write_text(settings)
    (root / "prompts").mkdir()
    for file in files:
        if file.path is not None:
            target = root / file.path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(file.text)
    repository = open_repository(root, {}, bare_name="worktree", lenient=True)
    return list(validate(repository, jobs=1).findings)


def test_every_rule_has_a_page_and_every_page_a_rule() -> None:
    assert {page.stem for page in PAGES} == set(RULES)


@pytest.mark.parametrize("rule", RULES)
def test_what_a_page_calls_wrong_breaks_this_rule_and_no_other(rule: str, tmp_path: Path) -> None:
    wrong = read_rule_page(rule).wrong
    assert wrong
    if all(file.path is None for file in wrong):
        assert rule in SKETCHES
        return
    assert rule not in SKETCHES
    assert {finding.rule for finding in findings(rule, wrong, tmp_path)} == {rule}


@pytest.mark.parametrize("rule", RULES)
def test_what_a_page_calls_right_breaks_none(rule: str, tmp_path: Path) -> None:
    right = read_rule_page(rule).right
    assert right
    assert findings(rule, right, tmp_path) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.stem))
def test_a_page_is_plain_and_complete(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert text.count("\n## Wrong\n") == text.count("\n## Right\n") == 1
    assert all(len(line) <= 120 for line in text.split("\n"))
    blocks = len(re.findall(r"^```\w", text, re.MULTILINE))
    parsed = read_rule_page(page.stem)
    assert len(parsed.wrong) + len(parsed.right) == blocks
    assert re.search(r"[.]$", parsed.why)


def test_an_example_without_a_name_is_a_prompt() -> None:
    assert read_rule_page("variable-unused").wrong[0].path == EXAMPLE_PATH
