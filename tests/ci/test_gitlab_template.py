"""The GitLab template: its script as a runner starts it, its note against a server on loopback."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from promptctl.core.document import parse_document
from tests.ci.forge import Forge, forge
from tests.ci.scenes import BREAKING, Scene, git, gitlab_checkout, make_scene
from tests.ci.test_github_action import STAND_IN
from tests.conftest import CHECKOUT
from tests.releases.workplace import edited

TEMPLATE = CHECKOUT / "deploy/gitlab/promptctl.gitlab-ci.yml"
NOTES = "/api/v4/projects/3/merge_requests/7/notes"


@pytest.fixture
def api() -> Iterator[Forge]:
    with forge("me") as server:
        yield server


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    scene = make_scene(tmp_path)
    scene.change({"prompts/greeting.yaml": edited("Welcome")})
    return scene


def job() -> dict[str, Any]:
    document = parse_document(TEMPLATE.read_bytes(), TEMPLATE.name).document
    assert document is not None
    assert isinstance(document.data, dict)
    (only,) = document.data.values()
    assert isinstance(only, dict)
    return only


@pytest.fixture(params=["sh", "bash"])
def shell(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def run_job(
    scene: Scene, folder: Path, api: Forge, shell: str = "sh", env: Mapping[str, str] | None = None
) -> tuple[Path, subprocess.CompletedProcess[str]]:
    """The job's script as the runner puts it together, in a checkout of the merge request."""
    folder.mkdir()
    checkout = gitlab_checkout(scene, folder / "builds")
    (folder / "bin").mkdir()
    program = folder / "bin/python3"
    program.write_text(STAND_IN.format(record=folder / "record", python=sys.executable))
    program.chmod(0o755)
    base = git(scene.work.path, "merge-base", "main", "change")
    runner = {
        "PATH": f"{folder / 'bin'}:/usr/local/bin:/usr/bin:/bin",
        "HOME": str(folder),
        "TMPDIR": str(folder),
        "GIT_CONFIG_NOSYSTEM": "1",
        "CI": "true",
        "GITLAB_CI": "true",
        "CI_PROJECT_DIR": str(checkout),
        "CI_API_V4_URL": f"{api.url}/api/v4",
        "CI_MERGE_REQUEST_PROJECT_ID": "3",
        "CI_MERGE_REQUEST_IID": "7",
        "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main",
        "CI_MERGE_REQUEST_DIFF_BASE_SHA": base,
    }
    done = subprocess.run(
        [shell, "-e", "-c", "\n".join(job()["script"])],
        cwd=checkout,
        env=runner | job()["variables"] | dict(env or {}),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    return checkout, done


TOKEN = {"PROMPTCTL_GITLAB_TOKEN": "glpat-secret"}


def test_a_merge_request_gets_a_report_and_one_note(
    scene: Scene, tmp_path: Path, api: Forge, shell: str
) -> None:
    api.add("<!-- promptctl ci -->\nI only look like it", "mallory")
    checkout, done = run_job(scene, tmp_path / "a", api, shell, TOKEN)
    assert done.returncode == 0, done.stdout + done.stderr
    assert api.written == [("POST", NOTES)]
    assert {one.token for one in api.requests} == {"glpat-secret"}
    body = api.comments[-1]["body"]
    assert body == (checkout / "promptctl-report.md").read_text()
    assert "- `greeting` `v2`\n" in body
    assert json.loads((checkout / "promptctl-code-quality.json").read_text()) == []
    assert body in done.stdout
    scene.change({"prompts/greeting.yaml": BREAKING})
    _, again = run_job(scene, tmp_path / "b", api, shell, TOKEN)
    assert again.returncode == 1
    assert api.written[1:] == [("PUT", f"{NOTES}/101")]
    assert "may not merge" in api.comments[-1]["body"]
    assert "I only look like it" in api.comments[0]["body"]
    assert "glpat" not in done.stdout + done.stderr + (tmp_path / "a/record").read_text()


def test_the_note_is_found_on_a_later_page(scene: Scene, tmp_path: Path, api: Forge) -> None:
    for number in range(150):
        api.add(f"note {number}", "somebody")
    api.add("<!-- promptctl ci -->\nold", "me")
    _, done = run_job(scene, tmp_path / "a", api, env=TOKEN)
    assert done.returncode == 0
    assert api.written == [("PUT", f"{NOTES}/250")]


def test_a_fork_has_no_token_and_gets_no_note(scene: Scene, tmp_path: Path, api: Forge) -> None:
    scene.change({"prompts/greeting.yaml": BREAKING})
    checkout, done = run_job(scene, tmp_path / "a", api)
    assert (done.returncode, api.requests) == (1, [])
    (issue,) = json.loads((checkout / "promptctl-code-quality.json").read_text())
    assert issue["location"]["path"] == "prompts/greeting.yaml"


def test_an_api_that_refuses_or_is_down_fails_no_job(
    scene: Scene, tmp_path: Path, api: Forge
) -> None:
    api.refuses = 403
    _, done = run_job(scene, tmp_path / "a", api, env=TOKEN)
    assert done.returncode == 0
    assert "promptctl: no note on the merge request" in done.stdout
    down = TOKEN | {"CI_API_V4_URL": "http://127.0.0.1:9/api/v4"}
    _, done = run_job(scene, tmp_path / "b", api, env=down)
    assert done.returncode == 0
    assert "promptctl: no note on the merge request" in done.stdout


def test_nothing_to_say_is_no_note(scene: Scene, tmp_path: Path, api: Forge) -> None:
    scene.work.git("reset", "--quiet", "--hard", "main")
    scene.change({"README.md": "x\n"})
    _, done = run_job(scene, tmp_path / "a", api, env=TOKEN)
    assert done.returncode == 0, done.stderr
    assert api.written == []


HARD = ("$(touch pwned)", "; touch pwned", "--report=pwned", "a\nb")


@pytest.mark.parametrize(
    "turn", [0, *(pytest.param(n, marks=pytest.mark.full) for n in range(1, 4))]
)
def test_no_variable_is_code_or_an_option(
    scene: Scene, tmp_path: Path, api: Forge, turn: int
) -> None:
    for number, name in enumerate(("FAIL_ON", "DIRECTORY", "PACKAGE")):
        env = {f"PROMPTCTL_{name}": HARD[(number + turn) % len(HARD)]}
        _, done = run_job(scene, tmp_path / str(number), api, env=env)
        assert done.returncode in (0, 2)
    assert [*tmp_path.rglob("pwned")] == []


def test_nothing_is_imported_from_the_checkout(scene: Scene, tmp_path: Path, api: Forge) -> None:
    for module in ("venv", "pip", "promptctl", "json", "yaml"):
        scene.work.write(f"{module}.py", "open('pwned', 'w').close()\n")
    scene.change({})
    checkout, done = run_job(scene, tmp_path / "a", api, env=TOKEN)
    assert done.returncode == 0, done.stderr
    assert not (checkout / "pwned").exists()


def test_it_runs_for_merge_requests_alone() -> None:
    assert job()["rules"] == [{"if": '$CI_PIPELINE_SOURCE == "merge_request_event"'}]
    assert job()["artifacts"]["reports"] == {"codequality": "promptctl-code-quality.json"}
    assert job()["artifacts"]["when"] == "always"
