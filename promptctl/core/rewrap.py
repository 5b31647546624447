"""Whether two texts differ only in where the lines of their paragraphs break: readers see no difference."""

from __future__ import annotations

import re

_FENCE = re.compile(r" {0,3}(?:(`{3,})(?!.*`)|(~{3,}))(.*)")
_NO_PROSE = re.compile(
    r"[ \t]"  # indented
    r"|[^\w\s{]+(?:[ \t]|$)"  # an item of a list, a quote, a heading, a rule, a command
    r"|\(?(?:\d{1,9}|[A-Za-z]|[ivxIVX]{1,6})[.)][ \t]|\d{1,3}(?:\.\d{1,3})+\.?[ \t]|\[.?\][ \t]"
    r"|[|>]|\#{1,6}$|[ \t]*:?-+:?[ \t]*\|"  # a table, a quote
    r"|[^\s,]+(?:,[^\s,]+)+$|.*\t"  # values between commas or tabs
    r"|[}\])]|.*[{(\[]$|.*(?:=|\);$)"  # code
    r"|<[/!?A-Za-z]"  # a tag of HTML or XML
    r"|\[[^\]]+\]:"  # the target of a link
    r"|.*[:\uff1a][ \t]*$"  # what follows stands below
    r"|.*(?:\{%|%\}|\{\#|\#\}|\{\{[ \t]*[#/^>!&=])"  # statements, comments and sections of templates
    r"|.*(?:[ \t]{2}|\\|<br ?/?>)$"  # a line break that is meant
)
_LABEL = re.compile(
    r"[*_\"'`]{0,3}(?:[\w./-]{1,30}|[A-Z][\w'./-]{0,30}(?: [\w'./-]{1,30}){1,3})"
    r"[*_\"'`]{0,3}(?::[*_]{0,3}[ \t]|\uff1a)"
)
"""What may name the value behind it. A line by chance begins so too: two do not."""
_SPEAKER = re.compile(r"[*_\"'`]{0,3}[A-Z][\w-]{0,30}[*_\"'`]{0,3}:[*_]{0,3}[ \t]")
"""One word for who speaks, or for what follows. In a first line it may begin a sentence."""
_TAGS = (("{{", "}}"), ("{%", "%}"), ("{#", "#}"))


def is_rewrapped(old: str, new: str, *, is_whole: bool = True) -> bool:
    """Whether two different texts say the same in other lines.

    Within a paragraph of prose a line end counts as a blank. A paragraph that holds anything else keeps
    its lines: items of lists, tables, code, indented lines, headings, labels, statements of templates. How
    many line ends stand at the end of a whole text does not count; behind a part of one, others follow.
    """
    if old == new or not (is_whole or _line_ends(old) == _line_ends(new)):
        return False
    return unwrapped(old) == unwrapped(new)


def _line_ends(text: str) -> int:
    return len(text) - len(text.rstrip("\n"))


def unwrapped(text: str) -> list[str]:
    """The lines of the text with each paragraph of prose on one: the same for all wraps of a text."""
    if "{{=" in text:  # from there on, tags of Mustache may begin with any sign
        return text.rstrip("\n").split("\n")
    lines: list[str] = []
    paragraph: list[str] = []
    fence = ""
    in_tags = _lines_in_tags(text)
    for number, line in enumerate(text.rstrip("\n").split("\n")):
        mark = _FENCE.match(line)
        if fence or mark is not None or number in in_tags or not line.strip():
            lines += [*_paragraph(paragraph), line]
            paragraph = []
            if mark is not None:
                fence = _fence_after(fence, mark[1] or mark[2], mark[3])
        else:
            paragraph.append(line)
    return lines + _paragraph(paragraph)


def _lines_in_tags(text: str) -> set[int]:
    """The numbers of the lines over which tags of templates go that have more than one."""
    found: set[int] = set()
    for opening, closing in _TAGS:
        number = end = 0
        while (start := text.find(opening, end)) >= 0:
            number += text.count("\n", end, start)
            end = text.find(closing, start)
            if end < 0:
                break
            more = text.count("\n", start, end)
            if more:
                found.update(range(number, number + more + 1))
            number += more
    return found


def _fence_after(fence: str, mark: str, rest: str) -> str:
    """What closes the code that is open behind a line; empty where none is."""
    if not fence:
        return mark
    return "" if mark.startswith(fence) and not rest.strip() else fence


def _paragraph(lines: list[str]) -> list[str]:
    if any(map(_NO_PROSE.match, lines)) or any(map(_SPEAKER.match, lines[1:])):
        return lines
    if sum(_LABEL.match(line) is not None for line in lines) > 1:
        return lines
    return [" ".join(lines)] if lines else []
