"""Where a repository is found, what its settings say, and which key belongs to which origin."""

from __future__ import annotations

import json
import os
import sys
import types
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptctl.core.endpoint import Secret, Signing
from promptctl.core.finding import Severity
from promptctl.core.json_data import Json
from promptctl.core.schema import prompt_problems
from promptctl.credentials import (
    is_private_channel,
    read_user_config,
    require_key,
    resolve_endpoint,
    user_config_path,
)
from promptctl.errors import (
    CredentialError,
    KeyMissing,
    NotARepository,
    PromptctlError,
    SettingsInvalid,
    UsageProblem,
)
from promptctl.settings import (
    SETTING_NAMES,
    LabelSettings,
    Settings,
    is_plain,
    parse_settings,
    read_settings,
)
from tests.conftest import CHECKOUT, GitRepository, RunCli


def read(directory: Path) -> Settings:
    return read_settings(directory, os.environ)


# --- finding the repository ------------------------------------------------------------------------


def test_the_nearest_settings_file_upwards_wins(tmp_path: Path) -> None:
    (tmp_path / "promptctl.yaml").write_text("version: 1\n")
    inner = tmp_path / "team/bots"
    (inner / "prompts/support").mkdir(parents=True)
    assert read(inner).root == tmp_path
    (inner / "promptctl.yaml").write_text("prompts_dir: texts\n")
    settings = read(inner / "prompts/support")
    assert (settings.root, settings.prompts_dir) == (inner, "texts")
    assert settings.git_top is None


def test_a_monorepo_holds_prompt_repositories_in_its_folders(git_repository: GitRepository) -> None:
    top = git_repository.path
    git_repository.write("team/promptctl.yaml", "version: 1\n")
    git_repository.write("team/prompts/a.yaml", "")
    settings = read(top / "team/prompts")
    assert (settings.root, settings.git_top) == (top / "team", top)
    assert read(top).root == top


def test_without_a_file_the_git_top_level_has_all_defaults(git_repository: GitRepository) -> None:
    folder = git_repository.path / "a/b"
    folder.mkdir(parents=True)
    settings = read(folder)
    assert (settings.root, settings.file, settings.prompts_dir) == (
        git_repository.path,
        None,
        "prompts",
    )
    assert {settings.source_of(name) for name in SETTING_NAMES} == {"default"}


def test_a_repository_takes_no_settings_from_outside_itself(
    tmp_path: Path, git_repository: GitRepository
) -> None:
    (tmp_path / "promptctl.yaml").write_text("prompts_dir: elsewhere\n")
    assert read(git_repository.path).prompts_dir == "prompts"


def test_a_linked_worktree_is_a_top_level_of_its_own(
    tmp_path: Path, git_repository: GitRepository
) -> None:
    git_repository.commit({"promptctl.yaml": "prompts_dir: texts\n"})
    git_repository.git("worktree", "add", "-q", str(tmp_path / "second"))
    assert read(tmp_path / "second").root == tmp_path / "second"


def test_a_bare_repository_is_found_where_we_stand_only(bare_remote: GitRepository) -> None:
    settings = read(bare_remote.path)
    assert (settings.root, settings.is_bare) == (bare_remote.path, True)
    with pytest.raises(NotARepository):
        read(bare_remote.path / "objects")


def test_nowhere_is_no_repository(tmp_path: Path) -> None:
    with pytest.raises(NotARepository) as caught:
        read(tmp_path)
    assert caught.value.hint == "promptctl init"
    with pytest.raises(NotARepository, match="not a folder"):
        read(tmp_path / "nope")


# --- promptctl.yaml --------------------------------------------------------------------------------


def test_every_setting_is_read_and_says_where_it_stands(tmp_path: Path) -> None:
    (tmp_path / "promptctl.yaml").write_text(
        "version: 1\nproject: acme\nprompts_dir: a/prompts/\nremote: upstream\n"
        "default_branch: trunk\nlabels: {staging: {}, eu: }\nrules: {variable-unused: error}\n"
    )
    settings = read(tmp_path)
    assert settings.project == "acme"
    assert settings.prompts_dir == "a/prompts"
    assert (settings.remote, settings.default_branch) == ("upstream", "trunk")
    assert settings.labels == {"staging": LabelSettings(), "eu": LabelSettings()}
    assert (settings.tag_prefix, settings.renamed) == ("prompts/", {})
    assert settings.rules == {"variable-unused": Severity.ERROR}
    assert settings.source_of("project") == "promptctl.yaml:2"
    assert settings.source_of("rules") == "promptctl.yaml:7"


