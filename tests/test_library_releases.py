"""Programs that release: on real repositories with a bare remote, and a second clone to lose races."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

import promptctl
from promptctl import errors
from tests.conftest import GitRepository
from tests.releases.workplace import BREAKING, FILES, GREETING, clone, edited, ok, tags

SECOND = "prompts/second.yaml"


@pytest.fixture
def repository(git_repository: GitRepository, bare_remote: GitRepository) -> promptctl.Repository:
    """The repository of git_repository, with its first commit at the remote."""
    git_repository.commit(FILES)
    push_branch(git_repository)
    return promptctl.open_repository(git_repository.path)


@pytest.fixture(autouse=True)
def nothing_is_printed(capfd: pytest.CaptureFixture[str]) -> Iterator[None]:
    yield
    assert capfd.readouterr() == ("", "")


def push_branch(repository: GitRepository) -> None:
    repository.git("push", "--quiet", "origin", "HEAD:main")


def change(repository: GitRepository, words: str, path: str = "prompts/greeting.yaml") -> None:
    """Commit other words and bring them to the remote."""
    repository.commit({path: edited(words)})
    push_branch(repository)


def made(published: promptctl.Published) -> list[str]:
    return [str(record.tag) for record in published.made]


def version_of(moved: promptctl.Moved) -> int | None:
    assert moved.record is not None, moved.note
    return moved.record.version


def test_publish_makes_a_version_and_the_label_here_and_at_the_remote(
    repository: promptctl.Repository, git_repository: GitRepository, bare_remote: GitRepository
) -> None:
    (published,) = repository.publish("greeting", message="  First release\n")
    assert made(published) == ["greeting@v1", "greeting@published.1"]
    assert [record.message for record in published.made] == ["First release"] * 2
    assert (published.plan.number, published.plan.held, published.note) == (1, None, None)
    assert tags(git_repository) == tags(bare_remote)
    assert len(tags(bare_remote)) == 2
    assert repository.prompt("greeting").name == "greeting"
    (again,) = repository.publish("greet*")
    assert made(again) == []
    assert "already published as v1 by Ada Lovelace" in (again.note or "")


def test_the_function_takes_a_folder_or_an_open_repository(
    repository: promptctl.Repository, git_repository: GitRepository
) -> None:
    (first,) = promptctl.publish(git_repository.path, "greeting")
    change(git_repository, "Please greet")
    (second,) = promptctl.publish(repository, everything=True)
    assert [first.plan.number, second.plan.number] == [1, 2]
    assert version_of(promptctl.rollback(str(git_repository.path), "greeting", message="no")) == 1
    assert version_of(promptctl.rollback(repository, "greeting", undo=True, message="yes")) == 2


def test_a_dry_run_shows_the_plan_and_makes_nothing(
    repository: promptctl.Repository, git_repository: GitRepository, bare_remote: GitRepository
) -> None:
    repository.publish("greeting")
    change(git_repository, "Please greet")
    before = tags(bare_remote)
    (preview,) = repository.publish("greeting", dry_run=True)
    assert (preview.plan.number, preview.made) == (2, ())
    assert [change.effect for change in preview.plan.changes] == [promptctl.Effect.BEHAVIOUR]
    repository.publish("greeting")
    after = tags(bare_remote)
    moved = repository.rollback("greeting", dry_run=True)
    assert (moved.record, moved.plan.subject) == (None, "greeting published: v2 → v1")
    assert repository.label("greeting@1", "staging", dry_run=True).record is None
    assert before.items() < after.items()
    assert tags(bare_remote) == after


def test_a_breaking_change_is_refused_until_it_is_allowed(
    repository: promptctl.Repository, git_repository: GitRepository, bare_remote: GitRepository
) -> None:
    repository.publish("greeting")
    git_repository.commit({"prompts/greeting.yaml": BREAKING})
    push_branch(git_repository)
    before = tags(bare_remote)
    with pytest.raises(errors.BreakingChange, match="place"):
        repository.publish("greeting")
    assert tags(bare_remote) == before
    (published,) = repository.publish("greeting", allow_breaking=True)
    assert published.made[0].effect == "breaking"
    repository.rollback("greeting", message="callers are not ready")
    with pytest.raises(errors.BreakingChange):
        repository.label("greeting@2", "published")
    assert version_of(repository.label("greeting@2", "published", allow_breaking=True)) == 2


def test_what_is_not_committed_or_not_merged_is_refused(
    repository: promptctl.Repository, git_repository: GitRepository
) -> None:
    git_repository.write("prompts/greeting.yaml", edited("Draft"))
    with pytest.raises(errors.NotCommitted):
        repository.publish("greeting")
    git_repository.commit()
    with pytest.raises(errors.NotMerged):
        repository.publish("greeting")
    push_branch(git_repository)
    assert repository.publish("greeting")[0].plan.number == 1


def test_a_race_lost_in_the_middle_keeps_what_came_before(
    repository: promptctl.Repository, git_repository: GitRepository, bare_remote: GitRepository,
    tmp_path: Path,
) -> None:  # fmt: skip
    change(git_repository, "Second", SECOND)
    other = clone(bare_remote.path, tmp_path / "other")
    seen: list[promptctl.Published] = []

    def meanwhile(published: promptctl.Published) -> None:
        seen.append(published)
        change(other, "Quicker", SECOND)
        promptctl.publish(other.path, "second")

    with pytest.raises(errors.LostRace, match=r"Ada Lovelace .* released second v1") as caught:
        repository.publish("greeting", "second", done=meanwhile)
    assert caught.value.exit_code == 4
    assert [made(one) for one in seen] == [["greeting@v1", "greeting@published.1"]]
    assert tags(git_repository) == tags(bare_remote)
    git_repository.git("pull", "--quiet", "--no-tags", "origin", "main")
    notes = [published.note or "" for published in repository.publish(everything=True)]
    assert all("already published as v1" in note for note in notes)


def test_no_label_moves_on_top_of_a_move_that_was_not_seen(
    repository: promptctl.Repository, git_repository: GitRepository, bare_remote: GitRepository,
    tmp_path: Path,
) -> None:  # fmt: skip
    repository.publish("greeting")
    change(git_repository, "Please greet")
    repository.publish("greeting")
    other = clone(bare_remote.path, tmp_path / "other")
    promptctl.rollback(other.path, "greeting", message="mine first")
    before = tags(bare_remote)
    with pytest.raises(errors.LostRace, match=r"v1 as greeting@published\.3 meanwhile"):
        repository.label("greeting@2", "published")
    assert tags(bare_remote) == before
    assert version_of(repository.label("greeting@2", "published")) == 2  # it has been seen now


def test_rollback_goes_back_to_a_version_a_time_and_forth_again(
    repository: promptctl.Repository, git_repository: GitRepository
) -> None:
    times: list[int] = []
    for number in (1, 2, 3):
        change(git_repository, f"Number {number}")
        later = {"GIT_COMMITTER_DATE": f"{1_770_000_000 + number * 3600} +0000"}
        place = promptctl.open_repository(git_repository.path, dict(os.environ) | later)
        (published,) = place.publish("greeting")
        times.append(published.made[-1].time)
    (then,) = repository.live("greet*", at=times[1])
    assert (then.name, then.version, then.time) == ("greeting", 2, 1_770_007_200)
    moment = datetime.fromtimestamp(times[1] + 1, UTC)
    assert [record.version for record in repository.live(at=moment)] == [2]
    assert [record.version for record in repository.live(at=f"@{times[0]}")] == [1]
    assert repository.live(at=times[0] - 1) == ()
    assert [record.version for record in repository.live()] == [3]
    assert version_of(repository.rollback("greeting", message="why")) == 2
    assert version_of(repository.rollback("greeting", undo=True, message="why")) == 3
    assert version_of(repository.rollback("greeting", to=1, message="why")) == 1
    already = repository.rollback("greeting", at=times[0], message="why")
    assert (already.record, already.note) == (None, "published names greeting v1 already")
    with pytest.raises(errors.NothingBefore):
        repository.rollback("greeting", message="why")


def test_a_label_is_moved_and_retired(
    repository: promptctl.Repository, bare_remote: GitRepository
) -> None:
    repository.publish("greeting", label="staging")
    with pytest.raises(errors.LabelNotFound):
        repository.prompt("greeting")
    assert version_of(repository.label("greeting@staging", "published", message="Promoted")) == 1
    assert repository.prompt("greeting").name == "greeting"
    retired = repository.label("greeting", "staging", delete=True)
    assert retired.record is not None
    assert (retired.record.kind, retired.record.version) == ("retire", None)
    assert "prompts/greeting@staging.2" in tags(bare_remote)
    (standing,) = repository.status()
    assert (standing.latest, standing.labels) == (1, {"published": 1})


def test_what_stays_here_goes_to_the_remote_later(
    repository: promptctl.Repository, bare_remote: GitRepository
) -> None:
    repository.publish("greeting", push=False)
    assert tags(bare_remote) == {}
    expected = ("prompts/greeting@v1", "prompts/greeting@published.1")
    assert repository.remote_status().only_here == tuple(sorted(expected))
    found = repository.verify()
    assert found.is_unbroken
    assert {problem.id for problem in found.problems} == {"not-pushed"}
    assert repository.push(dry_run=True) == expected
    assert tags(bare_remote) == {}
    assert repository.push() == expected
    assert (set(tags(bare_remote)), repository.push()) == (set(expected), ())
    assert not repository.remote_status().differs


def test_notes_are_told_to_who_listens(
    repository: promptctl.Repository, bare_remote: GitRepository
) -> None:
    repository.publish("greeting")
    repository.remote_status()
    bare_remote.git("tag", "--delete", "prompts/greeting@published.1")
    notes: list[str] = []
    assert repository.push(note=notes.append) == ("prompts/greeting@published.1",)
    assert notes == [
        "prompts/greeting@published.1 was at origin before and is gone there: it is sent again"
    ]


def test_reading_tells_what_was_released(
    repository: promptctl.Repository, git_repository: GitRepository, bare_remote: GitRepository
) -> None:
    repository.publish("greeting", message="First")
    log = repository.log("greeting")
    assert [str(record.tag) for record in log.records] == ["greeting@published.1", "greeting@v1"]
    assert (log.odd, len(repository.log(limit=1).records)) == ((), 1)
    assert repository.log(label="published").records == log.records[:1]
    resolution = repository.resolve("greeting")  # in the library a bare name is what is published
    assert (resolution.version, resolution.commit) == (1, git_repository.head)
    assert (resolution.label, resolution.record_ref) == (
        "published",
        "refs/tags/prompts/greeting@published.1",
    )
    assert repository.resolve("greeting@published").record_ref == resolution.record_ref
    change(git_repository, "Please greet")
    (standing,) = repository.status("greet*")
    assert (standing.tree, standing.state, standing.drift) == (
        "clean",
        "unpublished",
        "unpublished",
    )
    found = repository.verify("greeting")
    assert (found.is_unbroken, found.records, found.remote) == (True, 2, "origin")
    bare_remote.git("tag", "--delete", "prompts/greeting@v1")
    assert repository.verify("greeting", offline=True).problems == ()
    assert [problem.id for problem in repository.verify().problems] == ["gone"]


def test_the_command_line_goes_on_where_a_program_stopped(
    repository: promptctl.Repository, git_repository: GitRepository
) -> None:
    repository.publish("greeting")
    change(git_repository, "Please greet")
    ok(git_repository.path, "publish", "greeting")
    assert version_of(repository.rollback("greeting", message="why")) == 1
    assert "v2 → v1" in ok(git_repository.path, "log", "greeting", "--oneline")


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda repo: repo.publish(), "name the prompts to publish, or everything=True"),
        (lambda repo: repo.publish("greeting", everything=True), "name the prompts"),
        (lambda repo: repo.publish("greeting", label="v7"), "`v7` can be no label"),
        (
            lambda repo: repo.publish("greeting", message="a\0b"),
            "the message cannot stand in a tag",
        ),
        (lambda repo: repo.label("greeting@1", "latest"), "`latest` can be no label"),
        (lambda repo: repo.label("greeting", "staging"), "greeting names no version"),
        (lambda repo: repo.label("greeting@1", "x", delete=True), "greeting@1 is one state"),
        (lambda repo: repo.rollback("greeting"), "say why"),
        (lambda repo: repo.rollback("greeting", message=" \n"), "say why"),
        (lambda repo: repo.rollback("greeting@1", message="why"), "greeting@1 is one state"),
        (lambda repo: repo.rollback("greeting", message="why", to=1, undo=True), "exclude"),
        (lambda repo: repo.live(at="yesterday"), "'yesterday' is no point in time"),
        (lambda repo: repo.live(at=datetime(2026, 1, 1)), "2026-01-01T00:00:00 names no time zone"),
        (lambda repo: repo.live(label="v7"), "`v7` can be no label"),
        (lambda repo: repo.log(limit=0), "limit=0"),
        (lambda repo: repo.resolve("greeting@."), "greeting@. is the working tree"),
    ],
)
def test_mistakes_of_a_program_are_usage_problems(
    repository: promptctl.Repository,
    bare_remote: GitRepository,
    call: Callable[[promptctl.Repository], object],
    words: str,
) -> None:
    with pytest.raises(errors.UsageProblem) as caught:
        call(repository)
    assert words in caught.value.message
    assert tags(bare_remote) == {}


def test_what_is_not_there_is_not_found(
    repository: promptctl.Repository, git_repository: GitRepository
) -> None:
    for call in (repository.publish, repository.log, repository.status, repository.live):
        with pytest.raises(errors.PromptNotFound, match="gretting"):
            call("gretting")
    with pytest.raises(errors.VersionNotFound):
        repository.verify("greeting")
    with pytest.raises(errors.LabelNotFound):
        repository.rollback("greeting", message="why")
    repository.publish("greeting")
    with pytest.raises(errors.VersionNotFound, match="greeting has no version 7"):
        repository.rollback("greeting", to=7, message="why")
    assert git_repository.git("show", "HEAD:prompts/greeting.yaml") + "\n" == GREETING
