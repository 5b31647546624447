"""What the arguments of diff mean: two states, or two texts, and perhaps the prompts to look at."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal, NoReturn

from promptctl.core.fast_dataclass import dataclass
from promptctl.core.reference import is_path, is_prompt_name, is_range
from promptctl.errors import UsageProblem

TargetKind = Literal["range", "path", "reference", "name", "revision"]
_GLOB = re.compile(r"[*?\[]")
_EXAMPLES = "promptctl diff NAME@1 NAME@2, main...HEAD, HEAD~1, or prompt names"


@dataclass(frozen=True, slots=True)
class Request:
    """Which states to compare.

    `published`: each prompt's published version and the working tree. `commits`: the commits `old` and
    `new`. `worktree` and `index`: the commit `old` and that. `texts`: the references or paths `old` and
    `new`.
    """

    kind: Literal["published", "commits", "worktree", "index", "texts"]
    old: str = ""
    new: str = ""
    names: tuple[str, ...] = ()
    """Names, globs of names and prompt files; all prompts if there are none."""
    from_merge_base: bool = False
    """Whether the older commit is the one where `old` and `new` parted."""


def target_kind(target: str) -> TargetKind:
    """What one argument is. Each form is told by its letters alone, whatever there is in the repository."""
    if is_path(target):
        return "path"
    if is_range(target):
        return "range"
    name, at, _ = target.partition("@")
    if at and is_prompt_name(name):
        return "reference"
    if is_prompt_name(target) or _GLOB.search(target):
        return "name"
    return "revision"


def parse_request(targets: Sequence[str], *, cached: bool = False) -> Request:
    """What the arguments ask for. Raises UsageProblem where they do not go together."""
    kinds = [target_kind(target) for target in targets]
    if "range" in kinds:
        return _range_request(targets, kinds, cached=cached)
    revisions = [t for t, kind in zip(targets, kinds, strict=True) if kind == "revision"]
    texts = [t for t, kind in zip(targets, kinds, strict=True) if kind in ("reference", "path")]
    names = tuple(t for t, kind in zip(targets, kinds, strict=True) if kind in ("name", "path"))
    if revisions:
        return _revision_request(targets, kinds, revisions, cached=cached)
    if cached:
        if "reference" in kinds:
            _refuse("--cached compares a commit with the index", "promptctl diff --cached NAME")
        return Request("index", "HEAD", names=names)
    if len(texts) == 2 == len(targets):
        return Request("texts", texts[0], texts[1])
    if "reference" in kinds:
        if len(targets) > 2 or (len(targets) == 2 and "name" not in kinds):
            _refuse("two states are compared, and here are others beside them", _EXAMPLES)
        return _reference_request(targets, texts[0])
    return Request("published", names=names)


def _reference_request(targets: Sequence[str], reference: str) -> Request:
    """NAME@X with the working tree, which the bare name may stand for, before or behind it."""
    name = reference.partition("@")[0]
    if {*targets} - {reference, name}:
        states = " ".join(one if one == reference else f"{one}@." for one in targets)
        _refuse("two prompts are compared where each has its state", f"promptctl diff {states}")
    if targets[0] == name:
        return Request("texts", f"{name}@.", reference)
    return Request("texts", reference, f"{name}@.")


def _range_request(targets: Sequence[str], kinds: Sequence[str], *, cached: bool) -> Request:
    if kinds[0] != "range" or not {"range"}.isdisjoint(kinds[1:]) or cached:
        _refuse("a range stands first, and by itself but for names", "promptctl diff A..B NAME")
    if not {"reference", "revision"}.isdisjoint(kinds):
        _refuse("behind a range only names of prompts may stand", "promptctl diff A..B NAME")
    old, dots, new = re.split(r"(\.{2,3})", targets[0], maxsplit=1)
    names = tuple(targets[1:])
    if _names_a_version(old) or _names_a_version(new):
        return _version_range(old, dots, new, names)
    return Request("commits", old or "HEAD", new or "HEAD", names, from_merge_base=dots == "...")


def _names_a_version(text: str) -> bool:
    """Whether it is NAME@X, and not what git writes like it: `main@{1}`."""
    return target_kind(text) == "reference" and "@{" not in text


def _version_range(old: str, dots: str, new: str, names: Sequence[str]) -> Request:
    """NAME@1..NAME@2, which says the same as the two apart."""
    if names or dots == "..." or not (_names_a_version(old) and _names_a_version(new)):
        name = (old if "@" in old else new).partition("@")[0]
        _refuse("a range is between two commits", f"promptctl diff {name}@1 {name}@2")
    return Request("texts", old, new)


def _revision_request(
    targets: Sequence[str], kinds: Sequence[str], revisions: Sequence[str], *, cached: bool
) -> Request:
    if list(kinds[:2]) == ["name", "revision"]:  # as names stand behind: `main HEAD`
        revisions = [targets[0], *revisions]
    count = len(revisions)
    names = tuple(targets[count:])
    if list(targets[:count]) != list(revisions) or count > 2 or "reference" in kinds:
        _refuse("at most two commits stand first, and then names of prompts", _nearest(targets))
    if count == 2:
        if cached:
            _refuse("--cached compares one commit with the index", "promptctl diff --cached REV")
        return Request("commits", revisions[0], revisions[1], names)
    return Request("index" if cached else "worktree", revisions[0], names=names)


def _nearest(targets: Sequence[str]) -> str:
    """What to type instead, where it is plain what was meant."""
    references = [t for t in targets if target_kind(t) == "reference"]
    if len(targets) != 2 or len(references) != 1:
        return _EXAMPLES
    name = references[0].partition("@")[0]
    states = (t if t in references else f"{name}@{t}" for t in targets)
    return f"promptctl diff {' '.join(states)}"


def _refuse(message: str, hint: str) -> NoReturn:
    raise UsageProblem(message, hint)
