"""A diff as Markdown for a pull request's comment: a table for all prompts, a section for each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from promptctl.core.change import Change, Effect
from promptctl.core.diff import Diff, PromptDiff, RenderedChange
from promptctl.core.word_diff import Edit
from promptctl.output.cells import ELLIPSIS
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
    setting,
    shortened,
    states,
    title,
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
    head = f"**{diff_summary(diff)}** ({code_span(diff.old)} → {code_span(diff.new)})\n"
    if not diff.prompts:
        return head
    prompts = worst_first(diff)
    body = f"{head}\n{_table(prompts)}"
    room = limit - len(body) - _ROOM_FOR_NOTES
    brief, missing = 0, 0
    for place, prompt in enumerate(prompts):
        if room < _LEAST_SECTION:
            missing += len(prompts) - place
            break
        section = "\n" + prompt_markdown(prompt)
        if len(section) > room:
            section = "\n" + prompt_markdown(prompt, with_texts=False)
            brief += len(section) <= room
        if len(section) > room:
            missing += 1
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


def _table(prompts: Sequence[PromptDiff]) -> str:
    rows = ["| prompt | effect | what changes |", "| --- | --- | --- |"]
    rows += [_row(prompt) for prompt in prompts[:_MOST_ROWS]]
    if len(prompts) > _MOST_ROWS:
        rows.append(f"| … | | {len(prompts) - _MOST_ROWS:,} more |")
    return "\n".join(rows) + "\n"


def _row(prompt: PromptDiff) -> str:
    name = code_span(shortened(prompt.name, _LONGEST_CELL))
    return f"| {cell(name)} | {_effect(prompt)} | {cell(prompt_summary_markdown(prompt))} |"


def prompt_summary_markdown(prompt: PromptDiff) -> str:
    """One line of Markdown on what changes in a prompt; `cell` makes it fit for a table."""
    if prompt.problem is not None:
        return safe_sentence(shortened(prompt.problem, _LONGEST_CELL))
    return prompt_summary(prompt, [_sentence(change, _LONGEST_CELL) for change in prompt.changes])


def _effect(prompt: PromptDiff) -> str:
    word = effect_word(prompt)
    return f"**{word}**" if word == Effect.BREAKING.value or prompt.problem is not None else word


def prompt_markdown(prompt: PromptDiff, *, with_texts: bool = True) -> str:
    """One prompt's section, which others can put in their own report.

    Its changes by whom they concern, with the texts that changed, folded if they are long.
    """
    name, compared = shortened(title(prompt), _LONGEST_SENTENCE), shortened(states(prompt), 200)
    lines = [f"#### {code_span(name)}: {effect_word(prompt)}", "", safe_sentence(compared)]
    if prompt.problem is not None:
        lines += ["", f"- {safe_sentence(shortened(prompt.problem, _LONGEST_SENTENCE))}"]
    elif not prompt.changes:
        lines += ["", f"- {LAYOUT_ONLY}"]
    for audience, changes in groups(prompt):
        items = ((_item(prompt, one), edits_of(one)) for one in changes[:_MOST_CHANGES])
        left = len(changes) - _MOST_CHANGES
        lines += _list(_GROUPS[audience], items, left, with_texts=with_texts)
    if with_texts and (prompt.rendered or prompt.unrendered):
        shown = [(_place(one), one.edits) for one in prompt.rendered[:_MOST_CHANGES]]
        words = (shortened(problem, _LONGEST_SENTENCE) for problem in prompt.unrendered)
        missing = [(f"not compared: {safe_sentence(one)}", ()) for one in words]
        left = len(prompt.rendered) - _MOST_CHANGES
        lines += _list("As rendered", [*shown, *missing], left, with_texts=True)
    return "\n".join(lines) + "\n"


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


def _place(change: RenderedChange) -> str:
    example, role = (shortened(text, _LONGEST_CELL) for text in (change.example, change.role))
    return f"example {code_span(example)}, message {change.message} ({code_span(role)})"


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
