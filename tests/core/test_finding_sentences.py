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
    "name", ["azure_openai", "google", "deepseek", "xai", "aws", "mistral", "groq"]
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
        ("a: b\nfoo", "2:1", "a colon is missing after this key", "write key: value"),
        ("a: b\nfoo\nc: d\n", "2:1", "a colon is missing after this key", "write key: value"),
    ],
)  # fmt: skip
def test_what_is_no_yaml_is_told_by_its_cause(
    text: str, place: str, message: str, hint: str | None
) -> None:
    assert told(text)[: 3 if hint else 2] == (place, message, hint)[: 3 if hint else 2]
