"""`promptctl git-setup` with the real git: what diff, log -p and show print, and what is left behind."""

from __future__ import annotations

import contextlib
import os
import pty
import shlex
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.conftest import GitRepository, RunCli
from tests.releases.workplace import ok, run

GREETING = """\
description: Greet a customer.
provider: openai
model: gpt-4o-mini
parameters: {temperature: 0.7, max_tokens: 200}
variables:
  name: {type: string}
  tone: {type: string, enum: [friendly, formal], default: friendly}
messages:
  - role: system
    content: |
      You write greetings. Be short.
      Never ask a question.
  - {role: user, content: "Greet {{ name }} in a {{ tone }} tone."}
"""
RELAID = """\
# The same prompt, written by somebody else.
model: "gpt-4o-mini"
provider: openai
description: >-
  Greet
  a customer.
parameters:
  max_tokens: 200
  temperature: 0.70
variables:
  tone:
    default: friendly
    enum:
      - friendly
      - formal
    type: string
  name:
    type: string
messages:
  - content: |-
      You write greetings.
      Be short. Never ask a question.
    role: system
  - role: user
    content: 'Greet {{ name }} in a {{ tone }} tone.'
"""


@pytest.fixture
def repository(git_repository: GitRepository) -> GitRepository:
    """One prompt, committed, and git set up."""
    files = {"promptctl.yaml": "version: 1\n", "prompts/greeting.yaml": GREETING}
    git_repository.commit(files, "Greet")
    ok(git_repository.path, "git-setup")
    return git_repository


def body(diff: str) -> list[str]:
    """The lines of a diff that say what differs."""
    return [
        line
        for line in diff.splitlines()
        if line.startswith(("-", "+", "@@")) and not line.startswith(("---", "+++"))
    ]


def test_diff_show_and_log_say_what_changed(repository: GitRepository) -> None:
    edited = GREETING.replace("Be short.", "Be very short.").replace("0.7", "0.2")
    repository.write("prompts/greeting.yaml", edited)
    changes = [
        *("-parameters.temperature: 0.7", "+parameters.temperature: 0.2"),
        *("-    Be short.", "+    Be very short."),
    ]
    worktree = repository.git("diff", "-U0")
    assert [line for line in body(worktree) if line[0] != "@"] == changes
    assert body(worktree)[-3].endswith("@@ message system")
    repository.commit()
    for command in (("show", "-U0"), ("log", "-p", "-U0", "-1"), ("diff", "-U0", "HEAD~1", "HEAD")):
        assert [line for line in body(repository.git(*command)) if line[0] != "@"] == changes
    assert "Be {+very+} short." in repository.git("show", "--word-diff")
    assert "0.[-7-]" not in repository.git("show", "--word-diff"), "a number is one word"


def test_layout_is_no_difference(repository: GitRepository) -> None:
    repository.commit({"prompts/greeting.yaml": RELAID}, "Write it otherwise")
    assert body(repository.git("show", "--format=")) == []
    assert body(repository.git("diff", "--no-textconv", "HEAD~1", "HEAD")) != []


def test_patches_for_programs_stay_what_they_were(repository: GitRepository) -> None:
    repository.commit({"prompts/greeting.yaml": GREETING.replace("0.7", "0.2")}, "Cooler")
    patch = repository.git("format-patch", "-1", "--stdout") + "\n"
    assert "+parameters: {temperature: 0.2, max_tokens: 200}" in patch
    repository.git("reset", "--quiet", "--hard", "HEAD~1")
    repository.git("am", "--quiet", stdin=patch)
    assert "0.2" in (repository.path / "prompts/greeting.yaml").read_text()
    assert "parameters: {temperature" in repository.git("diff-tree", "-p", "HEAD")


def test_what_is_no_prompt_is_shown_as_it_is(repository: GitRepository) -> None:
    broken = "messages: [\n\x1b[2Jred\n"
    repository.commit({"prompts/greeting.yaml": broken, "prompts/a.tests.yaml": "- a\n"}, "Break")
    shown = repository.git("show", "--format=")
    assert "+messages: [" in shown
    assert "+- a" in shown
    assert "\x1b" not in shown
    assert "+\\x1b[2Jred" in shown


def test_text_that_hides_is_shown(repository: GitRepository) -> None:
    hidden = GREETING.replace("Be short.", "Be short\u200b\u202e.")
    repository.commit({"prompts/greeting.yaml": hidden}, "Hide")
    assert "Be short\\u200b\\u202e." in repository.git("show")


