"""`promptctl validate`: what it looks at, what it answers, and that nothing stays behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from promptctl.core.rules import RULES
from promptctl.errors import LocalIOError
from promptctl.operations.workers import WORTH_FORKING, run_shared
from promptctl.output.progress import FileProgress
from promptctl.output.terminal import Terminal
from tests.conftest import GitRepository, RunCli
from tests.generated_prompts import write_prompts

HELLO = "provider: openai\nmodel: gpt-4o-mini\ntemplate: Hello\n"
BROKEN = HELLO + "temperatur: 1\n"
INCLUDES = "provider: openai\nmodel: m\nmessages: [{role: user, file: _partials/tone.md}]\n"


@pytest.fixture
def repository(git_repository: GitRepository) -> GitRepository:
    git_repository.commit(
        {
            "promptctl.yaml": "version: 1\ndefault_branch: main\n",
            "prompts/hello.yaml": HELLO,
            "prompts/support/triage.yaml": HELLO,
            "prompts/support/reply.yaml": INCLUDES,
            "prompts/_partials/tone.md": "Be kind.\n",
        }
    )
    git_repository.git("branch", "--move", "--force", "main")
    return git_repository


def looked_at(
    run_cli: RunCli, repository: GitRepository, *arguments: str, cwd: Path | None = None
) -> int:
    result = run_cli(["validate", "--format", "json", *arguments], cwd=cwd or repository.path)
    assert result.exit_code == 0, result.stderr
    prompts: int = json.loads(result.stdout)["prompts_checked"]
    return prompts


@pytest.mark.parametrize(
    ("target", "count"),
    [
        ("hello", 1),
        ("support/*", 2),
        ("*", 3),
        ("prompts/hello.yaml", 1),
        ("./prompts/support", 2),
        ("prompts/", 3),
        ("./prompts", 3),
        (".", 3),
        ("promptctl.yaml", 0),
    ],
)
def test_a_target_is_a_path_or_a_glob_of_names(
    target: str, count: int, repository: GitRepository, run_cli: RunCli
) -> None:
    assert looked_at(run_cli, repository, target) == count


def test_paths_start_where_the_user_stands(repository: GitRepository, run_cli: RunCli) -> None:
    folder = repository.path / "prompts/support"
    assert looked_at(run_cli, repository, "triage.yaml", cwd=folder) == 1
    repository.write("prompts/support/triage.yaml", BROKEN)
    assert run_cli(["validate", "."], cwd=folder).stdout.startswith("triage.yaml:4:1: error")
    assert run_cli(["validate", "hello"], cwd=folder).exit_code == 0


@pytest.mark.parametrize("target", ["nope", "./nope.yaml", "suport/*", "/etc/passwd", "../x.yaml"])
def test_a_target_that_matches_nothing_is_not_found(
    target: str, repository: GitRepository, run_cli: RunCli
) -> None:
    result = run_cli(["validate", target], cwd=repository.path)
    assert (result.exit_code, result.stdout) == (3, "")
    assert "hint:" in result.stderr


def test_every_format_says_the_same(repository: GitRepository, run_cli: RunCli) -> None:
    repository.write("prompts/hello.yaml", BROKEN)
    outputs = {}
    for name in ("text", "json", "github", "sarif", "junit"):
        result = run_cli(["validate", "--format", name], cwd=repository.path)
        assert result.exit_code == 1
        assert result.stderr == "1 error in 1 file\n"
        outputs[name] = result.stdout
    assert all("schema-unknown-key" in text for text in outputs.values())
    assert outputs["text"].startswith("prompts/hello.yaml:4:1: error [schema-unknown-key]")
    assert "::error file=prompts/hello.yaml,line=4" in outputs["github"]
    assert json.loads(outputs["sarif"])["version"] == "2.1.0"
    assert ElementTree.fromstring(outputs["junit"]).tag in ("testsuites", "testsuite")


def test_findings_can_go_to_a_file(repository: GitRepository, run_cli: RunCli) -> None:
    repository.write("prompts/hello.yaml", BROKEN)
    result = run_cli(["validate", "--format", "sarif", "-o", "out.sarif"], cwd=repository.path)
    assert (result.exit_code, result.stdout) == (1, "")
    assert json.loads((repository.path / "out.sarif").read_text())["version"] == "2.1.0"


def test_rules_are_listed_with_the_severity_in_force(
    repository: GitRepository, run_cli: RunCli
) -> None:
    repository.write("promptctl.yaml", "version: 1\nrules: {variable-unused: error, secret: off}\n")
    text = run_cli(["validate", "--rules"], cwd=repository.path).stdout
    assert [line.split()[0] for line in text.splitlines()] == list(RULES)
    assert ["always on" in line for line in text.splitlines()] == [r.fixed for r in RULES.values()]
    listed = json.loads(
        run_cli(["validate", "--rules", "--format", "json"], cwd=repository.path).stdout
    )
    severities = {rule["id"]: rule["severity"] for rule in listed["rules"]}
    assert (severities["variable-unused"], severities["secret"]) == ("error", "off")
    refused = run_cli(["validate", "--rules", "--format", "sarif"], cwd=repository.path)
    assert (refused.exit_code, refused.stdout) == (2, "")


def test_a_warning_alone_is_a_yes(repository: GitRepository, run_cli: RunCli) -> None:
    repository.write("prompts/hello.yaml", HELLO + "variables: {v: {type: string}}\n")
    result = run_cli(["validate"], cwd=repository.path)
    assert (result.exit_code, result.stderr) == (0, "1 warning in 1 file\n")


def changed(run_cli: RunCli, repository: GitRepository, *arguments: str) -> int:
    return looked_at(run_cli, repository, "--changed", *arguments)


def test_changed_looks_at_changes_of_text_and_of_included_text(
    repository: GitRepository, run_cli: RunCli
) -> None:
    assert changed(run_cli, repository) == 0
    repository.write("prompts/hello.yaml", HELLO + "description: New\n")
    assert changed(run_cli, repository) == 1
    repository.write("prompts/new.yaml", HELLO)
    assert changed(run_cli, repository) == 2
    repository.write("prompts/_partials/tone.md", "Be brief.\n")
    assert changed(run_cli, repository) == 3
    assert changed(run_cli, repository, "support/*") == 1


def test_changed_notices_a_partial_that_is_gone(repository: GitRepository, run_cli: RunCli) -> None:
    (repository.path / "prompts/_partials/tone.md").unlink()
    result = run_cli(["validate", "--changed"], cwd=repository.path)
    assert result.exit_code == 1
    assert "include-missing" in result.stdout


def test_changed_compares_with_where_the_branch_began(
    repository: GitRepository, run_cli: RunCli
) -> None:
    repository.git("switch", "--quiet", "--create", "topic")
    repository.commit({"prompts/hello.yaml": HELLO + "description: Topic\n"})
    repository.git("switch", "--quiet", "main")
    repository.commit({"prompts/support/triage.yaml": HELLO + "description: Main\n"})
    repository.git("switch", "--quiet", "topic")
    assert changed(run_cli, repository) == 1
    assert changed(run_cli, repository, "--base", "HEAD") == 0
    result = run_cli(["validate", "--base", "nowhere"], cwd=repository.path)
    assert result.exit_code == 3


def test_without_git_changed_says_what_is_missing(tmp_path: Path, run_cli: RunCli) -> None:
    (tmp_path / "promptctl.yaml").write_text("version: 1\n")
    result = run_cli(["validate", "--changed"], cwd=tmp_path)
    assert result.exit_code == 3
    assert result.stderr.startswith("error: ")


def test_many_files_give_the_same_answer_in_one_process_and_in_several(
    tmp_path: Path, run_cli: RunCli
) -> None:
    write_prompts(tmp_path, WORTH_FORKING + 37)
    for number in range(0, WORTH_FORKING, 7):
        path = tmp_path / f"prompts/team-{number % 20:02}/prompt-{number:05}.yaml"
        path.write_text(BROKEN)
    alone = run_cli(["validate", "--jobs", "1", "--format", "json"], cwd=tmp_path)
    shared = run_cli(["validate", "--jobs", "3", "--format", "json"], cwd=tmp_path)
    assert alone.stdout == shared.stdout
    assert json.loads(alone.stdout)["prompts_checked"] == WORTH_FORKING + 37
    assert len(json.loads(alone.stdout)["findings"]) == len(range(0, WORTH_FORKING, 7))


def test_a_worker_that_dies_is_a_clear_error() -> None:
    def work(item: int) -> list[int]:
        if item == 77:
            os.kill(os.getpid(), signal.SIGKILL)
        return [item]

    with pytest.raises(LocalIOError, match="worker process ended"):
        run_shared(range(200), work, workers=2, progress=lambda done: None)
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)


def test_workers_report_their_progress() -> None:
    steps: list[int] = []
    results = run_shared(range(500), lambda item: [item], workers=2, progress=steps.append)
    assert sorted(results) == list(range(500))
    assert sum(steps) == 500


@pytest.mark.slow
def test_an_interrupt_leaves_no_process_behind(tmp_path: Path) -> None:
    write_prompts(tmp_path, 3000)
    process = subprocess.Popen(
        [sys.executable, "-m", "promptctl", "validate", "--jobs", "2"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        # A shell that runs the tests in the background would have its jobs ignore Ctrl-C.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        start_new_session=True,
    )
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    if not children.exists():
        process.kill()
        process.communicate()
        pytest.skip("children are listed in /proc")
    deadline = time.monotonic() + 20
    found: list[str] = []
    while process.poll() is None and len(found) < 2:
        assert time.monotonic() < deadline
        found = children.read_text().split()
    assert process.poll() is None, "it was done before it could be interrupted"
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=20)
    assert process.returncode == 130
    assert [pid for pid in found if Path(f"/proc/{pid}").exists()] == []


class _Screen:
    """A terminal's standard error that keeps what it is given."""

    def __init__(self) -> None:
        self.text = ""

    def write(self, text: str) -> int:
        self.text += text
        return len(text)

    def flush(self) -> None:
        """Nothing waits here."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("waited", "tty", "shown"), [(0.5, True, False), (1.5, True, True), (9, False, False)]
)
def test_the_bar_appears_after_a_second_at_a_terminal(
    waited: float, tty: bool, shown: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    screen = _Screen()
    terminal = Terminal(screen, screen, screen, err_is_tty=tty)  # type: ignore[arg-type]
    times = iter([0.0, *[waited] * 10])
    progress = FileProgress(terminal, clock=lambda: next(times))
    progress(10, 100)
    progress(20, 100)
    progress.close()
    assert ("validating" in screen.text) == shown


def test_a_broken_settings_file_is_findings_here_and_an_error_elsewhere(
    tmp_path: Path, run_cli: RunCli
) -> None:
    (tmp_path / "prompts").mkdir()
    (tmp_path / "prompts/a.yaml").write_text("provider: echo\ntemplate: Hi {{ you }}\n")
    (tmp_path / "promptctl.yaml").write_text("version: 2\ncolour: red\n")
    result = run_cli(["validate", "--format", "github"])
    assert result.exit_code == 1
    assert result.stdout.count("settings-invalid") == 2
    assert "file=promptctl.yaml,line=1" in result.stdout
    assert "file=prompts/a.yaml" in result.stdout
    assert run_cli(["list"]).exit_code == 2
    (tmp_path / "promptctl.yaml").write_text("prompts_dir: [\n")
    result = run_cli(["validate"])
    assert (result.exit_code, result.stdout.count("error [")) == (1, 1)
    assert "no prompt was checked" in result.stderr
