"""`promptctl fmt`: files in canonical layout, on disk, as a patch, through a pipe."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
import yaml

from tests.conftest import GitRepository, RunCli

UNTIDY = """\
provider:   'echo'
description: "Says it back."
template: "One line.\\nAnother."   # to all
"""
TIDY = """\
description: Says it back.
provider: echo
template: |-   # to all
  One line.
  Another.
"""


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with an untidy prompt and a tidy one."""
    (tmp_path / "prompts/desk").mkdir(parents=True)
    (tmp_path / "promptctl.yaml").write_text('version:   1\nrules: {"secret": "error"}\n')
    (tmp_path / "prompts/untidy.yaml").write_text(UNTIDY)
    (tmp_path / "prompts/desk/tidy.yaml").write_text(TIDY)
    return tmp_path


def test_it_writes_what_is_not_in_canonical_layout(repository: Path, run_cli: RunCli) -> None:
    tidy = repository / "prompts/desk/tidy.yaml"
    before = tidy.stat()
    result = run_cli(["fmt"])
    assert (result.exit_code, result.stdout) == (0, "promptctl.yaml\nprompts/untidy.yaml\n")
    assert result.stderr == "2 of 3 files formatted\n"
    assert (repository / "prompts/untidy.yaml").read_text() == TIDY
    assert (repository / "promptctl.yaml").read_text() == "version: 1\nrules: {secret: error}\n"
    assert (tidy.stat().st_ino, tidy.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    again = run_cli(["fmt"])
    assert (again.exit_code, again.stdout) == (0, "")
    assert again.stderr == "3 files, nothing to format\n"


def test_check_writes_nothing_and_answers_no(repository: Path, run_cli: RunCli) -> None:
    result = run_cli(["fmt", "--check"])
    assert (result.exit_code, result.stdout) == (1, "promptctl.yaml\nprompts/untidy.yaml\n")
    assert result.stderr == "2 of 3 files would be formatted: promptctl fmt\n"
    assert (repository / "prompts/untidy.yaml").read_text() == UNTIDY
    assert run_cli(["fmt", "--check", "desk/*"]).exit_code == 0


def test_names_paths_and_the_settings_file_can_be_given(repository: Path, run_cli: RunCli) -> None:
    inside = repository / "prompts"
    assert run_cli(["fmt", "--check", "../promptctl.yaml"], cwd=inside).stdout == (
        "../promptctl.yaml\n"
    )
    assert run_cli(["fmt", "--check", "untidy"]).stdout == "prompts/untidy.yaml\n"
    assert run_cli(["fmt", "--check", "prompts/"]).stdout == "prompts/untidy.yaml\n"
    missing = run_cli(["fmt", "untidi"])
    assert missing.exit_code == 3
    assert "did you mean `untidy`?" in missing.stderr


def test_the_patch_is_one_that_git_applies(
    repository: Path, run_cli: RunCli, tmp_path: Path
) -> None:
    (repository / "prompts/odd.yaml").write_bytes(b"\xef\xbb\xbfprovider: echo\r\ntemplate: 'hi'")
    git = GitRepository(repository)
    git.commit()
    result = run_cli(["fmt", "--diff"])
    assert (result.exit_code, result.stderr) == (
        0,
        "3 of 4 files would be formatted: promptctl fmt\n",
    )
    assert git.git("status", "--porcelain") == ""
    git.git("apply", "-", stdin=result.stdout_bytes)
    changed = git.git("status", "--porcelain")
    assert changed == " M promptctl.yaml\n M prompts/odd.yaml\n M prompts/untidy.yaml"
    assert run_cli(["fmt", "--check"]).exit_code == 0
    assert run_cli(["fmt", "--diff", "--check"]).stdout == ""
    with_check = run_cli(["fmt", "--diff", "--check", "-"], stdin=UNTIDY)
    assert with_check.exit_code == 1


@pytest.mark.parametrize(
    "name", [b"a b", b'qu"o\\te', b"li\nne", b"\xff\xe9", "é".encode(), b"\x1b[1m"]
)
def test_the_patch_names_any_file_as_git_does(
    repository: Path, run_cli: RunCli, name: bytes
) -> None:
    place = os.path.join(os.fsencode(repository), b"prompts", name + b".yaml")
    with open(place, "wb") as file:
        file.write(UNTIDY.encode())
    git = GitRepository(repository)
    git.commit()
    result = run_cli(["fmt", "--diff"])
    if b"\\" in name:  # no plain path: it is not read
        assert result.exit_code == 1
    else:
        git.git("apply", "-", stdin=result.stdout_bytes)
        with open(place, "rb") as file:
            assert file.read() != UNTIDY.encode()


def test_a_file_that_is_not_read_as_a_prompt_stays(repository: Path, run_cli: RunCli) -> None:
    for name in ("other.yml", "untidy.tests.yaml", "UNTIDY.YAML"):
        (repository / f"prompts/{name}").write_text(UNTIDY)
    run_cli(["fmt"])
    run_cli(["fmt", "prompts/other.yml"])
    for name in ("other.yml", "untidy.tests.yaml", "UNTIDY.YAML"):
        assert (repository / f"prompts/{name}").read_text() == UNTIDY


def test_in_a_folder_of_a_repository_the_patch_begins_at_the_top(
    git_repository: GitRepository, run_cli: RunCli
) -> None:
    git_repository.commit({"team/promptctl.yaml": "", "team/prompts/a.yaml": UNTIDY})
    result = run_cli(["fmt", "--diff"], cwd=git_repository.path / "team")
    assert result.stdout.startswith("--- a/team/prompts/a.yaml\n+++ b/team/prompts/a.yaml\n")


def test_a_terminal_shows_the_patch_in_colour_and_no_control_characters(
    repository: Path, run_cli: RunCli
) -> None:
    text = 'provider: echo\ntemplate:   "a\u202eb"\n'
    (repository / "prompts/untidy.yaml").write_text(text)
    result = run_cli(["fmt", "untidy", "--diff", "--color", "always"])
    assert "\x1b[31m-template" in result.stdout
    assert "\u202e" not in result.stdout
    assert "a\\u202eb" in result.stdout


def test_what_cannot_be_formatted_stays_and_is_named(repository: Path, run_cli: RunCli) -> None:
    files = {"broken": "provider: [\n", "directive": "%YAML 1.1\n---\nprovider:  echo\n"}
    for name, text in files.items():
        (repository / f"prompts/{name}.yaml").write_text(text)
    result = run_cli(["fmt"])
    assert (result.exit_code, result.stdout) == (1, "promptctl.yaml\nprompts/untidy.yaml\n")
    assert "prompts/broken.yaml:2:1: error [yaml-syntax]" in result.stderr
    assert "error: prompts/directive.yaml is left as it is" in result.stderr
    assert result.stderr.endswith("2 of 5 files formatted; 2 left as they are\n")
    for name, text in files.items():
        assert (repository / f"prompts/{name}.yaml").read_text() == text


def test_a_file_keeps_its_mode_and_a_link_is_refused(repository: Path, run_cli: RunCli) -> None:
    prompt = repository / "prompts/untidy.yaml"
    prompt.chmod(0o640)
    outside = repository / "outside.yaml"
    outside.write_text(UNTIDY)
    (repository / "prompts/link.yaml").symlink_to(outside)
    result = run_cli(["fmt"])
    assert result.exit_code == 1
    assert "file-unreadable" in result.stderr
    assert prompt.stat().st_mode & 0o777 == 0o640
    assert outside.read_text() == UNTIDY
    assert (repository / "prompts/link.yaml").is_symlink()
    assert [path.name for path in (repository / "prompts").iterdir() if "new" in path.name] == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_is_an_error(repository: Path, run_cli: RunCli) -> None:
    (repository / "prompts").chmod(0o555)
    result = run_cli(["fmt", "untidy"])
    (repository / "prompts").chmod(0o755)
    assert result.exit_code == 74


def test_a_pipe_takes_text_and_gives_text(repository: Path, run_cli: RunCli) -> None:
    result = run_cli(["fmt", "-"], stdin=UNTIDY)
    assert (result.exit_code, result.stdout, result.stderr) == (0, TIDY, "")
    assert run_cli(["fmt", "-"], stdin=TIDY).stdout == TIDY
    check = run_cli(["fmt", "-", "--check"], stdin=UNTIDY)
    assert (check.exit_code, check.stdout) == (1, "")
    patch = run_cli(["fmt", "-", "--diff", "--stdin-filename", "prompts/x.yaml"], stdin=UNTIDY)
    assert patch.stdout.startswith("--- a/prompts/x.yaml\n")
    settings = ["fmt", "-", "--stdin-filename", "promptctl.yaml"]
    assert run_cli(settings, stdin="rules: {secret:   off}\n").stdout == "rules: {secret: off}\n"


def test_a_pipe_gives_nothing_for_a_broken_text(tmp_path: Path, run_cli: RunCli) -> None:
    result = run_cli(["fmt", "-", "--stdin-filename", "a.yaml"], stdin="a: [\n")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("a.yaml:2:1: error [yaml-syntax]")


def test_what_does_not_go_together_is_wrong_usage(repository: Path, run_cli: RunCli) -> None:
    for words in (
        ["fmt", "-", "untidy"],
        ["fmt", "--stdin-filename", "x"],
        ["fmt", "-", "--format", "json"],
        ["fmt", "--diff", "--format", "json"],
    ):
        assert run_cli(words).exit_code == 2
    assert (repository / "prompts/untidy.yaml").read_text() == UNTIDY


def test_json_lists_what_is_not_canonical(repository: Path, run_cli: RunCli) -> None:
    (repository / "prompts/broken.yaml").write_text("provider: [\n")
    result = run_cli(["fmt", "--format", "json"])
    assert result.exit_code == 1
    report = json.loads(result.stdout)
    assert (report["files_checked"], report["written"]) == (4, True)
    outcomes = [(one["path"], one["outcome"]) for one in report["files"]]
    assert outcomes == [
        ("promptctl.yaml", "changed"),
        ("prompts/broken.yaml", "invalid"),
        ("prompts/untidy.yaml", "changed"),
    ]
    assert report["files"][1]["findings"][0]["rule"] == "yaml-syntax"


def test_a_bare_repository_has_nothing_to_format(tmp_path: Path, run_cli: RunCli) -> None:
    bare = GitRepository(tmp_path / "bare.git", "--bare")
    assert run_cli(["fmt"], cwd=bare.path).exit_code == 3


def test_many_files_are_shared_out_and_come_out_the_same(repository: Path, run_cli: RunCli) -> None:
    for number in range(150):
        (repository / f"prompts/p-{number:03}.yaml").write_text(UNTIDY)
    result = run_cli(["fmt", "--jobs", "2"])
    assert result.exit_code == 0
    assert len(result.stdout.splitlines()) == 152
    texts = {path.read_text() for path in (repository / "prompts").rglob("*.yaml")}
    assert texts == {TIDY}


def test_the_example_repository_is_in_canonical_layout(
    prompt_repository: GitRepository, run_cli: RunCli
) -> None:
    result = run_cli(["fmt", "--check"], cwd=prompt_repository.path)
    assert (result.exit_code, result.stdout) == (0, "")


@pytest.mark.parametrize(
    ("template", "provider"),
    [("chat", "openai"), ("string", "ollama"), ("tool", "anthropic"), ("json", "echo")],
)
def test_what_init_new_and_mv_write_is_in_canonical_layout(
    git_repository: GitRepository, run_cli: RunCli, template: str, provider: str
) -> None:
    folder = git_repository.path
    run_cli(["init"], cwd=folder)
    words = ["new", "desk/sort", "--template", template, "--provider", provider]
    assert run_cli(words, cwd=folder).exit_code == 0
    git_repository.commit()
    assert run_cli(["mv", "desk/sort", "desk/other"], cwd=folder).exit_code == 0
    result = run_cli(["fmt", "--check"], cwd=folder)
    assert (result.exit_code, result.stdout) == (0, ""), result.stderr


@pytest.mark.parametrize("flow", [True, False])
@pytest.mark.parametrize("width", [20, 1000])
def test_the_exact_request_stays_the_same(
    prompt_repository: GitRepository, run_cli: RunCli, flow: bool, width: int
) -> None:
    folder = prompt_repository.path
    variables = {
        "explain": ["--var", "word=atlas"],
        "smoke": [],
        "greeting": ["--var", "name=Ada"],
        "support/triage": ["--var", "message=Where is it?"],
        "support/order-status": ["--var", "question=Where is it?"],
    }
    requests = [["render", name, "--request", *words] for name, words in variables.items()]
    before = [run_cli(words, cwd=folder).stdout for words in requests]
    for path in (folder / "prompts").rglob("*.yaml"):
        data = yaml.load(path.read_text(), yaml.CSafeLoader)
        turned = dict(reversed(data.items()))
        text = yaml.safe_dump(turned, default_flow_style=flow, width=width, sort_keys=False)
        path.write_text(text)
    assert len(run_cli(["fmt"], cwd=folder).stdout.splitlines()) == 7
    assert [run_cli(words, cwd=folder).stdout for words in requests] == before
    assert all(before)
    assert run_cli(["fmt", "--check"], cwd=folder).exit_code == 0
