"""Examples and defaults are rendered: what fails is named, what is costly is let be."""

from __future__ import annotations

import time

import pytest

from promptctl.core.checks import check_source
from promptctl.core.finding import Finding
from promptctl.core.templates import TemplateFormat, parse_template
from promptctl.errors import FileMissing
from promptctl.repo.schemas import read_schema_text

HEAD = "provider: openai\nmodel: gpt-4o-mini\n"
HEAD += "variables: {n: {type: integer}, l: {type: array, default: []}}\n"
EXAMPLES = f"examples: [{', '.join(f'{{name: e{i}, variables: {{n: {i}}}}}' for i in range(40))}]\n"


def check(text: str, **files: str) -> list[Finding]:
    def read(path: str) -> bytes:
        name = path.rpartition("/")[2].removesuffix(".md")
        if name not in files:
            raise FileMissing(path)
        return files[name].encode()

    return check_source(text.encode(), "a.yaml", read, read_schema_text("prompt"), folder="prompts")


def messages(*contents: str) -> str:
    return (
        "messages: [" + ", ".join(f'{{role: user, content: "{text}"}}' for text in contents) + "]\n"
    )


def test_a_failing_example_is_named_with_the_place_in_the_template() -> None:
    found = check(
        HEAD + messages("{{ l }}", "{{ 7 // n }}") + "examples: [{name: zero, variables: {n: 0}}]\n"
    )
    assert [(str(f.location), f.rule, f.message) for f in found] == [
        ("a.yaml:5:19", "example-invalid", "example `zero` fails at a.yaml:4:72: division by zero")
    ]


def test_a_failure_in_an_included_text_names_that_text() -> None:
    text = (
        HEAD
        + messages("{% include 'p.md' %} {{ l }}")
        + "examples: [{name: zero, variables: {n: 0}}]\n"
    )
    (finding,) = check(text, p="Since\n {{ 7 // n }}")
    assert "prompts/p.md:2:5: division by zero" in finding.message


def test_a_prompt_with_another_error_is_not_rendered() -> None:
    text = (
        HEAD
        + messages("{{ l }}{{ 7 // n }}{{ nope }}")
        + "examples: [{name: a, variables: {n: 0}}]\n"
    )
    assert [f.rule for f in check(text)] == ["variable-undeclared"]


@pytest.mark.parametrize(
    ("text", "can_fail"),
    [
        ("plain", False),
        ("{{ n }}{% include 'p.md' %}", False),
        ("{% if n == 1 and not l %}{{ n | upper }}{% else %}{{ l | tojson }}{% endif %}", False),
        ("{% for x in l %}{{ loop.index }}{{ x ~ n }}{% endfor %}", False),
        ("{% for x in n %}{% endfor %}", True),
        ("{% for a, b in l %}{% endfor %}", True),
        ("{% set x = n %}{% for a in x %}{% endfor %}", True),
        *((f"{{{{ {expression} }}}}", True) for expression in (
            "n.x", "n[0]", "n + 1", "-n", "n < 1", "1 in n", "n | sum", "n.strip()", "range(n)",
            "n is odd", "n is divisibleby(2)", "n | trim(3)",
        )),
    ],
)  # fmt: skip
def test_what_can_fail(text: str, can_fail: bool) -> None:
    template = parse_template(text, TemplateFormat.JINJA2)
    assert template.can_fail({"n": {"type": "integer"}, "l": {"type": "array"}}) is can_fail


_LOOPS = "{% for a in range(400) %}{% for b in range(100) %}{% endfor %}{% endfor %}{{ n }}"
_UNIT = "{% if n > 1 %}{{ n + 1 }}{% endif %}"
BOMBS = {
    "loops": messages(*[_LOOPS] * 100) + EXAMPLES,
    "long templates": messages(*(f"{_UNIT * 500}{i}" for i in range(6))) + EXAMPLES,
    "many templates": messages(*(f"{_UNIT * 12}{i}" for i in range(300))) + EXAMPLES,
    "sections": "template_format: mustache\n" + messages(*["{{#l}}{{#l}}{{#l}}{{.}}{{/l}}{{/l}}{{/l}}"] * 100)
    + f"examples: [{{name: long, variables: {{n: 1, l: {list(range(60))}}}}}]\n",
}  # fmt: skip


@pytest.mark.parametrize("name", BOMBS)
def test_no_prompt_takes_long_to_try(name: str) -> None:
    check(HEAD + "template: Hello\n")  # what loads once
    text = HEAD + BOMBS[name]
    began = time.process_time()
    check(text)
    assert time.process_time() - began < 2.5
