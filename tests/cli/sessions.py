"""Sessions at a shell as text: read them, run them again, write them as they come out now.

    $ promptctl list          a command, run by sh; the folder it leaves is where the next one starts
    greeting                  its standard output
    2> error: ...             its standard error (in a transcript; a page shows both as a terminal does)
    [exit 3]                  its exit code, unless 0

A command that ends in a backslash or holds `<<` goes on in the lines that begin with `> `. Figures that
differ from run to run are written as VOLATILE says, and nothing else is.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

VOLATILE = (
    (re.compile(r"\b(first token|total) \d+\.\d+ s\b"), r"\1 0.00 s"),
    (re.compile(r'("(?:first_token|total)_(?:seconds|ms)": ?)[\d.e-]+'), r"\g<1>0.0"),
)
"""How long something took: the places stay, the digits do not."""


@dataclass(frozen=True, slots=True)
class Step:
    """One command with what it is expected to show."""

    command: str
    shown: str


@dataclass(frozen=True, slots=True)
class Shell:
    """Where a session runs: its first folder, and a folder for `promptctl` and bookkeeping."""

    start: Path
    room: Path

    def launcher(self) -> Path:
        """A folder for PATH in which `promptctl` is the one under test."""
        folder = self.room / "bin"
        folder.mkdir(parents=True, exist_ok=True)
        script = folder / "promptctl"
        script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m promptctl "$@"\n')
        script.chmod(0o755)
        return folder


def parse_session(lines: Iterable[str]) -> tuple[list[str], list[Step]]:
    """The comment lines before the first command, and the steps."""
    preamble: list[str] = []
    steps: list[tuple[list[str], list[str]]] = []
    for line in lines:
        if line.startswith("$ "):
            steps.append(([line[2:]], []))
        elif not steps:
            preamble.append(line)
        elif line.startswith("> ") and not steps[-1][1] and _goes_on(steps[-1][0]):
            steps[-1][0].append(line[2:])
        else:
            steps[-1][1].append(line)
    return preamble, [Step("\n".join(command), "\n".join(shown)) for command, shown in steps]


def _goes_on(command: list[str]) -> bool:
    """Whether the command so far wants more: a backslash, or a here-document still open."""
    if command[-1].endswith("\\"):
        return True
    opened = re.search(r"<<-?\s*['\"]?(\w+)", "\n".join(command))
    return opened is not None and opened[1] not in command[1:]


def format_session(preamble: list[str], steps: Iterable[Step]) -> str:
    """The text of a session, as it is parsed."""
    blocks = ["\n".join(preamble)] if preamble else []
    for step in steps:
        command = "$ " + step.command.replace("\n", "\n> ")
        blocks.append(command + ("\n" + step.shown if step.shown else ""))
    return "\n".join(blocks) + "\n"


def run_session(steps: Iterable[Step], shell: Shell, *, apart: bool) -> Iterator[Step]:
    """Run the commands one after the other; each step comes back with what it really showed.

    `apart` marks standard error and puts it last; else both streams are one, as on a terminal.
    """
    environ = dict(os.environ)
    environ["PATH"] = f"{shell.launcher()}{os.pathsep}{environ['PATH']}"
    here = shell.start
    left = shell.room / "folder"
    for step in steps:
        script = f"trap 'pwd >\"{left}\"' EXIT\n{step.command}\n"
        done = subprocess.run(
            ["/bin/sh", "-c", script],
            cwd=here,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE if apart else subprocess.STDOUT,
            timeout=120,
            check=False,
        )
        yield Step(step.command, _shown(done, shell))
        here = Path(left.read_text().strip())


def _shown(done: subprocess.CompletedProcess[bytes], shell: Shell) -> str:
    text = _settled(done.stdout, shell)
    lines = text.rstrip("\n").split("\n") if text else []
    if done.stderr:
        lines += [f"2> {line}" for line in _settled(done.stderr, shell).rstrip("\n").split("\n")]
    if done.returncode:
        lines.append(f"[exit {done.returncode}]")
    return "\n".join(lines)


def _settled(output: bytes, shell: Shell) -> str:
    """The text with folders of this run and volatile figures replaced."""
    text = output.decode(errors="backslashreplace")
    text = text.replace(str(shell.start), "/example").replace(os.environ["HOME"], "~")
    for pattern, replacement in VOLATILE:
        text = pattern.sub(replacement, text)
    return text
