"""The embedded model: llama.cpp's own server over real weights, on loopback, in a child process.

A process of its own, because the runtime's native code may end the process that imports it (an old
processor, a failed assertion), writes to standard error as it likes, and does not stop a generation
for Ctrl-C. The child leaves when its standard input closes, so it never outlives its parent.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
import secrets
import select
import signal
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from promptctl.core.endpoint import Endpoint, Secret
from promptctl.errors import ExtraMissing, ProviderUnavailable

MODEL_NAME = "smollm2-135m-instruct"
CONTEXT_TOKENS = 4096
"""What prompt and answer share; the weights themselves know 8,192."""
DEFAULT_ANSWER_TOKENS = 1024
"""What a request without a limit gets: a small model that loops would fill the whole context."""
START_SECONDS = 60.0

_SERVE = "from promptctl.providers.embedded import serve; serve()"
_PROBE = "import xllamacpp"
_ECHO_HINT = "this machine can still use the provider that needs no model: --provider echo"


@dataclass(frozen=True, slots=True)
class Runtime:
    """Whether the embedded model's runtime is installed and works here; if not, why and what helps."""

    installed: bool
    works: bool
    problem: str | None = None
    remedy: str | None = None
    """A command that may help; None where nothing does."""


@contextmanager
def embedded_endpoint(weights: Path, *, seconds: float = START_SECONDS) -> Iterator[Endpoint]:
    """Start the embedded model and yield the place where it answers; leaving stops it at once.

    Raises ExtraMissing without the runtime, ProviderUnavailable where it does not start.
    """
    require_runtime()
    with _child(_SERVE) as process:
        key = secrets.token_urlsafe(24)
        address = _start(process, {"weights": str(weights), "key": key}, seconds)
        yield Endpoint(
            provider="local",
            wire="openai",
            base_url=f"{address}/v1",
            origin_source="the embedded model",
            key=Secret(key),
        )


def runtime_installed() -> bool:
    """Whether the runtime is there; it is not imported for that."""
    return importlib.util.find_spec("xllamacpp") is not None


def require_runtime() -> None:
    """Raise ExtraMissing without the runtime, ProviderUnavailable where there is none to install."""
    if not runtime_installed():
        raise _missing()


def probe_runtime(*, seconds: float = START_SECONDS) -> Runtime:
    """Import the runtime in a child process and say whether that process survived."""
    if not runtime_installed():
        missing = _missing()
        remedy = missing.hint if isinstance(missing, ExtraMissing) else None
        return Runtime(installed=False, works=False, problem=missing.message, remedy=remedy)
    with _child(_PROBE) as process:
        try:
            _, said = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            return Runtime(installed=True, works=False, problem="its runtime hangs at its import")
    if process.returncode == 0:
        return Runtime(installed=True, works=True)
    return Runtime(installed=True, works=False, problem=_reason(process.returncode, said))


def serve() -> None:
    """The child: serve what the first line of standard input asks for until that stream ends."""
    import xllamacpp  # native code that may kill the process: never imported in the parent

    wanted = json.loads(sys.stdin.readline())
    parameters = xllamacpp.CommonParams()
    parameters.model.path = wanted["weights"]
    parameters.model_alias = [MODEL_NAME]
    parameters.n_ctx, parameters.n_parallel = CONTEXT_TOKENS, 1
    # More threads spin at each barrier and are many times slower as soon as another process works.
    parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = 1
    parameters.hostnames, parameters.port = ["127.0.0.1"], 0
    parameters.api_keys = [wanted["key"]]  # without one, any page in a browser could call it
    parameters.warmup = parameters.fit_params = parameters.ui = False
    parameters.n_predict = DEFAULT_ANSWER_TOKENS
    parameters.verbosity = 0
    server = xllamacpp.Server(parameters)
    sys.stdout.write(json.dumps({"address": server.listening_address}) + "\n")
    sys.stdout.flush()
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # nobody reads it from here on
    sys.stdin.read()
    os._exit(0)  # tearing the native threads down may crash, and nothing is left to save


@contextmanager
def _child(program: str) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        # -P: the folder it starts in may be a hostile repository with a `promptctl` in it.
        [sys.executable, "-P", "-c", program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,  # Ctrl-C is ours to handle
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream is not None:
                stream.close()


def _start(process: subprocess.Popen[bytes], wanted: dict[str, str], seconds: float) -> str:
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        process.stdin.write(json.dumps(wanted).encode() + b"\n")
        process.stdin.flush()
    except BrokenPipeError:
        pass  # it died; what it said about that is read below
    # Not at the top: the child loads this module too. Here it loads while the child reads its weights.
    importlib.import_module("promptctl.providers.transport")
    readable, _, _ = select.select([process.stdout], [], [], seconds)
    if not readable:
        raise ProviderUnavailable(
            f"the embedded model did not start within {seconds:g} s", _ECHO_HINT
        )
    line = process.stdout.readline()
    if not line:
        _, said = process.communicate()
        reason = _reason(process.returncode, said)
        raise ProviderUnavailable(f"the embedded model cannot run here: {reason}", _ECHO_HINT)
    return str(json.loads(line)["address"])


def _missing() -> ExtraMissing | ProviderUnavailable:
    if "musl" in str(sysconfig.get_config_var("SOABI")):
        return ProviderUnavailable(
            "the embedded model cannot run here: its runtime has no build for musl (Alpine)",
            _ECHO_HINT,
        )
    return ExtraMissing("the embedded model's runtime (xllamacpp)", "local")


def _reason(returncode: int, said: bytes) -> str:
    """Why the child ended, in words, from its exit status and what it wrote to standard error."""
    if returncode == -signal.SIGILL:
        return "its runtime needs a processor with AVX2 and FMA"
    lines = [line for line in said.decode(errors="replace").splitlines() if line.strip()]
    last = lines[-1].strip()[:200] if lines else ""
    if "libgomp" in last:
        return "the system library libgomp.so.1 is missing (Debian, Ubuntu: package libgomp1)"
    if returncode < 0:
        return f"its runtime was ended by {signal.Signals(-returncode).name}"
    return last or f"its runtime ended with exit code {returncode}"
