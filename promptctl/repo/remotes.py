"""The names of remotes, and what to type to bring something of theirs here: reading never fetches."""

from __future__ import annotations

import re

from promptctl.repo.git import Git

# A line to be pasted into a shell holds nothing that a shell, or git, would read as more than a name.
_PLAIN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*(/[A-Za-z0-9_][A-Za-z0-9_.-]*)*")
_ID = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
_SHORT_ID = re.compile(r"[0-9a-f]{7,39}")


def remote_names(git: Git) -> list[str]:
    """The configured remotes; `origin` first, if there is one."""
    names = git.output(["remote"]).decode("utf-8", "replace").splitlines()
    return sorted(names, key=lambda name: (name != "origin", name))


def fetch_line(revision: str, remotes: list[str], *, shallow: bool) -> str | None:
    """The git command after which `revision` is known here, if the remote has it.

    None where no remote can be asked for it. A shallow clone stays as shallow as it is.
    """
    fetch = "git fetch --depth 1" if shallow else "git fetch"
    name = revision.removeprefix("refs/remotes/")
    plain = all(map(_PLAIN.fullmatch, (name, *remotes)))
    if not remotes or not plain or ".." in name or name == "HEAD" or _SHORT_ID.fullmatch(name):
        return None
    for remote in sorted(remotes, key=len, reverse=True):
        if name.startswith(f"{remote}/"):
            branch = name.removeprefix(f"{remote}/")
            return f"{fetch} {remote} {branch}:refs/remotes/{remote}/{branch}"
    if _ID.fullmatch(name):
        return f"{fetch} {remotes[0]} {name}"
    return f"{fetch} {remotes[0]} {name}:{name}"


def branch_key(branch: str) -> str:
    """A branch of a remote as one part of a ref's path, so that `rel` and `rel/1` can follow one another."""
    return branch.replace("%", "%25").replace("/", "%2F")


def branch_of_key(key: str) -> str:
    """The branch that `branch_key` made this of."""
    return key.replace("%2F", "/").replace("%25", "%")
