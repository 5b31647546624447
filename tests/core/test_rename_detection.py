"""core.rename_detection: which prompt that is gone is which new one."""

from __future__ import annotations

import random
import time

import pytest

from promptctl.core.rename_detection import MAX_FILES, find_renames

GREETING = b"provider: echo\nmodel: m\ntemplate: |\n  Greet {{ name }}.\n  Be kind.\n  Be brief.\n"
TRIAGE = (
    b"provider: echo\nmodel: m\ntemplate: |\n  Sort {{ ticket }}.\n  By urgency.\n  One word.\n"
)


def test_equal_bytes_are_a_rename() -> None:
    assert find_renames({"a": GREETING}, {"b": GREETING}, {}) == {"b": "a"}


def test_like_text_is_a_rename_and_the_most_alike_wins() -> None:
    near, nearer = GREETING.replace(b"Be kind", b"Be cold"), GREETING + b"# more\n"
    assert find_renames({"a": GREETING}, {"b": near, "c": nearer}, {}) == {"c": "a"}
    assert find_renames({"a": GREETING, "b": TRIAGE}, {"c": near}, {}) == {"c": "a"}


def test_different_prompts_are_none() -> None:
    assert find_renames({"a": GREETING}, {"b": TRIAGE}, {}) == {}
    assert find_renames({"a": b""}, {"b": b"x\n"}, {}) == {}


def test_equal_bytes_beat_likeness() -> None:
    old = {"a": GREETING, "b": GREETING + b"# b\n"}
    assert find_renames(old, {"c": GREETING + b"# b\n", "d": GREETING}, {}) == {"c": "b", "d": "a"}


def test_of_several_of_the_same_bytes_each_has_one_partner() -> None:
    found = find_renames({"a": GREETING, "b": GREETING}, {"c": GREETING, "d": GREETING}, {})
    assert sorted(found) == ["c", "d"]
    assert sorted(found.values()) == ["a", "b"]


def test_of_several_of_the_same_bytes_the_same_last_part_goes_together() -> None:
    old, new = ("x/a", "x/b"), ("y/b", "y/c", "y/a")
    found = find_renames(dict.fromkeys(old, GREETING), dict.fromkeys(new, GREETING), {})
    assert found == {"y/b": "x/b", "y/a": "x/a"}


def test_what_is_declared_counts_whatever_the_text_is() -> None:
    declared = {"a": "b", "b": "c"}
    assert find_renames({"a": GREETING}, {"c": TRIAGE, "d": GREETING}, declared) == {"c": "a"}
    assert find_renames({"a": GREETING}, {"d": GREETING}, declared) == {"d": "a"}


def test_many_files_are_compared_by_their_bytes_alone() -> None:
    def files(prefix: str, end: str) -> dict[str, bytes]:
        count = MAX_FILES + 1
        return {f"{prefix}{i}": GREETING + f"# {i}{end}\n".encode() for i in range(count)}

    assert len(find_renames(files("a", ""), files("b", ""), {})) == MAX_FILES + 1
    assert find_renames(files("a", ""), files("b", " more"), {}) == {}


@pytest.mark.parametrize(("number", "length"), [(30, 20_000), (MAX_FILES, 2000)])
def test_large_files_end_soon(number: int, length: int) -> None:
    rng = random.Random(1)

    def files(prefix: str) -> dict[str, bytes]:
        lines = [b"%d\n" % rng.randrange(5000) for _ in range(length)]
        return {f"{prefix}{i}": b"".join(rng.sample(lines, length)) for i in range(number)}

    start = time.process_time()
    find_renames(files("a"), files("b"), {})
    assert time.process_time() - start < 10
