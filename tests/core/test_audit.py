"""Numbers that are missing among a prompt's tags, in words that say which."""

from __future__ import annotations

import pytest

from promptctl.core.audit import Scope, check_numbers
from promptctl.core.record import TagName


@pytest.mark.parametrize(
    ("there", "tag", "message"),
    [
        ([1, 3], "greeting@v2", "it is not here, although greeting@v3 is"),
        ([3], "greeting@v1", "it is not here, nor is greeting@v2, although greeting@v3 is"),
        (
            [1, 5],
            "greeting@v2",
            "it is not here, nor is any up to greeting@v4, although greeting@v5 is",
        ),
    ],
)
def test_what_is_missing_is_named(there: list[int], tag: str, message: str) -> None:
    (problem,) = check_numbers([TagName("greeting", number) for number in there], Scope("p/"))
    assert (problem.tag, problem.message) == (f"p/{tag}", message)
