"""Keys, tokens and private keys in a text, found by the shapes that their makers gave them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from promptctl.core.fast_dataclass import dataclass

MAX_SHOWN = 4
"""Characters of a secret that a message may repeat."""
_MIN_DISTINCT = 10
"""A key has many different characters; a placeholder such as sk-xxxxxxxx has few."""


@dataclass(frozen=True, slots=True)
class FoundSecret:
    """Something that looks like a secret; `end` is exclusive."""

    kind: str
    start: int
    end: int
    prefix: str
    """Its first few characters, safe to show."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What the secrets of one kind look like."""

    kind: str
    markers: tuple[str, ...]
    """One of them stands in every secret of this kind: a fast no for most texts."""
    pattern: str
    """Compiled on first use: most texts hold no marker at all."""


def _shape(kind: str, markers: str, pattern: str) -> Shape:
    bounded = rf"(?<![A-Za-z0-9_-])(?:{pattern})(?![A-Za-z0-9_-])"
    return Shape(kind, tuple(markers.split()), bounded)


SHAPES = (
    _shape("an Anthropic key", "sk-ant-", r"sk-ant-[a-z]+[0-9]{2}-[A-Za-z0-9_-]{32,250}"),
    _shape("an OpenAI key", "sk-", r"sk-(?:(?:proj|svcacct|admin)-[A-Za-z0-9_-]{40,250}|[A-Za-z0-9]{48})"),
    _shape("an OpenRouter key", "sk-or-", r"sk-or-v1-[0-9a-f]{64}"),
    _shape("an AWS access key", "AKIA ASIA", r"(?:AKIA|ASIA)[A-Z2-7]{16}"),
    _shape("a GitHub token", "ghp_ gho_ ghu_ ghs_ ghr_", r"gh[pousr]_[A-Za-z0-9]{36,250}"),
    _shape("a GitHub token", "github_pat_", r"github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}"),
    _shape("a GitLab token", "glpat-", r"glpat-[A-Za-z0-9_-]{20,60}"),
    _shape("a Slack token", "xox", r"xox[abeoprs]-[0-9]{8,14}-[A-Za-z0-9-]{10,150}"),
    _shape("a Slack webhook", "hooks.slack.", r"hooks\.slack\.com/services/T\w{8,12}/B\w{8,12}/\w{20,30}"),
    _shape("a Google API key", "AIz", r"AIza[A-Za-z0-9_-]{35}"),
    _shape("a Google client secret", "GOCSPX-", r"GOCSPX-[A-Za-z0-9_-]{28}"),
    _shape("a Stripe key", "k_live_", r"[sr]k_live_[A-Za-z0-9]{24,120}"),
    _shape("a Hugging Face token", "hf_", r"hf_[A-Za-z]{34}"),
    _shape("a Groq key", "gsk_", r"gsk_[A-Za-z0-9]{52}"),
    _shape("an xAI key", "xai-", r"xai-[A-Za-z0-9]{80}"),
    _shape("an npm token", "npm_", r"npm_[A-Za-z0-9]{36}"),
    _shape("a JSON web token", "eyJ", r"eyJ[\w-]{10,2000}\.eyJ[\w-]{10,4000}\.[\w-]{20,1000}"),
    Shape(
        "a private key",
        ("PRIVATE KEY",),
        r"-----BEGIN (?:[A-Z]{2,9} )?PRIVATE KEY(?: BLOCK)?-----"
        r"(?=[^-]{0,300}?[A-Za-z0-9+/=]{32})",
    ),
)  # fmt: skip


_MARKERS = tuple((marker, shape) for shape in SHAPES for marker in shape.markers)
ANY_MARKER = re.compile(
    f"[{''.join(sorted({re.escape(marker[-1]) for marker, _ in _MARKERS}))}]"
    f"(?:{'|'.join(f'(?<={re.escape(marker)})' for marker, _ in _MARKERS)})"
)
"""Found in every text that holds a secret. Last characters come first, since prose has few of them."""


def find_secrets(text: str) -> Iterator[FoundSecret]:
    """What looks like a secret in the text, each place once."""
    if not ANY_MARKER.search(text):
        return
    taken: set[int] = set()
    wanted = {id(shape): shape for marker, shape in _MARKERS if marker in text}
    for shape in wanted.values():
        for match in re.finditer(shape.pattern, text):
            if match.start() not in taken and not _is_placeholder(match[0]):
                taken.add(match.start())
                yield FoundSecret(shape.kind, *match.span(), match[0][:MAX_SHOWN])


def _is_placeholder(text: str) -> bool:
    return len(set(text)) < _MIN_DISTINCT or "EXAMPLE" in text.upper() or "xxxx" in text.lower()
