"""What every release stands on: the records here and at the remote, and the settings that are trusted."""

from __future__ import annotations

import shlex
import time
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from promptctl.core.change import Change
from promptctl.core.document import parse_document
from promptctl.core.fast_dataclass import dataclass
from promptctl.core.interface import compare_interfaces
from promptctl.core.prompt import Prompt, parse_prompt
from promptctl.core.record import (
    Record,
    RecordKind,
    TagName,
    format_tag,
    message_problem,
    parse_tag_name,
)
from promptctl.core.release import DEFAULT_LABEL, PromptRecords
from promptctl.core.release_plan import named
from promptctl.errors import (
    LostRace,
    NotMerged,
    NotPushed,
    PromptctlError,
    Refused,
    RemoteUnreachable,
    UsageProblem,
)
from promptctl.operations.repository import OpenRepository
from promptctl.operations.trusted import (
    ask_remote,
    default_branch,
    remote_of,
    trusted_settings,
)
from promptctl.repo.history import History
from promptctl.repo.objects import open_objects
from promptctl.repo.recording import (
    Identity,
    Note,
    WriteLock,
    common_dir,
    create_refs,
    identity,
    locked,
    make_tag,
    sign_tag,
)
from promptctl.repo.releases import TAGS, Releases, TagRef
from promptctl.repo.remote import Remote, TagTaken
from promptctl.repo.remotes import remote_names
from promptctl.settings import Settings


def _silent(_: str) -> None:
    """Nobody listens."""


@dataclass(frozen=True, slots=True)
class ReleaseOptions:
    """What the user wants of one release, whatever its kind."""

    label: str = DEFAULT_LABEL
    message: str = ""
    allow_breaking: bool = False
    allow_older: bool = False
    push: bool = True
    sign: bool = False
    atomic: bool = False


@dataclass(frozen=True, slots=True)
class Desk:
    """The place where releases of one repository are made."""

    repository: OpenRepository
    remote: Remote | None
    """None without a remote, and where nothing is pushed."""
    settings: Settings
    """Those of the default branch."""
    default_branch: str | None
    common: Path
    note: Note = _silent
    news: frozenset[TagName] = frozenset()
    """Moves of labels that this clone had not seen before, although it knew earlier ones of that label."""
    finished: frozenset[TagName] = frozenset()
    """Records that an earlier run made at the remote, and was cut off before it could say so."""

    @property
    def releases(self) -> Releases:
        """The records of this clone."""
        return self.repository.releases

    @property
    def history(self) -> History:
        """The commits, with paths from the top of the git repository."""
        return self.repository.history_at_top

    def records(self, name: str) -> PromptRecords:
        """Every record of a prompt."""
        return self.releases.prompt_records(name)

    def branch_of(self, label: str) -> str | None:
        """The branch that a commit must be on before the label may name a version of it."""
        declared = self.settings.labels.get(label)
        if declared is not None and declared.branch is not None:
            return declared.branch
        return self.default_branch if label == DEFAULT_LABEL else None

    def must_sign(self, label: str) -> bool:
        """Whether records of the label have to be signed."""
        declared = self.settings.labels.get(label)
        return declared is not None and declared.signed

    def check_merged(self, commit: str, label: str) -> None:
        """Raises NotMerged for a commit that the remote's branch of the label does not hold."""
        branch = self.branch_of(label)
        if self.remote is None or branch is None:
            return
        tip = self.remote.branch_tip(branch)
        if tip == commit:
            return
        where = f"{self.remote.name}/{branch}"
        if tip is None:
            raise NotMerged(
                f"{label} takes commits of {branch}, and {self.remote.name} has no such branch",
                f"git push {self.remote.name} {shlex.quote(f'HEAD:{branch}')}",
            )
        if self.history.is_shallow():
            raise NotMerged(
                f"{commit[:10]} is not the tip of {where}, and this shallow clone does not know more",
                f"git fetch --unshallow {self.remote.name}",
            )
        if not self.history.is_ancestor(commit, tip):
            raise NotMerged(
                f"{commit[:10]} is not on {where}, and {label} takes commits of that branch only",
                f"git push {self.remote.name} {shlex.quote(f'HEAD:{branch}')}, or merge it there",
            )


