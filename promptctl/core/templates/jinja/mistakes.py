"""What is wrong with a text that Jinja cannot parse: the cause at its place, in our words.

Jinja complains where its reading ends, which for a tag that is not closed, or a block without its end,
is far behind the mistake. So the text is looked through once more, for what was opened and not closed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from promptctl.core.nearest import did_you_mean

BLOCKS = ("if", "for", "set", "with", "filter", "raw")
"""The tags of prompts that have an end tag; `set` has one only in its block form."""
TAGS = (*BLOCKS, "elif", "else", "include", *(f"end{name}" for name in BLOCKS))


@dataclass(frozen=True, slots=True)
class Mistake:
    """A mistake at an offset from 0 of the text."""

    offset: int
    message: str
    hint: str | None = None


@dataclass(frozen=True, slots=True)
class _Tag:
    """One `{{ … }}`, `{% … %}` or `{# … #}`; `end` is None where it is not closed."""

    start: int
    end: int | None
    opener: str
    words: str


_CLOSERS = {"{{": "}}", "{%": "%}", "{#": "#}"}
_OPENER = re.compile(r"\{[{%#]")
_RAW = re.compile(r"\{%[-+]?\s*raw\s*[-+]?%\}")
_END_RAW = re.compile(r"\{%[-+]?\s*endraw\s*[-+]?%\}")
# A quote that nobody closes takes the rest of the text: looking again behind it could take for ever.
_INSIDE = re.compile(
    r"'(?:\\.|[^'\\])*+(?:'|\Z)|\"(?:\\.|[^\"\\])*+(?:\"|\Z)|\}\}|%\}|\{\{|\{%|[{}]", re.DOTALL
)
_WORD = re.compile(r"[-+\s]*(\w+)")
_NAME = re.compile(r"\s*([\w.]+)\s*\}")
_MUSTACHE_SIGNS = ("{", "#", "^", "/", ">", "&", "!")
"""What may follow `{{` in Mustache and, but for a brace, not in Jinja."""


def explain(text: str, offset: int, message: str) -> Mistake:
    """The mistake behind a message of Jinja's parser that points at an offset."""
    tags = list(_tags(text))
    around = next((tag for tag in tags if tag.end is None or offset < tag.end), None)
    if around is not None and around.opener == "{{" and around.words[:1] in _MUSTACHE_SIGNS:
        return _mustache_tag(around)
    open_tag = next((tag for tag in tags if tag.end is None), None)
    if open_tag is not None and open_tag.start <= offset:
        return _unclosed_tag(open_tag)
    unknown = re.match(r"Encountered unknown tag '(\w+)'", message)
    if unknown:
        return _unknown_tag(unknown[1], [tag for tag in tags if tag.start < offset], offset)
    if message.startswith("Unexpected end of template"):
        blocks = _open_blocks(tags)
        if blocks:
            return _unclosed_block(blocks[-1])
    return Mistake(offset, _reworded(message))


def _tags(text: str) -> Iterator[_Tag]:
    position = 0
    while (match := _OPENER.search(text, position)) is not None:
        start, opener = match.start(), match[0]
        raw = _RAW.match(text, start)
        if raw is not None:
            end_raw = _END_RAW.search(text, raw.end())
            end = end_raw.end() if end_raw else None
        else:
            end = _end_of_comment(text, start) if opener == "{#" else _end_of_tag(text, start)
        yield _Tag(start, end, opener, "raw" if raw else text[start + 2 : end])
        if end is None:
            return
        position = end


def _end_of_comment(text: str, start: int) -> int | None:
    end = text.find("#}", start + 2)
    return end + 2 if end >= 0 else None


def _end_of_tag(text: str, start: int) -> int | None:
    """Behind the delimiter that closes the tag; None where another tag, or the text's end, comes first."""
    closer, braces = _CLOSERS[text[start : start + 2]], 0
    position = start + 2
    while (match := _INSIDE.search(text, position)) is not None:
        found, position = match[0], match.end()
        if found == closer and not braces:
            return position
        if found == "{":
            braces += 1
        elif found == "}" and braces:
            braces -= 1
        elif found == "}}" and braces:
            braces, position = braces - 1, match.start() + 1
        elif found in _CLOSERS or found == "}":
            return None
    return None


