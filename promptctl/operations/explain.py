"""explain: the page of a rule, of `validate` or of the comparison of two prompts."""

from __future__ import annotations

from collections.abc import Iterator

from promptctl.core.change import CHANGE_RULES
from promptctl.core.model_facts import FACTS_DATE
from promptctl.core.nearest import did_you_mean
from promptctl.core.rule_page import Explanation
from promptctl.core.rules import RULES
from promptctl.errors import NotFound
from promptctl.repo.rule_pages import read_rule_page

_ABOUT_MODELS = frozenset(
    {
        *("model-unknown", "model-retired", "model-retiring", "parameter-unsupported"),
        *("parameter-too-large", "feature-unsupported", "role-last", "prompt-too-long"),
    }
)


def explain(rule: str) -> Explanation:
    """All about one rule. Raises NotFound with the nearest one."""
    if rule in RULES:
        facts_date = FACTS_DATE if rule in _ABOUT_MODELS else None
        return Explanation(RULES[rule], read_rule_page(rule), facts_date)
    if rule in CHANGE_RULES:
        return Explanation(CHANGE_RULES[rule])
    hint = did_you_mean(rule, [*RULES, *CHANGE_RULES]) or "promptctl explain lists them"
    raise NotFound(f"there is no rule {rule}", hint)


def explain_all() -> Iterator[Explanation]:
    """All about every rule, those of `validate` first."""
    yield from map(explain, RULES)
    yield from explain_changes()


def explain_changes() -> Iterator[Explanation]:
    """All about every kind of change between two versions."""
    yield from map(explain, CHANGE_RULES)
