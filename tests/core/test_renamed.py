"""Old and new names of prompts, through any number of renamings."""

from __future__ import annotations

import pytest

from promptctl.core.renamed import former_names, name_now, no_prompt

RENAMED = {"a": "b", "b": "c", "x": "c"}


@pytest.mark.parametrize(("name", "now"), [("a", "c"), ("b", "c"), ("c", None), ("d", None)])
def test_what_an_old_name_is_now(name: str, now: str | None) -> None:
    assert name_now(RENAMED, name) == now


def test_what_a_name_was() -> None:
    assert former_names(RENAMED, "c") == ("b", "x", "a")
    assert former_names(RENAMED, "a") == ()


@pytest.mark.parametrize(
    ("name", "revision", "message", "hint"),
    [
        ("a", None, "there is no prompt a: it was renamed to c", "did you mean `c`?"),
        (
            "a",
            "HEAD",
            "there is no prompt a at HEAD: it was renamed to c",
            "did you mean `c@HEAD`?",
        ),
        ("ather", None, "there is no prompt ather", "did you mean `other`?"),
        ("nothing", None, "there is no prompt nothing", "promptctl list"),
    ],
)
def test_a_name_that_is_no_prompts(
    name: str, revision: str | None, message: str, hint: str
) -> None:
    error = no_prompt(name, ["c", "other"], RENAMED, revision)
    assert (error.message, error.hint) == (message, hint)


def test_a_new_name_where_the_old_one_still_was() -> None:
    error = no_prompt("c", ["a"], RENAMED, "v1.0")
    assert error.message == "there is no prompt c at v1.0: there it is called a"
    assert error.hint == "did you mean `a@v1.0`?"


def test_any_number_of_renamings() -> None:
    renamed = {f"p{n}": f"p{n + 1}" for n in range(5000)}
    assert len(former_names(renamed, "p5000")) == 5000
    assert name_now(renamed, "p0") == "p5000"
