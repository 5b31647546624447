"""Our providers against @copilotkit/aimock, a server of scripted answers by somebody else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.conftest import Result, RunCli
from tests.interop.conftest import SCRIPTED

pytestmark = pytest.mark.interop


def _environ(url: str, key: str = "good") -> dict[str, str]:
    return {
        "OPENAI_BASE_URL": f"{url}/v1",
        "OPENAI_API_KEY": key,
        "ANTHROPIC_BASE_URL": url,
        "ANTHROPIC_API_KEY": key,
        "GOOGLE_GEMINI_BASE_URL": url,
        "GEMINI_API_KEY": key,
        "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": url,
        "AWS_BEARER_TOKEN_BEDROCK": key,
    }


PROVIDERS = {
    "openai": "gpt-4o-mini",
    "anthropic": "claude-sonnet-4-5",
    "google": "gemini-2.5-flash",
    "aws": "anthropic.claude-3-haiku-20240307-v1:0",
}


def _run(
    run: RunCli, provider: str, folder: Path, url: str, *more: str, key: str = "good"
) -> Result:
    argv = ["run", *more, "--provider", provider, "-m", PROVIDERS[provider]]
    return run(argv, cwd=folder, env=_environ(url, key))


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("mode", ["--stream", "--no-stream"])
def test_the_text_is_exactly_the_servers(
    provider: str, mode: str, aimock: str, prompts: Path, run_process: RunCli
) -> None:
    more = ["--no-stream"] if mode == "--no-stream" else []
    answered = _run(run_process, provider, prompts, aimock, "say", "--var", "text=hello", *more)
    assert answered.exit_code == 0, answered.stderr
    assert answered.stdout.rstrip("\n") == SCRIPTED


@pytest.mark.parametrize("provider", PROVIDERS)
def test_usage_is_reported(provider: str, aimock: str, prompts: Path, run_process: RunCli) -> None:
    more = ["say", "--var", "text=hello", "--format", "json"]
    answered = json.loads(_run(run_process, provider, prompts, aimock, *more).stdout)
    assert answered["usage"]["input_tokens"] == 11
    assert answered["usage"]["output_tokens"] == 7


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_tool_call_comes_whole(
    provider: str, aimock: str, prompts: Path, run_process: RunCli
) -> None:
    more = ["ask", "--var", "text=weather", "--format", "json"]
    answered = json.loads(_run(run_process, provider, prompts, aimock, *more).stdout)
    (call,) = answered["tool_calls"]
    assert call["name"] == "get_weather"
    arguments = call["arguments"]
    assert (json.loads(arguments) if isinstance(arguments, str) else arguments) == {"city": "Paris"}


@pytest.mark.parametrize("provider", PROVIDERS)
def test_errors_keep_their_kind(
    provider: str, aimock: str, prompts: Path, run_process: RunCli
) -> None:
    failed = _run(run_process, provider, prompts, aimock, "say", "--var", "text=boom")
    assert (failed.exit_code, failed.stdout) == (5, "")
    refused = _run(
        run_process, provider, prompts, aimock, "say", "--var", "text=hello", key="wrong-key"
    )
    assert (refused.exit_code, refused.stdout) == (6, "")
    assert "wrong-key" not in refused.stderr


@pytest.mark.parametrize("more", [[], ["--no-stream"]])
def test_ollama_speaks_too(
    more: list[str], keyless_aimock: str, prompts: Path, run_process: RunCli
) -> None:
    argv = ["run", "say", "--var", "text=hello", "--provider", "ollama", "-m", "llama3.2", *more]
    answered = run_process(argv, cwd=prompts, env={"OLLAMA_HOST": keyless_aimock})
    assert answered.exit_code == 0, answered.stderr
    assert answered.stdout.rstrip("\n") == SCRIPTED


@pytest.mark.parametrize("more", [[], ["--no-stream"]])
def test_gemini_through_a_translator(
    more: list[str], api_for_gemini: str, prompts: Path, run_process: RunCli
) -> None:
    argv = ["run", "say", "--var", "text=hello", "--provider", "google", "-m", "gemini-2.5-pro"]
    environ = {"GOOGLE_GEMINI_BASE_URL": api_for_gemini, "GEMINI_API_KEY": "sk-any"}
    answered = run_process([*argv, *more], cwd=prompts, env=environ)
    assert answered.exit_code == 0, answered.stderr
    assert answered.stdout.rstrip("\n") == SCRIPTED


def test_bedrock_takes_a_signed_request(katan: str, prompts: Path, run_process: RunCli) -> None:
    """Katan wants a signature and does not check it; its streams are no event streams."""
    argv = ["run", "say", "--var", "text=hello", "--provider", "aws", "-m", PROVIDERS["aws"]]
    environ = {
        "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": katan,
        "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_REGION": "us-east-1",
    }
    answered = run_process([*argv, "--no-stream", "--format", "json"], cwd=prompts, env=environ)
    assert answered.exit_code == 0, answered.stderr
    value = json.loads(answered.stdout)
    assert "hello" in value["text"]
    assert value["finish_reason"] == "stop"
    keyless = {"AWS_ENDPOINT_URL_BEDROCK_RUNTIME": katan}
    refused = run_process([*argv, "--no-stream"], cwd=prompts, env=keyless)
    assert refused.exit_code == 6
    streamed = run_process(argv, cwd=prompts, env=environ)
    assert (streamed.exit_code, streamed.stdout) == (5, ""), "it sends server-sent events"
