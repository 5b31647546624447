"""What of an edited text is shown: lines near an edit, with what is left out marked."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promptctl.core.word_diff import Edit
from promptctl.output.changes.passage import Extent, Piece, passage, revealed, revealed_line
from tests.output.changes.diffs import edits

SMALL = Extent(lines=10, around=1, context=10, edited=20)


def shown(*parts: str, extent: Extent = SMALL) -> list[str]:
    """The lines, with git's brackets; what is left out is `...`."""
    brackets = {"same": "{}", "removed": "[-{}-]", "added": "{{+{}+}}"}
    return [
        "".join(brackets[piece.kind].format(piece.text) for piece in line) if line else "..."
        for line in passage(edits(*parts), extent).lines
    ]


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        (("Say ", "-no", "+yes", "."), ["Say [-no-]{+yes+}."]),
        (("a\n", "+b\n", "c\nd\n"), ["a", "{+b+}", "c …"]),
        (("a\nb\nc\n", "-d\n", "e\nf\ng\n"), ["… c", "[-d-]", "e …"]),
        (("a\n\n\n", "-b", "+c", "\n\n\nd"), ["… [-b-]{+c+} …"]),
        (("-a", "+b", "\n1\n2\n3\n4\n", "-c", "+d"), ["[-a-]{+b+}", "1", "...", "4", "[-c-]{+d+}"]),
        (("-a", "+b", "\n\n\n", "-c", "+d"), ["[-a-]{+b+}", "[-c-]{+d+}"]),
        (("-a", "+b", "\n\n", "-c", "+d"), ["[-a-]{+b+}", "", "[-c-]{+d+}"]),
        (("+a\n\nb\n", "c"), ["{+a+}", "", "{+b+}", "c"]),
        (("a", "-\n", "+ ", "b"), ["a[-↵-]{+·+}b"]),
        (("a", "+\n\n", "b"), ["a{+↵+}", "{+↵+}", "b"]),
        (("a", "-\t ", "b"), ["a[-⇥·-]b"]),
        (("a\n", "-b\nc", "d"), ["a", "[-b-]", "[-c-]d"]),
        (("same",), []),
        ((), []),
    ],
)
def test_lines_around_the_edits(parts: tuple[str, ...], expected: list[str]) -> None:
    assert shown(*parts) == expected


def test_long_unchanged_runs_are_cut_between_words() -> None:
    run = "one two three four five six seven eight nine ten"
    assert shown(run + " ", "-a", "+b", f" {run} ", "-c", f" {run}") == [
        "… nine ten [-a-]{+b+} one two … nine ten [-c-] one two …"
    ]


def test_long_edits_and_many_lines_are_cut_and_counted() -> None:
    assert shown("+" + "x" * 90) == ["{+" + "x" * 20 + "… (70 more characters)+}"]
    found = passage(edits("+" + "line\n" * 100), Extent(lines=3))
    assert (len(found.lines), found.left_out) == (3, 97)


@pytest.mark.parametrize(
    ("hidden", "expected"),
    [
        ("\x1b[31m", "\\x1b[31m"),
        ("a\u202eb", "a\\u202eb"),
        ("a\u200bb\u2060\u00ad", "a\\u200bb\\u2060\\u00ad"),
        ("\U000e0041\U000e0042", "\\U000e0041\\U000e0042"),
        ("a\ufe01\ufe02", "a\\ufe01\\ufe02"),
        ("a\u200d", "a\\u200d"),
    ],
)
def test_what_only_a_model_reads_is_shown(hidden: str, expected: str) -> None:
    assert revealed(hidden) == revealed_line(hidden) == expected


@pytest.mark.parametrize("text", ["👩‍👩‍👧 ❤️", "می‌خواهم", "日本語", "naïve", "क्ष"])
def test_scripts_and_emoji_stay_as_they_are(text: str) -> None:
    assert revealed(text) == text


KINDS = st.sampled_from(["same", "removed", "added"])


@settings(deadline=None, max_examples=200)
@given(st.lists(st.builds(Edit, KINDS, st.text(alphabet="ab \n\t", max_size=8))))
def test_every_edit_of_words_is_shown(some: list[Edit]) -> None:
    found = passage(some, Extent(lines=10_000))
    for kind in ("removed", "added"):
        words = "".join(e.text for e in some if e.kind == kind and e.text.strip()).split()
        pieces = "".join(p.text for line in found.lines for p in line if p.kind == kind)
        assert "".join(words) == "".join(c for c in pieces if c in "ab")
    assert all(
        isinstance(piece, Piece) and "\n" not in piece.text
        for line in found.lines
        for piece in line
    )


def test_a_megabyte_is_cut_in_no_time() -> None:
    text = "word and word\n" * 70_000
    start = time.process_time()
    passage(edits(text, "-" + text, "+" + "x" * 1_000_000, text), SMALL)
    assert time.process_time() - start < 5
