"""Which version a reference means: a number, `latest` or a label, from the records of this clone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promptctl.core.nearest import did_you_mean, nearest_word
from promptctl.core.record import Record, parse_tag_name
from promptctl.core.reference import Reference, is_label
from promptctl.core.release import DEFAULT_LABEL, OddTag, PromptRecords
from promptctl.core.renamed import former_names
from promptctl.errors import LabelNotFound, NotARepository, ReferenceInvalid, VersionNotFound
from promptctl.repo.remotes import remote_names

if TYPE_CHECKING:
    from promptctl.operations.repository import OpenRepository


def find_version(repository: OpenRepository, reference: Reference) -> Record | None:
    """The version that a reference means; None if it names a commit.

    Raises VersionNotFound and LabelNotFound: what is not there is never looked for elsewhere; and
    NotARepository outside git, for all but a bare name.
    """
    name = reference.name
    if reference.kind != "bare" and repository.settings.git_top is None:
        raise NotARepository(f"{repository.settings.root} is in no git repository", "git init")
    if reference.kind == "version" and reference.version is not None:
        found = repository.releases.version(name, reference.version)
        if isinstance(found, Record):
            return found
        raise _no_version(repository, reference, found)
    if reference.kind == "latest":
        latest = head_records(repository, name).latest
        if latest is None:
            raise _no_version(repository, reference, None)
        return latest
    if reference.kind == "bare":
        return (
            None
            if repository.bare_name == "worktree"
            else _labelled(repository, name, DEFAULT_LABEL)
        )
    label = reference.revision
    if not is_label(label):
        _check_no_record(repository, reference)
        return None
    declared = label == DEFAULT_LABEL or label in repository.settings.labels
    recorded = any(ref.tag.label == label for ref in repository.releases.list_tags(name))
    return _labelled(repository, name, label) if declared or recorded else None


def near_label(repository: OpenRepository, reference: Reference) -> str | None:
    """The label of a prompt that was mistyped, where a reference names neither a label nor a commit."""
    if reference.kind != "named" or not is_label(reference.revision):
        return None
    tags = repository.releases.list_tags(reference.name)
    recorded = {ref.tag.label for ref in tags if ref.tag.label is not None}
    return nearest_word(
        reference.revision, sorted({DEFAULT_LABEL, *repository.settings.labels, *recorded})
    )


def no_such_label(reference: Reference, meant: str, commit_hint: str | None) -> LabelNotFound:
    """That a label was mistyped; second, what helps if a commit was meant."""
    name, revision = reference.name, reference.revision
    as_commit = f" For a commit: {commit_hint}" if commit_hint else ""
    return LabelNotFound(
        f"{name} has no label {revision}", f"did you mean `{name}@{meant}`?{as_commit}"
    )


def _check_no_record(repository: OpenRepository, reference: Reference) -> None:
    """Raises ReferenceInvalid for the name of a record, which is no state of a prompt but names one."""
    tag = parse_tag_name(str(reference))
    if tag is None:
        return
    found = repository.releases.prompt_records(reference.name)
    move = next((one for one in found.moves.get(tag.label or "", ()) if one.tag == tag), None)
    if move is None:
        return
    if move.version is None:
        names, hint = "no version", f"promptctl log {reference.name}"
    else:
        names, hint = f"v{move.version}", f"that is {reference.name}@{move.version}"
    raise ReferenceInvalid(
        f"{tag} is the record of a move of {tag.label}, which names {names}", hint
    )


def head_records(repository: OpenRepository, name: str) -> PromptRecords:
    """The latest version of a prompt and the records in force of its labels."""
    found = repository.releases.current_records([name])
    return found.get(name, PromptRecords(name))


def _labelled(repository: OpenRepository, name: str, label: str) -> Record:
    move = head_records(repository, name).in_force(label)
    if move is None:
        raise LabelNotFound(
            f"{name} has no version labelled {label}", _first_step(repository, name, label)
        )
    if move.version is None:
        who = move.actor.partition(" <")[0]
        done = "retired" if move.kind == "retire" else "rolled back to nothing"
        raise LabelNotFound(
            f"{name} has no version labelled {label}: {who} {done} it", f"promptctl log {name}"
        )
    found = repository.releases.version(name, move.version)
    if isinstance(found, Record):
        return found
    raise VersionNotFound(
        f"{label} names {name} v{move.version}, which is not here",
        fetch_tags_line(repository, name),
    )


def _first_step(repository: OpenRepository, name: str, label: str) -> str:
    if not repository.releases.list_tags(name) and repository.history.is_shallow():
        return fetch_tags_line(repository, name)
    for old in former_names(repository.settings.renamed, name):
        if repository.releases.list_tags(old):
            return f"what was released before the renaming answers as {old}; promptctl log {old}"
    if label == DEFAULT_LABEL:
        return f"promptctl publish {name}; {name}@. is the working tree"
    return f"promptctl label {name}@latest {label}"


def _no_version(
    repository: OpenRepository, reference: Reference, found: OddTag | None
) -> VersionNotFound:
    name, wanted = reference.name, reference.revision
    if found is not None:
        return VersionNotFound(f"{found.tag} is no version: {found.reason}", "promptctl verify")
    here = [ref.tag.number for ref in repository.releases.list_tags(name) if ref.tag.label is None]
    if not here:
        return VersionNotFound(
            f"{name} has no version {wanted}: it has none at all here",
            _first_step(repository, name, DEFAULT_LABEL),
        )
    hint = did_you_mean(wanted, map(str, here)) or f"the latest is {name}@v{max(here)}"
    return VersionNotFound(f"{name} has no version {wanted}", hint)


def fetch_tags_line(repository: OpenRepository, name: str | None = None) -> str:
    """What to type to have here the tags that the remote has of one prompt, or of all of them."""
    wanted = repository.settings.remote
    remotes = remote_names(repository.history.git)
    remote = wanted if wanted in remotes or not remotes else remotes[0]
    prompt = "" if name is None else f"{name}@"
    pattern = f"refs/tags/{repository.settings.tag_prefix}{prompt}*"
    depth = "--depth 1 " if repository.history.is_shallow() else ""
    return f"git fetch {depth}{remote} '{pattern}:{pattern}'"
