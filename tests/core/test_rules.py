"""The table of rules."""

from __future__ import annotations

import re

from promptctl.core.change import CHANGE_RULES
from promptctl.core.finding import Location, Severity
from promptctl.core.rules import (
    DEFAULT_OFF,
    GROUPS,
    RULES,
    found,
    rules_off,
    severities_in_force,
)


def test_ids_are_stable_words_and_summaries_are_sentences() -> None:
    for name, rule in RULES.items():
        assert name == rule.id
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", name)
        assert re.fullmatch(r"[A-Z].*\.", rule.summary)
        assert rule.severity is not Severity.OFF


def test_a_finding_takes_its_rules_severity() -> None:
    place = Location("a.yaml", 1, 1)
    assert found("variable-unused", place, "x").severity is Severity.WARNING
    assert found("secret", place, "x").severity is Severity.ERROR


def test_what_everything_relies_on_cannot_be_switched_off() -> None:
    fixed = {name for name, rule in RULES.items() if rule.fixed}
    assert {"yaml-syntax", "schema-type", "template-syntax", "include-missing"} <= fixed
    assert not fixed & {"secret", "variable-undeclared", "variable-unused", "model-mismatch"}


def test_the_smallest_group_holds_what_is_wrong_and_the_largest_everything() -> None:
    minimal, standard, strict = (rules_off(severities_in_force(group)) for group in GROUPS)
    assert {RULES[rule].severity for rule in RULES if rule not in minimal} == {Severity.ERROR}
    assert {"variable-unused", "owner-missing"} <= minimal
    assert "variable-unused" not in standard
    assert standard == DEFAULT_OFF == {r.id for r in RULES.values() if r.group == "strict"}
    assert strict == frozenset()


def test_what_is_chosen_for_a_rule_counts_whatever_the_group() -> None:
    chosen = {"owner-missing": Severity.ERROR, "secret": Severity.OFF, "yaml-key": Severity.OFF}
    severities = severities_in_force("minimal", chosen)
    assert severities["owner-missing"] is Severity.ERROR
    assert severities["variable-unused"] is Severity.OFF
    off = rules_off(severities)
    assert "secret" in off
    assert not off & {"owner-missing", "yaml-key"}


def test_no_rule_of_findings_has_the_id_of_a_rule_of_changes() -> None:
    assert not set(RULES) & set(CHANGE_RULES)
