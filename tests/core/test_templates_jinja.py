"""Jinja templates: what they give, what is refused where, and what nothing may cost."""

from __future__ import annotations

import contextlib
import re
import subprocess
import sys
import textwrap
import time
import tracemalloc

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from promptctl.core.json_data import Json
from promptctl.core.templates import (
    Include,
    Place,
    Template,
    TemplateFailed,
    TemplateFormat,
    TemplateInvalid,
    parse_template,
)
from promptctl.core.templates import jinja as full_jinja
from promptctl.core.templates.jinja.filters import FILTERS, TESTS
from promptctl.core.templates.jinja.methods import FUNCTIONS, METHODS
from promptctl.core.templates.simple_jinja import parse_simple
from tests.conftest import CHECKOUT


def jinja(text: str) -> Template:
    return parse_template(text, TemplateFormat.JINJA2)


@pytest.mark.parametrize(
    ("text", "values", "expected"),
    [
        ("plain { text } %}", {}, "plain { text } %}"),
        ("Hi {{ name }}!\n", {"name": "Ada"}, "Hi Ada!\n"),
        ("{{- a -}} x", {"a": 1}, "1x"),
        ("{% if a %}yes{% else %}no{% endif %}", {"a": []}, "no"),
        ("{% for x in l %}{{ loop.index }}{{ x }},{% endfor %}", {"l": ["a", "b"]}, "1a,2b,"),
        ("{% for x in l if x > 1 %}{{ x }}{% else %}-{% endfor %}", {"l": [1]}, "-"),
        ("{% for k, v in m | items %}{{ k }}={{ v }};{% endfor %}", {"m": {"a": 1}}, "a=1;"),
        ("{{ m.items }}{{ m['keys'] }}", {"m": {"items": 1, "keys": 2}}, "12"),
        ("{% set x = a ~ 1 %}{{ x }}", {"a": True}, "true1"),
        ("{% set x %}<{{ a }}>{% endset %}{{ x }}{{ x }}", {"a": "&"}, "<&><&>"),
        ("{% with y = a %}{{ y + 1 }}{% endwith %}", {"a": 2}, "3"),
        ("{% filter upper %}a{{ a }}{% endfilter %}", {"a": "b"}, "AB"),
        ("{{ l[1:] | join('-') }}", {"l": [1, 2, 3]}, "2-3"),
        ("{{ a if b else 'c' }}", {"a": 1, "b": False}, "c"),
        ("{{ 7 // 2 }} {{ 2 ** 3 }} {{ 7 % 4 }} {{ 1 / 4 }}", {}, "3 8 3 0.25"),
        ("{{ u.name is defined }}{{ u.x is defined }}", {"u": {"name": 1}}, "truefalse"),
        ("{{ u.x | default('none') }}", {"u": {}}, "none"),
        ("{{ 'b' in l and 'z' not in l }}", {"l": ["b"]}, "true"),
        ("{# note #}{% raw %}{{ a }}{% endraw %}", {}, "{{ a }}"),
        ("{{ l | map(attribute='n') | join(', ') }}", {"l": [{"n": 1}, {"n": 2}]}, "1, 2"),
        ("{{ l | map('upper') | list | tojson }}", {"l": ["a"]}, '["A"]'),
        ("{{ l | selectattr('ok') | length }}", {"l": [{"ok": True}, {"ok": 0}, {}]}, "1"),
        ("{{ l | sort | first }}{{ l | max }}{{ l | sum }}", {"l": [2, 1]}, "123"),
        ("{{ l | unique | join }}", {"l": [1, "1", 1, [2], [2]]}, "11[2]"),
        ("{{ s | title }}|{{ s | truncate(6, true) }}", {"s": "abc def ghi jkl"}, "Abc Def Ghi Jkl|abc..."),
        ("{{ s | indent(2) }}", {"s": "a\n\nb"}, "a\n\n  b"),
        ("{{ o | tojson(indent=1) }}", {"o": {"a": "<é>"}}, '{\n "a": "<é>"\n}'),
        ("{{ n | round(1) }} {{ n | int }} {{ 'x' | int(5) }}", {"n": 2.55}, "2.5 2 5"),
        ("{% for g, m in l | groupby('k') %}{{ g }}{{ m }}{% endfor %}", {"l": [{"k": "b"}]}, 'b[{"k":"b"}]'),
        ("{{ s | replace('a', 'b') | trim | reverse }}", {"s": " ax "}, "xb"),
        ("[{{ a if b }}]{{ 'y' if a }}", {"a": 1, "b": False}, "[]y"),
        ("{% for k, v in m.items() %}{{ k }}={{ v }};{% endfor %}",
         {"m": {"a": 1, "items": 2}}, "a=1;items=2;"),
        ("{{ m.keys() }}{{ m.values() }}{{ m.get('a') }}{{ m.get('b', 3) }}", {"m": {"a": 1}}, '["a"][1]13'),
        ("{{ s.strip().upper() }}|{{ s.lstrip() }}|{{ s.rstrip('b ') }}", {"s": " ab "}, "AB|ab | a"),
        ("{{ s.split() }}{{ s.split(',', 1) }}{{ s.splitlines() }}",
         {"s": "a,b,\nc"}, '["a,b,","c"]["a","b,\\nc"]["a,b,","c"]'),
        ("{{ s.lower() }}{{ s.title() }}{{ s.capitalize() }}", {"s": "aB c"}, "ab cAb CAb c"),
        ("{{ s.startswith('a') and not s.endswith('a') }}{{ s.replace('b', '-', 1) }}",
         {"s": "abb"}, "truea-b"),
        ("{{ ', '.join(l) }}{{ l | map('upper') | list }}", {"l": ["a", "b"]}, 'a, b["A","B"]'),
        ("{{ range(3) }}{{ range(1, 7, 2) }}{% for i in range(n) %}.{% endfor %}",
         {"n": 2}, "[0,1,2][1,3,5].."),
        ("{{ s | e }}{{ s | escape | length }}", {"s": "<a b='\"&'>"}, "&lt;a b=&#39;&#34;&amp;&#39;&gt;32"),
        ("{{ l | batch(2) }}{{ l | batch(2, '-') }}", {"l": [1, 2, 3]}, '[[1,2],[3]][[1,2],[3,"-"]]'),
        ("{{ l | slice(2) }}{{ l | slice(2, '-') }}", {"l": [1, 2, 3]}, '[[1,2],[3]][[1,2],[3,"-"]]'),
        ("{{ s | wordwrap(8) }}",
         {"s": "one two three\n\nwell-known words"}, "one two\nthree\n\nwell-\nknown\nwords"),
        ("{{ s | wordwrap(3) }}|{{ s | wordwrap(3, false, '/') }}",
         {"s": "abcdefgh ij"}, "abc\ndef\ngh\nij|abcdefgh/ij"),
    ],
)  # fmt: skip
def test_renders(text: str, values: dict[str, Json], expected: str) -> None:
    assert jinja(text).render(values, {}) == expected


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("a\n  {{ b }} {{ b }}{{ c.d }}", {"b": (2, 6), "c": (2, 21)}),
        ("{% for x in xs %}{{ x }}{{ loop.last }}{% endfor %}{{ x }}", {"xs": (1, 13), "x": (1, 55)}),
        ("{% for x in x %}{{ x }}{% endfor %}", {"x": (1, 13)}),
        ("{% for x in l %}{% else %}{{ x }}{% endfor %}", {"l": (1, 13), "x": (1, 30)}),
        ("{% set a = b %}{{ a }}", {"b": (1, 12)}),
        ("{{ a }}{% set a = 1 %}", {"a": (1, 4)}),
        ("{% if c %}{% set a = 1 %}{% endif %}{{ a }}", {"c": (1, 7), "a": (1, 40)}),
        ("{% if c %}{% set a = 1 %}{% else %}{% set a = 2 %}{% endif %}{{ a }}", {"c": (1, 7)}),
        ("{% for i in l %}{% set a = 1 %}{% endfor %}{{ a }}", {"l": (1, 13), "a": (1, 47)}),
        ("{% with a = a %}{{ a }}{% endwith %}", {"a": (1, 13)}),
        ("{% set a %}{% set b = 1 %}{% endset %}{{ a }}{{ b }}", {"b": (1, 49)}),
        ("{{ loop }}", {"loop": (1, 4)}),
        ("{{ a[b] | join(c) if d is divisibleby e else f }}",
         {"a": (1, 4), "b": (1, 6), "c": (1, 16), "d": (1, 22), "e": (1, 39), "f": (1, 46)}),
        ("{%- if a -%}\r\n  {{ b }}{% endif %}", {"a": (1, 8), "b": (2, 6)}),
        ("{# {{ no }} #}{% raw %}{{ no }}{% endraw %}{{ 'no' }}", {}),
        ("{{ élan }}", {"élan": (1, 4)}),
    ],
)  # fmt: skip
def test_names_and_their_places(text: str, names: dict[str, tuple[int, int]]) -> None:
    assert jinja(text).names == {name: Place(*place) for name, place in names.items()}


