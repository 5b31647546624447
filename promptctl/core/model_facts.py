"""What providers publish about their models, as far as a check of a prompt needs it.

From the providers' pages on models, on reasoning and on deprecations. To bring it up to date: change
rows, then FACTS_DATE, then `make docs`; `tests/core/test_model_facts.py` says if a row cannot be right.
A model that is not listed has no facts, and no rule says anything about it. Whether instructions are
called `system` or `developer` is no fact of a model: `providers/openai_dialects.py` has it by provider.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

FACTS_DATE = "2026-11-25"
"""The day on which these facts were last held against those pages; a later retirement is still to come."""


class ModelFacts(NamedTuple):
    """One model. What is not known is None, or what does no harm."""

    input: int | None = None
    """Tokens that a request may have."""
    output: int | None = None
    """Tokens that an answer may have."""
    retires: str | None = None
    """The day from which requests fail, as YYYY-MM-DD."""
    samples: bool = True
    """Whether it takes other values for temperature, top_p and top_k than its own."""
    prefill: bool = True
    """Whether a conversation may end with a message of the assistant."""
    images: bool = True
    """Whether it reads images, and documents, of which models see the pages."""
    max_tokens: bool = True
    """Whether it takes a limit under this name; newer models want `max_completion_tokens`."""
    refuses: frozenset[str] = frozenset()
    """Parameters that it takes with no value, though its provider knows them."""

    @property
    def is_retired(self) -> bool:
        """Whether it was gone when these facts were collected."""
        return self.retires is not None and self.retires <= FACTS_DATE


_PENALTIES = frozenset({"frequency_penalty", "presence_penalty"})
_THINKERS = _PENALTIES | {"logit_bias", "logprobs", "top_logprobs"}
"""What OpenAI's models that always think refuse."""
_GROK = ModelFacts(refuses=_PENALTIES | {"stop"})
_KIMI = ModelFacts(refuses=_PENALTIES | {"temperature", "top_p"})

