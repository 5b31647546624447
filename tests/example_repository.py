"""A git repository with a history, made out of example-repo/."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

EXAMPLE = Path(__file__).resolve().parent.parent / "example-repo"

_MARA = ("Mara Lindt", "mara@larkfield.example")
_JONAS = ("Jonas Okafor", "jonas@larkfield.example")
_FIRST_COMMIT = 1_772_442_000  # 2026-03-02 09:00 UTC
_DAY = 24 * 60 * 60


@dataclass(frozen=True, slots=True)
class Step:
    """One commit: who, what for, which paths, and what was different in them then."""

    author: tuple[str, str]
    subject: str
    paths: Sequence[str]
    earlier: Mapping[str, Sequence[tuple[str, str]]] = field(default_factory=dict)
    """Path -> (text of today, text of then)."""


STEPS = (
    Step(
        _MARA,
        "Set up the prompt repository",
        ("promptctl.yaml", "README.md", ".gitattributes", ".promptctl", "prompts/smoke.yaml"),
    ),
    Step(
        _MARA,
        "Greet customers by name",
        ("prompts/greeting.yaml",),
        {
            "prompts/greeting.yaml": (
                ("temperature: 0\n", "temperature: 0.9\n"),
                ("enum: [friendly, formal]", "enum: [friendly, formal, funny]"),
            )
        },
    ),
    Step(_MARA, "Check prompts on every pull request", (".github",)),
    Step(_JONAS, "Sort incoming messages", ("prompts/support/triage.yaml",)),
    Step(
        _JONAS,
        "Draft answers in the voice of the shop",
        ("prompts/_partials", "prompts/support/reply.yaml"),
        {"prompts/_partials/voice.md": (("Plain words and short sentences.", "Plain words."),)},
    ),
    Step(_MARA, "Explain the words of the trade", ("prompts/explain.yaml",)),
    Step(_JONAS, "Look orders up instead of guessing", ("prompts/support/order-status.yaml",)),
    Step(_MARA, "Describe books for the catalogue", ("prompts/catalogue",)),
    Step(
        _MARA,
        "Drop the funny greeting: nobody laughed\n\nAnd greet the same way every time.",
        ("prompts/greeting.yaml",),
    ),
    Step(_JONAS, "Write shorter sentences everywhere", ("prompts/_partials",)),
)
"""The history. Together the steps bring every file of example-repo/ as it is today."""


def make_example_repository(folder: Path) -> Path:
    """Make the repository in `folder`, which must not exist yet; commit ids repeat exactly."""
    folder.mkdir(parents=True)
    _git(folder, "init", "--quiet", "--initial-branch", "main")
    for number, step in enumerate(STEPS):
        for path in step.paths:
            _bring(folder, path)
        for path, changes in step.earlier.items():
            _rewrite(folder / path, changes)
        _git(folder, "add", "--all")
        _commit(folder, step, number)
    return folder


def _bring(folder: Path, path: str) -> None:
    source, target = EXAMPLE / path, folder / path
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target, dirs_exist_ok=True)
    else:
        shutil.copyfile(source, target)


def _rewrite(place: Path, changes: Sequence[tuple[str, str]]) -> None:
    text = place.read_text(encoding="utf-8")
    for today, then in changes:
        if today not in text:
            raise ValueError(f"{place.name} no longer holds {today!r}")
        text = text.replace(today, then)
    place.write_text(text, encoding="utf-8")


def _commit(folder: Path, step: Step, number: int) -> None:
    name, email = step.author
    date = f"{_FIRST_COMMIT + number * 3 * _DAY} +0000"
    identity = {
        f"GIT_{who}_{what}": value
        for who in ("AUTHOR", "COMMITTER")
        for what, value in (("NAME", name), ("EMAIL", email), ("DATE", date))
    }
    _git(folder, "commit", "--quiet", "--message", step.subject, environment=identity)


def _git(folder: Path, *arguments: str, environment: Mapping[str, str] | None = None) -> None:
    """Git as if nobody had configured anything, so that the commits are the same everywhere."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    clean = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    subprocess.run(
        ["git", *arguments],
        cwd=folder,
        env=inherited | clean | dict(environment or {}),
        check=True,
        capture_output=True,
    )
