"""Eight at once on one prompt: one winner per number, nothing lost, every loser told who won."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import GitRepository
from tests.releases.test_crashes import check_whole
from tests.releases.workplace import FILES, clone, edited, ok, run, tags

WRITERS = 8
ROUNDS = [pytest.param(1, id="few"), pytest.param(100, id="many", marks=pytest.mark.full)]


def at_once(places: list[Path], *argv: str) -> list[tuple[int, str, str]]:
    """The same command in several places, all started before any is waited for."""
    started = [
        subprocess.Popen(
            [sys.executable, "-m", "promptctl", *argv],
            cwd=place, env=os.environ, text=True, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )
        for place in places
    ]  # fmt: skip
    outcomes = []
    for process in started:
        out, err = process.communicate(timeout=120)
        outcomes.append((process.returncode, out, err))
    return outcomes


def versions(repository: GitRepository) -> list[int]:
    start = "prompts/greeting@v"
    return sorted(int(tag.removeprefix(start)) for tag in tags(repository) if tag.startswith(start))


def check_round(
    outcomes: list[tuple[int, str, str]], repository: GitRepository, before: dict[str, str]
) -> None:
    after = tags(repository)
    assert before.items() <= after.items(), "a record was lost or overwritten"
    assert versions(repository) == list(range(1, len(versions(repository)) + 1))
    for code, _out, err in outcomes:
        assert code in (0, 4), err
        if code == 4:
            assert "meanwhile" in err or "not at origin" in err or "does not come after" in err, err
    made = [line.split()[0] for _, out, _ in outcomes for line in out.splitlines()]
    assert len(made) == len(set(made)), "one number was made twice"
    assert {f"prompts/{tag}" for tag in made} == after.keys() - before.keys()
    check_whole(repository)


@pytest.mark.slow
@pytest.mark.parametrize("rounds", ROUNDS)
def test_worktrees_of_one_repository(
    git_repository: GitRepository, tmp_path: Path, rounds: int
) -> None:
    git_repository.commit(FILES)
    places = []
    for number in range(WRITERS):
        place = tmp_path / f"tree-{number}"
        git_repository.git("worktree", "add", "--quiet", "-b", f"b{number}", str(place))
        places.append(place)
    for turn in range(rounds):
        for number, place in enumerate(places):
            (place / "prompts/greeting.yaml").write_text(edited(f"Round {turn} of {number}"))
            subprocess.run(["git", "commit", "-qam", "edit"], cwd=place, check=True)
        before = tags(git_repository)
        outcomes = at_once(places, "publish", "greeting", "--allow-older")
        check_round(outcomes, git_repository, before)
        assert any(code == 0 for code, _, _ in outcomes)
        loser = next((i for i, (code, _, _) in enumerate(outcomes) if code == 4), None)
        if loser is not None:
            ok(places[loser], "publish", "greeting", "--allow-older")


@pytest.mark.slow
@pytest.mark.parametrize("rounds", ROUNDS)
@pytest.mark.parametrize("same", [True, False])
def test_clones_of_one_remote(
    git_repository: GitRepository,
    bare_remote: GitRepository,
    tmp_path: Path,
    rounds: int,
    same: bool,
) -> None:
    git_repository.commit(FILES)
    git_repository.git("push", "--quiet", "origin", "main")
    clones = [clone(bare_remote.path, tmp_path / f"clone-{n}") for n in range(WRITERS)]
    label = [] if same else ["--label", "staging"]
    for turn in range(rounds):
        if same:
            git_repository.commit({"prompts/greeting.yaml": edited(f"Round {turn}")})
            git_repository.git("push", "--quiet", "origin", "main")
        for number, one in enumerate(clones):
            if same:
                one.git("pull", "--quiet", "--ff-only", "--no-tags")
            else:
                one.commit({"prompts/greeting.yaml": edited(f"Round {turn} of {number}")})
        before = tags(bare_remote)
        argv = ["publish", "greeting", "--allow-older", *label]
        outcomes = at_once([one.path for one in clones], *argv)
        check_round(outcomes, bare_remote, before)
        if same:
            assert {code for code, _, _ in outcomes} == {0}, [err for _, _, err in outcomes]
            assert len(versions(bare_remote)) == turn + 1
        for one in clones:
            assert tags(one).items() <= tags(bare_remote).items(), "a clone contradicts the remote"
            assert run(one.path, *argv).returncode in (0, 4)
            assert tags(one).items() <= tags(bare_remote).items()
