"""`promptctl new`: a prompt that is valid from the first second."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from tests.conftest import RunCli

FOR_TOOLS = ("openai", "anthropic", "ollama", "echo")


@pytest.mark.parametrize(
    ("template", "provider"),
    [
        *itertools.product(["chat", "string", "json"], [*FOR_TOOLS, "local"]),
        *itertools.product(["tool"], FOR_TOOLS),
    ],
)
def test_every_template_is_without_findings_for_every_provider(
    run_cli: RunCli, template: str, provider: str
) -> None:
    run_cli(["init"])
    made = run_cli(["new", "desk/sort", "--template", template, "--provider", provider])
    assert (made.exit_code, made.stdout) == (0, "prompts/desk/sort.yaml\n")
    assert "promptctl edit desk/sort" in made.stderr
    checked = run_cli(["validate", "--format", "json"])
    assert checked.exit_code == 0
    assert '"findings":[]' in checked.stdout.replace(" ", "")


def test_quiet_says_the_path_only(run_cli: RunCli) -> None:
    run_cli(["init"])
    result = run_cli(["new", "hello", "-q"])
    assert (result.stdout, result.stderr) == ("prompts/hello.yaml\n", "")


def test_an_existing_prompt_stays(run_cli: RunCli, tmp_path: Path) -> None:
    run_cli(["init"])
    before = (tmp_path / "prompts/explain.yaml").read_bytes()
    result = run_cli(["new", "explain"])
    assert result.exit_code == 4
    assert "promptctl edit explain" in result.stderr
    assert (tmp_path / "prompts/explain.yaml").read_bytes() == before


def test_outside_a_repository_it_names_init(run_cli: RunCli) -> None:
    result = run_cli(["new", "hello"])
    assert result.exit_code == 3
    assert "promptctl init" in result.stderr


def test_edit_opens_it_at_once(run_cli: RunCli, tmp_path: Path) -> None:
    run_cli(["init"])
    environment = {"EDITOR": "sed -i s/sentences/words/"}
    result = run_cli(["new", "hello", "--edit"], env=environment)
    assert result.exit_code == 0
    assert "two words" in (tmp_path / "prompts/hello.yaml").read_text()
