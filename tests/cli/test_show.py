"""`promptctl show`: one prompt, at any revision."""

from __future__ import annotations

import json

import pytest

from tests.conftest import GitRepository, RunCli

EVERYTHING = """\
description: "All of it \\x1b]52;c;x\\x07"
provider: openai
model: gpt-4o-mini
parameters: {temperature: 0.5, stop: [END]}
template_format: mustache
variables:
  name: {type: string, description: Who}
  tone: {type: string, enum: [a, b], default: a}
  tags: {type: array, items: {type: string}}
messages:
  - {role: system, file: _partials/tone.md}
  - role: user
    content:
      - {type: text, text: "Hi {{name}} {{tone}} {{#tags}}{{.}}{{/tags}}"}
      - {type: image, url: "https://example.com/x.png"}
  - role: ai
    content: [{type: tool_call, id: c1, name: look, arguments: {a: 1}}]
  - role: tool
    content: [{type: tool_result, id: c1, result: [1, 2]}]
tools:
  - {type: function, function: {name: look, description: Look, parameters: {type: object}}}
response_format: {type: json_object}
examples:
  - {name: one, variables: {name: Ada, tags: [x]}}
"""


@pytest.fixture
def repository(git_repository: GitRepository) -> GitRepository:
    git_repository.commit(
        {
            "prompts/all.yaml": EVERYTHING,
            "prompts/_partials/tone.md": "Be kind.\n",
            "prompts/raw.yaml": b"# \xc3\xa9 \x1b[31m\r\nprovider: echo\r\ntemplate: x",
        }
    )
    return git_repository


def test_people_see_what_it_is_takes_and_says(repository: GitRepository, run_cli: RunCli) -> None:
    done = run_cli(["show", "all"], cwd=repository.path)
    assert (done.exit_code, done.stderr) == (0, "")
    for words in (
        "all  prompts/all.yaml\n",
        "All of it \\x1b]52;c;x\\x07\n",
        "model       openai/gpt-4o-mini\n",
        "parameters  temperature 0.5, stop",
        "templates   mustache\n",
        "tools       look\n",
        "response    json_object\n",
        "examples    one\n",
        "includes    _partials/tone.md\n",
        "  name  string          required   Who\n",
        "  tone  a | b           default a\n",
        "  tags  list of string  required\n",
        "system\n  Be kind.\n",
        "  Hi {{name}}",
        "[image https://example.com/x.png]",
        '[call c1: look({"a":1})]',
        "[result of c1: [1,2]]",
    ):
        assert words in done.stdout, words


def test_programs_get_the_keys_of_the_file(repository: GitRepository, run_cli: RunCli) -> None:
    value = json.loads(
        run_cli(["show", "all@HEAD", "--format", "json"], cwd=repository.path).stdout
    )
    assert (value["schema"], value["name"]) == ("promptctl.show/1", "all")
    assert (value["path"], value["commit"]) == ("prompts/all.yaml", repository.head)
    assert value["document"]["parameters"] == {"temperature": 0.5, "stop": ["END"]}
    assert value["files"] == ["_partials/tone.md"]
    here = json.loads(run_cli(["show", "all", "--format", "json"], cwd=repository.path).stdout)
    assert here["commit"] is None


def test_a_version_says_which_it_is(repository: GitRepository, run_cli: RunCli) -> None:
    done = run_cli(["publish", "all"], cwd=repository.path)
    assert done.exit_code == 0, done.stderr
    place = f"{repository.head[:10]}:prompts/all.yaml"
    for reference, shown, version in [
        *(("all@1", f"all  v1  {place}", 1), ("all@latest", f"all  v1  {place}", 1)),
        *(("all@published", f"all  v1  {place}", 1), ("all@HEAD", f"all  {place}", None)),
        ("all", "all  prompts/all.yaml", None),
    ]:
        text = run_cli(["show", reference], cwd=repository.path).stdout
        assert text.splitlines()[0] == shown
        value = run_cli(["show", reference, "--format", "json"], cwd=repository.path).stdout
        assert json.loads(value)["version"] == version


