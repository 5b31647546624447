"""What a YAML file becomes, and what is said about one that it cannot become."""

import math

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from promptctl.core.document import MAX_EVENTS, Document, parse_document
from promptctl.core.json_data import MAX_DEPTH, Json


def document(text: str) -> Document:
    parsed = parse_document(text.encode(), "p.yaml")
    assert parsed.findings == []
    assert parsed.document is not None
    return parsed.document


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
            "quote it if it is meant as text",
        ),
        (
            "a: 017",
            "YAML readers disagree on `017`: some read the octal number 15",
            "quote it if it is meant as text",
        ),
        (
            "a: 1e3",
            "YAML readers disagree on `1e3`: some read text",
            "write it with a point and a signed exponent, like 1.0e+3",
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


PLACES = """\
description: Grüße 😀
messages:
  - role: user
    content: |
      one
        two {{ x }}

  - {role: "a b", file: x.md}
empty:
metadata: {tags: ['it''s', plain text]}
"""


@pytest.mark.parametrize(
    ("path", "key", "text"),
    [
        (("description",), False, "Grüße 😀"),
        (("description",), True, "description"),
        (("messages", 0, "role"), False, "user"),
        (("messages", 0, "content"), False, "|\n      one\n        two {{ x }}"),
        (("messages", 0, "content"), True, "content"),
        (("messages", 1), False, '{role: "a b", file: x.md}'),
        (("messages", 1, "role"), False, '"a b"'),
        (("messages", 1, "missing"), False, '{role: "a b", file: x.md}'),
        (("messages", 7, "missing"), True, "messages"),
        (("empty",), False, "empty"),
        (("metadata", "tags", 0), False, "'it''s'"),
        (("metadata", "tags", 1), False, "plain text"),
        (("nowhere", 1), False, PLACES.rstrip()),
    ],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_places_point_at_the_text(
    path: tuple[str | int, ...], key: bool, text: str, newline: str
) -> None:
    source = PLACES.replace("\n", newline)
    place = document(source).location(path, key=key)
    assert between(source, place.line, place.column, place.end_line, place.end_column) == (
        text.replace("\n", newline)
    )


def between(text: str, line: int, column: int, end_line: int, end_column: int) -> str:
    """The text of a span, counted independently of the code under test."""
    lines = text.splitlines(keepends=True)
    start = sum(map(len, lines[: line - 1])) + column - 1
    end = sum(map(len, lines[: end_line - 1])) + end_column - 1
    return text[start:end]


TEXTS = """\
literal: |
  one
    two {{ x }}

  three
stripped: |-

  first {{ x }}
indented: |2
    two more {{ x }}
folded: >
  fo
  ba {{ x }}
plain: some {{ x }}
plain_long: some
  more

  and {{ x }}
single: 'it''s {{ x }}'
double: "\\u00e9\\n\\"q\\" {{ x }}"
double_long: "some \\
  more
  and {{ x }}"
"""


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize(
    "key",
    [line.split(":")[0] for line in TEXTS.splitlines() if line[0:1].isalpha()],
)
def test_a_position_in_a_text_is_found_in_the_file(key: str, newline: str) -> None:
    source = document(TEXTS.replace("\n", newline))
    data = source.data
    assert isinstance(data, dict)
    before = data[key].split("{{ x }}")[0]
    place = source.text_location((key,), before.count("\n") + 1, len(before.split("\n")[-1]) + 1)
    assert source.source.line(place.line)[place.column - 1 :].startswith("{{ x }}")
    assert source.source.line(place.line).strip() in TEXTS
    assert source.location((key,)).line <= place.line <= source.location((key,)).end_line


def test_a_position_that_a_text_does_not_have_is_the_text() -> None:
    source = document("a: text\nb: [1]\nc: |\n  x\n")
    for path, line, column in [(("a",), 3, 1), (("a",), 1, 99), (("b",), 1, 1), (("c",), 9, 1)]:
        assert source.text_location(path, line, column) == source.location(path)


IGNORED = """\
# promptctl: ignore[head]
a: 1 # promptctl: ignore[one, two]
b: "# promptctl: ignore[no]"
c: | # promptctl: ignore[block]
  text # promptctl: ignore[no]
  # promptctl: ignore[no]

  more
# promptctl: ignore[above]

# another comment
d:
  - x#promptctl: ignore[no]
  - plain
    text #promptctl:ignore[tight]
"""


def test_comments_switch_rules_off_and_texts_do_not() -> None:
    block = frozenset({"block"})
    assert document(IGNORED).ignored_rules == {
        2: frozenset({"head", "one", "two"}),
        4: block,
        5: block,
        6: block,
        7: block,
        8: block,
        12: frozenset({"above"}),
        15: frozenset({"tight"}),
    }


JSON_TEXT = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp")), max_size=12
)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | JSON_TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(JSON_TEXT, inner, max_size=4),
    max_leaves=20,
)


