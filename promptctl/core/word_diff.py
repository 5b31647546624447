"""A word-level comparison of two texts of prose and template tags."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Literal

from promptctl.core.fast_dataclass import dataclass
from promptctl.core.schema_meaning import Work
from promptctl.core.sequence_match import matching_runs

MAX_STEPS = 1_500_000
"""What comparing all texts of two prompts may cost: about a second. Beyond it, less is told apart."""
MAX_TOKENS = 40_000
"""Tokens of two texts that are compared word by word; larger ones line by line first."""

MAX_SLIDE = 60
"""Tokens by which an edit is moved to where it reads best."""

_ONE_BY_ONE = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    "\U00020000-\U0003ffff"
)
"""Scripts that put no blanks between words: Thai, Lao, Burmese, Khmer, Japanese and Chinese."""
_MARKS = "\u0300-\u036f\u0e31\u0e34-\u0e3a\u0e47-\u0e4e\u200d\ufe0e\ufe0f\U0001f3fb-\U0001f3ff"
_WORD = rf"(?:(?![{_ONE_BY_ONE}])[\w{_MARKS}])"
_TOKEN = re.compile(
    r"\{\{[^{}]{0,200}\}\}|\{%[^{}]{0,200}%\}|\{#[^{}]{0,200}#\}"  # a template tag
    r"|\r?\n"
    r"|[^\S\r\n]+"
    rf"|{_WORD}+(?:['\u2019.,]{_WORD}+)*"
    rf"|.(?:\u200d.|[{_MARKS}])*",
    re.DOTALL,
)
_ENDS = frozenset(".!?:;\u3002\uff01\uff1f")
_SMALL_WORDS = frozenset(
    [
        "a",
        "an",
        "and",
        "are",
        "as",
        "at",
        "be",
        "by",
        "for",
        "from",
        "if",
        "in",
        "is",
        "it",
        "its",
        "of",
        "on",
        "or",
        "that",
        "the",
        "this",
        "to",
        "was",
        "with",
        "you",
        "your",
    ]
)


@dataclass(frozen=True, slots=True)
class Edit:
    """A run of text that both sides have, or only one. All but the `added` give the old text, all but
    the `removed` the new one, byte for byte."""

    kind: Literal["same", "removed", "added"]
    text: str


def word_edits(old: str, new: str, work: Work | None = None) -> tuple[Edit, ...]:
    """How the one text becomes the other, in whole words; () for two empty texts.

    Where both sides keep only small words between two edits, the edits are one. `work` is shared with
    other comparisons; once it is spent, texts are told apart line by line, and then as a whole.
    """
    work = work or Work(MAX_STEPS)
    blocks = _blocks(tokens_of(old), tokens_of(new), work)
    # The first pass makes edits large enough for the second to see what between them says nothing.
    merged = _merged(_merged(blocks))
    return tuple(_edits(_shifted(list(_tightened(merged)))))


def tokens_of(text: str) -> list[str]:
    """The words, blanks, line ends, signs and template tags that a text is made of, in order."""
    return _TOKEN.findall(text)


class _Block:
    """Tokens that both sides have (`same`), or those that one side has in place of the other's."""

    __slots__ = ("added", "removed", "same")

    def __init__(self, same: list[str], removed: list[str], added: list[str]) -> None:
        self.same, self.removed, self.added = same, removed, added


def _blocks(old: list[str], new: list[str], work: Work) -> Iterator[_Block]:
    if len(old) + len(new) > MAX_TOKENS:
        yield from _line_blocks(old, new, work)
        return
    yield from _blocks_of(old, new, [(t,) for t in old], [(t,) for t in new], work)


def _line_blocks(old: list[str], new: list[str], work: Work) -> Iterator[_Block]:
    """As `_blocks`, for long texts: lines first, and words only in lines that differ."""
    for block in _blocks_of(old, new, _lines(old), _lines(new), work):
        if block.same or not 0 < len(block.removed) + len(block.added) <= MAX_TOKENS:
            yield block
        elif block.removed and block.added:
            yield from _blocks(block.removed, block.added, work)
        else:
            yield block


def _lines(tokens: list[str]) -> list[tuple[str, ...]]:
    lines: list[tuple[str, ...]] = []
    start = 0
    for at, token in enumerate(tokens, 1):
        if token.endswith("\n") or at == len(tokens):
            lines.append(tuple(tokens[start:at]))
            start = at
    return lines


