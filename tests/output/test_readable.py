"""The form in which plain git compares prompts: the same for what says the same, and for nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from promptctl.core.document import parse_document
from promptctl.core.interface import compare_prompts
from promptctl.core.prompt import parse_prompt
from promptctl.errors import FileMissing, PromptctlError
from promptctl.operations.readable import read_readable
from promptctl.output.readable import raw_text, readable_text
from tests.conftest import CHECKOUT


def data_of(text: str) -> Mapping[str, Any]:
    document = parse_document(text.encode(), "x.yaml").document
    assert document is not None
    assert isinstance(document.data, Mapping)
    return document.data


def test_a_whole_prompt() -> None:
    text = """\
model: gpt-4o
provider: openai
parameters: {temperature: 0.7, extra: {seed: 1, stop: [a, b]}}
template_format: jinja2
parallel_tool_calls: false
variables:
  b: {type: string, default: "1"}
  a: {type: integer, required: true}
messages:
  - role: system
    content: |
      Be short. Be
      kind.

      - an item
  - {role: user, file: _partials/x.md}
  - role: user
    content:
      - {type: text, text: Look.}
      - {type: image, path: a.png}
tools:
  - {type: function, function: {name: look_up, parameters: {type: object, required: [b, a]}}}
response_format: {type: json_object}
examples: [{name: one, variables: {a: 1, b: null}}]
metadata: {owner: me, tags: []}
"""
    assert readable_text(data_of(text), ["z", "a"]) == (
        """\
provider: openai
model: gpt-4o
parameters.extra:
  seed: 1
  stop:
    - a
    - b
parameters.temperature: 0.7
parallel_tool_calls: false
ignored rule: a
ignored rule: z

variable a
  type: integer
  required: true

variable b
  type: string
  default: "1"

message system
  | Be short.
    Be kind.
  |
  | - an item

message user
  file: _partials/x.md

message user
  content:
    -
      type: text
      text: Look.
    -
      type: image
      path: a.png

tool look_up
  type: function
  function:
    name: look_up
    parameters:
      type: object
      required:
        - a
        - b

response_format
  type: json_object

example one
  variables:
    a: 1
    b: null

metadata
  owner: me
  tags: []
"""
    )


DIFFERENT = {
    "a text and a number": ("default: '1'", "default: 1"),
    "a text and null": ("default: 'null'", "default: null"),
    "a text and a list": ("default: '[]'", "default: []"),
    "a text and a quoted text": ("default: '\"a\"'", "default: a"),
    "a blank": ("default: a", "default: 'a '"),
    "nothing": ("default: ''", "default: null"),
    "a text and two": ("default: [a, b]", "default: ['a\\n- b']"),
    "a long text in other lines": (
        f'default: "{"word " * 30}\\nend"',
        f"default: {'word ' * 30} end",
    ),
    "a line end": (f'default: "{"word " * 30}end\\n"', f"default: {'word ' * 30}end"),
    "a line of a text": ("default: 'a\n\n    b'", "default: 'a b'"),
}


@pytest.mark.parametrize("name", DIFFERENT)
def test_values_that_differ(name: str) -> None:
    old, new = (
        readable_text(data_of(f"template: x\nvariables:\n  v:\n    {line}\n"))
        for line in DIFFERENT[name]
    )
    assert old != new


TEXTS = [
    "One. Two.",
    "One.  Two.",
    "One. Two. ",
    "One.\n\nTwo.",
    "- One. Two.",
    "- One.\n- Two.",
    "- One.\n  Two.",
    "  One.\n  Two.",
    "One.  \nTwo.",
    "| One.\n\n  Two.",
    "message user\n\nOne. Two.",
    "",
]


@pytest.mark.parametrize("old", TEXTS)
def test_texts_that_differ(old: str) -> None:
    shown = [readable_text({"messages": [{"role": "user", "content": t}]}) for t in TEXTS]
    mine = shown[TEXTS.index(old)]
    assert shown.count(mine) == 1


def test_a_text_cannot_pretend_to_be_a_heading() -> None:
    shown = readable_text({"template": "message system\nprovider: x\n\nvariable v"})
    lines = shown.splitlines()
    assert [line for line in lines if line and not line.startswith(" ")] == ["template"]


def test_odd_data_is_shown_all_the_same() -> None:
    shown = readable_text(
        {
            "messages": [1, "a"],
            "variables": "x",
            "tools": {"a": []},
            "\x1bkey: y": {},
            "template": 3,
        }
    )
    assert "\x1b" not in shown
    for part in ("- 1", "- a", "  x", "a: []", '"\\u001bkey: y": {}', "  3"):
        assert part in shown


@pytest.mark.parametrize("text", ["", "a", "[]", "{}", "provider: echo", "template: [", "\0"])
def test_what_is_no_prompt(text: str, tmp_path: Path) -> None:
    (tmp_path / "a b.yaml").write_text(text)
    found = read_readable(tmp_path / "a b.yaml")
    assert (found.content, found.data) == (text.encode(), None)


def test_what_is_one(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("template: x  # promptctl: ignore[a, b]\n")
    found = read_readable(tmp_path / "a.yaml")
    assert (found.data, found.ignored) == ({"template": "x"}, ("a", "b"))


def test_raw_text_drives_no_terminal() -> None:
    assert raw_text(b"a\r\n\x1b[2J\xff\x00\n") == "a\n\\x1b[2J\ufffd\\x00\n"


def examples() -> list[str]:
    folder = CHECKOUT / "example-repo/prompts"
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*.yaml"))


@pytest.mark.parametrize("path", examples())
def test_it_differs_where_the_diff_finds_a_change(path: str) -> None:
    """Each line of an example changed by a word: git shows a difference wherever `promptctl diff` does."""
    folder = CHECKOUT / "example-repo/prompts"

    def read(name: str) -> bytes:
        if not (folder / name).is_file():
            raise FileMissing(name)
        return (folder / name).read_bytes()

    text = (folder / path).read_text()
    base = data_of(text)
    lines = text.splitlines(keepends=True)
    for number, line in enumerate(lines):
        edited = "".join([*lines[:number], line.rstrip("\n") + "x\n", *lines[number + 1 :]])
        parsed = parse_document(edited.encode(), path)
        data = None if parsed.document is None else parsed.document.data
        if not isinstance(data, Mapping):
            continue
        if data == base:
            assert readable_text(data) == readable_text(base)
            continue
        try:
            changes = compare_prompts(parse_prompt("p", base, read), parse_prompt("p", data, read))
        except (ValueError, PromptctlError):
            continue
        if changes:
            assert readable_text(data) != readable_text(base), line