def test_the_settings_of_releases(tmp_path: Path) -> None:
    (tmp_path / "promptctl.yaml").write_text(
        "tag_prefix: acme/prompts/\nrenamed: {greeting: hello, hello: support/hello}\nlabels:\n"
        "  published: {branch: main, signed: true, allowed_signers: keys/signers}\n"
        "  staging: {signed: false}\n"
    )
    settings = read(tmp_path)
    assert settings.tag_prefix == "acme/prompts/"
    assert settings.renamed == {"greeting": "hello", "hello": "support/hello"}
    assert settings.labels == {
        "published": LabelSettings(branch="main", signed=True, allowed_signers="keys/signers"),
        "staging": LabelSettings(),
    }
    assert settings.source_of("tag_prefix") == "promptctl.yaml:1"


def test_the_settings_of_releases_are_shown(run_cli: RunCli, tmp_path: Path) -> None:
    (tmp_path / "promptctl.yaml").write_text(
        "labels: {published: {branch: main, signed: true}, staging: }\nrules: {secret: off}\n"
    )
    found = json.loads(run_cli(["config", "--format", "json"]).stdout)["settings"]
    shown = {setting["name"]: setting["value"] for setting in found}
    assert shown["labels"] == {"published": {"branch": "main", "signed": True}, "staging": {}}
    assert (shown["tag_prefix"], shown["renamed"]) == ("prompts/", {})
    assert shown["rules"] == {"secret": "off"}


@pytest.mark.parametrize(
    "prefix",
    [
        *("", "prompts", "/", "/prompts/", "a//", "a b/", "../", "./", ".a/", "a..b/", "a.lock/"),
        *("-a/", "a/-b/", "é/", "a@b/", "a\\b/", "a/\n", "a/b", f"{'a' * 100}/", "*/"),
    ],
)
def test_a_tag_prefix_is_safe_in_a_ref(tmp_path: Path, prefix: str) -> None:
    (tmp_path / "promptctl.yaml").write_text(f"tag_prefix: {json.dumps(prefix)}\n")
    with pytest.raises(SettingsInvalid, match=r"promptctl\.yaml:1:13: "):
        read(tmp_path)
    assert not is_plain({"tag_prefix": prefix})


@pytest.mark.parametrize("text", ["", "\n", "# nothing\n", "---\n", "null\n"])
def test_an_empty_file_means_all_defaults(tmp_path: Path, text: str) -> None:
    (tmp_path / "promptctl.yaml").write_text(text)
    assert read(tmp_path).prompts_dir == "prompts"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("prompt_dir: x\n", "promptctl.yaml:1:1: "),
        ("version: 1\nprompts_dir: [x]\n", "promptctl.yaml:2:14: "),
        ("version: 2\n", "promptctl.yaml:1:10: "),
        ("version: 1\nversion: 1\n", "promptctl.yaml:2:1: "),
        ("a: [\n", "promptctl.yaml:"),
        ("- a\n", "promptctl.yaml:1:1: "),
        ("w: 1\nx: 2\n", r"\(and 1 more\)"),
        ("prompts_dir: ../other\n", "promptctl.yaml:1:14: "),
        ("prompts_dir: /etc\n", "promptctl.yaml:1:14: "),
        ("prompts_dir: a//b\n", "promptctl.yaml:1:14: "),
        ("prompts_dir: .git\n", "promptctl.yaml:1:14: "),
        ("prompts_dir: .\n", "promptctl.yaml:1:14: "),
        ("rules: {variable-unused: loud}\n", "promptctl.yaml:1:"),
        ("remote: https://example.com/x.git\n", "promptctl.yaml:1:9: "),
        ("tag_prefix: 1\n", "promptctl.yaml:1:13: "),
        *[
            (f"labels: {{staging: {{branch: {branch}}}}}\n", "promptctl.yaml:1:28: ")
            for branch in (
                "-x",
                "/x",
                "x/",
                "a//b",
                "a..b",
                "'a b'",
                "'a\t'",
                "'*'",
                "''",
                "'a@{1}'",
            )
        ],
        ("labels: {staging: {signed: 'yes'}}\n", "promptctl.yaml:1:28: "),
        *[
            (f"labels: {{staging: {{allowed_signers: {path}}}}}\n", "promptctl.yaml:1:37: ")
            for path in ("/etc/x", "../x", "a/../../x", ".git/x", "''", r"a\b", "a/")
        ],
        ("labels: {staging: {environment: x}}\n", "promptctl.yaml:1:20: "),
        ("labels: {Staging: {}}\n", "promptctl.yaml:1:10: "),
        ("renamed: {a: B}\n", "promptctl.yaml:1:14: "),
        ("renamed: {a--b: b}\n", "promptctl.yaml:1:11: "),
        ("renamed: {a: _x}\n", "promptctl.yaml:1:14: "),
        ("renamed: {a: a}\n", "promptctl.yaml:1:14: .* circle"),
        ("renamed: {c: a, a: b, b: a}\n", "promptctl.yaml:1:14: .* circle"),
        *[(f"{key}: x\n", "promptctl.yaml:1:1: ") for key in ("base_url", "endpoints", "proxy")],
        *[(f"{key}: x\n", "promptctl.yaml:1:1: ") for key in ("headers", "key_variable", "env")],
    ],
)
def test_a_setting_that_cannot_be_used_is_named_with_its_place(
    tmp_path: Path, text: str, words: str
) -> None:
    (tmp_path / "promptctl.yaml").write_text(text)
    with pytest.raises(SettingsInvalid, match=words):
        read(tmp_path)