def test_conflicts_end_without_an_error(repository: GitRepository) -> None:
    repository.git("switch", "--quiet", "--create", "other")
    repository.commit({"prompts/greeting.yaml": GREETING.replace("0.7", "0.1")})
    repository.git("switch", "--quiet", "main")
    repository.commit({"prompts/greeting.yaml": GREETING.replace("0.7", "0.9")})
    merged = subprocess.run(
        ["git", "merge", "other"], cwd=repository.path, capture_output=True, check=False
    )
    assert merged.returncode == 1
    assert "<<<<<<<" in repository.git("diff")


@pytest.mark.parametrize("folder", ["my prompts", 'a "b"', "so*me [x]", "übersicht"])
def test_folders_with_odd_names(git_repository: GitRepository, folder: str) -> None:
    git_repository.commit(
        {
            f"{folder}/promptctl.yaml": "prompts_dir: p q\n",
            f"{folder}/p q/a/b.yaml": GREETING,
            "elsewhere/p q/b.yaml": GREETING,
        }
    )
    ok(git_repository.path / folder, "git-setup")
    git_repository.write(f"{folder}/p q/a/b.yaml", GREETING.replace("0.7", "1"))
    git_repository.write("elsewhere/p q/b.yaml", GREETING.replace("0.7", "1"))
    assert "+parameters.temperature: 1" in git_repository.git("diff", "--", folder)
    assert "+parameters: {" in git_repository.git("diff", "--", "elsewhere")
    assert run(git_repository.path / folder, "git-setup", "--status").returncode == 0


# --- what it puts there, and takes away ------------------------------------------------------------


def kept_files(repository: GitRepository) -> dict[str, bytes]:
    """Everything in the clone that holds settings, and every ref."""
    git = repository.path / ".git"
    files = [git / "config", *sorted((git / "info").glob("*")), repository.path / ".gitattributes"]
    found = {path.name: path.read_bytes() for path in files if path.is_file()}
    return found | {"refs": repository.git("for-each-ref").encode()}


@pytest.mark.parametrize(
    "attributes", [None, b"*.md text\n", b"# no line end\n*.yaml -text", b"*.x a\r\n*.y b\r\n"]
)
@pytest.mark.parametrize("shared", [[], ["--shared"]])
def test_removal_leaves_all_files_as_they_were(
    git_repository: GitRepository, attributes: bytes | None, shared: list[str]
) -> None:
    git_repository.commit({"promptctl.yaml": "version: 1\n", "prompts/greeting.yaml": GREETING})
    git_repository.git("config", "diff.promptctl-of-mine.textconv", "cat")
    git_repository.git("config", "diff.promptctl.binary", "false")
    if attributes is not None:
        git_repository.write(".git/info/attributes", attributes)
        git_repository.write(".gitattributes", attributes)
    before = kept_files(git_repository)
    ok(git_repository.path, "git-setup", *shared)
    assert kept_files(git_repository) != before
    git_repository.git("log", "-p")  # fills the cache
    assert ok(git_repository.path, "git-setup", *shared) == ""
    assert kept_files(git_repository) != before
    removed = ok(git_repository.path, "git-setup", "--remove", *shared)
    assert "diff.promptctl" in removed
    assert kept_files(git_repository) == before
    assert ok(git_repository.path, "git-setup", "--remove", *shared) == ""
    assert kept_files(git_repository) == before


def test_lines_of_the_user_count_last(repository: GitRepository) -> None:
    attributes = repository.path / ".git/info/attributes"
    attributes.write_bytes(attributes.read_bytes() + b"/prompts/secret/** -diff\n")
    repository.commit({"prompts/secret/a.yaml": GREETING})
    assert "Binary files" in repository.git("show", "--format=")
    ok(repository.path, "git-setup", "--remove")
    assert attributes.read_bytes() == b"/prompts/secret/** -diff\n"


def test_status(git_repository: GitRepository) -> None:
    git_repository.commit({"promptctl.yaml": "version: 1\n", "prompts/greeting.yaml": GREETING})

    def status() -> tuple[int, str]:
        done = run(git_repository.path, "git-setup", "--status")
        return done.returncode, done.stdout.partition(";")[0].strip()

    assert status() == (1, "off: git compares prompts/**/*.yaml line by line")
    ok(git_repository.path, "git-setup", "--shared")
    assert status() == (0, "on: git compares prompts/**/*.yaml by what they say")
    command = git_repository.git("config", "diff.promptctl.textconv")
    git_repository.git(
        "config", "diff.promptctl.textconv", command.replace(shlex.quote(sys.executable), "/gone")
    )
    assert status() == (1, "off: the promptctl that installed it is gone")
    git_repository.git(
        "config", "diff.promptctl.textconv", command.replace("textconv 1", "textconv 0")
    )
    code, text = status()
    assert (code, text.startswith("on: ")) == (0, True)
    git_repository.git("config", "--remove-section", "diff.promptctl")
    assert status() == (1, "off: this clone has no driver promptctl")
    ok(git_repository.path, "git-setup")
    git_repository.write(".git/info/attributes", "*.yaml diff=other\n")
    assert status()[1] == (
        "off: the attributes of prompts/**/*.yaml name the driver other, and theirs count last"
    )


