"""Blanks at the ends of lines, fixed text behind variables, prompts beyond a model's context."""

from __future__ import annotations

import json
import time

import pytest

from promptctl.core.check_text import CACHED_FROM, trailing_blanks
from promptctl.core.checks import check_source
from promptctl.core.finding import Finding
from promptctl.repo.schemas import read_schema_text

SCHEMA = read_schema_text("prompt")
FIXED = "x" * CACHED_FROM


def check(messages: list[object], more: str = "", **partials: str) -> list[Finding]:
    text = f"provider: openai\nmodel: gpt-6-luna\n{more}messages: {json.dumps(messages)}\n"
    text += "variables: {v: {type: string}}\n"
    return check_source(
        text.encode(),
        "prompts/a.yaml",
        lambda path: partials[path.removesuffix(".md")].encode(),
        SCHEMA,
        folder="prompts",
    )


def user(content: object) -> object:
    return {"role": "user", "content": content}


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ("a", []),
        ("a ", [(1, 2)]),
        ("a \nb", [(1, 2)]),
        ("a\t\n\nb \t", [(1, 2), (5, 7)]),
        ("a  \nb", []),  # Markdown's line break
        ("a  \n\nb", [(1, 3)]),
        ("a  ", [(1, 3)]),
        ("a   \nb", [(1, 4)]),
        ("  \na", [(0, 2)]),
        ("a b\n  c", []),
    ],
)
def test_blanks_at_the_ends_of_lines(text: str, spans: list[tuple[int, int]]) -> None:
    assert list(trailing_blanks(text)) == spans


def test_what_stands_at_the_end_of_a_part_stays() -> None:
    assert list(trailing_blanks("a \nLook at ", is_part=True)) == [(1, 2)]
    assert check([user([{"type": "text", "text": "{{ v }} Look at "}])]) == []


@pytest.mark.parametrize(
    "text", [" " * 500_000 + "x\ny ", " x" * 250_000 + " ", " \n" * 250_000, "\t \n" * 200_000]
)
def test_a_text_of_nothing_but_blanks_takes_no_time(text: str) -> None:
    start = time.process_time()
    list(trailing_blanks(text))
    assert time.process_time() - start < 2


@pytest.mark.parametrize(
    ("texts", "is_reported"),
    [
        (["{{ v }}" + FIXED], True),
        (["{{ v }}", FIXED], True),
        (["Hi {{ v }}", FIXED + " and {{ v }}"], True),
        ([FIXED + "{{ v }}" + FIXED], False),  # enough of it can be kept
        ([FIXED + "{{ v }}"], False),
        (["{{ v }}" + FIXED[1:]], False),
        (["{{ v }}" + "{{ v }}".join([FIXED[:2000]] * 5)], False),  # nothing to be put first
        (["{{ v }}{# " + FIXED + " #}"], False),
        (["{{ v }}{% raw %}{{ {{ " + FIXED + "{% endraw %}"], True),
        (["{# {{ v }} #}" + FIXED + "{{ v }}"], False),
    ],
)
def test_fixed_text_behind_a_variable(texts: list[str], is_reported: bool) -> None:
    found = check([user(text) for text in texts])
    assert [finding.rule for finding in found] == (["cache-prefix"] if is_reported else [])


@pytest.mark.parametrize(
    ("language", "slot", "include"),
    [
        ("jinja2", "{{ v }}", "{% include 'p.md' %}"),
        ("mustache", "{{v}}", "{{> p.md }}"),
        ("f-string", "{v}", None),
    ],
)
def test_fixed_text_is_told_in_every_language(
    language: str, slot: str, include: str | None
) -> None:
    head = f"template_format: {language}\n"
    (finding,) = check([user(f"Braces first\n{slot}" + FIXED)], head)
    assert (finding.rule, finding.severity.value) == ("cache-prefix", "info")
    if include is not None:
        (finding,) = check([user(slot), user(include)], head, p=FIXED)
        assert finding.rule == "cache-prefix"
        (finding,) = check([user(include), user(FIXED)], head, p=f"\n {slot}")
        assert str(finding.location) == "prompts/p.md:2:2"


def test_many_includes_of_includes_take_no_time() -> None:
    partials = {f"p{i}": "{% include 'p" + str(i + 1) + ".md' %}" * 60 for i in range(9)}
    start = time.process_time()
    check([user("{% include 'p0.md' %}"), user("{{ v }}" + FIXED)], **partials, p9=FIXED)
    assert time.process_time() - start < 3


def test_unclosed_braces_take_no_time() -> None:
    start = time.process_time()
    check([user("{% raw %}" + "{{ {# " * 100_000 + "{% endraw %}{{ v }}")])
    assert time.process_time() - start < 3
