"""A diff for programs: what the schema describes, and nothing lost on the way."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from promptctl.core.diff import Diff
from promptctl.output.changes import diff_json
from tests.output.changes.diffs import every_kind, hostile
from tests.output.changes.test_text import HOSTILE

SCHEMA = json.loads(
    (Path(__file__).parents[3] / "schemas/diff-output.schema.json").read_text(encoding="utf-8")
)


def read(diff: Diff) -> Any:
    line = diff_json(diff)
    assert line.count("\n") == 1
    value = json.loads(line)
    jsonschema.Draft202012Validator(SCHEMA).validate(value)
    return value


def test_the_whole_model_is_there() -> None:
    value = read(every_kind())
    prompts = {prompt["name"]: prompt for prompt in value["prompts"]}
    assert (value["schema"], value["effect"]) == ("promptctl.diff/1", "breaking")
    assert {name: (p["status"], p["effect"]) for name, p in prompts.items()} == {
        "broken": ("modified", None),
        "catalogue/blurb": ("added", "compatible"),
        "greeting": ("modified", "breaking"),
        "layout": ("modified", "cosmetic"),
        "mail": ("modified", "behaviour"),
        "mail-short": ("modified", "behaviour"),
        "new-owner": ("modified", "breaking"),
        "old/smoke": ("removed", "breaking"),
        "owner": ("modified", "cosmetic"),
        "support/reply": ("modified", "behaviour"),
        "welcome-back": ("renamed", "compatible"),
    }
    edits = prompts["greeting"]["changes"][-1]["edits"]
    old, new = (
        "".join(edit["text"] for edit in edits if edit["kind"] != kind)
        for kind in ("added", "removed")
    )
    assert (old, new) == ("Greet {{ name }} in a {{ tone }} tone.", "Greet {{ name }} warmly.")
    assert [change["accepted"] for change in prompts["greeting"]["changes"][:2]] == [
        None,
        {"reason": "nobody asks for French any more", "proposed": False},
    ]
    assert prompts["new-owner"]["changes"][0]["accepted"]["proposed"] is True
    assert prompts["greeting"]["rendered"][0]["example"] == "formal"


def test_nothing_differs() -> None:
    assert read(Diff("a", "b", ())) == {
        "schema": "promptctl.diff/1",
        "old": "a",
        "new": "b",
        "effect": None,
        "missing_tags": None,
        "prompts": [],
    }


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_foreign_text_is_kept_and_escaped(text: str) -> None:
    value = read(hostile(text))
    assert value["prompts"][0]["changes"][2]["old"] == text
    assert not set(diff_json(hostile(text))) & set("\x1b\x9b\u202e\r\x00")
