"""Talking to a remote: records fetched by prefix, and pushed by object id, create-only.

What the remote holds is kept below refs/promptctl/remote/NAME/, apart from the clone's own tags, so
that a tag which moved or went away there is noticed.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from promptctl.core.fast_dataclass import dataclass
from promptctl.errors import PushRefused, RemoteUnreachable
from promptctl.repo.git import Git
from promptctl.repo.history import History
from promptctl.repo.inspection import known_head
from promptctl.repo.lock_files import REMOTES, fetching, remove_fetch_locks
from promptctl.repo.releases import Releases
from promptctl.repo.remotes import branch_key

_OID = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
FEW = 20
"""Prompts up to which each is listed by itself, rather than all of them at once."""
_USERINFO = re.compile(r"(?<=://)[^/\s]*@")


@dataclass(frozen=True, slots=True)
class Remote:
    """One configured remote of a clone."""

    git: Git
    name: str
    prefix: str

    @property
    def space(self) -> str:
        """Where its refs are kept here."""
        return f"{REMOTES}remote/{self.name}/"

    @property
    def releases(self) -> Releases:
        """The records that it held when it was last asked."""
        return Releases(self.git, self.prefix, f"{self.space}tags/")

    @property
    def gone(self) -> Releases:
        """Records that it once held, and no longer did when it was last asked."""
        return Releases(self.git, self.prefix, f"{self.space}gone/")

    @property
    def moved(self) -> Releases:
        """Records as they were before it showed others by their names, kept until that is accepted."""
        return Releases(self.git, self.prefix, f"{self.space}moved/")

    def branch_ref(self, branch: str) -> str:
        """Where the tip of one of its branches is kept here."""
        return f"{self.space}heads/{branch_key(branch)}"

    def fetch(self, names: Sequence[str] | None, branches: Sequence[str] = ()) -> None:
        """Learn the records of these prompts (of all, for None), and the tips of branches.

        A branch that is not there is no error. Raises RemoteUnreachable.
        """
        self._fetch(names, {f"refs/heads/{b}": self.branch_ref(b) for b in branches})

    def fetch_with_head(self, names: Sequence[str] | None) -> str | None:
        """As `fetch`, with the tip of the branch that the remote's HEAD names; the name of that branch.

        Only `ls-remote` tells the name, and the remote then lists all its refs. So HEAD's commit is
        fetched with the rest, and the name asked for where it is not that of the branch known so far.
        """
        known = known_head(self.git, self.name)
        branch = known or self._head_there()
        if branch is None:
            self.fetch(names)
            return None
        head = f"{self.space}tip"  # not `head`, which some disks take for HEAD beside it
        self._fetch(names, {"HEAD": head, f"refs/heads/{branch}": self.branch_ref(branch)})
        asked = ["for-each-ref", "--format=%(objectname)", head, self.branch_ref(branch)]
        if len(set(tips := self.git.output(asked).split())) != 1 or len(tips) != 2:
            now = self._head_there()
            if now not in (None, branch):
                branch = str(now)
                self.fetch(names, [branch])
        if branch != known:
            target = self.branch_ref(branch)
            self.git.output(["symbolic-ref", f"{self.space}HEAD", target])
        return branch

    def _fetch(self, names: Sequence[str] | None, heads: Mapping[str, str]) -> None:
        """Fetch the tags of prompts, and other refs of the remote, `there -> here`."""
        before = self._known(names)
        common, depth = self._place()
        tags = [f"{name}@*" for name in names] if names is not None else ["*"]
        done = self._fetch_once(common, depth, tags, heads)
        if done.returncode != 0:
            there = self._listed(heads)
            self._delete([here for ref, here in heads.items() if ref not in there])
            remove_fetch_locks(common, self.space)
            # All tags now: what was fetched of another prompt may be in the way of this one.
            present = {ref: here for ref, here in heads.items() if ref in there}
            done = self._fetch_once(common, depth, ["*"], present)
        if done.returncode != 0:
            raise self._unreachable(done)
        after = self._known(names)
        if after != before:
            self._note_changes(names, before, after)

    def _place(self) -> tuple[Path, Sequence[str]]:
        """The folder that all worktrees share, and how deep to fetch."""
        asked = [
            "rev-parse",
            "--path-format=absolute",
            "--git-common-dir",
            "--is-shallow-repository",
        ]
        path, _, shallow = self.git.output(asked).rstrip(b"\n").rpartition(b"\n")
        # A deeper clone would be made shallower by it; one of depth 1 would fetch all of history without.
        is_cut = shallow == b"true" and History(self.git).is_cut_at_head()
        return Path(os.fsdecode(path)), ["--depth=1"] if is_cut else []

    def _fetch_once(
        self, common: Path, depth: Sequence[str], tags: Sequence[str], heads: Mapping[str, str]
    ) -> subprocess.CompletedProcess[bytes]:
        specs = [f"+refs/tags/{self.prefix}{t}:{self.space}tags/{self.prefix}{t}" for t in tags]
        specs += [f"+{ref}:{here}" for ref, here in heads.items()]
        with fetching(common) as mark:
            return self._run(["fetch", *_FETCH, *depth, "--", self.name, *specs], mark)

    def _listed(self, refs: Iterable[str]) -> dict[str, str]:
        """Those of these refs that are there, with their objects. Raises RemoteUnreachable."""
        done = self._run(["ls-remote", "--", self.name, *refs, "HEAD"])
        if done.returncode != 0:
            raise self._unreachable(done)
        return _parse_listing(done.stdout)

    def _known(self, names: Sequence[str] | None) -> dict[str, str]:
        return _objects_of(self.releases, names)

    def _note_changes(
        self, names: Sequence[str] | None, before: Mapping[str, str], after: Mapping[str, str]
    ) -> None:
        """Keep what was deleted or moved there, the oldest that is known, until it is as it was."""
        gone, moved = _objects_of(self.gone, names), _objects_of(self.moved, names)
        first = {**before, **gone, **moved}
        lines = []
        for whole in first.keys() | after.keys():
            was, now = first.get(whole), after.get(whole)
            is_moved = now is not None and was not in (None, now)
            if now is None and gone.get(whole) != was:
                lines.append(f"update {self.space}gone/{whole} {was}\n")
            if now is not None and whole in gone:
                lines.append(f"delete {self.space}gone/{whole}\n")
            if is_moved and whole not in moved:
                lines.append(f"update {self.space}moved/{whole} {was}\n")
            if not is_moved and whole in moved:
                lines.append(f"delete {self.space}moved/{whole}\n")
        if lines:
            self.git.output(["update-ref", "--stdin"], "".join(lines).encode())

    def _delete(self, refs: Sequence[str]) -> None:
        lines = "".join(f"delete {ref}\n" for ref in refs)
        self.git.run(["update-ref", "--stdin"], lines.encode())

    def _head_there(self) -> str | None:
        """The branch that its HEAD names, asked over the network; None if there is none to go by."""
        usual = [f"refs/heads/{branch}" for branch in ("main", "master")]
        done = self._run(["ls-remote", "--symref", "--", self.name, "HEAD", *usual])
        if done.returncode != 0:
            raise self._unreachable(done)
        found = re.search(rb"^ref: refs/heads/(\S+)\tHEAD$", done.stdout, re.MULTILINE)
        if found:
            return found[1].decode("utf-8", "replace")
        # Its HEAD names a branch that is not there: never what the tree here says, which may be under test.
        there = _parse_listing(done.stdout)
        return next((ref.removeprefix("refs/heads/") for ref in usual if ref in there), None)

    def branch_tip(self, branch: str) -> str | None:
        """The commit of a branch there, as of the last fetch."""
        return self._oid(self.branch_ref(branch))

    def _oid(self, ref: str) -> str | None:
        done = self.git.run(["rev-parse", "--verify", "--quiet", "--end-of-options", ref])
        oid = done.stdout.decode("ascii", "replace").strip()
        return oid if done.returncode == 0 and _OID.fullmatch(oid) else None

    def known_as(self, tags: Mapping[str, str]) -> dict[str, str]:
        """The refs here that say that the remote has these tags."""
        return {f"{self.space}tags/{tag}": oid for tag, oid in tags.items()}

    def remember(self, tags: Mapping[str, str]) -> None:
        """Know that the remote has these tags, which this clone had before."""
        known = [f"update {ref} {oid}\n" for ref, oid in self.known_as(tags).items()]
        back = [f"delete {self.space}{kind}/{tag}\n" for tag in tags for kind in ("gone", "moved")]
        self.git.run(["update-ref", "--stdin"], "".join(known + back).encode())

    def push(self, tags: Mapping[str, str], *, atomic: bool) -> None:
        """Create tags there, `tag name -> object id`.

        Raises TagTaken (the remote has another object by that name), PushRefused and
        RemoteUnreachable. A push whose answer was lost counts as done if the remote has our objects.
        """
        specs = [f"{oid}:refs/tags/{tag}" for tag, oid in tags.items()]
        options = ["--porcelain", "--no-follow-tags", "--recurse-submodules=no"]
        if atomic and len(tags) > 1:
            options.append("--atomic")
        # Signing a push is the user's choice for branches; a remote without it would refuse every tag.
        try:
            done = self._run(["push", "--no-signed", *options, "--", self.name, *specs])
        except RemoteUnreachable:
            done = None
        if done is None or done.returncode != 0:
            self._settle(tags, done)

    def _settle(
        self, tags: Mapping[str, str], done: subprocess.CompletedProcess[bytes] | None
    ) -> None:
        """What became of a push that was not plainly accepted: the refs themselves say."""
        there = self._ask(list(tags))
        if there is None:
            words = _words(done) if done is not None else "no answer in time"
            raise RemoteUnreachable(
                f"the connection to {self.name} broke, and it cannot be asked what it has taken: {words}",
                "run the same command again: it finds out",
            )
        if all(there.get(tag) == oid for tag, oid in tags.items()):
            return
        taken = {tag for tag, oid in tags.items() if there.get(tag) not in (None, oid)}
        if taken:
            raise TagTaken(self.name, sorted(taken))
        words = _words(done) if done is not None else "no answer in time"
        raise PushRefused(f"{self.name} refused {', '.join(sorted(tags))}: {words}")

    def _ask(self, tags: Sequence[str]) -> dict[str, str] | None:
        """The objects of exactly these tags there, now; None if it does not answer."""
        try:
            done = self._run(
                ["ls-remote", "--refs", "--", self.name, *(f"refs/tags/{tag}" for tag in tags)]
            )
        except RemoteUnreachable:
            return None
        if done.returncode != 0:
            return None
        there = _parse_listing(done.stdout)
        return {tag: there[ref] for tag in tags if (ref := f"refs/tags/{tag}") in there}

    def _run(self, arguments: Sequence[str], *inherited: int) -> subprocess.CompletedProcess[bytes]:
        # A mirror pushes every ref, or refuses to push some. What is known of a remote can be had again:
        # syncing it ref by ref takes a thousand times as long.
        options = ("-c", f"remote.{self.name}.mirror=false", "-c", "core.fsync=objects")
        try:
            return self.git.run_on_network(arguments, options, inherited=inherited)
        except subprocess.TimeoutExpired as error:
            raise RemoteUnreachable(
                f"{self.name} did not answer within {error.timeout:.0f} s", "check the network"
            ) from None

    def _unreachable(self, done: subprocess.CompletedProcess[bytes]) -> RemoteUnreachable:
        return RemoteUnreachable(
            f"{self.name} cannot be reached: {_words(done)}",
            f"git remote get-url {self.name} shows where it is looked for",
        )


def _objects_of(releases: Releases, names: Sequence[str] | None) -> dict[str, str]:
    few = [None] if names is None or len(names) > FEW else names
    return {ref.whole: ref.oid for name in few for ref in releases.list_tags(name)}


def _parse_listing(listing: bytes) -> dict[str, str]:
    """What `ls-remote` lists, ref -> object. A pattern also matches the ends of other refs' names."""
    lines = (line.partition(b"\t") for line in listing.split(b"\n") if line)
    return {ref.decode("utf-8", "replace"): oid.decode("ascii", "replace") for oid, _, ref in lines}


class TagTaken(Exception):
    """The remote has other objects at these tags: somebody was quicker."""

    def __init__(self, remote: str, tags: Sequence[str]) -> None:
        super().__init__(remote, tags)
        self.tags = tuple(tags)


# Without a refmap git would also move the branches of the remote that the user knows.
_FETCH = (
    "--quiet",
    "--no-tags",
    "--refmap=",
    "--prune",
    "--no-write-fetch-head",
    "--recurse-submodules=no",
)


def _words(done: subprocess.CompletedProcess[bytes]) -> str:
    """What git and the remote said, credentials masked, on one line."""
    text = (done.stderr + b"\n" + done.stdout).decode("utf-8", "replace")
    lines = [line.strip() for line in text.splitlines()]
    said = [line.removeprefix("remote: ") for line in lines if line.startswith("remote:")]
    marks = [line for line in lines if line.startswith(("!", "fatal:", "error:"))]
    told = [re.sub(r"\s+", " ", line).rstrip(".") for line in (*said, *marks)]
    chosen = "; ".join(told[:12])
    return mask_userinfo(chosen)[:1000] or "it gave no reason"


def mask_userinfo(text: str) -> str:
    """The text without names and passwords in URLs."""
    return _USERINFO.sub("***@", text)
