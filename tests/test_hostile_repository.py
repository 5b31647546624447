"""A prompt repository is data: hostile ones make no request and start no program, keys at hand or not.

Every trap is set at once. Programs that the repository names leave a file behind; every address that
it names is a server that counts what arrives; and a rehearsal with plain git shows that the traps work.
"""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.conftest import GitRepository, Result, RunCli

SECRET = "sk-hunter2-0123456789abcdef"

PROMPT = """\
provider: openai
model: gpt-4o-mini
variables:
  name: {type: string, default: Ada}
messages:
  - {role: system, file: _partials/tone.md}
  - {role: user, content: "Hello {{ name }}"}
"""


class Trap(ThreadingHTTPServer):
    """A server that writes down whatever reaches it and answers like a provider."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.seen: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: Trap

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        self.server.seen.append(f"{self.command} {self.path}\n{self.headers}\n{body.decode()}")
        answer = (
            b'data: {"choices":[{"index":0,"delta":{"content":"hello"},"finish_reason":"stop"}]}\n\n'
            b"data: [DONE]\n\n"
        )
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    do_GET = do_POST = do_CONNECT = _answer  # noqa: N815 - the names that http.server calls

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def trap() -> Iterator[Trap]:
    yield from _serve()


@pytest.fixture
def provider() -> Iterator[Trap]:
    yield from _serve()


def _serve() -> Iterator[Trap]:
    with Trap() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@dataclass
class Hostile:
    """A repository with every trap set."""

    repository: GitRepository
    marks: Path
    trap: Trap
    environ: dict[str, str] = field(default_factory=dict)

    def program(self, name: str) -> str:
        """A program that leaves a mark; its path."""
        path = self.marks.parent / f"canary-{name}"
        path.write_text(f"#!/bin/sh\ntouch {self.marks}/{name}\ncat\n")
        path.chmod(0o755)
        return str(path)

    @property
    def ran(self) -> list[str]:
        return sorted(os.listdir(self.marks))


GIT_PROGRAMS = (
    "core.fsmonitor",
    "core.sshCommand",
    "core.pager",
    "core.editor",
    "core.askPass",
    "core.alternateRefsCommand",
    "diff.external",
    "diff.trap.textconv",
    "diff.trap.command",
    "filter.trap.clean",
    "filter.trap.smudge",
    "filter.trap.process",
    "merge.trap.driver",
    "credential.helper",
    "gpg.program",
    "uploadpack.packObjectsHook",
    "sequence.editor",
)
HOOKS = ("pre-commit", "post-checkout", "post-index-change", "reference-transaction", "pre-push")


@pytest.fixture
def hostile(git_repository: GitRepository, tmp_path: Path, trap: Trap) -> Hostile:
    (tmp_path / "marks").mkdir()
    hostile = Hostile(git_repository, tmp_path / "marks", trap)
    git_repository.commit(
        {
            "prompts/greeting.yaml": PROMPT,
            "prompts/_partials/tone.md": "Be kind.\n",
            ".gitattributes": "* filter=trap diff=trap merge=trap\n",
        }
    )
    _set_git_traps(hostile)
    _set_file_traps(hostile)
    return hostile


def _set_git_traps(hostile: Hostile) -> None:
    repository = hostile.repository
    for setting in GIT_PROGRAMS:
        repository.git("config", setting, hostile.program(setting))
    for alias in ("cat-file", "ls-tree", "rev-parse", "ls-files", "merge-base", "status"):
        repository.git("config", f"alias.{alias}", f"!{hostile.program('alias-' + alias)}")
    for hook in HOOKS:
        Path(hostile.program(f"hook-{hook}")).rename(repository.path / ".git/hooks" / hook)
    repository.git("config", "remote.origin.url", f"ext::{hostile.program('ext')} %S")
    repository.git("config", "remote.origin.promisor", "true")
    repository.git("config", "remote.origin.partialclonefilter", "blob:none")
    repository.git("config", "extensions.partialClone", "origin")
    repository.git("config", "protocol.ext.allow", "always")
    repository.git("config", "protocol.allow", "always")
    repository.git("config", "include.path", "../evil.gitconfig")
    repository.write("evil.gitconfig", f"[core]\n\tpager = {hostile.program('included')}\n")


def _set_file_traps(hostile: Hostile) -> None:
    repository, url = hostile.repository, hostile.trap.url
    names = ("OPENAI_BASE_URL", "OPENAI_API_BASE", "HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY")
    env_file = "".join(f"{name}={url}\n" for name in names)
    for place in (".env", "prompts/.env", ".envrc", ".env.local"):
        repository.write(place, env_file + "OPENAI_API_KEY=theirs\n")
    repository.write(
        ".config/promptctl/config.yaml", f"endpoints: {{openai: {{base_url: {url}}}}}\n"
    )
    repository.write("config.yaml", f"endpoints: {{openai: {{base_url: {url}}}}}\n")
    for module in ("yaml", "jinja2", "httpx", "git", "sitecustomize", "promptctl", "keyring"):
        mark = hostile.marks / f"module-{module}"
        repository.write(f"{module}.py", f"open({str(mark)!r}, 'w').close()\n")
    git = Path(hostile.program("planted-git"))
    git.rename(repository.path / "git")


def environment(provider: Trap) -> dict[str, str]:
    """The user's own: keys, and one origin that the user chose."""
    return {
        "OPENAI_API_KEY": SECRET,
        "ANTHROPIC_API_KEY": SECRET,
        "OPENAI_BASE_URL": f"{provider.url}/v1",
        "NO_PROXY": "",
        "PATH": f".:{os.environ['PATH']}",
        # As the installed script runs; `python -m` alone would look for modules where we stand.
        "PYTHONSAFEPATH": "1",
    }


