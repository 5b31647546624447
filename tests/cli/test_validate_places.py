"""`promptctl validate` in odd places: no prompts folder, a sub-folder, files of other extensions."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from promptctl.output.progress import FileProgress
from promptctl.output.terminal import Terminal, open_terminal
from tests.cli.test_validate import _Screen
from tests.conftest import GitRepository, RunCli

HELLO = "provider: openai\nmodel: gpt-4o-mini\ntemplate: Hello\n"
INCLUDES = "provider: openai\nmodel: m\nmessages: [{role: user, file: _partials/tone.md}]\n"


@pytest.fixture
def repository(git_repository: GitRepository) -> GitRepository:
    git_repository.commit({"promptctl.yaml": "version: 1\n", "prompts/sub/c.yaml": HELLO})
    return git_repository


def test_a_named_prompts_folder_that_is_not_there_is_a_finding_at_its_place(
    repository: GitRepository, run_cli: RunCli
) -> None:
    repository.write("promptctl.yaml", "version: 1\nprompts_dir: nope\n")
    result = run_cli(["validate"], cwd=repository.path)
    assert result.exit_code == 1
    assert result.stdout.startswith(
        "promptctl.yaml:2:14: error [settings-invalid] there is no folder nope/, and so no prompt\n"
    )
    inside = run_cli(["validate", "--changed"], cwd=repository.path / "prompts/sub")
    assert inside.stdout.startswith("../../promptctl.yaml:2:14: error [settings-invalid]")


@pytest.mark.parametrize("has_settings", [True, False])
def test_the_usual_prompts_folder_that_is_not_there_is_not_found(
    has_settings: bool, git_repository: GitRepository, run_cli: RunCli
) -> None:
    git_repository.commit({"promptctl.yaml" if has_settings else "README": "version: 1\n"})
    result = run_cli(["validate"], cwd=git_repository.path)
    assert (result.exit_code, result.stdout) == (3, "")
    assert result.stderr == (
        "error: there is no folder prompts/, and so no prompt\nhint: promptctl new NAME\n"
    )
    if has_settings:
        assert run_cli(["validate", "promptctl.yaml"], cwd=git_repository.path).exit_code == 0


def test_an_empty_prompts_folder_holds_no_problem(
    git_repository: GitRepository, run_cli: RunCli
) -> None:
    (git_repository.path / "prompts").mkdir()
    result = run_cli(["validate"], cwd=git_repository.path)
    assert (result.exit_code, result.stderr) == (0, "0 prompts, no problems\n")


def messages(run_cli: RunCli, cwd: Path) -> str:
    result = run_cli(["validate"], cwd=cwd)
    assert result.exit_code == 1
    return result.stdout


@pytest.mark.parametrize(
    ("files", "said"),
    [
        (
            {"prompts/sub/C.yaml": HELLO},
            "c.yaml: error [name-clash] this name clashes with `sub/C`",
        ),
        ({"prompts/sub/c.yaml": INCLUDES}, "_partials/tone.md does not exist"),
        (
            {
                "prompts/sub/c.yaml": INCLUDES,
                "prompts/_partials/tone.md": "Hi",
                ".gitignore": "tone.md",
            },
            "_partials/tone.md is ignored by git",
        ),
        (
            {"prompts/sub/c.yaml": INCLUDES, "prompts/_partials/tone.md": "{{ name }}"},
            "not declared in the prompt `sub/c`",
        ),
    ],
)
def test_sentences_name_no_path_that_does_not_lead_there_from_a_sub_folder(
    files: dict[str, str], said: str, repository: GitRepository, run_cli: RunCli
) -> None:
    for path, text in files.items():
        repository.write(path, text)
    shown = messages(run_cli, repository.path / "prompts/sub")
    assert said in shown
    assert "prompts/" not in shown


def test_a_file_that_cannot_be_read_is_named_from_where_the_user_stands(
    repository: GitRepository, run_cli: RunCli
) -> None:
    (repository.path / "prompts/sub/odd.yaml").symlink_to("c.yaml")
    shown = messages(run_cli, repository.path / "prompts/sub")
    assert shown.startswith("odd.yaml: error [file-unreadable] odd.yaml: odd.yaml is a link")
    shown = messages(run_cli, repository.path)
    assert shown.startswith("prompts/sub/odd.yaml: error [file-unreadable] prompts/sub/odd.yaml: ")


@pytest.mark.parametrize(
    ("target", "folder", "hint"),
    [
        ("c", "prompts/sub", "did you mean `sub/c`? Names begin at ../"),
        ("[c]", "prompts/sub", "did you mean `sub/[c]`? Names begin at ../"),
        ("./x.yaml", "prompts/sub", "prompt files are below ../"),
        ("sub/x", ".", "did you mean `sub/c`?"),
        ("zzzzzz", "prompts/sub", "promptctl list"),
    ],
)
def test_what_matches_nothing_gets_a_hint_that_fits_the_folder(
    target: str, folder: str, hint: str, repository: GitRepository, run_cli: RunCli
) -> None:
    result = run_cli(["validate", target], cwd=repository.path / folder)
    assert (result.exit_code, result.stdout) == (3, "")
    assert result.stderr.endswith(f"hint: {hint}\n")


@pytest.mark.parametrize("name", ["d.YAML", "d.Yml", "d.yml", "d.yaML"])
def test_a_file_of_another_extension_is_pointed_out_and_not_read(
    name: str, repository: GitRepository, run_cli: RunCli
) -> None:
    repository.write(f"prompts/{name}", "no: [yaml")
    repository.write("prompts/d.yaml", HELLO)
    repository.write("prompts/e.tests.YAML", "not a prompt")
    result = run_cli(["validate", "--format", "json"], cwd=repository.path)
    report = json.loads(result.stdout)
    assert [(f["path"], f["rule"]) for f in report["findings"]] == [
        (f"prompts/{name}", "name-extension")
    ]
    assert (result.exit_code, report["prompts_checked"]) == (1, 2)
    listed = run_cli(["list", "--format", "json"], cwd=repository.path).stdout
    assert [prompt["name"] for prompt in json.loads(listed)["prompts"]] == ["d", "sub/c"]


@pytest.mark.parametrize(("term", "drawn"), [("xterm", True), ("dumb", False)])
def test_a_terminal_that_cannot_move_its_cursor_gets_no_bar(
    term: str, drawn: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", term)
    screen = _Screen()
    terminal = Terminal(
        screen,  # type: ignore[arg-type]
        screen,  # type: ignore[arg-type]
        screen,  # type: ignore[arg-type]
        err_is_tty=True,
        is_dumb=open_terminal({"TERM": term}).is_dumb,
    )
    times = iter([0.0, *[9.0] * 10])
    progress = FileProgress(terminal, clock=lambda: next(times))
    progress(10, 100)
    progress.close()
    assert bool(screen.text) is drawn
