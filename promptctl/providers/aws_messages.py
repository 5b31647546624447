"""Messages as Bedrock's Converse API writes them: system blocks, and turns of content blocks."""

from __future__ import annotations

import re
from collections.abc import Mapping

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

_IMAGES = {f"image/{name}": name for name in ("png", "jpeg", "gif", "webp")}
_OFFICE = "application/vnd.openxmlformats-officedocument"
_DOCUMENTS = {
    "application/pdf": "pdf",
    "text/csv": "csv",
    "text/html": "html",
    "text/markdown": "md",
    "text/plain": "txt",
    "application/json": "txt",
    "application/msword": "doc",
    f"{_OFFICE}.wordprocessingml.document": "docx",
    "application/vnd.ms-excel": "xls",
    f"{_OFFICE}.spreadsheetml.sheet": "xlsx",
}
_NAME_LENGTH = 200


def system_of(invocation: Invocation) -> dict[str, Json]:
    """`system`, if there is any system or developer text."""
    blocks: list[Json] = [{"text": text} for text in system_texts(invocation)]
    return {"system": blocks} if blocks else {}


def messages_of(invocation: Invocation) -> list[Json]:
    """The turns. Messages of one role that follow each other are one turn."""
    names: set[str] = set()
    return [
        {
            "role": "assistant" if turn.is_model else "user",
            "content": [_block(part, names, invocation) for part in turn.parts],
        }
        for turn in turns_of(invocation)
    ]


def _block(part: Part, names: set[str], invocation: Invocation) -> Json:
    if isinstance(part, TextPart):
        return {"text": part.text}
    if isinstance(part, ToolCallPart):
        arguments = call_arguments(part)
        return {"toolUse": {"toolUseId": part.id, "name": part.name, "input": arguments}}
    if isinstance(part, ToolResultPart):
        return {"toolResult": {"toolUseId": part.id, "content": [_result(part.result)]}}
    if isinstance(part, ImagePart):
        return _image(part, invocation)
    return _document(part, names, invocation)


def _result(result: Json) -> Json:
    if isinstance(result, Mapping):
        return {"json": result}
    return {"text": result if isinstance(result, str) else dump_json(result)}


def _image(part: ImagePart, invocation: Invocation) -> Json:
    if part.detail not in (None, "auto"):
        raise refuse(invocation, "`detail` of an image")
    media_type = media_type_of(part)
    if media_type not in _IMAGES:
        raise refuse(invocation, f"images of type {media_type}")
    return {"image": {"format": _IMAGES[media_type], "source": {"bytes": base64_of(part)}}}


def _document(part: FilePart, names: set[str], invocation: Invocation) -> Json:
    media_type = media_type_of(part)
    if media_type not in _DOCUMENTS:
        raise refuse(invocation, f"files of type {media_type}")
    name = _document_name(part.name or "", names)
    names.add(name)
    source: Json = {"bytes": base64_of(part)}
    return {"document": {"format": _DOCUMENTS[media_type], "name": name, "source": source}}


def _document_name(file: str, taken: set[str]) -> str:
    """The file's name in the characters that a document's name may have, unlike those before it."""
    stem = re.sub(r"\.[A-Za-z0-9]+\Z", "", file.rpartition("/")[2])
    plain = re.sub(r"[^A-Za-z0-9()\[\]-]+", " ", stem).strip()[: _NAME_LENGTH - 8] or "document"
    name, number = plain, 1
    while name in taken:
        number += 1
        name = f"{plain} {number}"
    return name
