"""`promptctl render`: what would be sent, and never a key."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.conftest import RunCli

PROMPT = """\
provider: {provider}
model: m-1
parameters: {{temperature: 0.5, max_tokens: 9}}
variables:
  name: {{type: string}}
  count: {{type: integer, default: 2}}
messages:
  - {{role: system, content: Be brief.}}
  - {{role: user, content: "Greet {{{{ name }}}} {{{{ count }}}} times."}}
"""
KEY = "sk-abc-0123456789-THE-KEY"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "prompts").mkdir()
    (tmp_path / "promptctl.yaml").write_text("version: 1\n")
    for provider in ("openai", "anthropic", "google", "aws", "ollama", "local", "echo"):
        text = PROMPT.format(provider=provider)
        (tmp_path / f"prompts/{provider}.yaml").write_text(text)
    return tmp_path


def test_messages_as_text(folder: Path, run_cli: RunCli) -> None:
    done = run_cli(["render", "openai", "--var", "name=Ada"], cwd=folder)
    assert done.stdout == "[system]\nBe brief.\n\n[user]\nGreet Ada 2 times.\n"
    assert (done.exit_code, done.stderr) == (0, "")


def test_messages_as_json(folder: Path, run_cli: RunCli) -> None:
    argv = ["render", "openai", "--var", "name=Ada", "--var", "count=3", "--format", "json"]
    value = json.loads(run_cli([*argv, "--set", "seed=1", "-m", "m-2"], cwd=folder).stdout)
    assert value["schema"] == "promptctl.render/1"
    assert (value["provider"], value["model"]) == ("openai", "m-2")
    assert value["parameters"] == {"temperature": 0.5, "max_tokens": 9, "seed": 1}
    assert value["messages"][1]["content"] == [{"type": "text", "text": "Greet Ada 3 times."}]


def test_values_are_never_rendered(folder: Path, run_cli: RunCli) -> None:
    done = run_cli(["render", "openai", "--var", "name={{ count }}"], cwd=folder)
    assert "Greet {{ count }} 2 times." in done.stdout


@pytest.mark.parametrize(
    ("provider", "header"),
    [
        ("openai", "authorization: Bearer $OPENAI_API_KEY"),
        ("anthropic", "x-api-key: $ANTHROPIC_API_KEY"),
        ("google", "x-goog-api-key: $GEMINI_API_KEY"),
        ("aws", "authorization: Bearer $AWS_BEARER_TOKEN_BEDROCK"),
        ("local", "authorization: Bearer ***"),
    ],
)
@pytest.mark.parametrize("has_key", [True, False])
def test_the_request_shows_where_the_key_goes_and_not_the_key(
    folder: Path, run_cli: RunCli, provider: str, header: str, has_key: bool
) -> None:
    variables = ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GEMINI_API_KEY")
    env = dict.fromkeys((*variables, "AWS_BEARER_TOKEN_BEDROCK"), KEY) if has_key else {}
    env["AWS_REGION"] = "eu-west-1"
    done = run_cli(["render", provider, "--var", "name=Ada", "--request"], cwd=folder, env=env)
    assert done.exit_code == 0, done.stderr
    assert header in done.stdout.splitlines()
    assert KEY not in done.stdout + done.stderr


def test_a_request_to_be_signed_shows_neither_keys_nor_a_signature(
    folder: Path, run_cli: RunCli
) -> None:
    env = {
        "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": KEY,
        "AWS_SESSION_TOKEN": f"{KEY}-token",
        "AWS_REGION": "eu-west-1",
    }
    done = run_cli(["render", "aws", "--var", "name=Ada", "--request"], cwd=folder, env=env)
    lines = done.stdout.splitlines()
    origin = "https://bedrock-runtime.eu-west-1.amazonaws.com"
    assert lines[0] == f"POST {origin}/model/m-1/converse-stream"
    assert "x-amz-security-token: $AWS_SESSION_TOKEN" in lines
    (authorization,) = [line for line in lines if line.startswith("authorization")]
    assert "Credential=$AWS_ACCESS_KEY_ID/YYYYMMDD/eu-west-1/bedrock/aws4_request" in authorization
    assert authorization.endswith("Signature=***")
    assert KEY not in done.stdout + done.stderr
    assert "AKIDEXAMPLE" not in done.stdout + done.stderr


def test_headers_of_the_user_are_masked(folder: Path, run_cli: RunCli, hermetic: Path) -> None:
    config = hermetic / ".config/promptctl/config.yaml"
    config.parent.mkdir(parents=True)
    config.write_text(
        "endpoints:\n  gateway:\n    base_url: https://gateway.example/v1\n    api: openai\n"
        "    headers: {X-Team: secret-team}\n"
    )
    argv = ["render", "openai", "--var", "name=Ada", "--provider", "gateway", "--request"]
    done = run_cli(argv, cwd=folder)
    assert done.exit_code == 0, done.stderr
    assert "POST https://gateway.example/v1/chat/completions" in done.stdout
    assert "x-team: ***" in done.stdout
    assert "secret-team" not in done.stdout


@pytest.mark.parametrize("provider", ["openai", "anthropic", "ollama", "local"])
def test_the_request_as_json(folder: Path, run_cli: RunCli, provider: str) -> None:
    argv = ["render", provider, "--var", "name=Ada", "--request", "--format", "json"]
    value = json.loads(run_cli(argv, cwd=folder).stdout)
    assert value["schema"] == "promptctl.request/1"
    assert value["method"] == "POST"
    assert value["headers"]["content-type"] == "application/json"
    assert value["body"]["model"] == "m-1"


def test_echo_says_that_nothing_is_sent(folder: Path, run_cli: RunCli) -> None:
    argv = ["render", "openai", "--provider", "echo", "--var", "name=Ada", "--request"]
    first, _, rest = run_cli(argv, cwd=folder).stdout.partition("\n\n")
    assert first.startswith("Nothing is sent")
    assert "POST" not in first
    body = json.loads(rest)
    assert (body["temperature"], body["max_tokens"]) == (0.5, 9)
    value = json.loads(run_cli([*argv, "--format", "json"], cwd=folder).stdout)
    assert (value["method"], value["url"], value["headers"]) == (None, None, {})
    assert value["body"] == body


def test_variables_are_checked(folder: Path, run_cli: RunCli) -> None:
    done = run_cli(["render", "openai", "--var", "count=two"], cwd=folder)
    assert done.exit_code == 2
    assert "missing variable `name`" in done.stderr
    assert "variable `count`: `two` is not JSON" in done.stderr