_M = 1_000_000
_G41 = 1_047_576
_OPENAI: dict[str, ModelFacts] = {
    "gpt-3.5-turbo": ModelFacts(16_385, 4_096, "2026-10-23", images=False),
    "gpt-3.5-turbo-1106": ModelFacts(16_385, 4_096, "2026-09-28", images=False),
    "gpt-3.5-turbo-16k": ModelFacts(16_385, 4_096, "2026-10-23", images=False),
    "gpt-4": ModelFacts(8_192, 4_096, "2026-10-23", images=False),
    "gpt-4-0613": ModelFacts(8_192, 4_096, "2026-10-23", images=False),
    "gpt-4-1106-preview": ModelFacts(128_000, 4_096, "2026-10-23", images=False),
    "gpt-4-turbo": ModelFacts(128_000, 4_096, "2026-10-23"),
    "gpt-4.1": ModelFacts(_G41, 32_768, "2027-01-14"),
    "gpt-4.1-mini": ModelFacts(_G41, 32_768, "2027-01-14"),
    "gpt-4.1-nano": ModelFacts(_G41, 32_768, "2026-10-23"),
    "gpt-4o": ModelFacts(128_000, 16_384, "2027-01-14"),
    "gpt-4o-2024-05-13": ModelFacts(128_000, 4_096, "2026-10-23"),
    "gpt-4o-mini": ModelFacts(128_000, 16_384, "2027-01-14"),
    "gpt-5": ModelFacts(
        272_000, 128_000, "2026-12-11", samples=False, max_tokens=False, refuses=_THINKERS
    ),
    "gpt-5-mini": ModelFacts(
        272_000, 128_000, "2026-12-11", samples=False, max_tokens=False, refuses=_THINKERS
    ),
    "gpt-5-nano": ModelFacts(
        272_000, 128_000, "2026-12-11", samples=False, max_tokens=False, refuses=_THINKERS
    ),
    "gpt-5-chat-latest": ModelFacts(128_000, 16_384, "2026-07-23"),
    "gpt-5.1": ModelFacts(272_000, 128_000, "2027-04-01", max_tokens=False),
    "gpt-5.1-chat-latest": ModelFacts(128_000, 16_384, "2026-07-23"),
    "gpt-5.2": ModelFacts(272_000, 128_000, max_tokens=False),
    "gpt-5.2-chat-latest": ModelFacts(128_000, 16_384, "2026-08-10"),
    "gpt-5.3-chat-latest": ModelFacts(128_000, 16_384, "2026-08-10"),
    "gpt-5.4": ModelFacts(1_050_000, 128_000, max_tokens=False),
    "gpt-5.4-mini": ModelFacts(272_000, 128_000, max_tokens=False),
    "gpt-5.4-nano": ModelFacts(272_000, 128_000, "2027-04-01", max_tokens=False),
    "gpt-5.5": ModelFacts(1_050_000, 128_000, max_tokens=False),
    "gpt-5.6": ModelFacts(922_000, 128_000, max_tokens=False),
    "gpt-5.6-luna": ModelFacts(922_000, 128_000, max_tokens=False),
    "gpt-5.6-sol": ModelFacts(922_000, 128_000, max_tokens=False),
    "gpt-5.6-terra": ModelFacts(922_000, 128_000, max_tokens=False),
    "gpt-6-luna": ModelFacts(922_000, 128_000, max_tokens=False),
    "gpt-6-sol": ModelFacts(922_000, 128_000, max_tokens=False),
    "gpt-6.1-sol": ModelFacts(922_000, 128_000, max_tokens=False),
    "gpt-6.1-terra": ModelFacts(922_000, 128_000, max_tokens=False),
    "o1": ModelFacts(
        200_000, 100_000, "2026-10-23", samples=False, max_tokens=False, refuses=_THINKERS
    ),
    "o3": ModelFacts(
        200_000, 100_000, "2026-12-11", samples=False, max_tokens=False, refuses=_THINKERS
    ),
    "o3-mini": ModelFacts(
        200_000,
        100_000,
        "2026-10-23",
        samples=False,
        images=False,
        max_tokens=False,
        refuses=_THINKERS,
    ),
    "o4-mini": ModelFacts(
        200_000, 100_000, "2026-10-23", samples=False, max_tokens=False, refuses=_THINKERS
    ),
}
_NEW_CLAUDE = ModelFacts(_M, 128_000, samples=False, prefill=False)
_ANTHROPIC: dict[str, ModelFacts] = {
    "claude-fable-5": _NEW_CLAUDE,
    "claude-fable-5-1": _NEW_CLAUDE,
    "claude-haiku-4-5": ModelFacts(200_000, 64_000),
    "claude-haiku-5-5": _NEW_CLAUDE,
    "claude-mythos-5": _NEW_CLAUDE,
    "claude-mythos-5-1": _NEW_CLAUDE,
    "claude-opus-4-5": ModelFacts(200_000, 64_000),
    "claude-opus-4-6": ModelFacts(_M, 128_000, prefill=False),
    "claude-opus-4-7": _NEW_CLAUDE,
    "claude-opus-4-8": _NEW_CLAUDE,
    "claude-opus-5": _NEW_CLAUDE,
    "claude-opus-5-5": _NEW_CLAUDE,
    "claude-sonnet-4-5": ModelFacts(200_000, 64_000, "2026-11-30"),
    "claude-sonnet-4-6": ModelFacts(_M, 128_000, prefill=False),
    "claude-sonnet-5": _NEW_CLAUDE,
    "claude-sonnet-5-5": _NEW_CLAUDE,
}
_XAI = dict.fromkeys(
    ("grok-4.3", "grok-4.5", "grok-4.7", "grok-4.20-reasoning", "grok-4.20-0309-reasoning"), _GROK
)
_MOONSHOT = dict.fromkeys(("kimi-k2.5", "kimi-k2.6", "kimi-k2.7-code", "kimi-k3"), _KIMI)
_GONE = {
    "openai": {
        "2025-07-14": "gpt-4.5-preview",
        "2025-07-28": "o1-preview",
        "2025-10-27": "o1-mini",
        "2026-02-17": "chatgpt-4o-latest",
        "2026-03-26": "gpt-4-0314 gpt-4-0125-preview gpt-4-turbo-preview",
    },
    "anthropic": {
        "2024-11-06": "claude-1.0 claude-1.1 claude-1.2 claude-1.3 claude-instant-1.0"
        " claude-instant-1.1 claude-instant-1.2",
        "2025-07-21": "claude-2.0 claude-2.1 claude-3-sonnet",
        "2025-10-28": "claude-3-5-sonnet claude-3-5-sonnet-latest",
        "2026-01-05": "claude-3-opus claude-3-opus-latest",
        "2026-02-19": "claude-3-5-haiku claude-3-5-haiku-latest claude-3-7-sonnet"
        " claude-3-7-sonnet-latest",
        "2026-04-20": "claude-3-haiku",
        "2026-06-15": "claude-opus-4 claude-opus-4-0 claude-sonnet-4 claude-sonnet-4-0",
        "2026-08-05": "claude-opus-4-1",
    },
    "deepseek": {"2026-07-24": "deepseek-chat deepseek-reasoner"},
}
"""Models of which nothing matters any more but that they are gone: day -> names."""

MODELS: Mapping[str, Mapping[str, ModelFacts]] = {
    provider: {
        name: ModelFacts(retires=day)
        for day, names in _GONE.get(provider, {}).items()
        for name in names.split()
    }
    | known
    for provider, known in (
        ("openai", _OPENAI),
        ("anthropic", _ANTHROPIC),
        ("xai", _XAI),
        ("deepseek", {}),
        ("moonshot", _MOONSHOT),
    )
}
"""Provider -> model -> its facts. A snapshot has those of its model, unless it is listed itself."""

_SNAPSHOT = r"-(?:\d{4}-\d\d-\d\d|\d{8})"


def model_facts(provider: str, model: str) -> ModelFacts | None:
    """What is known of a model; None if it is not known."""
    known = MODELS.get(provider)
    if known is None:
        return None
    return known.get(model) or known.get(re.sub(rf"{_SNAPSHOT}\Z", "", model))
