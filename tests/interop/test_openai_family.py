"""The providers that speak OpenAI's formats, and its Responses API, at servers by somebody else."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import RunCli
from tests.interop.conftest import SCRIPTED

pytestmark = pytest.mark.interop

REASONING: Mapping[str, str] = {
    "deepseek": "deepseek-v4-pro",
    "xai": "grok-4.3",
    "moonshot": "kimi-k2-thinking",
    "openrouter": "deepseek/deepseek-r1",
}
"""Providers whose models show their thoughts, each with a model that aimock takes for one of them."""
DATED, NEW = {"AZURE_OPENAI_API_VERSION": "2024-10-21"}, dict[str, str]()
QUESTION = "text=What is the capital of France?"


def _answer(run: RunCli, folder: Path, environ: Mapping[str, str], *argv: str) -> Any:
    done = run(["run", *argv, "--format", "json"], cwd=folder, env=environ)
    assert done.exit_code == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("provider", REASONING)
def test_thoughts_come_apart_from_the_answer(
    provider: str, aimock: str, prompts: Path, run_process: RunCli
) -> None:
    name = provider.upper()
    environ = {f"{name}_BASE_URL": f"{aimock}/v1", f"{name}_API_KEY": "good"}
    argv = ["say", "--var", "text=think", "--provider", provider, "-m", REASONING[provider]]
    answered = run_process(["run", *argv], cwd=prompts, env=environ)
    assert answered.exit_code == 0, answered.stderr
    assert answered.stdout.strip() == "The answer is 4."
    assert "2 plus 2 is 4." in answered.stderr


@pytest.mark.parametrize("stream", [(), ("--no-stream",)])
def test_responses_give_text_and_usage(
    stream: tuple[str, ...], aimock: str, prompts: Path, run_process: RunCli
) -> None:
    environ = {"OPENAI_BASE_URL": f"{aimock}/v1", "OPENAI_API_KEY": "good"}
    answer = _answer(run_process, prompts, environ, "respond", "--var", "text=hello", *stream)
    assert answer["text"] == SCRIPTED
    assert (answer["usage"]["input_tokens"], answer["usage"]["output_tokens"]) == (11, 7)


def test_responses_give_tool_calls_and_thoughts(
    aimock: str, prompts: Path, run_process: RunCli
) -> None:
    environ = {"OPENAI_BASE_URL": f"{aimock}/v1", "OPENAI_API_KEY": "good"}
    answer = _answer(run_process, prompts, environ, "respond-tools", "--var", "text=weather")
    (call,) = answer["tool_calls"]
    assert call["name"] == "get_weather"
    arguments = call["arguments"]
    assert (json.loads(arguments) if isinstance(arguments, str) else arguments) == {"city": "Paris"}
    thought = _answer(run_process, prompts, environ, "respond", "--var", "text=think", "-m", "o3")
    assert thought["text"] == "The answer is 4."


@pytest.mark.parametrize("version", [DATED, NEW], ids=["deployment", "v1"])
def test_azure_in_both_forms(
    version: Mapping[str, str], aimock: str, azure_katan: str, prompts: Path, run_process: RunCli
) -> None:
    argv = ["say", "--var", "text=hello", "--provider", "azure_openai", "-m", "gpt-4o-mini"]
    environ = {"AZURE_OPENAI_ENDPOINT": aimock, "AZURE_OPENAI_API_KEY": "good", **version}
    assert _answer(run_process, prompts, environ, *argv)["text"] == SCRIPTED
    environ |= {"AZURE_OPENAI_ENDPOINT": azure_katan, "AZURE_OPENAI_API_KEY": "llm-katan-azure-key"}
    assert "hello" in _answer(run_process, prompts, environ, *argv)["text"]
    wrong = run_process(["run", *argv], cwd=prompts, env={**environ, "AZURE_OPENAI_API_KEY": "no"})
    assert (wrong.exit_code, wrong.stdout) == (6, "")


def test_azure_and_responses_through_a_real_gateway(
    litellm: str, prompts: Path, run_process: RunCli
) -> None:
    environ = {
        "AZURE_OPENAI_ENDPOINT": litellm,
        "AZURE_OPENAI_API_KEY": "sk-local",
        **DATED,
        "OPENAI_BASE_URL": f"{litellm}/v1",
        "OPENAI_API_KEY": "sk-local",
    }
    azure = ["say", "--var", QUESTION, "--provider", "azure_openai", "-m", "smollm2"]
    answer = _answer(run_process, prompts, environ, *azure)
    assert answer["text"].strip()
    assert 0 < answer["usage"]["output_tokens"] <= 30
    answer = _answer(run_process, prompts, environ, "respond", "--var", QUESTION, "-m", "smollm2")
    assert answer["text"].strip()
