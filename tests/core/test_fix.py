"""Mending prompt files: what is changed, what is left alone, and that nothing else ever changes."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promptctl.core.document import parse_document
from promptctl.core.fix import fix_source
from tests.example_files import valid_examples

HEAD = "provider: openai\nmodel: gpt-6-luna\n"
STRICT = HEAD + (
    "template: Hello\nresponse_format:\n  type: json_schema\n  json_schema:\n    name: a\n"
    "    strict: true\n    schema:\n"
)


def fixed(text: str, *off: str) -> tuple[str, list[str]]:
    result = fix_source(text.encode(), "a.yaml", frozenset(off))
    return result.content.decode(), list(result.rules)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("template: |\n  One \n  two\t \n", "template: |\n  One\n  two\n"),
        ("template: |\r\n  One \r\n  two\r\n", "template: |\r\n  One\r\n  two\r\n"),
        ("template: |+\n  One \n\n\n", "template: |+\n  One\n\n\n"),
        ("template: 'One '\n", "template: 'One'\n"),
        ('template: "One \\n two\t"\n', 'template: "One\\n two"\n'),
        (
            "messages:\n- {role: user, content: 'a '} # 'a '\n- {role: user, content: \"b \"}\n",
            "messages:\n- {role: user, content: 'a'} # 'a '\n- {role: user, content: \"b\"}\n",
        ),
        ("template: |\n  Two  \n  stay\n", None),
        ("template: >\n  folded \n  text \n", None),  # not shown as it is
        ('template: "One\\t"\n', None),
        ("template: 'One ' # promptctl: ignore[trailing-space]\n", None),
        ("template: One \nmetadata: {note: 'x '}\n", None),  # the model does not see these
    ],
)
def test_blanks_at_the_ends_of_lines(before: str, after: str | None) -> None:
    text, rules = fixed(HEAD + before)
    assert text == HEAD + (after or before)
    assert set(rules) == ({"trailing-space"} if after else set())


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("      type: object\n", "      type: object\n      additionalProperties: false\n"),
        (
            "      type: object # so\n# end\n",
            "      type: object # so\n      additionalProperties: false\n# end\n",
        ),
        ("      {type: object}\n", "      {type: object, additionalProperties: false}\n"),
        ("      {type: object, }\n", "      {type: object, additionalProperties: false, }\n"),
        (
            "      {type: object # {\n      }\n",
            "      {type: object, additionalProperties: false # {\n      }\n",
        ),
        (
            "      type: object\n      properties:\n        a:\n          type: object\n",
            "      type: object\n      properties:\n        a:\n          type: object\n"
            "          additionalProperties: false\n      additionalProperties: false\n",
        ),
        (
            "      type: object\n      properties:\n        a:\n          type: object\n"
            "          description: |\n            A\n\n      description: >-\n        B\n\n",
            "      type: object\n      properties:\n        a:\n          type: object\n"
            "          description: |\n            A\n          additionalProperties: false\n\n"
            "      description: >-\n        B\n      additionalProperties: false\n\n",
        ),
        ("      type: object # promptctl: ignore[response-schema-strict]\n", None),
        (
            "      type: object\n      properties:\n        a: {type: object}\n        b:\n"
            "          type: object\n          properties: {}\n      required: [a, b]\n",
            "      type: object\n      properties:\n        a: {type: object, additionalProperties: false}\n"
            "        b:\n          type: object\n          properties: {}\n"
            "          additionalProperties: false\n      required: [a, b]\n"
            "      additionalProperties: false\n",
        ),
        ("      {type: object, additionalProperties: true}\n", None),
        ("      type: object", "      type: object\n      additionalProperties: false"),
    ],
)
def test_objects_of_strict_schemas_are_closed(before: str, after: str | None) -> None:
    text, rules = fixed(STRICT + before)
    assert text == STRICT + (after or before)
    assert set(rules) == ({"response-schema-strict"} if after else set())


def test_a_limit_gets_the_name_that_the_model_knows() -> None:
    before = (
        "provider: openai\nmodel: gpt-5-mini\nparameters:\n  max_tokens: 5 # few\ntemplate: Hi\n"
    )
    text, rules = fixed(before)
    assert text == before.replace("max_tokens", "max_completion_tokens")
    assert rules == ["parameter-unsupported"]
    quoted = before.replace("max_tokens", '"max_tokens"')
    assert fixed(quoted)[0] == quoted.replace("max_tokens", "max_completion_tokens")
    both = before.replace("template", "  max_completion_tokens: 5\ntemplate")
    assert fixed(both) == (both, [])


def test_a_byte_order_mark_goes() -> None:
    result = fix_source(b"\xef\xbb\xbf" + HEAD.encode(), "a.yaml", frozenset())
    assert (result.content, result.rules) == (HEAD.encode(), ("yaml-encoding",))


def test_rules_that_are_off_mend_nothing() -> None:
    text = STRICT + "      type: object\n" + "metadata: {}\n"
    assert fixed(text, "response-schema-strict") == (text, [])
    text = HEAD + "template: 'a '\n"
    assert fixed(text, "trailing-space") == (text, [])


@pytest.mark.parametrize("text", ["", "[", "- a \n", "a: |\n  b \n", "\x00", "template: &a 'b '\n"])
def test_what_is_no_prompt_stays_as_it_is(text: str) -> None:
    assert fixed(text)[1] in ([], ["trailing-space"])


_TEXTS = st.text(alphabet="ab \t\n\"'\\{}#:-", max_size=30)


@given(st.lists(_TEXTS, min_size=1, max_size=4), st.sampled_from(["|", "|-", "|+", ">", "'", '"']))
@settings(max_examples=300, deadline=None)
def test_nothing_but_blanks_ever_changes(texts: list[str], style: str) -> None:
    lines = [HEAD + "messages:"]
    for text in texts:
        lines.append("- role: user")
        if style in ("'", '"'):
            inner = text.replace("'", "''") if style == "'" else text.replace("\\", "\\\\")
            inner = inner if style == "'" else inner.replace('"', '\\"')
            lines.append(f"  content: {style}{inner}{style} # kept ")
        else:
            lines.append(f"  content: {style}")
            lines += [f"    {line}" for line in text.split("\n")]
    before = "\n".join(lines) + "\n"
    after, rules = fixed(before)
    assert after.replace(" ", "").replace("\t", "") == before.replace(" ", "").replace("\t", "")
    assert (after == before) == (not rules)
    assert fixed(after) == (after, [])
    old, new = (parse_document(text.encode(), "a").document for text in (before, after))
    assert (old is None) == (new is None)


def test_valid_examples_need_nothing(tmp_path_factory: pytest.TempPathFactory) -> None:
    for example in valid_examples():
        root = tmp_path_factory.mktemp("example")
        example.make(root)
        for file in (root / "prompts").rglob("*.yaml"):
            result = fix_source(file.read_bytes(), "a.yaml", frozenset())
            assert (example.name, result.rules) == (example.name, ())