def test_includes_have_place_and_bound_names() -> None:
    template = jinja("{% for x in l %}\n{% include '_partials/a.md' %}{% endfor %}")
    (include,) = template.includes
    assert include == Include("_partials/a.md", Place(2, 12), frozenset({"x"}))


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ("{{ a", [("template-syntax", 1, 1)]),
        ("x\n{% foo %}", [("template-syntax", 2, 4)]),
        ("{{ a $ b }}", [("template-syntax", 1, 6)]),
        ("{{ (a] }}", [("template-syntax", 1, 6)]),
        ("a {# b", [("template-syntax", 1, 3)]),
        ("{% for x in y %}", [("template-syntax", 1, 1)]),
        ("{{ " + "9" * 5000 + " }}", [("template-syntax", 1, 1)]),
        ('{{ "\\ud800" }}', [("template-syntax", 1, 4)]),
        ("{{ a.strip(1, 2) }}{{ range(1, 2, 3, 4) }}",
         [("template-syntax", 1, 6), ("template-syntax", 1, 23)]),
        ("{{ a | format(1) }}{{ a.format(1) }}",
         [("template-forbidden", 1, 8), ("template-forbidden", 1, 25)]),
        ("{% set range = a %}{{ range(3) }}{{ (a)(1) }}",
         [("template-forbidden", 1, 23), ("template-forbidden", 1, 38)]),
        ("{{ range() }}{{ a.split(*b) }}", [("template-forbidden", 1, 4), ("template-forbidden", 1, 19)]),
        ("{{ a.__len__() }}{{ a.mro() }}{{ 'x'.format.im_func }}{{ a.b.clear() }}",
         [("template-forbidden", 1, 6), ("template-forbidden", 1, 23), ("template-forbidden", 1, 62)]),
        ("a {{{name}}}", [("template-syntax", 1, 3)]),
        ("{{ a }}\n{{#x}}{{/x}}", [("template-syntax", 2, 1)]),
        ("{{ a.__class__ }}{{ a['__x'] }}{{ a|attr('b') }}",
         [("template-forbidden", 1, 5), ("template-forbidden", 1, 22), ("template-forbidden", 1, 37)]),
        ("{{ a.center(9) }}\n{{ a .  pprint() }}{{ dict(b=1) }}",
         [("template-forbidden", 1, 6), ("template-forbidden", 2, 9), ("template-forbidden", 2, 23)]),
        ("{{ a|pprint }}{{ a is sameas b }}", [("template-forbidden", 1, 6), ("template-forbidden", 1, 20)]),
        ("{{ a|upper(1) }}{{ a|replace('b') }}", [("template-syntax", 1, 6), ("template-syntax", 1, 22)]),
        ("{{ a|sort(attribut='b') }}{{ a is eq }}", [("template-syntax", 1, 6), ("template-syntax", 1, 32)]),
        ("{% import 'a' as b %}", [("template-forbidden", 1, 4)]),
        ("{% from 'a' import b %}", [("template-forbidden", 1, 4)]),
        ("{% extends 'a' %}", [("template-forbidden", 1, 4)]),
        ("{% macro m() %}{% endmacro %}", [("template-forbidden", 1, 4)]),
        ("{% block b %}{% endblock %}", [("template-forbidden", 1, 4)]),
        ("{% call a() %}{% endcall %}", [("template-forbidden", 1, 4)]),
        ("{% autoescape true %}{% endautoescape %}", [("template-forbidden", 1, 4)]),
        ("{% include a %}", [("template-forbidden", 1, 4)]),
        ("{% include ['a'] %}", [("template-forbidden", 1, 4)]),
        ("{% include 'a' ignore missing %}", [("template-forbidden", 1, 4)]),
        ("{% include 'a' without context %}", [("template-forbidden", 1, 4)]),
        ("{% for x in l recursive %}{% endfor %}", [("template-forbidden", 1, 4)]),
        ("{% for x in l %}{{ loop }}{{ loop.cycle }}{% endfor %}",
         [("template-forbidden", 1, 20), ("template-forbidden", 1, 34)]),
        ("{% set a.b = 1 %}", [("template-forbidden", 1, 8)]),
        ("{{ self }}{{ a|join(*b) }}", [("template-forbidden", 1, 4), ("template-forbidden", 1, 16)]),
    ],
)  # fmt: skip
def test_refuses_with_the_place_of_every_problem(
    text: str, problems: list[tuple[str, int, int]]
) -> None:
    with pytest.raises(TemplateInvalid) as refused:
        jinja(text)
    found = [(p.rule, p.place.line, p.place.column) for p in refused.value.problems]
    assert found == problems


