"""What publish would do: the committed text of prompts becomes versions, and a label names them."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import PurePosixPath

from promptctl.core.accepted import accepted_changes, unaccepted_breaks
from promptctl.core.interface import compare_prompts
from promptctl.core.nearest import did_you_mean
from promptctl.core.prompt import Prompt
from promptctl.core.record import RecordEffect
from promptctl.core.release import DEFAULT_LABEL, PromptRecords, replay
from promptctl.core.release_plan import PublishPlan, named, recorded_effect
from promptctl.core.renamed import former_names, name_now, no_prompt
from promptctl.errors import (
    BreakingChange,
    FileRefused,
    NotCommitted,
    OlderThanLatest,
    PromptctlError,
    PromptNotFound,
    Refused,
)
from promptctl.files import read_file_below
from promptctl.operations.content import content_at, path_at_top
from promptctl.operations.releasing import (
    Desk,
    ReleaseOptions,
    check_names_version,
    check_readable,
    interface_changes,
    made_by,
    prompt_of,
)
from promptctl.operations.repository import OpenRepository, Source
from promptctl.operations.undeclared import undeclared_notes
from promptctl.repo.history import ODD_MODES, CommitReader, is_blob
from promptctl.repo.index import left_out
from promptctl.repo.worktree import prompt_files

MAX_LISTED = 5
"""Problems of a publish that are named one by one."""
MAX_NAMED = 20
"""Prompts of a publish whose records are read one prompt after the other."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """Prompts of HEAD that are to be published, and the reader of what HEAD holds."""

    names: tuple[str, ...]
    read: CommitReader
    odd: tuple[str, ...] = ()
    """Links and submodules where a folder of prompts may be meant."""


def prompts_to_publish(
    repository: OpenRepository, targets: Sequence[str], *, everything: bool
) -> Chosen:
    """The prompts of HEAD that these names and globs mean. Raises PromptNotFound, and FileRefused
    where the prompts folder is none in git."""
    folder = repository.settings.prompts_dir
    read = repository.history.reader(repository.history.resolve_commit("HEAD"), folder)
    names = [file.name for file in prompt_files(iter(read.paths()), folder) if file.is_prompt]
    if everything:
        if not names:
            _check_folder(repository, read.commit)
            raise PromptNotFound(f"HEAD has no prompts in {folder}/", "promptctl new NAME")
        return Chosen(tuple(names), read, tuple(_odd_folders(read)))
    chosen: list[str] = []
    for target in targets:
        _check_not_renamed(repository, target)
        matches = [name for name in names if fnmatchcase(name, target)]
        if not matches:
            _check_folder(repository, read.commit)
            raise _not_at_head(repository, target, names)
        chosen += [name for name in matches if name not in chosen]
    return Chosen(tuple(chosen), read)


def _odd_folders(read: CommitReader) -> Iterator[str]:
    for entry in read.entries():
        name = entry.path.rpartition("/")[2]
        if entry.mode in ODD_MODES and "." not in name and not name.startswith("_"):
            yield f"{entry.path} is {ODD_MODES[entry.mode]} in git: nothing below it is published"


def _check_folder(repository: OpenRepository, commit: str) -> None:
    """Raises FileRefused where the prompts folder, or one that it lies in, is a link in git."""
    folder = PurePosixPath(repository.settings.prompts_dir)
    places = {str(place) for place in (folder, *folder.parents)} - {"."}
    for entry in repository.history.list_entries(commit, sorted(places)):
        if entry.path in places:
            raise FileRefused(
                f"{entry.path} is no folder in git but a link or a file, and what it leads to is no part"
                " of a commit",
                "prompts_dir in promptctl.yaml names the real folder",
            )


def _not_at_head(repository: OpenRepository, name: str, names: Sequence[str]) -> PromptctlError:
    if not repository.settings.is_bare and name in repository.prompt_names():
        path = repository.worktree.prompt_path(name)
        return NotCommitted(
            f"{name} is not committed, and only what is committed can be published",
            f"git add {path} && git commit",
        )
    return PromptNotFound(
        f"HEAD has no prompt {name}", did_you_mean(name, names) or "promptctl list"
    )


def _check_not_renamed(repository: OpenRepository, name: str) -> None:
    """Raises PromptNotFound for an old name, which HEAD may have until the renaming is committed."""
    now = name_now(repository.settings.renamed, name)
    if now is not None and not repository.settings.is_bare:
        here = repository.prompt_names()
        if now in here and name not in here:
            raise no_prompt(name, here, repository.settings.renamed)


def plan_publish(desk: Desk, chosen: Chosen, options: ReleaseOptions) -> tuple[PublishPlan, ...]:
    """What publishing these prompts at HEAD would do.

    Raises PromptInvalid, NotCommitted, NotMerged, OlderThanLatest and BreakingChange; where several
    prompts are refused, Refused names them all.
    """
    for words in chosen.odd:
        desk.note(words)
    plans: list[PublishPlan] = []
    refused: list[PromptctlError] = []
    records = desk.releases.all_records() if len(chosen.names) > MAX_NAMED else {}
    for name in chosen.names:
        try:
            known = records.get(name, PromptRecords(name)) if records else desk.records(name)
            plans.append(_plan_one(desk, chosen.read, known, options))
        except PromptctlError as error:
            if not isinstance(error, Refused) and error.exit_code != 1:
                raise
            refused.append(error)
    if refused:
        raise _refused(refused, [plan.name for plan in plans if not plan.does_nothing], options)
    new = [plan.name for plan in plans if plan.version is not None and plan.effect == "new"]
    for words in undeclared_notes(desk.repository, chosen.read, new):
        desk.note(words)
    return tuple(plans)


def _refused(
    refused: Sequence[PromptctlError], others: Sequence[str], options: ReleaseOptions
) -> PromptctlError:
    """The refusal of all, with the command that publishes those prompts that could be."""
    error = refused[0] if len(refused) == 1 else _all_refused(refused)
    if others:
        option = "" if options.label == DEFAULT_LABEL else f" --label {options.label}"
        names = " ".join(others) if len(others) <= MAX_NAMED else "NAME…"
        rest = f"nothing was published; the others: promptctl publish {names}{option}"
        error.hint = rest if error.hint is None else f"{error.hint}; {rest}"
    return error


def _all_refused(refused: Sequence[PromptctlError]) -> PromptctlError:
    messages = list(dict.fromkeys(error.message for error in refused))
    lines = "; ".join(messages[:MAX_LISTED])
    more = f"; and {len(messages) - MAX_LISTED} more" if len(messages) > MAX_LISTED else ""
    first = min(refused, key=lambda error: error.exit_code)
    error = Refused(f"{len(refused)} prompts cannot be published: {lines}{more}", first.hint)
    error.exit_code = first.exit_code
    return error


def _plan_one(
    desk: Desk, read: CommitReader, records: PromptRecords, options: ReleaseOptions
) -> PublishPlan:
    name, commit = records.name, read.commit
    path = desk.repository.worktree.prompt_path(name)
    source = Source(name, path, read(f"{name}.yaml"), read, commit)
    given, rules = desk.repository.settings, desk.settings
    settings = replace(given, rule_group=rules.rule_group, rules=rules.rules)
    prompt = replace(desk.repository, settings=settings).parse(source)
    _check_committed(desk.repository, read, prompt)
    content = content_at(read, name, prompt.files)
    whole = path_at_top(given, path)
    plan = PublishPlan(name, options.label, commit, whole, content, records, None, None, "new")
    if records.latest is not None and records.latest.content == content:
        return _with_label(desk, plan, prompt, options)
    desk.check_merged(commit, options.label)
    before = records if records.versions else _under_old_name(desk, name)
    old = None
    if before.latest is not None:
        if before is records:
            _check_newer(desk, records, commit, options)
        old = prompt_of(desk, before.latest)
        plan = replace(plan, effect=_effect(old, prompt))
    plan = replace(plan, version=records.next_version(), move=records.next_move(options.label))
    return _checked(desk, plan, prompt, options, before, old)


def _under_old_name(desk: Desk, name: str) -> PromptRecords:
    """The records of what a renamed prompt was called before; empty ones where there are none."""
    for old in former_names(desk.repository.settings.renamed, name):
        records = desk.records(old)
        if records.versions:
            return records
    return PromptRecords(name)


def _with_label(
    desk: Desk, plan: PublishPlan, prompt: Prompt, options: ReleaseOptions
) -> PublishPlan:
    """The plan for a prompt whose latest version has this very content."""
    records, label = plan.records, plan.label
    latest, move = records.latest, records.in_force(label)
    assert latest is not None
    number = latest.tag.number
    if move is not None and move.version == number:
        return replace(plan, note=f"already {label} as v{number} by {made_by(latest)}")
    if move is not None and records.has_named(label, number):
        back = _reinstating(desk, records, label, prompt)
        how = {"retire": "retired", "rollback": "rolled back"}.get(move.kind, "moved")
        where = "" if move.version is None else f" to {named(move.version)}"
        return replace(
            plan,
            note=f"nothing was published: v{number} has this very text, and {label} was {how}{where}"
            f" by {made_by(move)}; to reinstate it: {back}",
        )
    desk.check_merged(latest.commit, label)
    plan = replace(plan, move=records.next_move(label))
    return _checked(desk, plan, prompt, options, records, prompt)


def _reinstating(desk: Desk, records: PromptRecords, label: str, latest: Prompt) -> str:
    """The command that lets a label name the latest version again, after which it was moved away."""
    version = records.latest
    assert version is not None
    state = replay(records.moves[label])
    option = "" if label == DEFAULT_LABEL else f" --label {label}"
    if state.undone and state.undone[-1] == version.tag.number:
        return f"promptctl rollback {records.name}{option} --undo -m REASON"
    held = records.version_of(label)
    old = None if held is None else prompt_of(desk, held)
    broken = interface_changes(old, latest)
    is_refused = held is not None and old is None
    if is_refused or unaccepted_breaks(records.name, broken, desk.settings.accepted_breaks):
        return f"promptctl label {records.name}@{version.tag.number} {label} --allow-breaking"
    return f"promptctl label {records.name}@{version.tag.number} {label}"


def _checked(
    desk: Desk,
    plan: PublishPlan,
    prompt: Prompt,
    options: ReleaseOptions,
    before: PromptRecords,
    latest: Prompt | None,
) -> PublishPlan:
    """The plan with what callers of the label see change. Raises BreakingChange.

    `before` are the records of the name that they call now, `latest` is the latest version of it.
    """
    check_names_version(plan.records, plan.label)
    held = before.version_of(plan.label)
    is_latest = held is None or held is before.latest
    old = latest if is_latest else prompt_of(desk, held) if held is not None else None
    changes = compare_prompts(old, prompt) if old is not None else ()
    accepted = accepted_changes(plan.name, changes, desk.settings.accepted_breaks)
    plan = replace(plan, changes=tuple(changes), accepted=tuple(accepted))
    broken = interface_changes(old, prompt) if held is not None else ()
    if held is not None and old is None and not options.allow_breaking:
        check_readable(desk, held)
    breaks = unaccepted_breaks(plan.name, broken, desk.settings.accepted_breaks)
    if breaks and not options.allow_breaking:
        assert held is not None
        lines = " " + "; ".join(change.message for change in breaks[:MAX_LISTED])
        label = plan.label if before.name == plan.name else f"{before.name}@{plan.label}"
        raise BreakingChange(
            f"{plan.name} breaks callers of {label} (v{held.tag.number}):{lines}",
            f"--allow-breaking publishes it all the same; {_other_label(plan.label)} leaves them alone",
        )
    return plan


def _other_label(label: str) -> str:
    return "`--label staging`" if label == DEFAULT_LABEL else "another --label"


def _effect(old: Prompt | None, new: Prompt) -> RecordEffect:
    return "new" if old is None else recorded_effect(compare_prompts(old, new))


def _check_newer(desk: Desk, records: PromptRecords, commit: str, options: ReleaseOptions) -> None:
    latest = records.latest
    assert latest is not None
    if options.allow_older or desk.history.is_ancestor(latest.commit, commit):
        return
    if desk.history.is_shallow():
        return  # a shallow clone stands at the tip of the branch, which only moves on
    holders = [label for label in records.labels if records.version_of(label) is latest]
    held = f" ({', '.join(holders)})" if holders else ""
    raise OlderThanLatest(
        f"{latest.name} v{latest.tag.number}{held} was made from commit {latest.commit[:10]}"
        f" by {made_by(latest)}, which HEAD does not come after",
        f"git pull, or git merge {latest.commit[:10]}, to go on from there;"
        f" --allow-older makes v{records.next_version().number} of HEAD all the same",
    )


def _check_committed(repository: OpenRepository, read: CommitReader, prompt: Prompt) -> None:
    """Raises NotCommitted where a file of the prompt on disk is not as HEAD has it."""
    if repository.settings.is_bare:
        return
    files = [f"{prompt.name}.yaml", *prompt.files]
    changed = sorted(file for file in files if not _is_as_committed(repository, read, file))
    folder = repository.settings.prompts_dir
    place = repository.settings.root / folder
    if not all(os.path.lexists(place / file) for file in changed):
        sparse = left_out(repository.history.git, folder)
        changed = [file for file in changed if f"{folder}/{file}" not in sparse]
    if changed:
        raise NotCommitted(
            f"{', '.join(f'{folder}/{file}' for file in changed)}: not as HEAD has it, and only what is"
            " committed can be published",
            "git commit, or git stash",
        )


def _is_as_committed(repository: OpenRepository, read: CommitReader, file: str) -> bool:
    # Git's own comparison may run a filter program.
    settings = repository.settings
    try:
        content = read_file_below(settings.root, f"{settings.prompts_dir}/{file}")
    except PromptctlError:  # it is gone, or a link
        return False
    return is_blob(content, read.blob_id(file))
