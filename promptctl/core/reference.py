"""What the user types to name a prompt: the grammar of names and of `NAME@X`."""

from __future__ import annotations

import re
from typing import Literal

from promptctl.core.fast_dataclass import dataclass
from promptctl.errors import ReferenceInvalid, UsageProblem

MAX_PART = 128
"""Characters in one part of a name: with `@LABEL.S.lock` behind it, it stays under git's 250."""
MAX_NAME = 512
MAX_LABEL = 64
MAX_REVISION = 1024

_PART = re.compile(r"[a-z0-9]([a-z0-9_-]*[a-z0-9])?")
_LABEL = re.compile(r"[a-z0-9]([_a-z0-9-]*[a-z0-9])?")
_VERSION = re.compile(r"v?([1-9][0-9]{0,8})")
_GLOB = re.compile(r"[*?\[]")
_RESERVED_LABELS = frozenset({"latest", "default", "head"})

ReferenceKind = Literal["bare", "worktree", "version", "latest", "named"]


@dataclass(frozen=True, slots=True)
class Reference:
    """A prompt and which state of it.

    `named` is a label or a git commit-ish: which of the two depends on the labels that exist.
    """

    name: str
    kind: ReferenceKind = "bare"
    revision: str = ""
    """What stands behind the `@`, exactly as typed."""
    version: int | None = None

    def __str__(self) -> str:
        return self.name if self.kind == "bare" else f"{self.name}@{self.revision}"


def parse_reference(text: str) -> Reference:
    """The reference that a text means. Raises ReferenceInvalid for anything else.

    A path (`is_path`) and a range (`is_range`) are told apart by the caller; here they are refused.
    """
    if is_path(text):
        raise ReferenceInvalid(f"{text} is a path; here the name of a prompt is needed")
    if is_range(text):
        raise ReferenceInvalid(f"{text} is a range; here one prompt is needed")
    name, at, revision = text.partition("@")
    problem = name_problem(name)
    if problem is not None and is_glob(name):
        raise one_prompt_needed(name)
    if problem is not None:
        raise ReferenceInvalid(f"`{name}` is no prompt name: {problem}", "promptctl list")
    return _with_revision(name, revision) if at else Reference(name)


def is_glob(text: str) -> bool:
    """Whether an argument stands for all prompts whose names match it."""
    return _GLOB.search(text) is not None


def one_prompt_needed(glob: str) -> ReferenceInvalid:
    """That a glob stands where one prompt has to be named."""
    shown = glob[:MAX_PART]
    return ReferenceInvalid(
        f"`{shown}` is a glob; here one prompt is needed",
        f"promptctl list '{shown}' shows which there are",
    )


def _with_revision(name: str, revision: str) -> Reference:
    problem = _revision_problem(revision)
    if problem is not None:
        raise ReferenceInvalid(f"{name}@{revision}: {problem}", f"{name}@. is the working tree")
    if revision == ".":
        return Reference(name, "worktree", revision)
    version = _VERSION.fullmatch(revision)
    if version is not None:
        return Reference(name, "version", revision, int(version[1]))
    return Reference(name, "latest" if revision == "latest" else "named", revision)


def _revision_problem(revision: str) -> str | None:
    if not revision:
        return "nothing stands behind the @"
    if len(revision) > MAX_REVISION:
        return f"a revision has at most {MAX_REVISION} characters"
    if revision.startswith("-"):
        return "a revision cannot begin with -"
    if not revision.isprintable():
        return "a revision holds printable characters only"
    return None


def has_wrong_extension(path: str) -> bool:
    """Whether a file ends in what others take for YAML and this project does not: .yml, .YAML …"""
    return not path.endswith(".yaml") and path.lower().endswith((".yaml", ".yml"))


def is_path(text: str) -> bool:
    """Whether an argument is a file or a folder, and not the name of a prompt."""
    return text.endswith(".yaml") or text.startswith(("./", "../", "/")) or text in (".", "..")


def is_range(text: str) -> bool:
    """Whether an argument is a range of commits such as `main...HEAD`."""
    return not is_path(text) and ".." in text


def is_prompt_name(name: str) -> bool:
    """Whether a prompt may have this name."""
    return name_problem(name) is None


def name_problem(name: str) -> str | None:
    """Why no prompt may have this name, in one clause; None if one may."""
    if not name:
        return "it is empty"
    if len(name) > MAX_NAME:
        return f"it is longer than {MAX_NAME} characters"
    for part in name.split("/"):
        problem = _part_problem(part)
        if problem is not None:
            return problem
    return None


def _part_problem(part: str) -> str | None:
    if not part:
        return "a part between slashes is empty"
    if len(part) > MAX_PART:
        return f"a part is longer than {MAX_PART} characters"
    if "--" in part:
        return f"`{part}` holds --, which stands for a slash in slugs"
    if _PART.fullmatch(part) is None:
        if part != part.lower():
            return f"`{part}` has capital letters"
        return (
            f"`{part}` may only hold a-z, 0-9, _ and -, and begins and ends with a letter or digit"
        )
    return None


def is_label(text: str) -> bool:
    """Whether a label may have this name."""
    return (
        len(text) <= MAX_LABEL
        and _LABEL.fullmatch(text) is not None
        and not text.isdigit()
        and re.fullmatch(r"v[0-9]+", text) is None
        and text not in _RESERVED_LABELS
    )


def check_label(text: str) -> None:
    """Raises UsageProblem for what can be no label."""
    if not is_label(text):
        raise UsageProblem(
            f"`{text[:80]}` can be no label",
            "a-z, 0-9, _ and -; not a number, v + number, latest, default or head",
        )


def slug(name: str) -> str:
    """The name for interfaces that know no folders: `support/triage` is `support--triage`."""
    return name.replace("/", "--")
