"""Lines of a gitattributes file that promptctl puts there, and takes away again, byte for byte."""

from __future__ import annotations

from itertools import pairwise

DRIVER = "promptctl"
"""The name of the diff driver, in attributes and in git's configuration."""

_MARK = b"# promptctl git-setup: git diff shows what these files say"
_END = f" diff={DRIVER}".encode()


def attribute_line(folder: str) -> str:
    """The line that gives the driver to the prompt files below a folder, by its path from the attributes."""
    pattern = (
        "".join(f"\\{char}" if char in "*?[]\\" else char for char in f"/{folder}") + "/**/*.yaml"
    )
    return _quoted(pattern) + _END.decode()


def _quoted(pattern: str) -> str:
    """The pattern in quotes, as C has them, where git would take it for several words or for quoted."""
    if pattern.isprintable() and not any(char in ' "\\' for char in pattern):
        return pattern
    return f'"{"".join(map(_escaped, pattern))}"'


def _escaped(char: str) -> str:
    if char in '"\\':
        return f"\\{char}"
    if char.isprintable():
        return char
    return "".join(f"\\{byte:03o}" for byte in char.encode("utf-8", "surrogateescape"))


def with_attribute(content: bytes, line: bytes) -> bytes:
    """The file with the line in it, under a comment of ours, before all others: the last one counts, so
    that what people write goes before it."""
    if line in _lines(content):
        return content
    return b"%s\n%s\n%s" % (_MARK, line, content)


def without_attributes(content: bytes) -> bytes:
    """The file without the lines that stand under a comment of ours."""
    kept: list[bytes] = []
    pieces = content.split(b"\n")
    at = 0
    while at < len(pieces):
        below = pieces[at + 1] if at + 1 < len(pieces) else b""
        if pieces[at].rstrip(b"\r") == _MARK and below.rstrip(b"\r").endswith(_END):
            at += 2
            continue
        kept.append(pieces[at])
        at += 1
    return b"\n".join(kept)


def own_attributes(content: bytes) -> list[bytes]:
    """The lines that stand under a comment of ours."""
    pairs = pairwise(_lines(content))
    return [line for mark, line in pairs if mark == _MARK and line.endswith(_END)]


def _lines(content: bytes) -> list[bytes]:
    return [line.rstrip(b"\r") for line in content.split(b"\n")]
