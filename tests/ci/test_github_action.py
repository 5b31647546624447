"""The GitHub action: its shell in an environment like a runner's, its comment against a server on loopback.

Installing is not what is tested: pip does that, from an index. So `python` stands in front of the real one
and answers `-m venv` and `-m pip` alone.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from promptctl.core.document import parse_document
from promptctl.core.review import DEFAULT_FAIL_ON
from tests.ci.forge import Forge, forge
from tests.ci.scenes import (
    BREAKING,
    GREETING,
    Scene,
    git,
    github_checkout,
    github_environment,
    make_scene,
)
from tests.conftest import CHECKOUT
from tests.releases.workplace import edited

BOT = "github-actions[bot]"
STAND_IN = """\
#!/bin/sh
printf '%s\\0' "$@" >>"{record}"; printf '\\n' >>"{record}"
if [ "$2" = -m ] && [ "$3" = venv ]; then
  mkdir -p "$4/bin" && cp "$0" "$4/bin/python"
elif [ "$2" = -m ] && [ "$3" = pip ]; then
  exit 0
else
  exec "{python}" "$@"
fi
"""


@pytest.fixture
def api() -> Iterator[Forge]:
    with forge(BOT) as server:
        yield server


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    scene = make_scene(tmp_path)
    scene.change({"prompts/greeting.yaml": edited("Welcome")})
    scene.merge_ref()
    return scene


def action() -> dict[str, Any]:
    content = (CHECKOUT / "action.yml").read_bytes()
    document = parse_document(content, "action.yml").document
    assert document is not None
    assert isinstance(document.data, dict)
    return document.data


class Job:
    """A job of a pull request, in a checkout of its own."""

    def __init__(self, folder: Path, checkout: Path, url: str) -> None:
        self.folder, self.checkout, self.url = folder, checkout, url
        self.record = folder / "record"
        self.output = folder / "output"
        (folder / "temp dir").mkdir()
        (folder / "bin").mkdir()
        program = folder / "bin/python-of-the-job"
        program.write_text(STAND_IN.format(record=self.record, python=sys.executable))
        program.chmod(0o755)
        event = {
            "action": "opened",
            "number": 7,
            "pull_request": {"number": 7, "head": {"ref": "change"}},
        }
        (folder / "event.json").write_text(json.dumps(event))
        (folder / "summary").write_text("")

    def run(
        self, *, env: Mapping[str, str] | None = None, **inputs: str
    ) -> subprocess.CompletedProcess[str]:
        """The action's one step, with what the runner and these inputs make of its environment."""
        given = {f"PROMPTCTL_{name.upper()}": value for name, value in inputs.items()}
        defaults = {
            variable: str(action()["inputs"][template[len("${{ inputs.") : -len(" }}")]]["default"])
            for variable, template in step()["env"].items()
        }
        runner = github_environment(merge=git(self.checkout, "rev-parse", "HEAD")) | {
            "PATH": f"{self.folder / 'bin'}:/usr/local/bin:/usr/bin:/bin",
            "HOME": str(self.folder),
            "GIT_CONFIG_NOSYSTEM": "1",
            "RUNNER_TEMP": str(self.folder / "temp dir"),
            "GITHUB_WORKSPACE": str(self.checkout),
            "GITHUB_ACTION_PATH": str(CHECKOUT),
            "GITHUB_API_URL": self.url,
            "GITHUB_REPOSITORY": "octo/shop",
            "GITHUB_EVENT_PATH": str(self.folder / "event.json"),
            "GITHUB_STEP_SUMMARY": str(self.folder / "summary"),
            "GITHUB_OUTPUT": str(self.output),
        }
        own = {"PROMPTCTL_PYTHON": "python-of-the-job", "PROMPTCTL_TOKEN": "ghs_secret"}
        self.output.write_text("")
        return subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step()["run"]],
            cwd=self.checkout,
            env=runner | defaults | own | given | dict(env or {}),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            stdin=subprocess.DEVNULL,
        )

    def outputs(self) -> dict[str, str]:
        lines = (line.partition("=") for line in self.output.read_text().splitlines())
        return {name: value for name, _, value in lines}

    def commands(self) -> list[list[str]]:
        return [line.split("\0")[:-1] for line in self.record.read_text().splitlines()]


