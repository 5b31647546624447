"""Rules about the model: does it still answer, and does it take what the prompt sends."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from promptctl.core.catalog import ProviderFacts
from promptctl.core.check_subject import Subject
from promptctl.core.finding import Finding
from promptctl.core.json_data import Json
from promptctl.core.model_facts import FACTS_DATE, MODELS, ModelFacts, model_facts
from promptctl.core.nearest import did_you_mean
from promptctl.core.schema_words import shown

_OWN_VALUES = {"temperature": 1, "top_p": 1, "top_k": None}
"""The values of the models that take no others; of top_k there is none."""
_LIMITS = ("max_tokens", "max_completion_tokens")
ASSISTANT = frozenset({"assistant", "ai", "model"})
"""The names that prompts use for the role of the model."""


def check_model(subject: Subject, provider: ProviderFacts) -> Iterator[Finding]:
    """Findings about the model of a prompt whose provider is a known one."""
    model = subject.value("model")
    if not isinstance(model, str) or provider.name not in MODELS:
        return
    facts = model_facts(provider.name, model)
    if facts is None:
        yield from _check_spelling(subject, provider.name, model)
        return
    yield from _check_life(subject, provider.name, model, facts)
    if given := subject.mapping("parameters"):
        yield from _check_sampling(subject, provider, model, facts, given)
        yield from _check_limits(subject, model, facts, given)
    if not facts.images:
        yield from _check_images(subject, model)
    if not facts.prefill:
        yield from _check_last_role(subject, model)


def _check_spelling(subject: Subject, provider: str, model: str) -> Iterator[Finding]:
    hint = did_you_mean(model, MODELS[provider])
    # Another number is another model, perhaps one that is newer than our facts.
    if hint and re.findall(r"\d+", hint) == re.findall(r"\d+", model):
        message = f"{shown(model)} is no model of {provider} that promptctl knows"
        yield subject.found("model-unknown", ("model",), message, hint)


def _check_life(
    subject: Subject, provider: str, model: str, facts: ModelFacts
) -> Iterator[Finding]:
    if facts.is_retired:
        message = f"{provider} retired {shown(model)} on {facts.retires}: requests to it fail"
        yield subject.found("model-retired", ("model",), message, "choose another model")
    elif facts.retires is not None and subject.wants("model-retiring"):
        message = f"{provider} retires {shown(model)} on {facts.retires} (known on {FACTS_DATE})"
        hint = "choose another model, and compare the answers before that day"
        yield subject.found("model-retiring", ("model",), message, hint)


def _check_sampling(
    subject: Subject,
    provider: ProviderFacts,
    model: str,
    facts: ModelFacts,
    given: Mapping[str, Json],
) -> Iterator[Finding]:
    for key, own in () if facts.samples else _OWN_VALUES.items():
        if key in given and key in provider.parameters and given[key] != own:
            message = f"{shown(model)} takes no `{key}` but its own"
            yield subject.found(
                "parameter-unsupported", ("parameters", key), message, "remove it", key=True
            )
    for key in given:
        if key in facts.refuses and key in provider.parameters:
            yield subject.found(
                "parameter-unsupported",
                ("parameters", key),
                f"{shown(model)} takes no `{key}`",
                "remove it",
                key=True,
            )
    if provider.name == "openai" and subject.value("api") == "responses":
        return  # there both names of the limit become `max_output_tokens`
    if not facts.max_tokens and "max_tokens" in given and "max_completion_tokens" not in given:
        message = f"{shown(model)} takes no `max_tokens`"
        hint = "call it `max_completion_tokens`"
        path = ("parameters", "max_tokens")
        yield subject.found("parameter-unsupported", path, message, hint, key=True)


def _check_limits(
    subject: Subject, model: str, facts: ModelFacts, given: Mapping[str, Json]
) -> Iterator[Finding]:
    for key in _LIMITS:
        limit = given.get(key)
        if isinstance(limit, int) and facts.output is not None and limit > facts.output:
            message = f"{shown(model)} writes at most {facts.output:,} tokens, not {limit:,}"
            hint = f"{key}: {facts.output}"
            yield subject.found("parameter-too-large", ("parameters", key), message, hint)


def _check_images(subject: Subject, model: str) -> Iterator[Finding]:
    for index, _ in subject.items("messages"):
        for number, part in subject.items("messages", index, "content"):
            kind = part.get("type") if isinstance(part, (dict, Mapping)) else None
            if kind in ("image", "file"):
                path = ("messages", index, "content", number)
                noun = "images" if kind == "image" else "documents"
                message = f"{shown(model)} cannot take {noun}"
                yield subject.found("feature-unsupported", path, message, "use another model")


def _check_last_role(subject: Subject, model: str) -> Iterator[Finding]:
    messages = list(subject.items("messages"))
    index, last = messages[-1] if messages else (0, None)
    if isinstance(last, (dict, Mapping)) and last.get("role") in ASSISTANT:
        message = f"{shown(model)} does not go on with a message of the assistant"
        hint = "end with a user message that says how to begin"
        yield subject.found("role-last", ("messages", index, "role"), message, hint)
