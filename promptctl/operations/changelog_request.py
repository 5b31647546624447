"""What the arguments of changelog mean: prompts, and perhaps a range of versions or of commits."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal, NoReturn

from promptctl.core.fast_dataclass import dataclass
from promptctl.core.reference import is_prompt_name
from promptctl.errors import UsageProblem
from promptctl.operations.diff_request import target_kind

_VERSION = re.compile(r"v?[1-9][0-9]{0,8}")
_EXAMPLES = "promptctl changelog NAME, NAME 1..5, NAME@1..NAME@5, v1.0..HEAD"


@dataclass(frozen=True, slots=True)
class ChangelogRequest:
    """Which versions to list.

    A range holds what comes behind `after`, up to and with `until`, as git's ranges do. Its ends are
    states of the one prompt in `names`, such as `3` or `published`, or commits; an end may be empty.
    """

    names: tuple[str, ...] = ()
    """Names and globs of names; all prompts if there are none."""
    kind: Literal["all", "versions", "commits"] = "all"
    after: str = ""
    until: str = ""


def parse_changelog_request(targets: Sequence[str]) -> ChangelogRequest:
    """What the arguments ask for. Raises UsageProblem where they do not go together."""
    kinds = [target_kind(target) for target in targets]
    ranges = [t for t, kind in zip(targets, kinds, strict=True) if kind == "range"]
    names = tuple(t for t, kind in zip(targets, kinds, strict=True) if kind == "name")
    if len(ranges) + len(names) < len(targets):
        odd = next(t for t, k in zip(targets, kinds, strict=True) if k not in ("range", "name"))
        _refuse(f"{odd} is neither a prompt's name nor a range", _EXAMPLES)
    if len(ranges) > 1:
        _refuse("only one range goes into a changelog", _EXAMPLES)
    return _ranged(names, ranges[0]) if ranges else ChangelogRequest(names)


def _ranged(names: tuple[str, ...], text: str) -> ChangelogRequest:
    if "..." in text:
        wanted = text.replace("...", "..")
        hint = " ".join(("promptctl changelog", *names, wanted))
        _refuse(f"{text} is no sequence of versions", hint)
    after, until = text.split("..", 1)
    prompts = {found for end in (after, until) if (found := _prompt_of(end))}
    if not prompts:
        by_number = len(names) == 1 and is_prompt_name(names[0])
        numbers = [end for end in (after, until) if end and _VERSION.fullmatch(end)]
        if by_number and numbers:
            if len(numbers) < bool(after) + bool(until):
                _refuse(
                    f"{numbers[0]} is a version, and the other end of {text} is none", _EXAMPLES
                )
            return ChangelogRequest(names, "versions", after, until)
        return ChangelogRequest(names, "commits", after, until)
    if len(prompts | set(names)) > 1:
        _refuse(f"{text} is a range of versions of one prompt, and others are named", _EXAMPLES)
    ends = [end.partition("@")[2] if _prompt_of(end) else end for end in (after, until)]
    return ChangelogRequest(tuple(prompts), "versions", *ends)


def _prompt_of(end: str) -> str | None:
    """The prompt whose state one end of a range is; None for a commit, a number or nothing."""
    return end.partition("@")[0] if target_kind(end) == "reference" else None


def _refuse(message: str, hint: str) -> NoReturn:
    raise UsageProblem(message, hint)