def test_a_settings_file_that_is_a_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "promptctl.yaml").symlink_to("/etc/passwd")
    with pytest.raises(PromptctlError, match="a link"):
        read(tmp_path)


def test_settings_can_come_from_a_text_without_a_file(tmp_path: Path) -> None:
    found = parse_settings(b"project: p\n", Settings(tmp_path, is_bare=True), "HEAD:promptctl.yaml")
    assert (found.is_bare, found.project) == (True, "p")
    assert found.source_of("project") == "HEAD:promptctl.yaml:1"


KEYS = (*SETTING_NAMES, "version", "x")
ODD_VALUES: tuple[Json, ...] = (
    *(None, True, 0, 1, 1.0, 2, "", "a", "a\n", "\n", "a b", "-a", "a" * 200, "a" * 201, "é"),
    *([], {}, {"": "error"}, {"a": "error"}, {"a": "loud"}, {"A": "error"}, {"a\n": "off"}),
    *({"a": None}, {"a": ["error"]}, {"a": {}}),
    *("prompts/", "a/b/", "a/\n", "a//", ".a/", "-a/", "é/", f"{'a' * 99}/", f"{'a' * 100}/"),
)


@given(st.dictionaries(st.sampled_from(KEYS), st.sampled_from(ODD_VALUES), max_size=3))
def test_plain_settings_are_settings_that_the_schema_accepts(data: dict[str, Json]) -> None:
    schema_text = (CHECKOUT / "schemas/project.schema.json").read_text()
    if is_plain(data):
        assert prompt_problems(schema_text, data) == []


def test_ordinary_settings_are_plain() -> None:
    assert is_plain({"version": 1, "project": "p", "rules": {"variable-unused": "off"}})
    assert is_plain({"tag_prefix": "acme/prompts/"})
    assert is_plain(
        {"labels": {"staging": {}, "published": {"branch": "release/eu", "signed": True}}}
    )
    assert not is_plain({"renamed": {}})
    assert not is_plain([])


# --- the user's own configuration ------------------------------------------------------------------


def write_config(text: str) -> Path:
    path = user_config_path(os.environ)
    assert path is not None
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_user_configuration_is_read_with_defaults(hermetic: Path) -> None:
    assert read_user_config(os.environ).endpoints == {}
    path = write_config(
        "endpoints:\n  groq:\n    base_url: https://api.groq.com/openai/v1/\n"
        "    key_variable: GROQ_API_KEY\n    headers: {X-Team: growth}\n"
        "timeouts: {connect: 3, total: 60.5}\n"
    )
    config = read_user_config(os.environ)
    assert (config.file, config.timeouts) == (path, {"connect": 3.0, "total": 60.5})
    endpoint = resolve_endpoint("groq", {**os.environ, "GROQ_API_KEY": "gsk-1"})
    assert (endpoint.wire, endpoint.base_url) == ("openai", "https://api.groq.com/openai/v1")
    assert endpoint.origin_source == str(path)
    assert endpoint.headers == (("X-Team", "growth"),)
    assert endpoint.key is not None
    assert endpoint.key.reveal() == "gsk-1"