def open_desk(
    repository: OpenRepository,
    names: Sequence[str] | None,
    *,
    label: str = DEFAULT_LABEL,
    push: bool = True,
    note: Note = _silent,
) -> Desk:
    """Get ready to release these prompts (all, for None): the remote is asked and its records taken over.

    Raises RemoteUnreachable, NotPushed where records of this clone are not there, LostRace where they
    contradict the remote's.
    """
    if repository.settings.git_top is None:
        repository.history.resolve_commit("HEAD")  # says that this is no git repository
    common = common_dir(repository.history.git)
    remote = remote_of(repository)
    if remote is None and push and remote_names(repository.history.git):
        name = repository.settings.remote
        raise RemoteUnreachable(
            f"this clone has no remote {name}, where releases belong",
            f"git remote add {name} URL, or name another in promptctl.yaml; --no-push stays here",
        )
    if remote is None or not push:
        branch = default_branch(repository, remote)
        trusted = trusted_settings(repository, remote, branch).settings
        return Desk(repository, None, trusted, branch, common, note)
    branch = ask_remote(repository, remote, names)
    found = trusted_settings(repository, remote, branch)
    trusted = found.settings
    if found.tag_prefix != repository.settings.tag_prefix:
        raise Refused(
            f"tag_prefix is {repository.settings.tag_prefix} here and {found.tag_prefix} on {branch}",
            f"merge the change of promptctl.yaml to {branch} first",
        )
    declared = trusted.labels.get(label)
    if declared is not None and declared.branch not in (None, branch):
        remote.fetch(names, [branch, str(declared.branch)])
    desk = Desk(repository, remote, trusted, branch, common, note)
    with locked(common, note) as lock:
        news = take_over(desk, lock, names)
        start = len(TAGS) + len(repository.settings.tag_prefix)
        tags = {ref.tag: ref.oid for ref in _tags(desk.releases, names)}
        left = {parse_tag_name(ref[start:]): oid for ref, oid in lock.left.items()}
        done = {tag for tag, oid in left.items() if tag is not None and tags.get(tag) == oid}
        return replace(desk, news=news - done, finished=frozenset(done))


def take_over(desk: Desk, lock: WriteLock, names: Sequence[str] | None) -> frozenset[TagName]:
    """Make the remote's records this clone's too; those that are news to it.

    Raises LostRace and NotPushed as `open_desk` does.
    """
    remote = desk.remote
    assert remote is not None
    here = {ref.whole: ref for ref in _tags(desk.releases, names)}
    there = {ref.whole: ref for ref in _tags(remote.releases, names)}
    clashes = [w for w, ref in there.items() if w in here and here[w].oid != ref.oid]
    if clashes:
        raise LostRace(
            f"{clashes[0]} is another record at {remote.name} than here",
            take_theirs(remote, there[clashes[0]].tag.prompt),
        )
    missing = {f"{TAGS}{w}": ref.oid for w, ref in there.items() if w not in here}
    if missing and not create_refs(desk.repository.history.git, lock, missing):
        raise LostRace("somebody else took over records of the remote meanwhile", "run it again")
    waiting, _ = desk.releases.read([ref for whole, ref in here.items() if whole not in there])
    only_here = sorted(f"{desk.releases.prefix}{record.tag}" for record in waiting)
    if only_here:
        more = f" and {len(only_here) - 1} more" if len(only_here) > 1 else ""
        gone = {ref.whole for ref in _tags(remote.gone, names)}
        when = "any more: somebody deleted it" if only_here[0] in gone else "yet"
        raise NotPushed(
            f"{only_here[0]}{more}: not at {remote.name} {when}",
            "promptctl push sends what is here",
        )
    known = {(ref.tag.prompt, ref.tag.label) for ref in here.values()}
    new = (ref.tag for whole, ref in there.items() if whole not in here and ref.tag.label)
    return frozenset(tag for tag in new if (tag.prompt, tag.label) in known)


