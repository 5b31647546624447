"""Prompts with the very same changes, and states that are the same for all, are told once."""

from __future__ import annotations

import pytest

from promptctl.core.change import Change, Effect
from promptctl.core.diff import Diff, PromptDiff, RenderedChange, Side
from promptctl.core.word_diff import Edit
from promptctl.output.changes import diff_html, diff_markdown, diff_stat, diff_text
from promptctl.output.changes.entries import entries
from tests.output.changes.diffs import VOICE, edits, prompt, terminal

MANY = 43
BASE = "1a04dcc (merge base of main and HEAD)"


def between(name: str, *changes: Change, **others: object) -> PromptDiff:
    """A prompt that differs between the merge base and HEAD."""
    old, new = Side(name, f"{name}.yaml", BASE, "1" * 40), Side(name, f"{name}.yaml", "HEAD")
    return PromptDiff(old, new, changes, **others)  # type: ignore[arg-type]


def shared(rendered: bool = False) -> Diff:
    """A diff in which a shared text is all that changed in most prompts."""
    told = RenderedChange("ada", 1, "user", edits("-short", "+long"))
    some = (told,) if rendered else ()
    alike = (between(f"p{n:02}", VOICE, rendered=some) for n in range(MANY))
    broken = Change("variable-removed", Effect.BREAKING, ("variables", "x"), "variable `x` is gone")
    return Diff(BASE, "HEAD", (*alike, between("q", VOICE, broken)))


@pytest.mark.parametrize("rendered", [False, True])
def test_a_shared_text_is_shown_once_for_all_that_have_no_other_change(rendered: bool) -> None:
    diff = shared(rendered)
    text, markdown, page = diff_text(diff, terminal(80)), diff_markdown(diff), diff_html(diff)
    assert "43 prompts  behaviour\n  p00, p01, p02, p03, p04, p05, p06, p07 and 35 more\n" in text
    assert text.count("sentences of ten words") == 1
    assert len(text.splitlines()) < 30
    assert "#### 43 prompts: behaviour\n\n`p00`, `p01`, " in markdown
    assert "| `p00` and 42 more | behaviour | file `_partials/voice.md` was edited |" in markdown
    assert markdown.count("sentences of ten words") == page.count("sentences of ten words") == 2
    assert "<h2>43 prompts " in page
    assert "p41, p42" in page
    assert len(diff_stat(diff, terminal(80)).splitlines()) == MANY + 2
    if rendered:
        assert "p00, example ada, message 1 (user); 42 more alike\n" in text
        assert "`p00`, example `ada`, message 1 (`user`); 42 more alike" in markdown
        assert page.count("42 more alike") == 1


def test_other_changes_and_other_values_part_prompts() -> None:
    def model(new: object) -> Change:
        return Change("model-changed", Effect.BEHAVIOUR, ("model",), "another", "a", new)  # type: ignore[arg-type]

    told = (
        *(between("a", model("b")), between("b", model("c")), between("c", model("b"))),
        *(between("d", VOICE), between("e", VOICE, model("b")), between("f"), between("g")),
    )
    names = [[one.name for one in entry.prompts] for entry in entries(told)]
    assert names == [["a", "c"], ["b"], ["d"], ["e"], ["f", "g"]]


def test_a_break_and_what_came_or_went_stand_alone() -> None:
    broken = Change("variable-removed", Effect.BREAKING, ("variables", "x"), "gone")
    added = Change("prompt-added", Effect.COMPATIBLE, (), "added")
    new = (PromptDiff(None, Side(name, name, "HEAD"), (added,)) for name in "ab")
    told = (between("x", broken), between("y", broken), *new)
    assert [len(entry.prompts) for entry in entries(told)] == [1, 1, 1, 1]


def test_states_that_are_the_same_for_all_are_said_once() -> None:
    gone = Change("prompt-removed", Effect.BREAKING, (), "prompt z was removed")
    old = PromptDiff(Side("z", "z.yaml", BASE, "1" * 40), None, (gone,))
    diff = Diff(BASE, "HEAD", (*shared().prompts, old))
    text, markdown, page = diff_text(diff, terminal(80)), diff_markdown(diff), diff_html(diff)
    assert text.startswith(f"{BASE} → HEAD\n\n43 prompts  behaviour\n")
    assert text.count("merge base") == markdown.count("merge base") == page.count("merge base") == 1
    assert "\nz  removed  breaking\n" in text
    assert "`1a04dcc` (merge base of main and HEAD) → HEAD\n" in markdown
    assert "#### `z`: breaking\n\nremoved\n" in markdown


def test_one_prompt_says_its_states_beside_its_name() -> None:
    diff = Diff(BASE, "HEAD", (between("a", VOICE),))
    assert diff_text(diff, terminal()).startswith(f"a  {BASE} → HEAD  behaviour\n")


def test_versions_are_said_with_each_prompt() -> None:
    diff = Diff("published", "working tree", (prompt("a", VOICE), prompt("b", VOICE, version=2)))
    assert "2 prompts  published → working tree  behaviour\n  a, b\n" in diff_text(diff, terminal())


def test_edits_are_compared_word_by_word() -> None:
    other = Change(*(getattr(VOICE, name) for name in ("rule", "effect", "path", "message")))
    again = Change(
        *(VOICE.rule, VOICE.effect, VOICE.path, VOICE.message), edits=(Edit("added", "x"),)
    )
    assert len(entries([between("a", VOICE), between("b", other), between("c", again)])) == 3