def test_raw_is_the_file_byte_for_byte(repository: GitRepository, run_cli: RunCli) -> None:
    committed = (repository.path / "prompts/raw.yaml").read_bytes()
    repository.write("prompts/raw.yaml", "a: [ broken\n")
    done = run_cli(["show", "raw@HEAD", "--raw"], cwd=repository.path)
    assert done.stdout_bytes == committed
    assert run_cli(["show", "raw", "--raw"], cwd=repository.path).stdout == "a: [ broken\n"


def test_an_invalid_prompt_names_the_first_problem(
    repository: GitRepository, run_cli: RunCli
) -> None:
    repository.write("prompts/bad.yaml", "provider: echo\nmodle: x\n")
    done = run_cli(["show", "bad"], cwd=repository.path)
    assert (done.exit_code, done.stdout) == (1, "")
    assert "prompts/bad.yaml:" in done.stderr
    assert "promptctl validate bad" in done.stderr
    repository.commit()
    at_commit = run_cli(["show", "bad@HEAD"], cwd=repository.path)
    assert f"{repository.head[:10]}:prompts/bad.yaml:" in at_commit.stderr


@pytest.mark.parametrize(
    ("reference", "code", "words"),
    [
        ("al", 3, "promptctl list"),
        ("all@nope", 3, "git knows no commit nope"),
        ("all@12", 3, "promptctl publish all"),
        ("all@", 2, "nothing stands behind the @"),
        ("all@HEAD..main", 2, "range"),
        ("../x.yaml", 2, "no prompt file"),
        ("ALL", 2, "capital"),
        ("-x", 2, "there is no option"),
    ],
)
def test_what_cannot_be_shown_says_why(
    repository: GitRepository, run_cli: RunCli, reference: str, code: int, words: str
) -> None:
    done = run_cli(["show", reference], cwd=repository.path)
    assert (done.exit_code, done.stdout) == (code, "")
    assert words.lower() in done.stderr.lower()


def test_errors_are_json_where_json_was_asked_for(
    repository: GitRepository, run_cli: RunCli
) -> None:
    done = run_cli(["show", "al", "--format", "json"], cwd=repository.path)
    error = json.loads(done.stderr)["error"]
    assert (error["kind"], error["exit"]) == ("prompt_not_found", 3)


def test_the_shell_is_offered_names(repository: GitRepository, run_process: RunCli) -> None:
    def complete(words: str, count: int) -> list[str]:
        env = {
            "_PROMPTCTL_COMPLETE": "complete_bash",
            "COMP_WORDS": words,
            "COMP_CWORD": str(count),
        }
        return run_process([], env=env).stdout.split()

    assert complete(f"promptctl -C {repository.path} show ", 4) == ["all", "raw"]
    assert complete(f"promptctl -C {repository.path} show all@H", 4) == ["all@HEAD"]


@pytest.mark.parametrize(
    "argv",
    [
        ["show", "x"],
        ["show", "x", "--raw"],
        ["render", "x"],
        ["render", "x", "--request"],
        ["run", "x", "--dry-run"],
    ],
)
def test_github_actions_obeys_nothing_that_a_prompt_says(
    git_repository: GitRepository, run_process: RunCli, argv: list[str]
) -> None:
    text = "provider: echo\ntemplate: |\n  hello\n  ::error::x\n"
    git_repository.commit({"prompts/x.yaml": text})
    inside = run_process(argv, cwd=git_repository.path, env={"GITHUB_ACTIONS": "true"})
    outside = run_process(argv, cwd=git_repository.path)
    assert (inside.exit_code, inside.stdout) == (0, outside.stdout)
    begin, end = inside.stderr.splitlines()
    assert begin.startswith("::stop-commands::")
    assert end == f"::{begin.removeprefix('::stop-commands::')}::"
    assert outside.stderr == ""
