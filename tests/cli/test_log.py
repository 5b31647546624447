"""`promptctl log` and `promptctl live`: what was released, on real repositories."""

from __future__ import annotations

import json

import pytest

from promptctl.core.record import Record, TagName
from promptctl.core.release import OddTag
from promptctl.core.release_log import ReleaseLog
from promptctl.output.records import (
    iso_time,
    log_lines,
    log_text,
    odd_note,
    shown_time,
    versions_in_words,
)
from promptctl.output.terminal import open_terminal
from tests.conftest import GitRepository, Result, RunCli
from tests.releases.workplace import FILES

FIRST = "provider: echo\ntemplate: one\n"
SECOND = "provider: echo\ntemplate: two\n"
NINE = 1_767_258_000  # 2026-01-01 09:00 UTC


@pytest.fixture
def released(git_repository: GitRepository, run_cli: RunCli) -> GitRepository:
    """greeting v1 published at 09:00, v2 at 10:00, rolled back at 11:00; other has no release."""
    repository = git_repository

    def at(hour: int, *argv: str) -> None:
        env = {"GIT_COMMITTER_DATE": f"{NINE + (hour - 9) * 3600} +0000"}
        done = run_cli(argv, cwd=repository.path, env=env)
        assert done.exit_code == 0, done.stderr

    repository.commit({"prompts/greeting.yaml": FIRST, "prompts/other.yaml": FIRST})
    at(9, "publish", "greeting", "-m", "The first words")
    repository.commit({"prompts/greeting.yaml": SECOND})
    at(10, "publish", "greeting", "-m", "Shorter\n\nas legal asked \x1b[31m")
    at(11, "rollback", "greeting", "-m", "too short")
    return repository


def tags(done: Result) -> list[str]:
    assert done.exit_code == 0, done.stderr
    return [record["tag"] for record in json.loads(done.stdout)["records"]]


def test_the_log_is_newest_first(released: GitRepository, run_cli: RunCli) -> None:
    done = run_cli(["log", "greeting", "--format", "json"], cwd=released.path)
    assert tags(done) == [
        *("greeting@published.3", "greeting@published.2", "greeting@v2"),
        *("greeting@published.1", "greeting@v1"),
    ]
    newest = json.loads(done.stdout)["records"][0]
    assert (newest["kind"], newest["version"], newest["previous"]) == ("rollback", 1, 2)
    assert (newest["message"], newest["label"]) == ("too short", "published")
    assert (newest["time"], newest["date"]) == (NINE + 7200, "2026-01-01T11:00:00Z")
    assert newest["actor"] == "Ada Lovelace <ada@example.com>"


def test_a_block_says_who_when_why_and_what(released: GitRepository, run_cli: RunCli) -> None:
    done = run_cli(["log", "greeting", "-n", "2"], cwd=released.path)
    assert done.stderr == ""
    first, second = done.stdout.split("\ngreeting@published.2")
    assert first.startswith("greeting@published.3  rollback  ")
    assert "Actor:  Ada Lovelace <ada@example.com>\nDate:   2026-01-01 11:00:00 +0000\n" in first
    assert first.endswith("    greeting published: v2 → v1\n\n    too short\n")
    assert second.endswith("    Shorter\n\n    as legal asked \\x1b[31m\n")
    assert "\x1b" not in done.stdout


def test_one_line_each(released: GitRepository, run_cli: RunCli) -> None:
    done = run_cli(["log", "--oneline", "--label", "published"], cwd=released.path)
    lines = done.stdout.splitlines()
    assert [line.split()[0] for line in lines] == [f"greeting@published.{n}" for n in (3, 2, 1)]
    assert lines[0] == (
        "greeting@published.3  rollback  v2 → v1       behaviour  2026-01-01  Ada Lovelace  too short"
    )
    assert lines[1].endswith("  2026-01-01  Ada Lovelace  Shorter")
    assert lines[2].split()[1:5] == ["publish", "nothing", "→", "v1"]


def test_taking_a_rollback_back_is_called_so(released: GitRepository, run_cli: RunCli) -> None:
    env = {"GIT_COMMITTER_DATE": f"{NINE + 3 * 3600} +0000"}
    words = ["rollback", "greeting", "--undo", "-m", "it was fine"]
    done = run_cli(words, cwd=released.path, env=env)
    assert done.exit_code == 0, done.stderr
    assert done.stderr.startswith("greeting published: v1 → v2, taking the rollback back\n")
    done = run_cli(["log", "greeting", "-n", "1"], cwd=released.path)
    assert done.stdout.startswith("greeting@published.4  undo  ")
    assert "    greeting published: v1 → v2, taking the rollback back\n" in done.stdout
    line = run_cli(["log", "--oneline", "-n", "1"], cwd=released.path).stdout
    assert line.startswith("greeting@published.4  undo  v1 → v2  ")
    value = json.loads(run_cli(["log", "--format", "json"], cwd=released.path).stdout)
    assert [(one["kind"], one["undoes_rollback"]) for one in value["records"][:2]] == [
        *(("label", True), ("rollback", False)),
    ]


