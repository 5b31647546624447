"""core.text_change: what the model reads, in two prompts."""

from __future__ import annotations

import time
from collections.abc import Mapping

import pytest

from promptctl.core.document import parse_document
from promptctl.core.interface import compare_prompts
from promptctl.core.prompt import Message, Prompt, TextTemplate, parse_prompt
from promptctl.errors import FileMissing

Files = Mapping[str, bytes]


def parsed(text: str, files: Files | None = None) -> Prompt:
    def read(path: str) -> bytes:
        if path not in (files or {}):
            raise FileMissing(path)
        return (files or {})[path]

    document = parse_document(f"provider: echo\n{text}".encode(), "p.yaml").document
    assert document is not None
    assert isinstance(document.data, Mapping)
    return parse_prompt("p", document.data, read)


def spoken(*messages: str) -> Prompt:
    pairs = [message.split(": ", 1) for message in messages]
    made = tuple(Message(role, (TextTemplate(text, ()),)) for role, text in pairs)
    return Prompt("p", "echo", None, made)


def found(old: Prompt, new: Prompt) -> list[str]:
    return [f"{change.rule}: {change.message}" for change in compare_prompts(old, new)]


SYSTEM = "system: Answer briefly and in the language of the question."
ASK = "user: Where is order {{ number }}?"


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ([SYSTEM, ASK], [SYSTEM, ASK], []),
        ([ASK], [SYSTEM, ASK], ["message-added: message 1 (`system`) was added"]),
        ([SYSTEM, ASK], [ASK], ["message-removed: message 1 (`system`) was removed"]),
        (
            [SYSTEM, ASK],
            [SYSTEM.replace("briefly", "fully"), ASK],
            ["message-edited: message 1 (`system`) was edited"],
        ),
        (
            [SYSTEM, ASK],
            [ASK, SYSTEM],
            ["message-moved: message 1 is message 2 now"],
        ),
        (
            [SYSTEM, ASK],
            [SYSTEM.replace("system", "developer"), ASK],
            ["message-role-changed: message 1 has the role `developer`, was `system`"],
        ),
        (
            [SYSTEM, ASK],
            [SYSTEM.replace("system", "developer").replace("briefly", "fully"), ASK],
            [
                "message-role-changed: message 1 has the role `developer`, was `system`",
                "message-edited: message 1 (`developer`) was edited",
            ],
        ),
        (
            [SYSTEM, ASK],
            [SYSTEM.replace(" in the", "\nin the"), ASK],
            ["message-rewrapped: message 1 (`system`) was re-wrapped"],
        ),
    ],
)
def test_messages(old: list[str], new: list[str], expected: list[str]) -> None:
    assert found(spoken(*old), spoken(*new)) == expected


def test_an_edit_shows_its_words_and_a_wrap_does_not() -> None:
    (edited,) = compare_prompts(spoken(ASK), spoken(ASK.replace("order", "parcel")))
    assert [(e.kind, e.text) for e in edited.edits] == [
        ("same", "Where is "), ("removed", "order"), ("added", "parcel"), ("same", " {{ number }}?"),
    ]  # fmt: skip
    assert (edited.old, edited.new) == (
        "Where is order {{ number }}?",
        "Where is parcel {{ number }}?",
    )
    (wrapped,) = compare_prompts(spoken(SYSTEM), spoken(SYSTEM.replace(" in the", "\nin the")))
    assert wrapped.edits == ()


PARTS = """\
messages:
  - role: user
    content:
      - {type: text, text: Describe it.}
      - {type: image, url: "https://example.com/a.png"}
"""


def test_media_and_parts_are_edits_of_their_message() -> None:
    other = PARTS.replace("a.png", "b.png")
    (change,) = compare_prompts(parsed(PARTS), parsed(other))
    assert change.rule == "message-edited"
    assert any("b.png" in edit.text for edit in change.edits)
    split = PARTS.replace("Describe it.}", 'Describe}\n      - {type: text, text: "it."}')
    joined = PARTS.replace("Describe it.", '"Describe\\nit."')
    assert found(parsed(joined), parsed(split)) == [
        "message-edited: message 1 (`user`) has its text in other parts"
    ]


def test_yaml_style_and_key_order_are_no_change() -> None:
    old = 'model: m\nmessages:\n  - {role: user, content: "Be kind.\\nBe brief.\\n"}\n'
    new = "messages:\n- content: |\n    Be kind.\n    Be brief.\n  role: user\nmodel: 'm'\n"
    assert found(parsed(old), parsed(new)) == []


