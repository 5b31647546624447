"""`promptctl config`: what is in force, and where it comes from; never a key."""

from __future__ import annotations

import json
import re
from pathlib import Path

from tests.conftest import GitRepository, RunCli

KEYS = {"OPENAI_API_KEY": "sk-hunter2", "ANTHROPIC_API_KEY": "hunter 2"}


def write_config(home: Path, text: str) -> Path:
    path = home / ".config/promptctl/config.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(text)
    return path


def test_each_setting_says_where_it_comes_from(
    git_repository: GitRepository, run_cli: RunCli, hermetic: Path
) -> None:
    path = write_config(
        hermetic,
        "endpoints: {mine: {base_url: 'https://mine.example/v1', headers: {X-Key: hunter2}}}\n"
        "timeouts: {idle: 9}\n",
    )
    git_repository.write("promptctl.yaml", "version: 1\nprompts_dir: texts\n")
    env = {
        "OPENAI_BASE_URL": "https://gateway.example/v1",
        "OPENAI_API_KEY": "sk-hunter2",
        "PROMPTCTL_TIMEOUT": "600",
    }
    done = run_cli(["config", "--format", "json"], cwd=git_repository.path, env=env)
    value = json.loads(done.stdout)
    settings = {row["name"]: (row["value"], row["source"]) for row in value["settings"]}
    assert settings["prompts_dir"] == ("texts", "promptctl.yaml:2")
    assert settings["remote"] == ("origin", "default")
    endpoints = {row["provider"]: row for row in value["endpoints"]}
    assert endpoints["openai"]["base_url"] == "https://gateway.example/v1"
    assert endpoints["openai"]["source"] == "OPENAI_BASE_URL"
    assert endpoints["openai"]["key"] == "present"
    assert endpoints["anthropic"]["key"] == "missing"
    assert endpoints["mine"]["source"] == str(path)
    assert value["timeouts"] == [
        {"name": "idle", "value": 9.0, "source": str(path)},
        {"name": "total", "value": 600.0, "source": "PROMPTCTL_TIMEOUT"},
    ]
    assert "hunter2" not in done.stdout + done.stderr


def test_people_get_the_same_in_columns(git_repository: GitRepository, run_cli: RunCli) -> None:
    done = run_cli(["config"], cwd=git_repository.path, env=KEYS)
    assert done.exit_code == 0
    assert re.search(r"^  prompts_dir +prompts ", done.stdout, re.MULTILINE)
    assert "key present (OPENAI_API_KEY)" in done.stdout
    assert "cannot be used: ANTHROPIC_API_KEY holds" in done.stdout
    assert "hunter" not in done.stdout + done.stderr


def test_outside_a_repository_the_endpoints_are_still_shown(run_cli: RunCli) -> None:
    done = run_cli(["config"])
    assert done.exit_code == 0
    assert "https://api.openai.com/v1" in done.stdout
    assert "promptctl init" in done.stderr


def test_a_mistake_in_the_settings_is_named(git_repository: GitRepository, run_cli: RunCli) -> None:
    git_repository.write("promptctl.yaml", "prompt_dir: x\n")
    done = run_cli(["config"], cwd=git_repository.path)
    assert (done.exit_code, done.stdout) == (2, "")
    assert "promptctl.yaml:1:1: " in done.stderr
    assert "prompts_dir" in done.stderr


def test_entries_have_a_row_each_and_git_knows_the_default_branch(
    git_repository: GitRepository, run_cli: RunCli
) -> None:
    git_repository.commit(
        {
            "promptctl.yaml": "labels: {staging: {branch: next, signed: true}}\nrules: {secret: warning}\n"
            "accepted_breaks:\n"
            "  - {prompt: greeting, fingerprint: 87fca7d6abdc37e6, reason: agreed with the team}\n"
        }
    )
    text = run_cli(["config"], cwd=git_repository.path).stdout
    rows = [line.split(maxsplit=1) for line in text.splitlines() if line.startswith("  ")]
    found = {name: " ".join(rest.split()) for name, rest in rows}
    assert found["labels.staging"] == "branch: next, signed: true promptctl.yaml:1"
    assert found["rules.secret"] == "warning promptctl.yaml:2"
    assert found["accepted_breaks[1]"] == (
        "fingerprint: 87fca7d6abdc37e6, reason: agreed with the team, prompt: greeting promptctl.yaml:4"
    )
    assert found["default_branch"] == "main git"
    others = [line for line in text.splitlines() if "cannot be used" not in line]
    assert max(map(len, others)) < 130, "one long value does not pad every line"
    json_text = run_cli(["config", "--format", "json"], cwd=git_repository.path).stdout
    settings = {row["name"]: row for row in json.loads(json_text)["settings"]}
    assert settings["default_branch"]["value"] == "main"
    assert len(settings["accepted_breaks"]["value"]) == 1
