"""The quick reading of names and includes says what Jinja's own syntax tree says."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from promptctl.core.templates import Include, Place
from promptctl.core.templates.jinja import parse
from promptctl.core.templates.simple_jinja import parse_simple

_SCRAPS = [
    *("{{ x }}", "{{y}}", "{% include 'a.md' %}", '{%include "b/c.md"%}', "{% include\n'z.md' %}"),
    *(
        "\n",
        "word",
        "{",
        "}",
        "{%",
        "%}",
        "{{",
        "{# c #}",
        "{% include x %}",
        "{%- include 'a.md' %}",
    ),
    *("{% raw %}", "{% include 'it\\'s' %}", "é", " "),
]


@given(st.lists(st.sampled_from(_SCRAPS), max_size=7).map("".join))
@settings(max_examples=600, deadline=None)
def test_the_quick_reading_is_jinjas(text: str) -> None:
    simple = parse_simple(text)
    if simple is not None:
        read = parse(text)
        assert (dict(simple.names), simple.includes) == (dict(read.names), read.includes)


def test_names_and_includes_are_read_without_jinja() -> None:
    simple = parse_simple("Hi {{ a }}\n{% include 'x.md' %} and {{ b }}")
    assert simple is not None
    assert simple.names == {"a": Place(1, 7), "b": Place(2, 29)}
    assert simple.includes == (Include("x.md", Place(2, 12)),)


def test_a_text_with_includes_renders_as_jinja_does() -> None:
    simple, part = parse_simple("{% include 'x.md' %}, {{ a }}"), parse_simple("Hi {{ a }}")
    assert simple is not None
    assert part is not None
    assert simple.render({"a": "Ada"}, {"x.md": part}) == "Hi Ada, Ada"
