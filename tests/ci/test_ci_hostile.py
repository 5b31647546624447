"""Nothing that a pull request holds drives a runner, a terminal or a comment, in any of the outputs."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promptctl.core.accepted import Accepted
from promptctl.core.change import Change, Effect
from promptctl.core.diff import Diff
from promptctl.core.finding import Finding, Location, Severity
from promptctl.core.review import BASE, Break, Failure, LabelCheck, Planned, Review, RuleEdit
from promptctl.output.findings.text import no_lines
from promptctl.output.review import (
    code_quality_json,
    review_annotations,
    review_json,
    review_markdown,
    review_text,
)
from tests.ci.scenes import GREETING, Scene, github_environment, make_scene, run
from tests.output.changes.diffs import hostile, terminal
from tests.output.changes.test_markdown import OURS, REFERENCES, TROUBLE, outside_code, parsed

ALLOWED = OURS | {"h2", "h3"}
DRIVES = set("\x00\x1b\x9b\r\u202e\u2066")


def a_review(text: str) -> Review:
    """A review in which everything that somebody else may write is this text."""
    place = Location(f"prompts/{text}.yaml", 3, 1, 3, 5)
    change = Change(
        "variable-removed",
        Effect.BREAKING,
        ("variables", text),
        f"`{text}` was removed {text}",
        text,
        None,
    )
    (prompt, *_) = hostile(text).prompts
    breaks = [
        Break("greeting", change, "0123456789abcdef", against, accepted, place, True)
        for against in ((BASE, "published"), ("staging",))
        for accepted in (
            None,
            Accepted("0123456789abcdef", text),
            Accepted("0123456789abcdef", text, True),
        )
    ]
    return Review(
        f"1234567 ({text})", "1" * 40, "2" * 40, "3" * 40, Diff(text[:200], text[:200], (prompt,)),
        (Finding("yaml-syntax", Severity.ERROR, place, text, text),), 1, tuple(breaks),
        (LabelCheck("greeting", "deadbeef1", 3, prompt),),
        (Planned("greeting", 4, text), Planned("x", None, text)),
        (RuleEdit(f"labels.{text}", text, None), RuleEdit("default_branch", None, text)), (text,),
    )  # fmt: skip


def failures(text: str) -> list[Failure]:
    return [Failure("error", text)]


def hold_comment_safe(markdown: str) -> None:
    assert markdown.startswith("<!-- promptctl ci")
    assert "--" not in markdown.splitlines()[0][4:-3]
    body = parsed(markdown)
    for element in body.iter():
        assert isinstance(element.tag, str), "a comment that is not the marker"
        assert element is body or element.tag in ALLOWED, element.tag
        fence = element.attrib in ({"lang": "yaml"}, {"class": "language-yaml"})
        assert not element.attrib or fence, element.attrib
    for text in outside_code(body):
        words = text.replace(" promptctl ci", "")
        assert not REFERENCES.search(words), text
    for line in markdown.split("\n"):
        assert not re.match(r"\s*[/@]", line), line
    assert not set(markdown) & DRIVES


@pytest.mark.parametrize("text", TROUBLE)
def test_a_comment_holds_nothing_but_code_of_others(text: str) -> None:
    hold_comment_safe(review_markdown(a_review(text), failures(text), prefix=f"a{text[:40]}/"))


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.sampled_from([*TROUBLE, "\n", "`", "|", "<", "@", "\\"]) | st.text(), max_size=4
    ).map("".join)
)
def test_a_comment_of_anything_is_safe(text: str) -> None:
    hold_comment_safe(review_markdown(a_review(text), failures(text)))


@pytest.mark.parametrize(
    "text", ["::error::x", "\n::error::x", "##[error]x", "a%0A::error::", "\r::add-mask::x"]
)
def test_annotations_are_one_line_each(text: str) -> None:
    review = a_review(text)
    lines = review_annotations(review, "promptctl.yaml", "a,b:c/").splitlines()
    assert len(lines) == len(review.findings) + len(review.breaks) + len(review.edits)
    for line in lines:
        assert re.match(r"::(error|warning) file=[^,:]*(,line=3,[^:]*)?,title=[a-z-]+::", line), (
            line
        )
        assert "\r" not in line
        assert "%0A::" not in line


@pytest.mark.parametrize("text", TROUBLE)
def test_a_terminal_and_programs_get_no_control_characters(text: str) -> None:
    review = a_review(text)
    shown = review_text(review, failures(text), terminal(80), no_lines)
    for output in (shown, review_json(review, failures(text)), code_quality_json(review, "p.yaml")):
        assert not set(output) & DRIVES


def test_a_comment_stays_below_the_limit() -> None:
    text = "x @team | " * 2000
    one = a_review(text)
    review = replace(one, findings=one.findings * 500, breaks=one.breaks * 500, labels=one.labels * 500,
                     plan=one.plan * 500, edits=one.edits * 500, notes=one.notes * 50)  # fmt: skip
    markdown = review_markdown(review, failures(text))
    assert len(markdown) <= 65_536
    hold_comment_safe(markdown)


# --- a whole pull request ----------------------------------------------------------------------------

TEXT = "::error::pwned\\n@org/team <b>x</b> `` ::set-output name=x::y\\n\\u001b]0;x\\a"
HOSTILE = f"""\
provider: echo
description: "{TEXT}"
variables:
  name: {{type: string, description: "{TEXT}", default: "{TEXT}"}}
