"""`promptctl init` as a stranger types it."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from tests.conftest import GitRepository, RunCli


def test_it_says_what_it_made_and_what_to_type_next(run_cli: RunCli, tmp_path: Path) -> None:
    result = run_cli(["init", "shop"])
    assert result.exit_code == 0
    assert [line.split()[:2] for line in result.stdout.splitlines()] == [
        ["made", "promptctl.yaml"],
        ["made", "prompts/explain.yaml"],
        ["made", ".promptctl/prompt.schema.json"],
        ["made", ".gitattributes"],
        ["made", ".github/workflows/prompts.yml"],
        ["made", ".github/workflows/publish-prompts.yml"],
        ["made", ".pre-commit-config.yaml"],
    ]
    assert "nothing is committed" in result.stderr
    assert "a tag ruleset for prompts/**/* that forbids updates" in result.stderr
    assert result.stderr.splitlines()[-5:] == [
        "  cd shop",
        "  promptctl validate",
        "  promptctl run explain --var word=photosynthesis",
        "  git add . && git commit -m 'Prompts as code'",
        "  promptctl publish explain    # with a remote: git push first",
    ]


def test_the_commands_it_names_work(run_cli: RunCli, tmp_path: Path) -> None:
    run_cli(["init", "shop"])
    shop = tmp_path / "shop"
    validated = run_cli(["validate"], cwd=shop)
    assert (validated.exit_code, validated.stdout) == (0, "")
    ran = run_cli(["run", "explain", "--var", "word=photosynthesis"], cwd=shop)
    assert ran.exit_code == 0
    assert ran.stdout.strip() == "Explain the word photosynthesis in two sentences."


def test_where_the_model_is_installed_the_first_prompt_uses_it(
    run_cli: RunCli, tmp_path: Path, model_weights: Path
) -> None:
    run_cli(["init"])
    text = (tmp_path / "prompts/explain.yaml").read_text()
    assert "\nprovider: local\nmodel: smollm2-135m-instruct\n" in text
    assert run_cli(["validate"]).exit_code == 0
    ran = run_cli(["run", "explain", "--var", "word=photosynthesis"])
    assert ran.exit_code == 0
    assert ran.stdout.strip()


def test_twice_is_once(run_cli: RunCli) -> None:
    run_cli(["init"])
    result = run_cli(["init"])
    assert result.exit_code == 0
    assert all(line.startswith("kept") for line in result.stdout.splitlines())
    assert "Everything is in place already." in result.stderr
    assert "ruleset" not in result.stderr


def test_the_tags_to_guard_are_those_of_the_settings(run_cli: RunCli, tmp_path: Path) -> None:
    (tmp_path / "promptctl.yaml").write_text("tag_prefix: acme/\n")
    assert "a tag ruleset for acme/**/* that forbids" in run_cli(["init"]).stderr


@pytest.mark.parametrize(
    ("arguments", "exit_code", "words"),
    [
        (["--model", "gpt-4o"], 2, "--provider"),
        (["--provider", "ours"], 2, "--model"),
        (["--name", "No"], 2, "capital"),
        (["file"], 4, "is a file"),
    ],
)
def test_mistakes_are_clear_and_change_nothing(
    run_cli: RunCli, tmp_path: Path, arguments: list[str], exit_code: int, words: str
) -> None:
    (tmp_path / "file").write_text("")
    result = run_cli(["init", *arguments])
    assert result.exit_code == exit_code
    assert result.stdout == ""
    assert words in result.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize("variable", ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"])
def test_it_makes_its_repository_here_whatever_a_hook_says(
    variable: str, run_process: RunCli, tmp_path: Path
) -> None:
    result = run_process(["init", "shop"], env={variable: str(tmp_path / "elsewhere")})
    assert result.exit_code == 0
    assert (tmp_path / "shop/.git/HEAD").is_file()
    assert not (tmp_path / "elsewhere").exists()


def test_without_a_key_the_export_line_comes_last(run_cli: RunCli) -> None:
    done = run_cli(["init", "shop", "--provider", "anthropic"])
    assert done.stderr.splitlines()[-1] == "  export ANTHROPIC_API_KEY=…"


def test_what_to_add_stands_in_lines_that_can_be_pasted(
    run_cli: RunCli, git_repository: GitRepository
) -> None:
    git_repository.write("notes.txt", "mine")
    stderr = run_cli(["init"], cwd=git_repository.path).stderr
    lines = [line.strip() for line in stderr.splitlines() if line.startswith("  git ")]
    assert len(lines) > 2
    assert all(len(line) <= 80 for line in lines)
    assert "docs/" not in stderr
    for line in lines:
        git_repository.git(*shlex.split(line)[1:])
    assert git_repository.git("status", "--porcelain") == "?? notes.txt"
