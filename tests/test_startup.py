"""What each command loads, seen in a fresh process: a library costs only the command that needs it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import CHECKOUT, GitRepository

HEAVY = {
    # libraries
    *("typer", "click", "rich", "git", "gitdb", "yaml", "jinja2", "jsonschema", "jsonschema_rs"),
    *("httpx", "httpcore", "anyio", "pydantic", "xllamacpp", "keyring", "pygments", "markdown_it"),
    # modules of the standard library that cost more than 10 ms
    *(
        "asyncio",
        "ssl",
        "http.client",
        "multiprocessing",
        "concurrent.futures",
        "unittest",
    ),
}
"""What this test watches; all else is too cheap to name."""

CLI = {"typer"}
READS_A_PROMPT = CLI | {"yaml", "jsonschema_rs", "jinja2"}

COMMANDS: dict[str, set[str]] = {
    "--version": set(),
    "--help": CLI,
    "schema": CLI,
    "schema project": CLI,
    "model status": CLI,
    "config": CLI | {"yaml", "jsonschema_rs"},
    "list": CLI | {"yaml"},
    "show greeting": READS_A_PROMPT,
    "show greeting@HEAD --raw": CLI,
    "validate greeting": READS_A_PROMPT,
    "validate": READS_A_PROMPT,
    "fmt --check greeting": READS_A_PROMPT,
    "fmt --check": READS_A_PROMPT,
    "explain": CLI,
    "explain variable-unused": CLI,
    "render greeting --var name=Ada": READS_A_PROMPT,
    "run greeting --var name=Ada --provider echo": READS_A_PROMPT,
    "run greeting --var name=Ada --dry-run": READS_A_PROMPT,
    "init ../elsewhere": CLI | {"yaml", "jsonschema_rs", "git", "gitdb"},
    "new another": READS_A_PROMPT,
    "publish --all --dry-run": READS_A_PROMPT,
    "mv smoke first/smoke": CLI | {"yaml", "jsonschema_rs"},
    "verify": READS_A_PROMPT,
    "doctor": CLI | {"yaml", "jsonschema_rs"},
    "log": CLI,
    "changelog": READS_A_PROMPT,
    "ci --base HEAD": CLI | {"yaml", "jsonschema_rs"},
    "git-setup": CLI | {"yaml", "jsonschema_rs"},
    "git-textconv 1 prompts/greeting.yaml": {"yaml"},
    "live": CLI,
    "status": CLI,
    "resolve greeting@HEAD": READS_A_PROMPT,
    "diff": READS_A_PROMPT,
    "diff HEAD~0 --format json": READS_A_PROMPT,
    "diff greeting@HEAD smoke@. --render --stat": READS_A_PROMPT,
}
"""A command line on the example repository -> what of HEAVY it may load."""

_IMPORTED = re.compile(rb"^import time: +\d+ \| +\d+ \| +([\w.]+)$", re.MULTILINE)


def loaded_by(command: str, folder: Path) -> set[str]:
    """Of HEAVY, the modules that a fresh process loads for this command, which must succeed."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "promptctl", *command.split()],
        cwd=folder,
        capture_output=True,
        check=False,
    )
    names = {name.decode() for name in _IMPORTED.findall(done.stderr)}
    assert "promptctl" in names, "the listing of imports was not understood"
    said = re.sub(rb"^import time:.*\n", b"", done.stderr, flags=re.MULTILINE).decode()
    assert done.returncode == 0, f"promptctl {command}: exit {done.returncode}: {said}"
    return HEAVY & (names | {name.partition(".")[0] for name in names})


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_loads_only_what_it_needs(command: str, prompt_repository: GitRepository) -> None:
    assert loaded_by(command, prompt_repository.path) <= COMMANDS[command]


def test_the_test_sees_what_is_loaded(prompt_repository: GitRepository) -> None:
    assert loaded_by("--help", prompt_repository.path) == {"typer"}
    assert loaded_by("validate", prompt_repository.path) >= {"typer", "yaml"}


def test_every_command_is_watched() -> None:
    from promptctl.cli.app import COMMANDS as TABLE

    watched = {line.split()[0] for line in COMMANDS}
    # `edit` starts an editor and loads what `validate` does; the others load what `publish` does.
    assert set(TABLE) - watched == {"edit", "label", "push", "rollback"}


def test_the_library_loads_nothing_until_a_name_is_used() -> None:
    code = "import sys, promptctl; print(*sys.modules)"
    shown = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=_plain()
    )
    names = set(shown.stdout.split())
    assert {name for name in names if name.startswith("promptctl")} == {"promptctl"}
    assert not HEAVY & names


def _plain() -> dict[str, str]:
    return dict(os.environ) | {"PYTHONPATH": str(CHECKOUT)}
