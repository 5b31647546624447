"""`promptctl edit` with real editors: small programs named by the environment."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.conftest import GitRepository, RunCli


@pytest.fixture
def editor(tmp_path: Path) -> str:
    """An editor of its own: puts the text of `next-edit` in place of the file."""
    program = tmp_path / "my editor"
    program.write_text(
        f'#!/bin/sh\ncp "{tmp_path}/next-edit" "$2"\necho "$1" > "{tmp_path}/seen"\n'
    )
    program.chmod(0o755)
    return f"'{program}' --wait"


@pytest.fixture
def shop(run_cli: RunCli, tmp_path: Path) -> Path:
    run_cli(["init", "shop"])
    return tmp_path / "shop"


def test_a_good_edit(run_cli: RunCli, shop: Path, tmp_path: Path, editor: str) -> None:
    text = (shop / "prompts/explain.yaml").read_text().replace("in plain", "in very plain")
    (tmp_path / "next-edit").write_text(text)
    result = run_cli(["edit", "explain"], cwd=shop, env={"EDITOR": editor})
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == "1 prompt, no problems\n"
    assert (shop / "prompts/explain.yaml").read_text() == text
    assert (tmp_path / "seen").read_text() == "--wait\n"


def test_an_edit_with_an_error_shows_it_and_exits_1(
    run_cli: RunCli, shop: Path, tmp_path: Path, editor: str
) -> None:
    text = (shop / "prompts/explain.yaml").read_text().replace("max_tokens", "max_token")
    (tmp_path / "next-edit").write_text(text)
    result = run_cli(["edit", "prompts/explain.yaml"], cwd=shop, env={"EDITOR": editor})
    assert result.exit_code == 1
    assert "did you mean `max_tokens`?" in result.stdout
    assert result.stdout.count("^") == len("max_token")


def test_an_unchanged_file_is_said(run_cli: RunCli, shop: Path) -> None:
    result = run_cli(["edit", "explain"], cwd=shop, env={"EDITOR": "true"})
    assert result.exit_code == 0
    assert "prompts/explain.yaml: not changed" in result.stderr


def test_visual_goes_before_editor_at_a_real_terminal(run_cli: RunCli, shop: Path) -> None:
    environment = {"VISUAL": "true", "EDITOR": "false"}
    assert (
        run_cli(["edit", "explain"], cwd=shop, env=environment | {"TERM": "xterm"}).exit_code == 0
    )
    assert run_cli(["edit", "explain"], cwd=shop, env=environment).exit_code == 74


def test_a_repository_cannot_name_the_editor(
    run_cli: RunCli, git_repository: GitRepository, tmp_path: Path
) -> None:
    run_cli(["init"], cwd=git_repository.path)
    git_repository.git("config", "core.editor", f"touch '{tmp_path}/ran' ;")
    empty = tmp_path / "bin"
    empty.mkdir()
    result = run_cli(["edit", "explain"], cwd=git_repository.path, env={"PATH": str(empty)})
    assert result.exit_code == 74
    assert "no editor" in result.stderr
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    ("editor_command", "exit_code", "words"),
    [
        ("no-such-editor", 74, "does not start"),
        ("false", 74, "exit code 1"),
        ("sh -c 'kill -TERM $$'", 74, "signal 15"),
        ("nano '", 2, "$EDITOR cannot be read"),
        ("rm", 3, "does not exist"),
    ],
)
def test_an_editor_that_fails_is_clear(
    run_cli: RunCli, shop: Path, editor_command: str, exit_code: int, words: str
) -> None:
    result = run_cli(["edit", "explain"], cwd=shop, env={"EDITOR": editor_command})
    assert result.exit_code == exit_code
    assert words in result.stderr


@pytest.mark.parametrize(
    ("name", "exit_code", "words"),
    [
        ("explian", 3, "promptctl new explian"),
        ("explain@HEAD", 2, "does not change"),
        ("../outside.yaml", 2, "no prompt file"),
        ("-x", 2, ""),
    ],
)
def test_what_cannot_be_edited(
    run_cli: RunCli, shop: Path, name: str, exit_code: int, words: str
) -> None:
    subprocess.run(["git", "add", "-A"], cwd=shop, check=True)
    subprocess.run(["git", "commit", "-qm", "Start"], cwd=shop, check=True)
    result = run_cli(["edit", name], cwd=shop, env={"EDITOR": "true"})
    assert result.exit_code == exit_code
    assert words in result.stderr


def test_a_link_is_not_edited(run_cli: RunCli, shop: Path, tmp_path: Path) -> None:
    (tmp_path / "outside").write_text("mine")
    (shop / "prompts/away.yaml").symlink_to(tmp_path / "outside")
    result = run_cli(["edit", "away"], cwd=shop, env={"EDITOR": "sh -c 'echo gone > \"$0\"'"})
    assert result.exit_code == 1
    assert (tmp_path / "outside").read_text() == "mine"


def test_at_a_terminal_it_offers_to_edit_again(shop: Path, tmp_path: Path) -> None:
    """The first edit breaks the file, the second mends it."""
    path = shop / "prompts/explain.yaml"
    program = tmp_path / "editor"
    program.write_text(
        '#!/bin/sh\nif grep -q max_tokens "$1"\n'
        'then sed -i s/max_tokens/max_token/ "$1"\nelse sed -i s/max_token/max_tokens/ "$1"\nfi\n'
    )
    program.chmod(0o755)
    before = path.read_bytes()
    code, shown = _at_terminal(["edit", "explain"], shop, {"EDITOR": str(program)}, b"y\n")
    assert code == 0
    assert "did you mean `max_tokens`?" in shown
    assert shown.count("Edit again? [Y/n]") == 1
    assert path.read_bytes() == before


def _at_terminal(
    argv: list[str], cwd: Path, environment: dict[str, str], answer: bytes
) -> tuple[int, str]:
    """Run the command at a terminal of its own and answer its first question."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "promptctl", *argv],
        cwd=cwd,
        env=dict(os.environ) | environment,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    shown, answered, deadline = b"", False, time.monotonic() + 60
    while time.monotonic() < deadline:
        if not select.select([ours], [], [], 1)[0]:
            continue
        try:
            shown += os.read(ours, 4096)
        except OSError:  # the other end is closed
            break
        if not answered and b"[Y/n]" in shown:
            os.write(ours, answer)
            answered = True
    os.close(ours)
    return process.wait(timeout=60), shown.decode()


def test_a_bare_repository_has_nothing_to_edit(tmp_path: Path, run_cli: RunCli) -> None:
    bare = GitRepository(tmp_path / "bare.git", "--bare")
    done = run_cli(["edit", "explain"], cwd=bare.path)
    assert done.exit_code == 4
    assert "is a bare repository; it has no files to edit" in done.stderr
    assert "hint: edit them in a clone of it\n" in done.stderr