@pytest.mark.parametrize(
    ("text", "message", "place"),
    [
        ("x\n {{ nope }}{{ a ~ 1 }}", "'nope' is undefined", Place(2, 5)),
        ("{{ o.nope ~ '' }}", "the object has no `nope`", Place(1, 4)),
        ("{{ 1 }}\n{{ 1 // (a - a) }}", "division by zero", Place(2, 4)),
        ("{% set b = a + 'x' %}", "`+` takes numbers here", Place(1, 4)),
        ("{{ a.real ~ '' }}", "the value has no `real`", Place(1, 4)),
        ("{{ 's'.upper ~ '' }}", "the string has no `upper`", Place(1, 4)),
        ("{% for x in a %}{% endfor %}", "'int' object is not iterable", Place(1, 4)),
        ("{{ a | sum }}", "this filter takes a list", Place(1, 8)),
        ("{{ a.upper() }}", "only a string has this method", Place(1, 5)),
        ("{{ 's'.items() }}", "only an object has items", Place(1, 7)),
        ("{{ 's'.get('x') }}", "only an object has this method", Place(1, 7)),
        ("{{ [1] | batch(0) }}", "a whole number above 0 belongs here", Place(1, 10)),
    ],
)
def test_a_failing_template_says_where(text: str, message: str, place: Place) -> None:
    with pytest.raises(TemplateFailed) as failed:
        jinja(text).render({"a": 1, "o": {}}, {})
    assert (failed.value.message, failed.value.place) == (message, place)


