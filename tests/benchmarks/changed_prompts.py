"""A repository of many prompts with a branch that changes a few of them: what a pull request is."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.generated_prompts import write_prompts

CHANGED = 20


def make_branch(folder: Path, prompts: int) -> Path:
    """A repository with that many prompts on `main`, and HEAD on a branch that edits CHANGED of them."""
    (folder / "prompts").mkdir(parents=True)
    write_prompts(folder, prompts)
    _git(folder, "init", "--quiet", "--initial-branch", "main")
    _commit(folder)
    _git(folder, "gc", "--quiet")
    _git(folder, "switch", "--quiet", "--create", "feat")
    for path in sorted((folder / "prompts").rglob("*.yaml"))[:: prompts // CHANGED]:
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace("order", "parcel", 3), encoding="utf-8")
    _commit(folder)
    return folder


def _commit(folder: Path) -> None:
    who = ("-c", "user.name=Ada Lovelace", "-c", "user.email=ada@example.com")
    _git(folder, "add", ".")
    _git(folder, *who, "commit", "--quiet", "--message", "Change prompts")


def _git(folder: Path, *argv: str) -> None:
    # No upkeep behind our back: it would run while something is measured.
    command = ["git", "-c", "gc.auto=0", "-c", "maintenance.auto=false", *argv]
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
