"""What arguments of diff mean that could be names of prompts, and that are names of commits here."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from promptctl.core.reference import is_prompt_name
from promptctl.errors import UsageProblem
from promptctl.operations.diff_request import Request
from promptctl.operations.repository import OpenRepository

_VERSION = re.compile(r"v?[1-9][0-9]{0,8}")


def as_meant(repository: OpenRepository, request: Request) -> Request:
    """The request, with two names that are commits and no prompts taken for the commits.

    Raises UsageProblem for words of which one says how they are written.
    """
    if repository.settings.git_top is None:
        return request
    names = request.names
    if request.kind == "commits" and _is_prompt_only(repository, request.old):
        raise UsageProblem(
            f"{request.old} is a prompt, and git knows no commit of that name",
            f"promptctl diff {request.new} {request.old}",
        )
    if request.kind == "worktree" and len(names) == 1 and _is_commit_only(repository, names[0]):
        return replace(request, kind="commits", new=names[0], names=())
    if request.kind != "published" or not 2 <= len(names) <= 3:
        return request
    if all(_is_commit_only(repository, name) for name in names[:2]):
        return Request("commits", names[0], names[1], names[2:])
    _check_states(repository, names)
    return request


def _check_states(repository: OpenRepository, names: Sequence[str]) -> None:
    """Raises UsageProblem for `greeting 1 2`."""
    first, *states = names
    if not _is_prompt(repository, first):
        return
    if all(_names_state(repository, first, state) for state in states):
        written = " ".join(f"{first}@{state}" for state in states)
        raise UsageProblem(
            f"{states[0]} is no prompt; a version, label or commit of {first} stands behind an @",
            f"promptctl diff {written}",
        )


def _names_state(repository: OpenRepository, name: str, text: str) -> bool:
    if not is_prompt_name(text) or _is_prompt(repository, text):
        return False
    if _VERSION.fullmatch(text) or text == "latest":
        return True
    labels = {ref.tag.label for ref in repository.releases.list_tags(name)}
    return text in labels or repository.history.knows_commit(text)


def _is_prompt(repository: OpenRepository, name: str) -> bool:
    """Whether there is such a prompt now, or ever was one that was released."""
    if not is_prompt_name(name):
        return False
    return name in repository.prompt_names() or bool(repository.releases.list_tags(name))


def _is_prompt_only(repository: OpenRepository, text: str) -> bool:
    is_name = is_prompt_name(text)
    return is_name and not repository.history.knows_commit(text) and _is_prompt(repository, text)


def _is_commit_only(repository: OpenRepository, text: str) -> bool:
    if not is_prompt_name(text) or _is_prompt(repository, text):
        return False
    return repository.history.knows_commit(text)
