"""`repo.diff`: comparing prompts from Python."""

from __future__ import annotations

from pathlib import Path

import pytest

import promptctl
from promptctl import errors
from tests.conftest import GitRepository
from tests.git.diffing import BRIEF, FILES, GREETING


@pytest.fixture
def repository(git_repository: GitRepository) -> promptctl.Repository:
    git_repository.commit(FILES)
    git_repository.commit({"prompts/greeting.yaml": BRIEF})
    return promptctl.open_repository(git_repository.path)


def test_targets_are_those_of_the_command(repository: promptctl.Repository) -> None:
    found = repository.diff("HEAD~1..HEAD")
    assert (found.effect, [prompt.name for prompt in found.prompts]) == (
        promptctl.Effect.BEHAVIOUR,
        ["greeting"],
    )
    assert repository.diff("greeting@HEAD~1", "greeting@.").prompts
    assert repository.diff(cached=True).prompts == ()
    assert [prompt.status for prompt in repository.diff("greeting").prompts] == ["added"]
    with pytest.raises(errors.UsageProblem):
        repository.diff("HEAD~1..HEAD", cached=True)
    with pytest.raises(errors.RevisionNotFound):
        repository.diff("nowhere..HEAD")


def test_what_is_sent_is_compared_with_examples_or_with_variables(
    repository: promptctl.Repository,
) -> None:
    (prompt,) = repository.diff("HEAD~1..HEAD", render=True).prompts
    assert [(change.example, change.message) for change in prompt.rendered] == [("ada", 1)]
    (prompt,) = repository.diff("HEAD~1..HEAD", variables={"nmae": "Zoe"}).prompts
    assert "unknown variable `nmae`" in prompt.unrendered[0]


def test_the_function_takes_a_repository_or_a_folder(
    repository: promptctl.Repository, tmp_path: Path
) -> None:
    by_folder = promptctl.diff(str(repository.directory), "HEAD~1..HEAD")
    assert by_folder.prompts == promptctl.diff(repository, "HEAD~1..HEAD").prompts
    assert isinstance(by_folder, promptctl.Diff)
    plain = tmp_path / "plain"
    plain.mkdir()
    (plain / "a.yaml").write_text(GREETING)
    (plain / "b.yaml").write_text(BRIEF)
    (prompt,) = promptctl.diff(plain, "a.yaml", "b.yaml").prompts
    assert isinstance(prompt, promptctl.PromptDiff)
