"""docs/providers.md, made from the catalog, the dialects and the lists of what the tests go through."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from promptctl.core.catalog import (
    FEATURES,
    PARAMETERS,
    PROVIDERS,
    RESPONSES_PARAMETERS,
    ProviderFacts,
)
from promptctl.core.model_facts import FACTS_DATE, MODELS
from promptctl.providers.openai_dialects import DIALECTS as CHAT
from tests.interop import test_graded, test_openai_family, test_scripted
from tests.providers.dialects import COMPATIBLE, DIALECTS

_INTRODUCTION = f"""\
<!-- Made by `make docs`; do not edit. -->

# Providers

What `provider:` may be, where each is reached, and what it takes. A parameter or a feature that a provider
cannot take is a finding of `validate` and an error of `run` that names both; nothing is dropped.
`parameters.extra` goes through to the provider as it is, except for keys that promptctl sets itself.
Any other server that speaks one of these protocols gets a name of its own in your
[configuration](configuration.md). What is said here of services is of {FACTS_DATE}.

"""
_NOTES = {
    "azure_openai": "the model is the name of your deployment; with `AZURE_OPENAI_API_VERSION` (or"
    " `OPENAI_API_VERSION`) the URL of the deployment is asked, else `/openai/v1`",
    "meta": "Meta closed its public preview on 2026-07-06: only for another server of that API",
    "local": "the embedded model, on this machine",
    "echo": "answers with what was sent, without a network",
}
_MEANS = {
    "tools": "tools, their calls and results",
    "tool_choice": "`tool_choice`",
    "parallel_tool_calls": "`parallel_tool_calls`",
    "json_schema": "answers by a JSON Schema",
    "json_object": "answers that are JSON",
    "image_url": "images by URL",
    "image_data": "images from files",
    "file_url": "documents by URL",
    "file_data": "documents from files",
    "responses": "`api: responses`",
}
_OWN_LIBRARY = {
    "anthropic": "Anthropic's",
    "ollama": "Ollama's",
    "google": "Google's",
    "aws": "botocore's",
}
_ALSO = {
    "google": "; the same body, path and header as Google's own client",
    "aws": "; the same body, URL and signature as botocore",
}
_AT_AZURE = "aimock and llm-katan (both forms of the URL, keys), litellm with the embedded model"


def providers_page() -> str:
    """The whole page."""
    parts = [_INTRODUCTION, _places(), _parameters(), _features(), _responses(), _verified()]
    return "\n".join(parts)


def _table(head: Sequence[str], rows: Iterator[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _places() -> str:
    def row(facts: ProviderFacts) -> Sequence[str]:
        address = f"`{facts.base_url}{facts.path}`" if facts.base_url else "–"
        variables = (facts.key_variable, facts.base_url_variable)
        named = (f"`{variable}`" if variable else "–" for variable in variables)
        return (f"`{facts.name}`", address, *named, _NOTES.get(facts.name, ""))

    head = ("provider", "address", "key", "another address", "")
    return (
        "## Where they are\n\n"
        + _table(head, map(row, PROVIDERS.values()))
        + "\nA bare host in the variable for another address gets the path that stands in the built-in one.\n"
        "`openai`'s is taken as it is.\n"
    )


def _matrix(names: Sequence[str], cell: Callable[[ProviderFacts, str], str], first: str) -> str:
    def row(name: str) -> Sequence[str]:
        return (_MEANS.get(name, f"`{name}`"), *(cell(f, name) for f in PROVIDERS.values()))

    return _table((first, *PROVIDERS), map(row, names))


def _parameters() -> str:
    def cell(facts: ProviderFacts, name: str) -> str:
        if name not in facts.parameters:
            return "–"
        dialect = CHAT.get(facts.name)
        if dialect is None:
            return "yes"
        if name.startswith("max_") and dialect.limit is not None and dialect.limit != name:
            return f"as `{dialect.limit}`"
        return f"as `{dialect.renames[name]}`" if name in dialect.renames else "yes"

    known = ", ".join(f"`{name}`" for name in MODELS)
    return (
        "## Parameters\n\n"
        + _matrix(PARAMETERS, cell, "parameter")
        + "\nSingle models take less than their provider; `validate` knows it of many models of "
        f"{known}.\n"
    )


def _features() -> str:
    def cell(facts: ProviderFacts, name: str) -> str:
        if name not in facts.features:
            return "–"
        dialect = CHAT.get(facts.name)
        if name == "tool_choice" and dialect is not None and len(dialect.tool_choices) < 4:
            return ", ".join(sorted(dialect.tool_choices))
        return "yes"

    joined = ", ".join(f"`{n}`" for n, d in CHAT.items() if d.joined_turns)
    known = ", ".join(f"`{n}`" for n, d in CHAT.items() if d.developer)
    return (
        "## Features\n\n"
        + _matrix(FEATURES, cell, "feature")
        + f"\nThe role `developer` goes to {known} under its name; elsewhere its messages are those of the"
        f" system.\n{joined} gets turns of one role in a row as one.\n"
    )


def _responses() -> str:
    taken = ", ".join(f"`{name}`" for name in PARAMETERS if name in RESPONSES_PARAMETERS)
    return (
        "## The Responses API\n\n"
        "`api: responses` in a prompt file asks OpenAI's newer interface instead of chat completions. It"
        f" takes {taken}, and documents by URL too; `store: false` is always sent. With `--provider` naming"
        " a provider that has no such interface, its only one is asked. For summaries of the model's"
        " thoughts: `parameters.extra: {reasoning: {summary: auto}}`.\n"
    )


def _verified() -> str:
    return (
        "## How it was tried\n\n"
        "None of this was run against the services themselves: that needs accounts. `make test` holds\n"
        "every request (each parameter, tools and their results, response formats, images, documents) to\n"
        "the types of an official library with no unknown key allowed, and every stream (text, usage,\n"
        "tool calls, the end, each way to break) to one contract at a server in the test. `make interop`\n"
        "asks servers that others wrote: aimock (scripted answers), llmock (ten faults, and a verdict on\n"
        "the client), llm-katan (keys) and litellm in front of the embedded model.\n\n"
        + _table(
            ("provider", "requests", "streams and faults", "servers that others wrote"),
            map(_verified_row, PROVIDERS),
        )
    )


def _verified_row(name: str) -> Sequence[str]:
    own = {dialect.name for dialect in DIALECTS}
    compatible = {dialect.name for dialect in COMPATIBLE}
    requests, streams = "–", "–"
    if name in own | compatible:
        requests = _OWN_LIBRARY.get(name, "OpenAI's") + " types" + _ALSO.get(name, "")
        streams = "contract suite" if name in own else "as `openai`"
    return (f"`{name}`", requests, streams, "; ".join(_peers(name)) or "–")


def _peers(name: str) -> Iterator[str]:
    fixed: Mapping[str, str] = {
        "openai": "llama.cpp's own server with the embedded model, chat and responses (`make test`);"
        " litellm, chat and responses; aimock, responses with tools and thoughts",
        "local": "llama.cpp's own server (`make test`)",
        "azure_openai": _AT_AZURE,
        "anthropic": "litellm with the embedded model",
        "ollama": "aimock (text)",
        "google": "api-for-gemini; litellm with the embedded model",
        "aws": "llm-katan (a signed request)",
    }
    if name in fixed:
        yield fixed[name]
    if name in test_scripted.PROVIDERS:
        yield "aimock (text, usage, tool calls, errors)"
    if name in test_openai_family.REASONING:
        yield "aimock (text, thoughts)"
    if name in test_graded.PROVIDERS:
        faults = "chat and responses, " if name == "openai" else ""
        yield f"llmock's verdict ({faults}{len(test_graded.FAULTS)} cases)"
