"""Text that others wrote, in Markdown for GitHub and GitLab, where it can begin nothing.

A forge reads a comment more than once: its Markdown, then the text that came out of it (mentions,
references, addresses, emoji), and some read the source by line (quick actions). All of them leave code
alone, and nothing of ours begins a line with what others wrote.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from promptctl.output.changes.passage import revealed, revealed_line

_TICKED = re.compile(r"`([^`]*)`")
_PLAIN = re.compile(
    r"""[("']?[A-Za-z]+(?:'[a-z]+)?["')]?[,;:]?|[A-Za-z]+[.?]|[0-9]{1,6}[,;:]?|[()]?[,.;:]?|→|…"""
)
"""Words that mean nothing to Markdown or a forge: letters, and few digits, with the usual marks."""
_AMID_MARKS = re.compile(r"(\(?)(.*?[^),.;:])([),.;:]*)")
_REFERS = re.compile(r"[0-9a-f]{7}|www|http|ftp", re.IGNORECASE)
"""What may be a commit, or begin an address."""


def code_span(text: str) -> str:
    """The text on one line as code, whatever backticks it holds."""
    line = revealed_line(text)
    if not line.strip():
        return "` `"
    longest = max((len(run) for run in re.findall("`+", line)), default=0)
    fence = "`" * (longest + 1)
    padded = line[0] == "`" or line[-1] == "`" or (line[0] == " " and line[-1] == " ")
    pad = " " if padded else ""
    return f"{fence}{pad}{line}{pad}{fence}"


def safe_sentence(text: str) -> str:
    """A sentence of ours with values of others in it: what is more than a plain word becomes code."""
    line = revealed_line(text)
    parts: list[str] = []
    end = 0
    for found in _TICKED.finditer(line):
        parts += [*_words(line[end : found.start()]), code_span(found[1])]
        end = found.end()
    return _joined([*parts, *_words(line[end:])])


def _joined(parts: Iterable[str]) -> str:
    """The parts in one line. Two pieces of code without a blank between them would not be two."""
    line = ""
    for part in parts:
        line += f" {part}" if line.endswith("`") and part.startswith("`") else part
    return line


def _words(text: str) -> Iterator[str]:
    """Plain words as they are; runs of others as one piece of code each."""
    run = ""
    for blank, word in re.findall(r"(\s*)(\S*)", text):
        if not word or _is_plain(word):
            yield from _in_code(run)
            run = ""
            yield f" {word}" if blank else word
        elif run:
            run += blank + word
        else:
            yield " " if blank else ""
            run = word


def _in_code(run: str) -> Iterator[str]:
    """Words as code, without the marks around them that belong to our sentence."""
    found = _AMID_MARKS.fullmatch(run)
    if found is not None:
        yield from (found[1], code_span(found[2]), found[3])
    elif run:
        yield code_span(run)


def _is_plain(word: str) -> bool:
    return _PLAIN.fullmatch(word) is not None and _REFERS.search(word) is None


def cell(markdown: str) -> str:
    """Markdown of ours as a cell of a table, which ends at a pipe, even in code."""
    return markdown.replace("\\|", "\\ |").replace("|", "\\|")


_ENTITIES = {ord(char): f"&#{ord(char)};" for char in "&<>`@#\\"}


def html_text(text: str) -> str:
    """Text inside `<pre>` or `<code>` written as HTML. No line of it begins with a slash, a command."""
    escaped = revealed(text).translate(_ENTITIES)
    return re.sub(r"(?m)^(\s*)/", r"\1&#47;", escaped)
