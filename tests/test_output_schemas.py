"""Every JSON that a command prints is what its published schema says, to the last key."""

from __future__ import annotations

import importlib
import json
import pkgutil
import re
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import promptctl
from promptctl.core.answer import Answer
from promptctl.core.invocation import (
    Event,
    Finished,
    ReasoningDelta,
    Started,
    TextDelta,
    ToolCallDelta,
    Usage,
)
from promptctl.errors import PromptctlError, StreamBroken
from promptctl.output.answer_stream import AnswerFormat, show_answer
from promptctl.output.terminal import open_terminal
from promptctl.repo.schemas import SCHEMA_NAMES
from tests.conftest import CHECKOUT, GitRepository, Result, RunCli
from tests.generate_docs import command_lines

WRITTEN_BY_PEOPLE = {"prompt", "project", "config"}
OUTPUTS = [name for name in SCHEMA_NAMES if name not in WRITTEN_BY_PEOPLE]


def read_schema(name: str) -> dict[str, Any]:
    text = (CHECKOUT / f"schemas/{name}.schema.json").read_text(encoding="utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


def strict(schema: Any) -> Any:
    """The same schema, which allows no keys but those that it describes."""
    if isinstance(schema, list):
        return [strict(member) for member in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {} if "properties" not in schema else {"additionalProperties": False}
    return closed | {key: strict(value) for key, value in schema.items() if key != "examples"}


def check(name: str, value: object) -> None:
    jsonschema.Draft202012Validator(strict(read_schema(name))).validate(value)


def objects_of(schema: Any) -> Iterator[dict[str, Any]]:
    """Every part of a schema that names the keys of an object."""
    if isinstance(schema, list):
        for member in schema:
            yield from objects_of(member)
    elif isinstance(schema, dict):
        if "properties" in schema:
            yield schema
        for key, value in schema.items():
            if key != "examples":
                yield from objects_of(value)


# --- what the schemas are --------------------------------------------------------------------------


def test_every_schema_has_a_name_and_every_name_a_schema() -> None:
    files = {path.name for path in (CHECKOUT / "schemas").iterdir()}
    assert files == {f"{name}.schema.json" for name in SCHEMA_NAMES}
    assert SCHEMA_NAMES[:2] == ("prompt", "project")


def test_every_name_of_an_output_has_a_schema_and_the_other_way_round() -> None:
    source = "".join(
        path.read_text(encoding="utf-8") for path in (CHECKOUT / "promptctl").rglob("*.py")
    )
    written = set(re.findall(r'"(promptctl\.[a-z-]+/\d+)"', source))
    published = {
        properties["schema"]["const"]
        for name in OUTPUTS
        for properties in (part["properties"] for part in objects_of(read_schema(name)))
        if "schema" in properties
    }
    assert written == published
    assert len(published) == len(OUTPUTS) - 1, "all but the error say what they are"


@pytest.mark.parametrize("name", OUTPUTS)
def test_a_schema_describes_every_key_and_all_keys_are_always_there(name: str) -> None:
    schema = read_schema(name)
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["$id"] == f"urn:promptctl:schema:{name}"
    for part in objects_of(schema):
        assert part["required"] == list(part["properties"])
        assert "additionalProperties" not in part, "readers must take keys that come later"
        for key, value in part["properties"].items():
            assert re.fullmatch(r"[a-z][a-z0-9_]*", key)
            assert value.get("description", "").endswith("."), key


@pytest.mark.parametrize("name", OUTPUTS)
def test_the_examples_in_a_schema_are_what_it_describes(name: str) -> None:
    examples = read_schema(name)["examples"]
    assert examples
    for example in examples:
        check(name, example)
        with pytest.raises(jsonschema.ValidationError):
            check(name, example | {"unheard_of": 1})


@pytest.mark.parametrize("name", SCHEMA_NAMES)
def test_the_command_prints_it(name: str, run_cli: RunCli) -> None:
    done = run_cli(["schema", name])
    assert json.loads(done.stdout) == read_schema(name)


def test_completion_and_help_know_the_names(run_process: RunCli) -> None:
    typed = {"_PROMPTCTL_COMPLETE": "complete_bash", "COMP_CWORD": "2"}
    done = run_process([], env=typed | {"COMP_WORDS": "promptctl schema model-"})
    assert done.stdout.split() == [
        *("model-status-output", "model-install-output", "model-remove-output")
    ]
    shown = "".join(run_process(["schema", "--help"], env={"COLUMNS": "4000"}).stdout.split())
    for name in SCHEMA_NAMES:
        assert name in shown


# --- what the commands print -----------------------------------------------------------------------

RICH = """\
description: Everything that a prompt can hold.
provider: openai
model: gpt-4o-mini
parameters: {temperature: 0, extra: {service_tier: flex}}
template_format: none
messages:
  - {role: system, file: _partials/voice.md}
  - role: user
    content:
      - {type: text, text: Look.}
      - {type: image, url: "https://images.example/a.png", detail: low}
      - {type: image, path: _images/dot.png}
      - {type: file, path: _images/a.pdf, name: a.pdf, media_type: application/pdf}
  - role: assistant
    content:
      - {type: tool_call, id: c1, name: look_up, arguments: {order: 1}}
  - role: tool
    content:
      - {type: tool_result, id: c1, result: {state: sent}}
tools:
  - {type: function, function: {name: look_up, description: Look up., parameters: {type: object}}}
tool_choice: {type: function, function: {name: look_up}}
parallel_tool_calls: false
response_format: {type: json_object}
"""
OWN_CONFIG = """\
endpoints: {mine: {base_url: "http://127.0.0.1:9/v1", key_variable: MY_KEY}}
timeouts: {idle: 9}
"""
BROKEN = "provider: echo\ntemprature: 1\ntemplate: Hello, {{ nmae }}\n"
TRIAGE = ["support/triage", "--var", "message=Hello"]
GREETING = ["greeting", "--var", "name=Ada"]


@dataclass(frozen=True, slots=True)
class Case:
    """A command line, and what comes of it: an exit code and output of a schema, or an error."""

    argv: str | list[str]
    schema: str | None = None
    exit_code: int = 0
    env: Mapping[str, str] = field(default_factory=dict)
    kind: str | None = None
    """Of the error on standard error, if there is one."""

    @property
    def words(self) -> list[str]:
        return self.argv.split() if isinstance(self.argv, str) else self.argv


def failing(argv: str | list[str], exit_code: int, kind: str, **env: str) -> Case:
    return Case(argv, None, exit_code, env, kind)


CASES = [
    Case("list", "list-output"),
    Case("list support/*", "list-output"),
    Case("list --at HEAD", "list-output"),
    Case("-C /outside/empty list", "list-output"),
    failing("list nothing*", 3, "prompt_not_found"),
    failing("list --at nowhere", 3, "revision_not_found"),
    failing("list --bogus", 2, "usage_problem"),
    failing("-C /outside list", 3, "not_a_repository"),
    failing("lst", 2, "usage_problem"),
    Case("show greeting", "show-output"),
    Case("show support/reply@HEAD", "show-output"),
    Case("show rich", "show-output"),
    Case("show support/reply@published", "show-output"),
    failing("show nothing", 3, "prompt_not_found"),
    failing("show greeting@3", 3, "version_not_found"),
    failing("show broken/words", 1, "prompt_invalid"),
    failing("show ../x", 2, "reference_invalid"),
    Case("validate greeting", "validate-output"),
    Case("validate broken/*", "validate-output", 1),
    Case("validate", "validate-output", 1),
    failing("validate nothing", 3, "prompt_not_found"),
    Case("validate --rules", "rules-output"),
    Case("fmt --check broken/*", "fmt-output", 1),
    Case("fmt greeting", "fmt-output"),
    failing("fmt nothing", 3, "prompt_not_found"),
    Case("explain", "explain-output"),
    Case("explain model-retired", "explain-output"),
    Case("explain variable-removed", "explain-output"),
    failing("explain nothing", 3, "not_found"),
    failing("-C /outside validate", 3, "not_a_repository"),
    Case("config", "config-output"),
    Case("-C /outside config", "config-output"),
    Case("config", "config-output", env={"OPENAI_BASE_URL": "ftp://nowhere", "MY_KEY": "k"}),
    failing("-C /outside/wrong config", 2, "settings_invalid"),
    Case(["render", *GREETING], "render-output"),
    Case(["render", *TRIAGE], "render-output"),
    Case("render smoke", "render-output"),
    Case("render rich", "render-output"),
    failing("render greeting --var nmae=Ada", 2, "variables_refused"),
    failing("render broken/words", 1, "prompt_invalid"),
    Case(["render", *TRIAGE, "--request"], "request-output"),
    Case("render smoke --request", "request-output"),
    Case(["render", *GREETING, "--request"], "request-output"),
    Case("render smoke --request --provider ollama --model m", "request-output"),
    Case("render smoke --request --provider anthropic --model m", "request-output"),
    Case("run rich --dry-run", "request-output"),
    failing("render smoke --request --provider nobody --model m", 2, "usage_problem"),
    Case("run smoke", "run-output"),
    Case(["run", *GREETING, "--provider", "echo", "--no-stream"], "run-output"),
    failing("run greeting", 2, "variables_refused"),
    failing(["run", *TRIAGE], 6, "key_missing"),
    failing("run smoke --provider mine --model m", 5, "server_not_running", MY_KEY="k"),
    Case("init /outside/made", "init-output"),
    Case("init made --nested --dry-run --provider openai --model m", "init-output"),
    Case("-C /outside/empty init", "init-output"),
    failing("init prompts/deeper", 4, "refused"),
    Case("new another", "new-output"),
    Case("new shop/another --template tool --provider openai --model m", "new-output"),
    failing("new greeting", 4, "already_exists"),
    failing("new Greeting", 2, "reference_invalid"),
    failing("new another --edit", 2, "usage_problem"),
    Case("mv greeting hello --dry-run", "mv-output"),
    failing("mv nobody x", 3, "prompt_not_found"),
    Case("log", "log-output"),
    Case("log support/reply --label published -n 1", "log-output"),
    failing("log nothing", 3, "prompt_not_found"),
    failing("log --label v1", 2, "usage_problem"),
    Case("status", "status-output"),
    Case("status support/* --exit-code", "status-output", 1),
    failing("status nothing", 3, "prompt_not_found"),
    failing("status --remote", 3, "not_found"),
    Case("live", "live-output"),
    Case("live --at @1", "live-output"),
    failing("live --label nothing", 3, "label_not_found"),
    failing("live --at tomorrow", 2, "usage_problem"),
    Case("resolve support/reply@published", "resolve-output"),
    Case("resolve support/reply@HEAD", "resolve-output"),
    Case("resolve support/reply@latest", "resolve-output"),
    failing("resolve greeting", 2, "reference_invalid"),
    failing("resolve greeting@published", 3, "label_not_found"),
    failing("resolve greeting@3", 3, "version_not_found"),
    Case("verify", "verify-output"),
    Case("verify --offline", "verify-output"),
    failing("verify nothing", 3, "version_not_found"),
    failing("-C /outside verify", 3, "not_a_repository"),
    Case("doctor", "doctor-output", 1),
    Case("-C /outside/empty doctor --fix", "doctor-output"),
    Case("-C /outside doctor", "doctor-output", 1),
    Case("changelog", "changelog-output"),
    Case("changelog support/reply 1.. -n 1", "changelog-output"),
    Case("ci --base HEAD~1", "ci-output"),
    Case("ci --base HEAD", "ci-output"),
    failing("ci --base nowhere", 3, "revision_not_found"),
    failing("ci --fail-on everything", 2, "usage_problem"),
    failing("-C /outside ci", 3, "not_a_repository"),
    Case("diff", "diff-output"),
    Case("diff --render", "diff-output"),
    Case("diff support/reply@1 support/reply@HEAD", "diff-output"),
    Case("diff HEAD --exit-code", "diff-output", 1),
    failing("diff nothing", 3, "prompt_not_found"),
    failing("-C /outside diff", 3, "not_a_repository"),
    Case("publish --all --dry-run", "publish-output"),
    Case("publish smoke greeting -m words", "publish-output"),
    Case("publish support/reply", "publish-output"),
    failing("publish nothing", 3, "prompt_not_found"),
    failing("publish", 2, "usage_problem"),
    failing("publish rich", 4, "not_committed"),
    Case("label support/reply@1 staging", "label-output"),
    Case("label support/reply@1 published", "label-output"),
    Case("label --delete support/reply published", "label-output"),
    failing("label support/reply@HEAD staging", 2, "reference_invalid"),
    failing("label support/reply@1 latest", 2, "usage_problem"),
    failing("rollback support/reply -m why", 4, "nothing_before"),
    failing("rollback support/reply", 2, "usage_problem"),
    failing("rollback greeting -m why", 3, "label_not_found"),
    failing("push", 3, "not_found"),
    Case("model status", "model-status-output"),
    Case("model remove", "model-remove-output"),
    failing("model install --from promptctl.yaml", 4, "refused"),
    failing("model install --from nothing.gguf", 3, "file_missing"),
]


@pytest.fixture
def shop(
    prompt_repository: GitRepository, tmp_path: Path, hermetic: Path, run_cli: RunCli
) -> GitRepository:
    """The example repository with a prompt that holds everything, two that hold nonsense, and a
    published one that changed since."""
    repository = prompt_repository
    done = run_cli(["publish", "support/reply", "-m", "First"], cwd=repository.path)
    assert done.exit_code == 0, done.stderr
    reply = repository.path / "prompts/support/reply.yaml"
    repository.commit({"prompts/support/reply.yaml": reply.read_bytes() + b"# changed\n"})
    repository.write("prompts/rich.yaml", RICH)
    repository.write("prompts/_images/dot.png", b"\x89PNG\r\n\x1a\n")
    repository.write("prompts/_images/a.pdf", b"%PDF-1.7\n")
    repository.write("prompts/broken/words.yaml", BROKEN)
    repository.write("prompts/broken/bytes.yaml", b"\xff\xfe\x00")
    (hermetic / ".config/promptctl").mkdir(parents=True)
    (hermetic / ".config/promptctl/config.yaml").write_text(OWN_CONFIG)
    GitRepository(tmp_path / "outside/empty")
    GitRepository(tmp_path / "outside/wrong").write("promptctl.yaml", "prompt_dir: x\n")
    return repository


def check_error(done: Result, kind: str, exit_code: int) -> None:
    line = json.loads(done.stderr.splitlines()[-1])
    check("error-output", line)
    assert (line["error"]["kind"], line["error"]["exit"]) == (kind, exit_code)


@pytest.mark.parametrize("case", CASES, ids=lambda case: " ".join(case.words))
def test_a_command_prints_what_its_schema_says(
    case: Case, shop: GitRepository, run_cli: RunCli, tmp_path: Path
) -> None:
    words = [word.replace("/outside", str(tmp_path / "outside"), 1) for word in case.words]
    done = run_cli([*words, "--format", "json"], cwd=shop.path, env=case.env)
    assert done.exit_code == case.exit_code, done.stderr
    if case.schema is not None:
        check(case.schema, json.loads(done.stdout))
    if case.kind is not None:
        assert done.stdout == ""
        check_error(done, case.kind, case.exit_code)


def test_every_command_with_a_format_is_among_the_cases(run_cli: RunCli) -> None:
    tried = {word for case in CASES for word in (" ".join(case.words[:2]), case.words[0])}
    without = set()
    for words in command_lines():
        if "--format" in run_cli([*words, "--help"]).stdout:
            assert " ".join(words) in tried
        else:
            without.add(" ".join(words))
    assert without == {"edit", "git-setup", "model", "schema"}


def test_a_push_says_what_it_sent(shop: GitRepository, tmp_path: Path, run_cli: RunCli) -> None:
    remote = GitRepository(tmp_path / "remote.git", "--bare")
    shop.git("remote", "add", "origin", str(remote.path))
    shop.git("push", "--quiet", "origin", "main")
    for words in (["push", "--dry-run"], ["push"], ["push"]):
        done = run_cli([*words, "--format", "json"], cwd=shop.path)
        check("push-output", json.loads(done.stdout))


def test_an_installation_says_so(run_cli: RunCli, model_weights: Path) -> None:
    done = run_cli(["model", "install", "--from", str(model_weights), "--format", "json"])
    check("model-install-output", json.loads(done.stdout))


def test_a_shown_document_is_a_prompt_by_its_own_schema(
    shop: GitRepository, run_cli: RunCli
) -> None:
    for name in ("rich", "support/order-status", "smoke"):
        shown = json.loads(run_cli(["show", name, "--format", "json"], cwd=shop.path).stdout)
        jsonschema.Draft202012Validator(read_schema("prompt")).validate(shown["document"])


@pytest.mark.parametrize("code", [0, 6])
def test_every_line_of_ndjson_is_an_event(code: int, shop: GitRepository, run_cli: RunCli) -> None:
    words = ["smoke"] if code == 0 else TRIAGE
    done = run_cli(["run", *words, "--format", "ndjson"], cwd=shop.path)
    assert done.exit_code == code
    events = [json.loads(line) for line in done.stdout.splitlines()]
    for event in events:
        check("run-event", event)
    assert events[-1]["type"] == ("error" if code else "finish")
    if code:
        check_error(done, "key_missing", 6)


EVENTS: list[Event | PromptctlError] = [
    Started("tiny-1", "answer-1"),
    ReasoningDelta("hm"),
    TextDelta("Hello"),
    ToolCallDelta(0, "c1", "look_up", '{"order":'),
    ToolCallDelta(0, arguments="1}"),
    Usage(12, 7, 3, 1),
]
ENDINGS: list[Event | PromptctlError] = [Finished("tool_calls", "tool_use"), StreamBroken("cut")]


@pytest.mark.parametrize("ending", ENDINGS, ids=["finished", "cut"])
@pytest.mark.parametrize("output_format", ["json", "ndjson"])
def test_an_answer_with_everything_in_it(
    output_format: AnswerFormat, ending: Event | PromptctlError, tmp_path: Path
) -> None:
    answer = Answer("openai", "tiny")

    def events() -> Generator[Event, None, None]:
        for event in (*EVENTS, ending):
            if isinstance(event, PromptctlError):
                raise event
            answer.add(event, 1.0)
            yield event

    file = tmp_path / "answer"
    cut = isinstance(ending, PromptctlError)
    try:
        show_answer(
            events(), answer, open_terminal({}), prompt="p", output_format=output_format, file=file
        )
    except StreamBroken:
        assert cut
        file = tmp_path / "answer.partial"
    values = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    assert len(values) == (1 if output_format == "json" else 7)
    for value in values:
        check("run-output" if output_format == "json" else "run-event", value)
    if output_format == "json":
        assert values[0]["complete"] is not cut


# --- the page about them ---------------------------------------------------------------------------


def error_kinds() -> Iterator[tuple[str, int]]:
    """Every kind of error that promptctl knows, with its exit code."""
    for module in pkgutil.walk_packages(promptctl.__path__, "promptctl."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    classes = PromptctlError.__subclasses__()
    for known in classes:
        classes += known.__subclasses__()
        if known.__module__.startswith("promptctl."):
            yield known.__new__(known).kind, known.exit_code


def test_the_page_names_every_output_and_every_kind_of_error() -> None:
    page = (CHECKOUT / "docs/json-output.md").read_text(encoding="utf-8")
    named = set(re.findall(r"^\| (?!\d).*\| `([a-z-]+)` \|$", page, re.MULTILINE))
    assert named == set(OUTPUTS)
    rows = re.findall(r"^\| (\d+) \| (.*) \|$", page, re.MULTILINE)
    listed = {(kind, int(code)) for code, row in rows for kind in re.findall(r"`([a-z_]+)`", row)}
    assert listed == set(error_kinds())