@pytest.mark.parametrize("settings", ["labels: {staging: {}}\n", ""])
def test_a_label_that_is_known_and_never_moved_has_an_empty_log(
    released: GitRepository, run_cli: RunCli, settings: str
) -> None:
    released.write("promptctl.yaml", f"version: 1\n{settings}")
    label = "staging" if settings else "published"
    done = run_cli(["log", "other", "--label", label], cwd=released.path)
    assert (done.exit_code, done.stdout) == (0, "")
    assert f"other was never released as {label}" in done.stderr


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["log", "--label", "publish"], "did you mean `published`?"),
        (["log", "greeting", "--label", "qa"], "the labels here: published"),
        (["live", "--label", "publised"], "did you mean `published`?"),
        (["live", "--label", "qa", "--at", "2026-01-01"], "the labels here: published"),
    ],
)
def test_a_label_that_nobody_ever_had_is_not_found(
    released: GitRepository, run_cli: RunCli, words: list[str], hint: str
) -> None:
    done = run_cli(words, cwd=released.path)
    assert (done.exit_code, done.stdout) == (3, "")
    assert (
        done.stderr
        == f"error: no prompt ever had a label {words[words.index('--label') + 1]}\nhint: {hint}\n"
    )


@pytest.mark.parametrize("words", [["other"], []])
def test_nothing_released_is_no_error(
    git_repository: GitRepository, run_cli: RunCli, words: list[str]
) -> None:
    git_repository.commit({"prompts/other.yaml": FIRST})
    done = run_cli(["log", *words], cwd=git_repository.path)
    assert (done.exit_code, done.stdout) == (0, "")
    assert "promptctl publish" in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["greting"], 3, "did you mean `greeting`?"),
        (["greeting@v1"], 2, "promptctl log greeting"),
        (["Greeting"], 2, "capital"),
        (["--label", "Latest"], 2, "can be no label"),
        (["-n", "0"], 2, "-n"),
    ],
)
def test_what_cannot_be_logged_says_why(
    released: GitRepository, run_cli: RunCli, words: list[str], code: int, said: str
) -> None:
    done = run_cli(["log", *words], cwd=released.path)
    assert (done.exit_code, done.stdout) == (code, "")
    assert said in done.stderr


def test_a_prompt_whose_file_is_gone_still_has_its_log(
    released: GitRepository, run_cli: RunCli
) -> None:
    (released.path / "prompts/greeting.yaml").unlink()
    assert len(tags(run_cli(["log", "greeting", "--format", "json"], cwd=released.path))) == 5


def test_odd_tags_are_passed_over_and_named(released: GitRepository, run_cli: RunCli) -> None:
    released.git("tag", "prompts/greeting@v9")
    released.git("tag", "-a", "-m", "mine", "prompts/greeting@published.8")
    done = run_cli(["log", "greeting", "--format", "json"], cwd=released.path)
    assert len(tags(done)) == 5
    odd = {one["tag"] for one in json.loads(done.stdout)["odd"]}
    assert odd == {"prompts/greeting@v9", "prompts/greeting@published.8"}
    assert "passed over 2 tags that are no records" in done.stderr
    assert "promptctl verify" in done.stderr
    released.git("tag", "-d", "prompts/greeting@v9")
    assert "passed over a tag" in run_cli(["log"], cwd=released.path).stderr


# --- live ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("at", "version"),
    [
        (None, 1),
        ("2026-01-01T08:59:59", None),
        ("2026-01-01T09:00", 1),
        ("2026-01-01T12:00+02:00", 2),
        (f"@{NINE + 7199}", 2),
        (f"@{NINE + 7200}", 1),
        ("2026-01-02", 1),
        ("2026-01-01", None),
    ],
)
def test_what_is_or_was_live(
    released: GitRepository, run_cli: RunCli, at: str | None, version: int | None
) -> None:
    words = ["live", "--format", "json", *(["--at", at] if at else [])]
    value = json.loads(run_cli(words, cwd=released.path).stdout)
    found = [(prompt["name"], prompt["version"]) for prompt in value["prompts"]]
    assert found == ([] if version is None else [("greeting", version)])
    assert (value["label"], value["at"] is None) == ("published", at is None)


def test_people_see_what_is_live_since_when(released: GitRepository, run_cli: RunCli) -> None:
    done = run_cli(["live", "gree*"], cwd=released.path)
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout.startswith("greeting  v1  2026-01-01T11:00:00Z  Ada Lovelace  ")


