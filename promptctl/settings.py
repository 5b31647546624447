"""Where the repository is and what its promptctl.yaml says, as one frozen value."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import field, replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from promptctl.core.accepted import AcceptedBreak
from promptctl.core.fast_dataclass import dataclass
from promptctl.core.finding import Location, Severity
from promptctl.core.reference import is_label
from promptctl.core.simple_settings import read_simple
from promptctl.errors import FileMissing, FileRefused, NotARepository, SettingsInvalid
from promptctl.files import read_file_below

if TYPE_CHECKING:
    from promptctl.core.json_data import Json
    from promptctl.core.json_data import Path as DataPath

_Place: TypeAlias = "Callable[[DataPath], Location]"

SETTINGS_FILE = "promptctl.yaml"
DEFAULT_SOURCE = "default"
_MAX_SETTINGS = 1024 * 1024
_SCHEMA = Path(__file__).resolve().parent / "schemas/project.schema.json"


@dataclass(frozen=True, slots=True)
class LabelSettings:
    """What the settings ask of one label."""

    branch: str | None = None
    """The branch of the remote that has to hold a commit before the label may name it."""
    signed: bool = False
    allowed_signers: str | None = None
    """The file of those whose signatures count, below the folder of promptctl.yaml."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Every effective setting of one prompt repository; `sources` says where each comes from."""

    root: Path
    """The folder of promptctl.yaml, or the git top level, or a bare repository itself."""
    file: Path | None = None
    git_top: Path | None = None
    """The nearest folder upwards that holds `.git`, or the bare repository; None outside git."""
    is_bare: bool = False
    prompts_dir: str = "prompts"
    project: str | None = None
    remote: str = "origin"
    default_branch: str | None = None
    tag_prefix: str = "prompts/"
    labels: Mapping[str, LabelSettings] = field(default_factory=dict)
    """The labels that the file names, and perhaps `published` among them; that one always exists."""
    renamed: Mapping[str, str] = field(default_factory=dict)
    """The old name of a prompt -> its next name. No name leads back to itself."""
    rule_group: str = "standard"
    accepted_breaks: tuple[AcceptedBreak, ...] = ()
    """Breaking changes that are accepted knowingly; only those of the default branch count."""
    rules: Mapping[str, Severity] = field(default_factory=dict)
    """What counts for a rule whatever the group."""
    sources: Mapping[str, str] = field(default_factory=dict)
    knows_prompts: bool = True
    """False where promptctl.yaml is broken and nothing tells which folder the prompts are in."""

    def source_of(self, setting: str) -> str:
        """Where a setting comes from: `promptctl.yaml:3`, or `default`."""
        return self.sources.get(setting, DEFAULT_SOURCE)


SETTING_NAMES = (
    "prompts_dir",
    "project",
    "tag_prefix",
    "remote",
    "default_branch",
    "labels",
    "renamed",
    "accepted_breaks",
    "rule_group",
    "rules",
)
"""The settings that this release acts on, in the order in which they are shown."""


def process_environ() -> Mapping[str, str]:
    """The environment of this process, for callers of the library that pass none."""
    return os.environ


def settings_in_words(settings: Settings) -> str:
    """Which promptctl.yaml holds."""
    if settings.file is None:
        return f"settings: defaults, there is no {SETTINGS_FILE} up to {settings.root}"
    return f"settings: {settings.file}"


def read_settings(
    directory: Path, environ: Mapping[str, str], *, lenient: bool = False
) -> Settings:
    """The settings that hold in a folder: from the nearest promptctl.yaml upwards, else defaults.

    The search ends at the first folder that holds promptctl.yaml or `.git`: a repository never takes
    settings from outside itself. `lenient` takes the defaults in place of a promptctl.yaml that cannot
    be used. Raises NotARepository and SettingsInvalid. No program is started.
    """
    start = Path(os.path.abspath(directory))
    if not start.is_dir():
        raise NotARepository(f"{directory} is not a folder")
    git_top = _find_git(start, environ)
    for folder in (start, *start.parents):
        if os.path.lexists(folder / SETTINGS_FILE):
            file = folder / SETTINGS_FILE
            return _settings_in(file, Settings(folder, file, git_top), start, lenient=lenient)
        if folder == git_top:
            return Settings(folder, git_top=git_top, is_bare=is_bare_repository(folder))
    raise NotARepository(
        f"{start} is in no prompt repository: no {SETTINGS_FILE} and no git repository here or above",
        "promptctl init",
    )


