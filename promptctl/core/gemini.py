"""How Gemini's models can be told to think: by a budget of tokens up to version 2.5, by a level since."""

from __future__ import annotations

import re
from collections.abc import Mapping

from promptctl.core.fast_dataclass import dataclass
from promptctl.core.json_data import Json

BUDGETS = {"none": 0, "minimal": 1024, "low": 1024, "medium": 8192, "high": 24576}
"""What `reasoning_effort` means to models with budgets, as Google's own OpenAI-compatible API says."""

LEVELS = {effort: effort.upper() for effort in ("minimal", "low", "medium", "high", "xhigh")}
"""What `reasoning_effort` means to models with levels; they always think."""


@dataclass(frozen=True, slots=True)
class ThinkingProblem:
    """A parameter about thinking that the model cannot take; `what` completes "cannot take"."""

    key: str
    what: str
    hint: str
    is_conflict: bool = False


def has_levels(model: str) -> bool:
    """Whether the model knows levels of thinking; names without a version stand for the newest."""
    return re.search(r"gemini-[12](?![0-9])", model) is None


def thinking_problem(model: str, parameters: Mapping[str, Json]) -> ThinkingProblem | None:
    """What the model cannot take of `reasoning_effort` and `thinking`; None if it takes all."""
    effort = parameters.get("reasoning_effort")
    given = parameters.get("thinking")
    thinking = given if isinstance(given, Mapping) else {}
    leveled = has_levels(model)
    known = LEVELS if leveled else BUDGETS
    if isinstance(effort, str) and effort not in known:
        what = f"`reasoning_effort: {effort}`"
        return ThinkingProblem("reasoning_effort", what, f"this model knows {', '.join(known)}")
    if leveled and thinking.get("type") == "disabled":
        what = "`thinking` of type `disabled`: this model always thinks"
        return ThinkingProblem("thinking", what, "ask for little with `reasoning_effort: low`")
    says_how_much = "budget_tokens" in thinking or thinking.get("type") == "disabled"
    if effort is not None and says_how_much:
        what = "`reasoning_effort` beside a budget of `thinking`"
        return ThinkingProblem("reasoning_effort", what, "keep one of them", is_conflict=True)
    return None
