"""Rendered messages and exact requests, for people and for programs."""

from __future__ import annotations

import io
import json

import pytest

from promptctl.core.invocation import (
    FilePart,
    ImagePart,
    Invocation,
    RenderedMessage,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)
from promptctl.output.messages import invocation_json, messages_text, request_json, request_text
from promptctl.output.terminal import Terminal

MESSAGES = (
    RenderedMessage("system", (TextPart("Be \x1b[31mbrief."),)),
    RenderedMessage("us\x1ber", (TextPart("Look:\n"), ImagePart(url="https://x/y.png"))),
    RenderedMessage("user", (FilePart(data=b"1234", media_type="application/pdf", name="a"),)),
    RenderedMessage("assistant", (ToolCallPart("c1", "weather", '{"city":"Paris"}'),)),
    RenderedMessage("tool", (ToolResultPart("c1", {"c": 20}),)),
)
HEADERS = (("content-type", "application/json"), ("authorization", "Bearer $KEY"))


def terminal(*, tty: bool = False, color: bool = False) -> Terminal:
    return Terminal(io.StringIO(), io.StringIO(), io.StringIO(), out_is_tty=tty, out_color=color)


def test_a_pipe_gets_the_messages_as_they_are() -> None:
    assert messages_text(MESSAGES, terminal()) == (
        "[system]\nBe \x1b[31mbrief.\n\n"
        "[us\x1ber]\nLook:\n[image: https://x/y.png]\n\n"
        "[user]\n[file: application/pdf, 4 bytes]\n\n"
        '[assistant]\n[tool call c1: weather({"city":"Paris"})]\n\n'
        '[tool]\n[result of tool call c1: {"c":20}]\n'
    )


def test_a_terminal_shows_control_characters() -> None:
    text = messages_text(MESSAGES, terminal(tty=True, color=True))
    assert text.startswith("\x1b[1;36m[system]\x1b[0m\nBe \\x1b[31mbrief.\n")
    assert "[us\\x1ber]" in text


def test_json_holds_everything_that_the_model_would_get() -> None:
    invocation = Invocation(
        prompt="p",
        provider="openai",
        model="m",
        messages=MESSAGES,
        parameters={"temperature": 0},
        tools=({"type": "function"},),
        response_format={"type": "json_object"},
    )
    value = json.loads(invocation_json(invocation))
    assert value["schema"] == "promptctl.render/1"
    assert value["parameters"] == {"temperature": 0}
    assert value["tools"] == [{"type": "function"}]
    assert [part for message in value["messages"] for part in message["content"]] == [
        {"type": "text", "text": "Be \x1b[31mbrief."},
        {"type": "text", "text": "Look:\n"},
        {
            "type": "image",
            "url": "https://x/y.png",
            "data": None,
            "media_type": None,
            "detail": None,
        },
        {
            "type": "file",
            "url": None,
            "data": "MTIzNA==",
            "media_type": "application/pdf",
            "name": "a",
        },
        {"type": "tool_call", "id": "c1", "name": "weather", "arguments": '{"city":"Paris"}'},
        {"type": "tool_result", "id": "c1", "result": {"c": 20}},
    ]


@pytest.mark.parametrize("tty", [False, True])
def test_a_request_reads_as_on_the_wire(tty: bool) -> None:
    body = {"model": "m", "text": "\x9b"}
    shown = request_text("POST", "https://h/v1", HEADERS, body, terminal(tty=tty))
    head, _, rest = shown.partition("\n\n")
    assert head == ("POST https://h/v1\ncontent-type: application/json\nauthorization: Bearer $KEY")
    assert rest == '{\n  "model": "m",\n  "text": "' + ("\\x9b" if tty else "\x9b") + '"\n}\n'


def test_a_request_for_programs() -> None:
    invocation = Invocation(prompt="greeting", provider="openai", model="m", messages=())
    shown = request_json(invocation, "POST", "https://h/v1", HEADERS, {"a": 1})
    assert json.loads(shown) == {
        "schema": "promptctl.request/1",
        "prompt": "greeting",
        "provider": "openai",
        "model": "m",
        "method": "POST",
        "url": "https://h/v1",
        "headers": dict(HEADERS),
        "body": {"a": 1},
    }