template: "Greet {{{{ name }}}} {TEXT}"
examples:
  - {{name: "{TEXT}", variables: {{name: "{TEXT}"}}}}
metadata: {{owner: "{TEXT}"}}
"""


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    scene = make_scene(tmp_path)
    files = {
        "prompts/greeting.yaml": HOSTILE,
        "prompts/new.yaml": HOSTILE + "temprature: 1\n",
        "prompts/@team\n::error::x <b>.yaml": GREETING,
        "promptctl.yaml": f'version: 1\ndefault_branch: "{TEXT}"\naccepted_breaks:\n'
        f'  - {{fingerprint: 0123456789abcdef, reason: "{TEXT}"}}\n',
    }
    scene.change(files)
    return scene


def test_a_runner_obeys_nothing_in_a_hostile_pull_request(scene: Scene, tmp_path: Path) -> None:
    report = tmp_path / "report.md"
    done = run(scene.work.path, "ci", "--report", str(report), env=github_environment())
    assert done.returncode == 1, done.stderr
    lines = done.stdout.splitlines()
    token = lines[0].removeprefix("::stop-commands::")
    commands = lines[lines.index(f"::{token}::") + 1 :]
    assert all(re.match(r"::(error|warning) file=prompt", line) for line in commands), commands
    assert not any(line.lstrip().startswith(("::", "##[")) for line in done.stderr.splitlines())
    hold_comment_safe(report.read_text(encoding="utf-8"))
    assert not set(done.stdout + done.stderr) & DRIVES


@pytest.mark.parametrize("output_format", ["text", "json", "markdown", "github", "gitlab"])
def test_each_format_is_safe_to_print(scene: Scene, output_format: str) -> None:
    done = run(scene.work.path, "ci", "--format", output_format)
    assert done.returncode == 1
    assert not set(done.stdout + done.stderr) & DRIVES
    assert "pwned" in done.stdout


def test_an_error_with_a_hostile_branch_name_is_one_line(scene: Scene) -> None:
    environ = github_environment("x\n::error::y") | {"GITHUB_REF": "refs/heads/change"}
    done = run(scene.work.path, "ci", env=environ)
    assert (done.returncode, done.stdout) == (3, "")
    assert all(
        line.startswith(("error:", "hint:", "or ", " ")) for line in done.stderr.splitlines()
    )


def test_no_key_is_needed_and_none_is_shown(scene: Scene) -> None:
    environ = {"OPENAI_API_KEY": "sk-hunter2", "GITHUB_TOKEN": "ghs_hunter2"}
    done = run(scene.work.path, "ci", env=environ | github_environment())
    assert "hunter2" not in done.stdout + done.stderr
    assert {name for name in os.environ if name.endswith("_API_KEY")} == set()