def test_a_dry_run_changes_nothing(git_repository: GitRepository) -> None:
    git_repository.commit({"promptctl.yaml": "version: 1\n", "prompts/greeting.yaml": GREETING})
    before = kept_files(git_repository)
    shown = ok(git_repository.path, "git-setup", "--dry-run")
    assert shown == (
        "would add  diff.promptctl  to .git/config\n"
        "would add  /prompts/**/*.yaml diff=promptctl  to .git/info/attributes\n"
    )
    assert kept_files(git_repository) == before


def test_where_promptctl_is_gone_git_shows_the_files(repository: GitRepository) -> None:
    command = repository.git("config", "diff.promptctl.textconv")
    assert shlex.quote(sys.executable) in command
    gone = command.replace(shlex.quote(sys.executable), "/no/such/python")
    repository.git("config", "diff.promptctl.textconv", gone)
    repository.write("prompts/greeting.yaml", GREETING.replace("0.7", "0.2"))
    assert "+parameters: {temperature: 0.2, max_tokens: 200}" in repository.git("diff")


def test_code_in_the_working_tree_is_not_run(repository: GitRepository) -> None:
    for name in ("promptctl", "yaml"):
        repository.write(f"{name}/__init__.py", "open('run', 'w')\n")
        repository.write(f"{name}/__main__.py", "open('run', 'w')\n")
    repository.write("prompts/greeting.yaml", GREETING.replace("0.7", "0.2"))
    assert "+parameters.temperature: 0.2" in repository.git("diff")
    assert not (repository.path / "run").exists()


def test_a_clone_that_was_moved(repository: GitRepository, tmp_path: Path) -> None:
    repository.commit({"prompts/greeting.yaml": GREETING.replace("0.7", "0.2")})
    shutil.move(repository.path, tmp_path / "moved")
    repository.path = tmp_path / "moved"
    assert "+parameters.temperature: 0.2" in repository.git("show")


def test_all_worktrees_of_a_clone_share_it(repository: GitRepository, tmp_path: Path) -> None:
    repository.git("worktree", "add", "--quiet", str(tmp_path / "second"))
    second = tmp_path / "second"
    (second / "prompts/greeting.yaml").write_text(GREETING.replace("0.7", "0.2"))
    shown = subprocess.run(["git", "diff"], cwd=second, capture_output=True, text=True, check=True)
    assert "+parameters.temperature: 0.2" in shown.stdout
    assert run(second, "git-setup", "--status").returncode == 0
    ok(second, "git-setup", "--remove")
    assert run(repository.path, "git-setup", "--status").returncode == 1


def test_a_bare_repository(repository: GitRepository, tmp_path: Path) -> None:
    repository.commit({"prompts/greeting.yaml": GREETING.replace("0.7", "0.2")})
    bare = tmp_path / "bare.git"
    repository.git("clone", "--quiet", "--bare", ".", str(bare))
    ok(bare, "git-setup")
    shown = subprocess.run(["git", "show"], cwd=bare, capture_output=True, text=True, check=True)
    assert "+parameters.temperature: 0.2" in shown.stdout
    assert run(bare, "git-setup", "--shared").returncode == 4
    ok(bare, "git-setup", "--remove")
    assert not (bare / "info/attributes").exists()


def test_many_at_once(git_repository: GitRepository) -> None:
    git_repository.commit({"promptctl.yaml": "version: 1\n", "prompts/greeting.yaml": GREETING})
    before = kept_files(git_repository)
    with ThreadPoolExecutor(6) as pool:
        done = list(pool.map(lambda _: run(git_repository.path, "git-setup"), range(6)))
    assert [one.returncode for one in done] == [0] * 6, [one.stderr for one in done]
    assert git_repository.git("config", "--get-all", "diff.promptctl.textconv").count("\n") == 0
    assert (git_repository.path / ".git/info/attributes").read_text().count("diff=promptctl") == 1
    ok(git_repository.path, "git-setup", "--remove")
    assert kept_files(git_repository) == before


