"""A changelog as text, as Markdown and as JSON: version by version, the newest first."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from promptctl.core.change import Change, Effect
from promptctl.core.changelog import Changelog, Entry
from promptctl.core.json_data import Json
from promptctl.core.word_diff import Edit
from promptctl.output.cells import wrap
from promptctl.output.change_words import EFFECT_STYLES, setting
from promptctl.output.changes.json_report import change_object
from promptctl.output.changes.markdown_text import code_span, safe_sentence
from promptctl.output.changes.passage import revealed, revealed_line
from promptctl.output.changes.wording import LAYOUT_ONLY, counted, effect_word, shortened
from promptctl.output.json_text import json_line
from promptctl.output.records import iso_time, shown_time
from promptctl.output.terminal import Terminal

_MOST_CHANGES = 40
_LONGEST_SENTENCE, _LONGEST_WORDS = 300, 40
_LONGEST_MESSAGE = 2000


@dataclass(frozen=True, slots=True)
class _Style:
    """How one format writes a sentence of ours, a value of others, and some of their words."""

    sentence: Callable[[str], str]
    value: Callable[[str], str]
    words: Callable[[str], str]


_TEXT = _Style(revealed_line, revealed_line, lambda words: f"“{revealed_line(words)}”")
_MARKDOWN = _Style(safe_sentence, code_span, code_span)


def changelog_text(log: Changelog, terminal: Terminal) -> str:
    """One block for each version: what it is, why it was made, and its changes by effect."""
    blocks = (_block(entry, terminal) for entry in log.entries)
    return "\n".join("".join(f"{line}\n" for line in block) for block in blocks)


def _block(entry: Entry, terminal: Terminal) -> Iterator[str]:
    record, diff, width = entry.record, entry.diff, terminal.out_width
    style = "magenta" if diff.problem is not None else EFFECT_STYLES[diff.effect]
    word = effect_word(diff) if diff.problem is not None else _word(entry, diff.effect)
    name = terminal.paint(f"{record.name} v{record.tag.number}", "bold")
    who = revealed_line(record.actor.partition(" <")[0])
    yield f"{name}  {_day(entry)}  {who}  {terminal.paint(word, style)}"
    for line in revealed(record.message[:_LONGEST_MESSAGE]).splitlines():
        yield from wrap(f"    {line}".rstrip(), width, 4)
    if diff.problem is not None:
        yield from wrap(f"  {revealed_line(diff.problem)}", width, 4)
    elif not diff.changes:
        yield f"  {LAYOUT_ONLY}"
    for effect, changes in _by_effect(entry):
        yield f"  {terminal.paint(_word(entry, effect), 'bold')}"
        for line in _lines(changes, _TEXT):
            yield from wrap(f"    {line}", width, 6)


def changelog_markdown(log: Changelog) -> str:
    """A section for each version, with a list of its changes for each effect."""
    return "\n".join(["# Changelog\n", *map(_section, log.entries)])


def _section(entry: Entry) -> str:
    record, diff = entry.record, entry.diff
    lines = [f"## {code_span(record.name)} v{record.tag.number} ({_day(entry)})", ""]
    said = " ".join(record.message[:_LONGEST_MESSAGE].split())
    who = safe_sentence(shortened(record.actor.partition(" <")[0], 100))
    lines += [f"{safe_sentence(said)} ({who})" if said else f"By {who}", ""]
    if diff.problem is not None:
        lines += [f"- {safe_sentence(shortened(diff.problem, _LONGEST_SENTENCE))}", ""]
    elif not diff.changes:
        lines += [f"- {LAYOUT_ONLY}", ""]
    for effect, changes in _by_effect(entry):
        lines += [f"### {_word(entry, effect).capitalize()}", ""]
        lines += [f"- {line}" for line in _lines(changes, _MARKDOWN)]
        lines.append("")
    return "\n".join(lines)


def _word(entry: Entry, effect: Effect) -> str:
    """What a change means, in the word of the log for a first version."""
    return "new" if entry.diff.status == "added" else effect.value


def _day(entry: Entry) -> str:
    return shown_time(entry.record.time, entry.record.zone).partition(" ")[0]


def _by_effect(entry: Entry) -> Iterator[tuple[Effect, Sequence[Change]]]:
    for effect in Effect:
        changes = [change for change in entry.diff.changes if change.effect is effect]
        if changes:
            yield effect, changes


def _lines(changes: Sequence[Change], style: _Style) -> Iterator[str]:
    """Each change in one line: a setting's old and new value, of a text the first words that changed."""
    for change in changes[:_MOST_CHANGES]:
        found = setting(change)
        if found is None:
            words = style.sentence(shortened(change.message, _LONGEST_SENTENCE))
            yield words + _first_edit(change.edits, style)
        else:
            label, old, new = map(style.value, (found.label, found.old, found.new))
            yield f"{label}: {old} → {new}"
    if len(changes) > _MOST_CHANGES:
        yield f"and {counted(len(changes) - _MOST_CHANGES, 'more change')}"


def _first_edit(edits: Sequence[Edit], style: _Style) -> str:
    """The first words that became others, and how many more did."""
    places: list[dict[str, str]] = []
    before = "same"
    for edit in edits:
        if edit.kind != "same":
            if before == "same":
                places.append({})
            places[-1][edit.kind] = " ".join(edit.text.split())
        before = edit.kind
    first = next((place for place in places if any(place.values())), None)
    if first is None:
        return ""
    old, new = (first.get(kind, "") for kind in ("removed", "added"))
    shown = [style.words(shortened(words, _LONGEST_WORDS)) for words in (old, new) if words]
    verb = "" if old and new else " removed" if old else " added"
    more = f" and {counted(len(places) - 1, 'more edit')}" if len(places) > 1 else ""
    return f": {' → '.join(shown)}{verb}{more}"


def changelog_json(log: Changelog) -> str:
    """The whole value as one JSON object on one line, `promptctl.changelog/1`."""
    return json_line(
        {
            "schema": "promptctl.changelog/1",
            "versions": [_version(entry) for entry in log.entries],
            "odd": [{"tag": one.tag, "reason": one.reason} for one in log.odd],
        }
    )


def _version(entry: Entry) -> Json:
    record, diff = entry.record, entry.diff
    return {
        "name": record.name,
        "version": record.tag.number,
        "status": diff.status,
        "effect": None if diff.problem is not None else diff.effect.value,
        "message": record.message,
        "actor": record.actor,
        "time": record.time,
        "date": iso_time(record.time),
        "commit": record.commit,
        "path": record.path,
        "previous": None if diff.old is None else _previous(entry),
        "changes": [change_object(change) for change in diff.changes],
        "problem": diff.problem,
    }


def _previous(entry: Entry) -> Json:
    side = entry.diff.old
    assert side is not None
    return {"name": side.name, "version": side.version, "commit": side.commit}


def nothing_note(*, has_range: bool, hint: str | None) -> str:
    """Why a changelog is empty; `hint` is what brings the tags that this clone was made without."""
    if hint is not None:
        return f"this clone was made without tags, which is what versions are; {hint}"
    if has_range:
        return "no version was made in that range"
    return "no version was ever made; promptctl publish NAME makes the first"