def test_the_configuration_may_be_a_link_of_a_dotfile_manager(hermetic: Path) -> None:
    path = write_config("")
    path.unlink()
    (hermetic / "dotfiles.yaml").write_text("timeouts: {idle: 9}\n")
    path.symlink_to(hermetic / "dotfiles.yaml")
    assert read_user_config(os.environ).timeouts == {"idle": 9.0}


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("endpoint: {}\n", "config.yaml:1:1"),
        ("endpoints: {x: {}}\n", "config.yaml:1:"),
        ("endpoints:\n  x:\n    base_url: ftp://x\n", "config.yaml:3:"),
        ("endpoints:\n  x:\n    base_url: http://x\n    api: soap\n", "config.yaml:4:"),
        ("endpoints:\n  local:\n    base_url: http://x\n", "config.yaml:2:"),
        ('endpoints: {x: {base_url: "http://x", headers: {A: "b\\nC: d"}}}\n', "config.yaml:1:"),
        ('endpoints: {x: {base_url: "http://x", headers: {A: "b\\n"}}}\n', "config.yaml:1:"),
        ("endpoints: {x: {base_url: 'http://x', headers: {Host: y}}}\n", "config.yaml:1:"),
        ("endpoints: {x: {base_url: 'http://x', key_variable: 'a b'}}\n", "config.yaml:1:"),
        ("timeouts: {idle: 0}\n", "config.yaml:1:"),
        ("timeouts: {idle: soon}\n", "config.yaml:1:"),
    ],
)
def test_a_mistake_in_the_configuration_is_named_with_its_place(text: str, place: str) -> None:
    write_config(text)
    with pytest.raises(SettingsInvalid, match=place):
        read_user_config(os.environ)


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"XDG_CONFIG_HOME": "/x", "HOME": "/h"}, "/x/promptctl/config.yaml"),
        ({"XDG_CONFIG_HOME": "", "HOME": "/h"}, "/h/.config/promptctl/config.yaml"),
        ({"XDG_CONFIG_HOME": "relative", "HOME": "/h"}, "/h/.config/promptctl/config.yaml"),
        ({"HOME": "relative"}, None),
        ({}, None),
    ],
)
def test_where_the_configuration_is(environ: Mapping[str, str], expected: str | None) -> None:
    path = user_config_path(environ)
    assert (str(path) if path is not None else None) == expected


# --- origins and keys ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("provider", "environ", "base_url", "source"),
    [
        ("openai", {}, "https://api.openai.com/v1", "built in"),
        ("anthropic", {}, "https://api.anthropic.com", "built in"),
        ("ollama", {}, "http://127.0.0.1:11434", "built in"),
        ("echo", {}, "", "built in"),
        ("google", {}, "https://generativelanguage.googleapis.com/v1beta", "built in"),
        (
            "google",
            {"GOOGLE_GEMINI_BASE_URL": "https://g.example/v1/"},
            "https://g.example/v1",
            "GOOGLE_GEMINI_BASE_URL",
        ),
        (
            "openai",
            {"OPENAI_BASE_URL": "HTTPS://Example.COM:8443/v1//"},
            "https://example.com:8443/v1",
            "OPENAI_BASE_URL",
        ),
        ("openai", {"OPENAI_BASE_URL": ""}, "https://api.openai.com/v1", "built in"),
        (
            "anthropic",
            {"ANTHROPIC_BASE_URL": "http://[::1]:80/"},
            "http://[::1]:80",
            "ANTHROPIC_BASE_URL",
        ),
        *[
            ("ollama", {"OLLAMA_HOST": given}, expected, "OLLAMA_HOST")
            for given, expected in {
                "box": "http://box:11434",
                "box:1": "http://box:1",
                ":1": "http://127.0.0.1:1",
                "0.0.0.0": "http://127.0.0.1:11434",
                "0.0.0.0:8080": "http://127.0.0.1:8080",
                "http://box": "http://box",
                "https://box/ollama/": "https://box/ollama",
                "::1": "http://[::1]:11434",
                "[::]:9": "http://[::1]:9",
                "'box' ": "http://box:11434",
            }.items()
        ],
    ],
)
def test_the_origin_of_a_provider(
    provider: str, environ: Mapping[str, str], base_url: str, source: str
) -> None:
    endpoint = resolve_endpoint(provider, environ)
    assert (endpoint.base_url, endpoint.origin_source) == (base_url, source)