def test_an_error_in_an_included_text_names_its_file() -> None:
    template = jinja("{% include 'a.md' %}{% if true %}{% endif %}")
    with pytest.raises(TemplateFailed) as failed:
        template.render({}, {"a.md": jinja("one\n {{ two }}")})
    assert (failed.value.file, failed.value.place) == ("a.md", Place(2, 5))


def test_an_included_text_sees_loop_variables_and_values() -> None:
    partials = {"a.md": jinja("[{{ x }}{{ y }}]")}
    template = jinja("{% for x in l %}{% include 'a.md' %}{% endfor %}")
    assert template.render({"l": [1, 2], "y": "{{ y }}"}, partials) == "[1{{ y }}][2{{ y }}]"


def test_an_included_text_that_includes_itself_ends() -> None:
    template = jinja("{% include 'a.md' %}")
    with pytest.raises(TemplateFailed):
        template.render({}, {"a.md": template})


BOMBS = {
    "repeat": "{{ 'a' * 10 ** 9 }}",
    "dead branch": "{% if false %}{{ 'a' * 10 ** 9 }}{% endif %}",
    "constant power": "{{ 9 ** 9 ** 9 }}",
    "power": "{{ n ** (9 ** 9) }}",
    "squares": "{% set k = n %}" + "{% set k = k * k %}" * 60 + "{{ k }}",
    "percent": "{{ '%999999999d' % 3 }}",
    "doubling text": "{% set s = 'aaaa' %}" + "{% set s = s ~ s %}" * 40 + "{{ s }}",
    "doubling list": "{% set k = l %}" + "{% set k = k + k %}" * 40 + "{{ k }}",
    "nested list": "{% set k = [1] %}" + "{% set k = [k, k] %}" * 60 + "{{ k == k }}",
    "nested object": "{% set k = 1 %}" + "{% set k = {'a': k, 'b': k} %}" * 60 + "{{ k }}",
    "loops": "{% for a in l %}" * 8 + "x" + "{% endfor %}" * 8,
    "empty loops": "{% for a in l %}" * 8 + "{% endfor %}" * 8,
    "filtered loops": "{% for a in l if false %}{% endfor %}{% for a in l %}" * 8 + "{% endfor %}" * 8,
    "loops in set": "{% set x %}" + "{% for a in l %}" * 8 + "{{ l }}" + "{% endfor %}" * 8 + "{% endset %}",
    "static loops": "{% for a in l %}" * 4 + "x" * 9999 + "{% endfor %}" * 4,
    "replace": "{% set s = l | join('aaaaaaaaaaaaaaaa') %}" + "{% set s = s | replace('a', s) %}" * 9,
    "join": "{% set s = l | join('aaaaaaaaaaaaaaaa') %}" + "{% set s = l | join(s) %}" * 9,
    "indent": "{% set s = l | join('\\n') %}" + "{% set s = s | indent(1000) | replace(' ', '\\n') %}" * 9,
    "slices": "{% set s = t %}" + "{% set s = s[1:] %}{% set s = s ~ '' %}" * 400,
    "round": "{{ 1.5 | round(10 ** 9, 'ceil') }}",
    "many tags": "{{ n }}" * 100_000,
    "many words": "{% set x = " + "n + " * 200_000 + "n %}",
    "many names": "".join(f"{{% set x{i} = 1 %}}" for i in range(50_000)),
    "deep brackets": "{{ " + "(" * 10_000 + " }}",
    "deep not": "{{ " + "not " * 9_000 + "n }}",
    "deep ifs": "{% if n %}" * 3000 + "{% endif %}" * 3000,
    "long chain": "{{ n" + " and n" * 4000 + " }}",
    "open comment": "{#" * 200_000,
    "open tags": "{{ " * 200_000,
    "blanks": "{% " + " " * 900_000 + "%}",
    "large text": "a" * 2_000_000 + "{{ n }}",
    "long output": "{{ t }}" * 3000,
    "comparisons": "{% if t == u %}{% endif %}" * 2000,
    "range": "{{ range(10 ** 9) }}",
    "long range": "{{ range(10 ** 40) }}",
    "ranges": "{% for a in range(1000) %}" * 8 + "{% endfor %}" * 8,
    "split": "{{ t.split('t') }}{{ (t | replace('t', ' x')).split() }}",
    "splits": "{% for a in l %}" * 3 + "{{ t.split('t') | length }}" + "{% endfor %}" * 3,
    "lines": "{{ (t | replace('t', '\\n')).splitlines() }}",
    "method replace": "{% set s = l | join('aaaaaaaaaaaaaaaa') %}" + "{% set s = s.replace('a', s) %}" * 9,
    "method join": "{% set s = l | join('aaaaaaaaaaaaaaaa') %}" + "{% set s = s.join(l) %}" * 9,
    "items": "{% set k = {'a': t} %}" + "{% set k = {'a': k.items(), 'b': k.values()} %}" * 60,
    "escape": "{% set s = t | replace('t', '&') %}" + "{% set s = s | e %}" * 60,
    "batch": "{{ l | batch(1, 'x') | batch(10 ** 9, 'x') }}",
    "slice": "{{ l | slice(10 ** 9, 'x') }}",
    "wrap": "{{ t | wordwrap(1) }}",
    "wrap in long rows": "{{ t | wordwrap(1, true, t) }}",
    "wrap blanks": "{{ t | replace('t', ' ') | wordwrap(3) }}",
    "wrap hyphens": "{{ t | replace('tt', 't-') | wordwrap(3) }}",
    "wrap dashes": "{{ t | replace('t', 'a-') | wordwrap(70000) }}",
    "wrap lines": "{{ t | replace('t', '\\n') | wordwrap(3) }}",
    "method chain": "{{ s" + ".strip()" * 3000 + " }}",
    "tojson": "{% set k = [n] %}" + "{% set k = [k] %}" * 800 + "{{ [k] | tojson(indent=8) }}",
}  # fmt: skip


