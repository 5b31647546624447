"""Making a prompt repository, and new prompts in one."""

from __future__ import annotations

import os
import shlex
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

from promptctl.core.catalog import PROVIDERS
from promptctl.core.reference import is_path, name_problem
from promptctl.credentials import read_user_config, resolve_endpoint
from promptctl.errors import (
    AlreadyExists,
    CredentialError,
    LocalIOError,
    NotARepository,
    ReferenceInvalid,
    Refused,
    UsageProblem,
)
from promptctl.operations.model import model_status
from promptctl.operations.placement import missing_files, placed
from promptctl.operations.repository import open_repository
from promptctl.operations.scaffold_texts import (
    SCHEMA_COPY,
    TEMPLATES,
    Answerer,
    attributes_text,
    choose_answerer,
    pre_commit_text,
    project_text,
    prompt_text,
    publish_text,
    workflow_text,
)
from promptctl.repo.branches import (
    USUAL,
    branch_to_check_out,
    current_branch,
    first_branch,
    nothing_checked_out,
)
from promptctl.repo.git import Git, find_git, init_repository
from promptctl.repo.schemas import read_schema_text
from promptctl.repo.worktree import Worktree
from promptctl.settings import SETTINGS_FILE, Settings, read_settings

FIRST_PROMPT = "explain"


@dataclass(frozen=True, slots=True)
class Start:
    """What `init` made and what it left as it was; paths are as seen from `root`."""

    root: Path
    made: tuple[str, ...]
    kept: tuple[str, ...]
    new_git: bool
    branch: str
    prompt: str | None
    """The first prompt; None where prompts were there already."""
    answerer: Answerer
    tag_prefix: str
    """What the tags of its releases begin with."""
    key_variable: str | None = None
    """The variable that a key is missing from, if the provider wants one."""


@dataclass(frozen=True, slots=True)
class NewPrompt:
    """A prompt file that was made; `path` is below `root`."""

    root: Path
    name: str
    path: str
    answerer: Answerer


def init_prompts(
    directory: Path,
    environ: Mapping[str, str],
    *,
    name: str | None = None,
    provider: str | None = None,
    model: str | None = None,
    nested: bool = False,
    dry_run: bool = False,
) -> Start:
    """Make a folder a working prompt repository. What is there already stays as it is.

    All or nothing: after a failure or Ctrl-C everything is as it was. Raises Refused inside another
    prompt repository (unless `nested`), AlreadyExists where something is in the way.
    """
    root = Path(os.path.abspath(directory))
    _check_name(name or FIRST_PROMPT)
    settings = _settings_around(root, environ, nested=nested)
    local, known = _local_works(environ, provider), _known_providers(environ, provider)
    answerer = choose_answerer(provider, model, "chat", local_works=local, known=known)
    base = settings.git_top or _nearest_folder(root)
    prompt = _first_prompt(root, settings, name)
    new_git = settings.git_top is None
    git = Git(base, environ)
    branch = first_branch(git) if new_git else current_branch(git) or USUAL
    files = _start_files(root, settings, prompt, answerer, branch)
    below = {str(path.relative_to(base)): text for path, text in files.items()}
    if dry_run:
        made = missing_files(base, below)
    else:
        with placed(base, below) as made:
            new_git = new_git and _start_git(root, environ, branch)
    shown = {path: os.path.relpath(base / path, root) for path in below}
    return Start(
        root,
        made=tuple(shown[path] for path in made),
        kept=tuple(shown[path] for path in below if path not in made),
        new_git=new_git,
        branch=branch,
        prompt=prompt,
        answerer=answerer,
        tag_prefix=settings.tag_prefix,
        key_variable=_missing_key(answerer.provider, environ),
    )


def new_prompt(
    directory: Path,
    environ: Mapping[str, str],
    name: str,
    *,
    template: str = "chat",
    provider: str | None = None,
    model: str | None = None,
) -> NewPrompt:
    """Add a prompt from one of TEMPLATES to the repository around `directory`.

    `name` may be the path of its file, too. Raises ReferenceInvalid for what is no name,
    AlreadyExists if a prompt has it.
    """
    repository = open_repository(directory, environ, bare_name="worktree")
    settings = repository.settings
    name = repository.name_of_path(name) if is_path(name) else name
    _check_name(name)
    if settings.is_bare:
        raise Refused(f"{settings.root} is a bare repository; it has no files to add a prompt to")
    _check_free(settings, name)
    local = template in TEMPLATES and _local_works(environ, provider)
    known = _known_providers(environ, provider)
    answerer = choose_answerer(provider, model, template, local_works=local, known=known)
    path = f"{settings.prompts_dir}/{name}.yaml"
    has_schema = (settings.root / SCHEMA_COPY).is_file()
    text = prompt_text(template, answerer, _schema_from(path) if has_schema else None)
    with placed(settings.root, {path: text}) as made:
        if not made:
            raise _taken(name, path)
    return NewPrompt(settings.root, name, path, answerer)


