"""The names of branches: the one we stand on, those there are, and what a first one is called."""

from __future__ import annotations

from shlex import quote

from promptctl.repo.git import Git

USUAL = "main"


def current_branch(git: Git) -> str | None:
    """The branch that HEAD names, which may have no commit yet; None if it names a commit."""
    name = git.run(["symbolic-ref", "--quiet", "--short", "HEAD"]).stdout
    return name.decode("utf-8", "replace").strip() or None


def first_branch(git: Git) -> str:
    """What the user wants the first branch of a new repository to be called."""
    name = git.run(["config", "--get", "init.defaultBranch"]).stdout
    return name.decode("utf-8", "replace").strip() or USUAL


def local_branches(git: Git, prefix: str) -> list[str]:
    """Branches of this clone whose names begin so, the last used ones first, at most a hundred."""
    listing = git.run(
        [
            "for-each-ref",
            "--count=100",
            "--sort=-committerdate",
            "--format=%(refname:lstrip=2)",
            "refs/heads/",
        ]
    )
    names = listing.stdout.decode("utf-8", "replace").splitlines()
    return [name for name in names if name.startswith(prefix)]


def branch_to_check_out(git: Git) -> str | None:
    """The branch of a remote to begin with, `origin/main`, where HEAD has no commit yet; None elsewhere."""
    if git.run(["rev-parse", "--verify", "--quiet", "HEAD^{commit}"]).stdout:
        return None
    listing = git.run(["for-each-ref", "--format=%(refname:lstrip=2)", "refs/remotes/"]).stdout
    names = [n for n in listing.decode("utf-8", "replace").splitlines() if not n.endswith("/HEAD")]
    usual = [f"origin/{USUAL}", "origin/master"]
    return min(names, key=lambda n: usual.index(n) if n in usual else len(usual), default=None)


def nothing_checked_out(branch: str) -> tuple[str, str]:
    """What to say where HEAD has no commit and a remote has that branch: the sentence, and the way on."""
    remote, _, name = branch.partition("/")
    return f"HEAD has no commits here, {remote} has {name}", f"git checkout {quote(name)}"