COMMANDS = {
    "list": ["list"],
    "list --at": ["list", "--at", "HEAD"],
    "show": ["show", "greeting"],
    "show at a commit": ["show", "greeting@HEAD"],
    "show by a branch": ["show", "greeting@refs/heads/main", "--raw"],
    "validate": ["validate"],
    "validate --changed": ["validate", "--changed", "--base", "HEAD~1"],
    "ci": ["ci", "--base", "HEAD~1"],
    "changelog": ["changelog", "HEAD~1..HEAD"],
    "git-setup": ["git-setup"],
    "git-setup --remove": ["git-setup", "--remove"],
    "render": ["render", "greeting"],
    "render --request": ["render", "greeting@HEAD", "--request"],
    "config": ["config"],
    "schema": ["schema"],
}


@pytest.mark.parametrize("command", COMMANDS)
def test_no_program_runs_and_nothing_is_sent(
    hostile: Hostile, provider: Trap, run_process: RunCli, command: str
) -> None:
    hostile.repository.commit(message="a second commit")
    for mark in hostile.ran:  # the preparation itself runs hooks and filters
        (hostile.marks / mark).unlink()
    hostile.repository.write("prompts/greeting.yaml", PROMPT + "# changed\n")
    done = run_process(COMMANDS[command], cwd=hostile.repository.path, env=environment(provider))
    assert done.exit_code == 0, done.stderr
    assert_nothing_happened(hostile, done)
    assert provider.seen == []


def assert_nothing_happened(hostile: Hostile, done: Result) -> None:
    assert hostile.ran == []
    assert hostile.trap.seen == []
    assert SECRET not in done.stdout + done.stderr


def test_the_traps_do_work(hostile: Hostile) -> None:
    repository = hostile.repository
    for mark in hostile.ran:
        (hostile.marks / mark).unlink()
    repository.write("prompts/greeting.yaml", PROMPT + "# changed\n")
    repository.git("status")
    repository.git("diff", "--ext-diff")
    repository.git("commit", "-a", "-q", "-m", "x")
    assert {"core.fsmonitor", "diff.trap.command", "filter.trap.process"} & set(hostile.ran)
    assert {"hook-pre-commit", "hook-reference-transaction"} <= set(hostile.ran)
    subprocess.run(
        ["git", "status"], cwd=repository.path, env={"PATH": f".:{os.defpath}"}, check=False
    )
    assert "planted-git" in hostile.ran


def test_a_run_goes_where_the_user_said_and_nowhere_else(
    hostile: Hostile, provider: Trap, run_process: RunCli
) -> None:
    for mark in hostile.ran:
        (hostile.marks / mark).unlink()
    done = run_process(
        ["run", "greeting@HEAD"], cwd=hostile.repository.path, env=environment(provider)
    )
    assert (done.exit_code, done.stdout.strip()) == (0, "hello"), done.stderr
    assert_nothing_happened(hostile, done)
    (request,) = provider.seen
    assert request.startswith("POST /v1/chat/completions\n")
    assert f"Bearer {SECRET}" in request


