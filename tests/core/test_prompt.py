"""Schema-valid data to a prompt."""

from __future__ import annotations

import pytest

from promptctl.core.finding import PromptInvalid
from promptctl.core.json_data import Json
from promptctl.core.prompt import (
    Example,
    MediaTemplate,
    Message,
    TemplateFormat,
    TextTemplate,
    ToolCallTemplate,
    ToolResultTemplate,
    Variable,
    parse_prompt,
)
from promptctl.errors import FileMissing

FILES = {"_partials/tone.md": b"Be {{ tone }}.\r\n", "_images/a.png": b"\x89PNG"}


def read(path: str) -> bytes:
    if path not in FILES:
        raise FileMissing(f"{path} does not exist")
    return FILES[path]


CHAT: dict[str, Json] = {
    "description": "Greets.",
    "provider": "openai",
    "model": "gpt-4o-mini",
    "parameters": {"temperature": 0},
    "variables": {"name": {"type": "string"}, "tone": {"enum": ["a"], "default": "a"}},
    "messages": [
        {"role": "system", "file": "_partials/tone.md"},
        {"role": "ai", "content": "Hi {{ name }}"},
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "See"},
                {"type": "image", "path": "_images/a.png", "detail": "low"},
                {"type": "file", "url": "https://example.org/a.pdf", "name": "a.pdf"},
                {"type": "tool_call", "id": "1", "name": "f", "arguments": {"a": "{{ name }}"}},
                {"type": "tool_result", "id": "1", "result": [1]},
            ],
        },
    ],
    "examples": [{"name": "one", "variables": {"name": "Ada"}}],
    "tools": [{"type": "function", "function": {"name": "f"}}],
    "tool_choice": "auto",
    "parallel_tool_calls": False,
    "response_format": {"type": "json_object"},
    "metadata": {"owner": "growth"},
}


def test_a_chat_prompt_with_everything() -> None:
    prompt = parse_prompt("support/greeting", CHAT, read)
    at = ("messages", 2, "content")
    assert prompt.messages == (
        Message(
            "system",
            (TextTemplate("Be {{ tone }}.\n", ("messages", 0, "file"), "_partials/tone.md"),),
        ),
        Message("ai", (TextTemplate("Hi {{ name }}", ("messages", 1, "content")),)),
        Message(
            "user",
            (
                TextTemplate("See", (*at, 0, "text")),
                MediaTemplate("image", (*at, 1), file="_images/a.png", detail="low"),
                MediaTemplate("file", (*at, 2), url="https://example.org/a.pdf", name="a.pdf"),
                ToolCallTemplate((*at, 3), "1", "f", '{"a":"{{ name }}"}'),
                ToolResultTemplate((*at, 4), "1", [1]),
            ),
        ),
    )
    assert (prompt.name, prompt.kind, prompt.template_format) == (
        "support/greeting", "chat", TemplateFormat.JINJA2,
    )  # fmt: skip
    assert prompt.variables["name"] == Variable("name", {"type": "string"})
    assert (prompt.variables["name"].required, prompt.variables["tone"].required) == (True, False)
    assert prompt.examples == (Example("one", {"name": "Ada"}),)
    assert prompt.parallel_tool_calls is False
    assert prompt.files == {"_partials/tone.md": b"Be {{ tone }}.\n", "_images/a.png": b"\x89PNG"}


def test_a_string_prompt_is_one_message_of_the_user() -> None:
    data: dict[str, Json] = {
        "provider": "echo",
        "template": "Hi {n}",
        "template_format": "f-string",
    }
    prompt = parse_prompt("hi", data, read)
    assert prompt.messages == (Message("user", (TextTemplate("Hi {n}", ("template",)),)),)
    assert (prompt.kind, prompt.model, prompt.template_format.value) == ("string", None, "f-string")


def test_equal_where_the_text_was_checked_out_with_other_line_ends() -> None:
    unix = parse_prompt("a", CHAT, lambda path: FILES[path].replace(b"\r\n", b"\n"))
    assert unix == parse_prompt("a", CHAT, read)


def test_unequal_when_only_an_included_text_or_an_image_differs() -> None:
    prompt = parse_prompt("a", CHAT, read)
    for changed in FILES:
        other = parse_prompt("a", CHAT, lambda path, c=changed: FILES[path] + b"x" * (path == c))  # type: ignore[misc]
        assert other != prompt


def test_every_problem_comes_at_once() -> None:
    data: dict[str, Json] = {
        "messages": [
            {"role": "user", "content": "{{ a"},
            {"role": "user", "file": "gone.md"},
            {"role": "user", "content": [{"type": "image", "path": "../a.png"}]},
        ]
    }
    with pytest.raises(PromptInvalid) as refused:
        parse_prompt("a", data, read)
    rules = {finding.rule for finding in refused.value.findings}
    assert rules == {"template-syntax", "include-missing", "include-refused"}
