"""What a prompt would send: its rendered messages, or the exact request, as text and as JSON."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Sequence

from promptctl.core.invocation import (
    FilePart,
    ImagePart,
    Invocation,
    Part,
    RenderedMessage,
    TextPart,
    ToolCallPart,
)
from promptctl.core.json_data import Json, dump_json
from promptctl.output.json_text import json_line
from promptctl.output.terminal import Terminal, visible

Headers = Sequence[tuple[str, str]]


def messages_text(messages: Iterable[RenderedMessage], terminal: Terminal) -> str:
    """The messages one after the other, each under its role; control characters shown on a terminal."""
    blocks = []
    for message in messages:
        heading = terminal.paint(_shown(f"[{message.role}]", terminal), "bold", "cyan")
        blocks.append(f"{heading}\n{_shown(_body(message), terminal)}")
    return "\n".join(blocks)


def invocation_json(invocation: Invocation) -> str:
    """Everything that the model would get, as one JSON object, `promptctl.render/1`."""
    value: dict[str, Json] = {
        "schema": "promptctl.render/1",
        "prompt": invocation.prompt,
        "provider": invocation.provider,
        "model": invocation.model or None,
        "parameters": invocation.parameters,
        "fallbacks": [
            {"provider": f.provider, "model": f.model or None, "parameters": f.parameters}
            for f in invocation.fallbacks
        ],
        "messages": [
            {"role": message.role, "content": [_part_object(part) for part in message.content]}
            for message in invocation.messages
        ],
        "tools": list(invocation.tools),
        "tool_choice": invocation.tool_choice,
        "parallel_tool_calls": invocation.parallel_tool_calls,
        "response_format": invocation.response_format,
    }
    return json_line(value)


def request_json(
    invocation: Invocation, method: str, url: str, headers: Headers, body: Json
) -> str:
    """The request as one JSON object, `promptctl.request/1`."""
    value: dict[str, Json] = {
        "schema": "promptctl.request/1",
        "prompt": invocation.prompt,
        "provider": invocation.provider,
        "model": invocation.model or None,
        "method": method if _goes_out(url) else None,
        "url": url if _goes_out(url) else None,
        "headers": dict(headers) if _goes_out(url) else {},
        "body": body,
    }
    return json_line(value)


def request_text(method: str, url: str, headers: Headers, body: Json, terminal: Terminal) -> str:
    """The request as it is read on the wire, with its body indented."""
    head = [f"{method} {url}", *(f"{name}: {value}" for name, value in headers)]
    if not _goes_out(url):
        head = ["Nothing is sent: promptctl itself answers. It would be asked:"]
    indented = json.dumps(body, ensure_ascii=False, indent=2, allow_nan=False)
    return _shown("\n".join([*head, "", indented]) + "\n", terminal)


def _goes_out(url: str) -> bool:
    """Whether there is a request at all; provider echo has none."""
    return url.startswith(("https://", "http://"))


def _shown(text: str, terminal: Terminal) -> str:
    return visible(text) if terminal.out_is_tty else text


def _body(message: RenderedMessage) -> str:
    text = "".join(_part_text(part) for part in message.content)
    return text if text.endswith("\n") else f"{text}\n"


def _part_text(part: Part) -> str:
    if isinstance(part, TextPart):
        return part.text
    if isinstance(part, ImagePart | FilePart):
        noun = "image" if isinstance(part, ImagePart) else "file"
        kind = f"{part.media_type}, " if part.media_type else ""
        size = f"{kind}{len(part.data):,} bytes" if part.data is not None else ""
        return f"[{noun}: {part.url or size}]\n"
    if isinstance(part, ToolCallPart):
        return f"[tool call {part.id}: {part.name}({part.arguments})]\n"
    return f"[result of tool call {part.id}: {dump_json(part.result)}]\n"


def _part_object(part: Part) -> dict[str, Json]:
    if isinstance(part, TextPart):
        return {"type": "text", "text": part.text}
    if isinstance(part, ImagePart | FilePart):
        return {
            "type": "image" if isinstance(part, ImagePart) else "file",
            "url": part.url,
            "data": None if part.data is None else base64.b64encode(part.data).decode(),
            "media_type": part.media_type,
            **({"detail": part.detail} if isinstance(part, ImagePart) else {"name": part.name}),
        }
    if isinstance(part, ToolCallPart):
        return {"type": "tool_call", "id": part.id, "name": part.name, "arguments": part.arguments}
    return {"type": "tool_result", "id": part.id, "result": part.result}