WITH_FILE = """\
messages:
  - {role: system, content: 'Hello. {% include "tone.md" %}'}
  - {role: user, file: ask.md}
"""
FILES: Files = {"tone.md": b"Be kind to\nall people.\n", "ask.md": b"Where is it?\n"}


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        (FILES, []),
        ({**FILES, "tone.md": b"Be cold to\nall people.\n"}, ["file-changed: file `tone.md` was edited"]),
        (
            {**FILES, "tone.md": b"Be kind to all people.\n"},
            ["file-rewrapped: file `tone.md` was re-wrapped"],
        ),
        # A file that is a whole message is told as that message.
        ({**FILES, "ask.md": b"Where was it?\n"}, ["message-edited: message 2 (`user`) was edited"]),
    ],
)  # fmt: skip
def test_included_files(files: Files, expected: list[str]) -> None:
    assert found(parsed(WITH_FILE, FILES), parsed(WITH_FILE, files)) == expected


def test_a_file_with_another_name_is_no_edit_of_what_includes_it() -> None:
    new = WITH_FILE.replace("tone.md", "style/tone.md")
    files = {"style/tone.md": FILES["tone.md"], "ask.md": FILES["ask.md"]}
    assert found(parsed(WITH_FILE, FILES), parsed(new, files)) == [
        "file-moved: file `tone.md` is `style/tone.md` now, with the same content"
    ]


def test_a_file_written_out_where_it_was_included() -> None:
    new = WITH_FILE.replace('{% include "tone.md" %}', "Be kind to all people.")
    rules = [line.partition(":")[0] for line in found(parsed(WITH_FILE, FILES), parsed(new, FILES))]
    assert rules == ["message-edited", "file-changed"]


def test_a_message_from_a_file_or_written_out_is_the_same() -> None:
    old = "messages:\n  - {role: user, file: ask.md}\n"
    new = 'messages:\n  - {role: user, content: "Where is it?\\n"}\n'
    assert found(parsed(old, FILES), parsed(new)) == []


def test_another_language_counts_only_where_a_text_holds_a_brace() -> None:
    def prompt(text: str, language: str) -> Prompt:
        return parsed(f"template_format: {language}\ntemplate: '{text}'\n")

    assert found(prompt("Hello.", "jinja2"), prompt("Hello.", "none")) == []
    (line,) = found(prompt("Hello {{ a }}.", "jinja2"), prompt("Hello {{ a }}.", "mustache"))
    assert line.startswith("template-format-changed: ")


def test_hostile_conversations_end_soon() -> None:
    old = spoken(*(f"user: {i} {'word ' * 100}" for i in range(10_000)))
    new = spoken(*(f"user: {i} {'other ' * 100}" for i in range(10_000, 0, -1)))
    start = time.process_time()
    assert found(old, new)
    assert time.process_time() - start < 20


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("[{type: text, text: Look at}, {type: text, text: this}]", "[{type: text, text: Look at this}]"),
        (
            '[{type: text, text: "Look\\nat"}, {type: image, url: "https://a.example/b.png"}]',
            "[{type: text, text: 'Look at'}, {type: text, text: '[image https://a.example/b.png]'}]",
        ),
        (
            '[{type: text, text: "Look\\n"}, {type: text, text: here}]',
            "[{type: text, text: Look}, {type: text, text: here}]",
        ),
    ],
)  # fmt: skip
def test_other_parts_are_no_other_wrap(old: str, new: str) -> None:
    prompts = (parsed(f"messages:\n- {{role: user, content: {text}}}\n") for text in (old, new))
    assert [line.split(":")[0] for line in found(*prompts)] == ["message-edited"]


def test_a_part_may_be_wrapped_elsewhere() -> None:
    text = "messages:\n- {role: user, content: [{type: text, text: %s}, {type: text, text: b}]}\n"
    assert found(parsed(text % "a c"), parsed(text % '"a\\nc"')) == [
        "message-rewrapped: message 1 (`user`) was re-wrapped"
    ]


def test_the_lines_of_an_attached_file_are_data() -> None:
    text = (
        "messages:\n- {role: user, content: [{type: file, path: a.txt, media_type: text/plain}]}\n"
    )
    old, new = (parsed(text, {"a.txt": content}) for content in (b"one\ntwo\n", b"one two\n"))
    assert found(old, new) == ["file-changed: file `a.txt` was edited"]


def test_behind_an_included_file_a_line_end_counts() -> None:
    text = 'template: "{% include \\"a.md\\" %}\\nWhat?"\n'
    old, new = (parsed(text, {"a.md": content}) for content in (b"Be kind.\n", b"Be kind."))
    assert found(old, new) == ["file-changed: file `a.md` was edited"]
