"""What a YAML file becomes, and what is said about one that it cannot become."""

import pytest

from promptctl.core.document import MAX_EVENTS, parse_document
from promptctl.core.json_data import MAX_DEPTH, Json
from tests.core.documents import document


def findings(text: str | bytes) -> list[tuple[str, str]]:
    content = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
    return sorted((str(f.location), f.rule) for f in parse_document(content, "p").findings)


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("", None),
        ("# nothing\n", None),
        ("a: 1\nb: [x, {c: 2.5, d: []}]\n", {"a": 1, "b": ["x", {"c": 2.5, "d": []}]}),
        ("---\na: b\n...\n", {"a": "b"}),
        ("- 2026-11-23\n- 12:30:45 h\n- 1.2.3", ["2026-11-23", "12:30:45 h", "1.2.3"]),
        (
            "[~, null, true, False, 0x1F, -7, +7, .5, 1.0e+3]",
            [None, None, True, False, 31, -7, 7, 0.5, 1000.0],
        ),
        ("['yes', \"010\", 'null', \"<<\"]", ["yes", "010", "null", "<<"]),
        ("x: y\ny: n", {"x": "y", "y": "n"}),
        ("'010': x\n\"true\": z", {"010": "x", "true": "z"}),
        ("a: |\r\n  one\r\n  two\r\nb: 1\r\n", {"a": "one\ntwo\n", "b": 1}),
        ("a:\nb: x", {"a": None, "b": "x"}),
        ("😀: {name: Zoë}", {"😀": {"name": "Zoë"}}),
        ('a: "\\ud7ff \\U0001F600 \\x41"', {"a": "\ud7ff 😀 A"}),
    ],
)
def test_plain_yaml_becomes_json(text: str, data: Json) -> None:
    assert document(text).data == data


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "a: 1\nb:\n  c: 1\n  'c': 2\na: 3",
            [("p:4:3", "yaml-duplicate-key"), ("p:5:1", "yaml-duplicate-key")],
        ),
        ('{a: 1, "a": 2}', [("p:1:8", "yaml-duplicate-key")]),
        ("a: &x 1\nb: *x", [("p:1:4", "yaml-alias"), ("p:2:4", "yaml-alias")]),
        ("<<: {a: 1}", [("p:1:1", "yaml-alias")]),
        ("a: *gone", [("p:1:4", "yaml-alias")]),
        ("a: *bold* text", [("p:1:4", "yaml-syntax")]),
        ("a: !!python/object:os.system x", [("p:1:4", "yaml-tag")]),
        ("!!map\na: 1", [("p:1:1", "yaml-tag")]),
        ("a: 1\n---\nb: 1", [("p:2:1", "yaml-documents")]),
        ("5: a", [("p:1:1", "yaml-key")]),
        ("true: a", [("p:1:1", "yaml-key")]),
        ("? ~\n: a", [("p:1:3", "yaml-key")]),
        ("a: {{ name }}", [("p:1:4", "yaml-key")]),
        ("? [a, b]\n: c", [("p:1:3", "yaml-key")]),
        ("no: x", [("p:1:1", "yaml-ambiguous")]),
        ("a: 1\nb: [2", [("p:2:6", "yaml-syntax")]),
        ("a: 'open\nb: 1", [("p:1:4", "yaml-syntax")]),
        ("a:\n\tb: 1", [("p:2:1", "yaml-syntax")]),
        ("a: b: c", [("p:1:5", "yaml-syntax")]),
        ('a: "\\UFFFFFFFF"', [("p:1:7", "yaml-syntax")]),
        ('a: "\\ud800"', [("p:1:7", "yaml-syntax")]),
        ('a: "\\ud83d\\ude00"', [("p:1:7", "yaml-syntax")]),
        (
            "a: .inf\nb: 1e999\nc: " + "9" * 5000,
            [("p:1:4", "yaml-number"), ("p:2:4", "yaml-number"), ("p:3:4", "yaml-number")],
        ),
        ("\ufeffa: 1", [("p:1:1", "yaml-encoding")]),
        ("a: x\ufeffy", [("p:1:5", "yaml-encoding")]),
        ("a: x\u2028y", [("p:1:5", "yaml-encoding")]),
        ("é: \x00\n\x07", [("p:1:4", "yaml-encoding"), ("p:2:1", "yaml-encoding")]),
        (b"\xc3\xa9: \xff", [("p:1:4", "yaml-encoding")]),
        ("a: 1".encode("utf-16"), [("p:1:1", "yaml-encoding")]),
        ("a: 1\n\ud800", [("p:2:1", "yaml-encoding")]),
        (
            "a: 1\n<<<<<<< HEAD\n=======\n>>>>>>> x\n",
            [("p:2:1", "yaml-conflict-marker"), ("p:4:1", "yaml-conflict-marker")],
        ),
        (
            "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n",
            [("p:1:1", "yaml-lfs-pointer")],
        ),
        ("a: " + "x" * 1024 * 1024, [("p", "yaml-limits")]),
        ("- a\n" * MAX_EVENTS, [(f"p:{MAX_EVENTS - 3}:3", "yaml-limits")]),
    ],
)
def test_what_is_refused_is_named_with_its_place(
    text: str | bytes, expected: list[tuple[str, str]]
) -> None:
    assert findings(text) == expected


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("a: {{ x }}", "a text that begins with { is a mapping for YAML", "quote the text"),
        ("a: {{ x }} y", "a text that begins with { is a mapping for YAML", "quote the text"),
        ("- {% if x %}", "a text that begins with { is a mapping for YAML", "quote the text"),
        ("a: b: c", "a colon cannot stand here", "quote a text that holds ': '"),
        ("a: *x*", "a text cannot begin with *", "quote the text"),
        ("a: @x", "a text cannot begin with this character", "quote the text"),
        ("a:\n\t- b", "a tab cannot indent YAML", "indent with spaces"),
        ("a: 'x", "the quote that opens here is never closed", "close the quote"),
        (
            "x: 1\na: [1, 2\nb: 3",
            "a list is not closed: expected , or ]; it begins in line 2",
            "close the list, or quote the text",
        ),
        (
            'a: "\\d"',
            "there is no such escape",
            "double the backslash, or use single quotes",
        ),
        (
            "a: 1_000",
            "YAML readers disagree on `1_000`: some read a number",
            "write 1000, or quote it if it is meant as text",
        ),
        (
            "a: 017",
            "YAML readers disagree on `017`: some read the octal number 15",
            "write 17, or quote it if it is meant as text",
        ),
        (
            "a: 1e3",
            "YAML readers disagree on `1e3`: some read text",
            "write 1000, or quote it if it is meant as text",
        ),
    ],
)
def test_common_mistakes_are_explained(text: str, message: str, hint: str) -> None:
    (finding,) = parse_document(text.encode(), "p").findings
    assert (finding.message, finding.hint) == (message, hint)


