"""A diff driver in git's own configuration of a clone, and what git knows of it."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path

from promptctl.core.attributes_text import DRIVER
from promptctl.errors import LocalIOError
from promptctl.repo.git import Git, explain_failure

_NOT_SET = 5
"""How `git config` says that there was nothing to take away."""
_CACHE = f"refs/notes/textconv/{DRIVER}"
_WORDS = r"\{\{[^{}]*\}\}|\{%[^{}]*%\}|[0-9]+(\.[0-9]+)+|[^[:space:][:punct:]]+|[[:punct:]]"
"""What `--word-diff` takes for a word. No single letters: in a locale without UTF-8 those are bytes."""


def driver_settings(python: str, form: int, headings: Sequence[str]) -> dict[str, str]:
    """The settings of the driver, by their whole names.

    The command is one for the shell, which shows the file as it is where promptctl is gone: a clone
    outlives the environment that it was set up from. `-P` keeps Python from importing what lies in the
    working tree. Git keeps what came out under the whole command, so the form's number is part of it.
    """
    run = f"{shlex.quote(python)} -P -m promptctl git-textconv {form}"
    names = "|".join(headings)
    return {
        f"diff.{DRIVER}.textconv": f'f() {{ {run} "$1" 2>/dev/null || cat -- "$1"; }}; f',
        f"diff.{DRIVER}.cachetextconv": "true",
        f"diff.{DRIVER}.xfuncname": f"^(({names})( .*)?)$",
        f"diff.{DRIVER}.wordregex": _WORDS,
    }


def driver_works(command: str) -> bool:
    """Whether the Python that the driver's command starts is there."""
    words = re.search(r"\{ (.+?) -P -m promptctl ", command)
    try:
        return words is not None and os.access("".join(shlex.split(words[1])), os.X_OK)
    except ValueError:  # somebody wrote a command of their own, which no shell would read either
        return False


def read_driver(git: Git) -> dict[str, str]:
    """What this clone's own configuration says of the driver."""
    done = git.run(["config", "--local", "-z", "--get-regexp", rf"^diff\.{DRIVER}\."])
    found: dict[str, str] = {}
    for entry in done.stdout.decode("utf-8", "surrogateescape").split("\0")[:-1]:
        name, _, value = entry.partition("\n")
        found[name] = value
    return found


def write_driver(git: Git, settings: Mapping[str, str]) -> None:
    """Set these settings in the clone's own configuration, which all its worktrees share."""
    there = read_driver(git)
    for name, value in settings.items():
        if there.get(name) != value:
            _config(git, ["--replace-all", name, value])


def remove_driver(git: Git, names: Sequence[str]) -> None:
    """Take these settings away; others of the same section stay."""
    for name in names:
        _config(git, ["--unset-all", name])


def _config(git: Git, arguments: Sequence[str]) -> None:
    done = git.run(["config", "--local", *arguments])
    if done.returncode not in (0, _NOT_SET):
        failure = explain_failure(done.stderr, git.directory)
        if b"could not lock" in done.stderr:
            raise LocalIOError(
                f"the configuration of this clone cannot be written: {failure.message.partition(': ')[2]}",
                "is another git at work, or the clone read-only?",
            )
        raise failure


def forget_converted(git: Git) -> None:
    """Drop what git has kept of files that it converted before."""
    git.output(["update-ref", "-d", _CACHE])


def attributes_file(git: Git) -> Path:
    """The attributes of this clone that no commit holds, shared by all its worktrees."""
    answer = git.output(["rev-parse", "--path-format=absolute", "--git-path", "info/attributes"])
    return Path(os.fsdecode(answer.rstrip(b"\n")))


def diff_attribute(git: Git, path: str) -> str:
    """What git would compare a file with: the name of a driver, `set`, `unset` or `unspecified`."""
    listing = git.output(["check-attr", "-z", "diff", "--", path])
    fields = listing.decode("utf-8", "replace").split("\0")
    return fields[2] if len(fields) > 2 else "unspecified"
