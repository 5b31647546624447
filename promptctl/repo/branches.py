"""The names of branches: the one we stand on, those there are, and what a first one is called."""

from __future__ import annotations

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