def _blocks_of(
    old: list[str],
    new: list[str],
    old_units: Sequence[tuple[str, ...]],
    new_units: Sequence[tuple[str, ...]],
    work: Work,
) -> Iterator[_Block]:
    """The blocks of two sequences of units, which are runs of tokens."""
    x = y = 0
    for run in [*matching_runs(old_units, new_units, work), None]:
        i, j = (run.old, run.new) if run else (len(old_units), len(new_units))
        if i > x or j > y:
            yield _Block([], _flat(old_units[x:i]), _flat(new_units[y:j]))
        if run:
            x, y = i + run.length, j + run.length
            yield _Block(_flat(old_units[i:x]), [], [])


def _flat(units: Iterable[tuple[str, ...]]) -> list[str]:
    return [token for unit in units for token in unit]


def _weight(tokens: Iterable[str]) -> int:
    """How much a run says: its words, but for small ones; a template tag counts as a word."""
    return sum(
        1
        for token in tokens
        if (token[0].isalnum() or (len(token) > 3 and token[0] == "{"))
        and token.lower() not in _SMALL_WORDS
    )


def _merged(blocks: Iterable[_Block]) -> list[_Block]:
    """The blocks, without runs between two edits that say next to nothing beside them."""
    merged: list[_Block] = []
    for block in blocks:
        if len(merged) >= 2 and not block.same and not merged[-2].same:
            before, between = merged[-2], merged[-1].same
            if _is_noise(before, between, block):
                before.removed += between + block.removed
                before.added += between + block.added
                merged.pop()
                continue
        merged.append(block)
    return merged


def _is_noise(before: _Block, between: Sequence[str], after: _Block) -> bool:
    if any(token.endswith("\n") for token in between) or len(between) > 12:
        return False
    weight = _weight(between)
    around = [max(_weight(block.removed), _weight(block.added)) for block in (before, after)]
    if weight == 0 and min(around) < 3 and any(token in _ENDS for token in between):
        return False  # the end of a sentence holds small edits apart
    if weight == 0:
        return min(around) > 0 or not any(token.strip() for token in between)
    return weight == 1 and min(around) >= 3


def _tightened(blocks: Iterable[_Block]) -> Iterator[_Block]:
    """The blocks, with what both sides of an edit begin and end with outside of it."""
    for block in blocks:
        if block.same:
            yield block
            continue
        removed, added = block.removed, block.added
        most = min(len(removed), len(added))
        start = next((i for i in range(most) if removed[i] != added[i]), most)
        end = next(
            (i for i in range(most - start) if removed[-1 - i] != added[-1 - i]), most - start
        )
        parts = (
            _Block(removed[:start], [], []),
            _Block([], removed[start : len(removed) - end], added[start : len(added) - end]),
            _Block(removed[len(removed) - end :], [], []),
        )
        yield from (part for part in parts if part.same or part.removed or part.added)


def _shifted(blocks: Sequence[_Block]) -> Sequence[_Block]:
    """The blocks, with what one side has more cut where people would: whole lines, sentences, words.

    Of `- b{+\\n- c+}\\n` and `- b\\n{+- c\\n+}`, which say the same, the second reads better.
    """
    for at in range(1, len(blocks) - 1):
        before, block, after = blocks[at - 1], blocks[at], blocks[at + 1]
        edit = block.removed or block.added
        if not block.same and not (block.removed and block.added) and before.same and after.same:
            _slide(before.same, edit, after.same)
    return blocks


def _slide(before: list[str], edit: list[str], after: list[str]) -> None:
    """Move an edit within its surroundings, all three in place, so that the texts stay the same."""
    whole = before + edit + after
    start, length = len(before), len(edit)
    first, last = start, start
    while first > max(1, start - MAX_SLIDE) and whole[first - 1] == whole[first + length - 1]:
        first -= 1
    while last < min(len(whole) - length - 1, start + MAX_SLIDE) and (
        whole[last] == whole[last + length]
    ):
        last += 1
    best = max(range(first, last + 1), key=lambda at: (_cut_quality(whole, at, length), at))
    before[:], edit[:], after[:] = (
        whole[:best],
        whole[best : best + length],
        whole[best + length :],
    )


def _cut_quality(tokens: Sequence[str], start: int, length: int) -> int:
    ends_line = tokens[start + length - 1].endswith("\n")
    if ends_line:
        return 4 if tokens[start - 1].endswith("\n") else 1
    if tokens[start].isspace():
        return 0
    begins_sentence = start > 1 and tokens[start - 1].isspace() and tokens[start - 2] in _ENDS
    return 3 if begins_sentence else 2


def _edits(blocks: Iterable[_Block]) -> Iterator[Edit]:
    for same, group in groupby(blocks, key=lambda block: bool(block.same)):
        members = list(group)
        if same:
            yield Edit("same", "".join(t for block in members for t in block.same))
            continue
        removed = "".join(t for block in members for t in block.removed)
        added = "".join(t for block in members for t in block.added)
        if removed:
            yield Edit("removed", removed)
        if added:
            yield Edit("added", added)
