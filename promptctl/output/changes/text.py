"""A diff for people at a terminal or in a pipe: what changes for whom, and the words that changed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeAlias

from promptctl.core.change import Change, Effect
from promptctl.core.diff import Diff, PromptDiff
from promptctl.core.word_diff import Edit
from promptctl.output.cells import ELLIPSIS
from promptctl.output.change_words import EFFECT_STYLES, Setting, setting
from promptctl.output.changes.entries import (
    Entry,
    entries,
    entry_states,
    is_one_comparison,
    rendered_of,
    unrendered_of,
)
from promptctl.output.changes.flow import Span, flow
from promptctl.output.changes.passage import Extent, Piece, passage, revealed_line
from promptctl.output.changes.wording import (
    LAYOUT_ONLY,
    acceptance,
    acceptance_words,
    counted,
    diff_summary,
    edits_of,
    effect_word,
    fingerprint_of,
    groups,
)
from promptctl.output.terminal import Terminal

_EXTENT = Extent(lines=24)
_MOST_CHANGES = 40
_MOST_NAMES = 8
_INDENT = "    "
_BAR = "  | "
"""Before each line of a prompt's text, so that it cannot look like one of ours."""
_HANG = "  "
_EFFECT_WIDTH = 12
_Told: TypeAlias = dict[tuple[Edit, ...], str]
"""The edits of shared files that were shown, and in which prompt: each is shown once."""
_ROOMY = 60
"""Cells from which on the sentences of a group stand below each other, clear of the effects."""


def diff_text(diff: Diff, terminal: Terminal, *, with_hint: bool = True) -> str:
    """Each prompt with its changes, and a last line that counts them; "" if nothing differs.

    `with_hint` adds how a break is accepted, where no other report says so.
    """
    if not diff.prompts:
        return ""
    told: _Told = {}
    found = entries(diff.prompts)
    is_said = len(found) > 1 and is_one_comparison(diff)
    blocks = []
    if is_said:
        compared = [Span(revealed_line(f"{diff.old} → {diff.new}"), ("dim",))]
        blocks += ["\n".join(flow(compared, terminal, terminal.out_width, "", _HANG))]
    for entry in found:
        compared_by = entry_states(entry, diff, said=is_said)
        blocks.append("\n".join(_entry_lines(entry, compared_by, terminal, told)))
    blocks.append("\n".join(_last_lines(diff, terminal, with_hint=with_hint)))
    return "\n\n".join(blocks) + "\n"


def _last_lines(diff: Diff, terminal: Terminal, *, with_hint: bool) -> Iterator[str]:
    """The count, and what the numbers in brackets are."""
    width = terminal.out_width
    yield from flow([Span(diff_summary(diff), ("bold",))], terminal, width, "", _HANG)
    broken = [
        change
        for prompt in diff.prompts
        for change in prompt.changes
        if change.effect is Effect.BREAKING and acceptance(prompt, change) is None
    ]
    if broken and with_hint:
        page = f"promptctl explain {broken[0].rule}"
        hint = f"[…] is for accepted_breaks in promptctl.yaml, if that break is meant: {page}"
        yield from flow([Span(hint, ("dim",))], terminal, width, "", _HANG)


def _entry_lines(entry: Entry, compared: str, terminal: Terminal, told: _Told) -> Iterator[str]:
    width, prompt = terminal.out_width, entry.prompt
    style = "magenta" if prompt.problem is not None else EFFECT_STYLES[prompt.effect]
    head = [Span(revealed_line(entry.heading), ("bold",)), Span("  ")]
    if compared:
        head += [Span(revealed_line(compared), ("dim",)), Span("  ")]
    head.append(Span(effect_word(prompt), ("bold", style) if style != "dim" else ("dim",)))
    yield from flow(head, terminal, width, "", _HANG)
    if entry.is_group:
        names = [Span(revealed_line(entry.names(_MOST_NAMES)))]
        yield from flow(names, terminal, width, "  ", _INDENT)
    if prompt.problem is not None:
        yield from flow([Span(revealed_line(prompt.problem))], terminal, width, "  ", _INDENT)
    elif not prompt.changes:
        yield f"  {LAYOUT_ONLY}"
    for audience, changes in groups(prompt):
        yield f"  {terminal.paint(audience, 'bold')}"
        for change in changes[:_MOST_CHANGES]:
            yield from _change_lines(prompt, change, terminal, told)
        if len(changes) > _MOST_CHANGES:
            yield f"{_INDENT}and {counted(len(changes) - _MOST_CHANGES, 'more change')}"
    yield from _rendered_lines(entry, terminal)


