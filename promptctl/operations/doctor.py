"""doctor: a checklist of all that promptctl stands on here, and repairs of what it left behind."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from promptctl.core.audit import Check, CheckId, CheckState
from promptctl.credentials import UserConfig, read_user_config, resolve_endpoint
from promptctl.errors import IdentityMissing, NotARepository, PromptctlError, RemoteUnreachable
from promptctl.operations.browse import list_prompts
from promptctl.operations.doctor_records import check_locks, check_numbering, check_records
from promptctl.operations.missing_tags import missing_tags_line
from promptctl.operations.repository import OpenRepository, open_repository
from promptctl.operations.trusted import (
    ask_remote,
    default_branch,
    read_signers,
    remote_of,
    trusted_settings,
)
from promptctl.repo.branches import branch_to_check_out, nothing_checked_out
from promptctl.repo.git import MINIMUM, Git, find_git
from promptctl.repo.inspection import config_value, git_version
from promptctl.repo.recording import Note, common_dir, identity
from promptctl.repo.remote import Remote
from promptctl.settings import SETTINGS_FILE


@dataclass(frozen=True, slots=True)
class Visit:
    """One repository under examination."""

    repository: OpenRepository
    common: Path
    remote: Remote | None
    fix: bool
    note: Note

    @property
    def git(self) -> Git:
        """Git, at the top of the repository."""
        return self.repository.history_at_top.git


def examine(
    directory: Path,
    environ: Mapping[str, str],
    *,
    fix: bool = False,
    remote: bool = False,
    note: Note = lambda _: None,
) -> list[Check]:
    """The whole checklist. With `fix` what can be repaired safely is repaired; `remote` asks the remote."""
    place = Path(os.path.abspath(directory))
    checks = [_guarded("git", lambda: _check_git(Git(place, environ)))]
    try:
        repository = open_repository(place, environ, bare_name="worktree", lenient=True)
    except NotARepository as error:
        return [*checks, Check("repository", "problem", error.message, error.hint)]
    checks += _check_place(repository)
    if any(check.state == "problem" for check in checks if check.id in ("git", "repository")):
        return checks
    git = repository.history.git
    visit = Visit(repository, common_dir(git), remote_of(repository), fix, note)
    checks += [_guarded("identity", lambda: _check_identity(git)), _check_remote(visit, remote)]
    checks.append(_guarded("default-branch", lambda: _check_branch(visit)))
    checks += _all("clone", _check_clone(visit))
    found = (repository, visit.common, visit.remote)
    prefix = repository.settings.tag_prefix
    checks += _all("locks", check_locks(visit.common, prefix, fix=fix, note=note))
    checks += _all("records", check_records(*found, fix=fix, note=note))
    checks += _all("numbers", check_numbering(repository, visit.remote, was_asked=remote))
    checks += _all("signing", _check_signing(visit))
    return [*checks, *_check_keys(repository, environ)]


def _guarded(what: CheckId, look: Callable[[], Check]) -> Check:
    try:
        return look()
    except PromptctlError as error:
        return Check(what, "problem", error.message, error.hint)


def _all(what: CheckId, checks: Iterator[Check]) -> Iterator[Check]:
    try:
        yield from checks
    except PromptctlError as error:
        yield Check(what, "problem", error.message, error.hint)


def _check_git(git: Git) -> Check:
    program = find_git(git.environ)
    version = git_version(git)
    wanted = ".".join(map(str, MINIMUM))
    if version is None:
        return Check(
            "git", "warning", f"{program} does not say its version", f"{program} --version"
        )
    shown = ".".join(map(str, version))
    if version < MINIMUM:
        return Check("git", "problem", f"git is {shown}, too old", f"install git {wanted} or newer")
    return Check("git", "ok", f"git {shown} ({program})")


def _check_place(repository: OpenRepository) -> Iterator[Check]:
    settings = repository.settings
    if settings.git_top is None:
        yield Check("repository", "problem", f"{settings.root} is in no git repository", "git init")
    else:
        yield _guarded("repository", lambda: _check_repository(repository))
    if settings.is_bare:
        return
    try:
        opened = open_repository(repository.directory, repository.environ)
    except PromptctlError as error:
        yield Check("settings", "problem", error.message, error.hint)
        return
    if opened.settings.file is None:
        message, hint = f"there is no {SETTINGS_FILE}; the defaults hold", "promptctl init"
        branch = branch_to_check_out(repository.history.git)
        if branch is not None:
            message, hint = nothing_checked_out(branch)
        yield Check("settings", "warning", message, hint)
    else:
        yield Check("settings", "ok", f"{opened.settings.file} is valid")


def _check_repository(repository: OpenRepository) -> Check:
    common_dir(repository.history.git)  # git may not trust it, or not take it for a repository
    kind = "bare git repository" if repository.settings.is_bare else "git repository"
    return Check("repository", "ok", f"{kind} {repository.settings.git_top}")


def _check_identity(git: Git) -> Check:
    try:
        return Check("identity", "ok", f"releases are made by {identity(git).shown}")
    except IdentityMissing as error:
        return Check("identity", "warning", error.message, error.hint)


def _check_remote(visit: Visit, ask: bool) -> Check:
    wanted = visit.repository.settings.remote
    if visit.remote is None:
        message = f"no remote {wanted}: releases stay in this clone"
        return Check("remote", "warning", message, f"git remote add {wanted} URL")
    if not ask:
        return Check("remote", "ok", f"remote {wanted} is set up; --remote asks it")
    try:
        ask_remote(visit.repository, visit.remote, None)
    except RemoteUnreachable as error:
        return Check("remote", "problem", error.message, f"git ls-remote {wanted}")
    except PromptctlError as error:
        return Check("remote", "problem", error.message, error.hint)
    return Check("remote", "ok", f"remote {wanted} answers")


def _check_branch(visit: Visit) -> Check:
    branch = default_branch(visit.repository, visit.remote)
    if branch is not None:
        return Check("default-branch", "ok", f"the default branch is {branch}")
    remote = visit.remote.name if visit.remote is not None else None
    hint = f"default_branch: NAME in {SETTINGS_FILE}"
    if remote is not None:
        hint = f"git remote set-head {remote} --auto, or {hint}"
    return Check("default-branch", "warning", "the default branch is not known here", hint)


def _check_clone(visit: Visit) -> Iterator[Check]:
    if visit.repository.history.is_shallow():
        remote = f" {visit.remote.name}" if visit.remote is not None else ""
        message = "the clone is shallow: only the tip of a branch can be published from here"
        yield Check("clone", "warning", message, f"git fetch --unshallow{remote}")
    else:
        yield Check("clone", "ok", "the clone has its whole history")
    fetch = missing_tags_line(visit.repository)
    if fetch is not None:
        yield Check("clone", "warning", "the tags of releases were not cloned", fetch)


def _check_signing(visit: Visit) -> Iterator[Check]:
    try:
        trusted = trusted_settings(visit.repository, visit.remote)
    except PromptctlError as error:
        yield Check("signing", "problem", f"at the default branch: {error.message}", error.hint)
        return
    signed = sorted(name for name, label in trusted.settings.labels.items() if label.signed)
    if not signed:
        return
    for name in signed:
        path = trusted.settings.labels[name].allowed_signers
        if path is not None and read_signers(visit.repository, trusted, path) is None:
            message = f"{name} demands signatures, and the default branch has no {path}"
            yield Check("signing", "problem", message, f"commit {path} there")
    labels = ", ".join(signed)
    if config_value(visit.git, "user.signingKey") is None:
        message = f"{labels} demands signatures, and git has no key to sign with"
        hint = "git config gpg.format ssh && git config user.signingKey ~/.ssh/id_ed25519.pub"
        yield Check("signing", "warning", message, hint)
    else:
        yield Check("signing", "ok", f"git has a key to sign with, as {labels} demands")


def _check_keys(repository: OpenRepository, environ: Mapping[str, str]) -> Iterator[Check]:
    """Whether the keys are there that the prompts' providers need; only the names of variables."""
    try:
        prompts = list_prompts(repository)
        config = read_user_config(environ)
    except PromptctlError as error:
        yield Check("prompts", "problem", error.message, error.hint)
        return
    broken = [prompt.name for prompt in prompts if prompt.problem is not None]
    state: CheckState = "problem" if broken else "ok"
    more = f", {len(broken)} of them cannot be read" if broken else ""
    count = f"{len(prompts)} prompt{'' if len(prompts) == 1 else 's'}"
    hint = "promptctl validate" if broken else None
    yield Check("prompts", state, f"{count} in {repository.settings.prompts_dir}/{more}", hint)
    for provider in sorted({prompt.provider for prompt in prompts if prompt.provider}):
        yield _check_key(provider, environ, config)


def _check_key(provider: str, environ: Mapping[str, str], config: UserConfig) -> Check:
    try:
        endpoint = resolve_endpoint(provider, environ, config)
    except PromptctlError as error:
        return Check("key", "warning", error.message, error.hint)
    variable = f" ({endpoint.key_variable})" if endpoint.key_variable is not None else ""
    if endpoint.key is not None:
        return Check("key", "ok", f"{provider}: key present{variable}")
    if not endpoint.key_required:
        return Check("key", "ok", f"{provider}: no key needed")
    hint = f"export {endpoint.key_variable}=…" if endpoint.key_variable is not None else None
    return Check("key", "warning", f"{provider}: key missing{variable}", hint)
