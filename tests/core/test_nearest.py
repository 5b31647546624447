"""Suggestions: the word that was meant, and none where no known word was."""

from __future__ import annotations

import time

import pytest

from promptctl.core.catalog import PARAMETERS, PROVIDERS
from promptctl.core.nearest import nearest_word

FILTERS = (
    "abs",
    "default",
    "float",
    "int",
    "join",
    "list",
    "lower",
    "replace",
    "string",
    "trim",
    "upper",
)
KEYS = (
    "description",
    "messages",
    "model",
    "parameters",
    "provider",
    "template",
    "tools",
    "variables",
)
ROLES = ("system", "user", "assistant", "model", "tool", "developer")
FORMATS = ("jinja2", "mustache", "f-string", "none")
NAMES = ("greeting", "support/triage", "customer_name", "tone")


@pytest.mark.parametrize(
    ("given", "known", "meant"),
    [
        ("opnai", PROVIDERS, "openai"),
        ("OpenAI", PROVIDERS, "openai"),
        ("antropic", PROVIDERS, "anthropic"),
        ("temperatur", PARAMETERS, "temperature"),
        ("tempreature", PARAMETERS, "temperature"),
        ("temp", PARAMETERS, "temperature"),
        ("maxtokens", PARAMETERS, "max_tokens"),
        ("max_token", PARAMETERS, "max_tokens"),
        ("max_tok", PARAMETERS, "max_tokens"),
        ("freq_penalty", PARAMETERS, "frequency_penalty"),
        ("sed", PARAMETERS, "seed"),
        ("tiop_p", PARAMETERS, "top_p"),
        ("uppper", FILTERS, "upper"),
        ("lowre", FILTERS, "lower"),
        ("itn", FILTERS, "int"),
        ("varaibles", KEYS, "variables"),
        ("mesages", KEYS, "messages"),
        ("message", KEYS, "messages"),
        ("desc", KEYS, "description"),
        ("modle", KEYS, "model"),
        ("asistent", ROLES, "assistant"),
        ("usr", ROLES, "user"),
        ("jinja", FORMATS, "jinja2"),
        ("fstring", FORMATS, "f-string"),
        ("triage", NAMES, "support/triage"),
        ("customerName", NAMES, "customer_name"),
        ("cusotmer_nmae", NAMES, "customer_name"),
    ],
)  # fmt: skip
def test_a_slip_finds_the_word(given: str, known: tuple[str, ...], meant: str) -> None:
    assert nearest_word(given, known) == meant


@pytest.mark.parametrize(
    ("given", "known"),
    [
        ("cohere", PROVIDERS),
        ("bedrock", PROVIDERS),
        ("format", FILTERS),
        ("pprint", FILTERS),
        ("striptags", FILTERS),
        ("max", ("min",)),
        ("cat", ("bat",)),
        ("x", ("y",)),
        ("best_of", PARAMETERS),
        ("response_format", PARAMETERS),
        ("te", KEYS),
        ("to", ("top_k", "tools")),
        ("human", ROLES),
        ("json", ("json_object", "json_schema")),
        ("", KEYS),
        ("x" * 100, ["x" * 99]),
    ],
)
def test_another_word_finds_none(given: str, known: tuple[str, ...]) -> None:
    assert nearest_word(given, known) is None


def test_ten_thousand_words_are_compared_soon() -> None:
    start = time.process_time()
    assert [nearest_word(f"k{i}", PARAMETERS) for i in range(10_000)] == [None] * 10_000
    assert time.process_time() - start < 1
