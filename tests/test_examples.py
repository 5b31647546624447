"""The corpus: every example under tests/examples gives exactly its findings, soon and in little memory."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from promptctl.core.rules import RULES
from promptctl.output.terminal import visible
from tests.conftest import RunCli
from tests.example_files import Example, invalid_examples, valid_examples

VALID = list(valid_examples())
INVALID = list(invalid_examples())
DANGEROUS = [
    e for e in INVALID if e.name.startswith(("bomb", "key", "number", "link", "pipe", "encoding"))
]
SECONDS = 1.0
MEGABYTES = 150


def _id(example: Example) -> str:
    return example.name


@pytest.mark.parametrize("example", VALID, ids=_id)
def test_a_valid_example_has_no_findings(example: Example, tmp_path: Path, run_cli: RunCli) -> None:
    example.make(tmp_path)
    result = run_cli(["validate"])
    assert (result.exit_code, result.stdout) == (0, ""), result.stderr


@pytest.mark.parametrize("example", INVALID, ids=_id)
def test_an_invalid_example_has_its_findings_and_no_other(
    example: Example, tmp_path: Path, run_cli: RunCli
) -> None:
    example.make(tmp_path)
    start = time.process_time()
    result = run_cli(["validate", "--format", "json"])
    assert time.process_time() - start < SECONDS * 2
    findings = json.loads(result.stdout)["findings"]
    lines = tuple(
        f"{'' if example.single else visible(f['path']) + ':'}{f['line'] or 0}:{f['column'] or 0}"
        f" {f['severity']} {f['rule']}"
        for f in findings
    )
    assert lines == example.expected
    assert result.exit_code == (1 if any(f["severity"] == "error" for f in findings) else 0)
    assert all(f["message"] for f in findings)


@pytest.mark.parametrize("example", INVALID, ids=_id)
def test_an_invalid_example_is_shown_to_people_without_control_characters(
    example: Example, tmp_path: Path, run_cli: RunCli
) -> None:
    example.make(tmp_path)
    result = run_cli(["validate"])
    assert "Traceback" not in result.stderr
    assert not any(ord(c) < 32 and c != "\n" for c in result.stdout)


_MEASURED = """
import resource, sys
from promptctl.cli.app import main
code = main(["validate", "--format", sys.argv[1]])
used = resource.getrusage(resource.RUSAGE_SELF)
peak = next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM"))
sys.stderr.write(f"{used.ru_utime + used.ru_stime} {peak}")
sys.exit(code)
"""


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from /proc")
@pytest.mark.parametrize("output_format", ["text", "json"])
@pytest.mark.parametrize("example", DANGEROUS, ids=_id)
def test_a_dangerous_example_stays_within_its_bounds(
    example: Example, output_format: str, tmp_path: Path
) -> None:
    example.make(tmp_path)
    for _ in range(3):  # a busy machine makes processor time dearer; one fair run decides
        done = subprocess.run(
            [sys.executable, "-c", _MEASURED, output_format],
            cwd=tmp_path,
            capture_output=True,
            timeout=60,
            check=False,
        )
        assert done.returncode in (0, 1), done.stderr.decode()
        seconds, kilobytes = done.stderr.decode().splitlines()[-1].split()
        assert int(kilobytes) < MEGABYTES * 1024
        if float(seconds) < SECONDS:
            return
    pytest.fail(f"it took {seconds} s of processor time, three times in a row")


def test_every_rule_has_an_example() -> None:
    shown = {line.rpartition(" ")[2] for example in INVALID for line in example.expected}
    assert set(RULES) <= shown


def test_every_invalid_example_says_what_it_expects() -> None:
    assert [example.name for example in INVALID if not example.expected] == []
    assert len(INVALID) >= 40
