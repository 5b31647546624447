"""Which records were made in a clone and not sent anywhere: a list beside the lock.

So nobody has to be asked. What a clone knows of its remote does not tell: tags that came with
`git clone` or `git fetch` are not in that either.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from promptctl.errors import LocalIOError

_PLACE = "promptctl/unpushed"


def note_unpushed(common: Path, tags: Iterable[str]) -> None:
    """Write down that these tags are made here only. For the holder of the lock."""
    _write(common, "".join(f"{tag}\n" for tag in tags), os.O_APPEND)


def read_unpushed(common: Path) -> frozenset[str]:
    """The tags that were made here only; they may have gone, or have been sent, without promptctl."""
    try:
        listed = (common / _PLACE).read_bytes()
    except OSError:
        return frozenset()
    return frozenset(listed.decode("utf-8", "replace").split("\n")) - {""}


def forget_unpushed(common: Path, tags: Iterable[str]) -> None:
    """Write down that these tags are elsewhere too. For the holder of the lock."""
    listed = read_unpushed(common)
    left = listed.difference(tags)
    if left != listed:
        _write(common, "".join(f"{tag}\n" for tag in sorted(left)), os.O_TRUNC)


def _write(common: Path, text: str, how: int) -> None:
    place = common / _PLACE
    try:
        place.parent.mkdir(exist_ok=True)
        descriptor = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | how, 0o666)
        try:
            os.write(descriptor, text.encode())
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise LocalIOError(f"cannot write {place}: {error.strerror}") from error
