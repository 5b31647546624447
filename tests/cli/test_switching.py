"""Every example prompt with every provider: the exact request, or the one feature that is in the way."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from promptctl.core.catalog import FEATURES, PARAMETERS, PROVIDERS
from tests.conftest import CHECKOUT, GitRepository, RunCli

EXAMPLES: dict[str, list[str]] = {
    "explain": ["--var", "word=folio"],
    "greeting": ["--var", "name=Ada"],
    "smoke": [],
    "catalogue/blurb": [
        *("--var", "title=Emma", "--var", "author=Jane Austen", "--var", "year=1815"),
        *("--var", 'themes=["love"]'),
    ],
    "support/order-status": ["--var", "question=Where is it?"],
    "support/reply": ["--var", "customer=Ada", "--var", "message=Hello"],
    "support/triage": ["--var", "message=Hello"],
}
ENVIRONMENT = {"azure_openai": {"AZURE_OPENAI_ENDPOINT": "https://name.openai.azure.com"}}
"""What a provider must be told before anybody can know where its requests go."""

IN_THE_WAY = re.compile(r"error: \S+ cannot take (.+)\n")
_WORDS = {*PARAMETERS, *FEATURES, "json_schema", "json_object"}


def is_named(what: str) -> bool:
    """Whether a refusal names a parameter or a feature of the prompt."""
    words = set(re.findall(r"[a-z_]+", what))
    return bool(words & _WORDS) or "response_format" in what


def test_every_example_prompt_is_among_them() -> None:
    folder = CHECKOUT / "example-repo/prompts"
    names = {p.relative_to(folder).with_suffix("").as_posix() for p in folder.rglob("*.yaml")}
    assert names == set(EXAMPLES)


def check(exit_code: int, stdout: str, stderr: str, provider: str) -> None:
    if exit_code == 0:
        value = json.loads(stdout)
        assert value["provider"] == provider
        assert value["body"]
        return
    assert exit_code == 2, stderr
    found = IN_THE_WAY.match(stderr)
    assert found, stderr
    assert is_named(found[1]), stderr
    assert "\nhint: " in stderr


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("prompt", EXAMPLES)
def test_by_two_options(
    prompt_repository: GitRepository, run_cli: RunCli, prompt: str, provider: str
) -> None:
    argv = ["render", prompt, *EXAMPLES[prompt], "--request", "--format", "json"]
    options = ["--provider", provider, "--model", "some-model"]
    env = ENVIRONMENT.get(provider, {})
    done = run_cli([*argv, *options], cwd=prompt_repository.path, env=env)
    check(done.exit_code, done.stdout, _text(done.stderr), provider)


def _text(stderr: str) -> str:
    """The error as people see it."""
    if not stderr.startswith("{"):
        return stderr
    error = json.loads(stderr)["error"]
    return f"error: {error['message']}\nhint: {error['hint']}\n"


def rewritten(path: Path, provider: str) -> str:
    text = path.read_text(encoding="utf-8")
    text = re.sub(r"^provider: .*$", f"provider: {provider}", text, flags=re.MULTILINE)
    if re.search(r"^model: ", text, re.MULTILINE):
        return re.sub(r"^model: .*$", "model: some-model", text, flags=re.MULTILINE)
    return text.replace(f"provider: {provider}", f"provider: {provider}\nmodel: some-model")


@pytest.mark.parametrize("provider", PROVIDERS)
def test_by_two_lines(prompt_repository: GitRepository, run_cli: RunCli, provider: str) -> None:
    """`validate` says where and what; where it finds no error the request can be made."""
    folder = prompt_repository.path / "prompts"
    for name in EXAMPLES:
        path = folder / f"{name}.yaml"
        path.write_text(rewritten(path, provider), encoding="utf-8")
    found = run_cli(["validate", "--format", "json"], cwd=prompt_repository.path)
    errors = [f for f in json.loads(found.stdout)["findings"] if f["severity"] == "error"]
    for finding in errors:
        assert finding["line"], finding
        assert provider in finding["message"], finding
    broken = {finding["path"] for finding in errors}
    for name, variables in EXAMPLES.items():
        argv = ["render", name, *variables, "--request", "--format", "json"]
        env = ENVIRONMENT.get(provider, {})
        done = run_cli(argv, cwd=prompt_repository.path, env=env)
        assert done.exit_code == (1 if f"prompts/{name}.yaml" in broken else 0), done.stderr


def test_a_fallback_is_asked_through_an_interface_that_it_has(
    prompt_repository: GitRepository, run_cli: RunCli
) -> None:
    """`api: responses` is the choice for the prompt's own provider; Anthropic knows no such thing."""
    path = prompt_repository.path / "prompts/asks.yaml"
    path.write_text(
        "provider: openai\nmodel: gpt-4o-mini\napi: responses\ntemplate: Hello\n"
        "fallbacks:\n  - {provider: anthropic, model: claude-sonnet-4-5}\n"
        "  - {provider: xai, model: grok-4.3}\n"
    )
    found = run_cli(["validate", "asks", "--format", "json"], cwd=prompt_repository.path)
    assert [
        f["rule"] for f in json.loads(found.stdout)["findings"] if f["severity"] == "error"
    ] == []
    done = run_cli(["render", "asks", "--format", "json"], cwd=prompt_repository.path)
    assert [one["provider"] for one in json.loads(done.stdout)["fallbacks"]] == ["anthropic", "xai"]
