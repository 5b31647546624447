"""What every release stands on: the records here and at the remote, and the settings that are trusted."""

from __future__ import annotations

import shlex
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from promptctl.core.change import Change
from promptctl.core.document import parse_document
from promptctl.core.fast_dataclass import dataclass
from promptctl.core.interface import compare_interfaces
from promptctl.core.prompt import Prompt, parse_prompt
from promptctl.core.record import Record, TagName, parse_tag_name
from promptctl.core.release import DEFAULT_LABEL, PromptRecords
from promptctl.core.release_plan import named
from promptctl.core.renamed import former_names
from promptctl.errors import (
    LocalIOError,
    LostRace,
    NotMerged,
    NotPushed,
    PromptctlError,
    Refused,
    RemoteUnreachable,
)
from promptctl.operations.repository import OpenRepository
from promptctl.operations.trusted import ask_remote, remote_of, trusted_settings
from promptctl.repo.branches import current_branch
from promptctl.repo.history import History
from promptctl.repo.objects import open_objects
from promptctl.repo.recording import (
    Note,
    WriteLock,
    common_dir,
    create_refs,
    locked,
    read_intent,
)
from promptctl.repo.releases import TAGS, Releases, TagRef
from promptctl.repo.remote import FEW, Remote
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
    new_label: bool = False
    """Whether the label may be one that nobody ever used, and looks like a slip for another."""


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
        where = f"{self.remote.name}/{branch}"
        if tip is None:
            raise NotMerged(
                f"{label} takes commits of {branch}, and {self.remote.name} has no such branch",
                self._push_line(commit, branch),
            )
        if commit == tip or self.history.is_ancestor(commit, tip):
            return
        if self.history.is_shallow():
            raise NotMerged(
                f"{commit[:10]} is not the tip of {where}, and this shallow clone does not know more",
                f"git fetch --unshallow {self.remote.name}",
            )
        raise NotMerged(
            f"{commit[:10]} is not on {where}, and {label} takes commits of that branch only",
            self._push_line(commit, branch),
        )

    def _push_line(self, commit: str, branch: str) -> str:
        """What brings a commit to a branch of the remote, before anything of it can be released there."""
        assert self.remote is not None
        git = self.history.git
        remote, target = self.remote.name, shlex.quote(branch)
        head = git.run(["rev-parse", "--verify", "--quiet", "HEAD"]).stdout.decode("ascii").strip()
        if commit != head:
            return f"merge {commit[:10]} into {branch}, and push that: git push {remote} {target}"
        if current_branch(git) == branch:
            return f"push the commit first: git push {remote} {target}"
        there = shlex.quote(f"HEAD:{branch}")
        return f"push the commit first: git push {remote} {there}; or merge it there"


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
        found = trusted_settings(repository, remote)
        desk = Desk(repository, None, found.settings, found.branch, common, note)
        if read_intent(common) is None:
            return desk
        with locked(common, note) as lock:
            return replace(desk, finished=_finished(desk, lock, names))
    names = _with_old_names(repository, names)
    try:
        found = ask_remote(repository, remote, names)
    except RemoteUnreachable as error:
        error.hint = "--no-push records it in this clone, until promptctl push sends it"
        raise
    trusted, branch = found.settings, found.branch
    if found.tag_prefix != repository.settings.tag_prefix:
        raise Refused(
            f"tag_prefix is {repository.settings.tag_prefix} here and {found.tag_prefix} on {branch}",
            f"merge the change of promptctl.yaml to {branch} first",
        )
    declared = trusted.labels.get(label)
    if declared is not None and declared.branch not in (None, branch):
        remote.fetch(names, [str(declared.branch)])
    desk = Desk(repository, remote, trusted, branch, common, note)
    with locked(common, note) as lock:
        news = take_over(desk, lock, names)
        done = _finished(desk, lock, names)
        return replace(desk, news=news - done, finished=done)


def _with_old_names(
    repository: OpenRepository, names: Sequence[str] | None
) -> Sequence[str] | None:
    """These prompts and what they were called before: a renamed one is compared with its old self."""
    renamed = repository.settings.renamed
    if names is None or not renamed:
        return names
    return list(
        dict.fromkeys(one for name in names for one in (name, *former_names(renamed, name)))
    )


def _finished(desk: Desk, lock: WriteLock, names: Sequence[str] | None) -> frozenset[TagName]:
    """Of what processes that died were about to make of these prompts, what is there now.

    What they wanted of other prompts stays for whoever asks about those.
    """
    start = f"{TAGS}{desk.releases.prefix}"
    tags = {ref: parse_tag_name(ref.removeprefix(start)) for ref in lock.left}
    left = {
        ref: lock.left[ref]
        for ref, tag in tags.items()
        if tag is None or names is None or tag.prompt in names
    }
    if not left:
        return frozenset()
    with open_objects(desk.history.git) as objects:
        there = zip(left.items(), objects.read(list(left), 0), strict=True)
        made = [tags[ref] for (ref, oid), one in there if one is not None and one.oid == oid]
    lock.settle(left)
    return frozenset(tag for tag in made if tag is not None)


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
    git = desk.repository.history.git
    if missing and not create_refs(git, lock, missing, elsewhere=True):
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
    if names is not None and len(names) <= FEW:
        return [ref for name in names for ref in releases.list_tags(name)]
    wanted = None if names is None else frozenset(names)
    return [t for t in releases.list_tags() if wanted is None or t.tag.prompt in wanted]


def check_names_version(records: PromptRecords, label: str) -> None:
    """Raises Refused where the label names a version that is not here: nobody knows what would change."""
    move = records.in_force(label)
    if move is not None and move.version is not None and records.version_of(label) is None:
        raise Refused(
            f"{label} names {records.name} v{move.version}, which is not here",
            f"promptctl verify {records.name}",
        )


def prompt_of(desk: Desk, record: Record) -> Prompt | None:
    """The prompt of a version; None where today's promptctl cannot read it.

    Raises LocalIOError where its bytes are not here, as in a partial clone: a break would go unseen.
    """
    try:
        source = desk.repository.source_of_version(record)
        document = parse_document(source.content, source.shown).document
        data = document.data if document is not None else None
        return parse_prompt(record.name, data, source.read) if isinstance(data, Mapping) else None
    except LocalIOError:
        raise
    except PromptctlError:
        return None


def check_readable(desk: Desk, *records: Record) -> None:
    """Raises Refused for a version that today's promptctl cannot read: nobody knows what would break."""
    for record in records:
        if prompt_of(desk, record) is None:
            raise Refused(
                f"{record.tag} cannot be read here, so nobody knows what breaks for callers",
                f"promptctl show {record.name}@{record.tag.number}; --allow-breaking goes on all the same",
            )


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
