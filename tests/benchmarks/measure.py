"""Time whole processes fairly: interleaved rounds, and ratios taken pair by pair inside a round."""

from __future__ import annotations

import os
import selectors
import statistics
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Candidate:
    """A command line to measure."""

    name: str
    argv: Sequence[str]
    cwd: Path
    env: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Sample:
    """One process: seconds to its first byte of output and to its end, processor time, peak memory."""

    first_byte: float
    wall: float
    cpu: float
    peak_mib: float
    """Of its largest process, if it starts several."""


@dataclass(frozen=True, slots=True)
class Series:
    """The samples of one candidate, one for each round."""

    candidate: Candidate
    samples: tuple[Sample, ...]

    def median(self, figure: str) -> float:
        """The median of one figure, by its name in Sample."""
        return statistics.median(getattr(sample, figure) for sample in self.samples)

    def ratio(self, yardstick: Series, figure: str = "wall") -> float:
        """The median over the rounds of this one's figure divided by the yardstick's."""
        pairs = zip(self.samples, yardstick.samples, strict=True)
        return statistics.median(getattr(a, figure) / getattr(b, figure) for a, b in pairs)

    def excess(self, yardstick: Series, figure: str) -> float:
        """The median over the rounds of this one's figure minus the yardstick's."""
        pairs = zip(self.samples, yardstick.samples, strict=True)
        return statistics.median(getattr(a, figure) - getattr(b, figure) for a, b in pairs)


def clean_environment(home: Path) -> dict[str, str]:
    """What the measured processes see: no variable that changes how Python starts, a home of their own."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "XDG_CACHE_HOME": str(home / ".cache"),
        "LANG": "C.UTF-8",
        "TERM": "dumb",
    }


def run_once(candidate: Candidate) -> Sample:
    """Run a candidate to its end, which must be a success."""
    started = time.perf_counter()
    process = subprocess.Popen(
        candidate.argv,
        cwd=candidate.cwd,
        env=candidate.env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert process.stdout is not None
    first_byte = None
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while True:
            selector.select()
            chunk = os.read(process.stdout.fileno(), 1 << 16)
            if first_byte is None:
                first_byte = time.perf_counter() - started
            if not chunk:
                break
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    process.stdout.close()
    if process.returncode:
        raise RuntimeError(f"{candidate.name}: exit {process.returncode}: {candidate.argv}")
    assert first_byte is not None
    cpu = usage.ru_utime + usage.ru_stime
    return Sample(first_byte, wall, cpu, usage.ru_maxrss / 1024)


def measure(candidates: Sequence[Candidate], rounds: int) -> dict[str, Series]:
    """Run all candidates in turn, `rounds` times, after one round that is not counted."""
    taken: dict[str, list[Sample]] = {candidate.name: [] for candidate in candidates}
    for index in range(rounds + 1):
        for candidate in candidates:
            sample = run_once(candidate)
            if index:
                taken[candidate.name].append(sample)
    return {one.name: Series(one, tuple(taken[one.name])) for one in candidates}
