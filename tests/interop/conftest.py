"""Servers that others wrote, each installed once under .venv-interop and started on loopback."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from promptctl.providers.embedded import embedded_endpoint
from tests.conftest import CHECKOUT, WEIGHTS_VARIABLE, GitRepository

PEERS = CHECKOUT / ".venv-interop"
SCRIPTED = "Hi there! A scripted answer — ≤ 3 lines, from a server we did not write."

_FIXTURES = {
    "fixtures": [
        {
            "match": {"userMessage": "hello"},
            "response": {
                "content": SCRIPTED,
                "usage": {
                    "prompt_tokens": 11,
                    "completion_tokens": 7,
                    "total_tokens": 18,
                    "input_tokens": 11,
                    "output_tokens": 7,
                },
            },
        },
        {
            "match": {"userMessage": "weather"},
            "response": {"toolCalls": [{"name": "get_weather", "arguments": '{"city":"Paris"}'}]},
        },
        {
            "match": {"userMessage": "think"},
            "response": {"content": "The answer is 4.", "reasoning": "2 plus 2 is 4."},
        },
        {
            "match": {"userMessage": "boom"},
            "response": {"error": {"message": "upstream exploded"}, "status": 500},
        },
    ]
}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """These tests install heavy servers: they run only when asked for by name."""
    if config.option.markexpr != "interop":
        here = str(Path(__file__).parent)
        items[:] = [item for item in items if not str(item.path).startswith(here)]


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def ask(url: str, body: object = None) -> object:
    """The JSON that a server answers."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)


@contextlib.contextmanager
def running(
    command: Sequence[str | Path], port: int, folder: Path, **environ: str
) -> Iterator[str]:
    """A server in a process of its own; yields its URL as soon as it accepts connections."""
    log = folder / f"{Path(command[0]).name}-{port}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=folder, env=os.environ | environ, stdout=output, stderr=output
        )
        try:
            _wait_for(port, process, log)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(timeout=30)


def _wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        assert process.poll() is None, f"the server ended: {log.read_text()[-2000:]}"
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.1)  # the only thing a foreign server tells us is its open port
    pytest.fail(f"the server did not start: {log.read_text()[-2000:]}")


def _python_peer(name: str, requirement: str) -> Path:
    folder = PEERS / name
    done = folder / requirement.replace("/", "-")
    if not done.exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
        subprocess.run(
            [folder / "bin/python", "-m", "pip", "install", "--quiet", requirement], check=True
        )
        done.touch()
    return folder / "bin"


@pytest.fixture(scope="session")
def aimock_program() -> Path:
    """@copilotkit/aimock, from npm."""
    folder = PEERS / "aimock"
    package = "@copilotkit/aimock"
    program = folder / "node_modules" / package / "dist/cli.js"
    if not program.exists():
        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run(
            ["npm", "install", "--silent", "--no-audit", "--no-fund", f"{package}@1.43.0"],
            cwd=folder,
            check=True,
        )
    return program


@contextlib.contextmanager
def _aimock(program: Path, folder: Path, **environ: str) -> Iterator[str]:
    (folder / "fixtures.json").write_text(json.dumps(_FIXTURES))
    port = free_port()
    command = ["node", program, "-p", str(port), "-f", "fixtures.json", "-c", "6"]
    with running(command, port, folder, **environ) as url:
        yield url


