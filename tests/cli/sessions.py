"""Sessions at a shell as text: read them, run them again, write them as they come out now.

    $ promptctl list          a command, run by sh; the folder it leaves is where the next one starts
    greeting                  its standard output
    2> error: ...             its standard error (in a transcript; a page shows both as a terminal does)
    [exit 3]                  its exit code, unless 0

A command that ends in a backslash or holds `<<` goes on in the lines that begin with `> `. Figures that
differ from run to run are written as VOLATILE says, and nothing else is.
"""

from __future__ import annotations

import contextlib
import os
import pty
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

VOLATILE = (
    (re.compile(r"\b(first token|total) \d+\.\d+ s\b"), r"\1 0.00 s"),
    (re.compile(r'("(?:(?:first_token|total)_(?:seconds|ms)|seconds)": ?)[\d.e-]+'), r"\g<1>0.0"),
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

    `apart` pipes both streams, marks standard error and puts it last; else both go to a terminal.
    """
    environ = dict(os.environ)
    environ["PATH"] = f"{shell.launcher()}{os.pathsep}{environ['PATH']}"
    here = shell.start
    left = shell.room / "folder"
    run = _run_apart if apart else _run_on_terminal
    for step in steps:
        script = f"trap 'pwd >\"{left}\"' EXIT\n{step.command}\n"
        code, out, err = run(["/bin/sh", "-c", script], here, environ)
        yield Step(step.command, _shown(code, _settled(out, shell), _settled(err, shell)))
        here = Path(left.read_text().strip())


def _run_apart(
    argv: Sequence[str], cwd: Path, environ: Mapping[str, str]
) -> tuple[int, bytes, bytes]:
    done = subprocess.run(
        argv,
        cwd=cwd,
        env=environ,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=120,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


def _run_on_terminal(
    argv: Sequence[str], cwd: Path, environ: Mapping[str, str]
) -> tuple[int, bytes, bytes]:
    return *terminal_output(argv, cwd, environ), b""


def terminal_output(
    argv: Sequence[str], cwd: Path, environ: Mapping[str, str]
) -> tuple[int, bytes]:
    """Run a command with both streams at a terminal; its exit code and what the terminal got."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        argv, cwd=cwd, env=environ, stdin=subprocess.DEVNULL, stdout=theirs, stderr=theirs
    )
    os.close(theirs)
    shown = bytearray()
    with contextlib.suppress(OSError):  # how a terminal says that nobody writes to it any more
        while chunk := os.read(ours, 1 << 16):
            shown += chunk
    os.close(ours)
    return process.wait(timeout=120), bytes(shown).replace(b"\r\n", b"\n")


def _shown(code: int, out: str, err: str) -> str:
    lines = out.rstrip("\n").split("\n") if out else []
    if err:
        lines += [f"2> {line}" for line in err.rstrip("\n").split("\n")]
    if code:
        lines.append(f"[exit {code}]")
    return "\n".join(lines)


def _settled(output: bytes, shell: Shell) -> str:
    """The text with folders of this run and volatile figures replaced."""
    text = output.decode(errors="backslashreplace")
    text = text.replace(str(shell.start), "/example").replace(os.environ["HOME"], "~")
    for pattern, replacement in VOLATILE:
        text = pattern.sub(replacement, text)
    return text
