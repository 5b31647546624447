"""What is known of each provider: where it is, what its wire format is, what it can take.

One table serves the settings (origins and key variables), the checks (unsupported parameters and
features) and the provider modules (which refuse what the table says they cannot take).
"""

from __future__ import annotations

from promptctl.core.fast_dataclass import dataclass


@dataclass(frozen=True, slots=True)
class ProviderFacts:
    """One provider as the world knows it."""

    name: str
    wire: str
    base_url: str
    base_url_variable: str | None
    key_variable: str | None
    key_required: bool
    parameters: frozenset[str]
    """Keys of `parameters` that its wire format can carry (`extra` is always allowed)."""
    features: frozenset[str]
    """Of FEATURES, those that its wire format can carry."""
    more_key_variables: tuple[str, ...] = ()
    """Read in their order where `key_variable` is not set."""


AWS_SECRET = "AWS_SECRET_ACCESS_KEY"
"""The variable whose key signs requests; any other key travels with them."""

ANTHROPIC_MAX_TOKENS = 4096
"""Sent to Anthropic, which wants a limit, where a prompt sets none; every model there can write as many."""

PARAMETERS = (
    "temperature",
    "top_p",
    "top_k",
    "max_tokens",
    "max_completion_tokens",
    "stop",
    "seed",
    "frequency_penalty",
    "presence_penalty",
    "reasoning_effort",
    "thinking",
    "logit_bias",
    "logprobs",
    "top_logprobs",
    "user",
)
"""The neutral vocabulary of `parameters`."""

FEATURES = (
    "tools",
    "tool_choice",
    "parallel_tool_calls",
    "json_schema",
    "json_object",
    "image_url",
    "image_data",
    "file_url",
    "file_data",
)
"""What a prompt may use beyond text messages."""

_ALL = frozenset(PARAMETERS)
_OPENAI = _ALL - {"top_k", "thinking"}
_ANTHROPIC = frozenset(
    {
        "temperature",
        "top_p",
        "top_k",
        "max_tokens",
        "max_completion_tokens",
        "stop",
        "thinking",
        "user",
    }
)
_AWS = frozenset(
    {"temperature", "top_p", "max_tokens", "max_completion_tokens", "stop", "reasoning_effort"}
)
_LLAMA = frozenset(
    {
        "temperature",
        "top_p",
        "top_k",
        "max_tokens",
        "max_completion_tokens",
        "stop",
        "seed",
        "frequency_penalty",
        "presence_penalty",
    }
)

PROVIDERS: dict[str, ProviderFacts] = {
    facts.name: facts
    for facts in (
        ProviderFacts(
            name="openai",
            wire="openai",
            base_url="https://api.openai.com/v1",
            base_url_variable="OPENAI_BASE_URL",
            key_variable="OPENAI_API_KEY",
            key_required=True,
            parameters=_OPENAI,
            features=frozenset(FEATURES) - {"file_url"},
        ),
        ProviderFacts(
            name="anthropic",
            wire="anthropic",
            base_url="https://api.anthropic.com",
            base_url_variable="ANTHROPIC_BASE_URL",
            key_variable="ANTHROPIC_API_KEY",
            key_required=True,
            parameters=_ANTHROPIC,
            features=frozenset(FEATURES) - {"json_object"},
        ),
        ProviderFacts(
            name="google",
            wire="google",
            base_url="https://generativelanguage.googleapis.com/v1beta",
            base_url_variable="GOOGLE_GEMINI_BASE_URL",
            key_variable="GEMINI_API_KEY",
            key_required=True,
            parameters=_ALL - {"logit_bias", "user"},
            features=frozenset(FEATURES) - {"parallel_tool_calls"},
            more_key_variables=("GOOGLE_API_KEY",),
        ),
        ProviderFacts(
            name="aws",
            wire="aws",
            base_url="https://bedrock-runtime.{region}.amazonaws.com",
            base_url_variable="AWS_ENDPOINT_URL_BEDROCK_RUNTIME",
            key_variable="AWS_BEARER_TOKEN_BEDROCK",
            key_required=True,
            parameters=_AWS,
            features=frozenset({"tools", "tool_choice", "json_schema", "image_data", "file_data"}),
            more_key_variables=(AWS_SECRET,),
        ),
        ProviderFacts(
            name="ollama",
            wire="ollama",
            base_url="http://127.0.0.1:11434",
            base_url_variable="OLLAMA_HOST",
            key_variable=None,
            key_required=False,
            parameters=_LLAMA | {"thinking"},
            features=frozenset({"tools", "json_schema", "json_object", "image_data"}),
        ),
        ProviderFacts(
            name="local",
            wire="openai",
            base_url="",
            base_url_variable=None,
            key_variable=None,
            key_required=False,
            parameters=_LLAMA,
            features=frozenset({"json_schema", "json_object"}),
        ),
        ProviderFacts(
            name="echo",
            wire="echo",
            base_url="",
            base_url_variable=None,
            key_variable=None,
            key_required=False,
            parameters=_ALL,
            features=frozenset(FEATURES),
        ),
    )
}
"""Every provider that promptctl can call with no configuration, by name."""
