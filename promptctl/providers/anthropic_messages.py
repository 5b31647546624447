"""Messages as Anthropic's API writes them: a system text, and turns of content blocks."""

from __future__ import annotations

from promptctl.core.invocation import (
    FilePart,
    ImagePart,
    Invocation,
    Part,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)
from promptctl.core.json_data import Json, dump_json
from promptctl.providers.envelope import refuse
from promptctl.providers.media import base64_of, media_type_of
from promptctl.providers.turns import call_arguments, system_texts, turns_of


def system_of(invocation: Invocation) -> list[Json]:
    """The text blocks of all system and developer messages, in order."""
    return [{"type": "text", "text": text} for text in system_texts(invocation)]


def messages_of(invocation: Invocation) -> list[Json]:
    """The turns. Messages of one role that follow each other are one turn."""
    return [
        {
            "role": "assistant" if turn.is_model else "user",
            "content": [_block(part, invocation) for part in turn.parts],
        }
        for turn in turns_of(invocation)
    ]


def _block(part: Part, invocation: Invocation) -> Json:
    if isinstance(part, TextPart):
        return {"type": "text", "text": part.text}
    if isinstance(part, ToolCallPart):
        arguments = call_arguments(part)
        return {"type": "tool_use", "id": part.id, "name": part.name, "input": arguments}
    if isinstance(part, ToolResultPart):
        text = part.result if isinstance(part.result, str) else dump_json(part.result)
        return {"type": "tool_result", "tool_use_id": part.id, "content": text}
    if isinstance(part, ImagePart):
        return _image(part, invocation)
    return _document(part, invocation)


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
