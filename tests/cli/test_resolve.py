"""`promptctl resolve`: from a reference to a commit, and every step between."""

from __future__ import annotations

import json

import pytest

from tests.conftest import GitRepository, RunCli

FILES = {
    "prompts/a.yaml": "provider: echo\nmessages:\n  - {role: user, file: _partials/x.md}\n",
    "prompts/_partials/x.md": "x\n",
}


@pytest.fixture
def repository(git_repository: GitRepository, run_cli: RunCli) -> GitRepository:
    """a v1 is published, v2 is staging, and HEAD is a commit further."""
    repository = git_repository
    for text, words in (("x\n", []), ("y\n", ["--label", "staging"])):
        repository.commit({**FILES, "prompts/_partials/x.md": text})
        done = run_cli(["publish", "a", *words], cwd=repository.path)
        assert done.exit_code == 0, done.stderr
    repository.commit({"README.md": "more\n"})
    return repository


@pytest.mark.parametrize(
    ("reference", "back"),
    [
        *(("a@1", 2), ("a@v1", 2), ("a@published", 2), ("a@2", 1), ("a@latest", 1)),
        *(("a@staging", 1), ("a@HEAD", 0), ("a@main", 0), ("a@HEAD~1", 1)),
    ],
)
def test_a_reference_leads_to_a_commit(
    repository: GitRepository, run_cli: RunCli, reference: str, back: int
) -> None:
    done = run_cli(["resolve", reference], cwd=repository.path)
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout == repository.git("rev-parse", f"HEAD~{back}") + "\n"


def test_every_step_of_a_label(repository: GitRepository, run_cli: RunCli) -> None:
    done = run_cli(["resolve", "a@staging", "--explain"], cwd=repository.path)
    lines = [line.split() for line in done.stdout.splitlines()]
    commit = repository.git("rev-parse", "HEAD~1")
    tag = repository.git("cat-file", "tag", "refs/tags/prompts/a@v2")
    (content,) = [line for line in tag.splitlines() if line.startswith("Content: ")]
    assert lines == [
        ["reference", "a@staging"],
        ["label", "staging"],
        ["record", "refs/tags/prompts/a@staging.1"],
        ["version", "refs/tags/prompts/a@v2"],
        ["commit", commit],
        ["path", "prompts/a.yaml"],
        ["content", content.removeprefix("Content: ")],
        ["blob", repository.git("rev-parse", f"{commit}:prompts/a.yaml")],
    ]


def test_the_same_text_has_the_same_content_by_version_and_by_commit(
    repository: GitRepository, run_cli: RunCli
) -> None:
    def content(reference: str) -> object:
        done = run_cli(["resolve", reference, "--format", "json"], cwd=repository.path)
        return json.loads(done.stdout)["content"]

    assert content("a@2") == content("a@HEAD") != content("a@1")
    repository.commit({"prompts/a.yaml": "a: [\n"})
    assert content("a@HEAD") is None
    (repository.path / "prompts/_partials/x.md").unlink()
    repository.commit(FILES | {"prompts/_partials/x.md": b"\xff"})
    assert content("a@HEAD") is not None
    (repository.path / "prompts/_partials/x.md").unlink()
    repository.commit()
    assert content("a@HEAD") is None


@pytest.mark.parametrize(
    ("reference", "code", "said"),
    [
        ("a", 2, "promptctl resolve a@published, or a@HEAD"),
        ("a@.", 2, "working tree, which is no commit"),
        ("prompts/a.yaml", 2, "promptctl resolve a@published, or a@HEAD"),
        ("a@9", 3, "a has no version 9"),
        ("a@nowhere", 3, "git knows no commit nowhere"),
        ("nope", 3, "there is no prompt nope"),
        ("nope@.", 3, "there is no prompt nope"),
        (
            "a@published.1",
            2,
            "is the record of a move of published, which names v1\nhint: that is a@1",
        ),
        ("a@published.9", 3, "git knows no commit published.9"),
        ("b@HEAD", 3, "there is no prompt b at HEAD"),
        ("b@published", 3, "b has no version labelled published"),
        ("A@1", 2, "capital"),
    ],
)
def test_what_leads_nowhere_says_why(
    repository: GitRepository, run_cli: RunCli, reference: str, code: int, said: str
) -> None:
    done = run_cli(["resolve", reference], cwd=repository.path)
    assert (done.exit_code, done.stdout) == (code, "")
    assert said in done.stderr


def test_a_bare_repository_answers_too(repository: GitRepository, run_cli: RunCli) -> None:
    bare = repository.path.parent / "bare.git"
    repository.git("clone", "--quiet", "--bare", ".", str(bare))
    assert run_cli(["resolve", "a"], cwd=bare).stdout == f"{repository.head}\n"


def test_a_branch_by_the_name_of_a_label_is_named(
    repository: GitRepository, run_cli: RunCli
) -> None:
    before = run_cli(["resolve", "a@staging", "--explain"], cwd=repository.path).stdout
    assert "not " not in before
    repository.git("branch", "staging")
    done = run_cli(["resolve", "a@staging", "--explain"], cwd=repository.path)
    assert done.stdout.splitlines()[1:3] == [
        "label      staging",
        "not        refs/heads/staging, which is a@refs/heads/staging",
    ]
    value = json.loads(
        run_cli(["resolve", "a@staging", "--format", "json"], cwd=repository.path).stdout
    )
    assert (value["version"], value["branch_ref"]) == (2, "refs/heads/staging")
    branch = run_cli(["resolve", "a@refs/heads/staging"], cwd=repository.path).stdout
    assert branch == f"{repository.head}\n"
