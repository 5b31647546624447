"""What the model reads, in two prompts: which messages and included files were added, edited or moved."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from promptctl.core.change import Change, changed
from promptctl.core.json_data import Path, dump_json
from promptctl.core.message_match import Pair, Seen, match_messages
from promptctl.core.prompt import (
    MediaTemplate,
    Message,
    PartTemplate,
    Prompt,
    TextTemplate,
    ToolCallTemplate,
    ToolResultTemplate,
)
from promptctl.core.rewrap import is_rewrapped
from promptctl.core.schema_meaning import Work, moved
from promptctl.core.schema_words import shown
from promptctl.core.word_diff import Edit, word_edits

MAX_TEXT = 1024 * 1024
"""Characters of an attached file that is compared as text."""
_TAG = re.compile(r"\{%[^{}]{0,600}%\}|\{\{>[^{}]{0,600}\}\}")
_NAME = re.compile(r"(?<=['\"])[^'\"]+(?=['\"])|(?<=>)[^>'\"]+(?=\}\})")
"""In a tag of Jinja what stands in quotes, in one of Mustache what stands behind the `>`."""


def text_changes(old: Prompt, new: Prompt, work: Work) -> Iterator[Change]:
    """The changes of messages, included and attached files and of their language.

    `work` bounds what it costs: beyond it, texts are told apart less finely.
    """
    before, after = old.template_format.value, new.template_format.value
    if before != after and any("{" in text for prompt in (old, new) for text in _texts(prompt)):
        message = moved("template_format", before, after)
        yield changed("template-format-changed", ("template_format",), message, before, after)
    names = _moved_files(old, new)
    for name, now in names.items():
        message = f"file {shown(name)} is {shown(now)} now, with the same content"
        yield changed("file-moved", ("files", now), message, name, now)
    yield from _message_changes(old, new, names, work)
    yield from _file_changes(old, new, names, work)


def _texts(prompt: Prompt) -> Iterator[str]:
    for message in prompt.messages:
        yield from (part.text for part in message.content if isinstance(part, TextTemplate))


# --- messages ----------------------------------------------------------------------------------------


def _message_changes(
    old: Prompt, new: Prompt, names: Mapping[str, str], work: Work
) -> Iterator[Change]:
    before = [_seen(message, names) for message in old.messages]
    after = [_seen(message, {}) for message in new.messages]
    pairs = match_messages(before, after, work)
    gone = set(range(len(before))) - {pair.old for pair in pairs}
    come = set(range(len(after))) - {pair.new for pair in pairs}
    for i in sorted(gone):
        message = f"{_subject(old, i)} was removed"
        yield changed("message-removed", _path(old, i), message, _text(old.messages[i]))
    for j in sorted(come):
        message = f"{_subject(new, j)} was added"
        yield changed("message-added", _path(new, j), message, None, _text(new.messages[j]))
    for pair in pairs:
        yield from _pair_changes(old, new, pair, before, after, work)


def _pair_changes(
    old: Prompt, new: Prompt, pair: Pair, before: Sequence[Seen], after: Sequence[Seen], work: Work
) -> Iterator[Change]:
    path, subject = _path(new, pair.new), _subject(new, pair.new)
    a, b = before[pair.old], after[pair.new]
    if pair.moved:
        message = f"message {pair.old + 1} is message {pair.new + 1} now"
        yield changed("message-moved", path, message, pair.old + 1, pair.new + 1)
    if a.key == b.key:
        return
    if a.role != b.role:
        message = f"message {pair.new + 1} has the role {shown(b.role)}, was {shown(a.role)}"
        yield changed("message-role-changed", (*path, "role"), message, a.role, b.role)
    texts = _text(old.messages[pair.old]), _text(new.messages[pair.new])
    if a.text == b.text:
        if _only_parts(a, b):
            message = f"{subject} has its text in other parts"
            yield changed("message-edited", path, message, *texts)
    elif _is_rewrapped(a, b):
        yield changed("message-rewrapped", path, f"{subject} was re-wrapped", *texts)
    else:
        edits = word_edits(*texts, work)
        yield changed("message-edited", path, f"{subject} was edited", *texts, edits=edits)


def _path(prompt: Prompt, index: int) -> Path:
    return ("template",) if prompt.kind == "string" else ("messages", index)


def _subject(prompt: Prompt, index: int) -> str:
    if prompt.kind == "string":
        return "the text"
    return f"message {index + 1} ({shown(prompt.messages[index].role)})"


def _seen(message: Message, names: Mapping[str, str]) -> Seen:
    """The message without where it is written; `names` are those that files have now."""
    parts = tuple(_part_seen(part, names) for part in message.content)
    return Seen((message.role, parts), message.role, "\n".join(map(_part_text, parts)))


def _part_seen(part: PartTemplate, names: Mapping[str, str]) -> PartTemplate:
    if isinstance(part, TextTemplate):
        return TextTemplate(_with_names(part.text, names), ())
    if isinstance(part, MediaTemplate):
        return replace(part, path=(), file=names.get(part.file or "", part.file))
    if isinstance(part, ToolCallTemplate):
        return replace(part, path=())
    return ToolResultTemplate((), part.id, dump_json(part.result))


def _only_parts(a: Seen, b: Seen) -> bool:
    """Whether messages of one text hold it in other parts."""
    return _parts(a) != _parts(b)


def _is_rewrapped(a: Seen, b: Seen) -> bool:
    """Whether two messages have the same parts, but for the lines in their texts."""
    before, after = _parts(a), _parts(b)
    whole = len(before) == 1
    return len(before) == len(after) and all(
        old == new
        or (
            isinstance(old, TextTemplate)
            and isinstance(new, TextTemplate)
            and is_rewrapped(old.text, new.text, is_whole=whole)
        )
        for old, new in zip(before, after, strict=True)
    )


def _parts(seen: Seen) -> Sequence[PartTemplate]:
    assert isinstance(seen.key, tuple)
    parts = seen.key[1]
    assert isinstance(parts, tuple)
    return parts


def _text(message: Message) -> str:
    """The message as people read it, one part below the other."""
    return "\n".join(map(_part_text, message.content))


def _part_text(part: PartTemplate) -> str:
    if isinstance(part, TextTemplate):
        return part.text
    if isinstance(part, MediaTemplate):
        place = part.file or part.url or ""
        more = filter(None, (part.media_type, part.detail, part.name))
        return f"[{' '.join((part.kind, place, *more))}]"
    if isinstance(part, ToolCallTemplate):
        return f"[tool call {part.id}: {part.name}({part.arguments})]"
    return f"[tool result {part.id}: {dump_json(part.result)}]"


# --- files -------------------------------------------------------------------------------------------


def _moved_files(old: Prompt, new: Prompt) -> dict[str, str]:
    """The files that have another name now and the same content: old name -> new name."""
    gone = {content: name for name, content in old.files.items() if name not in new.files}
    return {
        gone.pop(content): name
        for name, content in new.files.items()
        if name not in old.files and content in gone
    }


def _with_names(text: str, names: Mapping[str, str]) -> str:
    """The text with files named as they are now, in the tags that include them."""
    if not names or "{" not in text:
        return text

    def now(name: re.Match[str]) -> str:
        old = name[0].strip()
        return name[0].replace(old, names[old]) if old in names else name[0]

    return _TAG.sub(lambda tag: _NAME.sub(now, tag[0]), text)


def _file_changes(
    old: Prompt, new: Prompt, names: Mapping[str, str], work: Work
) -> Iterator[Change]:
    told = _told_by_messages(old, new) | {*names, *names.values()}
    attached = _attached_files(old) | _attached_files(new)
    for file in sorted({*old.files, *new.files} - told):
        before, after = old.files.get(file), new.files.get(file)
        path: Path = ("files", file)
        if before == after:
            continue
        a, b = _decoded(before), _decoded(after)
        if before is None:
            yield changed("file-changed", path, f"file {shown(file)} was added", None, b)
        elif after is None:
            yield changed("file-changed", path, f"file {shown(file)} was removed", a)
        elif a is None or b is None:
            yield changed("file-changed", path, f"file {shown(file)} was edited")
        elif _with_names(a, names) == b:
            continue  # only the name of a moved file, which is told already
        elif file not in attached and is_rewrapped(_with_names(a, names), b, is_whole=False):
            yield changed("file-rewrapped", path, f"file {shown(file)} was re-wrapped", a, b)
        else:
            edits: tuple[Edit, ...] = word_edits(a, b, work)
            message = f"file {shown(file)} was edited"
            yield changed("file-changed", path, message, a, b, edits=edits)


def _told_by_messages(old: Prompt, new: Prompt) -> set[str]:
    """Files that are whole messages on each side that has them."""
    before, after = _whole_files(old), _whole_files(new)
    both = before & after
    return both | (before - new.files.keys()) | (after - old.files.keys())


def _whole_files(prompt: Prompt) -> set[str]:
    parts = (part for message in prompt.messages for part in message.content)
    return {part.file for part in parts if isinstance(part, TextTemplate) and part.file}


def _attached_files(prompt: Prompt) -> set[str]:
    """Files that are sent as they are: their lines may be rows of data or of a program."""
    parts = (part for message in prompt.messages for part in message.content)
    return {part.file for part in parts if isinstance(part, MediaTemplate) and part.file}


def _decoded(content: bytes | None) -> str | None:
    """The text of a file; None for what is no text, such as an image."""
    if content is None or len(content) > MAX_TEXT or b"\0" in content:
        return None
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return None
