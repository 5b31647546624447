"""Repositories to release from: prompts, a bare remote, and clones of it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.conftest import GitRepository

GREETING = """\
description: Greet.
provider: echo
variables:
  name: {type: string}
  tone: {type: string, enum: [friendly, formal], default: friendly}
template: "Greet {{ name }} in a {{ tone }} tone."
"""
FILES = {"promptctl.yaml": "version: 1\n", "prompts/greeting.yaml": GREETING}
BREAKING = GREETING.replace("{{ name }}", "{{ name }} {{ place }}").replace(
    "  tone:", "  place: {type: string}\n  tone:"
)


def edited(words: str) -> str:
    """The greeting with other words and the same interface."""
    return GREETING.replace("Greet {{", f"{words} {{{{")


def run(
    folder: Path, *argv: str, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """promptctl in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "promptctl", *argv],
        cwd=folder,
        env=dict(os.environ) | dict(env or {}),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        stdin=subprocess.DEVNULL,
    )


def ok(folder: Path, *argv: str, env: Mapping[str, str] | None = None) -> str:
    """The standard output of a command that must succeed."""
    done = run(folder, *argv, env=env)
    assert done.returncode == 0, f"promptctl {argv}: {done.returncode}: {done.stderr}"
    return done.stdout


def clone(remote: Path, folder: Path, *options: str) -> GitRepository:
    """A clone of a remote, ready to commit in."""
    subprocess.run(["git", "clone", "--quiet", *options, remote.as_uri(), str(folder)], check=True)
    made = GitRepository.__new__(GitRepository)
    made.path = folder
    made._clock = 1_767_300_000
    return made


def tags(repository: GitRepository) -> dict[str, str]:
    """Every tag with the object it leads to."""
    listed = repository.git(
        "for-each-ref", "--format=%(refname:lstrip=2) %(objectname)", "refs/tags/"
    )
    return dict(line.split(" ") for line in listed.splitlines())
