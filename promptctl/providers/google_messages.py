"""Messages as Gemini writes them: a system instruction, and contents of two roles made of parts."""

from __future__ import annotations

from collections.abc import Mapping

from promptctl.core.gemini import has_levels
from promptctl.core.invocation import (
    FilePart,
    ImagePart,
    Invocation,
    Part,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)
from promptctl.core.json_data import Json
from promptctl.errors import RequestImpossible
from promptctl.providers.envelope import refuse
from promptctl.providers.media import base64_of, media_type_of
from promptctl.providers.turns import call_arguments, system_texts, turns_of

_NO_SIGNATURE = "skip_thought_signature_validator"
"""What Google documents for calls that no Gemini model made; without it those with levels refuse them."""


def system_instruction_of(invocation: Invocation) -> dict[str, Json]:
    """`systemInstruction`, if there is any system or developer text."""
    parts: list[Json] = [{"text": text} for text in system_texts(invocation)]
    return {"systemInstruction": {"parts": parts}} if parts else {}


def contents_of(invocation: Invocation) -> list[Json]:
    """The turns. Messages of one role that follow each other are one turn."""
    names = {
        part.id: part.name
        for message in invocation.messages
        for part in message.content
        if isinstance(part, ToolCallPart)
    }
    return [
        {
            "role": "model" if turn.is_model else "user",
            "parts": [_part(part, names, invocation) for part in turn.parts],
        }
        for turn in turns_of(invocation)
    ]


def _part(part: Part, names: Mapping[str, str], invocation: Invocation) -> Json:
    if isinstance(part, TextPart):
        return {"text": part.text}
    if isinstance(part, ToolCallPart):
        arguments = call_arguments(part)
        if not isinstance(arguments, Mapping):
            raise refuse(invocation, f"tool call {part.id}: its arguments are no object")
        call: dict[str, Json] = {
            "functionCall": {"id": part.id, "name": part.name, "args": arguments}
        }
        return call | ({"thoughtSignature": _NO_SIGNATURE} if has_levels(invocation.model) else {})
    if isinstance(part, ToolResultPart):
        if part.id not in names:
            raise RequestImpossible(
                f"tool result {part.id} answers no tool call of the conversation",
                f"{invocation.provider} has to name the tool: put the call before its result",
            )
        result = part.result if isinstance(part.result, Mapping) else {"output": part.result}
        return {"functionResponse": {"id": part.id, "name": names[part.id], "response": result}}
    return _media(part, invocation)


def _media(part: ImagePart | FilePart, invocation: Invocation) -> Json:
    if isinstance(part, ImagePart) and part.detail not in (None, "auto"):
        raise refuse(invocation, "`detail` of an image")
    if part.url is not None:
        kind: dict[str, Json] = {"mimeType": part.media_type} if part.media_type else {}
        return {"fileData": {**kind, "fileUri": part.url}}
    media_type = media_type_of(part)
    if media_type == "application/octet-stream":
        raise refuse(invocation, f"files of type {media_type}")
    return {"inlineData": {"mimeType": media_type, "data": base64_of(part)}}
