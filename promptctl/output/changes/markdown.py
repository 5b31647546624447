"""A diff as Markdown for a pull request's comment: a table for all prompts, a section for each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from promptctl.core.change import Change, Effect
from promptctl.core.diff import Diff, PromptDiff
from promptctl.core.word_diff import Edit
from promptctl.output.cells import ELLIPSIS
from promptctl.output.change_words import setting
from promptctl.output.changes.entries import (
    Entry,
    Rendered,
    entries,
    entry_states,
    is_one_comparison,
    rendered_of,
    unrendered_of,
)
from promptctl.output.changes.flow import Span, filled
from promptctl.output.changes.markdown_text import cell, code_span, html_text, safe_sentence
from promptctl.output.changes.passage import Extent, Piece, passage
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
    prompt_summary,
    shortened,
    worst_first,
)

MAX_COMMENT = 65_536
"""Characters of a comment on GitHub; GitLab takes more."""
_ROOM_FOR_NOTES = 400
_LEAST_SECTION = 60
"""No section is shorter; with less room left there is none for the others."""
_MOST_ROWS = 100
_MOST_CHANGES = 40
_LONGEST_SENTENCE, _LONGEST_CELL = 300, 160
_EXTENT = Extent(lines=24)
_LINE = 96
"""Characters after which a line of prose goes on below: a comment does not wrap what stands in `<pre>`."""
_FOLDED = 12
"""Lines beyond which a text is hidden until somebody asks."""
_GROUPS = {"callers": "For callers", "model": "For the model", "people": "For people"}


def diff_markdown(diff: Diff, limit: int = MAX_COMMENT) -> str:
    """The whole diff, the worst first, in at most `limit` characters: prompts are left out whole."""
    head = f"**{diff_summary(diff)}**: {safe_sentence(f'{diff.old} → {diff.new}')}\n"
    if not diff.prompts:
        return head
    found = entries(worst_first(diff))
    is_said = is_one_comparison(diff)
    body = f"{head}\n{_table(found)}"
    room = limit - len(body) - _ROOM_FOR_NOTES
    brief, missing = 0, 0
    for entry in found:
        if room < _LEAST_SECTION:
            missing += len(entry.prompts)
            continue
        compared = entry_states(entry, diff, said=is_said)
        section = "\n" + _section(entry, compared, with_texts=True)
        if len(section) > room:
            section = "\n" + _section(entry, compared, with_texts=False)
            brief += len(entry.prompts) if len(section) <= room else 0
        if len(section) > room:
            missing += len(entry.prompts)
            continue
        body += section
        room -= len(section)
    return body + _notes(brief, missing)


def _notes(brief: int, missing: int) -> str:
    """What a comment had no room for."""
    notes = []
    if brief:
        notes.append(f"{counted(brief, 'prompt')} without the texts")
    if missing:
        notes.append(f"{counted(missing, 'prompt')} not at all")
    if not notes:
        return ""
    return f"\n> This comment is full. It shows {', '.join(notes)}; `promptctl diff` shows everything.\n"


def _table(found: Sequence[Entry]) -> str:
    rows = ["| prompt | effect | what changes |", "| --- | --- | --- |"]
    rows += [_row(entry) for entry in found[:_MOST_ROWS]]
    if len(found) > _MOST_ROWS:
        more = sum(len(entry.prompts) for entry in found[_MOST_ROWS:])
        rows.append(f"| … | | {more:,} more |")
    return "\n".join(rows) + "\n"


def _row(entry: Entry) -> str:
    prompt = entry.prompt
    name = code_span(shortened(prompt.name, _LONGEST_CELL))
    if entry.is_group:
        name += f" and {len(entry.prompts) - 1:,} more"
    return f"| {cell(name)} | {_effect(prompt)} | {cell(prompt_summary_markdown(prompt))} |"


def prompt_summary_markdown(prompt: PromptDiff) -> str:
    """One line of Markdown on what changes in a prompt; `cell` makes it fit for a table."""
    if prompt.problem is not None:
        return safe_sentence(shortened(prompt.problem, _LONGEST_CELL))
    return prompt_summary(prompt, [_sentence(change, _LONGEST_CELL) for change in prompt.changes])


def _effect(prompt: PromptDiff) -> str:
    word = effect_word(prompt)
    return f"**{word}**" if word == Effect.BREAKING.value or prompt.problem is not None else word


def _section(entry: Entry, compared: str, *, with_texts: bool) -> str:
    """The changes of a prompt, or of several, by whom they concern, with the texts that changed, folded
    if they are long; `compared` says which states are, or nothing."""
    prompt = entry.prompt
    heading = shortened(entry.heading, _LONGEST_SENTENCE)
    heading = heading if entry.is_group else code_span(heading)
    lines = [f"#### {heading}: {effect_word(prompt)}"]
    if compared:
        lines += ["", safe_sentence(shortened(compared, 200))]
    if entry.is_group:
        lines += ["", _names(entry)]
    if prompt.problem is not None:
        lines += ["", f"- {safe_sentence(shortened(prompt.problem, _LONGEST_SENTENCE))}"]
    elif not prompt.changes:
        lines += ["", f"- {LAYOUT_ONLY}"]
    for audience, changes in groups(prompt):
        items = ((_item(prompt, one), edits_of(one)) for one in changes[:_MOST_CHANGES])
        left = len(changes) - _MOST_CHANGES
        lines += _list(_GROUPS[audience], items, left, with_texts=with_texts)
    rendered, unrendered = rendered_of(entry), unrendered_of(entry)
    if with_texts and (rendered or unrendered):
        shown = [(_place(one), one.change.edits) for one in rendered[:_MOST_CHANGES]]
        words = (shortened(one, _LONGEST_SENTENCE) for one in unrendered[:_MOST_CHANGES])
        missing = [(f"not compared: {safe_sentence(one)}", ()) for one in words]
        left = len(rendered) - _MOST_CHANGES
        lines += _list("As rendered", [*shown, *missing], left, with_texts=True)
    return "\n".join(lines) + "\n"


def _names(entry: Entry) -> str:
    names = [code_span(prompt.name) for prompt in entry.prompts[:_MOST_CHANGES]]
    more = len(entry.prompts) - _MOST_CHANGES
    return ", ".join(names) + (f" and {more:,} more" if more > 0 else "")


def _list(
    heading: str, items: Iterable[tuple[str, Sequence[Edit]]], left: int, *, with_texts: bool
) -> Iterator[str]:
    """A heading and a list, each item with the text that it is about."""
    yield from ("", f"**{heading}**", "")
    for words, edits in items:
        yield f"- {words}"
        if with_texts and edits:
            yield from (f"  {line}" for line in _text(edits))
    if left > 0:
        yield f"- and {counted(left, 'more change')}"


def _item(prompt: PromptDiff, change: Change) -> str:
    words = _sentence(change, _LONGEST_SENTENCE)
    if change.effect is Effect.COMPATIBLE:
        return f"compatible: {words}"
    if change.effect is not Effect.BREAKING:
        return words
    item = f"**breaking**: {words} ({code_span(fingerprint_of(prompt, change))})"
    accepted = acceptance(prompt, change)
    if accepted is None:
        return item
    reason = safe_sentence(shortened(accepted.reason, _LONGEST_SENTENCE))
    return f"{item}; {acceptance_words(accepted)}: {reason}"


def _place(one: Rendered) -> str:
    change = one.change
    example, role = (shortened(text, _LONGEST_CELL) for text in (change.example, change.role))
    place = f"example {code_span(example)}, message {change.message} ({code_span(role)})"
    return one.words(place, code_span)


def _sentence(change: Change, most: int) -> str:
    found = setting(change)
    if found is None:
        return safe_sentence(shortened(change.message, most))
    label, old, new = (shortened(text, most) for text in (found.label, found.old, found.new))
    return f"{code_span(label)}: {code_span(old)} → {code_span(new)}"


def _text(edits: Sequence[Edit]) -> list[str]:
    """An edited text, with `<del>` and `<ins>` around the words, which both forges show; folded if long."""
    found = passage(edits, _EXTENT)
    rows = [row for line in found.lines for row in _rows(line)]
    if found.left_out:
        rows.append(f"{ELLIPSIS} {counted(found.left_out, 'more line')}")
    if not rows:
        return []
    # A line break right after the tag is dropped, so the first row may be empty.
    text = ["<pre>", *rows[:-1], f"{rows[-1]}</pre>"]
    if len(rows) <= _FOLDED:
        return text
    summary = f"<summary>{counted(len(rows), 'line')} of text</summary>"
    return ["", "<details>", summary, "", *text, "", "</details>", ""]


_TAGS = {"removed": ("del",), "added": ("ins",)}


def _rows(line: Sequence[Piece]) -> Iterator[str]:
    """The line as HTML, in rows of some width that end between words."""
    if not line:
        yield ELLIPSIS
        return
    for row in filled([Span(one.text, _TAGS.get(one.kind, ())) for one in line], _LINE, _LINE):
        yield "".join(map(_tagged, row))


def _tagged(span: Span) -> str:
    text = html_text(span.text)
    return f"<{span.styles[0]}>{text}</{span.styles[0]}>" if span.styles else text
