"""One campaign of the fuzzer: damaged prompts through validate, fmt and render, and what must not happen."""

from __future__ import annotations

import contextlib
import io
import random
import signal
import sys
import tempfile
import traceback
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from promptctl.cli.app import BUG_EXIT, main
from promptctl.core.json_data import Json
from promptctl.core.layout import lay_out
from promptctl.core.prompt import Prompt
from promptctl.core.render import build_invocation
from promptctl.errors import PromptctlError
from promptctl.operations.repository import OpenRepository, open_repository
from promptctl.operations.validate import Selection, validate
from tests.fuzz.mutations import mutate
from tests.generated_prompts import prompt_text

SECONDS = 20
"""Longer than this, an input counts as a hang."""
_BY_COMMAND = 25
"""Every so many inputs go through the command line too, in every format."""
_FORMATS = ("text", "json", "github", "sarif", "junit")
_VALUES: Mapping[str, Json] = {
    "string": "text {{ x }}",
    "integer": 3,
    "number": 0.5,
    "boolean": True,
    "array": ["one", {"a": 1}],
    "object": {"a": [1]},
    "null": None,
}


@dataclass(frozen=True, slots=True)
class Failure:
    """An input that brought something down, and how."""

    number: int
    content: bytes
    report: str


class _Hang(BaseException):
    """An input took too long."""


def seeds() -> list[bytes]:
    """Every example that is one file, and some generated prompts."""
    folder = Path(__file__).resolve().parent.parent / "examples"
    valid, invalid = sorted(folder.glob("valid/*.yaml")), sorted(folder.glob("invalid/*.yaml"))
    # Valid ones more often: most damage ends in validate, and render wants its share.
    files = valid * 6 + invalid
    return [path.read_bytes() for path in files] + [prompt_text(n).encode() for n in range(20)]


def run_campaign(
    seed: int, numbers: Sequence[int], culprit: Path | None = None
) -> Iterator[Failure]:
    """The failures among these inputs of a seed. `culprit` holds the input under way, for crashes."""
    originals = seeds()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "prompts/_partials").mkdir(parents=True)
        (root / "promptctl.yaml").write_text("version: 1\n")
        (root / "prompts/_partials/a.md").write_text("Included {{ x }}.\n")
        repository = open_repository(root, {}, bare_name="worktree")
        for number in numbers:
            content = mutate(random.Random(f"{seed}-{number}"), originals)
            if culprit is not None:
                culprit.write_bytes(content)
            report = _try(repository, root / "prompts/case.yaml", content, number)
            if report is not None:
                yield Failure(number, content, report)


def _try(repository: OpenRepository, file: Path, content: bytes, number: int) -> str | None:
    file.write_bytes(content)
    try:
        with _time_limit():
            report = validate(repository, Selection(("case",)), jobs=1)
            _lay_out(content)
            try:
                _render(repository.prompt("case@."))
            except PromptctlError as error:
                if error.exit_code == BUG_EXIT:
                    raise
            else:
                assert report.is_valid, "rendered although validate found errors"
            return _by_command(file.parent.parent, number) if number % _BY_COMMAND == 0 else None
    except (_Hang, Exception):
        return traceback.format_exc()


def _lay_out(content: bytes) -> None:
    layout = lay_out(content, "case")
    if layout.problem is not None:
        assert "directive" in layout.problem or "ignore" in layout.problem, layout.problem
    elif layout.outcome != "invalid":
        assert lay_out(layout.after, "case").outcome == "unchanged", "not stable"


def _render(prompt: Prompt) -> None:
    values = {}
    for name, variable in prompt.variables.items():
        kind = variable.schema.get("type")
        values[name] = _VALUES.get(kind if isinstance(kind, str) else "string", "text")
    build_invocation(prompt, values)


def _by_command(root: Path, number: int) -> str | None:
    """What went wrong on the command line: a bug's exit code, a traceback, a raw control character."""
    chosen = _FORMATS[number // _BY_COMMAND % len(_FORMATS)]
    commands = (["validate", "--format", chosen], ["fmt", "--diff"])
    for argv in (*commands, ["render", "case"], ["show", "case"]):
        out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
        err = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = main(["-C", str(root), *argv], {})
            sys.stdout.flush()
            sys.stderr.flush()
        said = err.buffer.getvalue().decode() + out.buffer.getvalue().decode()
        if code == BUG_EXIT or "Traceback" in said or "\x1b" in said:
            return f"promptctl {' '.join(argv)}: exit {code}\n{said[:2000]}"
    return None


@contextlib.contextmanager
def _time_limit() -> Iterator[None]:
    def stop(number: int, frame: FrameType | None) -> None:
        raise _Hang(f"not done after {SECONDS} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(SECONDS)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
