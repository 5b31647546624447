"""What `make demo` shows: the first minute with promptctl, on real commands.

`python -m tests.demo [--keep FOLDER]`; it exits with 1 as soon as a step does not do what it should.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.example_repository import STEPS, make_example_repository

CUSTOMER = "Ada"
EDITED = "prompts/greeting.yaml"
SLIPS = (("temperature: 0\n", "temprature: 0\n"), ("for {{ name }}.", "for {{ nmae }}."))
CURT = (
    ("how nice of you to visit us! We have many new books to show you.", "what can I get you?"),
)
MAKER = ("Mara Lindt", "mara@larkfield.example")
WIDEST = 80


class StepFailed(Exception):
    """A command of the demo did not end as it should."""


@dataclass(frozen=True, slots=True)
class Stage:
    """Where the demo plays, and who watches."""

    folder: Path
    environ: Mapping[str, str]
    is_tty: bool
    in_color: bool
    width: int

    def paint(self, text: str, style: str) -> str:
        """The text in colour where colour is shown."""
        return f"\x1b[{style}m{text}\x1b[0m" if self.in_color else text

    def say(self, text: str) -> None:
        """A sentence before a command, as wide as the screen allows."""
        print()
        for line in textwrap.wrap(text, min(self.width, WIDEST) - 2):
            print(self.paint(f"# {line}", "2"))

    def promptctl(self, *arguments: str, expect: int = 0) -> None:
        """Show a command and run it. Raises StepFailed for another exit code than expected."""
        self._run(f"promptctl {shlex.join(arguments)}", _command(*arguments), expect)

    def git(self, *arguments: str) -> None:
        """Show a git command and run it. Raises StepFailed if it fails."""
        self._run(f"git {shlex.join(arguments)}", ["git", *arguments], 0)

    def _run(self, shown: str, command: Sequence[str], expect: int) -> None:
        print(f"{self.paint('$', '1;32')} {self.paint(shown, '1')}", flush=True)
        # In a pipe both streams go to one place, in the order in which they are written.
        stderr = None if self.is_tty else subprocess.STDOUT
        code = subprocess.run(
            command,
            cwd=self.folder,
            env=self.environ,
            stdin=subprocess.DEVNULL,  # nobody is asked
            stderr=stderr,
            check=False,
        ).returncode
        if expect:
            print(self.paint(f"[exit {code}]", "2"), flush=True)
        if code != expect:
            raise StepFailed(f"`{shown}` ended with exit code {code} instead of {expect}")


def _command(*arguments: str) -> list[str]:
    return [sys.executable, "-u", "-P", "-m", "promptctl", *arguments]


def _environ() -> dict[str, str]:
    """This process's environment, with git as if nobody had configured it, somebody to work, no pager."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    name, email = MAKER
    identity = {
        f"GIT_{who}_{what}": value
        for who in ("AUTHOR", "COMMITTER")
        for what, value in (("NAME", name), ("EMAIL", email))
    }
    plain = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "PROMPTCTL_PAGER": "cat"}
    return inherited | identity | plain


