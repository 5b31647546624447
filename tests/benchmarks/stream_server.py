"""A loopback server that streams an OpenAI answer of N tokens: /N/v1/chat/completions.

A process of its own, so that it shares nothing with what is measured. Prints its port.
"""

from __future__ import annotations

import asyncio
import json
import sys


def _answer(tokens: int) -> bytes:
    """The whole response: headers, N chunks with a token each, usage, end mark."""
    parts = []
    for index in range(tokens + 1):
        last = index == tokens
        choice = {
            "index": 0,
            "delta": {} if last else {"content": f"token{index} "},
            "finish_reason": "stop" if last else None,
        }
        parts.append({"choices": [choice]})
    usage = {"prompt_tokens": 20, "completion_tokens": tokens, "total_tokens": tokens + 20}
    parts.append({"choices": [], "usage": usage})
    frame = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "bench"}
    events = [f"data: {json.dumps(frame | part)}\n\n" for part in parts]
    body = "".join([*events, "data: [DONE]\n\n"])
    head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
    return (head + body).encode()


async def _serve_one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    length = next(
        int(line.partition(":")[2])
        for line in head.split("\r\n")
        if line.lower().startswith("content-length:")
    )
    await reader.readexactly(length)
    tokens = int(head.split("/", 2)[1])
    writer.write(_ANSWERS.setdefault(tokens, _answer(tokens)))
    await writer.drain()
    writer.close()
    await writer.wait_closed()


_ANSWERS: dict[int, bytes] = {}


async def _main() -> None:
    server = await asyncio.start_server(_serve_one, "127.0.0.1", 0)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_main())
