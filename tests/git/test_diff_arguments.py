"""`diff`: two states as people write them, and what is said where that cannot be."""

from __future__ import annotations

import pytest

from tests.conftest import GitRepository, RunCli
from tests.git.diffing import FILES, diff_of, told
from tests.releases.workplace import ok


@pytest.fixture
def branches(git_repository: GitRepository) -> GitRepository:
    """greeting and triage released on main, and greeting edited on the branch topic, which is HEAD."""
    git_repository.commit(FILES)
    ok(git_repository.path, "publish", "--all", "--yes", "-q")
    git_repository.git("branch", "--move", "main")
    git_repository.git("switch", "--quiet", "--create", "topic")
    git_repository.commit({"prompts/greeting.yaml": FILES["prompts/greeting.yaml"] + "model: m\n"})
    return git_repository


@pytest.mark.parametrize(
    ("targets", "same_as"),
    [
        (("main", "HEAD"), ("main..HEAD",)),
        (("HEAD", "main"), ("HEAD..main",)),
        (("main", "topic"), ("main..topic",)),
        (("topic", "main", "triage"), ("topic..main", "triage")),
        (("main", "HEAD", "greeting"), ("main..HEAD", "greeting")),
        (("greeting@published", "greeting"), ("greeting@published", "greeting@.")),
        (("greeting", "greeting@published"), ("greeting@.", "greeting@published")),
    ],
)
def test_two_states(
    targets: tuple[str, ...], same_as: tuple[str, ...], branches: GitRepository
) -> None:
    found = diff_of(branches.path, *targets)
    assert found == diff_of(branches.path, *same_as)
    assert ("greeting" in told(found)) == ("triage" not in targets)


def test_the_beginning_of_a_commit_s_id(branches: GitRepository) -> None:
    short = next(
        commit[:length]
        for commit in branches.git("rev-list", "--all").split()
        for length in range(7, 41)
        if commit[:length].islower() or commit[:length].isdigit()
    )
    assert diff_of(branches.path, short, "HEAD").new == "HEAD"


@pytest.mark.parametrize("second", ["triage", "greeting"])
def test_names_of_prompts_stay_names(second: str, branches: GitRepository) -> None:
    branches.git("branch", "triage", "HEAD~1")
    branches.git("branch", "greeting")
    assert diff_of(branches.path, "greeting", second).old == "published"


@pytest.mark.parametrize(
    ("targets", "code", "message", "hint"),
    [
        (["greeting", "1", "2"], 2, "1 is no prompt", "promptctl diff greeting@1 greeting@2"),
        (["greeting", "v1"], 2, "v1 is no prompt", "promptctl diff greeting@v1"),
        (["greeting", "published"], 2, "published is no", "promptctl diff greeting@published"),
        (["greeting", "main"], 2, "main is no prompt", "promptctl diff greeting@main"),
        (["greeting", "HEAD"], 2, "greeting is a prompt", "promptctl diff HEAD greeting"),
        (["greeting@1", "triage"], 2, "two prompts", "promptctl diff greeting@1 triage@."),
        (["HEAD", "greeting@1"], 2, "commits stand", "promptctl diff greeting@HEAD greeting@1"),
        (["greeting", "nothing"], 3, "there is no prompt nothing", ""),
        (["nothing", "main"], 3, "there is no prompt nothing", ""),
    ],
)
def test_what_to_type_instead(
    targets: list[str],
    code: int,
    message: str,
    hint: str,
    branches: GitRepository,
    run_cli: RunCli,
) -> None:
    done = run_cli(["diff", *targets], cwd=branches.path)
    assert done.exit_code == code
    assert message in done.stderr
    assert hint in done.stderr
