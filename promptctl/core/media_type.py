"""What kind of image or document some bytes are, and `data:` URLs, which hold such bytes themselves."""

from __future__ import annotations

import base64
import binascii
import re

_SIGNATURES = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
    (b"%PDF-", "application/pdf"),
)
_OF_ENDINGS = {
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "gif": "image/gif",
    "webp": "image/webp",
    "pdf": "application/pdf",
    "txt": "text/plain",
    "md": "text/markdown",
    "csv": "text/csv",
    "json": "application/json",
}
_DATA_URL = re.compile(r"data:([a-z]+/[A-Za-z0-9.+-]+)(?:;[a-z-]+=[\w.-]+)*;base64,")


def shown_type(data: bytes) -> str | None:
    """The media type that the first bytes show; None where they show none that is known."""
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    return next((kind for start, kind in _SIGNATURES if data.startswith(start)), None)


def type_of_ending(file: str) -> str | None:
    """The media type that the ending of a file's name stands for."""
    return _OF_ENDINGS.get(file.rpartition(".")[2].lower())


def data_of_url(url: str) -> tuple[str, bytes] | None:
    """The media type and the bytes that a `data:` URL holds; None for any other, or a damaged one."""
    head = _DATA_URL.match(url)
    if head is None:
        return None
    try:
        return head[1], base64.b64decode(url[head.end() :], validate=True)
    except binascii.Error:
        return None
