"""example-repo/ is what an engineer sees first: it is without findings, and what it says is true."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
from pathlib import Path

import pytest

from promptctl.operations.repository import open_repository
from tests.conftest import CHECKOUT, RunCli
from tests.example_repository import EXAMPLE, STEPS, make_example_repository

PROMPTS = (
    "catalogue/blurb",
    "explain",
    "greeting",
    "smoke",
    "support/order-status",
    "support/reply",
    "support/triage",
)


@pytest.fixture
def example(tmp_path: Path) -> Path:
    return make_example_repository(tmp_path / "larkfield")


def test_there_is_not_one_finding(run_cli: RunCli, example: Path) -> None:
    result = run_cli(["validate", "--format", "json"], cwd=example)
    report = json.loads(result.stdout)
    assert result.exit_code == 0
    assert (report["findings"], report["prompts_checked"]) == ([], len(PROMPTS))


def test_every_example_of_every_prompt_renders(run_cli: RunCli, example: Path) -> None:
    repository = open_repository(example)
    for name in PROMPTS:
        examples = repository.prompt(f"{name}@.").examples
        if name != "smoke":
            assert examples, name
        for one in examples:
            variables = json.dumps(dict(one.variables))
            result = run_cli(["render", name, "--vars", "-"], cwd=example, stdin=variables)
            assert result.exit_code == 0, (name, one.name, result.stderr)
            assert "{{" not in result.stdout
            assert "{%" not in result.stdout


def test_it_shows_what_a_prompt_file_can_do() -> None:
    """Each feature that a reader may look for stands in one of the prompts."""
    texts = {name: (EXAMPLE / f"prompts/{name}.yaml").read_text() for name in PROMPTS}
    everything = "\n".join(texts.values())
    providers = set(re.findall(r"^provider: ([a-z_]+)", everything, re.MULTILINE))
    assert providers >= {"openai", "anthropic", "ollama", "local", "echo"}
    formats = set(re.findall(r"^template_format: ([a-z0-9-]+)", everything, re.MULTILINE))
    assert formats == {"mustache", "f-string", "none"}  # the fourth is the default
    for feature in (
        *("enum:", "tools:", "json_schema:", "examples:", "metadata:", "\ntemplate:"),
        *('{% include "_partials/', "{{> _partials/", "default:", "{{#facts}}", "{% for "),
    ):
        assert feature in everything, feature


def test_the_schema_line_of_each_prompt_leads_to_the_schema() -> None:
    for name in PROMPTS:
        path = EXAMPLE / f"prompts/{name}.yaml"
        line = path.read_text().splitlines()[0]
        schema = path.parent / line.removeprefix("# yaml-language-server: $schema=")
        assert schema.resolve() == CHECKOUT / "schemas/prompt.schema.json", name


def test_the_readme_names_every_prompt_and_its_commands_work(
    run_cli: RunCli, example: Path
) -> None:
    text = (example / "README.md").read_text()
    table = re.findall(r"^\| `([a-z/-]+)` \|", text, re.MULTILINE)
    assert sorted(table) == sorted(PROMPTS)
    commands = re.findall(r"^\$ promptctl (.*)$", text, re.MULTILINE)
    assert len(commands) == 4
    for command in commands:
        arguments = shlex.split(command)
        if arguments[0] == "run":
            arguments += ["--provider", "echo"]
        result = run_cli(arguments, cwd=example)
        assert result.exit_code == 0, (command, result.stderr)


def test_ci_runs_a_prompt_that_needs_no_network(run_cli: RunCli, example: Path) -> None:
    workflow = (example / ".github/workflows/prompts.yml").read_text()
    for command in re.findall(r"run: promptctl (.*)$", workflow, re.MULTILINE):
        assert run_cli(shlex.split(command), cwd=example).exit_code == 0, command
    assert "run: pip install promptctl-git\n" in workflow


def test_the_history_ends_with_the_files_of_today(example: Path) -> None:
    def git(*arguments: str) -> str:
        done = subprocess.run(
            ["git", *arguments], cwd=example, capture_output=True, text=True, check=True
        )
        return done.stdout

    assert git("status", "--porcelain") == ""
    subjects = git("log", "--reverse", "--format=%s").splitlines()
    assert subjects == [step.subject.partition("\n")[0] for step in STEPS]
    today = sorted(str(p.relative_to(EXAMPLE)) for p in EXAMPLE.rglob("*") if p.is_file())
    assert git("ls-files").split() == today
    for path in today:
        assert (example / path).read_bytes() == (EXAMPLE / path).read_bytes(), path


def test_every_commit_of_the_history_is_valid(run_cli: RunCli, example: Path) -> None:
    def git(*arguments: str) -> str:
        return subprocess.run(
            ["git", *arguments], cwd=example, capture_output=True, text=True, check=True
        ).stdout

    for commit in git("rev-list", "HEAD").split():
        git("checkout", "--quiet", commit)
        result = run_cli(["validate"], cwd=example)
        assert (result.exit_code, result.stdout) == (0, ""), commit


def test_the_history_repeats_exactly(tmp_path: Path, example: Path) -> None:
    again = make_example_repository(tmp_path / "again")
    heads = {(folder / ".git/refs/heads/main").read_text() for folder in (example, again)}
    assert len(heads) == 1


@pytest.mark.parametrize(("name", "tone"), [("Ada", "friendly"), ("José", "formal")])
def test_the_real_model_greets(
    run_cli: RunCli, example: Path, model_weights: Path, name: str, tone: str
) -> None:
    """Its words may differ from machine to machine; that it answers to the end may not."""
    result = run_cli(
        ["run", "greeting", "--var", f"name={name}", "--var", f"tone={tone}", "--format", "json"],
        cwd=example,
    )
    assert result.exit_code == 0, result.stderr
    assert '"stop"' in result.stdout
