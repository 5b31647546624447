"""The known word that a mistyped one was meant to be; none rather than one that was not meant."""

from __future__ import annotations

import re
from collections.abc import Iterable

MAX_LENGTH = 60
"""Longer words are not compared: nobody mistypes them, and comparing costs the square of it."""


def nearest_word(given: str, known: Iterable[str]) -> str | None:
    """The known word with the fewest slips between it and `given`; case does not count.

    A slip is a letter too many, too few or another, or two swapped: one in four letters at most. Failing
    that, the only known word that `given` shortens (`temp`, `max_tok`), or whose last part it is.
    """
    if len(given) > MAX_LENGTH:
        return None
    typed, words = given.lower(), list(known)
    best: tuple[int, bool, str] | None = None
    for word in words:
        slips = _slips(typed, word.lower(), _allowed(max(len(typed), len(word))))
        if slips is not None:
            best = min(best or (99, True, ""), (slips, typed[:1] != word[:1].lower(), word))
    if best is not None:
        return best[2]
    longer = [word for word in words if _shortens(typed, word.lower())]
    return longer[0] if len(longer) == 1 else None


def did_you_mean(given: str, known: Iterable[str]) -> str | None:
    """A hint with the nearest known word, if one is near enough."""
    near = nearest_word(given, known)
    return f"did you mean `{near}`?" if near is not None else None


def _allowed(length: int) -> int:
    return 0 if length < 2 else min(3, max(1, (length + 1) // 4))


def _shortens(typed: str, word: str) -> bool:
    """Whether `typed` is the beginning of a word, or of each of its parts, or its last part."""
    if len(typed) < 3:
        return False
    if word.startswith(typed) or word.endswith(f"/{typed}"):
        return True
    parts, wanted = re.split(r"[_-]", typed), re.split(r"[_-]", word)
    return len(parts) == len(wanted) and all(map(str.startswith, wanted, parts))


def _slips(typed: str, word: str, most: int) -> int | None:
    """The edit distance with swaps of neighbours (optimal string alignment), if it is at most `most`."""
    if typed == word:
        return 0
    if abs(len(typed) - len(word)) > most or len(set(typed) - set(word)) > most:
        return None
    if len(word) < 4 and len(typed) < 4:  # in so short a word another letter makes another word
        return 1 if most and sorted(typed) == sorted(word) else None
    before: list[int] = []
    row = list(range(len(word) + 1))
    for i, letter in enumerate(typed):
        last, before, row = before, row, [i + 1]
        for j, other in enumerate(word):
            cost = min(before[j + 1] + 1, row[j] + 1, before[j] + (letter != other))
            if i and j and letter == word[j - 1] and other == typed[i - 1]:
                cost = min(cost, last[j - 1] + 1)
            row.append(cost)
        if min(row) > most and min(before) > most:
            return None
    return row[-1] if row[-1] <= most else None
