"""docs/ci.md: its workflow is what `init` writes, its shell runs, its tables are those of the code."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

from promptctl.core.review import CONDITIONS, NEVER
from promptctl.operations.scaffold import init_prompts
from tests.ci.scenes import make_scene
from tests.ci.test_github_action import action
from tests.ci.test_scaffold_ci import program
from tests.conftest import CHECKOUT
from tests.releases.workplace import edited

PAGE = (CHECKOUT / "docs/ci.md").read_text(encoding="utf-8")


def block(mark: str) -> str:
    found = re.search(rf"<!-- {re.escape(mark)} -->\n```[a-z]+\n(.*?)```\n", PAGE, re.DOTALL)
    assert found is not None
    return found[1]


def test_the_workflow_is_the_one_that_init_writes(tmp_path: Path) -> None:
    init_prompts(tmp_path, os.environ)
    written = (tmp_path / ".github/workflows/prompts.yml").read_text(encoding="utf-8")
    assert block("as promptctl init writes it") == written


def test_the_plain_shell_runs(tmp_path: Path) -> None:
    scene = make_scene(tmp_path)
    scene.change({"prompts/greeting.yaml": edited("Welcome")})
    command = ["sh", "-e", "-c", block("run by tests/ci/test_ci_page.py")]
    done = subprocess.run(
        command,
        cwd=scene.work.path,
        env=program(tmp_path / "bin"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "`greeting` `v2`" in (scene.work.path / "report.md").read_text(encoding="utf-8")


def test_the_tables_name_every_condition_and_every_input() -> None:
    rows = re.findall(r"^\| ((?:`[a-z-]+`(?:, )?)+) \|", PAGE, re.MULTILINE)
    named = {word for row in rows for word in re.findall(r"`([a-z-]+)`", row)}
    assert {*CONDITIONS, NEVER} <= named
    assert set(action()["inputs"]) <= named