@pytest.mark.parametrize("text", BOMBS.values(), ids=BOMBS.keys())
def test_no_template_takes_long_or_much(text: str) -> None:
    values: dict[str, Json] = {
        "n": 7,
        "l": list(range(100)),
        "t": "t" * 999_999,
        "u": "t" * 999_999,
    }
    began = time.process_time()
    with contextlib.suppress(TemplateInvalid, TemplateFailed):
        jinja(text).render(values, {})
    assert time.process_time() - began < 2  # on a busy machine; 0.5 s alone


@pytest.mark.parametrize(
    "name",
    [
        *("doubling text", "nested list", "static loops", "join", "indent", "slices"),
        *("range", "split", "lines", "batch", "slice", "escape", "wrap", "wrap in long rows"),
    ],
)
def test_no_template_takes_much_memory(name: str) -> None:
    values: dict[str, Json] = {"n": 7, "l": list(range(100)), "t": "t" * 999_999}
    template = jinja(BOMBS[name])
    tracemalloc.start()
    try:
        with pytest.raises(TemplateFailed):
            template.render(values, {})
        assert tracemalloc.get_traced_memory()[1] < 100_000_000
    finally:
        tracemalloc.stop()


NESTED = {
    "lists": ("[", "]"),
    "objects": ("{'a': ", "}"),
    "comparisons": ("(1 == ", ")"),
    "joins": ("('a' ~ ", ")"),
    "slices": ("a[a[1:", ":]:]"),
    "members": ("a[", "]"),
    "sums": ("(1 + ", ")"),
    "filters": ("(1 | default(", "))"),
    "tests": ("(a is eq(", "))"),
    "conditions": ("(1 if a else ", ")"),
    "negations": ("(not ", ")"),
    "alternatives": ("(a or ", ")"),
    "methods": ("('a'.get(", "))"),
    "chains": ("('a' ~ ", ").strip().strip()"),
    "ranges": ("range(", ")"),
    "half conditions": ("(a if ", ")"),
}


