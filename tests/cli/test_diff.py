"""`promptctl diff`: options, formats, exit codes, and breaks that are accepted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import GitRepository, RunCli
from tests.git.diffing import BRIEF, FILES, NO_TONE, SETTINGS, TRIAGE
from tests.releases.workplace import ok


@pytest.fixture
def folder(git_repository: GitRepository) -> Path:
    """The greeting is edited in the working tree."""
    git_repository.commit(FILES)
    git_repository.write("prompts/greeting.yaml", BRIEF)
    return git_repository.path


def _json(run_cli: RunCli, folder: Path, *argv: str) -> Any:
    result = run_cli(["diff", *argv, "--format", "json"], cwd=folder)
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


def test_exit_code_only_when_asked_for(folder: Path, run_cli: RunCli) -> None:
    assert run_cli(["diff", "HEAD~0"], cwd=folder).exit_code == 0
    assert run_cli(["diff", "HEAD~0", "--exit-code"], cwd=folder).exit_code == 1
    same = run_cli(["diff", "HEAD~0", "triage", "--exit-code"], cwd=folder)
    assert (same.exit_code, same.stdout) == (0, "")
    assert same.stderr == "no prompt differs between HEAD~0 and working tree\n"
    assert run_cli(["-q", "diff", "HEAD~0", "triage"], cwd=folder).stderr == ""


@pytest.mark.parametrize(
    ("options", "begins"),
    [
        (["--name-only"], "greeting\n"),
        (["--stat"], " greeting | "),
        (["--format", "text"], "greeting  HEAD~0 → working tree  behaviour\n"),
        (["--format", "json"], '{"schema"'),
        (["--format", "markdown"], "**1 prompt: 1 behaviour**"),
        (["--format", "html"], "<!doctype html>"),
    ],
)
def test_forms(options: list[str], begins: str, folder: Path, run_cli: RunCli) -> None:
    result = run_cli(["diff", "HEAD~0", *options], cwd=folder)
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.lower().startswith(begins.lower())
    written = run_cli(["diff", "HEAD~0", *options, "-o", "out"], cwd=folder)
    assert (written.exit_code, written.stdout) == (0, "")
    assert (folder / "out").read_text() == result.stdout


@pytest.mark.parametrize(
    "options",
    [["--stat", "--name-only"], ["--stat", "--format", "json"], ["--vars", "v.json"]],
)
def test_options_that_exclude_each_other(options: list[str], folder: Path, run_cli: RunCli) -> None:
    result = run_cli(["diff", *options], cwd=folder)
    assert (result.exit_code, result.stdout) == (2, "")


def test_a_file_that_cannot_be_written(folder: Path, run_cli: RunCli) -> None:
    result = run_cli(["diff", "HEAD~0", "-o", "nowhere/out.html"], cwd=folder)
    assert result.exit_code == 74
    assert "nowhere" in result.stderr


# --- rendered ----------------------------------------------------------------------------------------


def test_render_with_examples_with_values_and_with_standard_input(
    folder: Path, run_cli: RunCli
) -> None:
    (change,) = _json(run_cli, folder, "HEAD~0", "--render")["prompts"][0]["rendered"]
    assert (change["example"], change["message"], change["role"]) == ("ada", 1, "system")
    assert "very " in {edit["text"] for edit in change["edits"]}
    (folder / "prompts/greeting.yaml").write_text(BRIEF.replace("Greet {{", "Welcome {{"))
    (folder / "v.json").write_text('{"name": "Zoe"}')
    prompt = _json(run_cli, folder, "HEAD~0", "--render", "--vars", "v.json")["prompts"][0]
    assert [change["message"] for change in prompt["rendered"]] == [1, 2]
    assert "Zoe" in json.dumps(prompt["rendered"])
    argv = ["diff", "HEAD~0", "--render", "--vars", "-", "--format", "json"]
    piped = run_cli(argv, cwd=folder, stdin='{"name": "Zoe"}')
    assert json.loads(piped.stdout)["prompts"][0]["rendered"] == prompt["rendered"]


def test_what_cannot_be_rendered_is_said_and_the_rest_is_compared(
    folder: Path, run_cli: RunCli
) -> None:
    (folder / "v.json").write_text('{"nmae": "Zoe"}')
    result = run_cli(["diff", "HEAD~0", "--render", "--vars", "v.json"], cwd=folder)
    assert result.exit_code == 0
    assert "message 1 (`system`) was edited" in result.stdout
    assert "unknown variable `nmae`" in result.stdout


@pytest.mark.parametrize(("text", "code"), [("[1", 2), ("[1]", 2), (None, 2), ("{a: &a [*a]}", 2)])
def test_values_that_are_none(text: str | None, code: int, folder: Path, run_cli: RunCli) -> None:
    if text is not None:
        (folder / "v.yaml").write_text(text)
    result = run_cli(["diff", "HEAD~0", "--render", "--vars", "v.yaml"], cwd=folder)
    assert (result.exit_code, result.stdout) == (code, "")
    assert "v.yaml" in result.stderr


# --- accepted breaks ---------------------------------------------------------------------------------


@pytest.fixture
def broken(git_repository: GitRepository) -> GitRepository:
    """`feat` removes a variable; nobody accepted that yet."""
    git_repository.commit(FILES)
    git_repository.git("switch", "--quiet", "--create", "feat")
    git_repository.commit({"prompts/greeting.yaml": NO_TONE})
    return git_repository


def _accepting(fingerprint: str, more: str = "") -> str:
    return f"{SETTINGS}accepted_breaks: [{{fingerprint: {fingerprint}, reason: Agreed.{more}}}]\n"


def _acceptance(run_cli: RunCli, folder: Path, *argv: str) -> tuple[str, Any]:
    first = _json(run_cli, folder, *argv)["prompts"][0]["changes"][0]
    assert first["effect"] == "breaking"
    return first["fingerprint"], first["accepted"]


def test_the_branch_that_breaks_can_only_propose_to_accept_it(
    broken: GitRepository, run_cli: RunCli
) -> None:
    fingerprint, accepted = _acceptance(run_cli, broken.path, "main...HEAD")
    assert accepted is None
    broken.commit({"promptctl.yaml": _accepting(fingerprint)})
    found = _acceptance(run_cli, broken.path, "main...HEAD")
    assert found == (fingerprint, {"reason": "Agreed.", "proposed": True})
    shown = run_cli(["diff", "main...HEAD"], cwd=broken.path).stdout
    assert "its acceptance is part of this change" in shown


def test_what_the_base_accepts_counts(broken: GitRepository, run_cli: RunCli) -> None:
    """On the base as it is now, not where the branch left it."""
    fingerprint, _ = _acceptance(run_cli, broken.path, "main...HEAD")
    broken.git("switch", "--quiet", "main")
    broken.commit({"promptctl.yaml": _accepting(fingerprint, ", prompt: greeting")})
    broken.git("switch", "--quiet", "feat")
    found = _acceptance(run_cli, broken.path, "main...HEAD")
    assert found == (fingerprint, {"reason": "Agreed.", "proposed": False})
    assert "(accepted)" in run_cli(["diff", "main...HEAD"], cwd=broken.path).stdout
    broken.git("switch", "--quiet", "main")
    broken.commit({"promptctl.yaml": _accepting(fingerprint, ", prompt: triage")})
    broken.git("switch", "--quiet", "feat")
    assert _acceptance(run_cli, broken.path, "main...HEAD")[1] is None


def test_against_what_is_published_the_default_branch_counts(
    broken: GitRepository, run_cli: RunCli
) -> None:
    broken.git("switch", "--quiet", "main")
    ok(broken.path, "publish", "greeting", "triage")
    broken.write("prompts/greeting.yaml", NO_TONE)
    fingerprint, accepted = _acceptance(run_cli, broken.path)
    assert accepted is None
    broken.write("promptctl.yaml", _accepting(fingerprint))
    assert _acceptance(run_cli, broken.path)[1] == {"reason": "Agreed.", "proposed": True}
    broken.commit()
    assert _acceptance(run_cli, broken.path)[1] == {"reason": "Agreed.", "proposed": False}


def test_another_step_in_the_same_place_is_not_accepted(
    broken: GitRepository, run_cli: RunCli
) -> None:
    fingerprint, _ = _acceptance(run_cli, broken.path, "main...HEAD")
    typed = TRIAGE.replace("ticket: {type: string}", "ticket: {type: integer}")
    broken.commit({"promptctl.yaml": _accepting(fingerprint), "prompts/triage.yaml": typed})
    changes = {
        prompt["name"]: prompt["changes"][0]
        for prompt in _json(run_cli, broken.path, "main...HEAD")["prompts"]
    }
    assert changes["greeting"]["accepted"] == {"reason": "Agreed.", "proposed": True}
    assert changes["triage"]["accepted"] is None
