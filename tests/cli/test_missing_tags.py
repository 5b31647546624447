"""Clones without the tags of releases: reading says that they are not here, and how they come."""

from __future__ import annotations

import json
import shlex
import subprocess
from pathlib import Path

import pytest

from tests.conftest import GitRepository, RunCli
from tests.releases.workplace import FILES, clone

FETCH = "origin 'refs/tags/prompts/*:refs/tags/prompts/*'"
SAID = (
    "no releases are in this clone, which may lack them: it is shallow or has no tags; git fetch"
    f" {{}}{FETCH}\n"
)


@pytest.fixture
def remote(
    git_repository: GitRepository, bare_remote: GitRepository, run_cli: RunCli
) -> GitRepository:
    git_repository.commit(FILES)
    git_repository.git("push", "--quiet", "origin", "main")
    assert run_cli(["publish", "greeting"], cwd=git_repository.path).exit_code == 0
    return bare_remote


@pytest.mark.parametrize(
    ("options", "depth"),
    [(["--depth", "1", "--no-tags"], "--depth 1 "), (["--no-tags"], ""), (["--depth", "1"], None)],
)
def test_what_reading_says(
    remote: GitRepository, tmp_path: Path, run_cli: RunCli, options: list[str], depth: str | None
) -> None:
    here = clone(remote.path, tmp_path / "here", *options).path
    if depth is None:  # git brings the tags of the one commit along
        assert run_cli(["live"], cwd=here).stdout.startswith("greeting  v1")
        return
    said = SAID.format(depth)
    quiet = (["log"], ["log", "greeting"], ["live"], ["status"], ["list"])
    for words in (*quiet, *([*words, "--format", "json"] for words in quiet)):
        done = run_cli(words, cwd=here)
        assert (done.exit_code, done.stderr) == (0, said)
    assert run_cli(["verify", "--offline"], cwd=here).stderr.endswith(said)
    assert run_cli(["diff", "--stat"], cwd=here).stderr == said
    compared = json.loads(run_cli(["diff", "--format", "json"], cwd=here).stdout)
    assert compared["missing_tags"] == said.partition("; ")[2].rstrip()
    assert (
        run_cli(["diff", "HEAD"], cwd=here).stderr
        == "no prompt differs between HEAD and working tree\n"
    )
    done = run_cli(["live", "--label", "staging"], cwd=here)
    assert done.exit_code == 3
    assert f"hint: git fetch {depth}{FETCH}\n" in done.stderr
    assert f"hint: git fetch {depth}{FETCH}\n" in run_cli(["doctor"], cwd=here).stdout
    fetch = said.partition("; ")[2].rstrip()
    subprocess.run(shlex.split(fetch), cwd=here, check=True, capture_output=True)
    done = run_cli(["live"], cwd=here)
    assert (done.stdout.split()[:2], done.stderr) == (["greeting", "v1"], "")


def test_a_clone_of_a_repository_without_releases_lacks_nothing(
    git_repository: GitRepository, tmp_path: Path, run_cli: RunCli
) -> None:
    git_repository.commit(FILES)
    here = clone(git_repository.path, tmp_path / "here").path
    assert "promptctl publish NAME makes the first version" in run_cli(["log"], cwd=here).stderr
