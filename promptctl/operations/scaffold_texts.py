"""The files that `init` and `new` write, filled in from the ones under promptctl/scaffold."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from promptctl.core.catalog import PROVIDERS
from promptctl.core.nearest import did_you_mean
from promptctl.errors import UsageProblem

TEMPLATES: Mapping[str, str | None] = {
    "chat": None,
    "string": None,
    "tool": "tools",
    "json": "json_schema",
}
"""What `new` can start from, each with the provider feature that it needs."""

DEFAULT_MODELS: Mapping[str, str | None] = {
    "openai": "gpt-4o-mini",
    "anthropic": "claude-sonnet-4-5",
    "google": "gemini-3.8-flash",
    "ollama": "llama3.2",
    "local": "smollm2-135m-instruct",
    "echo": None,
}
"""The model that a new prompt names when nobody chose one; echo has none."""

SCHEMA_COPY = ".promptctl/prompt.schema.json"
"""Where editors find the schema, below the root."""

_TEXT_ENDINGS = ("yaml", "md", "txt")
_FOLDER = Path(__file__).resolve().parent.parent / "scaffold"
# Of plain YAML scalars, words that no reader takes for a number, a date or a truth value.
_PLAIN_WORD = re.compile(r"[A-Za-z][A-Za-z0-9]*([-._/:][A-Za-z0-9]+)+")


@dataclass(frozen=True, slots=True)
class Answerer:
    """The provider and the model that a new prompt names."""

    provider: str
    model: str | None


def choose_answerer(
    provider: str | None,
    model: str | None,
    template: str,
    *,
    local_works: bool,
    known: Collection[str] = PROVIDERS,
) -> Answerer:
    """What a new prompt names; without a wish, what answers on this machine with no key.

    `known` are the providers that have a name here. Raises UsageProblem for a wish that cannot work.
    """
    feature = TEMPLATES.get(template)
    if provider is None:
        if model is not None:
            raise UsageProblem("--model needs --provider", f"--provider openai --model {model}")
        able = local_works and feature in (None, *PROVIDERS["local"].features)
        provider = "local" if able else "echo"
    for option, value in (("--provider", provider), ("--model", model)):
        if value is not None and not (value.strip() and value.isprintable()):
            raise UsageProblem(f"{option} `{value}` is no name")
    facts = PROVIDERS.get(provider)
    if facts is not None and feature is not None and feature not in facts.features:
        raise UsageProblem(
            f"a {template} prompt needs a provider that takes {feature}, and {provider} does not",
            f"--provider {_able(feature)}",
        )
    if model is None and provider not in DEFAULT_MODELS:
        raise _no_model(provider, known)
    return Answerer(provider, model or DEFAULT_MODELS[provider])


def _no_model(provider: str, known: Collection[str]) -> UsageProblem:
    with_model = f"--provider {provider} --model MODEL"
    if provider in known:
        return UsageProblem(f"no model is known for provider {provider}", with_model)
    near = did_you_mean(provider, known)
    hint = f"{near} For one that you set up later: {with_model}" if near else with_model
    return UsageProblem(f"there is no provider {provider} here", hint)


def _able(feature: str) -> str:
    return ", ".join(name for name, facts in PROVIDERS.items() if feature in facts.features)


def prompt_text(template: str, answerer: Answerer, schema: str | None) -> str:
    """A new prompt file; `schema` is the way from it to the schema's copy, if there is one."""
    model = answerer.model
    return _filled(
        f"{template}.yaml",
        {
            "EDITOR_LINE": schema and f"# yaml-language-server: $schema={schema}",
            "PROVIDER": _scalar(answerer.provider),
            "MODEL_LINE": model and f"model: {_scalar(model)}",
            # Anthropic's newer models refuse it.
            "TEMPERATURE_LINE": None if answerer.provider == "anthropic" else "  temperature: 0.2",
        },
    )


