"""One finding per cause, with a sentence and a hint that lead to what was meant."""

from __future__ import annotations

import pytest

from promptctl.core.checks import check_source
from promptctl.errors import FileMissing
from promptctl.repo.schemas import read_schema_text

SCHEMA = read_schema_text("prompt")
HEAD = "provider: openai\nmodel: gpt-4o-mini\n"
HELLO = HEAD + "template: Hello\n"
USES = 'messages: [{role: user, content: "{{ a }}"}]\n'
TOOL = "tools: [{type: function, function: {name: get_weather}}]\n"


def check(text: str) -> list[tuple[str, int, int, str, str | None]]:
    def read(path: str) -> bytes:
        raise FileMissing(f"{path} does not exist")

    return [
        (f.rule, f.location.line, f.location.column, f.message, f.hint)
        for f in check_source(text.encode(), "prompts/a.yaml", read, SCHEMA, folder="prompts")
    ]


@pytest.mark.parametrize(
    ("text", "line", "column", "message", "hint"),
    [
        (HELLO + "temperature: 1\n", 4, 1, "belongs under `parameters`", "parameters: {temperature: 1}"),
        (HELLO + "max_output_tokens: 9\n", 4, 1, "belongs under `parameters`", "parameters: {max_tokens: 9}"),
        (HEAD + "prompt: Hi {{ a }}\n", 3, 1, "unknown key `prompt`", "did you mean `template`?"),
        (HEAD + "system: You are kind.\n", 3, 1, "`system` is a role", "[{role: system, content: You are"),
        (HELLO + "name: hello\n", 4, 1, "unknown key `name`", "by the path of its file"),
        (HELLO + "owner: growth\n", 4, 1, "`owner` belongs under `metadata`", "metadata: {owner: growth}"),
        (HELLO + "zzz: 1\n", 4, 1, "unknown key `zzz`", "`promptctl schema prompt`"),
        (HELLO + "temprature: 1\n", 4, 1, "unknown key", "`temperature`, under `param"),
        (HELLO + "parameters: {zzz: 1}\n", 4, 14, "unknown key `zzz`", "under `extra`"),
        (HELLO + "parameters: {temprature: 1}\n", 4, 14, "unknown key", "did you mean `temperature`?"),
        (HELLO + "parameters: {max_new_tokens: 1}\n", 4, 14, "unknown key", "did you mean `max_tokens`?"),
        (HEAD + "variabels: {a: {type: string}}\n" + USES, 3, 1, "unknown key `variabels`", "`variables`?"),
        (HEAD + "inputs: {a: {type: string}}\n" + USES, 3, 1, "unknown key `inputs`", "`variables`?"),
        (HEAD + USES + "variables: {a: string}\n", 4, 16, "must be a mapping", "a: {type: string}"),
        (HEAD + USES + "variables: {a: int}\n", 4, 16, "must be a mapping", "a: {type: integer}"),
        (HEAD + USES + "variables: [a]\n", 4, 12, "must be a mapping", "variables: {a: {type: string}}"),
        (HEAD + USES + "variables: [{name: a}]\nexamples: [{name: x, variables: {a: b}}]\n", 4, 12,
         "must be a mapping", "{a: {type"),
        (HEAD + "messages: {role: system, content: hi}\n", 3, 11, "be a list", "{role: system, content: hi}"),
        (HEAD + "messages: {user: hi}\n", 3, 11, "must be a list", "- {role: user, content: hi}"),
        (HEAD + "messages: [{system: hi}]\n", 3, 13, "not `system`", "- {role: system, content: hi}"),
        (HEAD + "messages: [hi]\n", 3, 12, "must be a mapping", "- {role: user, content: hi}"),
        (HEAD + "messages: [{role: user, contnet: hi}]\n", 3, 25, "unknown key `contnet`", "`content`?"),
        (HEAD + 'template: "{{ a }}"\nvariables: {a: {type: boolean, default: yes}}\n', 4, 41,
         "YAML readers disagree", "quote"),
        ("# a comment\ndescription: x\nprovider: echo\n", 1, 1, "missing key: `messages` or", "template: "),
        ("# a comment\ntemplate: x\n", 1, 1, "missing key `provider`", "provider: openai"),
        ("provider: openai\ntemplate: x\n", 1, 1, "missing key `model`", "model: gpt-4o-mini"),
        (HEAD + "messages:\n  - content: hi\n", 4, 5, "missing key `role`", "role: user"),
        (HELLO + TOOL + "tool_choice: get_wether\n", 5, 14, "is not one of", "mean the tool `get_weather`?"),
        (HELLO + TOOL + "tool_choice: get_weather\n", 5, 14, "is not one of",
         "{type: function, function: {name: get_weather}}"),
        (HELLO + TOOL + "tool_choice: requird\n", 5, 14, "is not one of", "mean `required`?"),
        (HELLO + "tools: [{name: now, description: d}]\n", 4, 10, "belongs under `function`", "name: now"),
        (HELLO + "response_format: json\n", 4, 18, "must be a mapping", "{type: json_object}"),
    ],
)  # fmt: skip
def test_one_cause_is_one_finding(
    text: str, line: int, column: int, message: str, hint: str
) -> None:
    findings = check(text)
    assert len({found[3] for found in findings if found[0] != "variable-unused"}) == 1, findings
    assert findings[0][1:3] == (line, column)
    assert message in findings[0][3]
    assert hint in (findings[0][4] or "")


def test_a_missing_provider_takes_no_other_check_away() -> None:
    rules = [found[0] for found in check('model: m\ntemplate: "{{ a }}"\n')]
    assert rules == ["schema-required", "variable-undeclared"]
