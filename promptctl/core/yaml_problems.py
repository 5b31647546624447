"""What a prompt file's YAML may not do, in words; and the comments that switch rules off."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from promptctl.core.finding import Finding, Severity
from promptctl.core.prompt import Path
from promptctl.core.source_text import SourceText
from promptctl.core.yaml_scalars import read_plain
from promptctl.core.yaml_tree import Node, scalars, walk

MAX_PROBLEMS = 100
"""Of one file; a file with more has one cause, and the first hundred show it."""

# Patterns that few files need are texts here: `re` compiles them when they are first used.
_IGNORE = r"(?<![^\s])#[ \t]*promptctl:[ \t]*ignore\b(?:\[([^\]\r\n]*)\])?"


def check_tree(root: Node, source: SourceText) -> tuple[list[Finding], frozenset[Path]]:
    """The findings of a file's nodes, and the paths of the values that they refuse."""
    found = list(islice(_problems(root, source), MAX_PROBLEMS))
    return [finding for finding, _ in found], frozenset(path for _, path in found)


def _problems(root: Node, source: SourceText) -> Iterator[tuple[Finding, Path]]:
    for path, node, _ in walk(root):
        problem = _value_problem(node)
        if problem:
            yield _finding(problem, node, source), path
        first: dict[str, Node] = {}
        if source.text.startswith("{{", node.start) and node.entries:
            yield _finding(UNQUOTED, node, source), path
            continue
        for key, _ in node.entries:
            problem = _key_problem(key) or _double(key, first, source)
            if problem:
                yield _finding(problem, key, source), (*path, key.text)
            first.setdefault(key.text, key)


_Problem = tuple[str, str, str]  # rule, message, hint

UNQUOTED = ("yaml-key", "a text that begins with { is a mapping for YAML", "quote the text")
"""Rule, message and hint for a template that begins a value without quotes."""
_ALIAS = ("yaml-alias", "anchors and aliases are not used in prompt files")
_QUOTE_ALIAS = "write the value out; if it is meant as text, quote it"
_TAG_HINT = "remove the tag; if it is meant as text, quote it"


def _finding(problem: _Problem, node: Node, source: SourceText) -> Finding:
    rule, message, hint = problem
    return Finding(rule, Severity.ERROR, source.span(node.start, node.end), message, hint)


def _node_problem(node: Node) -> _Problem | None:
    if node.kind == "alias" or node.anchor is not None:
        return (*_ALIAS, _QUOTE_ALIAS)
    if node.tag is not None:
        return "yaml-tag", "YAML tags are not used in prompt files", _TAG_HINT
    return None


def _value_problem(node: Node) -> _Problem | None:
    problem = _node_problem(node)
    if problem or not node.is_plain:
        return problem
    _, doubt = read_plain(node.text)
    return (doubt.rule, doubt.message, doubt.hint) if doubt else None


def _key_problem(key: Node) -> _Problem | None:
    if key.kind == "scalar" and key.is_plain and key.text == "<<":
        return "yaml-alias", "merge keys are not used in prompt files", "write the keys out"
    if key.kind in ("mapping", "sequence"):
        return "yaml-key", f"a {key.kind} cannot be a key", "use a text as the key"
    problem = _value_problem(key)
    if problem or not key.is_plain:
        return problem
    value, _ = read_plain(key.text)
    if isinstance(value, str):
        return None
    what = "null" if value is None else str(value).lower() if value in (True, False) else "a number"
    return "yaml-key", f"keys are text, and this one is {what}", "quote it"


def _double(key: Node, first: Mapping[str, Node], source: SourceText) -> _Problem | None:
    if key.text not in first:
        return None
    line, column = source.position(first[key.text].start)
    message = f"the key `{_short(key.text)}` stands here again, after line {line}, column {column}"
    return "yaml-duplicate-key", message, "keep one of the two"


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:60]}…"


def ignored_rules(source: SourceText, root: Node) -> dict[int, frozenset[str]]:
    """Line -> rules switched off there by `# promptctl: ignore[rule, other]`.

    A comment alone on its line stands for the next line that says something. What begins on a line
    belongs to it: a comment beside or above the start of a block of text covers the whole block.
    """
    if "promptctl:" not in source.text:
        return {}
    spans = sorted((node.start, node.end, node.style) for node in scalars(root))
    starts = [start for start, _, _ in spans]
    last_lines: dict[int, int] = {}
    for start, end, _ in spans:
        line = source.position(start)[0]
        last_lines[line] = max(last_lines.get(line, 0), source.position(end)[0])
    ignored: dict[int, frozenset[str]] = {}
    pending: frozenset[str] = frozenset()
    comments = {
        source.position(match.start())[0]: frozenset(map(str.strip, (match[1] or "").split(",")))
        - {""}
        for match in _comments(source, spans, starts)
    }
    for number in range(1, len(source.line_starts) + 1):
        line_text = source.line(number).lstrip()
        rules = comments.get(number, frozenset())
        if line_text[:1] in ("", "#"):
            pending |= rules
            continue
        rules |= pending
        pending = frozenset()
        for line in range(number, last_lines.get(number, number) + 1) if rules else ():
            ignored[line] = ignored.get(line, frozenset()) | rules
    return ignored


