"""`-v`: what decided, and never a key."""

from __future__ import annotations

import pytest

from tests.conftest import GitRepository, RunCli

KEY = "sk-not-to-be-seen-0123456789"


def test_run_says_where_it_goes_and_where_the_key_is_from(
    prompt_repository: GitRepository, run_cli: RunCli
) -> None:
    argv = ["run", "support/triage", "--var", "message=Hi", "--dry-run", "-v"]
    done = run_cli(argv, cwd=prompt_repository.path, env={"OPENAI_API_KEY": KEY})
    assert done.exit_code == 0
    lines = done.stderr.splitlines()
    assert f"settings: {prompt_repository.path}/promptctl.yaml" in lines
    assert "endpoint: https://api.openai.com/v1 (built in), API openai" in lines
    assert "key: from OPENAI_API_KEY" in lines
    assert any(line.startswith("read and rendered in ") for line in lines)
    assert KEY not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("provider", "line"),
    [
        ("openai", "key: missing"),
        ("echo", "endpoint: none, promptctl itself answers"),
        ("local", "endpoint: the embedded model, started on this machine for this run"),
        ("ollama", "endpoint: http://127.0.0.1:11434 (built in), API ollama"),
    ],
)
def test_each_provider_is_described(
    prompt_repository: GitRepository, run_cli: RunCli, provider: str, line: str
) -> None:
    argv = ["-v", "render", "smoke", "--provider", provider, "-m", "smollm2-135m-instruct"]
    done = run_cli(argv, cwd=prompt_repository.path)
    assert done.exit_code == 0, done.stderr
    assert line in done.stderr.splitlines()


def test_validate_says_what_a_change_is_compared_with(
    prompt_repository: GitRepository, run_cli: RunCli
) -> None:
    base = prompt_repository.head
    prompt_repository.git("checkout", "--quiet", "-b", "topic")
    prompt_repository.write("prompts/new.yaml", "provider: echo\ntemplate: Hi\n")
    argv = ["validate", "--changed", "--base", "main"]
    done = run_cli([*argv, "-v"], cwd=prompt_repository.path)
    expected = f"compared with {base[:7]} (merge base with main); prompts that differ: 1"
    assert expected in done.stderr.splitlines()
    assert "compared" not in run_cli(argv, cwd=prompt_repository.path).stderr
