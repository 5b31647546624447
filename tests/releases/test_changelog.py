"""`promptctl changelog` on real repositories."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from promptctl.errors import UsageProblem
from promptctl.operations.changelog_request import ChangelogRequest, parse_changelog_request
from tests.conftest import GitRepository, RunCli
from tests.releases.workplace import BREAKING, FILES, GREETING, clone, edited, ok, run

TRIAGE = "provider: echo\nmessages:\n  - {role: system, file: _partials/voice.md}\n"


@pytest.fixture
def repository(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> GitRepository:
    """Three versions of one prompt and two of another, each from a commit of its own; built once."""
    built = tmp_path_factory.getbasetemp() / "changelog"
    if not built.exists():
        _build(GitRepository(built.with_suffix(".new")))
        built.with_suffix(".new").rename(built)
    shutil.copytree(built, tmp_path / "repository")
    return GitRepository(tmp_path / "repository")


def _build(repository: GitRepository) -> None:
    files = {
        **FILES,
        "prompts/support/triage.yaml": TRIAGE,
        "prompts/_partials/voice.md": "Be kind.\n",
    }
    steps = [
        (files, ["--all", "-m", "First releases"]),
        ({"prompts/greeting.yaml": edited("Welcome")}, ["greeting", "-m", "Warmer"]),
        ({"prompts/_partials/voice.md": "Be brief.\n"}, ["support/triage"]),
        (
            {"prompts/greeting.yaml": BREAKING},
            ["greeting", "--allow-breaking", "-m", "A place\n\nNeeded."],
        ),
    ]
    for number, (changed, publish) in enumerate(steps, 1):
        repository.commit(changed)
        repository.git("tag", f"step-{number}")
        clock = {"GIT_COMMITTER_DATE": f"{1_767_400_000 + number * 86_400} +0000"}
        ok(repository.path, "publish", *publish, "--yes", env=clock)


def versions(repository: GitRepository, *arguments: str) -> list[str]:
    """The versions that a changelog lists, as `NAME@N`."""
    value = json.loads(ok(repository.path, "changelog", *arguments, "--format", "json"))
    return [f"{one['name']}@{one['version']}" for one in value["versions"]]


def test_each_version_says_what_it_changed(repository: GitRepository) -> None:
    assert ok(repository.path, "changelog") == (
        """\
greeting v3  2026-01-07  Ada Lovelace  breaking
    A place

    Needed.
  breaking
    variable `place` was added and must be given
  behaviour
    the text was edited: “Welcome” → “Greet” and 1 more edit

support/triage v2  2026-01-06  Ada Lovelace  behaviour
  behaviour
    message 1 (`system`) was edited: “kind” → “brief”

greeting v2  2026-01-05  Ada Lovelace  behaviour
    Warmer
  behaviour
    the text was edited: “Greet” → “Welcome”

support/triage v1  2026-01-04  Ada Lovelace  new
    First releases
  new
    prompt support/triage was added

greeting v1  2026-01-04  Ada Lovelace  new
    First releases
  new
    prompt greeting was added
"""
    )


def test_markdown(repository: GitRepository) -> None:
    assert ok(repository.path, "changelog", "greeting", "-n", "2", "--format", "markdown") == (
        """\
# Changelog

## `greeting` v3 (2026-01-07)

A place Needed. (Ada Lovelace)

### Breaking

- variable `place` was added and must be given

### Behaviour

- the text was edited: `Welcome` → `Greet` and 1 more edit

## `greeting` v2 (2026-01-05)

Warmer (Ada Lovelace)

### Behaviour

