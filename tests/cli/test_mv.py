"""`promptctl mv`: files, index and settings go together, or nothing does."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from promptctl.operations import moving
from promptctl.repo import index
from tests.conftest import GitRepository, RunCli

LINE = "# yaml-language-server: $schema=../.promptctl/prompt.schema.json\n"
PROMPT = LINE + "provider: echo  # for tests\ntemplate: Hello\n"
SETTINGS = "# ours\nversion: 1  # one\nrules:\n  name-clash: error\n"


@pytest.fixture
def shop(git_repository: GitRepository) -> GitRepository:
    git_repository.commit(
        {
            "prompts/greeting.yaml": PROMPT,
            "prompts/greeting.tests.yaml": "tests: []\n",
            "prompts/other.yaml": PROMPT,
            "promptctl.yaml": SETTINGS,
        }
    )
    return git_repository


def snapshot(repository: GitRepository) -> tuple[dict[str, bytes], str]:
    files = {
        str(path.relative_to(repository.path)): path.read_bytes()
        for path in sorted(repository.path.rglob("*"))
        if path.is_file() and ".git" not in path.parts
    }
    return files, repository.git("ls-files", "--stage")


def test_a_prompt_gets_another_name(shop: GitRepository, run_cli: RunCli) -> None:
    done = run_cli(["mv", "greeting", "support/hello"], cwd=shop.path)
    assert done.exit_code == 0, done.stderr
    assert done.stdout == (
        "prompts/greeting.yaml → prompts/support/hello.yaml\n"
        "prompts/greeting.tests.yaml → prompts/support/hello.tests.yaml\n"
    )
    assert "next: git commit -m 'Rename greeting to support/hello'" in done.stderr
    text = (shop.path / "prompts/support/hello.yaml").read_text()
    assert text == PROMPT.replace("../.promptctl", "../../.promptctl")
    settings = (shop.path / "promptctl.yaml").read_text()
    assert settings == SETTINGS + "renamed:\n  greeting: support/hello\n"
    assert shop.git("status", "--porcelain", "--no-renames").splitlines() == [
        "M  promptctl.yaml",
        "D  prompts/greeting.tests.yaml",
        "D  prompts/greeting.yaml",
        "A  prompts/support/hello.tests.yaml",
        "A  prompts/support/hello.yaml",
    ]
    back = run_cli(["mv", "support/hello", "greeting"], cwd=shop.path)
    assert back.exit_code == 0, back.stderr
    assert (shop.path / "prompts/greeting.yaml").read_text() == PROMPT
    assert (shop.path / "promptctl.yaml").read_text() == (
        SETTINGS + "renamed:\n  support/hello: greeting\n"
    )
    assert not (shop.path / "prompts/support").exists()


def test_what_is_not_staged_stays_so(shop: GitRepository, run_cli: RunCli) -> None:
    shop.write("prompts/greeting.yaml", PROMPT + "description: Mine.\n")
    shop.write("promptctl.yaml", SETTINGS + "project: mine\n")
    assert run_cli(["mv", "greeting", "hello"], cwd=shop.path).exit_code == 0
    shown = shop.git("diff", "--cached", "--unified=0")
    assert "+renamed:\n+  greeting: hello" in shown
    assert "Mine" not in shown
    assert "project" not in shown
    assert "+description: Mine." in shop.git("diff")
    settings = (shop.path / "promptctl.yaml").read_text()
    assert settings == SETTINGS + "project: mine\nrenamed:\n  greeting: hello\n"


def test_what_was_released_keeps_answering_and_is_said(
    shop: GitRepository, run_cli: RunCli
) -> None:
    for words in (["publish", "greeting"], ["label", "greeting@1", "staging"]):
        assert run_cli(words, cwd=shop.path).exit_code == 0
    done = run_cli(["mv", "greeting", "hello"], cwd=shop.path)
    said = "greeting@1, greeting@published and greeting@staging keep answering\n"
    assert said in done.stderr
    assert run_cli(["show", "greeting@published"], cwd=shop.path).exit_code == 0


def test_what_the_other_commands_say_of_the_old_name(shop: GitRepository, run_cli: RunCli) -> None:
    def said(*words: str) -> tuple[int, str]:
        done = run_cli(words, cwd=shop.path)
        return done.exit_code, done.stdout + done.stderr

    assert run_cli(["publish", "greeting"], cwd=shop.path).exit_code == 0
    assert run_cli(["mv", "greeting", "hello"], cwd=shop.path).exit_code == 0
    code, status = said("status", "--exit-code")
    assert code == 0
    assert status.splitlines()[0].split() == [
        *("greeting", "renamed", "to", "hello", "v1", "published:v1"),
    ]
    assert status.endswith("renamed, not committed yet: greeting → hello; git commit\n")
    renamed = (
        "error: there is no prompt greeting: it was renamed to hello\nhint: did you mean `hello`?\n"
    )
    commands = ("show", "run", "render", "publish", "resolve")
    for command in commands:
        assert said(command, "greeting") == (3, renamed)
    assert said("mv", "greeting", "x") == (3, renamed)
    shop.git("commit", "--quiet", "-m", "Rename")
    for command in commands:
        assert said(command, "greeting") == (3, renamed)
    assert "greeting" not in said("status")[1]
    assert "there it is called greeting" in said("show", "hello@HEAD~1")[1]
    assert "it was renamed to hello" in said("show", "greeting@HEAD")[1]
    assert said("log", "hello")[1].endswith("renamed from greeting; promptctl log greeting\n")
    assert said("log", "greeting")[1].endswith("renamed to hello; promptctl log hello\n")
    assert "answers as greeting; promptctl log greeting" in said("show", "hello@published")[1]


def test_dry_run_changes_nothing(shop: GitRepository, run_cli: RunCli) -> None:
    before = snapshot(shop)
    done = run_cli(["mv", "greeting", "hello", "--dry-run"], cwd=shop.path)
    assert done.exit_code == 0
    assert done.stdout.startswith("prompts/greeting.yaml → prompts/hello.yaml\n")
    assert snapshot(shop) == before


def test_a_file_that_git_does_not_know(shop: GitRepository, run_cli: RunCli) -> None:
    shop.write("prompts/young.yaml", PROMPT)
    done = run_cli(["mv", "young", "older"], cwd=shop.path)
    assert done.exit_code == 0
    assert "git add" in done.stderr
    assert "git commit -m" not in done.stderr
    assert shop.git("status", "--porcelain").splitlines() == [
        " M promptctl.yaml",
        "?? prompts/older.yaml",
    ]


def test_without_settings_a_file_is_made(shop: GitRepository, run_cli: RunCli) -> None:
    (shop.path / "promptctl.yaml").unlink()
    shop.commit()
    assert run_cli(["mv", "greeting", "hello"], cwd=shop.path).exit_code == 0
    text = (shop.path / "promptctl.yaml").read_text()
    assert text == "version: 1\nrenamed:\n  greeting: hello\n"
    assert "A  promptctl.yaml" in shop.git("status", "--porcelain")


def test_below_the_top_of_the_git_repository(
    git_repository: GitRepository, run_cli: RunCli
) -> None:
    git_repository.commit({"app/promptctl.yaml": "version: 1\n", "app/prompts/a.yaml": PROMPT})
    done = run_cli(["mv", "a", "b"], cwd=git_repository.path / "app/prompts")
    assert done.exit_code == 0, done.stderr
    assert git_repository.git("status", "--porcelain").splitlines() == [
        "M  app/promptctl.yaml",
        "R  app/prompts/a.yaml -> app/prompts/b.yaml",
    ]


@pytest.mark.parametrize(
    ("old", "new", "code", "words"),
    [
        ("greting", "hello", 3, "did you mean `greeting`?"),
        ("greeting", "other", 4, "exists"),
        ("greeting", "greeting", 4, "exists"),
        ("greeting", "Hello", 2, "capital letters"),
        ("greeting", "../x", 2, "no prompt name"),
        ("greeting", "odd", 4, "case only"),
        ("greeting", "folder/x", 4, "case only"),
        ("greeting", "tested", 4, "tested.tests.yaml exists"),
        ("greeting", "linked/x", 4, "in the way"),
        ("greeting", "staged", 4, "staged"),
    ],
)
def test_what_is_refused_changes_nothing(
    shop: GitRepository, run_cli: RunCli, tmp_path: Path, old: str, new: str, code: int, words: str
) -> None:
    shop.commit(
        {
            "prompts/Odd.yaml": PROMPT,
            "prompts/Folder/y.yaml": PROMPT,
            "prompts/tested.tests.yaml": "",
            "prompts/staged.yaml": PROMPT,
        }
    )
    (shop.path / "prompts/staged.yaml").unlink()
    (shop.path / "prompts/linked").symlink_to(tmp_path)
    before = snapshot(shop)
    done = run_cli(["mv", old, new], cwd=shop.path)
    assert (done.exit_code, done.stdout) == (code, "")
    assert words in done.stderr
    assert snapshot(shop) == before


def test_a_conflict_in_the_index(shop: GitRepository, run_cli: RunCli) -> None:
    oid = shop.git("rev-parse", "HEAD:prompts/greeting.yaml")
    lines = "".join(f"100644 {oid} {n}\tprompts/greeting.yaml\n" for n in (1, 2, 3))
    gone = f"0 {'0' * 40}\tprompts/greeting.yaml\n"
    shop.git("update-index", "--index-info", stdin=gone + lines)
    before = snapshot(shop)
    done = run_cli(["mv", "greeting", "hello"], cwd=shop.path)
    assert done.exit_code == 4
    assert "merge conflict" in done.stderr
    assert snapshot(shop) == before


def test_outside_git(run_cli: RunCli, tmp_path: Path) -> None:
    (tmp_path / "prompts").mkdir()
    (tmp_path / "prompts/a.yaml").write_text(PROMPT)
    (tmp_path / "promptctl.yaml").write_text("version: 1\n")
    assert run_cli(["mv", "a", "b"]).exit_code == 3
    assert (tmp_path / "prompts/a.yaml").exists()


def test_settings_that_cannot_be_changed_safely(shop: GitRepository, run_cli: RunCli) -> None:
    shop.commit({"promptctl.yaml": "{version: 1}\n"})
    before = snapshot(shop)
    done = run_cli(["mv", "greeting", "hello"], cwd=shop.path)
    assert done.exit_code == 4
    assert "greeting: hello" in done.stderr
    assert snapshot(shop) == before


def test_an_index_that_is_locked_leaves_all_as_it_was(shop: GitRepository, run_cli: RunCli) -> None:
    before = snapshot(shop)
    lock = shop.path / ".git/index.lock"
    lock.touch()
    done = run_cli(["mv", "greeting", "support/hello"], cwd=shop.path)
    assert done.exit_code == 74
    lock.unlink()
    assert snapshot(shop) == before
    assert not (shop.path / "prompts/support").exists()


@pytest.mark.parametrize("after", range(12))
def test_ctrl_c_at_any_step_leaves_all_as_it_was(
    shop: GitRepository, run_cli: RunCli, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    """Interrupted at the n-th step that changes something, before and after it was made."""
    before, count = snapshot(shop), 0

    def interrupting(call):  # type: ignore[no-untyped-def]
        def run(*args, **kwargs):  # type: ignore[no-untyped-def]
            nonlocal count
            count += 1
            if count == after + 1 and after % 2 == 0:
                raise KeyboardInterrupt
            result = call(*args, **kwargs)
            if count == after + 1:
                raise KeyboardInterrupt
            return result

        return run

    with monkeypatch.context() as patched:
        patched.setattr(os, "link", interrupting(os.link))
        patched.setattr(os, "replace", interrupting(os.replace))
        patched.setattr(Path, "unlink", interrupting(Path.unlink))
        patched.setattr(moving, "write_staged", interrupting(index.write_staged))
        done = run_cli(["mv", "greeting", "support/hello"], cwd=shop.path)
    if done.exit_code == 0:
        assert count <= after, "it was interrupted, and went on"
        return
    assert done.exit_code == 130
    assert snapshot(shop) == before


def test_names_that_are_another_prompts(shop: GitRepository, run_cli: RunCli) -> None:
    assert run_cli(["publish", "other"], cwd=shop.path).exit_code == 0
    assert run_cli(["mv", "other", "third"], cwd=shop.path).exit_code == 0
    shop.commit()
    before = snapshot(shop)
    done = run_cli(["mv", "greeting", "other"], cwd=shop.path)
    assert done.exit_code == 4
    assert "error: other is what third was called before" in done.stderr
    assert snapshot(shop) == before
    assert run_cli(["publish", "third"], cwd=shop.path).exit_code == 0
    shop.git("rm", "--quiet", "prompts/third.yaml")
    shop.commit({"promptctl.yaml": SETTINGS})
    for name in ("third", "other"):
        done = run_cli(["mv", "greeting", name], cwd=shop.path)
        assert done.exit_code == 4
        assert f"error: {name} has releases, which are another prompt's" in done.stderr


def test_back_to_a_name_of_its_own_is_free(shop: GitRepository, run_cli: RunCli) -> None:
    assert run_cli(["publish", "greeting"], cwd=shop.path).exit_code == 0
    for words in (["mv", "greeting", "hello"], ["mv", "hello", "greeting"]):
        assert run_cli(words, cwd=shop.path).exit_code == 0
    assert run_cli(["show", "greeting@1"], cwd=shop.path).exit_code == 0


@pytest.mark.parametrize(
    ("new", "hint"),
    [
        ("support/", "with the name in that folder: promptctl mv greeting support/greeting"),
        ("Bad Name", "did you mean `bad-name`?"),
        ("a//b", "parts of a-z, 0-9, _ and -, joined by /, such as support/triage"),
    ],
)
def test_what_may_have_been_meant(
    shop: GitRepository, run_cli: RunCli, new: str, hint: str
) -> None:
    done = run_cli(["mv", "greeting", new], cwd=shop.path)
    assert (done.exit_code, done.stderr.splitlines()[-1]) == (2, f"hint: {hint}")


def test_for_programs(shop: GitRepository, run_cli: RunCli) -> None:
    done = run_cli(["mv", "greeting", "hello", "--format", "json"], cwd=shop.path)
    assert (done.exit_code, done.stderr) == (0, "")
    found = json.loads(done.stdout)
    assert found["moves"][0] == {"from": "prompts/greeting.yaml", "to": "prompts/hello.yaml"}
    assert (found["schema"], found["staged"], found["dry_run"]) == ("promptctl.mv/1", True, False)