def test_both_places_of_a_doubled_key_are_named() -> None:
    (finding,) = parse_document(b"x: 0\na: 1\nb: 2\n'a': 3\n", "p").findings
    assert finding.message == "the key `a` stands here again, after line 2, column 1"
    assert (finding.location.end_line, finding.location.end_column) == (4, 4)


def test_a_doubled_key_leaves_the_first_value_and_its_place() -> None:
    parsed = parse_document(b"a: {b: 1}\na: {c: 2}\n", "p")
    assert parsed.document is not None
    assert parsed.document.data == {"a": {"b": 1}}
    assert str(parsed.document.location(("a", "b"))) == "p:1:8"


@pytest.mark.parametrize("text", ["[" * 30_000, "{a: " * 30_000, "- " * 30_000, "? " * 30_000])
def test_nesting_stops_early(text: str) -> None:
    rules = {rule for _, rule in findings(text)}
    assert rules & {"yaml-limits", "yaml-syntax"}


def test_the_deepest_nesting_allowed_is_read() -> None:
    assert document("[" * MAX_DEPTH + "]" * MAX_DEPTH).data is not None
    assert findings("[" * (MAX_DEPTH + 1))[0][1] == "yaml-limits"


def test_alias_bombs_cost_nothing() -> None:
    lines = ["a0: &a0 [x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 30)]
    rules = findings("\n".join(lines))
    assert {rule for _, rule in rules} == {"yaml-alias"}
    assert len(rules) == 100


def test_merge_keys_are_not_carried_out() -> None:
    parsed = parse_document(b"a: &a {x: 1}\nb:\n  <<: *a\n  y: 2\n", "p")
    assert parsed.document is not None
    assert parsed.document.data == {"a": {"x": 1}, "b": {"y": 2}}


def test_values_that_have_a_finding_are_told_apart() -> None:
    parsed = parse_document(b"a: *x\nb: {c: .nan, d: 1}\ne: {{ f }}\n1: 2\n", "p")
    assert parsed.document is not None
    refused = [("a",), ("b", "c"), ("b", "c", "below"), ("e",), ("1",)]
    accepted = [(), ("b",), ("b", "d"), ("gone",)]
    assert [p for p in refused + accepted if parsed.document.refuses(p)] == refused
