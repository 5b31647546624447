"""The grammar of names and references (design 3), and its edges."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptctl.core.reference import (
    MAX_NAME,
    MAX_PART,
    Reference,
    is_label,
    is_path,
    is_prompt_name,
    is_range,
    name_problem,
    parse_reference,
    slug,
)
from promptctl.errors import ReferenceInvalid


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("greeting", Reference("greeting")),
        ("support/triage", Reference("support/triage")),
        ("greeting@.", Reference("greeting", "worktree", ".")),
        ("greeting@12", Reference("greeting", "version", "12", 12)),
        ("greeting@v12", Reference("greeting", "version", "v12", 12)),
        ("greeting@999999999", Reference("greeting", "version", "999999999", 999_999_999)),
        ("greeting@latest", Reference("greeting", "latest", "latest")),
        ("greeting@staging", Reference("greeting", "named", "staging")),
        ("greeting@HEAD~2", Reference("greeting", "named", "HEAD~2")),
        ("greeting@refs/heads/staging", Reference("greeting", "named", "refs/heads/staging")),
        ("greeting@@{u}", Reference("greeting", "named", "@{u}")),
        ("greeting@main@{1}", Reference("greeting", "named", "main@{1}")),
        ("greeting@:/fix the tone", Reference("greeting", "named", ":/fix the tone")),
        # No versions, so commit-ish: git says whether they exist.
        ("greeting@0", Reference("greeting", "named", "0")),
        ("greeting@v0", Reference("greeting", "named", "v0")),
        ("greeting@007", Reference("greeting", "named", "007")),
        ("greeting@v007", Reference("greeting", "named", "v007")),
        ("greeting@1_0", Reference("greeting", "named", "1_0")),
        ("greeting@9999999999", Reference("greeting", "named", "9999999999")),
        ("greeting@v١", Reference("greeting", "named", "v١")),
        ("greeting@V3", Reference("greeting", "named", "V3")),
    ],
)
def test_a_reference_splits_at_the_first_at_sign(text: str, expected: Reference) -> None:
    assert parse_reference(text) == expected
    assert str(expected) == text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "empty"),
        ("@12", "empty"),
        ("greeting@", "nothing stands behind"),
        ("greeting@-delete", "cannot begin with -"),
        ("greeting@HEAD\n", "printable"),
        ("greeting@a\x00b", "printable"),
        ("greeting@a\u202eb", "printable"),
        ("greeting@" + "a" * 2000, "at most"),
        ("greeting@1..greeting@2", "range"),
        ("main...HEAD", "range"),
        ("a..b", "range"),
        ("prompts/greeting.yaml", "path"),
        ("./greeting", "path"),
        ("../greeting", "path"),
        ("/greeting", "path"),
        (".", "path"),
        ("Greeting", "capital"),
        ("--help", "--"),
        ("-x", "begins and ends"),
        ("greeting.yml", "may only hold"),
    ],
)
def test_what_is_no_reference_says_why(text: str, words: str) -> None:
    with pytest.raises(ReferenceInvalid, match=words):
        parse_reference(text)


@pytest.mark.parametrize(
    "name",
    ["a", "0", "greeting", "a/b/c", "a-b_c", "a__b", "con", "a" * MAX_PART, "a/" * 255 + "b"],
)
def test_names_that_a_prompt_may_have(name: str) -> None:
    assert name_problem(name) is None


@pytest.mark.parametrize(
    "name",
    [
        "",
        "/",
        "a/",
        "/a",
        "a//b",
        "a--b",
        "-a",
        "a-",
        "_a",
        "a_",
        "_partials/tone",
        "A",
        "é",
        "a b",
        "a.b",
        "a@b",
        "a\n",
        "a\x00",
        "..",
        "a/../b",
        "٣",
        "a\\b",
        "a" * (MAX_PART + 1),
        "a/" * 256 + "b",
        "a" * (MAX_NAME + 1),
    ],
)
def test_names_that_no_prompt_may_have(name: str) -> None:
    assert not is_prompt_name(name)
    assert name_problem(name)


@given(st.text(alphabet="ab0-_/@.vA\n é١", max_size=12))
def test_any_text_is_a_reference_or_a_refusal(text: str) -> None:
    try:
        reference = parse_reference(text)
    except ReferenceInvalid:
        return
    assert is_prompt_name(reference.name)
    assert str(reference) == text


def test_distinct_names_have_distinct_slugs() -> None:
    assert slug("support/triage") == "support--triage"
    assert not is_prompt_name("support--triage")


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("published", True),
        ("a", True),
        ("eu-west_1", True),
        ("v2x", True),
        ("latest", False),
        ("default", False),
        ("head", False),
        ("12", False),
        ("v12", False),
        ("v012", False),
        ("Staging", False),
        ("a-", False),
        ("a" * 65, False),
        ("", False),
        ("a\n", False),
    ],
)
def test_label_names(text: str, answer: bool) -> None:
    assert is_label(text) is answer


def test_paths_and_ranges_are_told_from_names() -> None:
    assert [t for t in ("../a", "a.yaml", "..", "a@HEAD", "a") if is_path(t)] == [
        "../a",
        "a.yaml",
        "..",
    ]
    assert [t for t in ("main..HEAD", "a...b", "../a..b", "a") if is_range(t)] == [
        "main..HEAD",
        "a...b",
    ]
