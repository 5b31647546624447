"""Messages of a prompt as chat completions write them, in the dialect of each provider."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

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
from promptctl.core.json_data import Json, dump_json
from promptctl.providers.envelope import refuse
from promptctl.providers.media import base64_of, data_url_of
from promptctl.providers.openai_dialects import ChatDialect

_ROLES = {"ai": "assistant", "model": "assistant"}


def chat_messages(invocation: Invocation, dialect: ChatDialect) -> list[Json]:
    """The list `messages` of a request."""
    messages: Iterable[RenderedMessage] = invocation.messages
    if dialect.joined_turns:
        messages = _joined(messages)
    return [m for message in messages for m in _messages(message, invocation, dialect)]


def own_role(role: str, *, developer: bool) -> str:
    """The API's name for a role: some know the developer's instructions as those of the system."""
    if role == "developer" and not developer:
        return "system"
    return _ROLES.get(role, role)


def result_text(part: ToolResultPart) -> str:
    """What a tool answered, as the text that stands for it in a request."""
    return part.result if isinstance(part.result, str) else dump_json(part.result)


def _joined(messages: Iterable[RenderedMessage]) -> Iterator[RenderedMessage]:
    """The messages with those of one role in a row as one, in parts."""
    last: RenderedMessage | None = None
    for message in messages:
        if last is not None and last.role == message.role:
            last = RenderedMessage(last.role, (*last.content, *message.content))
            continue
        if last is not None:
            yield last
        last = message
    if last is not None:
        yield last


def _messages(
    message: RenderedMessage, invocation: Invocation, dialect: ChatDialect
) -> Iterator[dict[str, Json]]:
    """The message, after one message of role `tool` for each tool result in it."""
    results = [p for p in message.content if isinstance(p, ToolResultPart)]
    for part in results:
        yield {"role": "tool", "tool_call_id": part.id, "content": result_text(part)}
    rest = tuple(p for p in message.content if not isinstance(p, ToolResultPart))
    if results and not rest:
        return
    if message.role == "tool":
        raise refuse(invocation, "a message of role `tool` with more or less than tool results")
    role = own_role(message.role, developer=dialect.developer)
    yield _message(role, rest, invocation, dialect)


def _message(
    role: str, parts: tuple[Part, ...], invocation: Invocation, dialect: ChatDialect
) -> dict[str, Json]:
    calls: list[Json] = [
        {"id": p.id, "type": "function", "function": {"name": p.name, "arguments": p.arguments}}
        for p in parts
        if isinstance(p, ToolCallPart)
    ]
    content = [
        _part(p, role, invocation, dialect) for p in parts if not isinstance(p, ToolCallPart)
    ]
    if calls and role != "assistant":
        raise refuse(invocation, f"tool calls in a message of role `{role}`")
    if not calls:
        return {"role": role, "content": _plain(content)}
    return {"role": role, "content": _plain(content) or None, "tool_calls": calls}


def _plain(content: list[Mapping[str, Json]]) -> Json:
    """A single text as text, which every compatible server reads; other content as a list."""
    if not content:
        return ""
    return content[0]["text"] if len(content) == 1 and "text" in content[0] else content


def _part(
    part: Part, role: str, invocation: Invocation, dialect: ChatDialect
) -> Mapping[str, Json]:
    if isinstance(part, TextPart):
        return {"type": "text", "text": part.text}
    if role != "user":
        raise refuse(invocation, f"images and files in a message of role `{role}`")
    if isinstance(part, ImagePart):
        image: dict[str, Json] = {"url": part.url or data_url_of(part)}
        if part.detail:
            if not dialect.detail:
                raise refuse(invocation, "the `detail` of an image")
            image["detail"] = part.detail
        return {"type": "image_url", "image_url": image}
    assert isinstance(part, FilePart)
    return _document(part, dialect)


def _document(part: FilePart, dialect: ChatDialect) -> Mapping[str, Json]:
    if dialect.document == "document_url":
        document: dict[str, Json] = {"document_url": part.url or data_url_of(part)}
        if part.name:
            document["document_name"] = part.name
        return {"type": "document_url", **document}
    if dialect.document == "file_url":
        # Perplexity wants the bytes without the head of a data URL.
        named: dict[str, Json] = {"file_name": part.name} if part.name else {}
        return {"type": "file_url", "file_url": {"url": part.url or base64_of(part)}, **named}
    file: dict[str, Json] = {
        "filename": part.name or "file",
        "file_data": part.url or data_url_of(part),
    }
    return {"type": "file", "file": file}