def _mustache_tag(tag: _Tag) -> Mistake:
    name = _NAME.match(tag.words, 1)
    if tag.words.startswith("{") and name:
        message, hint = f"`{{{{{{{name[1]}}}}}}}` is Mustache", f"write `{{{{ {name[1]} }}}}`"
        return Mistake(tag.start, message, f"{hint}, or set `template_format: mustache`")
    message = f"`{{{{{tag.words[:1]}` is Mustache, and this template is read as Jinja"
    return Mistake(tag.start, message, "set `template_format: mustache`")


def _unclosed_tag(tag: _Tag) -> Mistake:
    if tag.words == "raw":
        return Mistake(
            tag.start, "this `{% raw %}` has no `{% endraw %}`", "add `{% endraw %}` behind it"
        )
    closer = _CLOSERS[tag.opener]
    first_line = tag.words.partition("\n")[0]
    if tag.opener != "{#" and (first_line.count("'") % 2 or first_line.count('"') % 2):
        hint = f"close the quote inside it, then the tag with `{closer}`"
        return Mistake(tag.start, f"this `{tag.opener}` is not closed", hint)
    name = _WORD.match(tag.words)
    example = f", as in `{{{{ {name[1]} }}}}`" if name and tag.opener == "{{" else ""
    return Mistake(
        tag.start, f"this `{tag.opener}` is not closed", f"close it with `{closer}`{example}"
    )


def _name(tag: _Tag) -> str:
    word = _WORD.match(tag.words)
    return word[1] if tag.opener == "{%" and word else ""


def _open_blocks(tags: list[_Tag]) -> list[_Tag]:
    """The blocks that begin in these tags and do not end there, the innermost last."""
    blocks: list[_Tag] = []
    for tag in tags:
        name = _name(tag)
        if name == "raw" or (name == "set" and "=" in tag.words):
            continue
        if name in BLOCKS:
            blocks.append(tag)
        elif blocks and name == f"end{_name(blocks[-1])}":
            blocks.pop()
    return blocks


def _unclosed_block(tag: _Tag) -> Mistake:
    name = _name(tag)
    end = f"{{% end{name} %}}"
    return Mistake(
        tag.start, f"this `{{% {name} %}}` has no `{end}`", f"add `{end}` where it is to end"
    )


def _unknown_tag(name: str, before: list[_Tag], offset: int) -> Mistake:
    """A word that is no tag, or a tag that cannot stand here."""
    if name not in TAGS:
        hint = did_you_mean(name, TAGS) or f"tags are {', '.join(TAGS)}"
        return Mistake(offset, f"there is no tag `{name}`", hint)
    blocks = _open_blocks([tag for tag in before if _name(tag) != name or name in BLOCKS])
    if name in ("else", "elif"):
        what = f"`{{% {name} %}}` stands outside of any `{{% if %}}`"
        return Mistake(offset, what, "put it between `{% if %}` and `{% endif %}`")
    if not blocks:
        opener = f"{{% {name.removeprefix('end')} %}}"
        return Mistake(
            offset,
            f"`{{% {name} %}}` ends nothing",
            f"remove it, or begin with `{opener}` before it",
        )
    inner = _name(blocks[-1])
    if any(_name(block) == name.removeprefix("end") for block in blocks):
        return _unclosed_block(blocks[-1])
    message = f"`{{% {name} %}}` cannot end this `{{% {inner} %}}`"
    return Mistake(offset, message, f"did you mean `{{% end{inner} %}}`?")


_TOKENS = {
    "end of print statement": "}}",
    "begin of print statement": "{{",
    "end of statement block": "%}",
    "begin of statement block": "{%",
    "end of comment": "#}",
}
_WORDS = {
    "'end of template'": "the end of the text",
    "expected token 'name'": "expected a name",
    "tag name expected": "expected the name of a tag",
    "expected token ": "expected ",
    ", got ": ", but found ",
}


def _reworded(message: str) -> str:
    """Jinja's own message with our quotes, and delimiters written as in templates."""
    text = message.rstrip(".")
    for name, delimiter in _TOKENS.items():
        text = text.replace(f"'{name}'", f"'{delimiter}'").replace(name, f"`{delimiter}`")
    text = text[:1].lower() + text[1:]
    for theirs, ours in _WORDS.items():
        text = text.replace(theirs, ours)
    return re.sub(r"'([^']*)'", r"`\1`", text) or "the template cannot be read"
