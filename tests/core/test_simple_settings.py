"""The quick reader of promptctl.yaml: what it reads, the YAML parser reads too, at the same places."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from promptctl.core.settings_document import parse_settings_yaml
from promptctl.core.simple_settings import read_simple

KEYS = ("version", "project", "rules", "labels", "a-b", "x/y", "_", "B")
ODD_KEYS = ("null", "yes", "On", "0a", "a b", "é", "True", "-a", "a.b", "? a", "'a'", "a" * 101)
VALUES = (
    *("1", "12", "a", "a-b", "a/b/", "a.b", "true", "false", "off", "NO", "y", "error", "No"),
    *('"a b"', '""', "'x: y'", "'#'", '"off"', "'1'", "{}", "", "", "", "ax" * 100, "e1", "_1"),
    *("0b9e7a52-6c1d-4f83-9d0e-5b7f2a41c8e6", "12345678-1234-1234-1234-123456789012"),
)
ODD_VALUES = (
    *(
        "0",
        "01",
        "1.0",
        "1_0",
        "-1",
        "0x1",
        "1e3",
        ".inf",
        "True",
        "NULL",
        "null",
        "~",
        "2026-01-01",
    ),
    *("1:20", '"a\\n"', "'it''s'", "'x # y'", '"x # y"', "{a: 1}", "[]", "a b", "&a b", "*a", "|"),
    *(
        "a #b",
        "a# b",
        "a:b",
        "a: b",
        "!!str a",
        "---",
        "- a",
        "?",
        "@",
        "%",
        "'a",
        '"',
        "é",
        ">",
        ".",
    ),
    *(
        "12345678e1234",
        "00000000-0000-0000-0000-00000000000",
        "9" * 10,
        "- ",
        "#",
        "a\u2028b",
        "a\x85",
    ),
)
COMMENTS = ("", "", "", " # why", " #", "   ", "#not")
PLACES = ("", "", "", "  ", "  ", "    ", " ", "\t")


def mostly(usual: Sequence[str], odd: Sequence[str]) -> st.SearchStrategy[str]:
    """One of the usual ones, or once in twenty an odd one."""
    choices = [st.sampled_from(usual)] * 19
    return st.integers(0, 19).flatmap(lambda n: st.sampled_from(odd) if n == 19 else choices[n])


keyed = st.tuples(
    mostly(PLACES[:-2], PLACES),
    mostly(KEYS, ODD_KEYS),
    mostly((": ", ":  "), (":", " : ", ":\t")),
    mostly(VALUES, ODD_VALUES),
    mostly(COMMENTS[:-1], COMMENTS),
).map("".join)
others = mostly(("", "# a comment", "  # another"), ("---", "...", "- a", "}", "\t", "%YAML 1.2"))
lines = st.integers(0, 9).flatmap(lambda n: others if n == 9 else keyed)
texts = st.tuples(st.lists(lines, max_size=5), mostly(("\n", "\r\n"), ("\r", "\x85"))).map(
    lambda drawn: drawn[1].join(drawn[0]) + drawn[1]
)


@given(texts)
@example("rules:\n  a: off\n  b: error\nproject: x\n")
@example(
    "labels:\n    staging: {}\n    prod:\n      branch: main\n      signed: true\nversion: 1\n"
)
@example("version: 1 # one\r\nproject: '#'\r\n")
@example("a:\n b: 1\n  c: 1\n")
@example("a:\n  b: 1\n c: 1\n")
def test_what_it_reads_yaml_reads_too(text: str) -> None:
    simple = read_simple(text.encode())
    if simple is None:
        return
    parsed = parse_settings_yaml(text.encode(), "promptctl.yaml")
    assert parsed.document is not None
    assert [finding for finding in parsed.findings if finding.is_error] == []
    assert simple.data == parsed.document.data
    assert repr(simple.data) == repr(parsed.document.data)  # 1 and true are equal
    lines = {key: parsed.document.location((key,)).line for key in simple.data}
    assert simple.lines == lines


@pytest.mark.parametrize(
    "text",
    [
        "version: 1\n",
        "# Settings.\nversion: 1\nproject: 0b9e7a52-6c1d-4f83-9d0e-5b7f2a41c8e6\n",
        "labels:\n  staging:\n    branch: main\n  production:\n    signed: true # by us\n",
        "rules:\n  variable-unused: off\n\n  # later\n  secret: error\nprompts_dir: 'a b/prompts'\n",
    ],
)
def test_it_reads_what_most_repositories_have(text: str) -> None:
    assert read_simple(text.encode()) is not None


@pytest.mark.parametrize(
    "content",
    [b"", b"# nothing\n", b"a: 1\na: 2\n", b"\xff: 1\n", b"a: \0\n", b"a:\n", b"x: 1\n" * 10_000],
)
def test_it_leaves_the_rest_to_yaml(content: bytes) -> None:
    assert read_simple(content) is None
