"""What tells, without reading it, that a file on disk is as it was: its times, its size and its inode.

The same as git's index trusts, and with the same care: a file that changed shortly before it was looked
at may change again within one tick of its file system's clock, and so its stamp tells nothing.
"""

from __future__ import annotations

import os
from array import array
from collections.abc import Iterable, Sequence
from pathlib import Path

FIELDS = 4
SETTLED = 3_000_000_000
"""Nanoseconds after which a file's next change shows in its times, on every file system."""
_INODE = (1 << 63) - 1


def read_stamps(root: Path, paths: Sequence[str]) -> array[int]:
    """The stamps of files by their paths below a folder, FIELDS numbers for each, which are negative for
    one that is not there. What is reached through a link is not told apart."""
    place = f"{root}/"
    try:
        return array("q", _fields(map(os.lstat, [place + path for path in paths])))
    except (OSError, OverflowError):
        return array("q", [field for path in paths for field in _stamp(place + path)])


def _fields(found: Iterable[os.stat_result]) -> list[int]:
    return [
        field
        for s in found
        for field in (s.st_mtime_ns, s.st_ctime_ns, s.st_size, s.st_ino & _INODE)
    ]


def _stamp(path: str) -> Sequence[int]:
    try:
        return array("q", _fields([os.lstat(path)]))
    except (OSError, OverflowError):
        return (-1,) * FIELDS


def settle(stamps: array[int], now: int) -> array[int]:
    """The stamps, with zeros for those that tell nothing yet at this time in nanoseconds."""
    settled, latest = array("q", stamps), now - SETTLED
    for start in range(0, len(stamps), FIELDS):
        if stamps[start] >= latest or stamps[start + 1] >= latest:
            settled[start : start + FIELDS] = array("q", [0] * FIELDS)
    return settled
