"""Small changes to texts that people wrote."""

from __future__ import annotations

import pytest

from promptctl.core.rename_text import add_renamed, move_schema_line


@pytest.mark.parametrize(
    ("text", "changed"),
    [
        ("", "renamed:\n  a: b\n"),
        ("version: 1", "version: 1\nrenamed:\n  a: b\n"),
        ("version: 1\r\n", "version: 1\r\nrenamed:\r\n  a: b\r\n"),
        ("renamed:\n  x: y\nversion: 1\n", "renamed:\n  x: y\n  a: b\nversion: 1\n"),
        (
            "renamed: # why\n    x: y # z\n\n# end\n",
            "renamed: # why\n    x: y # z\n    a: b\n\n# end\n",
        ),
        ("renamed:\n  # first\n  x: y\n", "renamed:\n  # first\n  x: y\n  a: b\n"),
        ("renamed:\n  b: a\n  x: y\n", "renamed:\n  x: y\n  a: b\n"),
        ("renamed:\n  b: a\n", "renamed:\n  a: b\n"),
        ('renamed:\n  "b": a\n', "renamed:\n  a: b\n"),
        ("renamed: {}  # none\nremote: o\n", "renamed:  # none\n  a: b\nremote: o\n"),
        ("renamed: {x: y} # z\n", "renamed: {x: y, a: b} # z\n"),
    ],
)
def test_an_entry_is_added_and_all_else_stays(text: str, changed: str) -> None:
    assert add_renamed(text, "a", "b") == changed


def test_names_that_yaml_takes_for_something_else() -> None:
    assert add_renamed("", "on", "1e3") == 'renamed:\n  "on": "1e3"\n'
    assert add_renamed("", "support/a", "null") == 'renamed:\n  support/a: "null"\n'


@pytest.mark.parametrize(
    ("new", "way"),
    [
        ("prompts/b.yaml", "../.promptctl/s.json"),
        ("prompts/x/b.yaml", "../../.promptctl/s.json"),
        ("prompts/x/y/b.yaml", "../../../.promptctl/s.json"),
    ],
)
def test_the_way_to_the_schema(new: str, way: str) -> None:
    text = "{}# yaml-language-server: $schema={}\nprovider: echo\n"
    before = text.format("", "../.promptctl/s.json")
    assert move_schema_line(before, "prompts/a.yaml", new) == text.format("", way)
    assert move_schema_line(text.format("", way), new, "prompts/a.yaml") == before


@pytest.mark.parametrize(
    "text",
    [
        "# yaml-language-server: $schema=https://example.com/s.json\n",
        "# yaml-language-server: $schema=/etc/s.json\n",
        "provider: echo\n",
        "a\nb\nc\nd\ne\nf\n# yaml-language-server: $schema=../s.json\n",
    ],
)
def test_what_is_no_way_to_the_schema_stays(text: str) -> None:
    assert move_schema_line(text, "prompts/a.yaml", "prompts/x/a.yaml") == text