@pytest.mark.parametrize(
    "before", ["", "{% if true %}" * 20, "{% with %}" * 20, "{% filter upper %}" * 20]
)
@pytest.mark.parametrize(("left", "right"), NESTED.values(), ids=NESTED.keys())
def test_what_is_accepted_also_compiles(before: str, left: str, right: str) -> None:
    after = "".join(
        f"{{% end{word} %}}" for word in before.split() if word in ("if", "with", "filter")
    )
    texts = [f"{before}{{{{ {left * n}1{right * n} }}}}{after}" for n in range(5, 60)]
    deepest = max(n for n, text in enumerate(texts) if _is_accepted(text))
    full_jinja.compiled(texts[deepest])
    assert deepest + 1 < len(texts)


def _is_accepted(text: str) -> bool:
    try:
        jinja(text)
    except TemplateInvalid:
        return False
    return True


def test_wide_chains_of_includes_end() -> None:
    twice = "{{% include 'p{0}' %}}{{% include 'p{0}' %}}"
    partials = {f"p{n}": jinja(twice.format(n + 1)) for n in range(16)} | {"p16": jinja("x" * 500)}
    began = time.process_time()
    with pytest.raises(TemplateFailed):
        jinja("{% include 'p0' %}").render({}, partials)
    assert time.process_time() - began < 2


