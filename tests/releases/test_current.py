"""What lists show of records, read fast and remembered: always what reading every record gives."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptctl.core.current import current_of
from promptctl.errors import LocalIOError, NotARepository
from promptctl.operations.current import current_beside
from promptctl.operations.repository import open_repository
from promptctl.repo.git import Git
from promptctl.repo.releases import Releases
from tests.conftest import GitRepository, RunCli
from tests.releases.workplace import FILES, edited, ok

NAMES = ("a", "a/b", "a-b", "b")
ENDS = (
    *("v1", "v2", "v9", "v10", "v11", "v100", "v007", "v0", "v01", "v9999999999", "v"),
    *("published.1", "published.2", "published.10", "published.09", "published.", "a1.1", "a1.12"),
    *("v1.3", "x.y.2", "latest.1", "s-2.5", "12", ""),
)


@given(st.sets(st.tuples(st.sampled_from(NAMES), st.sampled_from(ENDS)), max_size=25))
def test_the_heads_are_the_highest_numbers(chosen: set[tuple[str, str]]) -> None:
    releases = Releases(Git(Path(), {}), "prompts/")
    tags = sorted(f"refs/tags/prompts/{name}@{end}" for name, end in chosen)
    listing = "".join(f"{number:040x} {tag}\n" for number, tag in enumerate(tags)).encode()
    highest: dict[tuple[str, str | None], int] = {}
    for ref in releases._tags(listing.decode().splitlines()):
        key = ref.tag.prompt, ref.tag.label
        highest[key] = max(highest.get(key, 0), ref.tag.number)
    heads = releases.heads_in(listing)
    assert {(ref.tag.prompt, ref.tag.label): ref.tag.number for ref in heads} == highest
    assert len(heads) == len(highest)
    assert all(tags[int(ref.oid, 16)] == f"refs/tags/{ref.whole}" for ref in heads)


@pytest.fixture
def released(git_repository: GitRepository) -> GitRepository:
    git_repository.commit(FILES | {"prompts/team/other.yaml": FILES["prompts/greeting.yaml"]})
    ok(git_repository.path, "publish", "--all", "--yes", "--no-push")
    git_repository.commit({"prompts/greeting.yaml": edited("Welcome")})
    ok(git_repository.path, "publish", "greeting", "--label", "staging", "--yes", "--no-push")
    return git_repository


def check(repository: GitRepository) -> None:
    """What is read fast is what all records say, with the cache and without it."""
    opened = open_repository(repository.path, os.environ)
    expected = {name: current_of(r) for name, r in opened.releases.all_records().items()}
    for _ in range(2):
        with current_beside(opened) as current:
            assert current() == expected


def test_releases_are_seen_at_once(released: GitRepository) -> None:
    check(released)
    path = released.path
    released.commit({"prompts/greeting.yaml": edited("Hail")})
    ok(path, "publish", "greeting", "--yes", "--no-push")
    check(released)
    ok(path, "label", "--delete", "greeting", "staging", "--yes", "--no-push")
    check(released)
    ok(path, "rollback", "greeting", "-m", "no", "--yes", "--no-push")
    check(released)
    released.git("tag", "--delete", "prompts/team/other@v1", "prompts/team/other@published.1")
    check(released)


def test_a_tag_that_is_no_record_counts_as_none(released: GitRepository) -> None:
    check(released)
    for tag in ("greeting@v7", "greeting@published.9", "team/other@v007", "odd@v1", "greeting@v99"):
        released.git("tag", f"prompts/{tag}")
        check(released)
    released.git("tag", "--force", "prompts/greeting@v2", "HEAD")
    check(released)
    ok(released.path, "publish", "team/other", "--label", "staging", "--yes", "--no-push")
    check(released)


def test_a_tag_that_moved_is_read_again(released: GitRepository) -> None:
    check(released)
    record = released.git("cat-file", "tag", "prompts/greeting@published.1")
    other = record.replace("Version: 1", "Version: 2")
    oid = released.git("mktag", stdin=other + "\n")
    released.git("update-ref", "refs/tags/prompts/greeting@published.1", oid)
    check(released)


@pytest.mark.parametrize(
    "row",
    [[], ["x"], ["x", "1"], ["x", 1, 2, 3, 4], ["x", 1, "c"], [1, 2], ["x", None, "", "", ""]],
)
def test_a_row_that_makes_no_sense_is_read_again(
    released: GitRepository, hermetic: Path, row: list[object]
) -> None:
    check(released)
    opened = open_repository(released.path, os.environ)
    from promptctl.state.cache import Cache

    cache = Cache.open(os.environ, "heads", released.path, "prompts/")
    table = cache.read_table()
    assert len(table) == 6
    cache.write_table({name: row if "@" in name else kept for name, kept in table.items()})
    check(released)
    cache.write_table({"listing": table["listing"]} | {"x": row})
    check(released)
    cache.write_table(table | {"listing": row})
    check(released)
    assert opened.settings.root == released.path


def listed(run_cli: RunCli, folder: Path, *words: str) -> list[dict[str, object]]:
    """The prompts of `list --format json`."""
    done = run_cli(["list", "--format", "json", *words], cwd=folder)
    assert done.exit_code == 0, done.stderr
    prompts: list[dict[str, object]] = json.loads(done.stdout)["prompts"]
    return prompts


def test_a_list_with_a_cache_is_a_list_without(
    released: GitRepository, run_cli: RunCli, hermetic: Path
) -> None:
    folder = released.path
    released.write("prompts/broken.yaml", "a: [\n")
    released.write("prompts/none.yaml", "- 1\n")
    first = listed(run_cli, folder)
    assert listed(run_cli, folder) == first
    caches = sorted((hermetic / ".cache/promptctl/results").iterdir())
    assert [path.name.partition("-")[0] for path in caches] == ["heads", "list"]
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in caches)
    for path in caches:
        path.write_bytes(path.read_bytes()[:-3])
    assert listed(run_cli, folder) == first
    released.write("prompts/greeting.yaml", FILES["prompts/greeting.yaml"].replace("Greet.", "Hi."))
    assert listed(run_cli, folder, "greeting")[0]["description"] == "Hi."
    assert [prompt["name"] for prompt in listed(run_cli, folder)] == [p["name"] for p in first]


@pytest.mark.parametrize("row", [[], [1, None, None, []], ["", None, None, [["a"]]], [None] * 4])
def test_a_summary_that_makes_no_sense_is_made_again(
    released: GitRepository, run_cli: RunCli, row: list[object]
) -> None:
    from promptctl.state.cache import Cache

    first = listed(run_cli, released.path)
    cache = Cache.open(os.environ, "list", released.path)
    cache.write_table(dict.fromkeys(cache.read_table(), row))
    assert listed(run_cli, released.path) == first


def test_status_with_a_cache_is_status_without(released: GitRepository, run_cli: RunCli) -> None:
    first = run_cli(["status", "--porcelain"], cwd=released.path)
    assert run_cli(["status", "--porcelain"], cwd=released.path) == first
    again = run_cli(
        ["status", "--porcelain"], cwd=released.path, env={"XDG_CACHE_HOME": "/dev/null"}
    )
    assert again == first


# --- a git that works beside -----------------------------------------------------------------------


def test_git_beside_gives_what_git_gives(released: GitRepository) -> None:
    git = Git(released.path, os.environ)
    for words in (["ls-files"], ["ls-files", "nothing-of-that-name"], ["rev-list", "--all"]):
        with git.beside(words) as output:
            assert output() == git.output(words)


def test_git_beside_fails_as_git_does(released: GitRepository, tmp_path: Path) -> None:
    missing = ["cat-file", "blob", "0" * 40]
    with (
        Git(released.path, os.environ).beside(missing) as output,
        pytest.raises(LocalIOError, match="git failed"),
    ):
        output()
    with Git(tmp_path, os.environ).beside(["ls-files"]) as output, pytest.raises(NotARepository):
        output()
    with pytest.raises(LocalIOError, match="not installed"), Git(tmp_path, {"PATH": ""}).beside([]):
        pass
