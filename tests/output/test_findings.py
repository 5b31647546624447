"""Findings in every format, read back by parsers that are not ours, with hostile text in them."""

import json
import unicodedata
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import unquote

import jsonschema
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from promptctl.core.finding import Finding, Location, Severity
from promptctl.core.rules import RULES
from promptctl.output.findings import FindingsFormat, findings_summary, render_findings
from promptctl.output.findings.text import excerpt
from promptctl.output.terminal import visible

SCHEMA = json.loads(
    (Path(__file__).parents[2] / "schemas" / "validate-output.schema.json").read_text("utf-8")
)
FORMATS: tuple[FindingsFormat, ...] = ("text", "json", "github", "sarif", "junit")

UNKNOWN = Finding(
    "schema-unknown-key",
    Severity.ERROR,
    Location("prompts/a.yaml", 2, 3, 2, 13),
    "unknown key temprature",
    "did you mean temperature?",
)
UNUSED = Finding(
    "variable-unused", Severity.WARNING, Location("prompts/b.yaml", 4, 1, 6, 2), "not used"
)
UNREADABLE = Finding("file-unreadable", Severity.ERROR, Location("prompts/c.yaml"), "no permission")
FINDINGS = (UNKNOWN, UNUSED, UNREADABLE)

HOSTILE = [
    "\x1b]52;c;cm0gLXJm\x07 \x9b31m \u202egnp.exe \u2066",
    "x\n::error file=a::b\r\n::add-mask::secret\r##[group]",
    "100%0A::stop-commands::x",
    "<![CDATA[x]]> & <failure/> \"quoted\" 'single' ]]>",
    "\x00\x01\x0b\x0c\ufffe\uffff\ud800\udcff",
    "[bold]markup[/bold] :smile: [/a-z]",
    "",
]


def source(path: str) -> Sequence[str] | None:
    return {"prompts/a.yaml": ["parameters:", "  temprature: 1"]}.get(path)


def test_text_shows_the_line_with_a_mark_under_the_span() -> None:
    assert render_findings(FINDINGS, read_lines=source) == (
        "prompts/a.yaml:2:3: error [schema-unknown-key] unknown key temprature\n"
        "  2 |   temprature: 1\n"
        "    |   ^^^^^^^^^^\n"
        "    hint: did you mean temperature?\n"
        "\n"
        "prompts/b.yaml:4:1: warning [variable-unused] not used\n"
        "\n"
        "prompts/c.yaml: error [file-unreadable] no permission\n"
    )


def test_a_byte_order_mark_does_not_move_the_marks() -> None:
    finding = Finding("secret", Severity.ERROR, Location("p", 1, 2, 1, 4), "found")
    text = render_findings([finding], read_lines=lambda path: ["\ufeffabcd"])
    assert text.splitlines()[1:] == ["  1 | abcd", "    |  ^^"]


def test_text_is_painted_by_the_terminal() -> None:
    text = render_findings(
        [UNKNOWN], read_lines=source, paint=lambda text, *styles: f"<{'+'.join(styles)}:{text}>"
    )
    assert "<bold:prompts/a.yaml:2:3>: <bold+red:error>" in text
    assert "   <bold+red:^^^^^^^^^^>\n" in text


@pytest.mark.parametrize(
    ("line", "span", "width", "shown", "mark"),
    [
        ("abc: x", (1, 4), 80, "abc: x", "^^^"),
        ("\ta\tb", (2, 3), 80, "    a    b", "    ^"),
        ("\ta\tb", (3, 4), 80, "    a    b", "     ^^^^"),
        ("日本: x", (1, 3), 80, "日本: x", "^^^^"),
        ("日本: x", (5, 6), 80, "日本: x", "      ^"),
        ("é e\u0301: x", (7, 8), 80, "é e\u0301: x", "     ^"),
        ("\x1b[0m: x", (1, 2), 80, "\\x1b[0m: x", "^^^^"),
        ("\u202ex: y", (2, 3), 80, "\\u202ex: y", "      ^"),
        ("😀 x", (3, 4), 80, "😀 x", "   ^"),
        ("short", (99, 120), 80, "short", "     ^"),
        ("key:", (5, 5), 80, "key:", "    ^"),
        ("a" * 50, (1, 3), 20, "a" * 19 + "…", "^^"),
        ("a" * 40 + "X" + "b" * 40, (41, 42), 30, "…" + "a" * 10 + "X" + "b" * 17 + "…", " " * 11 + "^"),
    ],
)  # fmt: skip
def test_carets_stand_under_the_cells(
    line: str, span: tuple[int, int], width: int, shown: str, mark: str
) -> None:
    assert excerpt(line, Location("p", 7, span[0], 7, span[1]), width) == (shown, mark)


