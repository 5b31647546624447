"""What Jinja cannot parse is explained where the mistake begins, however hostile the text."""

from __future__ import annotations

import time

import pytest

from promptctl.core.templates import TemplateInvalid
from promptctl.core.templates.jinja import parse


@pytest.mark.parametrize(
    ("text", "line", "column", "message", "hint"),
    [
        ("Hi {{ mood }\nand {{ b }}", 1, 4, "this `{{` is not closed", "as in `{{ mood }}`"),
        ("{{ 'abc }}", 1, 1, "this `{{` is not closed", "close the quote inside it"),
        ("{{ {'a': {'b': 1}} }", 1, 1, "this `{{` is not closed", "}}"),
        ("{% if a }x{% endif %}", 1, 1, "this `{%` is not closed", "%}"),
        ("a {# b", 1, 3, "this `{#` is not closed", "#}"),
        ("{% raw %}{{", 1, 1, "this `{% raw %}` has no `{% endraw %}`", "endraw"),
        ("a\n{% if a %}{{ b }}", 2, 1, "this `{% if %}` has no `{% endif %}`", "endif"),
        ("{% for a in b %}{% if a %}{% endif %}", 1, 1, "this `{% for %}` has no", "endfor"),
        ("{% for a in b %}\n{% if a %}{% endfor %}", 2, 1, "this `{% if %}` has no", "endif"),
        ("{% set x %}a", 1, 1, "this `{% set %}` has no `{% endset %}`", "endset"),
        ("{% set x = 1 %}{% if x %}", 1, 16, "this `{% if %}` has no", "endif"),
        ("{% inclde 'x' %}", 1, 4, "there is no tag `inclde`", "did you mean `include`?"),
        ("{% if a %}{% endfi %}", 1, 14, "there is no tag `endfi`", "did you mean `endif`?"),
        ("{% zzz %}", 1, 4, "there is no tag `zzz`", "tags are if, for"),
        ("x{% endif %}", 1, 5, "`{% endif %}` ends nothing", "begin with `{% if %}`"),
        ("{% for a in b %}{% endif %}", 1, 20, "cannot end this `{% for %}`", "endfor"),
        ("{% else %}", 1, 4, "stands outside of any `{% if %}`", "between"),
        ("{{ a b }}", 1, 6, "expected `}}`, but found `b`", ""),
        ("{{ a | }}", 1, 8, "expected a name, but found `}}`", ""),
    ],
)
def test_jinja_mistakes_are_named_where_they_begin(
    text: str, line: int, column: int, message: str, hint: str
) -> None:
    with pytest.raises(TemplateInvalid) as caught:
        parse(text)
    (problem,) = caught.value.problems
    assert (problem.place.line, problem.place.column) == (line, column)
    assert message in problem.message
    assert hint in (problem.hint or "")


@pytest.mark.parametrize("piece", ["\\'", "'", '"', "{", "}", "{% if a %}", "{{ '", "{% raw %}"])
def test_a_hostile_text_is_explained_soon(piece: str) -> None:
    start = time.process_time()
    with pytest.raises(TemplateInvalid):
        parse("{{ !" + piece * (200_000 // len(piece)))
    assert time.process_time() - start < 1
