"""Images and documents as the wire formats write them: a media type and base64 text."""

from __future__ import annotations

import base64

from promptctl.core.invocation import FilePart, ImagePart

_SIGNATURES = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
    (b"%PDF-", "application/pdf"),
)


def media_type_of(part: ImagePart | FilePart) -> str:
    """The media type that the prompt gives, else the one that the first bytes show."""
    if part.media_type:
        return part.media_type
    data = part.data or b""
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    found = (kind for start, kind in _SIGNATURES if data.startswith(start))
    return next(found, "application/octet-stream")


def base64_of(part: ImagePart | FilePart) -> str:
    """The bytes as base64 text."""
    return base64.b64encode(part.data or b"").decode()


def data_url_of(part: ImagePart | FilePart) -> str:
    """The bytes as a `data:` URL."""
    return f"data:{media_type_of(part)};base64,{base64_of(part)}"
