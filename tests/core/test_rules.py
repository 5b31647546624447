"""The table of rules."""

from __future__ import annotations

import re

from promptctl.core.finding import Location, Severity
from promptctl.core.rules import RULES, found


def test_ids_are_stable_words_and_summaries_are_sentences() -> None:
    for name, rule in RULES.items():
        assert name == rule.id
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", name)
        assert re.fullmatch(r"[A-Z].*\.", rule.summary)
        assert rule.severity in (Severity.ERROR, Severity.WARNING)


def test_a_finding_takes_its_rules_severity() -> None:
    place = Location("a.yaml", 1, 1)
    assert found("variable-unused", place, "x").severity is Severity.WARNING
    assert found("secret", place, "x").severity is Severity.ERROR


def test_what_everything_relies_on_cannot_be_switched_off() -> None:
    fixed = {name for name, rule in RULES.items() if rule.fixed}
    assert {"yaml-syntax", "schema-type", "template-syntax", "include-missing"} <= fixed
    assert not fixed & {"secret", "variable-undeclared", "variable-unused", "model-mismatch"}