def test_a_configuration_that_cannot_be_written(git_repository: GitRepository) -> None:
    git_repository.commit({"promptctl.yaml": "version: 1\n", "prompts/greeting.yaml": GREETING})
    git_repository.write(".git/config.lock", "")
    done = run(git_repository.path, "git-setup")
    assert done.returncode == 74
    assert "the configuration of this clone cannot be written" in done.stderr
    assert not (git_repository.path / ".git/info/attributes").exists()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_clone_that_may_only_be_read(git_repository: GitRepository) -> None:
    git_repository.commit({"promptctl.yaml": "version: 1\n", "prompts/greeting.yaml": GREETING})
    os.chmod(git_repository.path / ".git", 0o500)
    done = run(git_repository.path, "git-setup")
    os.chmod(git_repository.path / ".git", 0o700)
    assert (done.returncode, "Traceback" in done.stderr) == (74, False)


def test_a_link_in_place_of_the_attributes_is_not_written_through(
    git_repository: GitRepository, tmp_path: Path
) -> None:
    git_repository.commit({"promptctl.yaml": "version: 1\n", "prompts/greeting.yaml": GREETING})
    (tmp_path / "outside").write_text("mine\n")
    (git_repository.path / ".gitattributes").symlink_to(tmp_path / "outside")
    done = run(git_repository.path, "git-setup", "--shared")
    assert (done.returncode, "link" in done.stderr) == (1, True)
    assert (tmp_path / "outside").read_text() == "mine\n"


@pytest.mark.parametrize(("answer", "is_set_up"), [("y", True), ("", False), ("n", False)])
def test_init_offers_it_at_a_terminal(tmp_path: Path, answer: str, is_set_up: bool) -> None:
    shown = _at_terminal(tmp_path, ["init"], answer)
    assert shown.count("Let git diff, git log -p and git show compare") == 1
    assert shown.rstrip().endswith("with a remote: git push first"), "what to type next stands last"
    assert (run(tmp_path, "git-setup", "--status").returncode == 0) == is_set_up
    again = _at_terminal(tmp_path, ["init"], "")
    assert ("Let git diff" in again) != is_set_up


@pytest.mark.parametrize(
    "words", [["init", "-q"], ["init", "--dry-run"], ["init", "--format", "json"]]
)
def test_init_does_not_ask_programs(tmp_path: Path, words: list[str]) -> None:
    assert "Let git diff" not in _at_terminal(tmp_path, words, "")


def test_init_asks_nobody_where_nobody_sits(tmp_path: Path) -> None:
    done = run(tmp_path, "init")
    assert (done.returncode, "Let git diff" in done.stderr) == (0, False)


def _at_terminal(folder: Path, words: list[str], answer: str) -> str:
    """What a command shows at a terminal, with one line typed ahead."""
    ours, theirs = pty.openpty()
    os.write(ours, f"{answer}\n".encode())
    process = subprocess.Popen(
        [sys.executable, "-m", "promptctl", *words],
        cwd=folder,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    shown = bytearray()
    with contextlib.suppress(OSError):  # how a terminal says that nobody writes to it any more
        while chunk := os.read(ours, 1 << 16):
            shown += chunk
    os.close(ours)
    assert process.wait() == 0
    return shown.decode()


def test_outside_git(run_cli: RunCli, tmp_path: Path) -> None:
    (tmp_path / "promptctl.yaml").write_text("version: 1\n")
    result = run_cli(["git-setup"])
    assert (result.exit_code, "is in no git repository" in result.stderr) == (3, True)


def test_git_converts_a_state_only_once(repository: GitRepository) -> None:
    repository.commit({"prompts/greeting.yaml": GREETING.replace("0.7", "0.2")})
    first = repository.git("log", "-p")
    command = repository.git("config", "diff.promptctl.textconv")
    kept = repository.git("for-each-ref", "--format=%(subject)", "refs/notes/textconv/promptctl")
    assert kept == command
    assert repository.git("log", "-p") == first


def test_what_is_left_for_every_clone_is_said(git_repository: GitRepository) -> None:
    git_repository.commit({"prompts/greeting.yaml": "provider: echo\ntemplate: Hello\n"})
    ok(git_repository.path, "git-setup", "--shared")
    done = run(git_repository.path, "git-setup", "--remove")
    assert (
        ".gitattributes still names the driver, for every clone: promptctl git-setup --remove --shared"
        in " ".join(done.stderr.split())
    )
    done = run(git_repository.path, "git-setup", "--remove", "--shared")
    assert "still names" not in done.stderr
    assert not (git_repository.path / ".gitattributes").exists()
