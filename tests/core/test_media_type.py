"""What attached bytes are, whatever a name or a prompt says."""

from __future__ import annotations

import pytest

from promptctl.core.invocation import FilePart, ImagePart
from promptctl.core.media_type import data_of_url, shown_type
from promptctl.core.prompt import MediaTemplate, Message, Prompt
from promptctl.core.render import render_messages

PNG, JPEG = b"\x89PNG\r\n\x1a\n..", b"\xff\xd8\xff\xe0.."
BYTES = {
    PNG: "image/png",
    JPEG: "image/jpeg",
    b"GIF89a": "image/gif",
    b"RIFF....WEBPVP8 ": "image/webp",
    b"%PDF-1.7": "application/pdf",
    b"RIFF....WAVE": None,
    b"<svg/>": None,
    b"": None,
}


@pytest.mark.parametrize(("data", "kind"), BYTES.items())
def test_the_first_bytes_show_the_type(data: bytes, kind: str | None) -> None:
    assert shown_type(data) == kind


@pytest.mark.parametrize(
    ("url", "held"),
    [
        ("data:image/png;base64,AAEC", ("image/png", b"\0\1\2")),
        ("data:text/plain;charset=utf-8;base64,QQ==", ("text/plain", b"A")),
        ("data:image/png;base64,AA*EC", None),
        ("data:image/png,AAEC", None),
        ("data:;base64,AAEC", None),
        ("https://example.com/data:image/png;base64,AAEC", None),
    ],
)
def test_a_data_url_holds_its_bytes(url: str, held: tuple[str, bytes] | None) -> None:
    assert data_of_url(url) == held


def rendered(kind: str, **given: str) -> object:
    part = MediaTemplate(kind, ("messages", 0, "content", 0), **given)  # type: ignore[arg-type]
    files = {"a.png": JPEG, "a.md": b"# A", "b.png": PNG}
    prompt = Prompt("p", "echo", None, (Message("user", (part,)),), files=files)
    return render_messages(prompt, {})[0].content[0]


def test_bytes_come_before_an_ending_and_the_prompts_own_word_before_both() -> None:
    assert rendered("image", file="a.png") == ImagePart(None, JPEG, "image/jpeg")
    assert rendered("image", file="b.png", media_type="image/x") == ImagePart(None, PNG, "image/x")
    assert rendered("file", file="a.md") == FilePart(None, b"# A", "text/markdown", "a.md")


def test_a_data_url_is_sent_as_data() -> None:
    found = rendered("image", url="data:image/png;base64,AAEC")
    assert found == ImagePart(None, b"\0\1\2", "image/png")
    assert rendered("image", url="https://x.example/a") == ImagePart("https://x.example/a")
