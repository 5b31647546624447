"""For every file: canonical layout changes no value, no comment and no finding, and is stable."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from promptctl.core.document import parse_document
from promptctl.core.json_data import Json
from promptctl.core.layout import Layout, lay_out
from promptctl.core.layout.key_order import PROMPT_ORDER, in_order
from tests.conftest import CHECKOUT, RunCli
from tests.core.documents import IGNORED, PLACES, TEXTS
from tests.core.test_document_properties import FRAGMENTS, JSON
from tests.core.test_layout import BECOMES, CASES
from tests.example_files import Example, invalid_examples, valid_examples
from tests.generated_prompts import prompt_text


def corpus() -> list[str]:
    """Texts to start from: cases, examples, generated prompts."""
    files = [
        *(CHECKOUT / "example-repo").rglob("*.yaml"),
        *(CHECKOUT / "tests/examples/valid").rglob("*.yaml"),
    ]
    texts = [path.read_text(encoding="utf-8") for path in sorted(files)]
    cases = [case.read_text(encoding="utf-8").split(BECOMES)[0] for case in CASES]
    return [*texts, *cases * 3, PLACES, TEXTS, IGNORED, *map(prompt_text, range(8))]


CORPUS = corpus()
LINE = st.one_of(
    st.builds(lambda depth, number: " " * depth + f"# note-{number}", *[st.integers(0, 9)] * 2),
    st.builds(lambda depth, text: " " * depth + text, st.integers(0, 6), FRAGMENTS),
    st.sampled_from(["", "   ", "k: |+\n    text\n\n\n", "k: >\n  a\n  b\n", "k: 'a\n\n  b'"]),
)


@st.composite
def edited(draw: st.DrawFn) -> str:
    """A text of the corpus after a few careless edits."""
    text = draw(st.sampled_from(CORPUS))
    for _ in range(draw(st.integers(0, 4))):
        lines = text.split("\n")
        at = draw(st.integers(0, len(lines) - 1))
        kind = draw(st.sampled_from(["insert", "side", "shift", "delete", "swap", "within"]))
        if kind == "insert":
            lines.insert(at, draw(LINE))
        elif kind == "side":
            lines[at] += f" # note-{draw(st.integers(0, 9))}"
        elif kind == "shift":
            lines[at] = " " * draw(st.integers(0, 3)) + lines[at].lstrip(" ")
        elif kind == "delete":
            del lines[at]
        elif kind == "swap":
            other = draw(st.integers(0, len(lines) - 1))
            lines[at], lines[other] = lines[other], lines[at]
        else:
            place = draw(st.integers(0, len(lines[at])))
            lines[at] = lines[at][:place] + draw(FRAGMENTS) + lines[at][place:]
        text = "\n".join(lines)
    return text


def data_of(content: bytes) -> Json:
    parsed = parse_document(content, "p")
    assert parsed.document is not None
    return parsed.document.data


def check(text: str) -> Layout:
    """Lay a text out and hold what comes out against it, without the code that does so itself."""
    content = text.encode("utf-8", "surrogatepass")
    layout = lay_out(content, "p")
    if layout.outcome not in ("changed", "unchanged"):
        assert layout.after == b""
        assert layout.problem or layout.findings or parse_document(content, "p").findings
        return layout
    assert layout.problem is None
    before = data_of(content.removeprefix(b"\xef\xbb\xbf"))
    after = data_of(layout.after)
    assert json.dumps(in_order(after, PROMPT_ORDER)) == json.dumps(in_order(before, PROMPT_ORDER))
    assert after == before
    notes = re.compile(rb"note-\d")
    assert Counter(notes.findall(layout.after)) == Counter(notes.findall(content))
    again = lay_out(layout.after, "p")
    assert (again.outcome, again.after) == ("unchanged", layout.after)
    assert b"\r" not in layout.after
    return layout


@given(edited())
@settings(max_examples=400, deadline=None)
def test_an_edited_file_keeps_its_values_and_comments(text: str) -> None:
    layout = check(text)
    assert layout.problem is None or "directive" in layout.problem or "ignore" in layout.problem


@given(JSON, st.booleans(), st.sampled_from([None, "'", '"', "|", ">"]), st.sampled_from([20, 200]))
@settings(max_examples=200, deadline=None)
def test_whatever_pyyaml_writes(data: Json, flow: bool, style: str | None, width: int) -> None:
    text = yaml.safe_dump(
        {"metadata": data, "examples": [data]},
        allow_unicode=True,
        default_flow_style=flow,
        default_style=style,
        width=width,
        sort_keys=False,
    )
    layout = check(text)
    if layout.outcome in ("changed", "unchanged"):
        assert yaml.safe_load(layout.after) == yaml.safe_load(text)


@given(st.lists(FRAGMENTS, max_size=40).map("".join) | st.text())
@settings(max_examples=300, deadline=None)
def test_no_text_raises(text: str) -> None:
    check(text)


@given(edited())
@settings(max_examples=60, deadline=None)
def test_without_libyaml_the_layout_is_the_same(text: str) -> None:
    content = text.encode("utf-8", "surrogatepass")
    fast = lay_out(content, "p")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("promptctl.core.document._Parser", yaml.SafeLoader)
        slow = lay_out(content, "p")
    if "invalid" not in (fast.outcome, slow.outcome):
        assert slow.after == fast.after


EXAMPLES = [
    pytest.param(example, id=example.name, marks=[pytest.mark.full] * ("bomb" in example.name))
    for example in (*valid_examples(), *invalid_examples())
]


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_has_the_same_findings_afterwards(
    example: Example, tmp_path: Path, run_cli: RunCli
) -> None:
    example.make(tmp_path)

    def findings() -> list[tuple[str, str]]:
        listed = json.loads(run_cli(["validate", "--format", "json"]).stdout)["findings"]
        # Another layout has other places, and a few sentences name them.
        return sorted((one["path"], one["rule"]) for one in listed)

    before = findings()
    result = run_cli(["fmt"])
    assert result.exit_code in (0, 1), result.stderr
    assert "Traceback" not in result.stderr
    mended = [("prompts/case.yaml", "yaml-encoding")] if example.name == "encoding-bom" else []
    assert findings() == [one for one in before if one not in mended]
    assert run_cli(["fmt", "-q"]).stdout == "", "the second time there is nothing to do"
