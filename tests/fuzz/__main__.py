"""`python -m tests.fuzz --count 100000 --seed 1 --jobs 2`: exit 1 if any input brought something down."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

from tests.fuzz.campaign import run_campaign


def main() -> int:
    """Share the inputs over processes and report every failure."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--only", type=int, help="run one input, by its number")
    options = parser.parse_args()
    if options.only is not None:
        return _run(options.seed, [options.only], None)
    start = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        children = {}
        for job in range(options.jobs):
            pid = os.fork()
            if pid == 0:
                numbers = range(job, options.count, options.jobs)
                os._exit(_run(options.seed, numbers, Path(folder) / str(job)))
            children[pid] = Path(folder) / str(job)
        failed = sum([_wait(pid, culprit) for pid, culprit in children.items()])
    took = time.monotonic() - start
    print(
        f"{options.count:,} inputs, seed {options.seed}, {took:.0f} s: {failed} jobs with failures"
    )
    return 1 if failed else 0


def _run(seed: int, numbers: range | list[int], culprit: Path | None) -> int:
    status = 0
    for failure in run_campaign(seed, numbers, culprit):
        status = 1
        again = f"python -m tests.fuzz --seed {seed} --only {failure.number}"
        print(f"input {failure.number} ({again}):\n{failure.content[:400]!r}\n{failure.report}")
        sys.stdout.flush()
    return status


def _wait(pid: int, culprit: Path) -> int:
    _, status = os.waitpid(pid, 0)
    if os.WIFSIGNALED(status):
        content = culprit.read_bytes() if culprit.exists() else b""
        print(f"a job was killed by signal {os.WTERMSIG(status)} at input {content[:400]!r}")
    return 0 if status == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
