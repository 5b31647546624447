"""Rules about the texts themselves: how long they are, where fixed text stands, what their lines end in."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import islice
from typing import TypeAlias

from promptctl.core.check_subject import Subject, lookup
from promptctl.core.closure import Closure, Source
from promptctl.core.finding import Finding, Location
from promptctl.core.json_data import Path
from promptctl.core.model_facts import model_facts
from promptctl.core.prompt import TemplateFormat
from promptctl.core.rules import found
from promptctl.core.schema_words import shown
from promptctl.core.templates import MAX_INCLUDE_DEPTH, Template, place_of

CHARACTERS_A_TOKEN = 4
"""The usual estimate for English; other languages have fewer characters in a token."""
CACHED_FROM = 1024 * CHARACTERS_A_TOKEN
"""Characters of a prefix that providers begin to keep: 1,024 tokens."""
CACHING = frozenset({"openai", "azure_openai", "google", "deepseek"})
"""Providers that keep the beginning of requests by themselves."""
MAX_SPACES = 20
"""Findings about blanks in one prompt."""

MAX_PIECES = 10_000
"""Pieces of fixed text that are looked at; includes of includes can make many out of few."""

_TAGS = {
    TemplateFormat.JINJA2: {"{{": "}}", "{%": "%}", "{#": "#}"},
    TemplateFormat.MUSTACHE: {"{{{": "}}}", "{{": "}}"},
    TemplateFormat.F_STRING: {"{{": "", "{": "}"},
}
_STATIC_TAG = r"\{#|\{%[-+]?\s*(?:raw|endraw)\b|\{\{[!=]"
_INCLUDE_TAG = r"""\{%[-+]?\s*include\s+['"]([^'"]+)|\{\{>\s*([^}\s]+)"""
# A run of blanks is tried at its beginning only, whole: a megabyte of them costs one look.
_BLANKS = r"(?<![ \t])[ \t]++(?=\n|\Z)"

PlaceOf = Callable[[Source], Location]


def check_spaces(subject: Subject, closure: Closure) -> Iterator[Finding]:
    """Findings about lines of the prompt's own texts that end in blanks."""
    spans = (
        (path, template.text, span)
        for path, template in closure.templates.items()
        if path[-1] != "file" and _has_blanks(template.text)
        for span in trailing_blanks(template.text, is_part=path[-1] == "text")
    )
    for path, text, (start, end) in islice(spans, MAX_SPACES):
        place = subject.document.text_location(path, *place_of(text, start))
        hint = "remove them"
        if place.end_column == place.column + 1:  # else where the whole text stands
            place = replace(place, end_column=place.column + end - start)
            hint = "remove them; `promptctl validate --fix` can"
        message = "the model sees blanks at the end of this line"
        yield found("trailing-space", place, message, hint)


def _has_blanks(text: str) -> bool:
    """Whether some line ends in a blank: a fast no for nearly all texts."""
    return " \n" in text or "\t\n" in text or text.endswith((" ", "\t"))


def trailing_blanks(text: str, *, is_part: bool = False) -> Iterator[tuple[int, int]]:
    """From where to where the blanks at the ends of a text's lines stand.

    Two behind a word and before another line are Markdown's way to break a line, and stay. So does
    what stands at the end of one `part` of a message, before the next.
    """
    for match in re.finditer(_BLANKS, text):
        start, end = match.span()
        before = text[start - 1] if start else "\n"
        breaks = match[0] == "  " and before != "\n" and text[end + 1 : end + 2] not in ("", "\n")
        if not breaks and not (is_part and end == len(text)):
            yield start, end


def check_length(subject: Subject, closure: Closure, place_of: PlaceOf) -> Iterator[Finding]:
    """Findings about texts too long for the model, and long ones that a provider cannot keep."""
    total = sum([len(template.text) for template in closure.templates.values()])
    total += sum([len(template.text) for template in closure.partials.values()])
    if total < CACHED_FROM:
        return
    yield from _check_total(subject, total)
    provider = subject.value("provider")
    if provider in CACHING and subject.wants("cache-prefix"):
        yield from _check_prefix(subject, closure, place_of)


def _check_total(subject: Subject, total: int) -> Iterator[Finding]:
    provider, model = subject.value("provider"), subject.value("model")
    facts = model_facts(str(provider), str(model))
    tokens = total // CHARACTERS_A_TOKEN
    if facts is not None and facts.input is not None and tokens > facts.input:
        message = f"about {tokens:,} tokens without any value of a variable (an estimate of "
        message += (
            f"{CHARACTERS_A_TOKEN} characters each), and {shown(model)} takes {facts.input:,}"
        )
        path: Path = ("template",) if "template" in subject.data else ("messages",)
        yield subject.found("prompt-too-long", path, message, "shorten it", key=True)


def _texts_in_order(closure: Closure) -> list[tuple[Path, Template]]:
    """Each text of the prompt, in the order in which they are sent."""
    own = closure.templates.items()
    return sorted(own, key=lambda entry: [step for step in entry[0] if isinstance(step, int)])


def _check_prefix(subject: Subject, closure: Closure, place_of: PlaceOf) -> Iterator[Finding]:
    """A finding where the first variable keeps a long fixed text behind it from being kept."""
    before = run = longest = 0
    first: Source | None = None
    for length, source in islice(_pieces_of_prompt(subject, closure), MAX_PIECES):
        run += length
        if first is None:
            before = run
        else:
            longest = max(longest, run)
        if source is not None:
            first, run = first or source, 0
    if first is not None and before < CACHED_FROM <= longest:
        message = f"{longest:,} characters of fixed text stand behind this variable, "
        message += "so the provider cannot keep them from one request to the next"
        hint = "put the fixed text first, and what varies at the end"
        yield found("cache-prefix", place_of(first), message, hint)


_Pieces: TypeAlias = Iterator[tuple[int, Source | None]]
"""Lengths of fixed text, each with the tag behind it that makes what follows vary, or None."""


def _pieces_of_prompt(subject: Subject, closure: Closure) -> _Pieces:
    tags = _TAGS.get(TemplateFormat(subject.data.get("template_format", "jinja2")), {})
    for path, template in _texts_in_order(closure):
        file = lookup(subject.data, path) if path[-1] == "file" else None
        source = Source(path, file if isinstance(file, str) else None)
        yield from _pieces(template.text, source, closure, tags, 0)


def _pieces(
    text: str, source: Source, closure: Closure, tags: Mapping[str, str], depth: int
) -> _Pieces:
    done = 0
    for start, end in _tag_spans(text, tags):
        fixed, tag = start - done, text[start:end]
        done = end
        include = re.match(_INCLUDE_TAG, tag)
        partial = closure.partials.get(include[1] or include[2]) if include else None
        if include and partial is not None and depth < MAX_INCLUDE_DEPTH:
            yield fixed, None
            inner = Source(source.path, include[1] or include[2])
            yield from _pieces(partial.text, inner, closure, tags, depth + 1)
        elif include or re.match(_STATIC_TAG, tag):
            yield fixed, None
        else:
            yield fixed, Source(source.path, source.file, place_of(text, start))
    yield len(text) - done, None


def _tag_spans(text: str, tags: Mapping[str, str]) -> Iterator[tuple[int, int]]:
    """From where to where each tag of a text goes; one that is never closed is text."""
    if not tags:
        return
    opening = re.compile("|".join(map(re.escape, tags)))
    unclosed: set[str] = set()
    at = 0
    while (found_tag := opening.search(text, at)) is not None:
        close = tags[found_tag[0]]
        end = -1 if close in unclosed else text.find(close, found_tag.end())
        if not close or end < 0:
            unclosed.add(close)
            at = found_tag.end()
        else:
            at = end + len(close)
            yield found_tag.start(), at