def test_a_retired_label_names_nothing(released: GitRepository, run_cli: RunCli) -> None:
    done = run_cli(["label", "--delete", "greeting", "published", "-m", "over"], cwd=released.path)
    assert done.exit_code == 0, done.stderr
    assert "greeting  nothing  " in run_cli(["live"], cwd=released.path).stdout
    status = run_cli(["status", "greeting"], cwd=released.path).stdout
    assert status == "greeting  up to date  v2\n"


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--at", "2020-01-01"], 0, "no version is published at that time"),
        (["other"], 0, "no version is published"),
        (["nobody"], 3, "no prompt matches nobody"),
        (["--at", "yesterday"], 2, "no point in time"),
        (["--label", "v1"], 2, "can be no label"),
    ],
)
def test_nothing_live_says_so(
    released: GitRepository, run_cli: RunCli, words: list[str], code: int, said: str
) -> None:
    done = run_cli(["live", *words], cwd=released.path)
    assert (done.exit_code, done.stdout) == (code, "")
    assert said in done.stderr


# --- the text --------------------------------------------------------------------------------------


def record(**facts: object) -> Record:
    given: dict[str, object] = {
        "tag": TagName("greeting", 2, "published"),
        "kind": "publish",
        "commit": "c" * 40,
        "version": 2,
        "previous": 1,
        "path": "prompts/greeting.yaml",
        "content": "sha256:0",
        "effect": "breaking",
        "actor": "Eve \x1b[2J\n <eve@example.com>",
        "id": "1",
        "subject": "greeting published: v1 → v2 \x1b]0;x\x07",
    }
    return Record(**(given | facts))  # type: ignore[arg-type]


def test_a_terminal_gets_colour_of_ours_and_none_of_theirs() -> None:
    terminal = open_terminal({})
    terminal.out_is_tty = terminal.out_color = True
    terminal.width = 60
    log = ReleaseLog((record(message="word " * 20, run_url="https://ci/\x1b[0m"),), ())
    for text in (log_text(log, terminal), log_lines(log, terminal)):
        assert "\x1b[33mgreeting@published.2\x1b[0m" in text
        assert "\x1b[2J" not in text
        assert "\x1b]" not in text
        assert "/\x1b[0m" not in text
    assert "    word word" in log_text(log, terminal)
    assert max(map(len, log_text(log, terminal).splitlines()[5:])) <= 60


@pytest.mark.parametrize(
    ("seconds", "zone", "shown"),
    [
        (NINE, "+0000", "2026-01-01 09:00:00 +0000"),
        (NINE, "-0530", "2026-01-01 03:30:00 -0530"),
        (NINE, "+9959", "2026-01-05 12:59:00 +9959"),
        (10**14, "+0000", "@100000000000000"),
        (10**15 - 1, "+0000", "@999999999999999"),
    ],
)
def test_a_time_is_shown_by_the_clock_there(seconds: int, zone: str, shown: str) -> None:
    assert shown_time(seconds, zone) == shown


def test_a_time_that_no_calendar_has() -> None:
    assert iso_time(0) == "1970-01-01T00:00:00Z"
    assert iso_time(10**15) is None


def test_an_odd_tag_cannot_drive_the_terminal() -> None:
    assert "\x1b" not in odd_note([OddTag("prompts/x@v1", "because \x1b[2J")])


def test_versions_and_labels_in_words() -> None:
    assert versions_in_words(3, {"staging": 3, "published": 2}) == "v3 published:v2 staging:v3"
    assert versions_in_words(None, {}) == "-"


def test_a_glob_shows_the_prompts_that_match(
    git_repository: GitRepository, run_cli: RunCli
) -> None:
    files = {f"prompts/{name}.yaml": FILES["prompts/greeting.yaml"] for name in ("a/x", "a/y", "b")}
    git_repository.commit(files)
    assert run_cli(["publish", "a/x", "b"], cwd=git_repository.path).exit_code == 0
    done = run_cli(["log", "a/*", "--oneline", "--label", "published"], cwd=git_repository.path)
    assert [line.split()[0] for line in done.stdout.splitlines()] == ["a/x@published.1"]
    done = run_cli(["log", "a/[y]"], cwd=git_repository.path)
    assert (
        done.stderr
        == "a/[y] was never released; promptctl publish 'a/[y]' makes the first version\n"
    )
    done = run_cli(["log", "c/*"], cwd=git_repository.path)
    assert (done.exit_code, "error: no prompt matches c/*" in done.stderr) == (3, True)


def test_a_mistyped_name_does_not_read_as_if_nothing_was_released(
    git_repository: GitRepository, run_cli: RunCli
) -> None:
    git_repository.commit(FILES)
    assert run_cli(["publish", "greeting"], cwd=git_repository.path).exit_code == 0
    done = run_cli(["log", "greting"], cwd=git_repository.path)
    assert done.stderr == (
        "error: no prompt is called greting, and no release has that name\n"
        "hint: did you mean `greeting`?\n"
    )