@given(JSON, st.booleans(), st.sampled_from([20, 80, 1000]))
@settings(max_examples=150, deadline=None)
def test_it_reads_what_pyyaml_writes(data: Json, flow: bool, width: int) -> None:
    text = yaml.safe_dump(data, allow_unicode=True, default_flow_style=flow, width=width)
    parsed = parse_document(text.encode(), "p")
    hard = {"yaml-alias", "yaml-encoding", "yaml-ambiguous", "yaml-key"}
    if {finding.rule for finding in parsed.findings} & hard:
        return
    assert parsed.findings == []
    assert parsed.document is not None
    assert parsed.document.data == yaml.safe_load(text) == data


@given(JSON)
@settings(max_examples=100, deadline=None)
def test_every_path_has_a_place_inside_the_file(data: Json) -> None:
    text = yaml.safe_dump({"root": data}, allow_unicode=True)
    parsed = parse_document(text.encode(), "p")
    if parsed.document is None:
        return
    lines = text.splitlines()
    for path in paths(parsed.document.data):
        place = parsed.document.location(path)
        assert 1 <= place.line <= place.end_line <= len(lines) + 1
        assert (place.line, place.column) <= (place.end_line, place.end_column)
        value = at(parsed.document.data, path)
        if isinstance(value, bool | int) and not isinstance(value, bool):
            spelled = between(text, place.line, place.column, place.end_line, place.end_column)
            assert math.isclose(float(spelled), value)


def paths(data: Json, here: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    found = [here]
    if isinstance(data, dict):
        for key, value in data.items():
            found += paths(value, (*here, key))
    elif isinstance(data, list):
        for number, value in enumerate(data):
            found += paths(value, (*here, number))
    return found


def at(data: Json, path: tuple[str | int, ...]) -> Json:
    for step in path:
        assert isinstance(data, dict | list)
        data = data[step]  # type: ignore[index]
    return data


FRAGMENTS = st.sampled_from(
    [
        "a",
        "b: ",
        "- ",
        "\n",
        "\n  ",
        "? ",
        "{",
        "}",
        "[",
        "]",
        ",",
        "&x ",
        "*x",
        "!!str ",
        "<<: ",
        "|\n",
        ">-\n",
        "'",
        '"',
        "\\",
        "#",
        " ",
        "\t",
        "\r\n",
        "---\n",
        "...\n",
        "1",
        "yes",
        "0o7",
        ".nan",
        "é",
        "😀",
        "\u2028",
        "\0",
        "%",
    ]
)


@given(st.lists(FRAGMENTS, max_size=40).map("".join) | st.text() | st.binary())
@settings(max_examples=400, deadline=None)
def test_no_file_raises_and_every_refusal_has_a_finding(text: str | bytes) -> None:
    content = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
    parsed = parse_document(content, "p")
    assert parsed.document is not None or parsed.findings
    if parsed.document is not None:
        for path in paths(parsed.document.data):
            parsed.document.location(path)
            parsed.document.text_location(path, 1, 1)
        _ = parsed.document.ignored_rules


@given(st.lists(FRAGMENTS, max_size=40).map("".join))
@settings(max_examples=200, deadline=None)
def test_without_libyaml_no_file_raises_either(text: str) -> None:
    content = text.encode("utf-8", "surrogatepass")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("promptctl.core.document._Parser", yaml.SafeLoader)
        parsed = parse_document(content, "p")
    assert parsed.document is not None or parsed.findings
    assert all(finding.location.line for finding in parsed.findings)


@pytest.mark.parametrize("text", [PLACES, TEXTS, IGNORED])
def test_without_libyaml_it_reads_the_same(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    fast = document(text)
    monkeypatch.setattr("promptctl.core.document._Parser", yaml.SafeLoader)
    slow = document(text)
    assert slow.data == fast.data
    assert slow.ignored_rules == fast.ignored_rules
    for path in paths(fast.data):
        assert slow.location(path) == fast.location(path)
        assert slow.location(path, key=True) == fast.location(path, key=True)


@pytest.mark.parametrize("escape", ["\\ud800", "\\UFFFFFFFF", "\\q", "\\x4"])
def test_without_libyaml_impossible_escapes_are_findings(
    escape: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("promptctl.core.document._Parser", yaml.SafeLoader)
    parsed = parse_document(f'a: "{escape}"'.encode(), "p")
    assert [finding.rule for finding in parsed.findings] == ["yaml-syntax"]
    assert parsed.document is None
