"""The pages of docs/ that are made, not written: `make docs` writes them, tests/test_docs.py compares."""

from __future__ import annotations

import contextlib
import io
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

from promptctl.cli.app import COMMANDS, main
from promptctl.core.change import CHANGE_RULES
from promptctl.core.model_facts import FACTS_DATE
from promptctl.core.rules import GROUPS, RULES, Rule
from promptctl.repo.rule_pages import read_page_text
from tests.docs_prompt_file import prompt_file_page
from tests.docs_providers import providers_page

DOCS = Path(__file__).resolve().parent.parent / "docs"
_MADE = "<!-- Made by `make docs`; do not edit. -->\n\n"
_TABLE_BELOW = "<!-- The table below is made by `make docs`; do not edit it. -->"


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
    """The rules of `validate`: a table of each group, then the page of each rule."""
    parts = [
        _MADE,
        "# Rules\n\n",
        "`promptctl explain RULE` shows a page of these in a terminal, `promptctl validate --rules` lists\n"
        "the severities in force. Which rules are on is said by `rule_group` in `promptctl.yaml`\n"
        "(standard unless given) and, for a single rule, by `rules: {variable-unused: error}`: error,\n"
        "warning, info or off. Only errors make `validate` fail. The comment\n"
        "`# promptctl: ignore[variable-unused]` silences a rule on one line. What is always on guards what\n"
        "everything else relies on. `validate --fix` mends what is marked as fixable, where that is safe:\n"
        "a small change to the text, all else byte for byte.\n\n"
        f"What is known of models is of {FACTS_DATE}.\n",
    ]
    for group, meaning in GROUPS.items():
        parts += [f"\n## {group.capitalize()}: {meaning}\n\n"]
        parts += ["| rule | severity | | what it says |\n| --- | --- | --- | --- |\n"]
        parts += [_rule_row(rule) for rule in RULES.values() if rule.group == group]
    for rule in RULES.values():
        text = read_page_text(rule.id).strip()
        text = re.sub(r"^## (Wrong|Right)$", r"**\1**", text, flags=re.MULTILINE)
        text = re.sub(r"^```(\w+) \S+$", r"```\1", text, flags=re.MULTILINE)
        parts += [f"\n## {rule.id}\n\n{rule.summary}\n\n{text}\n"]
    return "".join(parts)


def _rule_row(rule: Rule) -> str:
    marks = ["always on"] * rule.fixed + ["fixable"] * rule.fixable
    summary = rule.summary.replace("|", "\\|")
    link = f"[`{rule.id}`](#{rule.id})"
    return f"| {link} | {rule.severity.value} | {', '.join(marks)} | {summary} |\n"


def diff_page() -> str:
    """The page on `diff`: what is written of it, then the kinds of change from their table."""
    path = DOCS / "diff.md"
    written, mark, _ = path.read_text(encoding="utf-8").partition(_TABLE_BELOW)
    rows = [
        f"| `{rule.id}` | {rule.effect.value} | {rule.summary.replace('|', chr(92) + '|')} |\n"
        for rule in CHANGE_RULES.values()
    ]
    return (
        f"{written}{mark}\n\n| change | effect | what happened |\n| --- | --- | --- |\n"
        + "".join(rows)
    )


PAGES: dict[str, Callable[[], str]] = {
    "commands.md": commands_page,
    "diff.md": diff_page,
    "prompt-file.md": prompt_file_page,
    "providers.md": providers_page,
    "rules.md": rules_page,
}
"""Each made page with what makes it."""


if __name__ == "__main__":
    for name, make in PAGES.items():
        (DOCS / name).write_text(make(), encoding="utf-8")