def step() -> dict[str, Any]:
    (only,) = action()["runs"]["steps"]
    assert isinstance(only, dict)
    return only


@pytest.fixture
def job(scene: Scene, tmp_path: Path, api: Forge) -> Job:
    folder = tmp_path / "runner"
    folder.mkdir()
    return Job(folder, github_checkout(scene, tmp_path / "checkout"), api.url)


def test_inputs_reach_the_shell_as_variables_only() -> None:
    whole = action()
    assert whole["runs"]["using"] == "composite"
    assert "${{" not in step()["run"]
    assert set(step()["env"].values()) == {f"${{{{ inputs.{name} }}}}" for name in whole["inputs"]}
    assert whole["inputs"]["fail-on"]["default"] == ",".join(DEFAULT_FAIL_ON)
    assert all(
        one["description"] for one in (*whole["inputs"].values(), *whole["outputs"].values())
    )


def test_a_pull_request_gets_one_comment_that_later_runs_update(job: Job, api: Forge) -> None:
    api.add("<!-- promptctl ci -->\nI only look like it", "mallory")
    api.add("LGTM", BOT)
    done = job.run()
    assert done.returncode == 0, done.stdout + done.stderr
    assert api.written == [("POST", "/repos/octo/shop/issues/7/comments")]
    assert {one.token for one in api.requests} == {"Bearer ghs_secret"}
    body = api.comments[-1]["body"]
    assert body.startswith("<!-- promptctl ci -->\n## Prompts: may merge\n")
    assert "- `greeting` `v2`\n" in body
    assert (job.folder / "summary").read_text() == body
    assert job.outputs()["passed"] == "true"
    assert Path(job.outputs()["report"]).read_text() == body
    again = job.run(fail_on="behaviour")
    assert again.returncode == 1
    assert job.outputs()["passed"] == "false"
    assert api.written[1:] == [("PATCH", "/repos/octo/shop/issues/comments/102")]
    assert "## Prompts: may not merge\n" in api.comments[-1]["body"]
    assert api.comments[0]["body"].endswith("I only look like it")


def test_the_comment_is_found_on_a_later_page(job: Job, api: Forge) -> None:
    for number in range(250):
        api.add(f"comment {number}", "somebody")
    api.add("<!-- promptctl ci -->\r\nold", BOT)
    assert job.run().returncode == 0
    assert api.written == [("PATCH", "/repos/octo/shop/issues/comments/350")]


def test_a_fork_whose_token_can_only_read_gets_a_notice(job: Job, api: Forge) -> None:
    api.refuses = 403
    done = job.run()
    assert done.returncode == 0, done.stderr
    notice = next(line for line in done.stdout.splitlines() if line.startswith("::notice"))
    assert "the token may not do that (403): from a fork it can only read" in notice
    assert "pull-requests: write" in notice
    assert (job.folder / "summary").read_text().startswith("<!-- promptctl ci -->")


@pytest.mark.parametrize("status", [500, 302])
def test_an_api_that_does_not_work_fails_no_job(job: Job, api: Forge, status: int) -> None:
    api.refuses = status
    done = job.run()
    assert done.returncode == 0
    assert (
        f"::notice title=promptctl::no comment on the pull request: the API answered {status}"
        in done.stdout
    )


def test_an_api_that_is_down_fails_no_job_and_changes_no_verdict(job: Job) -> None:
    job.url = "http://127.0.0.1:9"
    assert "the API cannot be reached" in job.run().stdout
    assert job.run(fail_on="behaviour").returncode == 1


