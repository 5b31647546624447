"""Prompts that got another name: what an old name is now, what a name was, and who asks by the wrong one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from promptctl.core.nearest import did_you_mean
from promptctl.errors import PromptNotFound


def name_now(renamed: Mapping[str, str], name: str) -> str | None:
    """What a prompt of that old name is called now, after every renaming; None if it is no old name."""
    found = renamed.get(name)
    while found is not None and found in renamed:
        found = renamed[found]
    return found


def former_names(renamed: Mapping[str, str], name: str) -> tuple[str, ...]:
    """What a prompt was called before, the last name first."""
    before: dict[str, list[str]] = {}
    for old, new in renamed.items():
        before.setdefault(new, []).append(old)
    found: list[str] = []
    waiting = [name]
    while waiting:
        names = before.get(waiting.pop(), [])
        found += names
        waiting += reversed(names)
    return tuple(found)


def no_prompt(
    name: str, known: Iterable[str], renamed: Mapping[str, str], revision: str | None = None
) -> PromptNotFound:
    """That there is no such prompt, and the name by which it is there, or one that is near."""
    names = set(known)
    at, where = ("", "") if revision is None else (f"@{revision}", f" at {revision}")
    message = f"there is no prompt {name}{where}"
    now = name_now(renamed, name)
    if now in names:
        return PromptNotFound(f"{message}: it was renamed to {now}", f"did you mean `{now}{at}`?")
    before = next((old for old in former_names(renamed, name) if old in names), None)
    if before is not None:
        return PromptNotFound(
            f"{message}: there it is called {before}", f"did you mean `{before}{at}`?"
        )
    return PromptNotFound(message, did_you_mean(name, names) or "promptctl list")
