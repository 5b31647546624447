"""Our providers through the litellm proxy to the real embedded model."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.conftest import RunCli

pytestmark = pytest.mark.interop


@pytest.mark.parametrize("provider", ["openai", "anthropic", "google"])
def test_a_real_answer_through_a_real_gateway(
    provider: str, litellm: str, prompts: Path, run_process: RunCli
) -> None:
    environ = {
        "OPENAI_BASE_URL": f"{litellm}/v1",
        "OPENAI_API_KEY": "sk-local",
        "ANTHROPIC_BASE_URL": litellm,
        "ANTHROPIC_API_KEY": "sk-local",
        "GOOGLE_GEMINI_BASE_URL": litellm,
        "GEMINI_API_KEY": "sk-local",
    }
    question = "text=What is the capital of France?"
    argv = ["run", "say", "--var", question, "--provider", provider, "-m", "smollm2"]
    # The gateway's streams in Gemini's format say 0 for every count.
    whole = ["--no-stream"] if provider == "google" else []
    first = run_process([*argv, "--format", "json", *whole], cwd=prompts, env=environ)
    assert first.exit_code == 0, first.stderr
    answer = json.loads(first.stdout)
    assert answer["text"].strip()
    assert 0 < answer["usage"]["output_tokens"] <= 30
    second = run_process(argv, cwd=prompts, env=environ)
    assert second.stdout.strip() == answer["text"].strip(), "temperature 0 repeats itself"
