"""Whole sessions, word for word: tests/cli/transcripts, and the console blocks of README.md and docs/.

`make transcripts` writes them as they come out now; read the difference before you commit it.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.cli.sessions import Shell, Step, format_session, parse_session, run_session
from tests.conftest import CHECKOUT, GitRepository

TRANSCRIPTS = sorted((CHECKOUT / "tests/cli/transcripts").glob("*.txt"))
PAGES = [CHECKOUT / "README.md", *sorted((CHECKOUT / "docs").glob("*.md"))]

_CONSOLE = re.compile(r"(?:<!-- session: (\w+) -->\n)?```console\n(.*?)```\n", re.DOTALL)


@pytest.fixture
def rewrite(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--rewrite-transcripts"))


def _hold(path: Path, fresh: str, rewrite: bool) -> None:
    if rewrite:
        path.write_text(fresh, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == fresh, "`make transcripts` writes what comes out now"


@pytest.mark.parametrize("path", TRANSCRIPTS, ids=lambda path: path.stem)
def test_transcript(
    path: Path, prompt_repository: GitRepository, tmp_path: Path, rewrite: bool
) -> None:
    preamble, steps = parse_session(path.read_text(encoding="utf-8").splitlines())
    assert steps, "a transcript without a command proves nothing"
    shell = Shell(prompt_repository.path, tmp_path / "room")
    _hold(path, format_session(preamble, run_session(steps, shell, apart=True)), rewrite)


def _pages_with_sessions() -> list[Path]:
    return [page for page in PAGES if "```console\n" in page.read_text(encoding="utf-8")]


@pytest.mark.parametrize("page", _pages_with_sessions(), ids=lambda page: page.name)
def test_console_blocks_of_a_page(
    page: Path, prompt_repository: GitRepository, tmp_path: Path, rewrite: bool
) -> None:
    """The blocks of a page are one session, in the example repository or (`session: empty`) elsewhere."""
    text = page.read_text(encoding="utf-8")
    (tmp_path / "empty").mkdir()
    shells = {
        None: Shell(prompt_repository.path, tmp_path / "room"),
        "empty": Shell(tmp_path / "empty", tmp_path / "other-room"),
    }
    blocks = [(match, shells[match[1]], _steps(match[2])) for match in _CONSOLE.finditer(text)]
    fresh, copied = [], 0
    for shell in shells.values():
        steps = [step for _, used, block in blocks if used is shell for step in block]
        fresh.append((shell, run_session(steps, shell, apart=False)))
    runs = {id(shell): run for shell, run in fresh}
    pieces = []
    for match, shell, steps in blocks:
        shown = [next(runs[id(shell)]) for _ in steps]
        pieces += [text[copied : match.start(2)], format_session([], shown)]
        copied = match.end(2)
    _hold(page, "".join(pieces) + text[copied:], rewrite)


def _steps(block: str) -> list[Step]:
    preamble, steps = parse_session(block.splitlines())
    assert not preamble, "a console block begins with a command"
    return steps


def test_there_are_transcripts() -> None:
    assert len(TRANSCRIPTS) >= 5
    assert CHECKOUT / "README.md" in _pages_with_sessions()


def test_sessions_read_as_they_are_written() -> None:
    text = "# why\n$ one \\\n> --two\nout\n$ cat <<END\n> $ no command\n> END\n> a quote\n2> err\n[exit 3]\n"
    preamble, steps = parse_session(text.splitlines())
    assert preamble == ["# why"]
    assert steps == [
        Step("one \\\n--two", "out"),
        Step("cat <<END\n$ no command\nEND", "> a quote\n2> err\n[exit 3]"),
    ]
    assert format_session(preamble, steps) == text


def test_a_session_shows_what_really_happens(tmp_path: Path) -> None:
    commands = [
        "echo out; echo err >&2; (exit 3)",
        "mkdir -p a && cd a",
        "pwd",
        "cat <<E\n$HOME\nE",
    ]
    steps = [Step(command, "") for command in commands]
    apart = [step.shown for step in run_session(steps, Shell(tmp_path, tmp_path / "r"), apart=True)]
    assert apart == ["out\n2> err\n[exit 3]", "", "/example/a", "~"]
    both = next(run_session(steps, Shell(tmp_path, tmp_path / "r"), apart=False))
    assert both.shown == "out\nerr\n[exit 3]"
