"""`template_format: f-string`: `{name}`, with `{{` and `}}` for braces, as `str.format` reads them.

Nothing else of `str.format`: no attributes, indexes, positions, conversions or format specifications.
"""

from __future__ import annotations

import re

from promptctl.core.templates import (
    MAX_PROBLEMS,
    Template,
    TemplateInvalid,
    TemplateProblem,
    place_of,
)
from promptctl.core.templates.substitution import Slot, substitution

_BRACES = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")


def parse(text: str) -> Template:
    """The template that an f-string text is. Raises TemplateInvalid."""
    pieces: list[str | Slot] = []
    problems: list[TemplateProblem] = []
    end = 0
    for match in _BRACES.finditer(text):
        pieces.append(text[end : match.start()])
        end = match.end()
        if match[0] in ("{{", "}}"):
            pieces.append(match[0][0])
        elif match[1] is not None and match[1].isidentifier():
            pieces.append(Slot(match[1], match.start(1)))
        elif len(problems) < MAX_PROBLEMS:
            problems.append(_problem(text, match))
    pieces.append(text[end:])
    template = substitution(text, pieces)
    if problems:
        raise TemplateInvalid(tuple(problems), template)
    return template


def _problem(text: str, match: re.Match[str]) -> TemplateProblem:
    place = place_of(text, match.start())
    if match[1] is None:
        other = "`}` is missing" if match[0] == "{" else "there is no `{` before it"
        return TemplateProblem(
            "template-syntax",
            place,
            f"a single `{match[0]}`: {other}",
            f"write `{match[0] * 2}` for the character",
        )
    name = match[1]
    if name.strip().isidentifier():
        hint = f"write `{{{name.strip()}}}`"
        return TemplateProblem(
            "template-syntax", place, "a name stands without blanks in its braces", hint
        )
    if re.search(r"[.\[!:]", name):
        message = f"`{match[0]}` is more than a name"
        return TemplateProblem(
            "template-forbidden",
            place,
            message,
            "this format knows plain names only; jinja2 knows more",
        )
    hint = "write `{{` and `}}` for braces in the text"
    return TemplateProblem(
        "template-syntax", place, f"`{match[0]}` does not hold the name of a variable", hint
    )