- the text was edited: `Greet` → `Welcome`
"""
    )


RANGES = {
    ("greeting",): ["greeting@3", "greeting@2", "greeting@1"],
    ("support/*",): ["support/triage@2", "support/triage@1"],
    ("greeting", "1..2"): ["greeting@2"],
    ("greeting", "1.."): ["greeting@3", "greeting@2"],
    ("greeting", "..v2"): ["greeting@2", "greeting@1"],
    ("greeting@1..greeting@published",): ["greeting@3", "greeting@2"],
    ("greeting@1..2",): ["greeting@2"],
    ("greeting", "greeting@2..latest"): ["greeting@3"],
    ("step-1..step-3",): ["support/triage@2", "greeting@2"],
    ("greeting", "step-1..step-3"): ["greeting@2"],
    ("step-2..",): ["greeting@3", "support/triage@2"],
    ("HEAD..HEAD",): [],
    ("-n", "1"): ["greeting@3"],
}


@pytest.mark.parametrize("arguments", RANGES)
def test_ranges(repository: GitRepository, arguments: tuple[str, ...]) -> None:
    assert versions(repository, *arguments) == RANGES[arguments]


REFUSED = {
    ("a...b",): "promptctl changelog a..b",
    ("a..b", "c..d"): "only one range",
    ("greeting@1",): "neither a prompt's name nor a range",
    ("greeting", "1..HEAD"): "1 is a version, and the other end of 1..HEAD is none",
    ("greeting", "other@1..other@2"): "others are named",
    ("greeting@1..other@2",): "others are named",
}


@pytest.mark.parametrize("arguments", REFUSED)
def test_what_does_not_go_together(arguments: tuple[str, ...]) -> None:
    with pytest.raises(UsageProblem) as caught:
        parse_changelog_request(arguments)
    assert REFUSED[arguments] in f"{caught.value.message} {caught.value.hint}"


def test_numbers_without_one_prompt_are_commits() -> None:
    assert parse_changelog_request(["v1..v2"]) == ChangelogRequest((), "commits", "v1", "v2")


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["greting"], 3, "did you mean `greeting`?"),
        (["nowhere/*"], 3, "no prompt matches nowhere/*"),
        (["greeting", "1..9"], 3, "greeting has no version 9"),
        (["greeting@1..staging"], 2, "greeting@staging is no version"),
        (["nowhere..HEAD"], 3, "git knows no commit nowhere"),
    ],
)
def test_what_is_not_there(
    repository: GitRepository, arguments: list[str], code: int, words: str
) -> None:
    repository.git("branch", "staging")
    done = run(repository.path, "changelog", *arguments)
    assert done.returncode == code
    assert words in done.stderr
    assert done.stdout == ""


def test_a_prompt_without_versions(repository: GitRepository) -> None:
    repository.commit({"prompts/new.yaml": GREETING})
    done = run(repository.path, "changelog", "new")
    assert (done.returncode, done.stdout) == (0, "")
    assert "promptctl publish" in done.stderr


def test_a_version_that_cannot_be_read_is_named(repository: GitRepository) -> None:
    broken = repository.commit({"prompts/greeting.yaml": "messages: [\n"})
    ref = "refs/tags/prompts/greeting@v2"
    tag = repository.git("cat-file", "tag", ref)
    head, _, rest = tag.partition("\n")
    assert head.startswith("object ")
    made = repository.git("mktag", stdin=f"object {broken}\n{rest}\n")
    repository.git("update-ref", ref, made)
    shown = ok(repository.path, "changelog", "greeting")
    blocks = shown.split("\n\n")
    assert "not comparable" in shown
    assert shown.count("greeting@v2: prompts/greeting.yaml") == 2, (
        "of v2 and of v3, which is compared with it"
    )
    assert blocks[-1].endswith("prompt greeting was added\n")
    value = json.loads(ok(repository.path, "changelog", "greeting", "--format", "json"))
    assert [one["effect"] for one in value["versions"]] == [None, None, "compatible"]


def test_a_renamed_prompt_goes_on_from_its_old_name(repository: GitRepository) -> None:
    ok(repository.path, "mv", "greeting", "welcome")
    repository.commit()
    ok(repository.path, "publish", "welcome", "--yes", "--allow-breaking")
    value = json.loads(ok(repository.path, "changelog", "welcome", "--format", "json"))
    (version,) = value["versions"]
    assert version["status"] == "renamed"
    assert version["previous"]["name"] == "greeting"
    assert [change["rule"] for change in version["changes"]] == ["prompt-renamed"]
    assert "renamed from greeting" in run(repository.path, "changelog", "welcome").stderr
    assert len(versions(repository, "greeting")) == 3


def test_clocks_that_differ_keep_the_order(repository: GitRepository) -> None:
    repository.commit({"prompts/greeting.yaml": GREETING})
    early = {"GIT_COMMITTER_DATE": "1500000000 +0000"}
    ok(repository.path, "publish", "greeting", "--yes", "--allow-breaking", env=early)
    assert versions(repository, "greeting")[:2] == ["greeting@4", "greeting@3"]


def test_bare_and_shallow_clones(repository: GitRepository, tmp_path: Path) -> None:
    whole = ok(repository.path, "changelog")
    bare = tmp_path / "bare.git"
    repository.git("clone", "--quiet", "--mirror", ".", str(bare))
    assert ok(bare, "changelog") == whole
    shallow = clone(repository.path, tmp_path / "shallow", "--depth", "1")
    done = run(shallow.path, "changelog")
    # Git brings the tags of the commits that it brings: those of the last one.
    assert "v2, which came before it, is not in this clone" in done.stdout
    assert "not all versions are in this clone; git fetch --depth 1 origin" in done.stderr
    shallow.git("fetch", "--quiet", "--depth", "1", "origin", "refs/tags/*:refs/tags/*")
    assert ok(shallow.path, "changelog") == whole
    assert "git fetch --unshallow" in run(shallow.path, "changelog", "step-1..HEAD").stderr


def test_hostile_text_is_only_text(repository: GitRepository) -> None:
    text = edited("Greet\x1b[2J @team <img src=x> ::error:: [a](b) |").replace("\x1b", "\\e")
    repository.commit({"prompts/greeting.yaml": text})
    message = "\x1b]0;x\x07 @team #1 <b>\n::error::x\n/close"
    ok(repository.path, "publish", "greeting", "--yes", "--allow-breaking", "-m", message)
    shown = ok(repository.path, "changelog", "greeting", "-n", "1")
    assert "\x1b" not in shown
    markdown = ok(repository.path, "changelog", "greeting", "-n", "1", "--format", "markdown")
    for line in markdown.splitlines():
        outside = "".join(line.split("`")[::2])
        assert not any(sign in outside for sign in "@<[\x1b"), line
        assert not line.startswith(("/", "::"))


def test_one_process_reads_all_versions(
    repository: GitRepository, tmp_path: Path, run_cli: RunCli
) -> None:
    counter = tmp_path / "bin/git"
    counter.parent.mkdir()
    log = tmp_path / "calls"
    git = shutil.which("git")
    counter.write_text(f'#!/bin/sh\necho "$@" >> {log}\nexec {git} "$@"\n')
    counter.chmod(0o755)
    path = {"PATH": f"{counter.parent}:{os.environ['PATH']}"}
    assert run_cli(["changelog", "greeting"], cwd=repository.path, env=path).exit_code == 0
    calls = log.read_text().splitlines()
    assert len(calls) == 3, calls
    assert sum("cat-file" in call for call in calls) == 2, "the tags, and the files"


def test_nothing_is_written(repository: GitRepository) -> None:
    before = subprocess.run(
        ["find", ".git", "-type", "f", "-newermt", "1971-01-01", "-printf", "%p %T@\n"],
        cwd=repository.path, capture_output=True, check=True,
    ).stdout  # fmt: skip
    ok(repository.path, "changelog")
    ok(repository.path, "changelog", "step-1..")
    after = subprocess.run(
        ["find", ".git", "-type", "f", "-newermt", "1971-01-01", "-printf", "%p %T@\n"],
        cwd=repository.path, capture_output=True, check=True,
    ).stdout  # fmt: skip
    assert after == before