def _check_name(name: str) -> None:
    problem = name_problem(name)
    if problem is not None:
        hint = "parts of a-z, 0-9, _ and -, joined by /, such as support/triage"
        raise ReferenceInvalid(f"`{name}` is no prompt name: {problem}", hint)


def _check_free(settings: Settings, name: str) -> None:
    """No prompt has this name, not even in another spelling or with another ending."""
    for file in Worktree(settings.root, settings.prompts_dir).prompt_files():
        if file.name.casefold() == name:
            raise _taken(name, file.path)


def _taken(name: str, path: str) -> AlreadyExists:
    return AlreadyExists(f"{path} is there already", f"promptctl edit {name}")


def _local_works(environ: Mapping[str, str], provider: str | None) -> bool:
    """Whether the embedded model could answer; looked up only where that decides something."""
    return provider is None and model_status(environ).ready


def _known_providers(environ: Mapping[str, str], wish: str | None) -> frozenset[str]:
    """Every provider that has a name here; the user's own are looked up only for an unusual wish."""
    if wish is None or wish in PROVIDERS:
        return frozenset(PROVIDERS)
    return frozenset((*PROVIDERS, *read_user_config(environ).endpoints))


def _missing_key(provider: str, environ: Mapping[str, str]) -> str | None:
    """The variable to set before this provider answers; None if nothing is missing, or nobody knows."""
    try:
        endpoint = resolve_endpoint(provider, environ)
    except (UsageProblem, CredentialError):
        return None
    return endpoint.key_variable if endpoint.key_required and endpoint.key is None else None


def _settings_around(root: Path, environ: Mapping[str, str], *, nested: bool) -> Settings:
    """The settings that hold in a folder that may not exist yet."""
    try:
        found = read_settings(_nearest_folder(root), environ)
    except NotARepository:
        return Settings(root)
    if found.is_bare:
        raise Refused(f"{found.root} is a bare repository; prompts need one with a working tree")
    if found.file is None and found.git_top is not None:
        branch = branch_to_check_out(Git(found.git_top, environ))
        if branch is not None:
            raise Refused(*nothing_checked_out(branch))
    if found.file is None or found.root == root:
        return found
    if not nested:
        raise Refused(
            f"{root} is inside the prompt repository {found.root}",
            f"promptctl -C {shlex.quote(str(found.root))} new NAME adds a prompt there; "
            "--nested makes a repository of its own here",
        )
    return Settings(root, git_top=found.git_top)


def _nearest_folder(place: Path) -> Path:
    """The folder itself, or the nearest one above it that exists."""
    for folder in (place, *place.parents):
        if folder.is_dir():
            return folder
        if os.path.lexists(folder):
            raise AlreadyExists(f"{folder} is a file; a folder is needed there")
    return Path(place.anchor)


def _first_prompt(root: Path, settings: Settings, name: str | None) -> str | None:
    """The prompt to begin with: the one asked for, or one if there is none yet."""
    if name is not None:
        return name
    files = Worktree(root, settings.prompts_dir).prompt_files()
    return None if any(file.is_prompt for file in files) else FIRST_PROMPT


def _start_files(
    root: Path, settings: Settings, prompt: str | None, answerer: Answerer, branch: str
) -> dict[Path, str]:
    """Every file of a working repository. CI and hooks only work at the top of a git repository."""
    top = settings.git_top or root
    folder = "" if root == top else root.relative_to(top).as_posix()
    prompts = settings.prompts_dir
    for name in (folder, prompts):
        if not name.isprintable():
            raise UsageProblem(f"a folder name like `{name}` cannot stand in a workflow")
    released = settings.default_branch or branch
    files = {root / SETTINGS_FILE: project_text(str(uuid.uuid4()))}
    if prompt is not None:
        path = f"{prompts}/{prompt}.yaml"
        files[root / path] = prompt_text("first", answerer, _schema_from(path))
    return files | {
        root / SCHEMA_COPY: read_schema_text("prompt"),
        root / ".gitattributes": attributes_text(prompts),
        top / ".github/workflows/prompts.yml": workflow_text(folder, branch),
        top / ".github/workflows/publish-prompts.yml": publish_text(folder, prompts, released),
        top / ".pre-commit-config.yaml": pre_commit_text(folder, prompts),
    }


def _schema_from(path: str) -> str:
    """The way from a prompt file to the schema's copy."""
    return "../" * len(PurePosixPath(path).parent.parts) + SCHEMA_COPY


def _start_git(root: Path, environ: Mapping[str, str], branch: str) -> bool:
    """Make `.git` there, whole or not at all; False if somebody else has made one meanwhile."""
    find_git(environ)  # its error says what is missing; the library's does not
    with TemporaryDirectory(prefix=".promptctl-", dir=root) as folder:
        init_repository(Path(folder), branch)
        try:
            os.rename(Path(folder) / ".git", root / ".git")
        except OSError as error:
            if not os.path.lexists(root / ".git"):
                place = root / ".git"
                raise LocalIOError(f"cannot make {place}: {error.strerror}") from error
            return False
    return True