def _settings_in(file: Path, defaults: Settings, start: Path, *, lenient: bool) -> Settings:
    content = None
    try:
        content = _read_settings_file(file.parent)
        return parse_settings(content, defaults, _shown(file, start))
    except (SettingsInvalid, FileRefused):
        if not lenient:
            raise
        folder = _prompts_folder(content)
        return replace(defaults, prompts_dir=folder or "prompts", knows_prompts=folder is not None)


def _prompts_folder(content: bytes | None) -> str | None:
    """The prompts folder that a broken promptctl.yaml means all the same; None if it cannot be told."""
    if content is None or b"prompts_dir" not in content:
        return None if content is None else "prompts"
    from promptctl.core.settings_document import parse_settings_yaml  # as in `_parse_any`

    document = parse_settings_yaml(content, SETTINGS_FILE).document
    data = document.data if document is not None else None
    folder = _text(data, "prompts_dir") if isinstance(data, Mapping) else None
    return folder.rstrip("/") if folder and folder_problem(folder) is None else None


def parse_settings(content: bytes, found: Settings, shown: str = SETTINGS_FILE) -> Settings:
    """What the text of a promptctl.yaml says, on top of where it was found."""
    simple = read_simple(content)
    if simple is not None and is_plain(simple.data):
        lines = simple.lines
        return _settings(
            simple.data, found, shown, lambda path: Location(shown, lines[str(path[0])])
        )
    return _parse_any(content, found, shown)


def _parse_any(content: bytes, found: Settings, shown: str) -> Settings:
    from promptctl.core.settings_document import parse_settings_document  # PyYAML takes 15 ms

    schema_text = _SCHEMA.read_text(encoding="utf-8")
    document = parse_settings_document(content, shown, schema_text, is_plain=is_plain)
    if document is None:
        return found
    given = document.data if isinstance(document.data, Mapping) else {}
    return _settings(given, found, shown, document.location)


def _settings(given: Mapping[str, Json], found: Settings, shown: str, place: _Place) -> Settings:
    return Settings(
        found.root,
        found.file,
        found.git_top,
        found.is_bare,
        prompts_dir=_folder(given, place),
        project=_text(given, "project"),
        remote=_text(given, "remote") or found.remote,
        default_branch=_text(given, "default_branch"),
        tag_prefix=_text(given, "tag_prefix") or found.tag_prefix,
        labels=_labels(given, place),
        renamed=_renamed(given, place),
        accepted_breaks=_accepted_breaks(given),
        rule_group=_text(given, "rule_group") or found.rule_group,
        rules={rule: Severity(str(value)) for rule, value in _mapping(given, "rules").items()},
        sources={n: f"{shown}:{place((n,)).line}" for n in SETTING_NAMES if n in given},
    )


_TEXT = r"(?s:.{1,200})"
_PLAIN_TEXTS = {
    "project": re.compile(_TEXT),
    "default_branch": re.compile(_TEXT),
    "remote": re.compile(r"[A-Za-z0-9_][A-Za-z0-9_./-]*"),
    "rule_group": re.compile("minimal|standard|strict"),
    "tag_prefix": re.compile(r"(?=.{2,100}\Z)([A-Za-z0-9_][A-Za-z0-9_-]*/)+"),
}
_RULE = re.compile(r"[a-z][a-z0-9-]*")
_BRANCH = re.compile(r"(?=.{1,200}\Z)[A-Za-z0-9_][A-Za-z0-9_-]*(/[A-Za-z0-9_][A-Za-z0-9_-]*)*")
_SEVERITIES = tuple(severity.value for severity in Severity)


def is_plain(data: Json) -> bool:
    """Whether neither the schema nor this module refuses anything in the settings: they are so ordinary
    that the schema need not be asked. A no says nothing."""
    return isinstance(data, Mapping) and all(_is_plain(*item) for item in data.items())


def _is_plain(name: str, value: Json) -> bool:
    if name in _PLAIN_TEXTS:
        return isinstance(value, str) and _PLAIN_TEXTS[name].fullmatch(value) is not None
    if name == "prompts_dir":
        return isinstance(value, str) and value != "" and folder_problem(value) is None
    if name == "rules" and isinstance(value, Mapping):
        return all(_RULE.fullmatch(rule) and word in _SEVERITIES for rule, word in value.items())
    if name == "labels" and isinstance(value, Mapping):
        return all(is_label(label) and _is_plain_label(given) for label, given in value.items())
    return name == "version" and value is not True and value == 1