@pytest.mark.parametrize(
    "url",
    [
        "example.com/v1",
        "ftp://example.com",
        "https://",
        "https://user:hunter2@example.com/v1",
        "https://hunter2@example.com/v1",
        "https://example.com/v1?key=hunter2",
        "https://example.com/v1#hunter2",
        "https://example.com:99999/v1",
        "https://exa mple.com/",
        "https://example.com/\n",
        "https://exämple.com/",
        "https://[::1/",
        "https://example.com\\@evil.example/",
    ],
)
def test_a_url_that_cannot_be_used_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(UsageProblem, match="OPENAI_BASE_URL") as caught:
        resolve_endpoint("openai", {"OPENAI_BASE_URL": url})
    assert "hunter2" not in f"{caught.value} {caught.value.hint}"


def test_a_key_goes_to_the_origin_it_belongs_to() -> None:
    keys = {"OPENAI_API_KEY": "sk-openai", "ANTHROPIC_API_KEY": "sk-ant"}
    write_config(
        "endpoints:\n  mine: {base_url: 'https://mine.example/v1'}\n"
        "  openai: {base_url: 'https://gateway.example/v1'}\n"
    )
    environ = {**os.environ, **keys}
    assert resolve_endpoint("mine", environ).key is None
    assert resolve_endpoint("openai", environ).key is None, "the user named no key for this origin"
    anthropic = resolve_endpoint("anthropic", environ)
    assert anthropic.key is not None
    assert anthropic.key.reveal() == "sk-ant"
    environ["OPENAI_BASE_URL"] = "https://other.example/v1"
    other = resolve_endpoint("openai", environ)
    assert other.base_url == "https://other.example/v1"
    assert other.key is not None
    assert other.key.reveal() == "sk-openai"


@pytest.mark.parametrize(
    "value", ["sk hunter2", "sk-hunter2\n", " hunter2", "hünter2", "hunter2\x00"]
)
def test_a_key_that_cannot_be_sent_is_refused_and_not_shown(value: str) -> None:
    with pytest.raises(CredentialError, match="OPENAI_API_KEY") as caught:
        resolve_endpoint("openai", {"OPENAI_API_KEY": value})
    shown = f"{caught.value} {caught.value.hint}"
    assert "hunter2" not in shown
    assert value.strip() not in shown


def test_a_missing_key_is_an_error_only_when_it_is_needed() -> None:
    endpoint = resolve_endpoint("openai", {"OPENAI_API_KEY": ""})
    with pytest.raises(KeyMissing, match="OPENAI_API_KEY") as caught:
        require_key(endpoint)
    assert "export OPENAI_API_KEY" in (caught.value.hint or "")
    require_key(resolve_endpoint("ollama", {}))
    require_key(resolve_endpoint("openai", {"OPENAI_BASE_URL": "http://127.0.0.1:8000/v1"}))


def test_a_key_does_not_travel_unencrypted_unless_the_user_says_so() -> None:
    environ = {**os.environ, "OPENAI_API_KEY": "k", "GPU_KEY": "k"}
    with pytest.raises(CredentialError, match="unencrypted"):
        resolve_endpoint("openai", {**environ, "OPENAI_BASE_URL": "http://10.0.0.7/v1"})
    local = resolve_endpoint("openai", {**environ, "OPENAI_BASE_URL": "http://127.0.0.1:1/v1"})
    assert local.key is not None
    entry = "endpoints: {gpu: {base_url: 'http://10.0.0.7/v1', key_variable: GPU_KEY%s}}\n"
    write_config(entry % "")
    with pytest.raises(CredentialError, match="unencrypted"):
        resolve_endpoint("gpu", environ)
    write_config(entry % ", allow_insecure: true")
    assert resolve_endpoint("gpu", environ).key is not None


