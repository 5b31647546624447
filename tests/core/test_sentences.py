"""Prose in lines: where it is cut, and that nothing is lost or hidden by it."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptctl.core.sentences import LONGEST, sentences

CASES = {
    "": [""],
    "One sentence": ["One sentence"],
    "Be short. Be kind! Why? Because.": ["Be short.", "Be kind!", "Why?", "Because."],
    'He said "no." Then he left.': ['He said "no."', "Then he left."],
    "Use e.g. this one, version 1.5 or 2.": ["Use e.g. this one, version 1.5 or 2."],
    "1. First. 2) Second.": ["1. First.", "2) Second."],
    "{{ loop.index }}. {{ theme }}": ["{{ loop.index }}. {{ theme }}"],
    'Say {{ x | default("A. B") }}. Then stop.': ['Say {{ x | default("A. B") }}.', "Then stop."],
    "Two  blanks.  They stay. End.": ["Two  blanks.  They stay.", "End."],
    "你好。再见！好": ["你好。", "再见！", "好"],
    "Trailing. ": ["Trailing. "],
}


@pytest.mark.parametrize("line", CASES)
def test_where_a_line_is_cut(line: str) -> None:
    assert sentences(line) == CASES[line]


def test_a_long_sentence_is_cut_at_its_clauses() -> None:
    line = f"Answer in {'very ' * 20}few words, and if you cannot; say so, 1,000 times"
    assert len(line) > LONGEST
    found = sentences(line)
    assert found[1:] == ["and if you cannot;", "say so,", "1,000 times"]


@pytest.mark.parametrize(
    "part", ["1. ", "{{ x }} ", "{{", "{{ x }}. A", "A. B! ", ". ", "...", "a, "]
)
def test_long_texts_take_no_long_time(part: str) -> None:
    line = part * (500_000 // len(part))
    started = time.process_time()
    assert sentences(line)
    assert time.process_time() - started < 10


@given(st.text(alphabet="aB1 .,;!?。，…{}%\"')", max_size=300))
def test_nothing_is_lost(line: str) -> None:
    rest = line
    for number, piece in enumerate(sentences(line)):
        if number and not rest.startswith(piece):
            rest = rest.removeprefix(" ")
        assert rest.startswith(piece)
        rest = rest[len(piece) :]
    assert rest == ""