def take_theirs(remote: Remote, name: str) -> str:
    """The hint for a clone whose records are not the remote's: how to take over those of one prompt."""
    refs = f"{TAGS}{remote.prefix}{name}@*"
    return (
        f"what {remote.name} has counts; to take it, and drop what is here: "
        f"git fetch --prune {remote.name} '+{refs}:{refs}'"
    )


def _tags(releases: Releases, names: Sequence[str] | None) -> list[TagRef]:
    if names is not None and len(names) == 1:
        return releases.list_tags(names[0])
    wanted = None if names is None else frozenset(names)
    return [t for t in releases.list_tags() if wanted is None or t.tag.prompt in wanted]


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
    effect: str
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
    _check_room(desk, list(oids))
    lock.declare({f"{TAGS}{whole}": oid for whole, oid in oids.items()})
    steps = [oids] if options.atomic else [{whole: oid} for whole, oid in oids.items()]
    for step in steps:
        if desk.remote is not None:
            desk.remote.push(step, atomic=options.atomic)
        if not create_refs(git, lock, {f"{TAGS}{whole}": oid for whole, oid in step.items()}):
            raise TagTaken("this clone", list(step))
        made += [records[whole] for whole in step]


def _check_room(desk: Desk, tags: Sequence[str]) -> None:
    """Raises Refused where a tag of this clone stands where git needs a folder for one of these."""
    parts = (f"{TAGS}{tag}".split("/") for tag in tags)
    parents = sorted({"/".join(p[:end]) for p in parts for end in range(3, len(p))})
    with open_objects(desk.repository.history_at_top.git) as objects:
        found = zip(parents, objects.read(parents, 0), strict=True)
        blocking = next((parent for parent, one in found if one is not None), None)
    if blocking is not None:
        name = blocking.removeprefix(TAGS)
        raise Refused(
            f"the tag {name} is in the way of {name}/…", f"git tag -d {shlex.quote(name)}"
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
        effect=draft.effect,  # type: ignore[arg-type]
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


def check_names_version(records: PromptRecords, label: str) -> None:
    """Raises Refused where the label names a version that is not here: nobody knows what would change."""
    move = records.in_force(label)
    if move is not None and move.version is not None and records.version_of(label) is None:
        raise Refused(
            f"{label} names {records.name} v{move.version}, which is not here",
            f"promptctl verify {records.name}",
        )


def prompt_of(desk: Desk, record: Record) -> Prompt | None:
    """The prompt of a version; None where today's promptctl cannot read it."""
    try:
        source = desk.repository.source_of_version(record)
        document = parse_document(source.content, source.shown).document
        data = document.data if document is not None else None
        return parse_prompt(record.name, data, source.read) if isinstance(data, Mapping) else None
    except PromptctlError:
        return None


def interface_changes(old: Prompt | None, new: Prompt | None) -> tuple[Change, ...]:
    """What callers see change; nothing where one of the two cannot be read."""
    return compare_interfaces(old, new) if old is not None and new is not None else ()


def made_by(record: Record) -> str:
    """Who made a record and when, for sentences."""
    day = time.strftime("%Y-%m-%d %H:%M", time.gmtime(record.time))
    return f"{record.actor.partition(' <')[0]} on {day} UTC"


def lost_race(desk: Desk, name: str, taken: Iterable[str]) -> LostRace:
    """Who was quicker, in words."""
    records = desk.records(name)
    for whole in taken:
        tag = whole.removeprefix(desk.releases.prefix)
        for record in [*records.versions.values(), *sum(records.moves.values(), ())]:
            if str(record.tag) == tag:
                what = f"{named(record.version)} as {tag}"
                return LostRace(
                    f"{made_by(record)} released {name} {what} meanwhile",
                    f"promptctl log {name} shows it; then run the same command again",
                )
    return LostRace(f"somebody else released {name} meanwhile", "run the same command again")
