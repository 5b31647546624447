"""What all template languages share: how values become text, and that nothing escapes."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promptctl.core.json_data import Json
from promptctl.core.templates import (
    MAX_OUTPUT,
    Place,
    Template,
    TemplateFailed,
    TemplateFormat,
    TemplateInvalid,
    parse_template,
)
from promptctl.errors import PromptctlError

SLOTS = {
    TemplateFormat.JINJA2: ["{{ v }}", "{% if true %}{{ v }}{% endif %}", "{{ v ~ '' }}", "{{ v | string }}"],
    TemplateFormat.MUSTACHE: ["{{v}}", "{{{v}}}", "{{&v}}"],
    TemplateFormat.F_STRING: ["{v}"],
}  # fmt: skip
EVERY_SLOT = [(kind, slot) for kind, slots in SLOTS.items() for slot in slots]
TEXTS: list[tuple[Json, str]] = [
    ("a <&> ü", "a <&> ü"),
    ("", ""),
    (True, "true"),
    (False, "false"),
    (None, "null"),
    (0, "0"),
    (1.0, "1.0"),
    (-1.5e300, "-1.5e+300"),
    ([1, "a", None], '[1,"a",null]'),
    ({"a": {"é": [True]}}, '{"a":{"é":[true]}}'),
]


@pytest.mark.parametrize(("kind", "slot"), EVERY_SLOT)
@pytest.mark.parametrize(("value", "text"), TEXTS)
def test_a_value_becomes_the_same_text_everywhere(
    kind: TemplateFormat, slot: str, value: Json, text: str
) -> None:
    assert parse_template(f"[{slot}]", kind).render({"v": value}, {}) == f"[{text}]"


HOSTILE = [
    "{{ x }}",
    "{x}",
    "{{x}}",
    "{% for %}",
    "{#",
    "{{>p}}",
    "{{=<% %>=}}",
    "{x.__class__}",
    "{{ 7*7 }}",
]


@pytest.mark.parametrize(("kind", "slot"), EVERY_SLOT)
@pytest.mark.parametrize("value", HOSTILE)
def test_a_value_is_never_rendered(kind: TemplateFormat, slot: str, value: str) -> None:
    template = parse_template(slot + slot, kind)
    assert template.render({"v": value, "x": "LEAK"}, {}) == value + value
    nested: Json = {"v": [value]}
    assert "LEAK" not in template.render(nested, {})  # type: ignore[arg-type]


@pytest.mark.parametrize(("kind", "slot"), EVERY_SLOT)
@pytest.mark.parametrize("value", [object(), {1, 2}, float("nan"), b"x", [object()]])
def test_what_is_not_data_is_refused(kind: TemplateFormat, slot: str, value: object) -> None:
    with pytest.raises(TemplateFailed):
        parse_template(slot, kind).render({"v": value}, {})  # type: ignore[dict-item]


@pytest.mark.parametrize(("kind", "slot"), EVERY_SLOT)
def test_the_output_is_bounded(kind: TemplateFormat, slot: str) -> None:
    with pytest.raises(TemplateFailed):
        parse_template(slot * 100, kind).render({"v": "v" * (MAX_OUTPUT // 50)}, {})


@pytest.mark.parametrize("kind", TemplateFormat)
def test_line_ends_are_line_feeds(kind: TemplateFormat) -> None:
    assert parse_template("a\r\nb\rc\n", kind).render({}, {}) == "a\nb\nc\n"


@pytest.mark.parametrize("kind", TemplateFormat)
def test_a_text_may_not_be_too_long(kind: TemplateFormat) -> None:
    with pytest.raises(TemplateInvalid) as refused:
        parse_template("a" * 1_048_577, kind)
    assert refused.value.problems[0].rule == "template-limit"


def test_none_leaves_every_brace_alone() -> None:
    text = "{{ a }} {b} {% c %} {{> d}}"
    template = parse_template(text, TemplateFormat.NONE)
    assert (template.render({"a": 1}, {}), template.names, template.includes) == (text, {}, ())


WORDS = [
    "{{",
    "}}",
    "{%",
    "%}",
    "{",
    "}",
    "#",
    "/",
    "^",
    "if ",
    "for x in ",
    "endif",
    "endfor",
    "set x = ",
]
WORDS += [
    "a",
    "b.c",
    "|",
    "upper",
    "join",
    "[0]",
    "(",
    ")",
    "'",
    '"',
    " ~ ",
    " + ",
    " * ",
    "9",
    "include ",
    "\n",
]
WORDS += [
    "{{#a}}",
    "{{/a}}",
    "{{^b}}",
    "{{/b}}",
    "{{>p}}",
    "{{.}}",
    "{{=",
    "=}}",
    "{% if a %}",
    "{% endif %}",
]
WORDS += [
    "{% for x in a %}",
    "{% endfor %}",
    "{{ a|first }}",
    "{{ x }}",
    "{% include 'p' %}",
    "is ",
    "not ",
    "{{-",
]
TEMPLATE_TEXTS = st.lists(st.sampled_from(WORDS) | st.text(max_size=4), max_size=25).map("".join)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=4)
    ),
    max_leaves=12,
)


@settings(deadline=None)
@given(
    TEMPLATE_TEXTS,
    st.sampled_from(TemplateFormat),
    st.fixed_dictionaries({"a": JSON, "b": JSON, "x": JSON}),
)
def test_whatever_the_text_and_the_values_only_our_errors_come_out(
    text: str, kind: TemplateFormat, values: dict[str, Json]
) -> None:
    template = _template_or_problems(text, kind)
    if isinstance(template, TemplateInvalid):
        assert all(_inside(problem.place, text) for problem in template.problems)
        return
    assert all(_inside(place, text) for place in template.names.values())
    partials: dict[str, Template] = {"p": parse_template("p", kind)}
    with contextlib.suppress(PromptctlError):
        assert isinstance(template.render(values, partials), str)


def _template_or_problems(text: str, kind: TemplateFormat) -> Template | TemplateInvalid:
    try:
        return parse_template(text, kind)
    except TemplateInvalid as refused:
        return refused


def _inside(place: Place, text: str) -> bool:
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return 1 <= place.line <= len(lines) and 1 <= place.column <= len(lines[place.line - 1]) + 1


@settings(deadline=None)
@given(TEMPLATE_TEXTS, st.sampled_from([TemplateFormat.JINJA2, TemplateFormat.F_STRING]))
def test_a_name_stands_at_its_place(text: str, kind: TemplateFormat) -> None:
    with contextlib.suppress(TemplateInvalid):
        template = parse_template(text, kind)
        for name, place in template.names.items():
            line = template.text.split("\n")[place.line - 1]
            assert line.startswith(name, place.column - 1)