def ignore_words(source: SourceText, root: Node) -> Iterator[tuple[str, int, int]]:
    """Every word in the brackets of such a comment, and its span; "" for a comment that has none."""
    spans = sorted((node.start, node.end, node.style) for node in scalars(root))
    starts = [start for start, _, _ in spans]
    for comment in _comments(source, spans, starts):
        words = list(re.finditer(r"[^,\s](?:[^,]*[^,\s])?", comment[1] or ""))
        for word in words:
            yield word[0], comment.start(1) + word.start(), comment.start(1) + word.end()
        if not words:
            yield "", comment.start(), comment.end()


def _comments(
    source: SourceText, spans: Sequence[tuple[int, int, str]], starts: Sequence[int]
) -> Iterator[re.Match[str]]:
    """The comments that switch rules off; what stands inside a text is no comment."""
    for match in re.finditer(_IGNORE, source.text):
        before = bisect_right(starts, match.start()) - 1
        if before < 0 or not _is_inside(match.start(), spans[before], source):
            yield match


def _is_inside(offset: int, span: tuple[int, int, str], source: SourceText) -> bool:
    start, end, style = span
    header = style in ("|", ">") and source.position(offset)[0] == source.position(start)[0]
    return start <= offset < end and not header


# Part of what libyaml or PyYAML says, our sentence, and what to do; the first match counts.
_SYNTAX = (
    ("scanning an alias", "a text cannot begin with *", "quote the text"),
    ("scanning an anchor", "a text cannot begin with &", "quote the text"),
    ("scanning a tag", "a text cannot begin with !", "quote the text"),
    ("directive", "a text cannot begin with %", "quote the text"),
    ("found a tab character", "a tab cannot indent YAML", "indent with spaces"),
    ("mapping values are not allowed", "a colon cannot stand here", "quote a text that holds ': '"),
    ("that cannot start any token", "a text cannot begin with this character", "quote the text"),
    ("could not find expected ':'", "a colon is missing after this key", "write key: value"),
    ("did not find expected key", "this does not line up with the keys above", "check indentation"),
    ("expected <block end>", "this does not line up with what is above", "check indentation"),
    ("expected '-' indicator", "a list item must begin with -", "check indentation"),
    ("',' or ']'", "a list is not closed: expected , or ]", "close the list, or quote the text"),
    ("',' or '}'", "a mapping is not closed: expected , or }", "close it, or quote the text"),
    ("node content", "a value is missing here", "close the list or mapping, or quote the text"),
    ("unexpected end of stream", "the quote that opens here is never closed", "close the quote"),
    ("unexpected document", "the quote that opens here is never closed", "close the quote"),
    ("escape character", "there is no such escape", "double the backslash, or use single quotes"),
    ("hexdecimal", "this escape is not complete", "double the backslash, or use single quotes"),
    ("hexadecimal", "this escape is not complete", "double the backslash, or use single quotes"),
    ("invalid Unicode character", "this escape names no character", "write the character itself"),
    ("chr() arg", "an escape names no character", "write the character itself"),
    ("line break", "a text cannot begin behind | or >", "begin it on the next line, or quote it"),
    ("<document start>", "this does not belong to what is above", "check indentation"),
    ("block sequence entries", "a list cannot begin here", "begin it on a line of its own"),
    ("mapping keys are not allowed", "a key cannot stand here", "begin it on a line of its own"),
)

BEGINS_EARLIER = "unexpected end|unexpected document|expected ':'|scanning an? (alias|anchor|tag)"
"""What the parser says of something that a person fixes where it begins, not where reading failed."""


_TEMPLATE_START = r"(?:^|: |- )\s*\{[{%#]"


def explain_syntax(problem: str, line: str, column: int) -> tuple[str, str | None]:
    """One sentence and a hint for what the parser says about a place in a line."""
    if line[column - 1 : column] == "\t":
        problem = "found a tab character"
    if re.search(_TEMPLATE_START, line):
        return UNQUOTED[1:]
    for part, message, hint in _SYNTAX:
        if part in problem:
            return message, hint
    return f"this is not YAML: {problem}", None
