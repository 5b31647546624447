"""A prompt file that somebody moved without `promptctl mv`: ci, diff and publish agree, and mv mends it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.ci.scenes import Scene, make_scene, reviewed
from tests.releases.workplace import ok, run

LINE = "`renamed: {greeting: hello}`"


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    made = make_scene(tmp_path)
    made.work.git("mv", "prompts/greeting.yaml", "prompts/hello.yaml")
    return made


def test_ci_says_what_publish_does_and_which_line_is_missing(scene: Scene) -> None:
    scene.change({})
    code, review = reviewed(scene.work.path)
    assert code == 1
    assert LINE in review["breaks"][0]["message"]
    (planned,) = review["plan"]
    assert planned["version"] == 1
    assert planned["note"] == "as a new prompt: `renamed` does not say that it was greeting"
    text = run(scene.work.path, "ci").stdout
    assert "  greeting@published (v1): breaking\n" in text
    assert "in promptctl.yaml\n  renamed:\n    greeting: hello\n" in text
    assert "accepted_breaks" not in text
    assert "```yaml\nrenamed:\n  greeting: hello\n```" in markdown_of(scene)
    assert LINE in ok(scene.work.path, "diff")
    scene.work.git("switch", "--quiet", "main")
    scene.work.git("merge", "--quiet", "change")
    scene.work.git("push", "--quiet", "origin", "main")
    done = run(scene.work.path, "publish", "--all", "--format", "json")
    assert done.returncode == 0
    assert (
        f"looks like greeting, whose file is gone: was it renamed? Then promptctl.yaml says {LINE}"
        in (" ".join(done.stderr.split()))
    )
    published = {one["name"]: one["version"] for one in json.loads(done.stdout)["prompts"]}
    assert published["hello"] == 1


def markdown_of(scene: Scene) -> str:
    return run(scene.work.path, "ci", "--format", "markdown").stdout


@pytest.mark.parametrize("committed", [True, False])
def test_mv_after_the_fact_writes_the_line_and_moves_nothing(scene: Scene, committed: bool) -> None:
    if committed:
        scene.change({})
    before = scene.work.git("status", "--porcelain")
    done = run(scene.work.path, "mv", "greeting", "hello", "--dry-run")
    assert (done.returncode, scene.work.git("status", "--porcelain")) == (0, before)
    done = run(scene.work.path, "mv", "greeting", "hello")
    assert (done.returncode, done.stdout) == (0, "")
    assert "next: git add promptctl.yaml" in done.stderr
    settings = (scene.work.path / "promptctl.yaml").read_text()
    assert settings == "version: 1\nrenamed:\n  greeting: hello\n"
    again = run(scene.work.path, "mv", "greeting", "hello")
    assert (again.returncode, "renamed to hello" in again.stderr) == (3, True)
    scene.change({})
    code, review = reviewed(scene.work.path)
    assert (code, review["breaks"]) == (0, [])


def test_mv_of_a_name_that_never_was_is_a_mistake(scene: Scene) -> None:
    done = run(scene.work.path, "mv", "greting", "hello")
    assert done.returncode == 3
    assert (scene.work.path / "promptctl.yaml").read_text() == "version: 1\n"


def test_a_removed_prompt_goes_on_answering_and_ci_says_so_once(tmp_path: Path) -> None:
    scene = make_scene(tmp_path)
    scene.work.git("rm", "--quiet", "prompts/greeting.yaml")
    scene.change({})
    done = run(scene.work.path, "ci")
    assert done.returncode == 1
    end = "promptctl label --delete greeting published"
    assert f"greeting@published (v1): goes on answering until somebody ends that: {end}" in (
        " ".join(done.stdout.split())
    )
    assert "greeting@published (v1): breaking" not in done.stdout
