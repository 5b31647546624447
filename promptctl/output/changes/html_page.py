"""A diff as one HTML file that needs nothing else: no script, no request, light and dark, on paper too."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from promptctl.core.change import Change, Effect
from promptctl.core.diff import Diff, PromptDiff
from promptctl.core.word_diff import Edit
from promptctl.output.change_words import setting
from promptctl.output.changes.entries import (
    Entry,
    entries,
    entry_states,
    is_one_comparison,
    rendered_of,
    unrendered_of,
)
from promptctl.output.changes.html_style import STYLE, STYLE_HASH
from promptctl.output.changes.passage import Extent, Piece, passage, revealed
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
    worst_first,
)

_EXTENT = Extent(lines=400, around=3, context=200, edited=20_000)
_MOST_CHANGES = 1_000
_GROUPS = {"callers": "For callers", "model": "For the model", "people": "For people"}
_POLICY = f"default-src 'none'; style-src '{STYLE_HASH}'; base-uri 'none'; form-action 'none'"
_TICKED = re.compile(r"`([^`]*)`")
_TAGS = {"removed": "del", "added": "ins"}
_ESCAPES = {ord("&"): "&amp;", ord("<"): "&lt;", ord(">"): "&gt;", ord('"'): "&quot;"}


def diff_html(diff: Diff) -> str:
    """The whole page, the worst first."""
    found = entries(worst_first(diff))
    compared = f"{_code(diff.old)} → {_code(diff.new)}"
    body = [f"<p>{compared}</p>", f"<p><strong>{_text(diff_summary(diff))}</strong></p>"]
    if found:
        body.append(_index(found))
    is_said = bool(found) and is_one_comparison(diff)
    sections = (
        _section(number, entry, entry_states(entry, diff, said=is_said))
        for number, entry in enumerate(found, 1)
    )
    return "\n".join(
        [
            "<!DOCTYPE html>",
            '<html lang="en">',
            "<head>",
            '<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<meta name="color-scheme" content="light dark">',
            '<meta name="referrer" content="no-referrer">',
            f"<title>Prompt changes: {_text(diff_summary(diff))}</title>",
            f"<style>{STYLE}</style>",
            "</head>",
            "<body>",
            "<header>",
            "<h1>Prompt changes</h1>",
            *body,
            "</header>",
            "<main>",
            *sections,
            "</main>",
            "</body>",
            "</html>\n",
        ]
    )


def _text(text: str) -> str:
    """Text as character data, also in a quoted attribute."""
    return revealed(text).translate(_ESCAPES)


def _code(text: str) -> str:
    return f"<code>{_text(text)}</code>"


def _sentence(text: str) -> str:
    """A sentence of ours, in which backticks hold values of others."""
    parts: list[str] = []
    end = 0
    for found in _TICKED.finditer(text):
        parts += [_text(text[end : found.start()]), _code(found[1])]
        end = found.end()
    return "".join([*parts, _text(text[end:])])


def _index(found: Sequence[Entry]) -> str:
    rows = "\n".join(
        f'<tr><th scope="row"><a href="#p{number}">{_text(_named(entry))}</a></th>'
        f"<td>{_effect(entry.prompt)}</td><td>{_sentence(prompt_summary(entry.prompt))}</td></tr>"
        for number, entry in enumerate(found, 1)
    )
    head = "<tr>" + "".join(
        f'<th scope="col">{word}</th>' for word in ("Prompt", "Effect", "What changes")
    )
    return f"<table>\n<thead>{head}</tr></thead>\n<tbody>\n{rows}\n</tbody>\n</table>"


def _named(entry: Entry) -> str:
    more = len(entry.prompts) - 1
    return f"{entry.prompt.name} and {more:,} more" if more else entry.prompt.name


def _effect(prompt: PromptDiff) -> str:
    kind = "problem" if prompt.problem is not None else prompt.effect.value
    return f'<span class="effect {kind}">{_text(effect_word(prompt))}</span>'


def _section(number: int, entry: Entry, compared: str) -> str:
    prompt = entry.prompt
    lines = [f'<section id="p{number}">', f"<h2>{_text(entry.heading)} {_effect(prompt)}</h2>"]
    if compared:
        lines.append(f'<p class="states">{_text(compared)}</p>')
    if entry.is_group:
        lines.append(f"<p>{_text(entry.names(_MOST_CHANGES))}</p>")
    if prompt.problem is not None:
        lines.append(f"<p>{_sentence(prompt.problem)}</p>")
    elif not prompt.changes:
        lines.append(f"<p>{LAYOUT_ONLY}</p>")
    for audience, changes in groups(prompt):
        lines += [f"<h3>{_GROUPS[audience]}</h3>", "<ul>"]
        lines += [_item(prompt, change) for change in changes[:_MOST_CHANGES]]
        if len(changes) > _MOST_CHANGES:
            lines.append(f"<li>and {counted(len(changes) - _MOST_CHANGES, 'more change')}</li>")
        lines.append("</ul>")
    lines += _rendered(entry)
    return "\n".join([*lines, "</section>"])


def _item(prompt: PromptDiff, change: Change) -> str:
    found = setting(change)
    parts = []
    if change.effect in (Effect.BREAKING, Effect.COMPATIBLE):
        kind = change.effect.value
        parts.append(f'<span class="effect {kind}">{kind}</span> ')
    if found is None:
        parts.append(_sentence(change.message))
    else:
        moved = f"<del>{_text(found.old)}</del> → <ins>{_text(found.new)}</ins>"
        parts.append(f"{_code(found.label)}: {moved}")
    if change.effect is Effect.BREAKING:
        mark = _text(fingerprint_of(prompt, change))
        parts.append(f' <code class="fingerprint" title="fingerprint">{mark}</code>')
    accepted = acceptance(prompt, change)
    if accepted is not None:
        kind = "behaviour" if accepted.is_proposed else "compatible"
        words = f"{acceptance_words(accepted)}: {_text(accepted.reason)}"
        parts.append(f'<p class="accepted {kind}">{words}</p>')
    return f"<li>{''.join(parts)}{_passage(edits_of(change))}</li>"


def _rendered(entry: Entry) -> Iterator[str]:
    rendered, unrendered = rendered_of(entry), unrendered_of(entry)
    if not rendered and not unrendered:
        return
    yield "<h3>As rendered</h3>\n<ul>"
    for one in rendered[:_MOST_CHANGES]:
        change = one.change
        place = f"example {_code(change.example)}, message {change.message} ({_code(change.role)})"
        yield f"<li>{one.words(place, _code)}{_passage(change.edits)}</li>"
    if len(rendered) > _MOST_CHANGES:
        yield f"<li>and {counted(len(rendered) - _MOST_CHANGES, 'more message')}</li>"
    for problem in unrendered[:_MOST_CHANGES]:
        yield f"<li>not compared: {_sentence(problem)}</li>"
    yield "</ul>"


def _passage(edits: Sequence[Edit]) -> str:
    found = passage(edits, _EXTENT)
    if not found.lines:
        return ""
    lines = [
        "".join(map(_piece, line)) if line else '<span class="gap">…</span>' for line in found.lines
    ]
    if found.left_out:
        lines.append(f'<span class="gap">… {counted(found.left_out, "more line")}</span>')
    # A line break right after the tag is dropped, so the first line may be empty.
    return '\n<pre class="prose">\n' + "\n".join(lines) + "</pre>"


def _piece(piece: Piece) -> str:
    tag = _TAGS.get(piece.kind)
    return f"<{tag}>{_text(piece.text)}</{tag}>" if tag else _text(piece.text)