@given(
    st.text(st.sampled_from("ab\t日😀\u0301\x1b\u202e é"), max_size=120),
    st.integers(1, 130),
    st.integers(0, 30),
    st.integers(20, 100),
)
@settings(max_examples=300, deadline=None)
def test_a_cut_line_fits_and_keeps_its_mark_in_sight(
    line: str, column: int, length: int, width: int
) -> None:
    shown, mark = excerpt(line, Location("p", 1, column, 1, column + length), width)
    assert cells(shown) <= width
    assert 1 <= len(mark) <= width + 1
    assert mark.strip(" ").strip("^") == ""
    assert visible(shown) == shown


def cells(text: str) -> int:
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1
        for c in text
    )


def test_json_is_what_its_schema_says() -> None:
    read = json.loads(render_findings(FINDINGS, "json", prompts=7))
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    jsonschema.validate(read, SCHEMA)
    assert (read["schema"], read["prompts_checked"]) == ("promptctl.validate/1", 7)
    assert (read["errors"], read["warnings"]) == (2, 1)
    assert read["findings"][0] == {
        "rule": "schema-unknown-key",
        "severity": "error",
        "path": "prompts/a.yaml",
        "line": 2,
        "column": 3,
        "end_line": 2,
        "end_column": 13,
        "message": "unknown key temprature",
        "hint": "did you mean temperature?",
    }
    assert read["findings"][2]["line"] is None


def test_the_schema_describes_every_key_that_is_written() -> None:
    read = json.loads(render_findings(FINDINGS, "json"))
    assert set(read) == set(SCHEMA["properties"]) == set(SCHEMA["required"])
    assert set(read["findings"][0]) == set(SCHEMA["$defs"]["finding"]["properties"])


def test_annotations_name_files_from_the_top_of_the_repository() -> None:
    assert render_findings(FINDINGS, "github", prefix="sub/").splitlines() == [
        "::error file=sub/prompts/a.yaml,line=2,endLine=2,col=3,endColumn=12,"
        "title=schema-unknown-key::unknown key temprature (hint: did you mean temperature?)",
        "::warning file=sub/prompts/b.yaml,line=4,endLine=4,title=variable-unused::not used",
        "::error file=sub/prompts/c.yaml,title=file-unreadable::no permission",
    ]


def test_annotations_escape_what_the_runner_reads() -> None:
    place = Location("a,b:c%.yaml", 1, 1, 1, 2)
    finding = Finding("secret", Severity.INFO, place, "100%\r\n::error::x, y")
    assert render_findings([finding], "github") == (
        "::notice file=a%2Cb%3Ac%25.yaml,line=1,endLine=1,col=1,endColumn=1,title=secret"
        "::100%25 ::error::x, y\n"
    )


def test_sarif_names_rules_places_and_files() -> None:
    place = Location("prompts/naïve #1.yaml", 2, 3, 2, 13)
    moved = Finding(UNKNOWN.rule, UNKNOWN.severity, place, UNKNOWN.message)
    log = json.loads(render_findings([moved, UNREADABLE], "sarif", prefix="sub/", version="1.2"))
    (run,) = log["runs"]
    assert (log["version"], run["tool"]["driver"]["version"]) == ("2.1.0", "1.2")
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == list(RULES)
    first, second = run["results"]
    rule = run["tool"]["driver"]["rules"][first["ruleIndex"]]
    assert rule["id"] == first["ruleId"] == "schema-unknown-key"
    physical = first["locations"][0]["physicalLocation"]
    assert physical["region"] == {"startLine": 2, "startColumn": 3, "endLine": 2, "endColumn": 13}
    assert physical["artifactLocation"]["uri"] == "sub/prompts/na%C3%AFve%20%231.yaml"
    assert "region" not in second["locations"][0]["physicalLocation"]


