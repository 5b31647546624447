"""The pages of docs/ that are made, not written: `make docs` writes them, tests/test_docs.py compares."""

from __future__ import annotations

import contextlib
import io
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from promptctl.cli.app import COMMANDS, main
from promptctl.core.rules import RULES
from tests.docs_prompt_file import prompt_file_page

DOCS = Path(__file__).resolve().parent.parent / "docs"
_MADE = "<!-- Made by `make docs`; do not edit. -->\n\n"


def commands_page() -> str:
    """The command reference, from the help texts."""
    parts = [
        _MADE,
        "# Commands\n\n",
        "Global options stand before the command; `-q`, `-v` and `--color` may also follow it.\n",
        "Exit codes and formats: [README](../README.md).\n\n",
        _help_block([]),
    ]
    for words in command_lines():
        parts.append(f"\n## promptctl {' '.join(words)}\n\n{_help_block(words)}")
    return "".join(parts)


def command_lines() -> Iterator[list[str]]:
    """Every command, and every command of a group behind its group, as typed."""
    for name in COMMANDS:
        yield [name]
        yield from ([name, member] for member in _members(_help([name])))


def _members(help_text: str) -> list[str]:
    """The commands that the help text of a group lists."""
    _, found, listing = help_text.partition("\nCommands:\n")
    lines = listing.split("\n\n")[0].splitlines() if found else []
    return [line.split()[0] for line in lines if line[:2] == "  " and line[2:3].strip()]


def _help_block(words: list[str]) -> str:
    return f"```text\n{_help(words).strip()}\n```\n"


def _help(words: list[str]) -> str:
    shown = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="")
    # Typer asks the process, not our arguments, for the width and for colours.
    kept = dict(os.environ)
    os.environ.update(COLUMNS="100", TERM="dumb", NO_COLOR="1", TERMINAL_WIDTH="100")
    try:
        with contextlib.redirect_stdout(shown):
            code = main([*words, "--help"], os.environ)
    finally:
        os.environ.clear()
        os.environ.update(kept)
    assert code == 0, f"promptctl {' '.join(words)} --help: exit {code}"
    shown.seek(0)
    return "\n".join(line.rstrip() for line in shown.read().splitlines())


def rules_page() -> str:
    """The rules of `validate`, from their table."""
    rows = [
        f"| `{rule.id}` | {rule.severity.value} | {'always on' if rule.fixed else ''} "
        f"| {rule.summary.replace('|', chr(92) + '|')} |\n"
        for rule in RULES.values()
    ]
    return (
        f"{_MADE}# Rules\n\n"
        "`promptctl validate --rules` lists them too. A rule's severity is set in `promptctl.yaml`\n"
        "(`rules: {variable-unused: error}`; error, warning, info or off); the comment\n"
        "`# promptctl: ignore[variable-unused]` silences it on one line. The rules that are always on\n"
        "guard what everything else relies on: they can neither be set nor ignored.\n\n"
        "| rule | severity | | what it says |\n| --- | --- | --- | --- |\n" + "".join(rows)
    )


PAGES: dict[str, Callable[[], str]] = {
    "commands.md": commands_page,
    "prompt-file.md": prompt_file_page,
    "rules.md": rules_page,
}
"""Each made page with what makes it."""


if __name__ == "__main__":
    for name, make in PAGES.items():
        (DOCS / name).write_text(make(), encoding="utf-8")
