"""Making records: tag objects of what was planned, at the remote first and then here."""

from __future__ import annotations

import shlex
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import PurePosixPath

from promptctl.core.fast_dataclass import dataclass
from promptctl.core.record import (
    Record,
    RecordEffect,
    RecordKind,
    TagName,
    format_tag,
    message_problem,
)
from promptctl.errors import PushRefused, Refused, UsageProblem
from promptctl.operations.releasing import Desk, ReleaseOptions
from promptctl.repo.objects import open_objects
from promptctl.repo.recording import (
    Identity,
    WriteLock,
    create_refs,
    identity,
    make_tag,
    sign_tag,
)
from promptctl.repo.releases import TAGS
from promptctl.repo.remote import TagTaken
from promptctl.repo.unpushed import note_unpushed

MAX_AT_ONCE = 5000
"""Tags of one push: they stand in one command line."""
_MAX_LINE = 640_000
"""Bytes of that command line; some systems take a million, with the environment."""
_PER_TAG = 90
"""Bytes of an object id, and of what else stands beside a tag's name."""
_AT_ONCE = 100
"""Tags that are looked for with one git."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A record that is about to be made."""

    tag: TagName
    kind: RecordKind
    commit: str
    version: int | None
    previous: int | None
    path: str
    content: str
    effect: RecordEffect
    subject: str


def make_records(
    desk: Desk,
    lock: WriteLock,
    drafts: Sequence[Draft],
    options: ReleaseOptions,
    made: list[Record],
) -> None:
    """Make records: at the remote first, then here; one after the other, or all at once if `atomic`.

    Each is added to `made` as soon as it is there. Raises TagTaken where somebody was quicker, and what
    Remote.push raises.
    """
    if options.atomic:
        _check_size(desk, drafts)
    git = desk.repository.history_at_top.git
    who = identity(git)
    oids: dict[str, str] = {}
    records: dict[str, Record] = {}
    for draft in drafts:
        record = _record(draft, who, options.message, desk.repository.environ)
        whole = f"{desk.releases.prefix}{draft.tag}"
        content = format_tag(record, whole, who.shown)
        label = draft.tag.label or options.label
        if options.sign or desk.must_sign(label):
            oid = sign_tag(git, desk.common, whole, record.commit, content)
        else:
            oid = make_tag(git, content)
        oids[whole] = oid
        records[whole] = replace(record, oid=oid)
    _check_room(desk, drafts)
    steps = [oids] if options.atomic else [{whole: oid} for whole, oid in oids.items()]
    for step in steps:
        known = None
        refs = {f"{TAGS}{whole}": oid for whole, oid in step.items()}
        lock.declare(refs)
        if desk.remote is not None:
            try:
                desk.remote.push(step, atomic=options.atomic)
            except (PushRefused, TagTaken):  # it is sure that nothing of this step is there
                lock.clear()
                raise
            known = desk.remote.known_as(step)
        else:
            note_unpushed(lock.common, step)
        if not create_refs(git, lock, refs, known):
            raise TagTaken("this clone", list(step))
        made += [records[whole] for whole in step]


def _check_size(desk: Desk, drafts: Sequence[Draft]) -> None:
    """Raises Refused for more tags than one command line holds."""
    size = sum(_PER_TAG + len(f"{desk.releases.prefix}{draft.tag}") for draft in drafts)
    if len(drafts) > MAX_AT_ONCE or size > _MAX_LINE:
        raise Refused(
            f"{len(drafts):,} tags are more than one push can hold",
            "publish without --atomic, or fewer prompts at once",
        )


def _check_room(desk: Desk, drafts: Sequence[Draft]) -> None:
    """Raises Refused where git needs a folder and a tag stands there, or the other way round.

    That is looked for here and in what the remote has, before anything is sent to it.
    """
    wholes = [f"{desk.releases.prefix}{draft.tag}" for draft in drafts]
    spaces = [TAGS] if desk.remote is None else [TAGS, f"{desk.remote.space}tags/"]
    git = desk.repository.history_at_top.git
    below = [f"{space}{whole}/" for space in spaces for whole in wholes]
    for start in range(0, len(below), _AT_ONCE):
        asked = ["for-each-ref", "--count=1", "--format=%(refname)"]
        found = git.output([*asked, *below[start : start + _AT_ONCE]]).decode("utf-8", "replace")
        if found:
            ref = found.rstrip("\n")
            whole = next(w for w in wholes if f"{w}/" in ref)
            raise _in_the_way(desk, ref, whole)
    # Where a number before this one is there, its folder is.
    firsts = [w for w, draft in zip(wholes, drafts, strict=True) if draft.tag.number == 1]
    folders = {str(folder) for whole in firsts for folder in PurePosixPath(whole).parents} - {"."}
    parents = [f"{space}{folder}" for space in spaces for folder in sorted(folders)]
    if not parents:
        return
    with open_objects(git) as objects:
        there = zip(parents, objects.read(parents, 0), strict=True)
        blocking = next((parent for parent, one in there if one is not None), None)
    if blocking is not None:
        raise _in_the_way(desk, blocking, None)


def _in_the_way(desk: Desk, ref: str, whole: str | None) -> Refused:
    """That a tag blocks another one, or (None) all that would lie below it."""
    remote = desk.remote if not ref.startswith(TAGS) else None
    name = ref.removeprefix(TAGS if remote is None else f"{remote.space}tags/")
    blocked = f"{name}/…" if whole is None else whole
    if remote is None:
        return Refused(
            f"the tag {name} is in the way of {blocked}", f"git tag -d {shlex.quote(name)}"
        )
    return Refused(
        f"the tag {name} at {remote.name} is in the way of {blocked}",
        f"git push {remote.name} {shlex.quote(f':{TAGS}{name}')}",
    )


def _record(draft: Draft, who: Identity, message: str, environ: Mapping[str, str]) -> Record:
    problem = message_problem(message)
    if problem is not None:
        raise UsageProblem(f"the message cannot stand in a tag: {problem}", "-m 'what and why'")
    return Record(
        tag=draft.tag,
        kind=draft.kind,
        commit=draft.commit,
        version=draft.version,
        previous=draft.previous,
        path=draft.path,
        content=draft.content,
        effect=draft.effect,
        actor=_actor(who, environ),
        id=uuid.uuid4().hex,
        run_url=_run_url(environ),
        subject=draft.subject,
        message=message,
        time=who.time,
        zone=who.zone,
    )


def _actor(who: Identity, environ: Mapping[str, str]) -> str:
    login = environ.get("GITHUB_ACTOR") or environ.get("GITLAB_USER_LOGIN") or ""
    return f"{_plain(login)} in CI, {who.shown}" if _plain(login) else who.shown


def _run_url(environ: Mapping[str, str]) -> str | None:
    server, repository = environ.get("GITHUB_SERVER_URL"), environ.get("GITHUB_REPOSITORY")
    run = environ.get("GITHUB_RUN_ID")
    if server and repository and run:
        return _plain(f"{server}/{repository}/actions/runs/{run}")
    return _plain(environ.get("CI_JOB_URL", "")) or None


def _plain(text: str) -> str:
    return text if len(text) < 500 and text.isprintable() and text.isascii() else ""
