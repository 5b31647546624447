"""`promptctl explain`: the pages of rules, in a repository and outside of any."""

from __future__ import annotations

import json
from pathlib import Path

from promptctl.core.change import CHANGE_RULES
from promptctl.core.rules import RULES
from tests.cli.test_terminal import on_terminal
from tests.conftest import RunCli


def test_a_rule_says_why_and_how(run_cli: RunCli, tmp_path: Path) -> None:
    result = run_cli(["explain", "trailing-space"], cwd=tmp_path)
    assert (result.exit_code, result.stderr) == (0, "")
    for words in (
        *("trailing-space  info  group standard", "Wrong:", "Right:", "validate --fix"),
        *("rules: {trailing-space: off}", "# promptctl: ignore[trailing-space]"),
        *('    template: "Question: "', '    template: "Question:"'),
    ):
        assert words in result.stdout


def test_what_cannot_be_switched_off_says_so(run_cli: RunCli, tmp_path: Path) -> None:
    text = run_cli(["explain", "yaml-syntax"], cwd=tmp_path).stdout
    assert "always on" in text
    assert "neither be switched off nor ignored" in text
    assert "ignore[" not in text


def test_a_rule_of_the_strict_group_says_how_to_switch_it_on(
    run_cli: RunCli, tmp_path: Path
) -> None:
    text = run_cli(["explain", "owner-missing"], cwd=tmp_path).stdout
    assert "rule_group: strict, or rules: {owner-missing: warning}" in text


def test_facts_about_models_are_dated(run_cli: RunCli, tmp_path: Path) -> None:
    text = run_cli(["explain", "model-retired"], cwd=tmp_path).stdout
    assert "What is known of models is of 20" in text


def test_changes_are_explained_too(run_cli: RunCli, tmp_path: Path) -> None:
    text = run_cli(["explain", "variable-removed"], cwd=tmp_path).stdout
    assert text.startswith("variable-removed  breaking\n")
    assert "Callers must change" in text
    assert '      fingerprint: "NUMBER"\n' in text
    assert "promptctl mv OLD NEW" in (
        run_cli(["explain", "prompt-renamed-undeclared"], cwd=tmp_path).stdout
    )
    assert "accepted_breaks" not in run_cli(["explain", "model-changed"], cwd=tmp_path).stdout


def test_a_misspelt_rule_is_not_found(run_cli: RunCli, tmp_path: Path) -> None:
    result = run_cli(["explain", "varable-unused"], cwd=tmp_path)
    assert (result.exit_code, result.stdout) == (3, "")
    assert "did you mean `variable-unused`?" in result.stderr
    assert run_cli(["explain", "\x1b[31m"], cwd=tmp_path).stderr.count("\x1b") == 0


def test_without_a_rule_all_are_listed(run_cli: RunCli, tmp_path: Path) -> None:
    for options, rules in (([], set(RULES)), (["--changes"], set(CHANGE_RULES))):
        text = run_cli(["explain", *options], cwd=tmp_path).stdout
        first = {line.split()[0] for line in text.splitlines() if line}
        assert rules == first & {*RULES, *CHANGE_RULES}
    listed = json.loads(run_cli(["explain", "--format", "json"], cwd=tmp_path).stdout)["rules"]
    assert [rule["id"] for rule in listed] == [*RULES, *CHANGE_RULES]
    words = ["explain", "--changes", "--format", "json"]
    changes = json.loads(run_cli(words, cwd=tmp_path).stdout)["rules"]
    assert [rule["id"] for rule in changes] == list(CHANGE_RULES)
    assert run_cli(["explain", "secret", "--changes"], cwd=tmp_path).exit_code == 2


def test_what_is_listed_is_paged_at_a_terminal(tmp_path: Path) -> None:
    env = {"TERM": "xterm", "PROMPTCTL_PAGER": "sed s/^/paged:/"}
    code, lines = on_terminal("explain", tmp_path, width=80, env=env)
    assert code == 0
    assert any(line.startswith("paged:trailing-space") for line in lines)