@pytest.mark.parametrize("event", ["push", "workflow_dispatch"])
def test_only_pull_requests_are_commented(job: Job, api: Forge, event: str) -> None:
    assert job.run(env={"GITHUB_EVENT_NAME": event}).returncode == 0
    assert api.requests == []


def test_no_comment_where_none_is_wanted_or_nothing_is_to_be_said(
    job: Job, api: Forge, scene: Scene
) -> None:
    assert job.run(comment="false").returncode == 0
    assert api.requests == []
    scene.work.git("reset", "--quiet", "--hard", "main")
    scene.change({"README.md": "x\n"})
    scene.merge_ref()
    job.checkout = github_checkout(scene, job.folder / "other")
    done = job.run()
    assert "comment on the pull request: not needed" in done.stdout
    assert api.written == []


HARD = [
    "$(touch pwned)",
    "`touch pwned`",
    "; touch pwned",
    "'\"; touch pwned #",
    "--report=pwned",
    "a\nb",
]


INPUTS = ("base", "fail_on", "directory", "comment", "comment_author", "token", "package")


@pytest.mark.parametrize(
    "turn", [0, *(pytest.param(n, marks=pytest.mark.full) for n in range(1, 6))]
)
def test_no_input_is_code_or_an_option(job: Job, turn: int) -> None:
    for number, name in enumerate(INPUTS):
        done = job.run(**{name: HARD[(number + turn) % len(HARD)]})
        assert name == "package" or done.returncode in (0, 2, 3), (name, done.stderr)
        assert "Traceback" not in done.stderr
    assert [*job.checkout.rglob("pwned"), *job.folder.rglob("pwned")] == []


def test_the_package_is_the_action_itself_unless_another_is_named(job: Job) -> None:
    job.run()
    job.run(package="promptctl-git==0.1.0")
    installs = [words[-1] for words in job.commands() if words[:3] == ["-I", "-m", "pip"]]
    assert Path(installs[0]).resolve() == CHECKOUT
    assert installs[1] == "promptctl-git==0.1.0"


def test_nothing_is_imported_from_the_checkout_and_the_token_is_for_the_comment_alone(
    job: Job, scene: Scene
) -> None:
    for module in ("venv", "pip", "promptctl", "json", "yaml", "urllib", "sitecustomize"):
        scene.work.write(f"{module}.py", "open('pwned', 'w').close()\n")
    scene.change({"prompts/greeting.yaml": BREAKING})
    scene.merge_ref()
    job.checkout = github_checkout(scene, job.folder / "hostile")
    done = job.run()
    assert done.returncode == 1, done.stderr
    assert not (job.checkout / "pwned").exists()
    assert "ghs_secret" not in done.stdout + done.stderr + job.record.read_text()


def test_a_failure_of_promptctl_itself_is_the_failure_of_the_job(job: Job, api: Forge) -> None:
    done = job.run(base="nowhere")
    assert done.returncode == 3
    assert "error: it is not known what the change is compared with" in done.stderr
    assert (job.outputs(), api.requests) == ({}, [])


def test_a_folder_of_a_monorepo_has_a_comment_of_its_own(tmp_path: Path, api: Forge) -> None:
    files = {f"{place}/prompts/greeting.yaml": GREETING for place in ("a--b/bots", "other")}
    files |= {f"{place}/promptctl.yaml": "version: 1\n" for place in ("a--b/bots", "other")}
    scene = make_scene(tmp_path, files, publish=False)
    scene.change({path: edited("Welcome") for path in files if path.endswith("greeting.yaml")})
    scene.merge_ref()
    folder = tmp_path / "runner"
    folder.mkdir()
    job = Job(folder, github_checkout(scene, tmp_path / "checkout"), api.url)
    for directory in ("a--b/bots", "other", "a--b/bots"):
        assert job.run(directory=directory).returncode == 0
    assert [one["body"].splitlines()[0] for one in api.comments] == [
        "<!-- promptctl ci: a%2D%2Db/bots -->",
        "<!-- promptctl ci: other -->",
    ]
