"""`promptctl status`: the working tree, HEAD, the versions, the labels and the remote."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from promptctl.core.standing import Standing
from promptctl.output.standing import standing_text, status_notes
from promptctl.output.terminal import open_terminal
from tests.conftest import GitRepository, RunCli

PLAIN = "provider: echo\ntemplate: one\n"
USES = "provider: echo\nmessages:\n  - {role: system, file: _partials/tone.md}\n"


@pytest.fixture
def repository(git_repository: GitRepository, run_cli: RunCli) -> GitRepository:
    """plain and uses are published, fresh is not; uses includes a file that includes another."""
    git_repository.commit(
        {
            "promptctl.yaml": "version: 1\n",
            "prompts/plain.yaml": PLAIN,
            "prompts/uses.yaml": USES,
            "prompts/fresh.yaml": PLAIN,
            "prompts/_partials/tone.md": '{% include "_partials/inner.md" %}\n',
            "prompts/_partials/inner.md": "Be kind.\n",
        }
    )
    publish(run_cli, git_repository, "plain", "uses")
    return git_repository


def publish(run_cli: RunCli, repository: GitRepository, *words: str) -> None:
    done = run_cli(["publish", *words], cwd=repository.path)
    assert done.exit_code == 0, done.stderr


def states(run_cli: RunCli, where: GitRepository | Path) -> dict[str, tuple[Any, ...]]:
    """Name -> tree, state, drift."""
    path = where if isinstance(where, Path) else where.path
    done = run_cli(["status", "--format", "json"], cwd=path)
    assert done.exit_code == 0, done.stderr
    prompts = json.loads(done.stdout)["prompts"]
    return {one["name"]: (one["tree"], one["state"], one["drift"]) for one in prompts}


CLEAN = {
    "fresh": ("clean", "new", None),
    "plain": ("clean", "current", None),
    "uses": ("clean", "current", None),
}
MODIFIED = ("modified", "current", None)
UNPUBLISHED = ("clean", "unpublished", "unpublished")


def test_just_published(repository: GitRepository, run_cli: RunCli) -> None:
    assert states(run_cli, repository) == CLEAN
    done = run_cli(["status", "--exit-code"], cwd=repository.path)
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout == (
        "fresh  new         -\n"
        "plain  up to date  v1 published:v1\n"
        "uses   up to date  v1 published:v1\n"
    )


@pytest.mark.parametrize(
    ("path", "content", "name"),
    [
        ("plain.yaml", f"{PLAIN}# more\n", "plain"),
        ("uses.yaml", f"{USES}# more\n", "uses"),
        ("_partials/tone.md", "Be cold.\n", "uses"),
        ("_partials/inner.md", "Be cold.\n", "uses"),
    ],
)
def test_a_change_is_seen_on_disk_and_at_head(
    repository: GitRepository, run_cli: RunCli, path: str, content: str, name: str
) -> None:
    repository.write(f"prompts/{path}", content)
    assert states(run_cli, repository) == CLEAN | {name: MODIFIED}
    assert run_cli(["status", "--exit-code"], cwd=repository.path).exit_code == 0
    repository.commit()
    assert states(run_cli, repository) == CLEAN | {name: UNPUBLISHED}
    done = run_cli(["status", "--exit-code"], cwd=repository.path)
    assert done.exit_code == 1
    line = next(line for line in done.stdout.splitlines() if line.startswith(name))
    assert line.split() == [name, "unpublished", "v1", "published:v1"]
    assert done.stderr == f"changed but unpublished: {name}; promptctl publish {name}\n"
    publish(run_cli, repository, name)
    assert states(run_cli, repository) == CLEAN


@pytest.mark.parametrize(
    "change",
    [
        {"README.md": "elsewhere\n"},
        {"prompts/_partials/unused.md": "of nobody\n"},
        {"prompts/plain.yaml": f"{PLAIN}# more\n"},
    ],
)
def test_what_others_change_does_not_make_a_prompt_drift(
    repository: GitRepository, run_cli: RunCli, change: dict[str, str]
) -> None:
    repository.commit(change)
    assert states(run_cli, repository)["uses"] == CLEAN["uses"]


def test_an_include_that_went_away(repository: GitRepository, run_cli: RunCli) -> None:
    (repository.path / "prompts/_partials/inner.md").unlink()
    assert states(run_cli, repository)["uses"] == MODIFIED
    repository.commit()
    assert states(run_cli, repository)["uses"] == UNPUBLISHED


@pytest.mark.parametrize("text", ["a: [\n", "- a list\n", "provider: echo\ntemplate: '{{'\n"])
def test_a_prompt_that_no_longer_reads(
    repository: GitRepository, run_cli: RunCli, text: str
) -> None:
    repository.commit({"prompts/uses.yaml": text})
    assert states(run_cli, repository) == CLEAN | {"uses": UNPUBLISHED}


def test_a_prompt_that_became_a_link(repository: GitRepository, run_cli: RunCli) -> None:
    (repository.path / "prompts/plain.yaml").unlink()
    (repository.path / "prompts/plain.yaml").symlink_to("fresh.yaml")
    repository.commit()
    assert states(run_cli, repository)["plain"][1:] == UNPUBLISHED[1:]


def test_back_at_the_text_of_the_version(repository: GitRepository, run_cli: RunCli) -> None:
    repository.commit({"prompts/uses.yaml": f"{USES}# more\n"})
    repository.commit({"prompts/uses.yaml": USES, "prompts/other.txt": "x"})
    assert states(run_cli, repository)["uses"] == CLEAN["uses"]


def test_the_folder_was_moved(repository: GitRepository, run_cli: RunCli) -> None:
    shutil.move(repository.path / "prompts", repository.path / "texts")
    repository.commit({"promptctl.yaml": "version: 1\nprompts_dir: texts\n"})
    assert states(run_cli, repository) == CLEAN


def test_a_file_that_is_gone_is_still_served(repository: GitRepository, run_cli: RunCli) -> None:
    (repository.path / "prompts/plain.yaml").unlink()
    (repository.path / "prompts/fresh.yaml").unlink()
    assert states(run_cli, repository)["plain"] == ("deleted", "current", "file_gone")
    assert states(run_cli, repository)["fresh"] == ("deleted", "new", None)
    repository.commit()
    assert states(run_cli, repository)["plain"] == ("deleted", "gone", "file_gone")
    assert "fresh" not in states(run_cli, repository)
    done = run_cli(["status", "--exit-code", "plain"], cwd=repository.path)
    assert done.exit_code == 1
    assert "served but file gone: plain; promptctl label --delete plain published" in done.stderr
    repository.commit({"promptctl.yaml": "version: 1\nrenamed: {plain: uses}\n"})
    assert "plain" not in states(run_cli, repository)


def test_a_retired_prompt_is_not_spoken_of(repository: GitRepository, run_cli: RunCli) -> None:
    done = run_cli(["label", "--delete", "plain", "published", "-m", "over"], cwd=repository.path)
    assert done.exit_code == 0, done.stderr
    (repository.path / "prompts/plain.yaml").unlink()
    repository.commit()
    assert sorted(states(run_cli, repository)) == ["fresh", "uses"]


def test_before_the_first_commit(git_repository: GitRepository, run_cli: RunCli) -> None:
    git_repository.write("prompts/a.yaml", PLAIN)
    assert states(run_cli, git_repository) == {"a": ("untracked", "new", None)}
    (git_repository.path / "prompts/a.yaml").unlink()
    done = run_cli(["status"], cwd=git_repository.path)
    assert (done.exit_code, done.stdout) == (0, "")
    assert "promptctl new NAME" in done.stderr


def test_a_bare_repository_has_no_tree(
    repository: GitRepository, run_cli: RunCli, tmp_path: Path
) -> None:
    repository.git("clone", "--quiet", "--bare", str(repository.path), str(tmp_path / "bare.git"))
    found = states(run_cli, tmp_path / "bare.git")
    assert found == {name: (None, state, drift) for name, (_, state, drift) in CLEAN.items()}
    done = run_cli(["status", "--porcelain", "plain"], cwd=tmp_path / "bare.git")
    assert done.stdout == "prompt\tplain\t-\tcurrent\t1\tpublished=1\t-\n"


def test_prompts_below_the_top_of_the_repository(
    git_repository: GitRepository, run_cli: RunCli
) -> None:
    repository = git_repository
    folder = repository.path / "services/bot"
    repository.commit(
        {
            "services/bot/promptctl.yaml": "version: 1\n",
            "services/bot/prompts/uses.yaml": USES,
            "services/bot/prompts/_partials/tone.md": "x\n",
        }
    )
    done = run_cli(["publish", "uses"], cwd=folder)
    assert done.exit_code == 0, done.stderr
    assert states(run_cli, folder) == {"uses": CLEAN["uses"]}
    repository.commit({"elsewhere": "x"})
    assert states(run_cli, folder) == {"uses": CLEAN["uses"]}
    repository.commit({"services/bot/prompts/_partials/tone.md": "y\n"})
    assert states(run_cli, folder) == {"uses": UNPUBLISHED}
    done = run_cli(["resolve", "uses@latest", "--explain"], cwd=folder)
    assert "path       services/bot/prompts/uses.yaml\n" in done.stdout


def test_lines_for_scripts(repository: GitRepository, run_cli: RunCli) -> None:
    repository.commit({"prompts/uses.yaml": f"{USES}# more\n"})
    publish(run_cli, repository, "uses", "--label", "staging")
    done = run_cli(["status", "--porcelain"], cwd=repository.path)
    assert done.stdout == (
        "prompt\tfresh\tclean\tnew\t-\t-\t-\n"
        "prompt\tplain\tclean\tcurrent\t1\tpublished=1\t-\n"
        "prompt\tuses\tclean\tcurrent\t2\tpublished=1,staging=2\t-\n"
    )
    help_text = run_cli(["status", "--help"]).stdout
    for word in ("untracked", "unpublished", "file_gone", "only_here"):
        assert word in help_text


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["nobody"], 3, "no prompt matches nobody"),
        (["plian"], 3, "did you mean `plain`?"),
        (["--porcelain", "--format", "json"], 2, "choose one"),
        (["--remote"], 3, "no remote origin"),
    ],
)
def test_what_cannot_be_said(
    repository: GitRepository, run_cli: RunCli, words: list[str], code: int, said: str
) -> None:
    done = run_cli(["status", *words], cwd=repository.path)
    assert (done.exit_code, done.stdout) == (code, "")
    assert said in done.stderr


def test_a_person_sees_drift_in_colour() -> None:
    terminal = open_terminal({})
    terminal.out_is_tty = terminal.out_color = True
    standings = [
        Standing("a", "prompts/a.yaml", "clean", "unpublished", 1, {"published": 1}),
        Standing("b", "prompts/b.yaml", "deleted", "gone", 1, {"published": 1}),
        Standing("c", "prompts/c.yaml", "clean", "current", 1),
    ]
    header, *lines = standing_text(standings, terminal).splitlines()
    assert header.startswith("\x1b[2mNAME")
    assert [line[:5] for line in lines] == ["\x1b[33m", "\x1b[31m", "c    "]
    many = [Standing(f"p{n}", "", "clean", "unpublished", 1) for n in range(5)]
    assert list(status_notes(many, None)) == [
        "changed but unpublished: p0, p1, p2 and 2 more; promptctl publish --all"
    ]


# --- the remote ------------------------------------------------------------------------------------


@pytest.fixture
def shared(repository: GitRepository, bare_remote: GitRepository) -> GitRepository:
    """The repository with all that it holds at origin, and one move only here."""
    repository.git("push", "--quiet", "origin", "main", "--tags")
    return repository


def there(run_cli: RunCli, repository: GitRepository) -> dict[str, Any]:
    done = run_cli(["status", "--remote", "--format", "json"], cwd=repository.path)
    assert done.exit_code == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)["remote"]
    return found


def test_the_remote_is_the_same(shared: GitRepository, run_cli: RunCli) -> None:
    done = run_cli(["status", "--remote", "--exit-code"], cwd=shared.path)
    assert done.exit_code == 0
    assert done.stderr == "origin has the same versions and label moves\n"


def test_what_differs_at_the_remote(
    shared: GitRepository, bare_remote: GitRepository, run_cli: RunCli
) -> None:
    assert there(run_cli, shared)["gone"] == []
    publish(run_cli, shared, "fresh", "--no-push")
    bare_remote.git("update-ref", "-d", "refs/tags/prompts/plain@published.1")
    other = shared.git("commit-tree", "-m", "x", "HEAD^{tree}")
    shared.git("push", "--quiet", "--force", "origin", f"{other}:refs/tags/prompts/uses@v1")
    shared.git("push", "--quiet", "origin", f"{other}:refs/tags/prompts/uses@v2")
    assert there(run_cli, shared) == {
        "name": "origin",
        "only_here": ["prompts/fresh@published.1", "prompts/fresh@v1"],
        "only_there": ["prompts/uses@v2"],
        "moved": ["prompts/uses@v1"],
        "gone": ["prompts/plain@published.1"],
    }
    done = run_cli(["status", "--remote", "--exit-code"], cwd=shared.path)
    assert done.exit_code == 1
    for words in (
        "only here, not at origin: prompts/fresh@published.1, prompts/fresh@v1; promptctl push\n",
        "only at origin: prompts/uses@v2; git fetch origin 'refs/tags/prompts/*:refs/tags/prompts/*'",
        "another tag at origin than here: prompts/uses@v1; promptctl verify\n",
        "gone from origin: prompts/plain@published.1; promptctl verify\n",
    ):
        assert words in done.stderr
    lines = run_cli(["status", "--remote", "--porcelain"], cwd=shared.path).stdout.splitlines()
    assert "remote\tmoved\tprompts/uses@v1" in lines
    assert "remote\tonly_here\tprompts/fresh@v1" in lines


def test_without_the_remote_nothing_else_needs_it(
    shared: GitRepository, bare_remote: GitRepository, run_cli: RunCli
) -> None:
    shutil.move(bare_remote.path, bare_remote.path.with_suffix(".away"))
    assert states(run_cli, shared) == CLEAN
    for words in (["log"], ["live"], ["list"], ["resolve", "plain@published", "--explain"]):
        assert run_cli(words, cwd=shared.path).exit_code == 0
    done = run_cli(["status", "--remote"], cwd=shared.path)
    assert (done.exit_code, done.stdout) == (4, "")
    assert "origin cannot be reached" in done.stderr


# --- why it is so ----------------------------------------------------------------------------------


def said(run_cli: RunCli, repository: GitRepository) -> tuple[str, str]:
    done = run_cli(["status"], cwd=repository.path)
    assert done.exit_code == 0, done.stderr
    return done.stdout, done.stderr


def test_a_deleted_file_is_restored(repository: GitRepository, run_cli: RunCli) -> None:
    (repository.path / "prompts/plain.yaml").unlink()
    notes = said(run_cli, repository)[1]
    assert notes == "deleted, and still served: plain; git restore prompts/plain.yaml\n"
    repository.git(*notes.rstrip().rpartition("; git ")[2].split())
    assert said(run_cli, repository)[1] == ""
    repository.git("rm", "--quiet", "prompts/plain.yaml")
    repository.commit()
    hint = "served but file gone: plain; promptctl label --delete plain published\n"
    assert said(run_cli, repository)[1] == hint


def test_a_renaming_by_hand_is_seen(repository: GitRepository, run_cli: RunCli) -> None:
    repository.git("mv", "prompts/uses.yaml", "prompts/users.yaml")
    for _ in range(2):
        notes = said(run_cli, repository)[1]
        assert notes == (
            "renamed without a word in promptctl.yaml (renamed: {uses: users}): uses → users;"
            " promptctl mv uses users adds it\n"
        )
        repository.commit()
    assert run_cli(["mv", "uses", "users"], cwd=repository.path).exit_code == 0
    repository.commit()
    assert said(run_cli, repository)[1] == ""


def test_an_older_head_is_not_sent_to_publish(repository: GitRepository, run_cli: RunCli) -> None:
    latest = repository.commit({"prompts/plain.yaml": PLAIN.replace("one", "two")})
    publish(run_cli, repository, "plain")
    repository.git("checkout", "--quiet", "HEAD~1")
    shown, notes = said(run_cli, repository)
    assert "plain  older than v2  v2 published:v2\n" in shown
    assert notes == (
        "published from a commit that HEAD does not come after: plain; git pull, or git merge"
        f" {latest[:10]}\n"
    )
    assert run_cli(["publish", "plain"], cwd=repository.path).exit_code == 4


def test_a_rollback_is_shown_until_the_label_moves_on(
    repository: GitRepository, run_cli: RunCli
) -> None:
    repository.commit({"prompts/plain.yaml": PLAIN.replace("one", "two")})
    publish(run_cli, repository, "plain")
    publish(run_cli, repository, "plain", "--label", "staging")
    for words in (["rollback", "plain", "-m", "no"], ["label", "plain@1", "staging"]):
        assert run_cli(words, cwd=repository.path).exit_code == 0
    assert (
        "plain  rolled back (v2 → v1)  v2 published:v1 staging:v1\n" in said(run_cli, repository)[0]
    )
    done = run_cli(["status", "--format", "json"], cwd=repository.path)
    back = {one["name"]: one["rolled_back"] for one in json.loads(done.stdout)["prompts"]}
    assert back == {"fresh": {}, "plain": {"published": 2}, "uses": {}}
    undo = ["rollback", "plain", "--undo", "-m", "yes"]
    assert run_cli(undo, cwd=repository.path).exit_code == 0
    assert "plain  up to date" in said(run_cli, repository)[0]


def test_a_renaming_before_and_after_the_first_release_by_the_new_name(
    repository: GitRepository, run_cli: RunCli
) -> None:
    assert run_cli(["mv", "plain", "simple"], cwd=repository.path).exit_code == 0
    shown = said(run_cli, repository)[0]
    assert "simple  renamed from plain  -\n" in shown
    assert "untracked" not in shown
    repository.commit()
    assert said(run_cli, repository)[1] == ""
    publish(run_cli, repository, "simple")
    assert said(run_cli, repository)[1] == (
        "callers of the old name of simple still get plain@published (v1); once there are none:"
        " promptctl label --delete plain published\n"
    )
    notes = run_cli(["live"], cwd=repository.path).stderr
    assert notes == "plain is an old name of simple, and goes on serving its own v1\n"
    assert run_cli(["label", "--delete", "plain", "published"], cwd=repository.path).exit_code == 0
    assert said(run_cli, repository)[1] == ""
    assert run_cli(["live"], cwd=repository.path).stderr == ""
