"""`make bench`: measure this checkout on this machine and print a Markdown table.

`--quick` takes a minute; `--write` puts the table into docs/performance.md.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import time
from pathlib import Path

from tests.benchmarks.environment import CHECKOUT, install
from tests.benchmarks.suites import Row, all_rows

PAGE = CHECKOUT / "docs/performance.md"
BEGIN = "<!-- measured by `make bench ARGS=--write` -->\n"


def machine_line() -> str:
    """What the figures were taken on."""
    model = next(
        (
            line.partition(":")[2].strip()
            for line in _lines("/proc/cpuinfo")
            if line.startswith("model name")
        ),
        platform.processor() or platform.machine(),
    )
    load = os.getloadavg()[0]
    return (
        f"{time.strftime('%Y-%m-%d')}, {model}, {os.cpu_count()} cores, {platform.system()}, "
        f"Python {platform.python_version()}, load {load:.1f} before the run."
    )


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text(encoding="utf-8").splitlines()
    except OSError:
        return []


def as_markdown(machine: str, rows: list[Row]) -> str:
    """The table, with the machine above it."""
    lines = [f"| {row.what} | {row.figure} | {row.compared} | {row.goal} |\n" for row in rows]
    head = "| what | median | compared | goal |\n| --- | --- | --- | --- |\n"
    return f"{machine}\n\n{head}{''.join(lines)}"


def main() -> int:
    """Measure, print, and write if asked."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer rounds, no 10,000 files")
    parser.add_argument(
        "--write", action="store_true", help="put the table into docs/performance.md"
    )
    options = parser.parse_args()
    machine = machine_line()
    table = as_markdown(machine, all_rows(install(), quick=options.quick))
    sys.stdout.write(table)
    if options.write:
        before, _, _ = PAGE.read_text(encoding="utf-8").partition(BEGIN)
        PAGE.write_text(before + BEGIN + "\n" + table, encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
