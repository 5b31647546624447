"""core.word_diff: how one text becomes another, as people would mark it up."""

from __future__ import annotations

import itertools
import random
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promptctl.core.schema_meaning import Work
from promptctl.core.word_diff import MAX_STEPS, Edit, tokens_of, word_edits


def marked(old: str, new: str) -> str:
    """The edits in one line: `[-removed-]` and `{+added+}`."""
    shown = {"same": "{}", "removed": "[-{}-]", "added": "{{+{}+}}"}
    return "".join(shown[edit.kind].format(edit.text) for edit in word_edits(old, new))


def sides(edits: tuple[Edit, ...]) -> tuple[str, str]:
    old = "".join(edit.text for edit in edits if edit.kind != "added")
    return old, "".join(edit.text for edit in edits if edit.kind != "removed")


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("a short greeting.", "a long greeting.", "a [-short-]{+long+} greeting."),
        ("Hello {{ name }}!", "Hello {{ user }}!", "Hello [-{{ name }}-]{+{{ user }}+}!"),
        ("{% if a %}x", "{% if b %}x", "[-{% if a %}-]{+{% if b %}+}x"),
        ("price 3.5 USD", "price 4.5 USD", "price [-3.5-]{+4.5+} USD"),
        ("Don't do it.", "Do not do it.", "[-Don't-]{+Do not+} do it."),
        ("foo(bar, baz)", "foo(bar, qux, baz)", "foo(bar, {+qux, +}baz)"),
        ("naïve plan", "naive plan", "[-naïve-]{+naive+} plan"),
        ("", "new", "{+new+}"),
        ("old", "", "[-old-]"),
        ("a b", "a  b", "a[- -]{+  +}b"),
        ("same", "same", "same"),
    ],
)
def test_words_signs_and_tags_are_whole(old: str, new: str, expected: str) -> None:
    assert marked(old, new) == expected


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        # What both sentences have is only small words and blanks: one sentence for another.
        (
            "Yes: the quick brown fox jumps over the lazy dog.",
            "Yes: a slow green turtle crawls under the busy cat.",
            "Yes: [-the quick brown fox jumps over the lazy dog-]"
            "{+a slow green turtle crawls under the busy cat+}.",
        ),
        (
            "You are a helpful assistant that writes emails for a bank.",
            "You are an expert who reviews contracts for a law firm.",
            "You are [-a helpful assistant that writes emails for a bank-]"
            "{+an expert who reviews contracts for a law firm+}.",
        ),
        # One word in the midst of two large edits is no landmark, but between small ones it is.
        (
            "red green blue stays cyan pink grey",
            "one two three stays four five six",
            "[-red green blue stays cyan pink grey-]{+one two three stays four five six+}",
        ),
        (
            "one two three four five",
            "one 2 three 4 five",
            "one [-two-]{+2+} three [-four-]{+4+} five",
        ),
        # The end of a sentence is one, unless both sentences are other ones.
        ("Be brief. Be kind.", "Be short. Be cold.", "Be [-brief-]{+short+}. Be [-kind-]{+cold+}."),
        # Lines stay landmarks however little they say.
        ("alpha\n- \nbeta\n", "gamma\n- \ndelta\n", "[-alpha-]{+gamma+}\n- \n[-beta-]{+delta+}\n"),
    ],
)
def test_edits_are_no_salad_of_small_words(old: str, new: str, expected: str) -> None:
    assert marked(old, new) == expected


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("- a\n- b\n", "- a\n- b\n- c\n", "- a\n- b\n{+- c\n+}"),
        ("- a\n- b\n- c\n", "- a\n- c\n", "- a\n[-- b\n-]- c\n"),
        ("A.\n\nB.\n\nC.", "A.\n\nC.", "A.\n\n[-B.\n\n-]C."),
        ("Be kind. Be brief.", "Be kind. Be fair. Be brief.", "Be kind. {+Be fair. +}Be brief."),
    ],
)
def test_edits_are_cut_where_people_would(old: str, new: str, expected: str) -> None:
    assert marked(old, new) == expected


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("你好世界", "你好新世界", "你好{+新+}世界"),
        ("短い返事を書く。", "長い返事を書く。", "[-短-]{+長+}い返事を書く。"),
        ("สวัสดีครับ", "สวัสดีค่ะ", "สวัสดี[-ครับ-]{+ค่ะ+}"),
        ("안녕 세계", "안녕 지구", "안녕 [-세계-]{+지구+}"),
        ("👩‍👩‍👧 ok", "👩‍👩‍👦 ok", "[-👩‍👩‍👧-]{+👩‍👩‍👦+} ok"),
        ("👍 ok", "👍🏽 ok", "[-👍-]{+👍🏽+} ok"),
    ],
)
def test_scripts_without_blanks_and_signs_of_several_points(
    old: str, new: str, expected: str
) -> None:
    assert marked(old, new) == expected


