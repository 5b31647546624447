"""Where a line for people may break: between words, and never inside a command."""

from __future__ import annotations

import pytest

from promptctl.output.cells import cell_width, wrap_note


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        (
            "hint: promptctl rollback explain --undo -m REASON takes the last rollback back (v2)",
            ["hint: promptctl rollback explain --undo -m REASON", "    takes the last rollback back (v2)"],
        ),
        (
            "changed but unpublished: greeting, explain; promptctl publish greeting explain",
            ["changed but unpublished: greeting, explain;", "    promptctl publish greeting explain"],
        ),
        (
            "error: git knows no commit of the name publishd anywhere",
            ["error: git knows no commit of the name publishd", "    anywhere"],
        ),
        (
            "the branch is elsewhere: git status or git log --oneline --all shows what there is",
            ["the branch is elsewhere: git status or", "    git log --oneline --all shows what there is"],
        ),
    ],
)  # fmt: skip
def test_a_command_stays_in_one_piece(text: str, lines: list[str]) -> None:
    assert wrap_note(text, 50, 4) == lines
    assert all(cell_width(line) <= 50 for line in lines)


def test_a_command_that_is_wider_than_the_screen_is_left_to_it() -> None:
    line = "hint: promptctl label --delete greeting published"
    assert wrap_note(line, 30, 6) == [line]


def test_nobody_who_reads_by_machine_gets_it_wrapped() -> None:
    line = "hint: " + "word " * 50
    assert wrap_note(line, None, 6) == [line]