def test_a_provider_may_have_further_variables_for_its_key() -> None:
    both = {"GEMINI_API_KEY": "k-gemini", "GOOGLE_API_KEY": "k-google"}
    for environ, variable in (
        (both, "GEMINI_API_KEY"),
        ({"GOOGLE_API_KEY": "k"}, "GOOGLE_API_KEY"),
    ):
        endpoint = resolve_endpoint("google", environ)
        assert endpoint.key is not None
        assert endpoint.key.reveal() == environ[variable]
        assert endpoint.key_variable == variable
    with pytest.raises(KeyMissing, match="GEMINI_API_KEY is not set") as caught:
        require_key(resolve_endpoint("google", {}))
    assert "GOOGLE_API_KEY" in (caught.value.hint or "")


AWS_KEYS = {"AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "secret/+"}
BEDROCK = "https://bedrock-runtime.eu-west-1.amazonaws.com"


def test_aws_signs_or_takes_a_key_of_bedrock() -> None:
    region = {"AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "us-east-1"}
    signing = resolve_endpoint("aws", {**AWS_KEYS, **region, "AWS_SESSION_TOKEN": "t"})
    assert signing.base_url == BEDROCK
    assert signing.signing == Signing("AKID", "eu-west-1", Secret("t"))
    assert (signing.key, signing.key_variable) == (Secret("secret/+"), "AWS_SECRET_ACCESS_KEY")
    bearer = resolve_endpoint("aws", {**AWS_KEYS, **region, "AWS_BEARER_TOKEN_BEDROCK": "b"})
    assert (bearer.signing, bearer.key) == (None, Secret("b"))
    here = {"AWS_ENDPOINT_URL_BEDROCK_RUNTIME": "http://127.0.0.1:1", **AWS_KEYS, **region}
    elsewhere = resolve_endpoint("aws", here)
    assert elsewhere.base_url == "http://127.0.0.1:1"
    assert elsewhere.signing == Signing("AKID", "eu-west-1")


def test_aws_of_the_users_own_configuration_signs_only_if_told_so() -> None:
    environ = {**os.environ, **AWS_KEYS, "AWS_REGION": "eu-west-1", "TEAM_KEY": "k"}
    for variable, signs in (("AWS_SECRET_ACCESS_KEY", True), ("TEAM_KEY", False)):
        entry = f"{{base_url: 'https://vpc.example', api: aws, key_variable: {variable}}}"
        write_config(f"endpoints: {{mine: {entry}}}\n")
        endpoint = resolve_endpoint("mine", environ)
        assert endpoint.key is not None
        assert (endpoint.signing is not None) == signs
    write_config("endpoints: {mine: {base_url: 'https://vpc.example', api: aws}}\n")
    endpoint = resolve_endpoint("mine", environ)
    assert (endpoint.key, endpoint.signing) == (None, None)


@pytest.mark.parametrize(
    ("environ", "error", "said"),
    [
        (AWS_KEYS, UsageProblem, "region"),
        ({"AWS_BEARER_TOKEN_BEDROCK": "b"}, UsageProblem, "region"),
        ({"AWS_REGION": "evil.example/"}, UsageProblem, "AWS_REGION"),
        (
            {"AWS_SECRET_ACCESS_KEY": "hunter2", "AWS_DEFAULT_REGION": "eu-west-1"},
            CredentialError,
            "without AWS_ACCESS_KEY_ID",
        ),
        (
            {**AWS_KEYS, "AWS_REGION": "eu-west-1", "AWS_SESSION_TOKEN": "hunter2\n"},
            CredentialError,
            "AWS_SESSION_TOKEN",
        ),
        (
            {**AWS_KEYS, "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": "https://x.example"},
            UsageProblem,
            "region",
        ),
    ],
)
def test_what_aws_lacks_is_named(
    environ: dict[str, str], error: type[PromptctlError], said: str
) -> None:
    with pytest.raises(error, match=said) as caught:
        resolve_endpoint("aws", environ)
    assert "hunter2" not in f"{caught.value} {caught.value.hint}"
    assert "evil" not in f"{caught.value} {caught.value.hint}"


def test_aws_without_a_key_is_never_asked() -> None:
    endpoint = resolve_endpoint("aws", {"AWS_ACCESS_KEY_ID": "AKID"})
    assert endpoint.base_url == "https://bedrock-runtime.$AWS_REGION.amazonaws.com"
    with pytest.raises(KeyMissing, match="AWS_BEARER_TOKEN_BEDROCK is not set") as caught:
        require_key(endpoint)
    assert "AWS_SECRET_ACCESS_KEY" in (caught.value.hint or "")


def test_private_channels() -> None:
    private = [
        "https://x",
        "http://localhost:1",
        "http://127.8.8.8",
        "http://[::1]",
    ]
    open_to_others = [
        "http://x",
        "http://10.0.0.1",
        "http://localhost.example",
        "http://a.localhost",  # any resolver's to answer, and a proxy's
        "http://127.0.0.1.example",
    ]
    assert [url for url in private + open_to_others if is_private_channel(url)] == private


def test_an_unknown_provider_says_where_to_name_it() -> None:
    with pytest.raises(UsageProblem, match="grok") as caught:
        resolve_endpoint("grok", os.environ)
    assert str(user_config_path(os.environ)) in (caught.value.hint or "")


def fake_keyring(monkeypatch: pytest.MonkeyPatch, stored: Mapping[tuple[str, str], str]) -> None:
    """A keyring library as far as promptctl uses it: the real one needs a desktop session."""
    errors = types.ModuleType("keyring.errors")
    errors.KeyringError = type("KeyringError", (Exception,), {})  # type: ignore[attr-defined]
    module = types.ModuleType("keyring")
    module.__spec__ = types.SimpleNamespace()  # type: ignore[assignment]
    module.errors = errors  # type: ignore[attr-defined]

    def get_password(service: str, name: str) -> str | None:
        if (service, name) == ("promptctl", "anthropic"):
            raise errors.KeyringError("locked")
        return stored.get((service, name))

    module.get_password = get_password  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "keyring", module)
    monkeypatch.setitem(sys.modules, "keyring.errors", errors)


def test_the_keyring_holds_keys_for_built_in_origins(monkeypatch: pytest.MonkeyPatch) -> None:
    fake_keyring(monkeypatch, {("promptctl", "openai"): "sk-ring"})
    key = resolve_endpoint("openai", {}).key
    assert key is not None
    assert key.reveal() == "sk-ring"
    from_environment = resolve_endpoint("openai", {"OPENAI_API_KEY": "sk-env"}).key
    assert from_environment is not None
    assert from_environment.reveal() == "sk-env"
    elsewhere = {"OPENAI_BASE_URL": "https://other.example/v1"}
    assert resolve_endpoint("openai", elsewhere).key is None
    assert resolve_endpoint("anthropic", {}).key is None, "a locked keyring is no key"


@pytest.mark.parametrize("kind", ["link", "folder", "pipe"])
@pytest.mark.parametrize("name", ["promptctl.yaml", "config.yaml"])
def test_a_settings_file_that_is_none_is_a_settings_problem(
    git_repository: GitRepository, hermetic: Path, run_process: RunCli, name: str, kind: str
) -> None:
    git_repository.commit({"prompts/x.yaml": "provider: echo\ntemplate: hello\n"})
    place = git_repository.path / name
    if name == "config.yaml":
        place = hermetic / ".config/promptctl/config.yaml"
        place.parent.mkdir(parents=True)
    if kind == "pipe":
        os.mkfifo(place)
    elif kind == "folder":
        place.mkdir()
    else:
        place.symlink_to("/dev/zero")
    done = run_process(["run", "x", "--format", "json"], cwd=git_repository.path)
    assert done.exit_code == 2
    assert '"kind":"settings_invalid"' in done.stderr
    assert name in done.stderr or "/dev/zero" in done.stderr


@pytest.mark.parametrize("group", ["minimal", "standard", "strict"])
def test_a_rule_group_is_one_of_three(group: str, tmp_path: Path) -> None:
    (tmp_path / "promptctl.yaml").write_text(f"rule_group: {group}\n")
    settings = read_settings(tmp_path, {})
    assert (settings.rule_group, settings.source_of("rule_group")) == (group, "promptctl.yaml:1")


def test_another_rule_group_is_refused(tmp_path: Path) -> None:
    (tmp_path / "promptctl.yaml").write_text("rule_group: strcit\n")
    with pytest.raises(SettingsInvalid, match="rule_group") as caught:
        read_settings(tmp_path, {})
    assert caught.value.hint == "did you mean `strict`?"
