"""What a shell is offered: the process itself, asked as the script of a shell asks it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import GitRepository, RunCli


@pytest.fixture
def repository(prompt_repository: GitRepository) -> GitRepository:
    prompt_repository.git("branch", "feature/tone")
    return prompt_repository


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("show gre", ["greeting"]),
        ("edit gre", ["greeting"]),
        ("list sm", ["smoke"]),
        ("validate support/", ["support/order-status", "support/reply", "support/triage"]),
        ("validate smoke gre", ["greeting"]),
        (
            "show greeting@",
            ["greeting@.", "greeting@HEAD", "greeting@feature/tone", "greeting@main"],
        ),
        ("show greeting@fe", ["greeting@feature/tone"]),
        ("run greeting --provider o", ["openai", "ollama", "openrouter", "ours"]),
        ("new another --provider an", ["anthropic"]),
        ("init --provider ec", ["echo"]),
        ("run greeting --var ", ["name=", "tone="]),
        ("render greeting --var name=Ada --var t", ["tone="]),
        ("render greeting --var name=Ada --var ", ["tone="]),
        ("run greeting@HEAD --var n", ["name="]),
        ("run nothing --var n", []),
        ("run --var n", []),
    ],
)
def test_what_is_offered(
    repository: GitRepository, run_process: RunCli, hermetic: Path, line: str, offered: list[str]
) -> None:
    config = hermetic / ".config/promptctl/config.yaml"
    config.parent.mkdir(parents=True)
    config.write_text("endpoints: {ours: {base_url: 'https://x.example/v1'}}\n")
    words = f"promptctl -C {repository.path} {line}"
    done = run_process(
        [],
        env={
            "_PROMPTCTL_COMPLETE": "complete_bash",
            "COMP_WORDS": words,
            "COMP_CWORD": str(len(words.split(" ")) - 1),
        },
    )
    assert (done.stdout.split(), done.stderr) == (offered, "")


def test_versions_and_labels_are_offered(repository: GitRepository, run_process: RunCli) -> None:
    tags = [f"prompts/greeting@v{n}" for n in range(1, 24)]
    tags += ["prompts/greeting@published.1", "prompts/greeting@published.2"]
    tags += ["prompts/greeting@main.1", "prompts/smoke@beta.1", "prompts/greeting@odd"]
    for tag in tags:
        repository.git("tag", tag)
    env = {"_PROMPTCTL_COMPLETE": "complete_bash", "COMP_CWORD": "2"}

    def offered(word: str) -> list[str]:
        line = {"COMP_WORDS": f"promptctl show {word}"}
        return run_process([], env=env | line, cwd=repository.path).stdout.split()

    versions = [f"greeting@v{n}" for n in range(23, 3, -1)]
    fixed = [f"greeting@{end}" for end in (".", "HEAD", "latest", "main", "published")]
    assert offered("greeting@") == [*fixed, *versions, "greeting@feature/tone"]
    assert offered("greeting@pub") == ["greeting@published"]
    assert offered("smoke@b") == ["smoke@beta"]
    assert offered("Bad*@") == ["Bad*@.", "Bad*@HEAD", "Bad*@feature/tone", "Bad*@main"]


def test_outside_a_repository_nothing_is_offered(run_process: RunCli, tmp_path: Path) -> None:
    env = {"_PROMPTCTL_COMPLETE": "complete_bash", "COMP_CWORD": "2"}
    for line in ("promptctl show a", "promptctl validate a", "promptctl show a@m"):
        done = run_process([], env=env | {"COMP_WORDS": line}, cwd=tmp_path)
        assert done.stderr == ""
        assert not [word for word in done.stdout.split() if word not in ("a@.", "a@HEAD")]
