"""What a shell may offer: quick, without network, and nothing where nothing can be known."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from promptctl.core.catalog import PROVIDERS
from promptctl.core.change import CHANGE_RULES
from promptctl.core.document import parse_document
from promptctl.core.reference import is_prompt_name
from promptctl.core.rules import RULES
from promptctl.core.summary import summarise_prompt
from promptctl.credentials import read_user_config
from promptctl.errors import PromptctlError
from promptctl.operations.repository import open_repository
from promptctl.repo.branches import local_branches
from promptctl.repo.git import Git
from promptctl.repo.releases import Releases
from promptctl.repo.worktree import Worktree
from promptctl.settings import read_settings

MAX_VERSIONS = 20
"""Versions that are offered, the newest first."""


def names(directory: Path, environ: Mapping[str, str], incomplete: str) -> list[str]:
    """Names of the working tree's prompts that begin so."""
    try:
        settings = read_settings(directory, environ)
        files = Worktree(settings.root, settings.prompts_dir).prompt_files()
        return [file.name for file in files if file.is_prompt and file.name.startswith(incomplete)]
    except PromptctlError:
        return []


def rules(incomplete: str) -> list[str]:
    """Rules of `validate` and of changes that begin so."""
    return [rule for rule in (*RULES, *CHANGE_RULES) if rule.startswith(incomplete)]


def references(directory: Path, environ: Mapping[str, str], incomplete: str) -> list[str]:
    """Names, and behind an `@` the working tree, HEAD, labels, versions and the branches of this clone."""
    name, at, revision = incomplete.partition("@")
    if not at:
        return names(directory, environ, incomplete)
    try:
        branches = local_branches(Git(directory, environ), revision)
    except PromptctlError:
        branches = []
    ends = (".", "HEAD", *_releases(directory, environ, name))
    fixed = [end for end in ends if end.startswith(revision)]
    return [f"{name}@{end}" for end in dict.fromkeys((*fixed, *branches))]


def _releases(directory: Path, environ: Mapping[str, str], name: str) -> list[str]:
    """`latest`, the recorded labels and the newest versions of a prompt, by the names of its tags."""
    if not is_prompt_name(name):
        return []
    try:
        settings = read_settings(directory, environ)
        tags = Releases(Git(directory, environ), settings.tag_prefix).list_tags(name)
    except PromptctlError:
        return []
    labels = {ref.tag.label for ref in tags if ref.tag.label is not None}
    numbers = sorted((ref.tag.number for ref in tags if ref.tag.label is None), reverse=True)
    latest = ["latest"] if numbers else []
    return [*latest, *sorted(labels), *(f"v{number}" for number in numbers[:MAX_VERSIONS])]


def providers(environ: Mapping[str, str], incomplete: str) -> list[str]:
    """The providers that are built in or in the user's configuration."""
    try:
        own = list(read_user_config(environ).endpoints)
    except PromptctlError:
        own = []
    return [name for name in dict.fromkeys((*PROVIDERS, *own)) if name.startswith(incomplete)]


def variables(
    directory: Path, environ: Mapping[str, str], reference: str, incomplete: str
) -> list[str]:
    """The declared variables of a prompt, each as `name=`; those that must be given come first."""
    try:
        repository = open_repository(directory, environ, bare_name="worktree")
        source = repository.source(reference)
        document = parse_document(source.content, source.path).document
    except PromptctlError:
        return []
    declared = summarise_prompt(source.name, source.path, document.data if document else None)
    ordered = sorted(declared.variables, key=lambda variable: not variable.required)
    return [f"{v.name}=" for v in ordered if v.name.startswith(incomplete)]