PIECES = [
    "{{ name }}",
    "{{name}}",
    "{{ a_b }}",
    "{",
    "}",
    "{{",
    "}}",
    "{{ true }}",
    "{{ self }}",
    " ",
    "\n",
]
PIECES += [
    "{{\n b\t}}",
    "{#",
    "{%",
    "#}",
    "text",
    "{{ is }}",
    "{{ not }}",
    "{{{ a }}}",
    "%}",
    "{{ 1 }}",
    "\x0b",
]
FRAGMENTS = st.lists(st.sampled_from(PIECES) | st.text(max_size=3), max_size=8)


@settings(deadline=None)
@given(FRAGMENTS)
@example(["{{ if }}"])
@example(["{", "{{ a }}"])
def test_the_plain_part_is_read_as_jinja_reads_it(pieces: list[str]) -> None:
    text = "".join(pieces).replace("\r", "")
    simple = parse_simple(text)
    if simple is None:
        return
    full = full_jinja.parse(text)
    values: dict[str, Json] = {name: f"<{name}>" for name in full.names}
    assert simple.names == full.names
    assert simple.render(values, {}) == full.render(values, {})


def test_jinja_loads_only_for_a_template_that_needs_it() -> None:
    program = """
import sys
from promptctl.core.templates import TemplateFormat, parse_template
parse_template("a {{ b }} { c }", TemplateFormat.JINJA2).render({"b": 1}, {})
assert not any(name.startswith("jinja2") for name in sys.modules)
parse_template("{% if a %}{% endif %}", TemplateFormat.JINJA2)
assert "jinja2" in sys.modules and "jinja2.compiler" in sys.modules
"""
    subprocess.run([sys.executable, "-c", program], check=True)


@given(st.lists(st.text("ab é1", min_size=1), max_size=12), st.integers(5, 20))
def test_wordwrap_breaks_lines_as_python_does(words: list[str], width: int) -> None:
    text = " ".join(word[:5] for line in words for word in line.split())
    expected = "\n".join(textwrap.wrap(text, width))
    assert (
        jinja("{{ text | wordwrap(width) }}").render({"text": text, "width": width}, {}) == expected
    )


@pytest.mark.parametrize(
    ("heading", "known"),
    [
        ("Filters: ", FILTERS),
        ("Tests: ", TESTS),
        ("Methods: ", {**METHODS, **FUNCTIONS}),
    ],
)
def test_the_documentation_lists_what_there_is(heading: str, known: dict[str, object]) -> None:
    page = (CHECKOUT / "docs/templates.md").read_text(encoding="utf-8")
    (line,) = [line for line in page.splitlines() if line.startswith(heading)]
    own = {"Filters: ": {"d", "default"}, "Tests: ": {"defined", "undefined"}}.get(heading, set())
    assert set(re.findall(r"`(\w+)`", line)) == set(known) | own
