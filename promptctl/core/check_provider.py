"""Rules about the provider: the model, the parameters and the features that it can take."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from promptctl.core.catalog import (
    ANTHROPIC_MAX_TOKENS,
    PARAMETERS,
    PROVIDERS,
    ProviderFacts,
    facts_for,
)
from promptctl.core.check_model import check_model
from promptctl.core.check_subject import Subject
from promptctl.core.finding import Finding
from promptctl.core.gemini import thinking_problem
from promptctl.core.nearest import did_you_mean
from promptctl.core.prompt import Path
from promptctl.core.schema_words import shown

EMBEDDED_MODEL = "smollm2-135m-instruct"

_FAMILIES = (
    ("claude-", "anthropic"),
    ("gpt-", "openai"),
    ("chatgpt-", "openai"),
    ("o1-", "openai"),
    ("o3-", "openai"),
    ("o4-", "openai"),
    ("gemini-", "google"),
)
"""Names that only one provider gives to its models."""
_OWNERS = frozenset(owner for _, owner in _FAMILIES)


def check_provider(subject: Subject) -> Iterator[Finding]:
    """Findings about what the prompt asks of its provider."""
    name = subject.value("provider")
    yield from _check_conflicts(subject)
    if not isinstance(name, str) or not name:
        return
    facts = PROVIDERS.get(name)
    if facts is None:
        yield subject.found("provider-unknown", ("provider",), *_unknown_provider(name))
        return
    yield from _check_family(subject, name)
    facts = facts_for(facts, str(subject.value("api")))
    yield from check_model(subject, facts)
    yield from _check_parameters(subject, facts)
    if name == "anthropic":
        yield from _check_thinking(subject)
    if name == "google":
        yield from _check_gemini_thinking(subject)
    yield from _check_features(subject, facts)


def _unknown_provider(name: str) -> tuple[str, str]:
    near = did_you_mean(name, PROVIDERS)
    if near:
        return f"promptctl has no provider {shown(name)} built in", near
    message = f"promptctl cannot call {shown(name)} itself"
    return message, "name an endpoint of that name in your configuration"


def _check_family(subject: Subject, provider: str) -> Iterator[Finding]:
    model = subject.value("model")
    if not isinstance(model, str) or not model:
        return
    if provider == "local" and model != EMBEDDED_MODEL:
        message = f"the embedded model is `{EMBEDDED_MODEL}`, not {shown(model)}"
        yield subject.found("model-mismatch", ("model",), message, f"model: {EMBEDDED_MODEL}")
    for prefix, owner in _FAMILIES:
        if model.startswith(prefix) and provider in _OWNERS and provider != owner:
            message = f"{shown(model)} is a model of {owner}, but the provider is {provider}"
            yield subject.found("model-mismatch", ("model",), message, f"provider: {owner}")


def _check_parameters(subject: Subject, facts: ProviderFacts) -> Iterator[Finding]:
    for key in subject.mapping("parameters"):
        if key in PARAMETERS and key not in facts.parameters:
            yield subject.found(
                "parameter-unsupported",
                ("parameters", key),
                f"{facts.name} cannot take the parameter `{key}`"
                + (" with `api: responses`" if key in PROVIDERS[facts.name].parameters else ""),
                "remove it",
                key=True,
            )


def _check_thinking(subject: Subject) -> Iterator[Finding]:
    """Anthropic counts thinking as part of the answer: its budget must leave something of the limit."""
    given = subject.mapping("parameters")
    budget = subject.mapping("parameters", "thinking").get("budget_tokens")
    limit = given.get("max_tokens", given.get("max_completion_tokens", ANTHROPIC_MAX_TOKENS))
    if isinstance(budget, int) and isinstance(limit, int) and budget >= limit:
        path: Path = ("parameters", "thinking", "budget_tokens")
        message = (
            f"a budget of {budget} tokens for thinking leaves nothing of `max_tokens`: {limit}"
        )
        hint = f"set max_tokens above {budget}, or lower the budget"
        yield subject.found("parameter-conflict", path, message, hint)


def _check_gemini_thinking(subject: Subject) -> Iterator[Finding]:
    model = subject.value("model")
    problem = thinking_problem(str(model), subject.mapping("parameters"))
    if problem is not None:
        rule = "parameter-conflict" if problem.is_conflict else "parameter-unsupported"
        path: Path = ("parameters", problem.key)
        yield subject.found(rule, path, f"{shown(model)} cannot take {problem.what}", problem.hint)


def _check_conflicts(subject: Subject) -> Iterator[Finding]:
    given = subject.mapping("parameters")
    both = [key for key in given if key in ("max_tokens", "max_completion_tokens")]
    if len(both) == 2:
        yield subject.found(
            "parameter-conflict",
            ("parameters", both[1]),
            "`max_tokens` and `max_completion_tokens` are two names of one limit",
            "keep one of them",
            key=True,
        )
    if given.get("top_logprobs") and given.get("logprobs") is False:
        yield subject.found(
            "parameter-conflict",
            ("parameters", "top_logprobs"),
            "`top_logprobs` needs `logprobs: true`",
            "set `logprobs: true`",
            key=True,
        )


def _check_features(subject: Subject, facts: ProviderFacts) -> Iterator[Finding]:
    for feature, path, what in _used_features(subject):
        if feature not in facts.features:
            yield subject.found(
                "feature-unsupported",
                path,
                f"{facts.name} cannot take {what}",
                "remove it, or use another provider",
                key=isinstance(path[-1], str),
            )

    if facts.name == "aws" and subject.value("tools") and subject.value("tool_choice") == "none":
        message = "aws cannot take `tool_choice: none`"
        yield subject.found("feature-unsupported", ("tool_choice",), message, "leave the tools out")


def _used_features(subject: Subject) -> Iterator[tuple[str, Path, str]]:
    if subject.value("api") == "responses":
        yield "responses", ("api",), "`api: responses`"
    if subject.value("tools"):
        yield "tools", ("tools",), "tools"
        for key in ("tool_choice", "parallel_tool_calls"):
            if subject.value(key) is not None:
                yield key, (key,), f"`{key}`"
    kind = subject.value("response_format", "type")
    if kind == "json_schema":
        yield "json_schema", ("response_format",), "a JSON Schema as response format"
    elif kind == "json_object":
        yield "json_object", ("response_format",), "`json_object` as response format"
    for index, _ in subject.items("messages"):
        for part, content in subject.items("messages", index, "content"):
            if isinstance(content, Mapping):
                yield from _part_features(content, ("messages", index, "content", part))


def _part_features(part: Mapping[str, object], path: Path) -> Iterator[tuple[str, Path, str]]:
    kind = part.get("type")
    if kind in ("tool_call", "tool_result"):
        yield "tools", path, "tool calls in the conversation"
    elif kind in ("image", "file"):
        url = part.get("url")
        # A `data:` URL is sent as the data that it holds.
        source = "url" if isinstance(url, str) and not url.startswith("data:") else "data"
        noun = "images" if kind == "image" else "documents"
        how = "by URL" if source == "url" else "from files"
        yield f"{kind}_{source}", path, f"{noun} {how}"