def _change_lines(
    prompt: PromptDiff, change: Change, terminal: Terminal, told: _Told
) -> Iterator[str]:
    width, hang = terminal.out_width, _INDENT + _HANG
    spans: list[Span] = []
    if change.effect in (Effect.BREAKING, Effect.COMPATIBLE):
        effect = f"{change.effect.value:<{_EFFECT_WIDTH}}"
        spans.append(Span(effect, (EFFECT_STYLES[change.effect],)))
        if width is None or width >= _ROOMY:
            hang = _INDENT + " " * _EFFECT_WIDTH
    found = setting(change)
    spans += [Span(revealed_line(change.message))] if found is None else _setting_spans(found)
    accepted = acceptance(prompt, change)
    if change.effect is Effect.BREAKING:
        spans += [Span("  "), Span(f"[{fingerprint_of(prompt, change)}]", ("dim",))]
    yield from flow(spans, terminal, width, _INDENT, hang)
    if accepted is not None:
        style = "yellow" if accepted.is_proposed else "green"
        words = [Span(f"{acceptance_words(accepted)}:", (style,)), Span(" ")]
        words.append(Span(revealed_line(accepted.reason)))
        yield from flow(words, terminal, width, hang, hang + _HANG)
    edits = edits_of(change)
    before = told.setdefault(edits, prompt.name) if change.rule.startswith("file-") else prompt.name
    if before == prompt.name:
        yield from _passage_lines(edits, terminal)
    elif edits:
        as_there = [Span(f"as in {revealed_line(before)}, above", ("dim",))]
        yield from flow(as_there, terminal, width, hang, hang + _HANG)


def _setting_spans(found: Setting) -> list[Span]:
    return [
        Span(f"{revealed_line(found.label)}: "),
        Span(revealed_line(found.old), ("red",)),
        Span(" → "),
        Span(revealed_line(found.new), ("green",)),
    ]


def _rendered_lines(entry: Entry, terminal: Terminal) -> Iterator[str]:
    rendered, unrendered = rendered_of(entry), unrendered_of(entry)
    if rendered or unrendered:
        yield f"  {terminal.paint('rendered', 'bold')}"
    for one in rendered[:_MOST_CHANGES]:
        change = one.change
        words = one.words(f"example {change.example}, message {change.message} ({change.role})")
        yield from flow(
            [Span(revealed_line(words))], terminal, terminal.out_width, _INDENT, _INDENT + _HANG
        )
        yield from _passage_lines(change.edits, terminal)
    if len(rendered) > _MOST_CHANGES:
        yield f"{_INDENT}and {counted(len(rendered) - _MOST_CHANGES, 'more message')}"
    for problem in unrendered[:_MOST_CHANGES]:
        said = [Span("not compared:", ("yellow",)), Span(f" {revealed_line(problem)}")]
        yield from flow(said, terminal, terminal.out_width, _INDENT, _INDENT + _HANG)


def _passage_lines(edits: Sequence[Edit], terminal: Terminal) -> Iterator[str]:
    found = passage(edits, _EXTENT)
    bar = _INDENT + terminal.paint(_BAR, "dim")
    hostile = _has_brackets(edits)
    for line in found.lines:
        if line:
            spans = [_span(piece, terminal, hostile) for piece in line]
            yield from flow(spans, terminal, terminal.out_width, bar, bar + _HANG)
        else:
            yield bar + terminal.paint(ELLIPSIS, "dim")
    if found.left_out:
        yield bar + terminal.paint(f"{ELLIPSIS} {counted(found.left_out, 'more line')}", "dim")


def _has_brackets(edits: Sequence[Edit]) -> tuple[str, ...]:
    """The closing brackets of a word diff that the text could pretend to be in."""
    whole = "".join(edit.text for edit in edits)
    return tuple(end for start, end in _BRACKETS.values() if start in whole and end in whole)


_BRACKETS = {"removed": ("[-", "-]"), "added": ("{+", "+}")}
_COLOURS = {"removed": ("red",), "added": ("green",)}


def _span(piece: Piece, terminal: Terminal, hostile: Sequence[str]) -> Span:
    """The piece in its colour; in brackets as git's word diff has them where there is no colour."""
    if terminal.out_color:
        return Span(piece.text, _COLOURS.get(piece.kind, ()))
    start, end = _BRACKETS.get(piece.kind, ("", ""))
    text = piece.text
    for closing in {*hostile, *filter(None, (end,))}:
        text = text.replace(closing, f"{closing[0]}\\{closing[1]}")
    return Span(f"{start}{text}{end}")
