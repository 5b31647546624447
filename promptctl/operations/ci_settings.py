"""The settings at both ends of a change: those of the base count, and what the change edits is named."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from promptctl.core.accepted import AcceptedBreak
from promptctl.core.checks import check_settings
from promptctl.core.fast_dataclass import dataclass
from promptctl.core.finding import Finding, Location
from promptctl.core.renamed import name_now
from promptctl.core.review import RuleEdit
from promptctl.core.rules import found
from promptctl.core.settings_document import check_settings_document
from promptctl.errors import FileMissing, FileRefused, SettingsInvalid
from promptctl.operations.repository import OpenRepository
from promptctl.repo.schemas import read_schema_text
from promptctl.settings import SETTINGS_FILE, LabelSettings, Settings, parse_settings


@dataclass(frozen=True, slots=True)
class SettingsAt:
    """What promptctl.yaml says at a commit."""

    settings: Settings
    content: bytes | None
    """None where there is no such file."""
    problem: str | None = None
    """Why it cannot be used, so that `settings` are others."""


def settings_at(
    repository: OpenRepository, commit: str, shown: str, fallback: Settings | None = None
) -> SettingsAt:
    """The settings at a commit; the defaults, or the fallback, where the file there cannot be used."""
    here = repository.settings
    plain = Settings(here.root, here.file, here.git_top, here.is_bare)
    content = None
    try:
        content = repository.history.read_file(commit, SETTINGS_FILE)
        return SettingsAt(parse_settings(content, plain, f"{shown}:{SETTINGS_FILE}"), content)
    except FileMissing:
        return SettingsAt(plain, None)
    except (FileRefused, SettingsInvalid) as error:
        return SettingsAt(fallback or plain, content, error.message)


def settings_findings(at: SettingsAt) -> list[Finding]:
    """What is wrong with promptctl.yaml."""
    whole = Location(SETTINGS_FILE)
    if at.content is None:
        return [] if at.problem is None else [found("file-unreadable", whole, at.problem)]
    parsed = check_settings_document(at.content, SETTINGS_FILE, read_schema_text("project"))
    findings = list(parsed.findings)
    if parsed.document is not None:
        findings += check_settings(parsed.document)
    if at.problem is not None and not any(finding.is_error for finding in findings):
        findings.append(found("settings-invalid", whole, at.problem))
    return findings


def with_settings(repository: OpenRepository, settings: Settings) -> OpenRepository:
    """The repository as if its promptctl.yaml said this."""
    worktree = replace(repository.worktree, prompts_dir=settings.prompts_dir)
    return replace(repository, settings=settings, worktree=worktree)


def rule_edits(old: Settings, new: Settings) -> tuple[RuleEdit, ...]:
    """The settings that decide what may merge, or where releases are looked for, and that differ."""
    return tuple(edit for edit in _edits(old, new) if edit.old != edit.new)


def _edits(old: Settings, new: Settings) -> Iterator[RuleEdit]:
    yield RuleEdit("rule_group", old.rule_group, new.rule_group)
    yield from _of_mappings("rules", _severities(old), _severities(new))
    yield from _of_mappings("labels", _labels(old.labels), _labels(new.labels))
    yield from _of_mappings("accepted_breaks", _breaks(old), _breaks(new))
    yield from _lost(old, new)
    for name in ("default_branch", "remote", "tag_prefix", "prompts_dir", "project"):
        yield RuleEdit(name, getattr(old, name), getattr(new, name))


def _of_mappings(name: str, old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[RuleEdit]:
    for key in sorted(old.keys() | new.keys()):
        yield RuleEdit(f"{name}.{key}", old.get(key), new.get(key))


def _lost(old: Settings, new: Settings) -> Iterator[RuleEdit]:
    """Old names of prompts that no longer lead to them. A new name is a change of its prompt; but who asks
    by one that is lost gets no answer, or another prompt's."""
    for name, now in old.renamed.items():
        leads_to = name_now(new.renamed, name)
        if leads_to != (name_now(new.renamed, now) or now):
            yield RuleEdit(f"renamed.{name}", now, leads_to)


def _severities(settings: Settings) -> dict[str, str]:
    return {rule: severity.value for rule, severity in settings.rules.items()}


def _labels(labels: Mapping[str, LabelSettings]) -> dict[str, str]:
    return {name: _label_in_words(label) for name, label in labels.items()}


def _label_in_words(label: LabelSettings) -> str:
    parts = [
        "any branch" if label.branch is None else f"branch {label.branch}",
        "signed" if label.signed else "not signed",
    ]
    if label.allowed_signers is not None:
        parts.append(f"by those in {label.allowed_signers}")
    return ", ".join(parts)


def _breaks(settings: Settings) -> dict[str, str]:
    return {_break_key(entry): entry.reason for entry in settings.accepted_breaks}


def _break_key(entry: AcceptedBreak) -> str:
    return entry.fingerprint if entry.prompt is None else f"{entry.prompt}.{entry.fingerprint}"
