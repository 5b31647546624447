"""Rules over one document: places inside partials, ignores, severities; the corpus has the rest."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promptctl.core.check_names import check_names
from promptctl.core.checks import apply_severities, check_settings, check_source
from promptctl.core.document import parse_document
from promptctl.core.finding import Finding, Location, Severity
from promptctl.core.secrets import ANY_MARKER, SHAPES, Shape, find_secrets
from promptctl.errors import FileMissing, FileRefused
from promptctl.repo.schemas import read_schema_text
from promptctl.repo.worktree import PromptFile

SCHEMA = read_schema_text("prompt")
HEAD = "provider: openai\nmodel: gpt-4o-mini\n"


def check(text: str, **partials: str) -> list[Finding]:
    def read(path: str) -> bytes:
        name = path.removesuffix(".md")
        if name == "linked":
            raise FileRefused(f"{path} is a link")
        if name not in partials:
            raise FileMissing(f"{path} does not exist")
        return partials[name].encode()

    return check_source(text.encode(), "prompts/a.yaml", read, SCHEMA, folder="prompts")


def spans(findings: list[Finding]) -> list[tuple[str, str]]:
    places = [f.location for f in findings]
    return [
        (f.rule, f"{p.path}:{p.line}:{p.column}-{p.end_line}:{p.end_column}")
        for f, p in zip(findings, places, strict=True)
    ]


@pytest.mark.parametrize(
    ("template", "place"),
    [
        ('template: "Hi {{ you }}"\n', "3:18-3:21"),
        ("template: 'it''s {{ you }}'\n", "3:21-3:24"),
        ("template: Hi {{ you }}\n", "3:17-3:20"),
        ("template: |\n  Hi\n  dear {{ you }}\n", "5:11-5:14"),
        ("template: |-\n    Hi\n\n      dear {{ you }}\n", "6:15-6:18"),
        ("messages:\n  - {role: user, content: 'Hi {{ you }}'}\n", "4:34-4:37"),
        (
            "messages:\n- role: user\n  content:\n  - type: text\n    text: Hi {{ you }}\n",
            "7:17-7:20",
        ),
    ],
)
def test_an_undeclared_name_is_marked_where_it_stands(template: str, place: str) -> None:
    assert spans(check(HEAD + template)) == [("variable-undeclared", f"prompts/a.yaml:{place}")]


def test_a_finding_inside_a_partial_points_at_the_partial() -> None:
    text = HEAD + "messages: [{role: user, content: \"{% include 'p.md' %}\"}]\n"
    (finding,) = check(text, p="One\nand {{ you }}.\n")
    assert spans([finding]) == [("variable-undeclared", "prompts/p.md:2:8-2:11")]
    assert "the prompt `a`" in finding.message
    (finding,) = check(text, p="One\n{% if %}\n")
    assert (finding.rule, finding.location.path, finding.location.line) == (
        *("template-syntax", "prompts/p.md"),
        2,
    )


@pytest.mark.parametrize(
    ("template", "place"),
    [
        ("template: \"{% include '_partials/no.md' %}\"\n", "3:23-3:40"),
        ('template: |\n  {% include "no.md" %}\n', "4:14-4:21"),
        ("template_format: mustache\ntemplate: 'Hi {{> no.md }}'\n", "4:19-4:24"),
        ("messages: [{role: user, file: no.md}]\n", "3:31-3:36"),
    ],
)
def test_a_missing_include_is_marked_from_end_to_end(template: str, place: str) -> None:
    assert spans(check(HEAD + template)) == [("include-missing", f"prompts/a.yaml:{place}")]


def test_a_variable_used_only_in_a_partial_is_used() -> None:
    text = HEAD + "messages: [{role: user, file: p.md}]\nvariables: {you: {type: string}}\n"
    assert check(text, p="Hi {{ you }}") == []


def test_nothing_is_called_unused_while_a_template_cannot_be_read() -> None:
    variables = "variables: {you: {type: string}}\n"
    for template in ("template: '{% if %}'\n", "template: \"{% include 'none.md' %}\"\n"):
        assert "variable-unused" not in [f.rule for f in check(HEAD + template + variables)]


def test_a_misspelt_variable_is_one_problem() -> None:
    text = HEAD + "template: '{{ nmae }}'\nvariables: {name: {type: string}}\n"
    (finding,) = check(text)
    assert (finding.rule, finding.hint) == ("variable-undeclared", "did you mean `name`?")


@pytest.mark.parametrize(
    ("line", "rules"),
    [
        ("  v: {type: string} # promptctl: ignore[variable-unused]", []),
        ("  # promptctl: ignore[variable-unused, secret]\n  v: {type: string}", []),
        ("  v: {type: string} # promptctl: ignore[secret]", ["variable-unused"]),
        ("  v: {type: strin} # promptctl: ignore[variable-schema, variable-unused]", []),
    ],
)
def test_a_comment_switches_a_rule_off_on_its_line(line: str, rules: list[str]) -> None:
    findings = check(HEAD + f"template: Hi\nvariables:\n{line}\n")
    assert [finding.rule for finding in findings] == rules


def test_a_rule_that_all_relies_on_ignores_such_a_comment() -> None:
    text = HEAD + "template: 4 # promptctl: ignore[schema-type]\n"
    assert [finding.rule for finding in check(text)] == ["schema-type", "ignore-invalid"]


def test_severities_of_the_settings_hold_for_adjustable_rules() -> None:
    place = Location("a.yaml", 1, 1)
    findings = [
        Finding("variable-unused", Severity.WARNING, place, "x"),
        Finding("secret", Severity.ERROR, place, "x"),
        Finding("schema-type", Severity.ERROR, place, "x"),
    ]
    wanted = {
        "variable-unused": Severity.ERROR,
        "secret": Severity.OFF,
        "schema-type": Severity.OFF,
    }
    changed = apply_severities(findings, wanted)
    assert [(f.rule, f.severity) for f in changed] == [
        ("variable-unused", Severity.ERROR),
        ("schema-type", Severity.ERROR),
    ]


def test_an_unknown_rule_in_the_settings_is_named_at_its_place() -> None:
    parsed = parse_document(b'rules:\n  secrets: "off"\n  schema-type: warning\n', "promptctl.yaml")
    assert parsed.document is not None
    unknown, fixed = check_settings(parsed.document)
    assert (str(unknown.location), unknown.hint) == ("promptctl.yaml:2:3", "did you mean `secret`?")
    assert str(fixed.location) == "promptctl.yaml:3:16"


_KEY = "Zq3Xw9Lk2Vb7Nc5Mt8Rj4Hf6Gd1Ps0Ya"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("sk-" + "proj-" + _KEY * 2, "an OpenAI key"),
        ("sk-" + (_KEY * 2)[:48], "an OpenAI key"),
        ("sk-" + "ant-api03-" + _KEY * 2, "an Anthropic key"),
        ("ghp" + "_" + _KEY + "abcd", "a GitHub token"),
        ("github" + "_pat_" + _KEY[:22] + "_" + (_KEY * 2)[:59], "a GitHub token"),
        ("AKIA" + "Q3XW7LK2VB7NC5MT", "an AWS access key"),
        ("xoxb" + "-123456789012-" + _KEY, "a Slack token"),
        ("AIza" + _KEY + "abc", "a Google API key"),
        ("-----BEGIN " + "PRIVATE KEY-----\nMII" + _KEY * 2, "a private key"),
        ("eyJ" + _KEY + ".eyJ" + _KEY + "." + _KEY, "a JSON web token"),
    ],
)
def test_a_secret_is_recognised_and_hardly_shown(text: str, kind: str) -> None:
    (secret,) = find_secrets(f"Use {text}.")
    assert (secret.kind, secret.start) == (kind, 4)
    assert len(secret.prefix) <= 4


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: str(shape.kind))
@given(st.data())
@settings(max_examples=30, deadline=None)
def test_the_quick_no_is_never_said_to_a_secret(shape: Shape, data: st.DataObject) -> None:
    text = data.draw(st.from_regex(shape.pattern.partition("(?=")[0]))
    assert ANY_MARKER.search(text)
    assert any(marker in text for marker in shape.markers)


@pytest.mark.parametrize(
    "text",
    [
        "sk-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        "task-force-" + "a" * 50,
        "AKIAIOSFODNN7EXAMPLE",
        "-----BEGIN PRIVATE KEY-----\n…\n-----END PRIVATE KEY-----",
        "ghp_ and github_pat_ are prefixes",
        "eyJhbGciOi is how a token begins",
    ],
)
def test_what_only_looks_like_a_secret_is_left_alone(text: str) -> None:
    assert list(find_secrets(text)) == []


@given(st.text(alphabet="sk-antpiAKIgh_eyJ.xob0123456789AZz \n", max_size=400))
@settings(max_examples=200, deadline=None)
def test_no_message_shows_more_than_the_start_of_a_secret(text: str) -> None:
    for secret in find_secrets(text):
        assert text[secret.start : secret.end].startswith(secret.prefix)
        assert len(secret.prefix) <= 4


def test_names_are_checked_one_by_one_and_beside_each_other() -> None:
    paths = [
        "prompts/A.yaml",
        "prompts/a.yaml",
        "prompts/b.yml",
        "prompts/x/--.yaml",
        "prompts/x.yaml",
    ]
    files = [PromptFile(p.removeprefix("prompts/").rpartition(".")[0], p) for p in paths]
    assert [(f.rule, f.location.path) for f in check_names(files)] == [
        ("name-invalid", "prompts/A.yaml"),
        ("name-clash", "prompts/a.yaml"),
        ("name-extension", "prompts/b.yml"),
        ("name-invalid", "prompts/x/--.yaml"),
    ]