@pytest.mark.parametrize(
    "line",
    [
        "base_url: {url}",
        "endpoint: {url}",
        "endpoints: {{openai: {{base_url: '{url}'}}}}",
        "proxy: {url}",
        "headers: {{X-Leak: yes}}",
        "key_variable: ANTHROPIC_API_KEY",
        "env_file: .env",
        "remote: {url}",
        "remote: ext::sh",
        "remote: --upload-pack=sh",
        "prompts_dir: ../elsewhere",
        "prompts_dir: /etc",
    ],
)
def test_settings_in_the_repository_name_no_place(
    hostile: Hostile, provider: Trap, run_cli: RunCli, line: str
) -> None:
    hostile.repository.write("promptctl.yaml", line.format(url=hostile.trap.url) + "\n")
    for command in (["run", "greeting"], ["list"], ["validate"]):
        done = run_cli(command, cwd=hostile.repository.path, env=environment(provider))
        assert done.exit_code in (1, 2), command
        assert "promptctl.yaml:1" in done.stderr + done.stdout
        assert hostile.trap.seen == []
    assert provider.seen == []


@pytest.mark.parametrize(
    "line",
    [
        "base_url: {url}",
        "api_base: {url}",
        "api_key: x",
        "headers: {{Authorization: x}}",
        "parameters: {{base_url: '{url}'}}",
        "provider: {url}",
    ],
)
def test_a_prompt_names_no_place(
    hostile: Hostile, provider: Trap, run_cli: RunCli, line: str
) -> None:
    text = "" if line.startswith("provider") else "provider: openai\nmodel: m\n"
    hostile.repository.write(
        "prompts/bad.yaml", text + "template: x\n" + line.format(url=hostile.trap.url) + "\n"
    )
    done = run_cli(["run", "bad"], cwd=hostile.repository.path, env=environment(provider))
    assert done.exit_code in (1, 2)
    assert hostile.trap.seen == provider.seen == []


def link_to_secret(repository: GitRepository) -> None:
    (repository.path / "prompts/_partials/secret.md").symlink_to("../../../secret.txt")


def link_to_folder(repository: GitRepository) -> None:
    (repository.path / "prompts/_partials/up").symlink_to("../../..")


def link_as_prompts_folder(repository: GitRepository) -> None:
    (repository.path / "prompts").rename(repository.path / "real")
    (repository.path / "prompts").symlink_to("real")


def pipe_as_include(repository: GitRepository) -> None:
    os.mkfifo(repository.path / "prompts/_partials/secret.md")


@pytest.mark.parametrize(
    ("prepare", "included"),
    [
        (link_to_secret, "_partials/secret.md"),
        (link_to_folder, "_partials/up/secret.txt"),
        (link_as_prompts_folder, "_partials/tone.md"),
        (pipe_as_include, "_partials/secret.md"),
        (None, "../../secret.txt"),
        (None, "../.env"),
        (None, ".env"),
        (None, "/etc/passwd"),
        (None, "_partials/../../.env"),
    ],
)
@pytest.mark.parametrize(
    "form", ["{role: user, file: '%s'}", "{role: user, content: \"{%% include '%s' %%}\"}"]
)
def test_includes_reach_nothing_outside(
    hostile: Hostile,
    provider: Trap,
    run_cli: RunCli,
    tmp_path: Path,
    prepare: object,
    included: str,
    form: str,
) -> None:
    (tmp_path / "secret.txt").write_text("top secret\n")
    text = f"provider: openai\nmodel: m\nmessages:\n  - {form % included}\n"
    hostile.repository.write("prompts/bad.yaml", text)
    if callable(prepare):
        prepare(hostile.repository)
    for command in (["run", "bad"], ["render", "bad"], ["validate", "bad"], ["show", "bad"]):
        done = run_cli(command, cwd=hostile.repository.path, env=environment(provider))
        assert done.exit_code in (1, 2, 3), command
        assert "top secret" not in done.stdout + done.stderr
        assert "root:" not in done.stdout
    assert provider.seen == []


