"""Prompts with thousands of names that do not fit together: what is found in them takes no time."""

from __future__ import annotations

import time

import pytest

from promptctl.core.checks import check_source
from promptctl.core.rules import DEFAULT_OFF
from promptctl.repo.schemas import read_schema_text

MANY = 3000
HEAD = "provider: openai\nmodel: gpt-4o\n"
OPTIONAL = "variables:\n" + "".join(f"  v{n}: {{type: string, default: a}}\n" for n in range(MANY))
REQUIRED = "variables:\n" + "".join(f"  v{n}: {{type: string}}\n" for n in range(MANY))
STRICT = (
    "template: Hi\nresponse_format:\n  type: json_schema\n  json_schema:\n    name: a\n"
    "    strict: true\n    schema:\n      type: object\n      additionalProperties: false\n"
    f"      required: [{', '.join(f'q{n}' for n in range(MANY))}]\n      properties:\n"
)


def _messages(tag: str) -> str:
    texts = (" ".join(tag % n for n in range(start, start + 20)) for start in range(0, MANY, 20))
    return "messages:\n" + "".join(f"- {{role: user, content: '{text}'}}\n" for text in texts)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        pytest.param(HEAD + OPTIONAL + _messages("{{ q%d }}"), "variable-undeclared", id="used"),
        pytest.param(
            HEAD + "template_format: mustache\n" + OPTIONAL + _messages("{{#v1}}{{ q%d }}{{/v1}}"),
            "variable-undeclared",
            id="used in sections",
        ),
        pytest.param(
            HEAD
            + OPTIONAL
            + "template: Hi\nexamples:\n- name: x\n  variables:\n"
            + "".join(f"    q{n}: a\n" for n in range(MANY)),
            "example-invalid",
            id="given",
        ),
        pytest.param(
            HEAD
            + REQUIRED
            + "template: Hi\nexamples:\n"
            + "".join(f"- {{name: a{n}, variables: {{q: 1}}}}\n" for n in range(MANY // 2)),
            "example-invalid",
            id="lacking",
        ),
        pytest.param(
            HEAD + STRICT + "".join(f"        p{n}: {{type: string}}\n" for n in range(MANY)),
            "response-schema-strict",
            id="required",
        ),
    ],
)
def test_many_names_take_no_time(text: str, rule: str) -> None:
    schema = read_schema_text("prompt")
    started = time.process_time()
    found = check_source(
        text.encode(), "prompts/a.yaml", _nothing, schema, folder="prompts", off=DEFAULT_OFF
    )
    assert time.process_time() - started < 5, "a look at all names for each takes twice that"
    assert rule in {finding.rule for finding in found}
    assert max(len(finding.message) for finding in found) < 1000


def _nothing(path: str) -> bytes:
    raise AssertionError(path)