def main(argv: Sequence[str] | None = None) -> int:
    """Play the demo and return its exit code."""
    keep = _keep_option(argv)
    try:
        with _folder(keep) as folder:
            make_example_repository(folder)
            is_tty = sys.stdout.isatty() and sys.stderr.isatty()
            in_color = is_tty and not os.environ.get("NO_COLOR")
            width = (is_tty and os.get_terminal_size().columns) or WIDEST
            stage = Stage(folder, _environ(), is_tty, in_color, width)
            _play(stage)
            _say_what_next(stage, keep)
    except (StepFailed, OSError, subprocess.CalledProcessError) as failure:
        print(f"\nThe demo failed: {failure}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def _keep_option(argv: Sequence[str] | None) -> Path | None:
    parser = argparse.ArgumentParser(prog="python -m tests.demo", description="Show promptctl.")
    parser.add_argument(
        "--keep", metavar="FOLDER", type=Path, help="make the repository there and leave it"
    )
    keep: Path | None = parser.parse_args(argv).keep
    if keep is not None and keep.exists():
        parser.error(f"{keep} exists already")
    return keep


@contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    if keep is not None:
        yield keep.absolute()
        return
    with tempfile.TemporaryDirectory(prefix="promptctl-demo-") as temporary:
        yield Path(temporary, "larkfield-books")


def _play(stage: Stage) -> None:
    stage.say(
        "The prompts of a bookshop: one YAML file each, in a plain git repository. "
        f"It was made from example-repo/, with a history of {len(STEPS)} commits."
    )
    stage.promptctl("list")
    stage.say("Each file is checked: YAML, schema, templates, variables, tools, secrets.")
    stage.promptctl("validate")
    stage.say("What would be sent, with the text it includes. Nothing leaves the machine.")
    stage.promptctl("render", "support/order-status", "--var", "question=Where is LB-20417?")
    _run_greeting(stage)
    _make_slips(stage)
    _release(stage)


def _run_greeting(stage: Stage) -> None:
    run = ("run", "greeting", "--var", f"name={CUSTOMER}")
    problem = _model_problem(stage.folder)
    if problem is None:
        stage.say("Now run one. A small language model answers, here: no account, no key.")
        stage.promptctl(*run)
        return
    stage.say(
        f"Now run one. The embedded model does not run here: {problem}. So provider echo "
        "stands in. It is no model: it sends the last message back."
    )
    stage.promptctl(*run, "--provider", "echo")


def _model_problem(folder: Path) -> str | None:
    """Why the embedded model cannot answer on this machine; None if it can."""
    command = _command("model", "status", "--format", "json")
    done = subprocess.run(command, cwd=folder, check=False, capture_output=True, text=True)
    try:
        status = json.loads(done.stdout)
    except ValueError:
        raise StepFailed(f"`promptctl model status` failed: {done.stderr.strip()}") from None
    if status["ready"]:
        return None
    problem: str | None = status["runtime"]["problem"] or status["weights"]["problem"]
    return problem or "its weights are not installed (promptctl model install)"


def _make_slips(stage: Stage) -> None:
    before = _edit(stage, SLIPS)
    stage.say(
        "Somebody edits the greeting and slips twice. "
        "The exit code is 1, so their pull request stops here."
    )
    stage.promptctl("validate", "--changed", expect=1)
    (stage.folder / EDITED).write_text(before, encoding="utf-8")


def _release(stage: Stage) -> None:
    stage.say("A release is a git tag. The first version of the greeting is published:")
    stage.promptctl("publish", "greeting", "-m", "First release")
    _edit(stage, CURT)
    stage.say("Somebody shortens it. What is committed can be published.")
    stage.git("commit", "--quiet", "--all", "--message", "Shorter greeting")
    stage.promptctl("publish", "greeting")
    stage.say("Customers find it curt. Going back is one more tag: nothing is lost.")
    stage.promptctl("rollback", "greeting", "-m", "Customers find it curt")
    stage.promptctl("log", "greeting", "--oneline")


def _edit(stage: Stage, changes: Sequence[tuple[str, str]]) -> str:
    """Change the text of the greeting; the text before. Raises StepFailed where it says otherwise."""
    place = stage.folder / EDITED
    text = before = place.read_text(encoding="utf-8")
    for old, new in changes:
        if old not in text:
            raise StepFailed(f"{EDITED} no longer holds {old!r}")
        text = text.replace(old, new)
    place.write_text(text, encoding="utf-8")
    return before


def _say_what_next(stage: Stage, keep: Path | None) -> None:
    print(f"\n{stage.paint('Now yours:', '1')}")
    activate = Path(sys.prefix, "bin/activate")
    if activate.exists():
        near = os.path.relpath(activate)
        print(f"  . {shlex.quote(str(activate) if near.startswith('..') else near)}")
    if keep is not None:
        print(f"  cd {shlex.quote(str(keep))}        # what you just saw")
    print("  promptctl init ~/my-prompts && cd ~/my-prompts")
    print("  promptctl run explain --var word=photosynthesis")


if __name__ == "__main__":
    sys.exit(main())
