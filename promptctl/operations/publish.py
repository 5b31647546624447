"""publish: the committed text of prompts becomes versions, and a label names them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase

from promptctl.core.change import Effect, overall_effect
from promptctl.core.interface import compare_prompts
from promptctl.core.prompt import Prompt
from promptctl.core.record import Record, TagName
from promptctl.core.release import PromptRecords
from promptctl.core.release_plan import Published, PublishPlan, label_effect, named
from promptctl.core.schema_words import did_you_mean
from promptctl.errors import (
    BreakingChange,
    LostRace,
    NotCommitted,
    OlderThanLatest,
    PromptctlError,
    PromptNotFound,
    Refused,
)
from promptctl.operations.content import content_at, path_at_top
from promptctl.operations.releasing import (
    Desk,
    Draft,
    ReleaseOptions,
    check_names_version,
    interface_changes,
    lost_race,
    made_by,
    make_records,
    prompt_of,
    take_over,
)
from promptctl.operations.repository import OpenRepository, Source
from promptctl.repo.recording import WriteLock, locked
from promptctl.repo.remote import TagTaken

MAX_LISTED = 5
"""Problems of a publish that are named one by one."""


def names_to_publish(
    repository: OpenRepository, targets: Sequence[str], *, everything: bool
) -> list[str]:
    """The prompts of HEAD that these names and globs mean. Raises PromptNotFound."""
    names = repository.prompt_names("HEAD")
    if everything:
        return names
    chosen: list[str] = []
    for target in targets:
        matches = [name for name in names if fnmatchcase(name, target)]
        if not matches:
            raise _not_at_head(repository, target, names)
        chosen += [name for name in matches if name not in chosen]
    return chosen


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


def plan_publish(
    desk: Desk, names: Sequence[str], options: ReleaseOptions
) -> tuple[PublishPlan, ...]:
    """What publishing these prompts at HEAD would do.

    Raises PromptInvalid, NotCommitted, NotMerged, OlderThanLatest and BreakingChange; where several
    prompts are refused, Refused names them all.
    """
    commit = desk.repository.history.resolve_commit("HEAD")
    plans: list[PublishPlan] = []
    refused: list[PromptctlError] = []
    records = desk.releases.all_records() if len(names) > 20 else {}
    for name in names:
        try:
            known = records.get(name, PromptRecords(name)) if records else desk.records(name)
            plans.append(_plan_one(desk, name, commit, known, options))
        except PromptctlError as error:
            if not isinstance(error, Refused) and error.exit_code != 1:
                raise
            refused.append(error)
    if len(refused) == 1:
        raise refused[0]
    if refused:
        raise _all_refused(refused)
    return tuple(plans)


def _all_refused(refused: Sequence[PromptctlError]) -> PromptctlError:
    lines = "; ".join(error.message for error in refused[:MAX_LISTED])
    more = f"; and {len(refused) - MAX_LISTED} more" if len(refused) > MAX_LISTED else ""
    first = min(refused, key=lambda error: error.exit_code)
    error = Refused(f"{len(refused)} prompts cannot be published: {lines}{more}", first.hint)
    error.exit_code = first.exit_code
    return error


def _plan_one(
    desk: Desk, name: str, commit: str, records: PromptRecords, options: ReleaseOptions
) -> PublishPlan:
    source = _at_commit(desk.repository, name, commit)
    trusted = replace(
        desk.repository, settings=replace(desk.repository.settings, rules=desk.settings.rules)
    )
    prompt = trusted.parse(source)
    _check_committed(desk.repository, source, prompt)
    content = _content(desk.repository, source, prompt)
    path = path_at_top(desk.repository.settings, source.path)
    plan = PublishPlan(name, options.label, commit, path, content, records, None, None, "new")
    latest = records.latest
    if latest is not None and latest.content == content:
        return _with_label(desk, plan, prompt, options)
    desk.check_merged(commit, options.label)
    if latest is not None:
        _check_newer(desk, latest, commit, options)
        effect = _effect(prompt_of(desk, latest), prompt)
        plan = replace(plan, effect=effect)
    plan = replace(plan, version=records.next_version(), move=records.next_move(options.label))
    return _checked(desk, plan, prompt, options)


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
        back = f"promptctl label {plan.name}@{number} {label}"
        how = {"retire": "retired", "rollback": "rolled back"}.get(move.kind, "moved")
        where = "" if move.version is None else f" to {named(move.version)}"
        return replace(
            plan,
            note=f"nothing was published: v{number} has this very text, and {label} was {how}{where}"
            f" by {made_by(move)}; to reinstate it: {back}",
        )
    desk.check_merged(latest.commit, label)
    return _checked(desk, replace(plan, move=records.next_move(label)), prompt, options)


def _checked(desk: Desk, plan: PublishPlan, prompt: Prompt, options: ReleaseOptions) -> PublishPlan:
    """The plan with what callers of the label see change. Raises BreakingChange."""
    check_names_version(plan.records, plan.label)
    held = plan.records.version_of(plan.label)
    against = held or plan.records.latest
    old = prompt_of(desk, against) if against is not None else None
    changes = compare_prompts(old, prompt) if old is not None else ()
    plan = replace(plan, changes=tuple(changes))
    broken = interface_changes(old, prompt) if held is not None else ()
    breaks = [change for change in broken if change.effect is Effect.BREAKING]
    if breaks and not options.allow_breaking:
        assert held is not None
        lines = " " + "; ".join(change.message for change in breaks[:MAX_LISTED])
        raise BreakingChange(
            f"{plan.name} breaks callers of {plan.label} (v{held.tag.number}):{lines}",
            "--allow-breaking publishes it all the same; `--label staging` leaves them alone",
        )
    return plan


def _effect(old: Prompt | None, new: Prompt) -> str:
    if old is None:
        return "new"
    worst = overall_effect(compare_prompts(old, new))
    return (worst or Effect.COSMETIC).value


def _check_newer(desk: Desk, latest: Record, commit: str, options: ReleaseOptions) -> None:
    if options.allow_older or latest.commit == commit or desk.history.is_shallow():
        return  # a shallow clone stands at the tip of the branch, which only moves on
    if not desk.history.is_ancestor(latest.commit, commit):
        raise OlderThanLatest(
            f"{latest.name} v{latest.tag.number} was made from {latest.commit[:10]} by {made_by(latest)},"
            " which HEAD does not come after",
            "git pull, or --allow-older to publish an older or a parallel state",
        )


def _at_commit(repository: OpenRepository, name: str, commit: str) -> Source:
    return repository.source(f"{name}@{commit}")


def _check_committed(repository: OpenRepository, source: Source, prompt: Prompt) -> None:
    """Raises NotCommitted where a file of the prompt on disk is not as HEAD has it."""
    if repository.settings.is_bare or source.commit is None:
        return
    folder = repository.settings.prompts_dir
    paths = [source.path, *(f"{folder}/{file}" for file in prompt.files)]
    changed = sorted(repository.history.changed_paths(source.commit, paths))
    if changed:
        raise NotCommitted(
            f"{', '.join(changed)}: not as HEAD has it, and only what is committed can be published",
            "git commit, or git stash",
        )


def _content(repository: OpenRepository, source: Source, prompt: Prompt) -> str:
    assert source.commit is not None
    read = repository.history.reader(source.commit, repository.settings.prompts_dir)
    return content_at(read, source.name, prompt.files)


def publish(
    desk: Desk,
    plans: Sequence[PublishPlan],
    options: ReleaseOptions,
    done: Callable[[Published], None],
) -> None:
    """Carry the plans out, one prompt after the other; `done` is told of each.

    Raises LostRace where the state that a plan stands on has moved, PushRefused and RemoteUnreachable.
    What was made before stays, and the same command run again does the rest.
    """
    with locked(desk.common, desk.note) as lock:
        if options.atomic and sum(not plan.does_nothing for plan in plans) > 1:
            _publish_at_once(desk, lock, plans, options, done)
            return
        for plan in plans:
            _publish_one(desk, lock, plan, options, done)


def _publish_one(
    desk: Desk,
    lock: WriteLock,
    plan: PublishPlan,
    options: ReleaseOptions,
    done: Callable[[Published], None],
) -> None:
    if plan.does_nothing:
        done(Published(plan, ()))
        return
    now = desk.records(plan.name)
    if now.taken != plan.records.taken:
        _after_race(desk, lock, plan, options, done)
        return
    made: list[Record] = []
    try:
        make_records(desk, lock, _drafts(plan), options, made)
    except TagTaken as error:
        _catch_up(desk, lock, plan.name)
        if not made:
            _after_race(desk, lock, plan, options, done)
            return
        done(Published(plan, tuple(made)))  # the version is there; its label was moved meanwhile
        raise lost_race(desk, plan.name, error.tags) from None
    except PromptctlError:
        if made:
            done(Published(plan, tuple(made)))
        raise
    done(Published(plan, tuple(made)))


def _catch_up(desk: Desk, lock: WriteLock, name: str) -> None:
    if desk.remote is not None:
        desk.remote.fetch([name])
        take_over(desk, lock, [name])


def _after_race(
    desk: Desk,
    lock: WriteLock,
    plan: PublishPlan,
    options: ReleaseOptions,
    done: Callable[[Published], None],
) -> None:
    """Somebody released meanwhile. If it was this very content, what it lacks is added."""
    records = desk.records(plan.name)
    new = records.taken - plan.records.taken
    latest, move = records.latest, records.in_force(plan.label)
    if latest is None or latest.content != plan.content:
        raise _lost(desk, plan, new)
    if move is not None and move.tag in new and move.version != latest.tag.number:
        raise _lost(desk, plan, {move.tag})
    desk.check_merged(latest.commit, plan.label)
    note = f"already published as v{latest.tag.number} by {made_by(latest)}"
    made: list[Record] = []
    if not records.has_named(plan.label, latest.tag.number):
        plan = replace(plan, records=records, version=None, move=records.next_move(plan.label))
        try:
            make_records(desk, lock, _drafts(plan), options, made)
        except TagTaken:  # whoever made the version has moved the label too
            _catch_up(desk, lock, plan.name)
            if not desk.records(plan.name).has_named(plan.label, latest.tag.number):
                raise _lost(desk, plan, desk.records(plan.name).taken - records.taken) from None
    done(Published(plan, tuple(made), note))


def _lost(desk: Desk, plan: PublishPlan, new: frozenset[TagName] | set[TagName]) -> LostRace:
    ordered = sorted(new, key=lambda tag: (tag.label is not None, -tag.number))
    return lost_race(desk, plan.name, [f"{desk.releases.prefix}{tag}" for tag in ordered])


def _publish_at_once(
    desk: Desk,
    lock: WriteLock,
    plans: Sequence[PublishPlan],
    options: ReleaseOptions,
    done: Callable[[Published], None],
) -> None:
    for plan in plans:
        new = desk.records(plan.name).taken - plan.records.taken
        if new:
            raise _lost(desk, plan, new)
    drafts = [draft for plan in plans for draft in _drafts(plan)]
    records: list[Record] = []
    try:
        make_records(desk, lock, drafts, options, records)
    except TagTaken as error:
        name = error.tags[0].removeprefix(desk.releases.prefix).partition("@")[0]
        _catch_up(desk, lock, name)
        raise lost_race(desk, name, error.tags) from None
    for plan in plans:
        done(Published(plan, tuple(record for record in records if record.name == plan.name)))


def _drafts(plan: PublishPlan) -> list[Draft]:
    drafts = []
    latest = plan.records.latest
    if plan.version is not None:
        before = latest.tag.number if latest is not None else None
        drafts.append(
            Draft(
                plan.version, "version", plan.commit, plan.number, before,
                plan.path, plan.content, plan.effect, f"{plan.name} v{plan.number}",
            )
        )  # fmt: skip
    if plan.move is not None:
        made_now = plan.version is not None or latest is None
        commit = plan.commit if made_now else latest.commit  # type: ignore[union-attr]
        path = plan.path if made_now else latest.path  # type: ignore[union-attr]
        words = f"{plan.name} {plan.label}: {named(plan.held)} → v{plan.number}"
        drafts.append(
            Draft(
                plan.move, "publish", commit, plan.number, plan.held,
                path, plan.content, label_effect(plan), words,
            )
        )  # fmt: skip
    return drafts
