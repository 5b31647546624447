"""core.rewrap: whether only the line breaks of paragraphs differ."""

from __future__ import annotations

import time

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
        ("Note: do\nthis", "Note: do this"),
        ("One topic.\nUrgent means: now.", "One topic. Urgent means: now."),
        ("It has the\nfollowing: a", "It has the following: a"),
        ("{{ a | upper }} b\nc", "{{ a | upper }}\nb c"),
        ("{{\n a }}\n\nfoo\nbar", "{{\n a }}\n\nfoo bar"),
        ('Say "hi" to\n"Ada"', 'Say "hi"\nto "Ada"'),
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
        ("Name | Age\n--- | ---\nAda | 3", "Name | Age --- | --- Ada | 3"),
        ("Input: hello\nOutput: world", "Input: hello Output: world"),
        ("Answer briefly.\nQuestion: {{ q }}", "Answer briefly. Question: {{ q }}"),
        ("**Role**: x\n**Tone**: y", "**Role**: x **Tone**: y"),
        ("name: x\nage: 3", "name: x age: 3"),
        ("Step 1: go\nStep 2: stop", "Step 1: go Step 2: stop"),
        ("问：a\n答：b", "问：a 答：b"),
        ("a) one\nb) two", "a) one b) two"),
        ("(1) one\n(2) two", "(1) one (2) two"),
        ("1.1 one\n1.2 two", "1.1 one 1.2 two"),
        ("– one\n– two", "– one – two"),
        ("✅ one\n❌ two", "✅ one ❌ two"),
        ("[x] one\n[ ] two", "[x] one [ ] two"),
        ("x = 1\ny = 2", "x = 1 y = 2"),
        ("f();\ng();", "f(); g();"),
        ("$ ls\n$ pwd", "$ ls $ pwd"),
        ("a,b,c\n1,2,3", "a,b,c 1,2,3"),
        ("a\tb\nc\td", "a\tb c\td"),
        ("<a>1</a>\n<b>2</b>", "<a>1</a> <b>2</b>"),
        ("+--+\n+--+", "+--+ +--+"),
        ("a<br>\nb", "a<br> b"),
        ("```\n```python\na\nb\n```\nx", "```\n```python\na b\n```\nx"),
        ("```x``` y\n\n```\na\nb\n```", "```x``` y\n\n```\na b\n```"),
        ("{{ 'a\n\nb\nc' }}", "{{ 'a\n\nb c' }}"),
        ("{{ {'a': 'x}\ny'} }}", "{{ {'a': 'x} y'} }}"),
        ("{{ #a}}\nb\n{{ /a}}", "{{ #a}} b {{ /a}}"),
        ("{{=<% %>=}}\n\n<%#a%>\nb\n<%/a%>", "{{=<% %>=}}\n\n<%#a%> b <%/a%>"),
    ],
)  # fmt: skip
def test_what_else_a_line_break_means_it_keeps(old: str, new: str) -> None:
    assert not is_rewrapped(old, new)
    assert not is_rewrapped(new, old)


def test_line_ends_at_the_end_of_a_part_count_as_others_follow() -> None:
    assert not is_rewrapped("text\n", "text", is_whole=False)
    assert is_rewrapped("a\ntext\n", "a text\n", is_whole=False)


@pytest.mark.parametrize(
    "piece", ["{{", "{{a\n}}", "{{ x\n", "`", "a,", ":", "<br", "1.1", "w " * 9]
)
def test_hostile_texts_take_little_time(piece: str) -> None:
    text = piece * (400_000 // len(piece))
    begin = time.perf_counter()
    is_rewrapped(text, f"{text} x")
    assert time.perf_counter() - begin < 8


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
