"""Whether two texts differ only in where the lines of their paragraphs break: readers see no difference."""

from __future__ import annotations

import re

_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_NO_PROSE = re.compile(
    r"[ \t]"  # indented
    r"|[-*+•][ \t]|\d{1,9}[.)][ \t]"  # an item of a list
    r"|\||>|\#{1,6}(?:[ \t]|$)|={2,}[ \t]*$|-{2,}[ \t]*$|[*_][*_ \t]+$"  # table, quote, heading, rule
    r"|<[/!?A-Za-z][^>]*>[ \t]*$"  # a tag by itself
    r"|\[[^\]]+\]:"  # the target of a link
    r"|[\w .-]{1,40}:[ \t]*$"  # a label by itself
    r"|.*\{%|.*\{\#|.*\{\{[#/^>!&=]"  # statements, comments and sections of templates
    r"|.*\{\{[^}]*$"  # a tag that goes on in the next line
    r"|.*(?:[ \t]{2}|\\)$"  # a line break that is meant
)


def is_rewrapped(old: str, new: str) -> bool:
    """Whether two different texts say the same in other lines.

    Within a paragraph of prose a line end counts as a blank. A paragraph that holds anything else keeps
    its lines: items of lists, tables, code, indented lines, headings, statements of templates. How many
    line ends stand at the end of the text does not count.
    """
    return old != new and unwrapped(old) == unwrapped(new)


def unwrapped(text: str) -> list[str]:
    """The lines of the text with each paragraph of prose on one: the same for all wraps of a text."""
    lines: list[str] = []
    paragraph: list[str] = []
    fence = ""
    for line in text.rstrip("\n").split("\n"):
        mark = _FENCE.match(line)
        if fence or mark is not None:
            lines += [*_paragraph(paragraph), line]
            paragraph = []
            fence = _fence_after(fence, mark[1] if mark else "")
        elif line.strip():
            paragraph.append(line)
        else:
            lines += [*_paragraph(paragraph), line]
            paragraph = []
    return lines + _paragraph(paragraph)


def _fence_after(fence: str, mark: str) -> str:
    """What closes the code that is open behind a line; empty where none is."""
    if not fence:
        return mark
    return "" if mark.startswith(fence) else fence


def _paragraph(lines: list[str]) -> list[str]:
    if any(_NO_PROSE.match(line) for line in lines):
        return lines
    return [" ".join(lines)] if lines else []
