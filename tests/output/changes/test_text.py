"""A diff for people: in a pipe, at a terminal, and with texts that would like to look like ours."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from promptctl.core.change import Change, Effect
from promptctl.core.diff import Diff
from promptctl.core.word_diff import Edit
from promptctl.output.cells import cell_width
from promptctl.output.changes import diff_names, diff_stat, diff_summary, diff_text, prompt_summary
from tests.output.changes.diffs import edits, every_kind, greeting, hostile, prompt, terminal

NOTHING = Diff("published", "working tree", ())
HOSTILE = [
    "\x1b]52;c;cm0gLXJm\x07\x9b31m\u202e\r\n\t\x00",
    "a\n  callers\n    breaking    everything",
    "\U000e0041\u200b",
    "",
    "w" * 5000,
    "日本" * 300,
]


def edited(*parts: str) -> Diff:
    change = Change("message-edited", Effect.BEHAVIOUR, ("messages", 0), "message 1 was edited")
    changed = Change(change.rule, change.effect, change.path, change.message, edits=edits(*parts))
    return Diff("a", "b", (prompt("x", changed),))


def test_nothing_says_nothing() -> None:
    screen = terminal()
    assert diff_text(NOTHING, screen) == diff_stat(NOTHING, screen) == diff_names(NOTHING) == ""
    assert diff_summary(NOTHING) == "no prompts differ"


def test_summaries() -> None:
    assert diff_summary(every_kind()) == (
        "11 prompts: 3 breaking (1 accepted), 3 behaviour, 2 compatible, 2 cosmetic, 1 not comparable"
    )
    assert diff_summary(Diff("a", "b", (greeting(),))) == "1 prompt: 1 breaking"
    said = [prompt_summary(one) for one in every_kind().prompts]
    assert said[0] == "broken.yaml:3:1: `messages` is missing"
    assert said[2] == (
        "variable `tone` was removed; variable `language`: `fr` is no longer allowed; "
        "variable `nickname` was added and has a default; and 3 more"
    )
    assert said[3] == "only the layout of the file changed"


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("a", "b", "    model: a → b"),
        (0.7, 0.2, "    model: 0.7 → 0.2"),
        (True, 0, "    model: true → 0"),
        (None, "b", "    what the message says"),
        ("x" * 61, "b", "    what the message says"),
        ("a\nb", "c", "    what the message says"),
        ({"a": 1}, "c", "    what the message says"),
        (None, None, "    what the message says"),
        (10**5000, 1, "    what the message says"),
    ],
    ids=range(9),
)
def test_short_values_are_shown_as_old_and_new(old: object, new: object, line: str) -> None:
    change = Change(
        "model-changed", Effect.BEHAVIOUR, ("model",), "what the message says", old, new
    )  # type: ignore[arg-type]
    assert line in diff_text(Diff("a", "b", (prompt("x", change),)), terminal()).splitlines()


def test_text_cannot_pretend_to_be_an_edit_or_unedited() -> None:
    lines = diff_text(
        edited("[-keep-] items[-1] ", "+ok +} hidden", "-a-]b", " [a-z_-]"), terminal()
    )
    assert "| [-keep-\\] items[-1] {+ok +\\} hidden+}[-a-\\]b-] [a-z_-\\]" in lines
    calm = diff_text(edited("[a-z_-] {{ x+}} ", "+ok"), terminal())
    assert "| [a-z_-] {{ x+}} {+ok+}" in calm


def test_a_shared_file_is_shown_once() -> None:
    text = diff_text(every_kind(), terminal())
    assert text.count("{+sentences of ten words+}") == 1
    assert (
        "2 prompts  v3 → working tree  behaviour\n  mail, mail-short\n  model\n"
        "    file `_partials/voice.md` was edited\n"
    ) in text


def test_a_long_list_is_cut_and_says_so() -> None:
    many = [
        Change(
            "variable-removed", Effect.BREAKING, ("variables", str(n)), f"variable {n} was removed"
        )
        for n in range(100)
    ]
    lines = diff_text(Diff("a", "b", (prompt("x", *many),)), terminal()).splitlines()
    assert len(lines) < 50
    assert "    and 60 more changes" in lines


def test_the_bar_of_a_stat_fits_and_shows_every_effect() -> None:
    many = [
        Change("variable-removed", Effect.BREAKING, ("variables", str(n)), "gone")
        for n in range(500)
    ]
    one = Change("description-changed", Effect.COSMETIC, ("description",), "changed")
    stat = diff_stat(Diff("a", "b", (prompt("x" * 50, *many, one), prompt("y", one))), terminal(50))
    first, second, last = stat.splitlines()
    assert re.fullmatch(r" x+… \| breaking 501 !+\.", first)
    assert cell_width(first) <= 50
    assert second.endswith("| cosmetic   1 .")
    assert last == " 2 prompts: 1 breaking, 1 cosmetic"


@settings(deadline=None, max_examples=100)
@given(st.text(max_size=60), st.sampled_from([20, 40, 80]), st.booleans())
@example(HOSTILE[0], 40, True)
@example(HOSTILE[1], 40, False)
@example(HOSTILE[2], 40, False)
@example(HOSTILE[3], 40, False)
@example(HOSTILE[4], 40, True)
@example(HOSTILE[5], 40, False)
@example("0\x1f\x1f\x1f\u0e5c\u2d68 ", 80, True)
def test_foreign_text_drives_no_terminal_and_begins_no_line(
    text: str, width: int, color: bool
) -> None:
    screen = terminal(width, color=color)
    shown = diff_text(hostile(text), screen)
    plain = re.sub(r"\x1b\[[0-9;]+m", "", shown)
    assert all(
        char.isprintable() or char in "\n \u3000" or char.isspace() or ord(char) > 0x9F
        for char in plain
    )
    assert "\x1b" not in plain
    assert not re.search("[\u202a-\u202e\u2066-\u2069\u200b]", plain)
    lines = plain.splitlines() if "\x85" not in plain else plain.split("\n")
    assert all(cell_width(line) <= max(width, 24) for line in lines)
    assert lines.count("  callers") == 2
    assert diff_names(hostile(text)).count("\n") == 3


@settings(deadline=None, max_examples=100)
@given(
    st.lists(st.builds(Edit, st.sampled_from(["same", "removed", "added"]), st.text(max_size=20)))
)
def test_wrapping_loses_no_character(some: list[Edit]) -> None:
    change = Change("message-edited", Effect.BEHAVIOUR, (), "edited", edits=tuple(some))
    diff = Diff("a", "b", (prompt("x", change),))
    narrow, wide = (diff_text(diff, terminal(w)) for w in (30, 100_000))
    passages = [
        re.sub(r"\s", "", "".join(re.findall(r"(?m)^      \| (.*)$", text)))
        for text in (narrow, wide)
    ]
    assert passages[0] == passages[1]