def project_text(project: str) -> str:
    """A promptctl.yaml with a stable id."""
    return _filled("project.yaml", {"PROJECT": project})


def attributes_text(prompts_dir: str) -> str:
    """A .gitattributes that keeps the bytes of prompts the same on every machine."""
    lines = ["# The same bytes on every machine, so that a version is the same everywhere."]
    for ending in _TEXT_ENDINGS:
        pattern = f"{prompts_dir}/**/*.{ending}"
        lines.append(f"{json.dumps(pattern) if ' ' in pattern else pattern} text eol=lf")
    return "\n".join(lines) + "\n"


def workflow_text(folder: str, branch: str) -> str:
    """A GitHub workflow for the prompts in `folder` of a repository; "" is its top.

    It reviews every pull request, and validates what is pushed to `branch`.
    """
    review, check = "ci --fetch", "validate --format github"
    values = {
        "REVIEW": _step(_command(folder, review)),
        "VALIDATE_GITHUB": _step(_command(folder, check)),
        "BRANCH": _branch(branch),
    }
    return _filled("workflow.yaml", values)


def publish_text(folder: str, prompts_dir: str, branch: str) -> str:
    """A GitHub workflow that publishes the prompts in `folder` when they change on `branch`."""
    start = f"{folder}/" if folder else ""
    return _filled(
        "publish.yaml",
        {
            "BRANCH": _branch(branch),
            "PROMPTS_PATH": json.dumps(f"{_literal(start + prompts_dir)}/**", ensure_ascii=False),
            "SETTINGS_PATH": json.dumps(f"{_literal(start)}promptctl.yaml", ensure_ascii=False),
            "PUBLISH": _step(_command(folder, "publish --all --yes")),
            "PUBLISH_BREAKING": _command(folder, "publish NAME --allow-breaking"),
        },
    )


def pre_commit_text(folder: str, prompts_dir: str) -> str:
    """A pre-commit configuration that formats and validates the prompts in `folder` before a commit."""
    start = f"{folder}/" if folder else ""
    files = f"^{re.escape(start)}({re.escape(prompts_dir)}/|promptctl\\.yaml$)"
    return _filled(
        "pre-commit.yaml",
        {
            "FMT": _scalar(_command(folder, "fmt")),
            "VALIDATE": _scalar(_command(folder, "validate")),
            "FILES": "'" + files.replace("'", "''") + "'",
        },
    )


def _command(folder: str, words: str) -> str:
    return f"promptctl -C {shlex.quote(folder)} {words}" if folder else f"promptctl {words}"


def _step(command: str) -> str:
    """The command of a workflow's step; GitHub fills in `${{ … }}` before the shell sees it."""
    return _scalar(command.replace("${{", "${{ '${{' }}"))


def _branch(branch: str) -> str:
    usual = branch in ("main", "master")
    return branch if usual else json.dumps(_literal(branch), ensure_ascii=False)


def _literal(path: str) -> str:
    """The pattern of a workflow that only this path or branch matches."""
    return re.sub(r"[\\*?+!\[\]]", r"\\\g<0>", path)


def _filled(name: str, values: Mapping[str, str | None]) -> str:
    """A file of the scaffold with its `@NAMES@` replaced; a line whose name stands for None goes."""
    lines = (_FOLDER / name).read_text(encoding="utf-8").splitlines(keepends=True)
    kept = (line for line in lines if values.get(line.strip("@\n"), "") is not None)
    return re.sub(r"@([A-Z_]+)@", lambda match: values[match[1]] or "", "".join(kept))


def _scalar(text: str) -> str:
    """A YAML scalar that every reader takes for this string."""
    known = text in PROVIDERS or re.fullmatch(r"promptctl( (-C [A-Za-z0-9._/-]+ )?[a-z -]+)?", text)
    if known or _PLAIN_WORD.fullmatch(text):
        return text
    return json.dumps(text, ensure_ascii=False)
