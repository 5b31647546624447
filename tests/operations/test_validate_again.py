"""validate with its memory finds what validate without it finds, whatever happens to the files meanwhile."""

from __future__ import annotations

import ast
import os
import random
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from promptctl.core.finding import Finding
from promptctl.operations.check_memory import DIGEST, read_memory
from promptctl.operations.repository import open_repository
from promptctl.operations.validate import Report, validate
from promptctl.state.cache import Cache
from tests.conftest import GitRepository, RunCli
from tests.example_files import Example, invalid_examples, valid_examples
from tests.generated_prompts import write_prompts

HELLO = "provider: echo\ntemplate: Hello\n"
UNUSED = "provider: echo\nvariables: {a: {type: string}}\ntemplate: Hello\n"
INCLUDES = "provider: echo\ntemplate: '{% include \"_partials/tone.md\" %} x'\n"


def _later() -> int:
    """A time at which every file is old enough for its stamp to be trusted."""
    return time.time_ns() + 10_000_000_000


def check(folder: Path, clock: Callable[[], int] = _later) -> Report:
    """The report with the memory, which must be that without it, byte for byte."""
    plain = validate(open_repository(folder, os.environ, lenient=True))
    again = validate(open_repository(folder, os.environ, lenient=True), remember=True, clock=clock)
    assert list(again.findings) == list(plain.findings)
    assert (again.prompts, list(again.files)) == (plain.prompts, list(plain.files))
    return again


def rules(report: Report) -> list[str]:
    """The rules of all findings."""
    return [finding.rule for finding in report.findings]


def cache_files(hermetic: Path) -> list[Path]:
    """The caches that were written."""
    folder = hermetic / ".cache/promptctl/results"
    return sorted(folder.iterdir()) if folder.exists() else []


@pytest.fixture
def folder(git_repository: GitRepository) -> Path:
    git_repository.commit(
        {
            "promptctl.yaml": "version: 1\n",
            "prompts/hello.yaml": HELLO,
            "prompts/unused.yaml": UNUSED,
            "prompts/team/includes.yaml": INCLUDES,
            "prompts/_partials/tone.md": "Be kind.\n",
        }
    )
    return git_repository.path


class Checks:
    """Counts the prompt files that are really checked."""

    def __init__(self) -> None:
        self.paths: list[str] = []


@pytest.fixture
def checked(monkeypatch: pytest.MonkeyPatch) -> Checks:
    """Which files were checked with the memory, seen where they are read."""
    from promptctl.operations import check_files

    counted = Checks()
    original = check_files._Watched.read_path

    def read_path(watched: check_files._Watched, path: str) -> bytes:
        counted.paths.append(path)
        return original(watched, path)

    monkeypatch.setattr(check_files._Watched, "read_path", read_path)
    return counted


def test_only_what_changed_is_checked_again(folder: Path, checked: Checks) -> None:
    assert rules(check(folder)) == ["variable-unused"]
    assert len(checked.paths) == 3
    checked.paths.clear()
    assert rules(check(folder)) == ["variable-unused"]
    assert checked.paths == []
    (folder / "prompts/hello.yaml").write_text(HELLO + "colour: red\n")
    assert rules(check(folder)) == ["schema-unknown-key", "variable-unused"]
    assert checked.paths == ["prompts/hello.yaml"]


def test_the_same_bytes_need_no_check_whatever_the_stamps_say(
    folder: Path, checked: Checks
) -> None:
    check(folder)
    checked.paths.clear()
    for path in (folder / "prompts").rglob("*.*"):
        path.write_bytes(path.read_bytes())
    check(folder)
    shutil.copytree(folder / "prompts", folder / "copied")
    shutil.rmtree(folder / "prompts")
    (folder / "copied").rename(folder / "prompts")
    check(folder)
    assert checked.paths == []


def test_a_stamp_of_just_now_is_not_trusted(folder: Path) -> None:
    check(folder, time.time_ns)
    path = folder / "prompts/hello.yaml"
    before = path.stat()
    path.write_text(HELLO.replace("template", "templade"))
    assert path.stat().st_size == before.st_size
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert "schema-unknown-key" in rules(check(folder, time.time_ns))


def test_an_edit_that_hides_itself_shows_in_the_time_of_change(folder: Path) -> None:
    check(folder)
    path = folder / "prompts/hello.yaml"
    before = path.stat()
    time.sleep(0.02)  # longer than a tick of any clock here
    path.write_text(HELLO.replace("template", "templade"))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert "schema-unknown-key" in rules(check(folder))


def test_an_included_text_counts(folder: Path, checked: Checks) -> None:
    check(folder)
    tone = folder / "prompts/_partials/tone.md"
    checked.paths.clear()
    tone.write_text("Be kind to {{ name }}.\n")
    assert "variable-undeclared" in rules(check(folder))
    assert checked.paths == ["prompts/team/includes.yaml"]
    tone.unlink()
    assert "include-missing" in rules(check(folder))
    assert "include-missing" in rules(check(folder))
    tone.write_text("Be kind.\n")
    assert rules(check(folder)) == ["variable-unused"]


