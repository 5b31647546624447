"""Which prompt that is gone is which new one: by what the settings say, by equal bytes, by like text."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Mapping

from promptctl.core.renamed import name_now

ALIKE = 0.6
"""Share of common lines from which on a new file is taken for one that is gone."""
MAX_FILES = 200
"""Files on each side that are compared by their text."""
MAX_COMPARED = 4_000_000
"""Lines that are compared in all: of many long files, only the first lines are."""
_MAX_LINES = 2000


def find_renames(
    removed: Mapping[str, bytes], added: Mapping[str, bytes], declared: Mapping[str, str]
) -> dict[str, str]:
    """The old name of each prompt that has another one now; contents are given by name.

    What is declared counts whatever the contents are.
    """
    found = {
        now: old for old in removed if (now := name_now(declared, old)) is not None and now in added
    }
    known = set(found.values())
    left = {name: text for name, text in removed.items() if name not in known}
    new = {name: text for name, text in added.items() if name not in found}
    for with_last_part in (True, False):
        found |= _equal(left, new, with_last_part)
        known = set(found.values())
        left = {name: text for name, text in left.items() if name not in known}
        new = {name: text for name, text in new.items() if name not in found}
    if len(left) <= MAX_FILES and len(new) <= MAX_FILES:
        found |= _alike(left, new)
    return found


def _equal(
    left: Mapping[str, bytes], new: Mapping[str, bytes], with_last_part: bool
) -> dict[str, str]:
    """Which have the same bytes and, if it is to be, the same last part of the name."""

    def key(name: str, text: bytes) -> tuple[str, bytes]:
        return name.rpartition("/")[2] if with_last_part else "", text

    olds: dict[tuple[str, bytes], deque[str]] = {}
    for name, text in left.items():
        olds.setdefault(key(name, text), deque()).append(name)
    found: dict[str, str] = {}
    for name, text in new.items():
        known = olds.get(key(name, text))
        if known:
            found[name] = known.popleft()
    return found


def _alike(left: Mapping[str, bytes], new: Mapping[str, bytes]) -> dict[str, str]:
    most = min(_MAX_LINES, MAX_COMPARED // max(1, len(left) * len(new)))
    old_lines = {name: _lines(text, most) for name, text in left.items()}
    shares: list[tuple[float, str, str]] = []
    for name, text in new.items():
        lines = _lines(text, most)
        for old, others in old_lines.items():
            share = _share(lines, others)
            if share >= ALIKE:
                shares.append((share, name, old))
    found: dict[str, str] = {}
    for _, name, old in sorted(shares, key=lambda one: (-one[0], one[1], one[2])):
        if name not in found and old not in found.values():
            found[name] = old
    return found


def _lines(text: bytes, most: int) -> Counter[bytes]:
    stripped = (line.strip() for line in text.split(b"\n", most)[:most])
    return Counter(line for line in stripped if line)


def _share(a: Counter[bytes], b: Counter[bytes]) -> float:
    total = a.total() + b.total()
    return 2 * (a & b).total() / total if total else 0.0
