"""Mustache templates: the specification's rules, exact places, bounded cost, and a second opinion."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Mapping

import chevron
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promptctl.core.json_data import Json
from promptctl.core.templates import (
    Include,
    InnerName,
    Place,
    Template,
    TemplateFailed,
    TemplateFormat,
    TemplateInvalid,
    parse_template,
)


def mustache(text: str) -> Template:
    return parse_template(text, TemplateFormat.MUSTACHE)


def render(text: str, values: Mapping[str, Json], **partials: str) -> str:
    return mustache(text).render(values, {name: mustache(part) for name, part in partials.items()})


@pytest.mark.parametrize(
    ("text", "values", "expected"),
    [
        ("{{a}} {{{a}}} {{&a}} {{ a }}", {"a": "<&\">"}, '<&"> <&"> <&"> <&">'),
        ("{{a.b.c}}", {"a": {"b": {"c": 1}}}, "1"),
        ("{{a.b}}", {"a": {"b": [1, {"c": None}]}}, '[1,{"c":null}]'),
        ("{{#l}}{{.}},{{/l}}", {"l": [1, "a", True]}, "1,a,true,"),
        ("{{#l}}{{n}}{{o}}{{/l}}", {"l": [{"n": 1}, {"n": 2, "o": 3}], "o": 0}, "1023"),
        ("{{#l}}{{#.}}{{.}}{{/.}};{{/l}}", {"l": [[1, 2], [3]]}, "12;3;"),
        ("{{#o}}{{a}}{{/o}}", {"o": {"a": 1}}, "1"),
        ("{{#o}}in{{/o}}", {"o": {}}, "in"),
        ("{{#s}}[{{.}}{{s}}]{{/s}}", {"s": "x"}, "[xx]"),
        *(("{{#f}}no{{/f}}{{^f}}yes{{/f}}", {"f": f}, "yes") for f in (False, None, 0, "", [])),
        ("{{^t}}no{{/t}}", {"t": [0]}, ""),
        ("a{{! b\nc }}d", {}, "ad"),
        ("{{=<% %>=}}<% a %>{{a}}<%={{ }}=%>{{a}}", {"a": 1}, "1{{a}}1"),
        ("{{=| |=}}|#a||.||/a|", {"a": [1]}, "1"),
        ("{{#o}}{{o.a}}{{/o}}", {"o": {"a": 1}}, "1"),
        ("{{#a.b}}x{{/a.b}}", {"a": {}}, ""),
        ("{{#l}}{{#opt}}x{{/opt}}{{/l}}", {"l": [1]}, ""),
    ],
)  # fmt: skip
def test_renders(text: str, values: dict[str, Json], expected: str) -> None:
    assert render(text, values) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("|\n{{#t}}\nx\n{{/t}}\n|", "|\nx\n|"),
        ("|\n  {{#t}}  \nx\n\t{{/t}}\n|", "|\nx\n|"),
        ("  {{#t}}x{{/t}}\n", "  x\n"),
        ("{{#t}} {{/t}}\n", " \n"),
        ("  {{! note }}\nx", "x"),
        ("x\n  {{! note\n }}\n", "x\n"),
        ("x {{! note }}\n", "x \n"),
        ("  {{=| |=}}\nx", "x"),
        ("{{#t}}\n{{/t}}", ""),
        ("  {{t}}\n", "  true\n"),
    ],
)
def test_a_tag_alone_on_its_line_takes_the_line(text: str, expected: str) -> None:
    assert render(text, {"t": True}) == expected


@pytest.mark.parametrize(
    ("text", "partial", "expected"),
    [
        ("[{{>p}}]", "{{a}}", "[x\ny]"),
        ("|\n  {{>p}}\n|", "1\n{{a}}\n\n2\n", "|\n  1\n  x\ny\n\n  2\n|"),
        ("  {{>p}} |", "1\n2", "  1\n2 |"),
        ("  {{> p }}", "1\n2", "  1\n  2"),
        ("{{#l}}{{>p}}{{/l}}", "{{.}};", "1;2;"),
        ("{{=<% %>=}}<%>p%>", "{{n}}", "0"),
    ],
)
def test_partials(text: str, partial: str, expected: str) -> None:
    assert render(text, {"a": "x\ny", "l": [1, 2], "n": 0}, p=partial) == expected


def test_names_certain_and_uncertain_and_partials() -> None:
    template = mustache(
        "{{a.b}}\n{{#l}} {{n}}{{>x.md}}{{/l}}\n{{^e}}{{c}}{{/e}}{{>_p/y.md}}{{#l}}{{a}}{{/l}}"
    )
    assert template.names == {
        "a": Place(1, 3),
        "l": Place(2, 4),
        "e": Place(3, 4),
        "c": Place(3, 9),
    }
    assert template.uncertain == {InnerName("n", (("l",),)): Place(2, 10)}
    inner, outer = template.includes
    assert inner == Include("x.md", Place(2, 16), sections=(("l",),))
    assert outer == Include("_p/y.md", Place(3, 21))


@pytest.mark.parametrize(
    ("text", "rule", "place"),
    [
        ("x {{a", "template-syntax", Place(1, 3)),
        ("{{{a}}", "template-syntax", Place(1, 1)),
        ("{{}}", "template-syntax", Place(1, 3)),
        ("\n {{#a}}", "template-syntax", Place(2, 5)),
        ("{{/a}}", "template-syntax", Place(1, 4)),
        ("{{#a}}{{/b}}", "template-syntax", Place(1, 10)),
        ("{{a b}}", "template-syntax", Place(1, 3)),
        ("{{a..b}}", "template-syntax", Place(1, 3)),
        ("{{=x=}}", "template-syntax", Place(1, 4)),
        ("{{>}}", "template-syntax", Place(1, 4)),
        ("{{<p}}", "template-forbidden", Place(1, 3)),
        ("{{$p}}", "template-forbidden", Place(1, 3)),
        ("{{>*p}}", "template-forbidden", Place(1, 4)),
        ("{{#a}}" * 40 + "{{/a}}" * 40, "template-limit", Place(1, 6 * 32 + 4)),
    ],
)
def test_refuses(text: str, rule: str, place: Place) -> None:
    with pytest.raises(TemplateInvalid) as refused:
        mustache(text)
    first = refused.value.problems[0]
    assert (first.rule, first.place) == (rule, place)


@pytest.mark.parametrize(
    ("text", "place", "file"),
    [
        ("a\n {{nope}}", Place(2, 4), None),
        ("{{#nope}}{{/nope}}", Place(1, 4), None),
        ("{{o.nope}}", Place(1, 3), None),
        ("{{>gone}}", Place(1, 4), None),
        ("{{.}}", Place(1, 3), None),
        ("  {{>p}}", Place(2, 3), "p"),
    ],
)
def test_what_is_found_nowhere_fails_at_its_place(
    text: str, place: Place, file: str | None
) -> None:
    with pytest.raises(TemplateFailed) as failed:
        render(text, {"o": {}}, p="1\n{{nope}}")
    assert (failed.value.place, failed.value.file) == (place, file)


BOMBS = {
    "sections": "{{#l}}" * 30 + "x" + "{{/l}}" * 30,
    "empty sections": "{{#l}}" * 30 + "{{/l}}" * 30,
    "itself": "{{>itself}}",
    "twice": "{{>twice}}{{>twice}}",
    "in a section": "{{#l}}{{>in a section}}{{/l}}",
    "values": "{{s}}" * 10_000,
    "open": "{{#a}} " * 100_000,
    "tags": "{{s}}" * 200_000,
    "unclosed": "{{ " * 300_000,
    "comments": "{{!" * 300_000,
    "alone": "{{! }}" + " " * 500_000 + "{{! }}" + " " * 500_000,
    "one line": "{{#a}}{{/a}}" * 9000 + "x" * 900_000,
    "names": "".join(f"{{{{x{n}}}}}\n" for n in range(19_000)),
    "problems": "{{a b}}\n" * 19_000,
}


@pytest.mark.parametrize("name", BOMBS)
def test_no_template_takes_long(name: str) -> None:
    began = time.process_time()
    values: dict[str, Json] = {"l": list(range(100)), "s": "s" * 9999}
    with contextlib.suppress(TemplateInvalid, TemplateFailed):
        mustache(BOMBS[name]).render(values, {name: mustache(BOMBS[name])})
    assert time.process_time() - began < 2


NAMES = st.sampled_from(["a", "b", "c.d", "o.a"])
TEXTS = st.sampled_from(["x", " ", "\n", "\n  ", "<&>", "  "])


def _wrapped(children: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    body = st.lists(children, max_size=4).map("".join)
    sigil = st.sampled_from("#^")
    line = st.sampled_from(["", "\n"])
    return st.builds(
        lambda s, n, end, b: f"{{{{{s}{n}}}}}{end}{b}{{{{/{n}}}}}{end}",
        sigil, st.sampled_from(["a", "b", "l", "e", "o"]), line, body,
    )  # fmt: skip


# No indentation and one line each: chevron indents lines of partials that are not alone on their line.
PARTIALS = st.sampled_from(["x{{> p}}", "\n{{> p}}\n"])
TEMPLATES = st.lists(
    st.recursive(
        TEXTS | NAMES.map("{{{{{{{}}}}}}}".format) | st.just("{{! c }}") | PARTIALS,
        _wrapped,
        max_leaves=8,
    ),
    max_size=8,
).map("".join)

VALUES: dict[str, Json] = {
    "a": "A\nB",
    "b": "<b>",
    "c": {"d": "D"},
    "o": {"a": "in"},
    "l": [{"a": "1"}, {"b": "2"}, {}],
    "e": [],
}


@settings(deadline=None)
@given(TEMPLATES, st.sampled_from(["P", "p\n", "{{&a}}", "{{#l}}{{&a}}{{/l}}"]))
def test_agrees_with_another_implementation(text: str, partial: str) -> None:
    text += "\n"  # of blanks at the very end the two think differently; the specification is silent
    expected = chevron.render(text, VALUES, partials_dict={"p": partial})
    assert render(text, VALUES, p=partial) == expected
