"""`promptctl list`: for people, for pipes, for programs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from promptctl.core.summary import PromptSummary, VariableSummary
from promptctl.output.cells import cell_width, cut
from promptctl.output.columns import columns
from promptctl.output.listings import listing_text
from promptctl.output.terminal import open_terminal
from tests.conftest import GitRepository, RunCli

GREETING = """\
description: "Greet \\x1b[31m a customer\\nkindly"
provider: openai
model: gpt-4o-mini
variables:
  name: {type: string}
  tone: {type: string, default: kind}
template: "Hello {{ name }}, {{ tone }}"
"""


@pytest.fixture
def repository(git_repository: GitRepository) -> GitRepository:
    git_repository.commit(
        {
            "prompts/greeting.yaml": GREETING,
            "prompts/support/triage.yaml": "provider: echo\ntemplate: x\n",
            "prompts/broken.yaml": "a: [\n",
            "prompts/odd.yaml": "provider: [1]\nvariables: 3\n",
            "prompts/Bad Name.yaml": "provider: echo\n",
        }
    )
    return git_repository


def test_a_pipe_gets_plain_aligned_columns(repository: GitRepository, run_cli: RunCli) -> None:
    done = run_cli(["list"], cwd=repository.path)
    assert (done.exit_code, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert [line.split()[0] for line in lines] == ["broken", "greeting", "odd", "support/triage"]
    assert lines[1].split("  ")[-1] == "Greet \\x1b[31m a customer kindly"
    assert "openai/gpt-4o-mini  name, [tone]  " in lines[1]
    assert "cannot be read: " in lines[0]
    assert "\t" not in done.stdout
    assert len({line.index("echo") for line in lines if "echo" in line}) == 1


def test_a_program_gets_one_object(repository: GitRepository, run_cli: RunCli) -> None:
    done = run_cli(["list", "--format", "json"], cwd=repository.path)
    value = json.loads(done.stdout)
    assert value["schema"] == "promptctl.list/1"
    prompts = {prompt["name"]: prompt for prompt in value["prompts"]}
    assert prompts["greeting"] == {
        "name": "greeting",
        "path": "prompts/greeting.yaml",
        "description": "Greet \x1b[31m a customer\nkindly",
        "provider": "openai",
        "model": "gpt-4o-mini",
        "variables": [{"name": "name", "required": True}, {"name": "tone", "required": False}],
        "problem": None,
        "latest": None,
        "labels": {},
    }
    assert prompts["broken"]["problem"]
    assert prompts["odd"]["provider"] is None


def test_versions_have_a_column_once_there_are_any(
    git_repository: GitRepository, run_cli: RunCli
) -> None:
    repository = git_repository
    repository.commit({"prompts/a.yaml": GREETING, "prompts/b.yaml": GREETING})
    assert "v1" not in run_cli(["list"], cwd=repository.path).stdout
    for words in (["a"], ["a", "--label", "staging"]):
        done = run_cli(["publish", *words], cwd=repository.path)
        assert done.exit_code == 0, done.stderr
        repository.commit({"prompts/a.yaml": f"{GREETING}# more\n"})
    done = run_cli(["list"], cwd=repository.path)
    a, b = done.stdout.splitlines()
    assert "  name, [tone]  v2 published:v1 staging:v2  Greet" in a
    assert "  name, [tone]  -                           Greet" in b
    value = json.loads(run_cli(["list", "a", "--format", "json"], cwd=repository.path).stdout)
    assert value["prompts"][0]["latest"] == 2
    assert value["prompts"][0]["labels"] == {"published": 1, "staging": 2}


def test_files_are_listed_without_git(repository: GitRepository, run_process: RunCli) -> None:
    done = run_process(["list", "greeting"], cwd=repository.path, env={"PATH": "/nowhere"})
    assert (done.exit_code, done.stdout.split()[0]) == (0, "greeting")
    assert "versions and labels are not known: " in done.stderr


@pytest.mark.parametrize(
    ("pattern", "names"),
    [("support/*", ["support/triage"]), ("*e*", ["broken", "greeting", "support/triage"])],
)
def test_a_glob_chooses(
    repository: GitRepository, run_cli: RunCli, pattern: str, names: list[str]
) -> None:
    done = run_cli(["list", pattern], cwd=repository.path)
    assert [line.split()[0] for line in done.stdout.splitlines()] == names


def test_a_glob_that_matches_nothing_is_not_found(
    repository: GitRepository, run_cli: RunCli
) -> None:
    done = run_cli(["list", "greting"], cwd=repository.path)
    assert (done.exit_code, done.stdout) == (3, "")
    assert "did you mean `greeting`?" in done.stderr


def test_prompts_at_a_revision(repository: GitRepository, run_cli: RunCli) -> None:
    (repository.path / "prompts/greeting.yaml").unlink()
    assert "greeting" not in run_cli(["list"], cwd=repository.path).stdout
    assert "greeting" in run_cli(["list", "--at", "HEAD"], cwd=repository.path).stdout
    done = run_cli(["list", "--at", "nope"], cwd=repository.path)
    assert (done.exit_code, done.stdout) == (3, "")


def test_no_prompts_is_no_error_and_says_what_to_type(
    git_repository: GitRepository, run_cli: RunCli
) -> None:
    done = run_cli(["list"], cwd=git_repository.path)
    assert (done.exit_code, done.stdout) == (0, "")
    assert "promptctl new NAME" in done.stderr


def test_outside_a_repository(run_cli: RunCli, tmp_path: Path) -> None:
    done = run_cli(["list"])
    assert (done.exit_code, done.stdout) == (3, "")
    assert "hint: promptctl init" in done.stderr


def test_a_person_gets_a_header_and_lines_that_fit() -> None:
    terminal = open_terminal({})
    terminal.out_is_tty, terminal.width = True, 40
    long = "long/" * 10 + "name"
    prompts = [
        PromptSummary("a", "a", "日本語の説明" * 10, "echo", None, (VariableSummary("v", True),)),
        PromptSummary(long, "b"),
    ]
    lines = listing_text(prompts, terminal).splitlines()
    assert lines[0].startswith("NAME")
    assert all(cell_width(line) <= 40 for line in lines if line != long)
    assert lines[1].startswith("a     echo   v")
    assert lines[2:] == [long, "      -      -"]


@pytest.mark.parametrize(
    ("text", "width", "expected"),
    [
        ("abc", 3, "abc"),
        ("abcd", 3, "ab…"),
        ("日本語", 6, "日本語"),
        ("日本語", 5, "日本…"),
        ("日本語", 4, "日…"),
        ("e\u0301e\u0301", 2, "e\u0301e\u0301"),
        ("ab cd", 4, "ab…"),
        ("ab", 1, "…"),
    ],
)
def test_cutting_counts_cells(text: str, width: int, expected: str) -> None:
    assert cut(text, width) == expected


def test_no_rows_are_no_lines() -> None:
    assert columns([]) == []