@pytest.fixture(scope="session")
def aimock(aimock_program: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server of scripted answers that speaks OpenAI and Anthropic; its key is `good`."""
    folder = tmp_path_factory.mktemp("aimock")
    with _aimock(aimock_program, folder, AIMOCK_API_KEYS="good") as url:
        yield url


@pytest.fixture(scope="session")
def keyless_aimock(aimock_program: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The same server without keys, as Ollama is."""
    with _aimock(aimock_program, tmp_path_factory.mktemp("aimock")) as url:
        yield url


@pytest.fixture(scope="session")
def llmock(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server that breaks on demand and grades its client."""
    program = _python_peer("llmock", "llmock==0.2.2") / "llmock"
    port = free_port()
    command = [program, "serve", "--host", "127.0.0.1", "--port", str(port)]
    with running(command, port, tmp_path_factory.mktemp("llmock")) as url:
        yield url


@pytest.fixture(scope="session")
def katan(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server of echoes that wants each provider's own way to show a key; here Bedrock's."""
    with _katan("bedrock", tmp_path_factory) as url:
        yield url


@pytest.fixture(scope="session")
def azure_katan(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The same as Azure: it answers only to the header `api-key` with its key."""
    with _katan("azure_openai", tmp_path_factory, "--validate-keys") as url:
        yield url


@contextlib.contextmanager
def _katan(
    providers: str, tmp_path_factory: pytest.TempPathFactory, *options: str
) -> Iterator[str]:
    program = _python_peer("katan", "llm-katan==0.22.0") / "llm-katan"
    folder, port = tmp_path_factory.mktemp("katan"), free_port()
    command = [program, "--model", "test", "--backend", "echo", "--providers", providers]
    command += ["--host", "127.0.0.1", "--port", str(port), "--disable-dashboard", *options]
    with running([*command, "--stats-file", folder / "stats.json"], port, folder) as url:
        yield url


@pytest.fixture(scope="session")
def api_for_gemini(keyless_aimock: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Gemini's protocol in front of the scripted answers; its port cannot be chosen."""
    program = _python_peer("api-for-gemini", "api-for-gemini==1.4.2") / "gema"
    folder = tmp_path_factory.mktemp("gemini")
    provider = f'template = "openai"\napi_url = "{keyless_aimock}/v1"\napi_key = "none"\n'
    model = 'provider = "scripted"\nmodel = "gpt-4o-mini"\n'
    (folder / "gemini.toml").write_text(
        f"[provider.scripted]\n{provider}\n[model.scripted]\n{model}\n"
        '[[transfer]]\nmake = "gemini-*"\nto = "scripted"\n'
    )
    with running([program, "start", "-c", "gemini.toml"], 18000, folder) as url:
        yield url


@pytest.fixture(scope="session")
def litellm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The litellm proxy in front of the embedded model; model `smollm2`, key `sk-local`."""
    weights = os.environ.get(WEIGHTS_VARIABLE)
    if not weights:
        pytest.skip("the embedded model is not installed")
    program = _python_peer("litellm", "litellm[proxy]==1.106.2") / "litellm"
    folder, port = tmp_path_factory.mktemp("litellm"), free_port()
    with embedded_endpoint(Path(weights)) as endpoint:
        assert endpoint.key is not None
        model = {
            "model": "openai/smollm2",
            "api_base": endpoint.base_url,
            "api_key": endpoint.key.reveal(),
        }
        config = {
            "model_list": [{"model_name": "smollm2", "litellm_params": model}],
            "litellm_settings": {"drop_params": True},
            "general_settings": {"master_key": "sk-local"},
        }
        (folder / "config.yaml").write_text(json.dumps(config))
        command = [program, "--config", "config.yaml", "--host", "127.0.0.1", "--port", str(port)]
        environ = {"LITELLM_LOCAL_MODEL_COST_MAP": "True"}
        with running([*command, "--telemetry", "False"], port, folder, **environ) as url:
            yield url


@pytest.fixture
def prompts(git_repository: GitRepository) -> Path:
    """A repository with one prompt that says what it is told, and one that offers a tool."""
    say = """\
provider: openai
model: gpt-4o-mini
parameters: {max_tokens: 30, temperature: 0}
variables: {text: {type: string}}
messages:
  - {role: system, content: You are a helpful assistant.}
  - {role: user, content: "{{ text }}"}
"""
    tools = """\
tools:
  - type: function
    function:
      name: get_weather
      parameters: {type: object, properties: {city: {type: string}}, required: [city]}
"""
    files: Mapping[str, str | bytes] = {
        "promptctl.yaml": "version: 1\n",
        "prompts/say.yaml": say,
        "prompts/ask.yaml": say + tools,
        "prompts/respond.yaml": f"{say}api: responses\n",
        "prompts/respond-tools.yaml": f"{say}{tools}api: responses\n",
    }
    git_repository.commit(files)
    return git_repository.path