def test_an_included_text_that_git_ignores_is_refused(
    folder: Path, git_repository: GitRepository
) -> None:
    git_repository.git("rm", "--quiet", "--cached", "prompts/_partials/tone.md")
    assert rules(check(folder)) == ["variable-unused"]
    (folder / ".gitignore").write_text("tone.md\n")
    assert "include-refused" in rules(check(folder))
    (folder / ".gitignore").unlink()
    assert rules(check(folder)) == ["variable-unused"]
    exclude = folder / ".git/info/exclude"
    exclude.parent.mkdir(exist_ok=True)
    exclude.write_text("_partials/\n")
    assert "include-refused" in rules(check(folder))
    git_repository.git("add", "--force", "prompts/_partials/tone.md")
    assert rules(check(folder)) == ["variable-unused"]


def test_a_folder_that_became_a_link_is_seen(folder: Path) -> None:
    check(folder)
    partials = folder / "prompts/_partials"
    partials.rename(folder / "aside")
    partials.symlink_to(folder / "aside")
    assert "include-refused" in rules(check(folder))
    (folder / "prompts/team").rename(folder / "team")
    (folder / "prompts/team").symlink_to(folder / "team")
    assert "file-unreadable" in rules(check(folder))


def test_names_count_too(folder: Path) -> None:
    check(folder)
    (folder / "prompts/HELLO.yaml").write_text(HELLO)
    assert {"name-clash", "name-invalid"} <= set(rules(check(folder)))
    (folder / "prompts/HELLO.yaml").unlink()
    (folder / "prompts/hello.yml").write_text(HELLO)
    assert "name-extension" in rules(check(folder))
    (folder / "prompts/hello.yml").unlink()
    (folder / "prompts/another.yaml").write_text(HELLO)
    assert check(folder).prompts == 4


def test_the_settings_count(folder: Path) -> None:
    assert rules(check(folder)) == ["variable-unused"]
    settings = folder / "promptctl.yaml"
    settings.write_text("version: 1\nrules: {variable-unused: error}\n")
    assert not check(folder).is_valid
    settings.write_text("version: 1\nrules: {variable-unused: off}\n")
    assert rules(check(folder)) == []
    settings.write_text("version: 1\nrules: {no-such-rule: off}\n")
    assert rules(check(folder)) == ["settings-invalid", "variable-unused"]
    settings.write_text("version: 1\n\n\nrules: {no-such-rule: off}\n")
    assert rules(check(folder)) == ["settings-invalid", "variable-unused"]
    settings.write_text("version: 2\n")
    assert "settings-invalid" in rules(check(folder))
    settings.unlink()
    assert rules(check(folder)) == ["variable-unused"]


def test_a_folder_that_comes_and_goes(folder: Path) -> None:
    (folder / "promptctl.yaml").write_text("version: 1\nprompts_dir: later\n")
    assert rules(check(folder)) == ["settings-invalid"]
    (folder / "later").mkdir()
    assert rules(check(folder)) == []
    (folder / "later/hello.yaml").write_text(HELLO)
    assert check(folder).prompts == 1
    shutil.rmtree(folder / "later")
    assert rules(check(folder)) == ["settings-invalid"]


def test_without_git_it_works_as_well(tmp_path: Path) -> None:
    write_prompts(tmp_path, 20)
    check(tmp_path)
    for path in (tmp_path / "prompts/_partials").iterdir():
        path.write_text("{{ unknown }}\n")
    assert "variable-undeclared" in rules(check(tmp_path))


def test_many_files_are_shared_out_and_remembered(tmp_path: Path, checked: Checks) -> None:
    write_prompts(tmp_path, 150)
    check(tmp_path)
    checked.paths.clear()
    (tmp_path / "prompts/team-03/prompt-00003.yaml").write_text(UNUSED)
    assert rules(check(tmp_path)) == ["variable-unused"]
    assert checked.paths == ["prompts/team-03/prompt-00003.yaml"]


def damaged(content: bytes) -> Iterator[bytes]:
    """A cache with its checksum right and something else wrong."""
    head, _, blocks = content.partition(b"\n")
    yield b""
    yield b"{}\n" + blocks
    yield head + b"\n"
    yield content[:-1]
    yield content + b"\0"
    yield head.replace(b'"findings":{', b'"findings":{"x":[],') + b"\n" + blocks
    yield head.replace(b'"warning"', b'"loud"') + b"\n" + blocks
    yield head.replace(b"variable-unused", b"variable-unused" * 2, 1) + b"\n"
    yield head.replace(b'"sets":[', b'"sets":[["nowhere"],') + b"\n" + blocks
    yield b"[" * 100_000
    yield b"null\n"


