"""Images and documents as the wire formats write them: a media type and base64 text."""

from __future__ import annotations

import base64

from promptctl.core.invocation import FilePart, ImagePart
from promptctl.core.media_type import shown_type


def media_type_of(part: ImagePart | FilePart) -> str:
    """The media type that the prompt gives, else the one that the first bytes show."""
    return part.media_type or shown_type(part.data or b"") or "application/octet-stream"


def base64_of(part: ImagePart | FilePart) -> str:
    """The bytes as base64 text."""
    return base64.b64encode(part.data or b"").decode()


def data_url_of(part: ImagePart | FilePart) -> str:
    """The bytes as a `data:` URL."""
    return f"data:{media_type_of(part)};base64,{base64_of(part)}"
