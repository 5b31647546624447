"""What is measured: the wheel as users install it, and its peers, each in an environment of its own."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent.parent
PEERS = ("check-jsonschema==0.39.0",)


@dataclass(frozen=True, slots=True)
class Installed:
    """Programs to measure, by full path."""

    python: str
    promptctl: str
    check_jsonschema: str


def _environment(folder: Path) -> Path:
    python = folder / "bin/python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        # The pip of an old environment writes slower launchers than today's.
        _pip(python, "--upgrade", "pip")
    return python


def _pip(python: Path, *words: str) -> None:
    subprocess.run(
        [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *words],
        check=True,
    )


def install() -> Installed:
    """Build the wheel of this checkout and install it with bytecode compiled; install the peers once."""
    python = _environment(CHECKOUT / ".venv-bench")
    dist = CHECKOUT / ".venv-bench/dist"
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", dist],
        cwd=CHECKOUT,
        check=True,
        capture_output=True,
    )
    (wheel,) = dist.glob("*.whl")
    _pip(python, str(wheel))
    _pip(python, "--no-deps", "--force-reinstall", "--compile", str(wheel))
    peers = _environment(CHECKOUT / ".venv-bench-peers")
    _pip(peers, *PEERS)
    return Installed(
        python=str(python),
        promptctl=str(python.parent / "promptctl"),
        check_jsonschema=str(peers.parent / "check-jsonschema"),
    )