def test_a_cache_that_makes_no_sense_is_as_none(folder: Path, hermetic: Path) -> None:
    check(folder)
    repository = open_repository(folder, os.environ)
    (path,) = cache_files(hermetic)
    key_line = path.read_bytes().split(b"\n")[1]
    cache = Cache.open(
        os.environ, "validate", folder, ast.literal_eval(key_line.split(b" ", 3)[3].decode())
    )
    content = cache.read()
    assert content is not None
    for broken in damaged(content):
        cache.write(broken)
        read_memory(cache)
        check(repository.directory)


EXAMPLES = [
    pytest.param(example, id=example.name, marks=[pytest.mark.full] * ("bomb" in example.name))
    for example in (*valid_examples(), *invalid_examples())
]


@pytest.mark.parametrize("example", EXAMPLES)
def test_over_the_examples_nothing_differs(example: Example, tmp_path: Path) -> None:
    example.make(tmp_path)
    first: list[Finding] | None = None
    for _ in range(3):
        report = check(tmp_path)
        first = first if first is not None else list(report.findings)
        assert list(report.findings) == first


TEXTS = (HELLO, UNUSED, INCLUDES, "a: [\n", "provider: echo\nx: 1\n", "", "\xff\n", INCLUDES * 2)
PARTIALS = ("Be kind.\n", "{{ name }}\n", '{% include "_partials/more.md" %}', "\n")


def _step(chance: random.Random, folder: Path) -> None:
    """One thing that somebody may do to a repository between two checks."""
    names = ("hello", "unused", "team/includes", "team/b", "c", "C", "team")
    path = folder / f"prompts/{chance.choice(names)}.yaml"
    partial = folder / f"prompts/_partials/{chance.choice(('tone', 'more'))}.md"
    path.parent.mkdir(exist_ok=True)
    match chance.randrange(9):
        case 0 | 1 | 2:
            path.write_text(chance.choice(TEXTS), encoding="latin-1")
        case 3:
            path.unlink(missing_ok=True)
        case 4:
            partial.write_text(chance.choice(PARTIALS))
        case 5:
            partial.unlink(missing_ok=True)
        case 6:
            ignored = chance.choice(("", "tone.md\n", "_partials/\n", "*.yaml\n"))
            (folder / ".gitignore").write_text(ignored)
        case 7:
            found = chance.choice(("", "rules: {variable-unused: error}\n", "rules: {x: off}\n"))
            (folder / "promptctl.yaml").write_text("version: 1\n" + found)
        case 8:
            for command in (chance.choice((["add", "-A"], ["stash"], ["checkout", "-q", "."])),):
                subprocess.run(["git", *command], cwd=folder, check=False, capture_output=True)


@pytest.mark.parametrize("seed", range(12))
def test_over_random_edits_nothing_differs(folder: Path, seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(25):
        for _ in range(chance.randrange(3)):
            _step(chance, folder)
        check(folder, chance.choice((_later, time.time_ns)))


# --- the command ----------------------------------------------------------------------------------


@pytest.mark.parametrize("output_format", ["text", "json", "github", "sarif", "junit"])
def test_the_output_is_the_same_byte_for_byte(
    folder: Path, run_cli: RunCli, hermetic: Path, output_format: str
) -> None:
    (folder / "prompts/broken.yaml").write_text("a: [\n")
    words = ["validate", "--format", output_format]
    plain = run_cli([*words, "--no-cache"], cwd=folder)
    assert cache_files(hermetic) == []
    first = run_cli(words, cwd=folder)
    assert len(cache_files(hermetic)) == 1
    again = run_cli(words, cwd=folder)
    from_below = [run_cli([*words, flag], cwd=folder / "prompts") for flag in ("-q", "--no-cache")]
    assert plain == first == again
    assert from_below[0].stdout == from_below[1].stdout
    assert plain.exit_code == 1


def test_a_selection_is_not_remembered(folder: Path, run_cli: RunCli, hermetic: Path) -> None:
    run_cli(["validate", "hello"], cwd=folder)
    run_cli(["validate", "--changed", "--base", "HEAD"], cwd=folder)
    assert cache_files(hermetic) == []


def test_where_no_cache_can_be_written_it_is_only_slower(folder: Path, run_cli: RunCli) -> None:
    done = run_cli(["validate"], cwd=folder, env={"XDG_CACHE_HOME": "/dev/null"})
    assert (done.exit_code, done.stderr) == (0, "1 warning in 1 file\n")


def test_the_memory_holds_no_text_of_a_prompt(
    folder: Path, run_cli: RunCli, hermetic: Path
) -> None:
    (folder / "prompts/hello.yaml").write_text("provider: echo\ntemplate: Tell nobody.\n")
    run_cli(["validate"], cwd=folder)
    (path,) = cache_files(hermetic)
    assert b"Tell nobody" not in path.read_bytes()
    assert DIGEST == 32
