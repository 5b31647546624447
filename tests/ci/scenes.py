"""A released repository, a change to it, and checkouts of the change as CI systems make them."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.conftest import GitRepository
from tests.releases.workplace import GREETING, clone, ok, run

FILES = {
    "promptctl.yaml": "version: 1\n",
    "prompts/greeting.yaml": GREETING,
    "prompts/farewell.yaml": "provider: echo\ndescription: Part.\ntemplate: Bye\n",
}
BREAKING = GREETING.replace(
    "  tone: {type: string, enum: [friendly, formal], default: friendly}\n", ""
)
BREAKING = BREAKING.replace(" in a {{ tone }} tone", "")
REMOVED_TONE = "variable-removed"


@dataclass(frozen=True, slots=True)
class Scene:
    """A remote, and a clone of it that stands on the branch `change`."""

    remote: Path
    work: GitRepository

    def change(self, files: Mapping[str, str | bytes], message: str = "Change") -> str:
        """Commit to the branch of the pull request, and push it."""
        commit = self.work.commit(files, message)
        self.work.git("push", "--quiet", "--force", "origin", "HEAD")
        return commit

    def on_main(self, files: Mapping[str, str], message: str = "Meanwhile") -> str:
        """Commit to main, and push it."""
        self.work.git("switch", "--quiet", "main")
        commit = self.work.commit(files, message)
        self.work.git("push", "--quiet", "origin", "main")
        self.work.git("switch", "--quiet", "change")
        return commit

    def merge_ref(self) -> str:
        """What GitHub makes of a pull request: a merge commit below refs/pull/."""
        self.work.git("switch", "--quiet", "--detach", "main")
        self.work.git("merge", "--quiet", "--no-ff", "--message", "Merge", "change")
        merge = self.work.head
        self.work.git("push", "--quiet", "--force", "origin", f"{merge}:refs/pull/1/merge")
        self.work.git("switch", "--quiet", "change")
        return merge


def make_scene(
    folder: Path, files: Mapping[str, str] | None = None, *, publish: bool = True
) -> Scene:
    """main with the files, all published, and a branch from it."""
    remote = GitRepository(folder / "remote.git", "--bare", "--initial-branch=main")
    remote.git("config", "uploadpack.allowAnySHA1InWant", "true")
    work = GitRepository(folder / "work", "--initial-branch=main")
    work.git("remote", "add", "origin", remote.path.as_uri())
    work.commit(files or FILES, "Start")
    work.git("push", "--quiet", "--set-upstream", "origin", "main")
    if publish:
        ok(work.path, "publish", "--all", "--yes", "-q")
    work.git("switch", "--quiet", "--create", "change")
    return Scene(remote.path, work)


def github_checkout(scene: Scene, folder: Path, ref: str = "refs/pull/1/merge") -> Path:
    """One commit, no branch and no tag, as actions/checkout leaves it."""
    repository = GitRepository(folder)
    repository.git("remote", "add", "origin", scene.remote.as_uri())
    there = "refs/remotes/pull/1/merge"
    fetch = ("--no-tags", "--prune", "--no-recurse-submodules", "--depth=1")
    repository.git("fetch", "--quiet", *fetch, "origin", f"+{ref}:{there}")
    repository.git("checkout", "--quiet", "--force", there)
    return folder


def github_environment(base: str = "main", merge: str = "0" * 40) -> dict[str, str]:
    """What a runner sets for a pull request, as far as promptctl looks at it; `merge` is GitHub's own."""
    return {
        "CI": "true",
        "GITHUB_ACTIONS": "true",
        "GITHUB_EVENT_NAME": "pull_request",
        "GITHUB_BASE_REF": base,
        "GITHUB_HEAD_REF": "change",
        "GITHUB_REF": "refs/pull/1/merge",
        "GITHUB_SHA": merge,
    }


def gitlab_checkout(scene: Scene, folder: Path) -> Path:
    """A few commits of the merge request's branch, detached, and no branch of the target."""
    repository = GitRepository(folder)
    repository.git("remote", "add", "origin", scene.remote.as_uri())
    spec = "+refs/heads/change:refs/pipelines/1"
    repository.git("fetch", "--quiet", "--no-tags", "--depth=2", "origin", spec)
    repository.git("checkout", "--quiet", "--detach", "refs/pipelines/1")
    return folder


def reviewed(
    folder: Path, *options: str, env: Mapping[str, str] | None = None
) -> tuple[int, dict[str, Any]]:
    """The exit code and the JSON of `promptctl ci`."""
    done = run(folder, "ci", *options, "--format", "json", env=env)
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


def everything_below(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Each file, link and folder with its mode and content, .git included."""
    found = {}
    for path in sorted(folder.rglob("*")):
        mode = path.lstat().st_mode
        content = path.readlink().as_posix().encode() if path.is_symlink() else b""
        if path.is_file() and not path.is_symlink():
            content = path.read_bytes()
        found[str(path.relative_to(folder))] = mode, content
    return found


def git(folder: Path, *arguments: str) -> str:
    """The output of git in a folder."""
    done = subprocess.run(
        ["git", *arguments], cwd=folder, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


__all__ = [
    "BREAKING", "FILES", "GREETING", "Scene", "clone", "everything_below", "git", "github_checkout",
    "github_environment", "gitlab_checkout", "make_scene", "ok", "reviewed", "run",
]  # fmt: skip
