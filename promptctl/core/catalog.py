"""What is known of each provider: where it is, what its wire format is, what it can take.

One table serves the settings (origins and key variables), the checks (unsupported parameters and
features) and the provider modules (which refuse what the table says they cannot take).
"""

from __future__ import annotations

from dataclasses import replace

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
    path: str = ""
    """What follows the address where only a host is given, as the provider's own libraries have it."""


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
    "responses",
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

_TOOLS = frozenset({"tools", "tool_choice", "parallel_tool_calls"})
_JSON = frozenset({"json_schema", "json_object"})
_IMAGES = frozenset({"image_url", "image_data"})
_SAMPLING = frozenset({"temperature", "top_p", "max_tokens", "max_completion_tokens"})
_PENALTIES = frozenset({"stop", "frequency_penalty", "presence_penalty", "reasoning_effort"})
_LOGPROBS = frozenset({"logprobs", "top_logprobs"})

RESPONSES_PARAMETERS = _SAMPLING | {"reasoning_effort", "user"}
"""What OpenAI's Responses API takes of the vocabulary; the rest is of chat completions only."""


def _compatible(
    name: str,
    address: str,
    key_variable: str,
    parameters: frozenset[str],
    features: frozenset[str],
    *,
    wire: str = "openai",
    variable: str | None = None,
) -> ProviderFacts:
    """A provider that speaks a dialect of OpenAI's format; `address` is its host and its own path."""
    host, slash, path = address.partition("/")
    base_url = f"https://{host}" if host else ""
    variable = variable or key_variable.replace("_API_KEY", "_BASE_URL")
    path = slash + path
    return ProviderFacts(
        name, wire, base_url, variable, key_variable, True, parameters, features, path=path
    )


# From the providers' references and the types of their own Python libraries (Cerebras 1.91, Fireworks
# 1.2, Groq 1.7, Llama API 0.6, Mistral 3.7, OpenAI 3.57, OpenRouter 1.3, Perplexity 0.46, Together 3.1,
# xAI 1.21), on 2026-11-25. How each spells what it takes: `providers/openai_dialects.py`.
_OPENAI_FAMILY = (
    _compatible(
        "azure_openai",
        "/openai/v1",
        "AZURE_OPENAI_API_KEY",
        _OPENAI,
        frozenset(FEATURES) - {"file_url"},
        wire="azure_openai",
        variable="AZURE_OPENAI_ENDPOINT",
    ),
    _compatible(
        "deepseek",
        "api.deepseek.com",
        "DEEPSEEK_API_KEY",
        _SAMPLING | _PENALTIES | _LOGPROBS | {"thinking"},
        frozenset({"tools", "tool_choice", "json_object"}),
    ),
    _compatible(
        "xai",
        "api.x.ai/v1",
        "XAI_API_KEY",
        _SAMPLING | _PENALTIES | _LOGPROBS | {"seed", "user"},
        _TOOLS | _JSON | _IMAGES | {"responses"},
    ),
    _compatible(
        "mistral",
        "api.mistral.ai/v1",
        "MISTRAL_API_KEY",
        _SAMPLING | _PENALTIES | _LOGPROBS | {"seed", "top_k"},
        _TOOLS | _JSON | _IMAGES | {"file_url", "file_data"},
    ),
    _compatible(
        "groq",
        "api.groq.com/openai/v1",
        "GROQ_API_KEY",
        _SAMPLING | _PENALTIES | {"seed", "user"},
        _TOOLS | _JSON | _IMAGES,
    ),
    _compatible(
        "cerebras", "api.cerebras.ai/v1", "CEREBRAS_API_KEY", _OPENAI, _TOOLS | _JSON | _IMAGES
    ),
    _compatible(
        "fireworks",
        "api.fireworks.ai/inference/v1",
        "FIREWORKS_API_KEY",
        _ALL,
        _TOOLS | _JSON | _IMAGES,
    ),
    _compatible(
        "moonshot",
        "api.moonshot.ai/v1",
        "MOONSHOT_API_KEY",
        _SAMPLING | _PENALTIES | {"thinking"},
        _JSON | {"tools", "tool_choice", "image_data"},
    ),
    _compatible(
        "perplexity",
        "api.perplexity.ai",
        "PERPLEXITY_API_KEY",
        _SAMPLING | _PENALTIES | {"top_k"},
        _IMAGES | {"json_schema", "file_url", "file_data"},
    ),
    _compatible(
        "together",
        "api.together.ai/v1",
        "TOGETHER_API_KEY",
        _SAMPLING | _PENALTIES | {"seed", "top_k", "logit_bias"},
        _JSON | _IMAGES | {"tools", "tool_choice"},
    ),
    # Meta closed its public preview on 2026-07-06; the row serves those who still have a server of it.
    _compatible(
        "meta",
        "api.llama.com/compat/v1",
        "LLAMA_API_KEY",
        _SAMPLING | {"top_k", "user"},
        _IMAGES | {"tools", "tool_choice", "json_schema"},
    ),
    _compatible(
        "openrouter",
        "openrouter.ai/api/v1",
        "OPENROUTER_API_KEY",
        _OPENAI | {"top_k"},
        _TOOLS | _JSON | _IMAGES | {"file_url", "file_data"},
    ),
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
            features=frozenset(FEATURES) - {"json_object", "responses"},
        ),
        ProviderFacts(
            name="google",
            wire="google",
            base_url="https://generativelanguage.googleapis.com/v1beta",
            base_url_variable="GOOGLE_GEMINI_BASE_URL",
            key_variable="GEMINI_API_KEY",
            key_required=True,
            parameters=_ALL - {"logit_bias", "user"},
            features=frozenset(FEATURES) - {"parallel_tool_calls", "responses"},
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
        *_OPENAI_FAMILY,
        ProviderFacts(
            name="local",
            wire="openai",
            base_url="",
            base_url_variable=None,
            key_variable=None,
            key_required=False,
            parameters=_LLAMA,
            features=frozenset({"json_schema", "json_object", "responses"}),
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


def facts_for(facts: ProviderFacts, api: str) -> ProviderFacts:
    """What a provider takes when it is spoken to through one of its interfaces: `chat` or `responses`."""
    if api != "responses" or "responses" not in facts.features or facts.wire == "echo":
        return facts
    return replace(
        facts,
        parameters=facts.parameters & RESPONSES_PARAMETERS,
        # The Responses API reads documents from URLs too, where the provider reads documents at all.
        features=facts.features | ({"file_url"} if "file_data" in facts.features else set()),
    )


def has_one_interface(provider: str) -> bool:
    """Whether a provider that we know is spoken to in one way only, whatever `api` a prompt names."""
    facts = PROVIDERS.get(provider)
    return facts is not None and "responses" not in facts.features
