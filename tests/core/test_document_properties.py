"""What holds for every file, with libyaml and without."""

import math

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from promptctl.core.document import parse_document
from promptctl.core.json_data import Json
from tests.core.documents import IGNORED, PLACES, TEXTS, between, document, paths

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


TEMPLATE = st.lists(
    st.sampled_from(["a", "bc", "{{ x }}", " ", "\n", "'", '"', "\\", "é", "😀", ":", "# ", "- "]),
    max_size=25,
).map("".join)


@given(TEMPLATE, st.sampled_from([None, "'", '"', "|", ">"]), st.sampled_from([10, 1000]))
@settings(max_examples=200, deadline=None)
def test_each_character_of_a_text_is_found_in_the_file(
    value: str, style: str | None, width: int
) -> None:
    text = yaml.safe_dump({"k": [value]}, allow_unicode=True, default_style=style, width=width)
    parsed = parse_document(text.encode(), "p")
    assert parsed.document is not None
    if parsed.document.data != {"k": [value]}:
        return
    whole = parsed.document.location(("k", 0))
    written = text.split("\n")
    sign = written[whole.line - 1][whole.column - 1]
    for number, line in enumerate(value.split("\n"), 1):
        for column, char in enumerate(line, 1):
            place = parsed.document.text_location(("k", 0), number, column)
            there = written[place.line - 1][place.column - 1 :][:1]
            folded = char == " " and there == "" and sign not in "|>"
            escaped = sign == '"' and there == "\\"
            assert there == char or folded or escaped or (sign == ">" and place == whole)


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
