"""What `init` writes for CI: its shell, run with the real promptctl in a checkout like a runner's."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from promptctl.core.document import parse_document
from promptctl.operations.scaffold import init_prompts
from tests.ci.scenes import Scene, git, github_checkout, github_environment, ok
from tests.conftest import GitRepository
from tests.operations.test_scaffold import as_github_fills_in

FOLDERS = ["", pytest.param("services/bots", marks=pytest.mark.full), "my bots' $HOME `id`"]


def steps(root: Path) -> list[dict[str, Any]]:
    content = (root / ".github/workflows/prompts.yml").read_bytes()
    document = parse_document(content, "prompts.yml").document
    assert document is not None
    data: Any = document.data
    return list(data["jobs"]["prompts"]["steps"])


def program(folder: Path) -> dict[str, str]:
    """An environment with a `promptctl` that is ours, and a `pip` that installs nothing."""
    folder.mkdir()
    for name, line in (("promptctl", f'exec "{sys.executable}" -m promptctl "$@"'), ("pip", ":")):
        (folder / name).write_text(f"#!/bin/sh\n{line}\n")
        (folder / name).chmod(0o755)
    return dict(os.environ) | {"PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"}


@pytest.fixture(params=FOLDERS)
def scene(request: pytest.FixtureRequest, tmp_path: Path) -> Scene:
    """A repository as `init` makes it, pushed and published, and a branch that edits the first prompt."""
    remote = GitRepository(tmp_path / "remote.git", "--bare", "--initial-branch=main")
    work = GitRepository(tmp_path / "work", "--initial-branch=main")
    work.git("remote", "add", "origin", remote.path.as_uri())
    folder = work.path / str(request.param)
    init_prompts(folder, os.environ)
    work.commit()
    work.git("push", "--quiet", "origin", "main")
    ok(folder, "publish", "--all", "--yes")
    work.git("switch", "--quiet", "--create", "change")
    prompt = folder / "prompts/explain.yaml"
    prompt.write_text(prompt.read_text().replace("Explain the word", "Define the word"))
    scene = Scene(remote.path, work)
    scene.change({})
    scene.merge_ref()
    return scene


@pytest.mark.parametrize("event", ["pull_request", "push"])
def test_the_steps_of_the_workflow_pass(scene: Scene, tmp_path: Path, event: str) -> None:
    place = github_checkout(scene, tmp_path / "checkout")
    summary = tmp_path / "summary"
    summary.write_text("")
    environ = (
        program(tmp_path / "bin")
        | github_environment(merge=git(place, "rev-parse", "HEAD"))
        | {"GITHUB_STEP_SUMMARY": str(summary)}
    )
    said = ""
    for step in steps(place):
        wanted = (
            step.get("if", f"github.event_name == '{event}'") == f"github.event_name == '{event}'"
        )
        if "run" in step and wanted:
            command = [
                "bash",
                "--noprofile",
                "--norc",
                "-eo",
                "pipefail",
                "-c",
                as_github_fills_in(step["run"]),
            ]
            done = subprocess.run(
                command, cwd=place, env=environ, capture_output=True, text=True, check=False
            )
            assert done.returncode == 0, done.stderr
            said += done.stdout
    if event == "pull_request":
        assert "Publishing this makes\n  explain v2\n" in said
        assert "`explain` `v2`" in summary.read_text()
    else:
        assert summary.read_text() == ""


def hooks(root: Path) -> list[dict[str, Any]]:
    content = (root / ".pre-commit-config.yaml").read_bytes()
    document = parse_document(content, "pre-commit").document
    assert document is not None
    data: Any = document.data
    (only,) = data["repos"]
    assert only["repo"] == "local"
    return list(only["hooks"])


def pre_commit(
    place: Path, environ: dict[str, str], *arguments: str
) -> subprocess.CompletedProcess[str]:
    """The real pre-commit, with a cache of its own."""
    line = [sys.executable, "-m", "pre_commit", *arguments]
    environ = environ | {
        "PRE_COMMIT_HOME": str(place.parent / "pre-commit-home"),
        "PRE_COMMIT_COLOR": "never",
    }
    return subprocess.run(line, cwd=place, env=environ, capture_output=True, text=True, check=False)


def test_the_hooks_run_under_the_real_pre_commit(scene: Scene, tmp_path: Path) -> None:
    place, environ = scene.work.path, program(tmp_path / "bin")
    assert [hook["id"] for hook in hooks(place)] == ["promptctl-fmt", "promptctl-validate"]
    done = pre_commit(place, environ, "run", "--all-files")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Skipped" not in done.stdout
    prompt = next(place.rglob("explain.yaml"))
    prompt.write_text(prompt.read_text() + "temprature:    1\n")
    scene.work.git("add", "--all")
    done = pre_commit(place, environ, "run")
    assert done.returncode == 1
    assert "unknown key `temprature`" in done.stdout
    scene.work.git("reset", "--quiet", "--hard")
    (place / "README.md").write_text("x\n")
    scene.work.git("add", "--all")
    assert pre_commit(place, environ, "run").stdout.count("Skipped") == 2
