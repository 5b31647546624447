"""Facts about models: dated, found for snapshots too, and never a reason to doubt a newer model."""

from __future__ import annotations

from datetime import date

import pytest

from promptctl.core.checks import check_source
from promptctl.core.finding import Finding
from promptctl.core.model_facts import FACTS_DATE, MODELS, model_facts
from promptctl.repo.schemas import read_schema_text

SCHEMA = read_schema_text("prompt")


def check(text: str, off: frozenset[str] = frozenset()) -> list[Finding]:
    def read(path: str) -> bytes:
        raise AssertionError(path)

    off |= {"description-missing", "owner-missing"}
    return check_source(text.encode(), "prompts/a.yaml", read, SCHEMA, folder="prompts", off=off)


def rules(provider: str, model: str, parameters: str = "{}") -> list[str]:
    head = f"provider: {provider}\nmodel: {model}\nparameters: {parameters}\ntemplate: Hello\n"
    return [finding.rule for finding in check(head)]


def test_every_day_is_a_day() -> None:
    assert date.fromisoformat(FACTS_DATE)
    for models in MODELS.values():
        for facts in models.values():
            assert facts.retires is None or date.fromisoformat(facts.retires)
            assert facts.is_retired == (facts.retires is not None and facts.retires <= FACTS_DATE)


@pytest.mark.parametrize(
    ("provider", "model", "retires"),
    [
        ("openai", "gpt-4o", "2027-01-14"),
        ("openai", "gpt-4o-2024-11-20", "2027-01-14"),
        ("openai", "gpt-4o-2024-05-13", "2026-10-23"),
        ("anthropic", "claude-3-5-sonnet-20241022", "2025-10-28"),
        ("anthropic", "claude-haiku-4-5-20251001", None),
    ],
)
def test_a_snapshot_has_the_facts_of_its_model(
    provider: str, model: str, retires: str | None
) -> None:
    facts = model_facts(provider, model)
    assert facts is not None
    assert facts.retires == retires


@pytest.mark.parametrize(
    ("provider", "model"),
    [
        *(("openai", name) for name in ("gpt-7", "gpt-6.2-sol", "gpt-5-pro", "gpt-5.6-cyber")),
        *(("openai", name) for name in ("o3-pro", "o5-mini", "gpt-audio", "chat-latest")),
        *(("openai", name) for name in ("gpt-4o-audio-preview", "gpt-5.1-codex-max", "m")),
        ("openai", '"ft:gpt-4o-mini-2024-07-18:acme::abc"'),
        ("openai", "gpt-4o-mini-search-preview"),
        *(("anthropic", name) for name in ("claude-opus-6", "claude-mythos-preview")),
        ("anthropic", "claude-sonnet-4-7-20270101"),
        *(("ollama", name) for name in ("gpt-4", "llama3.2", "claude-2.1")),
        ("acme", "gpt-4"),
    ],
)
def test_nothing_is_said_about_a_model_that_is_merely_not_known(provider: str, model: str) -> None:
    found = rules(provider, model, "{temperature: 0.2, max_tokens: 900000}")
    assert set(found) <= {"provider-unknown"}


@pytest.mark.parametrize("model", ["gpt-4o-mni", "gpt4o-mini", "gpt-4.1-nan0", "gpt-6-lnua"])
def test_a_misspelt_model_is_named(model: str) -> None:
    expected = [] if model == "gpt-4.1-nan0" else ["model-unknown"]
    assert rules("openai", model) == expected


@pytest.mark.parametrize(
    ("provider", "model", "parameters", "found"),
    [
        ("openai", "gpt-5", "{temperature: 1, top_p: 1}", []),
        ("openai", "gpt-5", "{temperature: 0}", ["parameter-unsupported"]),
        ("openai", "o3", "{max_tokens: 5}", ["parameter-unsupported"]),
        ("openai", "o3", "{max_completion_tokens: 5}", []),
        ("openai", "gpt-4.1", "{temperature: 0, max_tokens: 5}", []),
        ("anthropic", "claude-sonnet-5", "{top_k: 1}", ["parameter-unsupported"]),
        ("anthropic", "claude-sonnet-4-6", "{top_k: 1, temperature: 0}", []),
        ("openai", "o3", "{presence_penalty: 0}", ["parameter-unsupported"]),
        ("openai", "gpt-5", "{logprobs: true}", ["parameter-unsupported"]),
        ("openai", "gpt-4.1", "{presence_penalty: 0, logprobs: true}", []),
        ("xai", "grok-4.3", "{stop: [END]}", ["parameter-unsupported"]),
        ("xai", "grok-4.20-non-reasoning", "{stop: [END]}", []),
        ("moonshot", "kimi-k2.6", "{temperature: 1}", ["parameter-unsupported"]),
        ("moonshot", "moonshot-v1-8k", "{temperature: 0.3}", []),
        ("deepseek", "deepseek-chat", "{}", ["model-retired"]),
        ("openai", "gpt-4o", "{max_tokens: 16384}", []),
        ("openai", "gpt-4o", "{max_tokens: 16385}", ["parameter-too-large"]),
    ],
)
def test_a_model_takes_what_its_facts_say(
    provider: str, model: str, parameters: str, found: list[str]
) -> None:
    assert [
        rule for rule in rules(provider, model, parameters) if rule != "model-retiring"
    ] == found


def test_the_last_day_of_a_model_is_told_only_where_somebody_asks() -> None:
    text = "provider: openai\nmodel: gpt-4.1\ntemplate: Hello\n"
    (finding,) = check(text)
    assert (finding.rule, "2027-01-14" in finding.message) == ("model-retiring", True)
    assert check(text, frozenset({"model-retiring"})) == []


def test_a_model_without_eyes_reads_no_documents_either() -> None:
    head = "provider: openai\nmodel: o3-mini\nmessages:\n- role: user\n  content:\n"
    part = "  - {type: file, url: 'https://x.test/a.pdf'}\n"
    found = [f.message for f in check(head + part) if f.rule == "feature-unsupported"]
    assert "`o3-mini` cannot take documents" in found


def test_the_responses_interface_takes_fewer_parameters_and_both_names_of_the_limit() -> None:
    head = "provider: openai\nmodel: gpt-5.4\napi: responses\ntemplate: Hello\n"
    assert check(head + "parameters: {max_tokens: 5, reasoning_effort: low}\n") == []
    (finding,) = check(head + "parameters: {seed: 1}\n")
    assert finding.message == "openai cannot take the parameter `seed` with `api: responses`"
    (finding,) = check(head.replace("openai", "mistral").replace("gpt-5.4", "m"))
    assert (finding.rule, str(finding.location)) == ("feature-unsupported", "prompts/a.yaml:3:1")
    assert finding.message == "mistral cannot take `api: responses`"
