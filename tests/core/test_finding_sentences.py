"""What findings say: the cause in a sentence that is true, at its place, and a hint that helps."""

from __future__ import annotations

import pytest

from promptctl.core.checks import check_source
from promptctl.core.finding import Finding
from promptctl.errors import FileMissing
from promptctl.repo.schemas import read_schema_text

SCHEMA = read_schema_text("prompt")
HEAD = "provider: openai\nmodel: gpt-4o-mini\n"
HELLO = HEAD + "template: Hello\n"


def check(text: str) -> list[Finding]:
    def read(path: str) -> bytes:
        raise FileMissing(path)

    return check_source(text.encode(), "prompts/a.yaml", read, SCHEMA, folder="prompts")


def told(text: str) -> tuple[str, str, str | None]:
    """The place, the message and the hint of the only finding."""
    (finding,) = check(text)
    place = f"{finding.location.line}:{finding.location.column}"
    return place, finding.message, finding.hint


@pytest.mark.parametrize(
    "name", ["cohere", "watsonx", "nvidia", "sambanova", "huggingface", "replicate"]
)
def test_a_provider_of_the_world_is_no_misspelling(name: str) -> None:
    assert told(f"provider: {name}\nmodel: m\ntemplate: Hello\n") == (
        "1:11",
        f"promptctl cannot call `{name}` itself",
        "name an endpoint of that name in your configuration",
    )


def test_a_misspelt_provider_is_told_apart() -> None:
    assert told("provider: opnai\nmodel: m\ntemplate: Hello\n") == (
        "1:11",
        "promptctl has no provider `opnai` built in",
        "did you mean `openai`?",
    )


_BEHIND = "this stands behind the closing {}, where the value has ended"
_QUOTE_WHOLE = "quote the whole value, or write it below a |"
_DEEPER = "the indentation of `{}` makes it part of the text that begins above"
_ALIGN = "indent it like the keys above; a text that holds ': ' needs quotes"


@pytest.mark.parametrize(
    ("text", "place", "message", "hint"),
    [
        ("template: 'it's'\n", "1:15", _BEHIND.format("'"),
         "inside such quotes write '' for ', or quote with \""),
        ('template: "say "Hi" to"\n', "1:17", _BEHIND.format('"'),
         "inside such quotes write \\\" for \", or quote with '"),
        ('template: "Hello" world\nmodel: m\n', "1:19", _BEHIND.format('"'), _QUOTE_WHOLE),
        ("template: [link](url)\nmodel: m\n", "1:17", _BEHIND.format("]"), _QUOTE_WHOLE),
        ("template: {name} hello\n", "1:18", _BEHIND.format("}"), _QUOTE_WHOLE),
        ("tags:\n- 'a' b\n- c\n", "2:7", _BEHIND.format("'"), _QUOTE_WHOLE),
        ('"Hello" world\n', "1:9", _BEHIND.format('"'), _QUOTE_WHOLE),
        ("tags: [a, 'b' c]\n", "1:15", _BEHIND.format("'"), _QUOTE_WHOLE),
        ('tags: ["a" "b"]\n', "1:12", "a list is not closed: expected , or ]; it begins in line 1", None),
        ("template: 'open\nmodel: 'm'\n", "1:11",
         "the quote that opens here is closed in line 2, and text follows it there",
         "close the quote, or double the quotes inside the text"),
        ("template: 'open\nmodel: m\n", "1:11", "the quote that opens here is never closed",
         "close the quote"),
        ("a: 'x' # why\n  b: c\n", "2:3", "this does not line up with the keys above", "check indentation"),
        ("messages:\n- role:user\n  content: Hi\n", "2:8", "a blank is missing behind `role:`",
         "write `role: user`"),
        ("provider: x\nmodel:gpt\ntemplate: Hi\n", "2:7", "a blank is missing behind `model:`",
         "write `model: gpt`"),
        ("model:gpt\ntemplate: Hi\n", "1:7", "a blank is missing behind `model:`", "write `model: gpt`"),
        ("a: |\n  x:y\nb: c: d\n", "3:5", "a colon cannot stand here", "quote a text that holds ': '"),
        ("provider: openai\n  model: m\n", "2:3", _DEEPER.format("model"), _ALIGN),
        ("a:\n b: c\n  d: e\n", "3:3", _DEEPER.format("d"), _ALIGN),
        ("a: b\nfoo\n", "2:1", "a colon is missing after this key", "write key: value"),
        (f"a: b\n{'k' * 2000}: c\n", "2:1",
         "a key has at most 1,024 characters, and this would be a longer one",
         "write key: value, with a shorter key"),
        ("a: b\nfoo", "2:1", "a colon is missing after this key", "write key: value"),
        ("a: b\nfoo\nc: d\n", "2:1", "a colon is missing after this key", "write key: value"),
    ],
)  # fmt: skip
def test_what_is_no_yaml_is_told_by_its_cause(
    text: str, place: str, message: str, hint: str | None
) -> None:
    assert told(text)[: 3 if hint else 2] == (place, message, hint)[: 3 if hint else 2]


def _variable(schema: str) -> str:
    return f"{HEAD}template: '{{{{ x }}}}'\nvariables:\n  x: {schema}\n"


