"""F-string templates: what `str.format` does with plain names, and no more."""

from __future__ import annotations

import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promptctl.core.templates import (
    Place,
    Template,
    TemplateFailed,
    TemplateFormat,
    TemplateInvalid,
    parse_template,
)


def fstring(text: str) -> Template:
    return parse_template(text, TemplateFormat.F_STRING)


def test_renders_names_and_doubled_braces() -> None:
    template = fstring('{{"a": {a}}} {b}\n{a}{{{b}}}')
    assert template.render({"a": 1, "b": "{a}"}, {}) == '{"a": 1} {a}\n1{{a}}'
    assert template.names == {"a": Place(1, 9), "b": Place(1, 15)}


@pytest.mark.parametrize(
    ("text", "rule", "column"),
    [
        ("a { b", "template-syntax", 3),
        ("a } b", "template-syntax", 3),
        ("x {}", "template-syntax", 3),
        ("x {0}", "template-syntax", 3),
        ("x { a }", "template-syntax", 3),
        ("x {a.b}", "template-forbidden", 3),
        ("x {a[0]}", "template-forbidden", 3),
        ("x {a!r}", "template-forbidden", 3),
        ("x {a:>999999999}", "template-forbidden", 3),
        ("x {a:{b}}", "template-syntax", 3),
        ('{"a": 1}', "template-forbidden", 1),
    ],
)
def test_refuses_all_else(text: str, rule: str, column: int) -> None:
    with pytest.raises(TemplateInvalid) as refused:
        fstring(text)
    first = refused.value.problems[0]
    assert (first.rule, first.place) == (rule, Place(1, column))


def test_names_every_problem() -> None:
    with pytest.raises(TemplateInvalid) as refused:
        fstring("{a.b}\n{c!r} }")
    places = [problem.place for problem in refused.value.problems]
    assert places == [Place(1, 1), Place(2, 1), Place(2, 7)]


def test_a_name_without_a_value_fails_at_its_place() -> None:
    with pytest.raises(TemplateFailed) as failed:
        fstring("a\n{b}").render({}, {})
    assert failed.value.place == Place(2, 2)


@settings(deadline=None)
@given(
    st.lists(
        st.sampled_from(["{a}", "{b_1}", "{{", "}}", "{", "}", "text", " ", "\n", "é", ":", "!r"])
    )
)
def test_agrees_with_str_format(pieces: list[str]) -> None:
    text = "".join(pieces)
    try:
        fields = list(string.Formatter().parse(text))
    except ValueError:
        fields = [("", "", "", None)]
    if any(n is not None and not (n.isidentifier() and not s and not c) for _, n, s, c in fields):
        with pytest.raises(TemplateInvalid):
            fstring(text)
        return
    template = fstring(text)
    values = {name: f"<{name}>" for name in template.names}
    assert template.render(values, {}) == text.format(**values)
