"""Messages as Anthropic's API writes them: a system text, and turns of content blocks."""

from __future__ import annotations

from promptctl.core.invocation import (
    FilePart,
    ImagePart,
    Invocation,
    Part,
    RenderedMessage,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)
from promptctl.core.json_data import Json, JsonInvalid, dump_json, parse_json
from promptctl.errors import RequestImpossible
from promptctl.providers.envelope import refuse
from promptctl.providers.media import base64_of, media_type_of

_SYSTEM = frozenset({"system", "developer"})
_ROLES = {
    "user": "user",
    "tool": "user",
    "assistant": "assistant",
    "ai": "assistant",
    "model": "assistant",
}


def system_of(invocation: Invocation) -> list[Json]:
    """The text blocks of all system and developer messages, in order."""
    blocks: list[Json] = []
    for message in invocation.messages:
        if message.role in _SYSTEM:
            if any(not isinstance(part, TextPart) for part in message.content):
                raise refuse(invocation, f"other content than text in a `{message.role}` message")
            blocks += [{"type": "text", "text": message.text}] if message.text else []
    return blocks


def messages_of(invocation: Invocation) -> list[Json]:
    """The turns. Messages of one role that follow each other are one turn."""
    turns: list[tuple[str, list[Json]]] = []
    for message in invocation.messages:
        if message.role in _SYSTEM:
            continue
        role = _ROLES.get(message.role)
        if role is None:
            raise refuse(invocation, f"messages of role `{message.role}`")
        blocks = _blocks(message, role, invocation)
        if turns and turns[-1][0] == role:
            turns[-1][1].extend(blocks)
        elif blocks:
            turns.append((role, blocks))
    if not turns:
        raise refuse(invocation, "a prompt without a user message that has content")
    return [{"role": role, "content": blocks} for role, blocks in turns]


def _blocks(message: RenderedMessage, role: str, invocation: Invocation) -> list[Json]:
    if message.role == "tool" and any(not isinstance(p, ToolResultPart) for p in message.content):
        raise refuse(invocation, "a message of role `tool` with more than tool results")
    # The API refuses empty text.
    kept = [p for p in message.content if not isinstance(p, TextPart) or p.text]
    return [_block(part, role, invocation) for part in kept]


def _block(part: Part, role: str, invocation: Invocation) -> Json:
    if isinstance(part, TextPart):
        return {"type": "text", "text": part.text}
    if isinstance(part, ToolCallPart):
        if role != "assistant":
            raise refuse(invocation, "tool calls in a user message")
        return {"type": "tool_use", "id": part.id, "name": part.name, "input": _input(part)}
    if role != "user":
        raise refuse(invocation, "images, files and tool results in an assistant message")
    if isinstance(part, ToolResultPart):
        text = part.result if isinstance(part.result, str) else dump_json(part.result)
        return {"type": "tool_result", "tool_use_id": part.id, "content": text}
    if isinstance(part, ImagePart):
        return _image(part, invocation)
    return _document(part, invocation)


def _input(part: ToolCallPart) -> Json:
    try:
        return parse_json(part.arguments)
    except JsonInvalid as error:
        raise RequestImpossible(
            f"the arguments of tool call {part.id} are not JSON: {error}"
        ) from None


def _image(part: ImagePart, invocation: Invocation) -> Json:
    if part.detail not in (None, "auto"):
        raise refuse(invocation, "`detail` of an image")
    if part.url is not None:
        return {"type": "image", "source": {"type": "url", "url": part.url}}
    source = {"type": "base64", "media_type": media_type_of(part), "data": base64_of(part)}
    return {"type": "image", "source": source}


def _document(part: FilePart, invocation: Invocation) -> Json:
    source: Json
    media_type = media_type_of(part)
    if part.url is not None:
        source = {"type": "url", "url": part.url}
    elif media_type == "application/pdf":
        source = {"type": "base64", "media_type": media_type, "data": base64_of(part)}
    elif media_type.startswith("text/") or media_type == "application/json":
        source = {"type": "text", "media_type": "text/plain", "data": _text(part, invocation)}
    else:
        raise refuse(invocation, f"files of type {media_type}")
    return {"type": "document", "source": source, **({"title": part.name} if part.name else {})}


def _text(part: FilePart, invocation: Invocation) -> str:
    try:
        return (part.data or b"").decode("utf-8-sig")
    except UnicodeDecodeError:
        raise refuse(invocation, "text files that are not UTF-8") from None