@pytest.mark.parametrize(
    ("schema", "message", "hint"),
    [
        ("{type: [string, null]}",
         "variable `x`: `type` item 2: `null` is not one of `array`, `boolean`, `integer`, `\"null\"` (text),"
         " `number`, `object` or `string`", 'write `"null"`'),
        ("{enum: [1, 2], default: '1'}",
         'the default of `x`: `"1"` (text) is not one of `1` or `2`', "remove the quotes"),
        ("{enum: ['true', other], default: true}",
         'the default of `x`: `true` is not one of `"true"` (text) or `other`', 'write `"true"`'),
        ("{enum: [1, 2], default: one}", "the default of `x`: `one` is not one of `1` or `2`", None),
        ("{const: '1', default: 1}", 'the default of `x` is `1`, but must be `"1"` (text)', 'write `"1"`'),
        ("{type: integer, default: '1'}", "the default of `x` must be a whole number, but this is a string",
         "remove the quotes"),
        ("{type: integer, default: one}", "the default of `x` must be a whole number, but this is a string",
         None),
        ("{type: integer, maximum: 5, default: 7}", "the default of `x` is `7`, but must be at most 5", None),
        ("{type: array, items: {maximum: 5}, default: [7]}",
         "the default of `x`: item 1 is `7`, but must be at most 5", None),
    ],
)  # fmt: skip
def test_a_value_and_a_text_that_looks_like_it_are_told_apart(
    schema: str, message: str, hint: str | None
) -> None:
    assert told(_variable(schema))[1:] == (message, hint)


@pytest.mark.parametrize(
    ("rest", "place", "message", "hint"),
    [
        ("parameters: {response_format: {type: text}}\n", "4:14",
         "`response_format` belongs at the top level, beside `parameters`", "move it there"),
        ("parameters: {tools: []}\n", "4:14", "`tools` belongs at the top level, beside `parameters`",
         "move it there"),
        ("parameters: {temperature: 2.5}\n", "4:27", "`temperature` is `2.5`, but must be at most 2", None),
        ("tools: [{type: raw, raw: {a: 1}}]\n", "4:16", "tools are functions here, and this one is `raw`",
         "remove it; to keep what Phoenix has here, move it under `metadata.phoenix`"),
        ("tools: [{type: functoin, function: {name: f}}]\n", "4:16",
         "`type` is `functoin`, but must be `function`", "expected `function`"),
    ],
)  # fmt: skip
def test_what_stands_in_the_wrong_place_is_told_where_it_belongs(
    rest: str, place: str, message: str, hint: str | None
) -> None:
    assert told(HELLO + rest) == (place, message, hint)


def test_a_limit_of_one_provider_names_it() -> None:
    text = "provider: anthropic\nmodel: claude-x\ntemplate: Hi\nparameters: {temperature: 1.5}\n"
    assert told(text) == ("4:27", "`temperature` is `1.5`, but anthropic takes at most 1", None)


@pytest.mark.parametrize(
    ("number", "meant"),
    [
        *(
            ("1_000", "1000"),
            ("010", "10"),
            ("08", "8"),
            ("0o17", "15"),
            ("0b11", "3"),
            ("0xf_f", "255"),
        ),
        *(("1e3", "1000"), ("-0b11", "-3"), ("+1_0.5", "10.5"), ("1:20", None), ("0_10", None)),
        ("0x_", None),
    ],
)
def test_an_ambiguous_number_is_offered_as_it_was_most_probably_meant(
    number: str, meant: str | None
) -> None:
    _, message, hint = told(f"{HELLO}parameters: {{max_tokens: {number}}}\n")
    assert f"disagree on `{number}`" in message
    assert hint == f"{f'write {meant}, or ' if meant else ''}quote it if it is meant as text"


@pytest.mark.parametrize(
    ("comment", "place", "message", "hint"),
    [
        ("ignore[variable-unsued]", "3:39", "there is no rule `variable-unsued`",
         "did you mean `variable-unused`?"),
        ("ignore[secret, everything]", "3:47", "there is no rule `everything`",
         "promptctl validate --rules lists them"),
        ("ignore[ yaml-tag ]", "3:40",
         "the rule `yaml-tag` cannot be ignored: everything else relies on it", "remove it from the comment"),
        ("ignore[]", "3:19", "this comment names no rule", "write `# promptctl: ignore[rule]`"),
        ("ignore[ , ]", "3:19", "this comment names no rule", "write `# promptctl: ignore[rule]`"),
        ("ignore", "3:19", "this comment names no rule", "write `# promptctl: ignore[rule]`"),
        ("ignore(secret)", "3:19", "this comment names no rule", "write `# promptctl: ignore[rule]`"),
    ],
)  # fmt: skip
def test_a_comment_that_ignores_nothing_is_told(
    comment: str, place: str, message: str, hint: str
) -> None:
    (finding,) = check(f"{HEAD}template: Hello   # promptctl: {comment}\n")
    assert (finding.rule, finding.severity.value) == ("ignore-invalid", "warning")
    assert told(f"{HEAD}template: Hello   # promptctl: {comment}\n") == (place, message, hint)


@pytest.mark.parametrize(
    "line",
    ["# promptctl: ignore[secret]", "# promptctl: ignores nothing", "# the word ignore[no-rule]"],
)
def test_a_comment_that_is_right_or_is_none_of_ours_is_no_finding(line: str) -> None:
    assert check(f"{HELLO}{line}\n") == []


def test_an_empty_chat_is_kept_and_warned_of() -> None:
    (finding,) = check(HEAD + "messages: []\n")
    assert (finding.rule, finding.severity.value) == ("messages-empty", "warning")
    assert finding.message == "the prompt has no messages: it cannot be run"