def test_sarif_ends_each_sentence_once() -> None:
    results = json.loads(render_findings(FINDINGS, "sarif"))["runs"][0]["results"]
    texts = [result["message"]["text"] for result in results]
    assert texts[0] == "unknown key temprature. Hint: did you mean temperature?"
    assert texts[1:] == ["not used.", "no permission."]


def test_junit_has_a_case_for_each_file() -> None:
    files = ["prompts/a.yaml", "prompts/b.yaml", "prompts/good.yaml"]
    suites = ET.fromstring(render_findings(FINDINGS, "junit", prompts=3, files=files))
    (suite,) = suites
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("4", "2", "0")
    names = [case.get("name") for case in suite]
    assert names == ["prompts/a.yaml", "prompts/b.yaml", "prompts/c.yaml", "prompts/good.yaml"]
    assert list(suite[3]) == []
    failure = suite[0].find("failure")
    assert failure is not None
    assert failure.get("type") == "schema-unknown-key"
    assert failure.text is not None
    assert "prompts/a.yaml:2:3: error [schema-unknown-key] unknown key" in failure.text
    assert suite[1].find("failure") is None
    assert "not used" in (suite[1].findtext("system-out") or "")


@pytest.mark.parametrize("output_format", FORMATS)
def test_nothing_found_is_a_complete_answer(output_format: FindingsFormat) -> None:
    text = render_findings([], output_format, prompts=1, files=["prompts/a.yaml"])
    if output_format in ("text", "github"):
        assert text == ""
    elif output_format == "junit":
        suite = ET.fromstring(text)[0]
        assert (suite.get("tests"), suite.get("failures")) == ("1", "0")
    elif output_format == "sarif":
        assert json.loads(text)["runs"][0]["results"] == []
    else:
        jsonschema.validate(json.loads(text), SCHEMA)


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_text_stays_text(hostile: str) -> None:
    check_hostile(hostile)


@given(st.text(st.characters(exclude_categories=())))
@example("\r\n")
@settings(max_examples=200, deadline=None)
def test_any_text_stays_text(hostile: str) -> None:
    check_hostile(hostile)


def check_hostile(hostile: str) -> None:
    """Whatever stands in path, message, hint and file, each format keeps its own form."""
    place = Location(f"p/{hostile}.yaml", 1, 1, 1, 3)
    found = [Finding("secret", Severity.ERROR, place, hostile, hostile), UNUSED]
    written = {
        name: render_findings(found, name, prompts=1, read_lines=lambda path: [hostile])
        for name in FORMATS
    }
    for text in written.values():
        assert visible(text) == text
        text.encode()
    assert len(written["github"].split("\n")) == 3
    commands = [line for line in lines(written) if line.startswith(("::", "##"))]
    assert [line[:12] for line in commands] == ["::error file", "::warning fi"]
    jsonschema.validate(json.loads(written["json"]), SCHEMA)
    result = json.loads(written["sarif"])["runs"][0]["results"][0]
    uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert uri.isascii()
    assert unquote(uri, errors="surrogatepass") == f"p/{hostile}.yaml"
    (suite,) = ET.fromstring(written["junit"])
    assert {element.tag for element in suite.iter()} == {
        "testsuite",
        "testcase",
        "failure",
        "system-out",
    }


def lines(written: dict[FindingsFormat, str]) -> list[str]:
    return written["github"].splitlines() + written["text"].splitlines()


@pytest.mark.parametrize(
    ("findings", "prompts", "line"),
    [
        ([], 0, "0 prompts, no problems"),
        ([], 1, "1 prompt, no problems"),
        ([], 12000, "12,000 prompts, no problems"),
        ([UNKNOWN], 3, "1 error in 1 file"),
        (FINDINGS, 3, "2 errors, 1 warning in 3 files"),
        ([UNUSED, UNUSED], 3, "2 warnings in 1 file"),
    ],
)
def test_the_summary_is_one_line(findings: list[Finding], prompts: int, line: str) -> None:
    assert findings_summary(findings, prompts) == line


@pytest.mark.parametrize(
    ("findings", "prompts", "line"),
    [
        ([], 0, "0 prompts changed since origin/main"),
        ([], 1, "1 prompt changed since origin/main, no problems"),
        ([UNKNOWN], 3, "1 error in 1 file"),
    ],
)
def test_the_summary_of_a_change_says_since_when(
    findings: list[Finding], prompts: int, line: str
) -> None:
    assert findings_summary(findings, prompts, since="origin/main") == line
