"""How each provider that speaks OpenAI's chat completions spells what its format can carry.

What a provider takes stands in `core/catalog.py`; here stands only how. Same sources and date as there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Literal

from promptctl.core.catalog import PROVIDERS
from promptctl.core.endpoint import Endpoint
from promptctl.core.fast_dataclass import dataclass

ChatDocument = Literal["file", "document_url", "file_url"]


@dataclass(frozen=True, slots=True)
class ChatDialect:
    """One provider's way with chat completions; the defaults are OpenAI's own."""

    limit: Literal["max_tokens", "max_completion_tokens"] | None = None
    """The only name it knows for the limit on the answer; None where it knows both."""
    renames: Mapping[str, str] = field(default_factory=dict)
    """Parameters that it calls otherwise."""
    developer: bool = False
    """Whether it knows the role `developer`; others get it as `system`, which it is there."""
    usage_option: bool = True
    """Whether it has to be asked for the usage of a stream; others send it, and may refuse the option."""
    tool_choices: frozenset[str] = frozenset({"auto", "none", "required", "named"})
    stop_list: bool = False
    """Whether `stop` must be a list."""
    detail: bool = True
    """Whether images may say how closely to look."""
    document: ChatDocument = "file"
    """How documents stand in a message."""
    joined_turns: bool = False
    """Whether turns of one role that follow each other must be sent as one."""
    key_header: str = "authorization"


_OPENAI = ChatDialect(developer=True)

DIALECTS: Mapping[str, ChatDialect] = {
    "openai": _OPENAI,
    "azure_openai": ChatDialect(developer=True, key_header="api-key"),
    "local": ChatDialect(),
    "deepseek": ChatDialect("max_tokens"),
    "xai": ChatDialect(),
    "mistral": ChatDialect(
        "max_tokens", {"seed": "random_seed"}, usage_option=False, document="document_url"
    ),
    "groq": ChatDialect(usage_option=False),
    "cerebras": ChatDialect(developer=True),
    "fireworks": ChatDialect(usage_option=False),
    "moonshot": ChatDialect(
        "max_completion_tokens", tool_choices=frozenset({"auto", "none"}), detail=False
    ),
    "perplexity": ChatDialect(
        "max_tokens", usage_option=False, detail=False, document="file_url", joined_turns=True
    ),
    "together": ChatDialect("max_tokens", usage_option=False, stop_list=True, detail=False),
    "meta": ChatDialect("max_completion_tokens", detail=False),
    "openrouter": ChatDialect(developer=True),
}
"""Every provider of the catalog whose wire format is OpenAI's, by name."""


def dialect_of(endpoint: Endpoint) -> ChatDialect:
    """The dialect spoken at an endpoint; one of the user's own configuration speaks its format's."""
    facts = PROVIDERS.get(endpoint.provider)
    name = endpoint.provider if facts and facts.wire == endpoint.wire else endpoint.wire
    return DIALECTS[name]