def test_a_link_in_a_commit_is_not_followed(
    hostile: Hostile, provider: Trap, run_cli: RunCli, tmp_path: Path
) -> None:
    (tmp_path / "secret.txt").write_text("top secret\n")
    link_to_secret(hostile.repository)
    text = PROMPT.replace("_partials/tone.md", "_partials/secret.md")
    hostile.repository.commit({"prompts/bad.yaml": text})
    done = run_cli(["run", "bad@HEAD"], cwd=hostile.repository.path, env=environment(provider))
    assert done.exit_code == 1
    assert "is a link" in done.stderr
    assert provider.seen == []


def test_missing_objects_of_a_partial_clone_are_not_fetched(
    hostile: Hostile, provider: Trap, run_process: RunCli
) -> None:
    repository = hostile.repository
    oid = repository.git("rev-parse", "HEAD:prompts/_partials/tone.md")
    (repository.path / ".git/objects" / oid[:2] / oid[2:]).unlink()
    for mark in hostile.ran:
        (hostile.marks / mark).unlink()
    done = run_process(["run", "greeting@HEAD"], cwd=repository.path, env=environment(provider))
    assert done.exit_code == 1, done.stderr
    assert "fetches nothing" in done.stderr
    assert_nothing_happened(hostile, done)
    assert provider.seen == []


@pytest.mark.parametrize(
    "variables",
    [
        {"GIT_DIR": "{elsewhere}/.git"},
        {"GIT_EXTERNAL_DIFF": "{program}", "GIT_PAGER": "{program}", "GIT_EDITOR": "{program}"},
        {"GIT_SSH_COMMAND": "{program}", "GIT_ASKPASS": "{program}"},
        {
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": "core.fsmonitor",
            "GIT_CONFIG_VALUE_0": "{program}",
        },
        {"GIT_TRACE": "{marks}/trace", "GIT_TRACE2": "{marks}/trace2"},
        {"GIT_OBJECT_DIRECTORY": "{elsewhere}/.git/objects", "GIT_INDEX_FILE": "/nowhere"},
    ],
)
def test_git_variables_of_the_caller_change_nothing(
    hostile: Hostile,
    provider: Trap,
    run_process: RunCli,
    tmp_path: Path,
    variables: Mapping[str, str],
) -> None:
    elsewhere = GitRepository(tmp_path / "elsewhere")
    elsewhere.commit({"prompts/greeting.yaml": PROMPT.replace("Hello", "Forged")})
    places = {
        "elsewhere": str(elsewhere.path),
        "program": hostile.program("variable"),
        "marks": str(hostile.marks),
    }
    for mark in hostile.ran:
        (hostile.marks / mark).unlink()
    env = {name: value.format(**places) for name, value in variables.items()}
    done = run_process(
        ["show", "greeting@HEAD"], cwd=hostile.repository.path, env=environment(provider) | env
    )
    assert (done.exit_code, "Hello" in done.stdout) == (0, True), done.stderr
    assert_nothing_happened(hostile, done)


def test_a_hostile_bare_repository_inside_another_runs_nothing(
    hostile: Hostile, provider: Trap, run_process: RunCli
) -> None:
    inner = hostile.repository.path / "prompts/inner.git"
    hostile.repository.git("clone", "-q", "--bare", ".", str(inner))
    for setting in GIT_PROGRAMS:
        hostile.repository.git(f"--git-dir={inner}", "config", setting, hostile.program(setting))
    for mark in hostile.ran:
        (hostile.marks / mark).unlink()
    for command in (["list"], ["show", "greeting"], ["show", "greeting@main"]):
        done = run_process(command, cwd=inner, env=environment(provider))
        assert done.exit_code == 0, done.stderr
        assert_nothing_happened(hostile, done)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make another's repository")
def test_a_repository_of_another_user_is_not_trusted(hostile: Hostile, run_process: RunCli) -> None:
    safe = {"PYTHONSAFEPATH": "1"}
    for folder, _, files in os.walk(hostile.repository.path):
        os.chown(folder, 65534, 65534)
        for name in files:
            os.chown(os.path.join(folder, name), 65534, 65534)
    done = run_process(["show", "greeting@HEAD"], cwd=hostile.repository.path, env=safe)
    assert done.exit_code == 74
    assert "safe.directory" in done.stderr
    assert run_process(["list"], cwd=hostile.repository.path, env=safe).exit_code == 0
