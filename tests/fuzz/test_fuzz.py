"""A thousand damaged prompts in the normal tests; `make fuzz` runs a hundred times as many."""

from __future__ import annotations

import pytest

from tests.fuzz.campaign import run_campaign


@pytest.mark.slow
@pytest.mark.parametrize("part", range(4))
def test_no_damaged_prompt_brings_anything_down(part: int) -> None:
    failures = list(run_campaign(2026, range(part, 1000, 4)))
    assert [f"{failure.number}: {failure.report}" for failure in failures] == []
