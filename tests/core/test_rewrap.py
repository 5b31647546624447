"""core.rewrap: whether only the line breaks of paragraphs differ."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptctl.core.rewrap import is_rewrapped, unwrapped

PROSE = "Answer in three sentences\nthat a child understands.\n"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (PROSE, "Answer in three\nsentences that a child\nunderstands.\n"),
        (PROSE, "Answer in three sentences that a child understands."),
        (f"{PROSE}\n{PROSE}", f"{PROSE}\nAnswer in three sentences that a child understands.\n"),
        ("Greet {{ name }}\nwarmly.", "Greet\n{{ name }} warmly."),
        (
            f"# Rules\n\n{PROSE}",
            "# Rules\n\nAnswer in three sentences that a child\nunderstands.\n",
        ),
        (f"```\na\nb\n```\n{PROSE}", f"```\na\nb\n```\n{PROSE.replace(chr(10), ' ').strip()}\n"),
        ("text", "text\n"),
        ("text\n\n", "text"),
    ],
)
def test_paragraphs_may_break_elsewhere(old: str, new: str) -> None:
    assert is_rewrapped(old, new)
    assert is_rewrapped(new, old)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("same", "same"),
        ("a b", "a c"),
        ("a b", "a  b"),
        ("one\n\ntwo", "one\ntwo"),
        ("- one\n- two", "- one - two"),
        ("* one\n* two", "* one * two"),
        ("1. one\n2. two", "1. one 2. two"),
        ("Steps:\n- one", "Steps: - one"),
        ("```\na\nb\n```", "```\na b\n```"),
        ("~~~\na\nb", "~~~\na b"),
        ("    a\n    b", "    a b"),
        ("a\n  b", "a   b"),
        ("| a |\n| b |", "| a | | b |"),
        ("> a\n> b", "> a > b"),
        ("# Title\ntext", "# Title text"),
        ("Title\n===\n", "Title ===\n"),
        ("a\n---\nb", "a --- b"),
        ("<rules>\na\n</rules>", "<rules> a </rules>"),
        ("Input:\n{{ x }}", "Input: {{ x }}"),
        ("{% if a %}\nb\n{% endif %}", "{% if a %} b {% endif %}"),
        ("a\n{# b #}", "a {# b #}"),
        ("{{#a}}\nb\n{{/a}}", "{{#a}} b {{/a}}"),
        ("{{> a.md}}\nb", "{{> a.md}} b"),
        ("{{ a\n}} b", "{{ a }} b"),
        ("a  \nb", "a   b"),
        ("a\\\nb", "a\\ b"),
        ("[a]: b\nc", "[a]: b c"),
    ],
)  # fmt: skip
def test_what_else_a_line_break_means_it_keeps(old: str, new: str) -> None:
    assert not is_rewrapped(old, new)
    assert not is_rewrapped(new, old)


words = st.lists(st.sampled_from(["a", "word", "{{ x }}", "end.", "你好"]), min_size=1, max_size=20)


@given(words, st.data())
def test_every_wrap_of_a_paragraph_is_the_same(paragraph: list[str], data: st.DataObject) -> None:
    def wrapped() -> str:
        blanks = st.sampled_from([" ", "\n"])
        return "".join(word + data.draw(blanks) for word in paragraph)

    one, other = wrapped().strip(), wrapped().strip()
    assert unwrapped(one) == unwrapped(other) == [" ".join(paragraph)]


@given(st.text(alphabet="ab \n`~-#|>{%}", max_size=60))
def test_nothing_but_blanks_is_lost(text: str) -> None:
    assert " ".join(unwrapped(text)).split() == text.split()
