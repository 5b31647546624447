"""A diff in one line per prompt: how many changes of which effect; or the names alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from promptctl.core.change import Effect
from promptctl.core.diff import Diff, PromptDiff
from promptctl.output.cells import cell_width, cut
from promptctl.output.change_words import EFFECT_STYLES
from promptctl.output.changes.flow import Span, flow
from promptctl.output.changes.passage import revealed_line
from promptctl.output.changes.wording import diff_summary, effect_word, title
from promptctl.output.terminal import Terminal

_SIGNS = {
    Effect.BREAKING: "!",
    Effect.BEHAVIOUR: "~",
    Effect.COMPATIBLE: "+",
    Effect.COSMETIC: ".",
}
_WIDTH = 80
"""Of the lines where nobody looks."""
_SHORTEST_BAR, _LONGEST_BAR = 4, 40
_SHORTEST_NAME = 8


def diff_stat(diff: Diff, terminal: Terminal) -> str:
    """One line per prompt, with a bar of its changes by effect, and a last line that counts them."""
    if not diff.prompts:
        return ""
    width = terminal.out_width or _WIDTH
    most = max(len(prompt.changes) for prompt in diff.prompts)
    numbers = len(str(most))
    effects = max(len(effect_word(prompt)) for prompt in diff.prompts)
    fixed = len("  |  " + "  ") + effects + numbers
    bar = max(_SHORTEST_BAR, min(most, _LONGEST_BAR, width - fixed - _SHORTEST_NAME))
    titles = [revealed_line(title(prompt)) for prompt in diff.prompts]
    names = max(map(cell_width, titles))
    if terminal.out_width is not None:
        names = min(names, max(width - fixed - bar, _SHORTEST_NAME))
    lines = []
    for prompt, name in zip(diff.prompts, titles, strict=True):
        shown = cut(name, names)
        shown += " " * (names - cell_width(shown))
        effect = f"{effect_word(prompt):<{effects}}"
        effect = terminal.paint(effect, _style(prompt))
        signs = "".join(_bar(prompt, bar, most, terminal))
        lines.append(f" {shown} | {effect} {len(prompt.changes):>{numbers}} {signs}".rstrip())
    last = flow([Span(diff_summary(diff))], terminal, terminal.out_width, " ", "   ")
    return "\n".join([*lines, *last]) + "\n"


def _style(prompt: PromptDiff) -> str:
    return "magenta" if prompt.problem is not None else EFFECT_STYLES[prompt.effect]


def _bar(prompt: PromptDiff, length: int, most: int, terminal: Terminal) -> Iterator[str]:
    """A sign for each change; fewer, but one of each effect, if they are too many for the line."""
    counts = Counter(change.effect for change in prompt.changes)
    for effect, sign in _SIGNS.items():
        count = counts[effect]
        if count and most > length:
            count = max(1, count * (length - len(_SIGNS)) // most)
        yield terminal.paint(sign * count, EFFECT_STYLES[effect])


def diff_names(diff: Diff) -> str:
    """The names of the prompts that differ, one a line; of a renamed one the newer."""
    return "".join(f"{revealed_line(prompt.name)}\n" for prompt in diff.prompts)