PIECES = ["a", "the", "word", "{{ x }}", "{% if %}", " ", "  ", "\n", "\r\n", ".", ",", "- ", "é"]
PIECES += ["你", "好", "\u0301", "\u200d", "👍", "{{", "}}", "'", "\ud800", "\x00", "\u2028"]
texts = st.lists(st.sampled_from(PIECES), max_size=60).map("".join) | st.text(max_size=60)


@settings(max_examples=400, deadline=None)
@given(texts, texts, st.sampled_from([0, 30, 300, MAX_STEPS]))
def test_both_texts_come_back_byte_for_byte(old: str, new: str, steps: int) -> None:
    edits = word_edits(old, new, Work(steps))
    assert sides(edits) == (old, new)
    assert all(edit.text for edit in edits)
    for one, other in itertools.pairwise(edits):
        assert one.kind != other.kind
        assert (one.kind, other.kind) != ("added", "removed")


@settings(max_examples=200, deadline=None)
@given(texts)
def test_tokens_are_the_whole_text(text: str) -> None:
    assert "".join(tokens_of(text)) == text
    expected = (Edit("same", text),) if text else ()
    assert word_edits(text, text) == expected


@settings(max_examples=100, deadline=None)
@given(texts, texts, texts)
def test_what_surrounds_an_edit_stays(before: str, after: str, edit: str) -> None:
    """Nothing is told to have changed outside whole lines that are on both sides."""
    old, new = f"first\n{before}\nlast\n", f"first\n{after}\nlast\n"
    edits = word_edits(old, new)
    assert edits[0].kind == "same"
    assert edits[0].text.startswith("first\n")


def _words(count: int, vocabulary: int, seed: int) -> str:
    rng = random.Random(seed)
    return " ".join(f"w{rng.randrange(vocabulary)}" for _ in range(count))


LARGE = {
    "nothing in common": ("a" * 1_000_000, "b" * 1_000_000),
    "few different words": (_words(150_000, 50, 1), _words(150_000, 50, 2)),
    "many different words": (_words(20_000, 20_000, 1), _words(20_000, 20_000, 2)),
    "signs": (".," * 300_000, ",." * 300_000),
    "open tags": ("{{" * 200_000, "{%" * 200_000),
    "marks": ("\u0301" * 400_000, "\u0301a" * 200_000),
    "joiners": ("\u200d." * 200_000, "\u200d" * 200_000),
    "many short lines": ("\n" * 600_000, " \n" * 300_000),
    "chinese": ("你好" * 150_000, "好你" * 150_000),
}


@pytest.mark.parametrize("case", LARGE)
def test_hostile_sizes_end_soon(case: str) -> None:
    old, new = LARGE[case]
    start = time.process_time()
    edits = word_edits(old, new)
    assert time.process_time() - start < 10
    assert sides(edits) == (old, new)


def test_small_edits_of_a_long_text_are_still_found() -> None:
    lines = [f"{number}. {_words(12, 400, number)}\n" for number in range(8000)]
    old = "".join(lines)
    lines[100] = "100. changed here\n"
    lines[7000] = lines[7000].replace("w", "v", 1)
    edits = word_edits(old, "".join(lines))
    assert sum(len(edit.text) for edit in edits if edit.kind != "same") < 200


def test_work_is_shared_and_runs_out() -> None:
    """Once it is spent, texts are told apart as a whole, and no edit is lost."""
    work = Work(2000)
    old, new = _words(300, 40, 1), _words(300, 40, 2)
    for _ in range(3):
        edits = word_edits(old, new, work)
        assert sides(edits) == (old, new)
    assert len(edits) <= 4