def _is_plain_label(given: Json) -> bool:
    """Whether a label has no settings, or only a branch and `signed`, as most have."""
    if not isinstance(given, Mapping) or not given.keys() <= {"branch", "signed"}:
        return False
    branch = given.get("branch", "main")
    is_branch = isinstance(branch, str) and _BRANCH.fullmatch(branch) is not None
    return is_branch and isinstance(given.get("signed", False), bool)


def is_bare_repository(folder: Path) -> bool:
    """Whether a folder is itself a git repository without a working tree."""
    return (
        (folder / "HEAD").is_file()
        and (folder / "objects").is_dir()
        and (folder / "refs").is_dir()
        and folder.name != ".git"
    )


def _find_git(start: Path, environ: Mapping[str, str]) -> Path | None:
    """The git top level, found without starting git; a bare repository only where we stand."""
    if is_bare_repository(start):
        return start
    ceilings = environ.get("GIT_CEILING_DIRECTORIES", "").split(os.pathsep)
    for folder in (start, *start.parents):
        if folder != start and str(folder) in ceilings:
            return None
        if os.path.lexists(folder / ".git"):
            return folder
    return None


def _read_settings_file(folder: Path) -> bytes:
    try:
        return read_file_below(folder, SETTINGS_FILE, _MAX_SETTINGS)
    except (FileMissing, FileRefused) as error:  # missing: removed between the look and the read
        raise SettingsInvalid(error.message) from None


def _shown(file: Path, start: Path) -> str:
    return os.path.relpath(file, start)


def _folder(given: Mapping[str, Json], place: _Place) -> str:
    folder = _text(given, "prompts_dir") or "prompts"
    problem = folder_problem(folder)
    if problem is not None:
        raise SettingsInvalid(f"{place(('prompts_dir',))}: {problem}")
    return folder.rstrip("/")


def folder_problem(folder: str) -> str | None:
    """Why a folder cannot be the one of the prompts, or None."""
    if not _leads_below(folder.rstrip("/")):
        return "prompts_dir must be a folder below this file, such as prompts or a/prompts"
    return None


def _leads_below(path: str) -> bool:
    """Whether a path stays below the folder that it begins in, and out of `.git`."""
    parts = path.split("/")
    stays = all(part.lower() not in ("", ".", "..", ".git") for part in parts)
    return stays and "\\" not in path and "\0" not in path


def _labels(given: Mapping[str, Json], place: _Place) -> Mapping[str, LabelSettings]:
    labels = _mapping(given, "labels")
    return {label: _label(label, _mapping(labels, label), place) for label in labels}


def _label(label: str, given: Mapping[str, Json], place: _Place) -> LabelSettings:
    signers = _text(given, "allowed_signers")
    if signers is not None and not _leads_below(signers):
        where = place(("labels", label, "allowed_signers"))
        raise SettingsInvalid(f"{where}: allowed_signers must be a file below this one's folder")
    return LabelSettings(_text(given, "branch"), given.get("signed") is True, signers)


def _renamed(given: Mapping[str, Json], place: _Place) -> Mapping[str, str]:
    renamed = {old: str(new) for old, new in _mapping(given, "renamed").items()}
    followed: set[str] = set()
    for old in renamed:
        name, chain = old, set[str]()
        while name in renamed and name not in followed:
            if name in chain:
                raise SettingsInvalid(
                    f"{place(('renamed', old))}: renamed leads from {old} in a circle"
                )
            chain.add(name)
            name = renamed[name]
        followed |= chain
    return renamed


def _accepted_breaks(given: Mapping[str, Json]) -> tuple[AcceptedBreak, ...]:
    entries = given.get("accepted_breaks")
    return tuple(
        AcceptedBreak(str(entry["fingerprint"]), str(entry["reason"]), _text(entry, "prompt"))
        for entry in (entries if isinstance(entries, list) else ())
        if isinstance(entry, Mapping)
    )


def _text(given: Mapping[str, Json], name: str) -> str | None:
    value = given.get(name)
    return value if isinstance(value, str) else None


def _mapping(given: Mapping[str, Json], name: str) -> Mapping[str, Json]:
    value = given.get(name)
    return value if isinstance(value, Mapping) else {}
