"""core.accepted: which breaking changes a repository accepts knowingly."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest

from promptctl.core.accepted import (
    Accepted,
    AcceptedBreak,
    accepted_changes,
    fingerprint,
    unaccepted_breaks,
)
from promptctl.core.change import Change, changed
from promptctl.core.interface import compare_interfaces
from promptctl.core.json_data import Json
from promptctl.core.prompt import Prompt, Variable

REMOVED = changed("variable-removed", ("variables", "tone"), "it was removed", {"type": "string"})
DEFAULT = changed("variable-default-changed", ("variables", "a", "default"), "changed", 1, 2)
DIGEST = "ad898825eaec6571"


def test_a_fingerprint_is_the_same_for_ever() -> None:
    """Settings in repositories hold it: a change here would void what they accept."""
    assert fingerprint("greeting", REMOVED) == DIGEST
    text = '["greeting","variable-removed",["variables","tone"],{"type":"string"},null]'
    assert hashlib.sha256(text.encode()).hexdigest()[:16] == DIGEST


def test_it_tells_prompts_places_and_values_apart_but_not_words_or_key_order() -> None:
    others = [
        fingerprint("other", REMOVED),
        fingerprint("greeting", replace(REMOVED, rule="variable-now-required")),
        fingerprint("greeting", replace(REMOVED, path=("variables", "place"))),
        fingerprint("greeting", replace(REMOVED, old={"type": "integer"})),
        fingerprint("greeting", replace(REMOVED, new={"type": "string"})),
    ]
    assert len({DIGEST, *others}) == 6
    assert fingerprint("greeting", replace(REMOVED, message="other words")) == DIGEST
    one, two = ({"type": "string", "enum": ["ä"]}, {"enum": ["ä"], "type": "string"})
    assert fingerprint("g", replace(REMOVED, old=one)) == fingerprint(
        "g", replace(REMOVED, old=two)
    )


def test_only_breaking_changes_are_accepted() -> None:
    entries = [AcceptedBreak(fingerprint("g", change), "so be it") for change in (REMOVED, DEFAULT)]
    found = list(accepted_changes("g", [REMOVED, DEFAULT], entries))
    assert found == [Accepted(fingerprint("g", REMOVED), "so be it")]


def test_an_entry_may_be_for_one_prompt() -> None:
    entry = AcceptedBreak(DIGEST, "so be it", "greeting")
    assert list(accepted_changes("greeting", [REMOVED], [entry])) == [Accepted(DIGEST, "so be it")]
    assert not list(accepted_changes("greeting", [REMOVED], [replace(entry, prompt="other")]))
    assert not list(accepted_changes("greeting", [REMOVED], []))


def test_what_only_the_newer_state_accepts_is_marked() -> None:
    entry = AcceptedBreak(DIGEST, "so be it")
    (proposed,) = accepted_changes("greeting", [REMOVED], [], [entry])
    assert proposed == Accepted(DIGEST, "so be it", is_proposed=True)
    (counted,) = accepted_changes("greeting", [REMOVED], [entry], [replace(entry, reason="other")])
    assert counted == Accepted(DIGEST, "so be it")


def broken(old: dict[str, Json], new: dict[str, Json]) -> list[Change]:
    prompts = (
        Prompt("p", "echo", None, (), variables={"v": Variable("v", schema)})
        for schema in (old, new)
    )
    return [one for one in compare_interfaces(*prompts) if one.effect.value == "breaking"]


@pytest.mark.parametrize(
    ("old", "one", "other"),
    [
        (
            {"allOf": [{"minLength": 1}, {"pattern": "a"}]},
            {"allOf": [{"minLength": 2}, {"pattern": "b"}]},
            {"allOf": [{"minLength": 9}, {"pattern": "c"}]},
        ),
        ({"unevaluatedItems": True}, {"unevaluatedItems": False}, {"unevaluatedItems": {"type": "null"}}),
        (
            {"if": {"minimum": 1}, "then": {"maximum": 9}},
            {"if": {"minimum": 1}, "then": {"maximum": 8}},
            {"if": {"minimum": 1}, "then": {"maximum": 2}},
        ),
        (
            {"$ref": "#/$defs/a", "not": {"$ref": "#/$defs/a"}, "$defs": {"a": {"minimum": 1}}},
            {"$ref": "#/$defs/a", "not": {"$ref": "#/$defs/a"}, "$defs": {"a": {"minimum": 2}}},
            {"$ref": "#/$defs/a", "not": {"$ref": "#/$defs/a"}, "$defs": {"a": {"minimum": 3}}},
        ),
        (
            {"type": "array"},
            {"type": "array", "contains": {"minimum": 1}, "minContains": 2},
            {"type": "array", "contains": {"minimum": 1}, "minContains": 3},
        ),
        ({"enum": ["x" * 90 + "1", "x" * 90 + "2", "y"]}, {"enum": ["x" * 90 + "1", "y"]}, {"enum": ["y"]}),
    ],
)  # fmt: skip
def test_who_accepts_one_break_accepts_no_other_in_its_place(
    old: dict[str, Json], one: dict[str, Json], other: dict[str, Json]
) -> None:
    entries = [AcceptedBreak(fingerprint("p", change), "so be it") for change in broken(old, one)]
    assert entries
    assert not unaccepted_breaks("p", broken(old, one), entries)
    assert unaccepted_breaks("p", broken(old, other), entries)
