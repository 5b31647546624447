"""The canonical layout: each file in tests/core/layouts shows a text and what becomes of it."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from promptctl.core.document import MAX_EVENTS
from promptctl.core.layout import Layout, lay_out
from promptctl.core.layout.key_order import PROMPT_ORDER
from promptctl.repo.schemas import read_schema_text

BECOMES = "---- becomes ----\n"
CASES = sorted((Path(__file__).parent / "layouts").glob("*.txt"))


def layout_of(text: str | bytes, *, is_settings: bool = False) -> Layout:
    content = text if isinstance(text, bytes) else text.encode()
    return lay_out(content, "p", is_settings=is_settings)


def laid_out(text: str | bytes) -> str:
    layout = layout_of(text)
    assert layout.outcome in ("changed", "unchanged"), layout
    return layout.after.decode()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_a_text_becomes_what_its_case_shows(case: Path) -> None:
    before, after = case.read_text(encoding="utf-8").split(BECOMES)
    assert laid_out(before) == after
    assert layout_of(after).outcome == "unchanged"


def test_every_key_of_the_schema_has_its_place() -> None:
    schema = json.loads(read_schema_text("prompt"))
    message, example = (PROMPT_ORDER.below[key] for key in ("messages", "examples"))
    assert set(PROMPT_ORDER.keys) == set(schema["properties"])
    assert message.keys == tuple(schema["$defs"]["message"]["properties"])
    assert example.keys == tuple(schema["$defs"]["example"]["properties"])
    fallback = PROMPT_ORDER.below["fallbacks"]
    assert fallback.keys == tuple(schema["$defs"]["fallback"]["properties"])
    variants = [{"type"}, *(set(one) for one in _properties(schema["$defs"]["part"]))]
    assert set(message.below["content"].keys) == set().union(*variants)


def _properties(schema: object) -> list[dict[str, object]]:
    if isinstance(schema, list):
        return [found for member in schema for found in _properties(member)]
    if not isinstance(schema, dict):
        return []
    own = [schema["properties"]] if isinstance(schema.get("properties"), dict) else []
    return own + [
        found
        for key, value in schema.items()
        if key != "properties"
        for found in _properties(value)
    ]


def test_line_ends_a_byte_order_mark_and_a_missing_last_newline_are_mended() -> None:
    assert laid_out(b"\xef\xbb\xbfmodel: m\r\ntemplate: |\r\n  a\r\n  b") == (
        "model: m\ntemplate: |-\n  a\n  b\n"
    )
    assert laid_out(b"model: m\rtemplate: x") == "model: m\ntemplate: x\n"


def test_what_has_findings_has_no_layout() -> None:
    for text in ("a: [", "a: &x 1", "a: 1\na: 2", "a: yes", "a: !!str 1", "a: 1\n---\nb: 2"):
        layout = layout_of(text)
        assert (layout.outcome, layout.after) == ("invalid", b"")
        assert layout.findings


def test_in_settings_a_word_that_only_promptctl_reads_needs_no_quotes() -> None:
    layout = layout_of("rules: {secret: off,   x: 'off'}\nversion: 1\n", is_settings=True)
    assert layout.after == b'rules: {secret: off, x: "off"}\nversion: 1\n', "in its own order"


@pytest.mark.parametrize("text", ["", "\n", "# only a comment\n", "text\n", "- a\n-   b\n", "{}\n"])
def test_what_is_no_mapping_stays_as_it_is(text: str) -> None:
    assert layout_of(text).outcome == "unchanged"


def test_a_directive_is_kept_with_its_file() -> None:
    layout = layout_of("%YAML 1.1\n---\na:   1\n")
    assert (layout.outcome, layout.after) == ("kept", b"")
    assert layout.problem is not None
    assert "directive" in layout.problem


def test_a_comment_that_would_silence_a_rule_elsewhere_keeps_its_file() -> None:
    layout = layout_of("model: some words\n  and more # promptctl: ignore[model-mismatch]\n")
    assert layout.outcome == "kept"
    assert layout.problem is not None
    assert "ignore rules in other places" in layout.problem


@pytest.mark.parametrize(
    "size", [MAX_EVENTS // 10, pytest.param(MAX_EVENTS - 20, marks=pytest.mark.full)]
)
def test_a_hostile_file_costs_little(size: int) -> None:
    deep = "[" * 120 + "]" * 120
    wide = "a: [" + "b, " * size + "c]\n"
    nested = "a: [" + f"{deep}, " * (size // 250) + "]\n"
    long = 'a: "' + "x " * size * 8 + '"\n'
    folded = "a: " + "xy\n  " * size * 2 + "z\n"
    comments = "a: [\n" + "# c\nb, # d\n" * (size // 3) + "]\n"
    started = time.process_time()
    for text in (wide, nested, long, folded, comments):
        assert layout_of(text).outcome in ("changed", "unchanged", "kept")
    assert time.process_time() - started < size / 1000, "about a seventh of that"
