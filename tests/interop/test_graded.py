"""llmock breaks its answers on demand and grades how its client took it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Result, RunCli
from tests.interop.conftest import ask

pytestmark = pytest.mark.interop

PROVIDERS = {
    "openai": ("OPENAI", "/v1", "gpt-4o-mini"),
    "anthropic": ("ANTHROPIC", "/anthropic", "claude-sonnet-4-5"),
    "google": ("GEMINI", "/gemini/v1beta", "gemini-2.5-flash"),
    "xai": ("XAI", "/xai/v1", "grok-4.3"),
    "mistral": ("MISTRAL", "/mistral/v1", "mistral-large-latest"),
    "groq": ("GROQ", "/groq/openai/v1", "llama-3.3-70b-versatile"),
    "together": ("TOGETHER", "/together/v1", "meta-llama/Llama-3.3-70B-Instruct-Turbo"),
}
RESPONSES = ("openai", "respond")
"""The prompt that asks for the Responses API."""
FAULTS: dict[str, tuple[dict[str, Any], int]] = {
    "no fault": ({}, 0),
    "rate limited once": ({"type": "fail", "status": 429, "retry_after": 1}, 0),
    "overloaded once": ({"type": "fail", "status": 503}, 0),
    "bad request": ({"type": "fail", "status": 400, "times": None}, 5),
    "wrong key": ({"type": "fail", "status": 401, "times": None}, 6),
    "disconnected": ({"type": "stream_fault", "kind": "disconnect", "times": None}, 5),
    "silently cut once": ({"type": "stream_fault", "kind": "truncate"}, 0),
    "silently cut": ({"type": "stream_fault", "kind": "truncate", "times": None}, 5),
    "corrupted chunk": ({"type": "stream_fault", "kind": "malformed", "times": None}, 5),
    "slow first token": ({"type": "slow_first_token", "seconds": 1}, 0),
}

# Gemini's first chunk is text already: a cut after it cannot be made good by asking again.
AFTER_TEXT = {("silently cut once", "google"): 5}

# llmock sees requests, not exit codes: a call that ends in an error and is not sent again (because it
# was tried three times, or because text is on the screen already) looks to it like an accepted one.
GAVE_UP = {"gave_up", "truncated_stream_accepted", "malformed_chunk_ignored"}


def _run(run: RunCli, provider: str, prompt: str, folder: Path, url: str) -> Result:
    name, path, model = PROVIDERS[provider]
    prefix = "GOOGLE_GEMINI" if name == "GEMINI" else name
    environ = {f"{prefix}_BASE_URL": url + path, f"{name}_API_KEY": "sk-test"}
    argv = ["run", prompt, "--var", "text=hello", "--provider", provider, "-m", model]
    return run(argv, cwd=folder, env=environ)


@pytest.mark.parametrize(("provider", "prompt"), [*((p, "say") for p in PROVIDERS), RESPONSES])
@pytest.mark.parametrize("fault", FAULTS)
def test_the_verdict_is_clean(
    fault: str, provider: str, prompt: str, llmock: str, prompts: Path, run_process: RunCli
) -> None:
    behaviour, exit_code = FAULTS[fault]
    exit_code = AFTER_TEXT.get((fault, provider), exit_code)
    ask(f"{llmock}/_llmock/reset", {})
    if behaviour:
        ask(f"{llmock}/_llmock/scenario", {"behaviors": [behaviour]})
    answered = _run(run_process, provider, prompt, prompts, llmock)
    assert answered.exit_code == exit_code, answered.stderr
    requests: Any = ask(f"{llmock}/_llmock/requests")
    assert requests["count"] > 0
    verdict: Any = ask(f"{llmock}/_llmock/verdict")
    findings = {finding["code"] for finding in verdict["findings"]}
    assert findings <= (GAVE_UP if exit_code else set()), verdict
