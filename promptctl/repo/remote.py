"""Talking to a remote: records fetched by prefix, and pushed by object id, create-only.

What the remote holds is kept below refs/promptctl/remote/NAME/, apart from the clone's own tags, so
that a tag which moved or went away there is noticed.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping, Sequence

from promptctl.core.fast_dataclass import dataclass
from promptctl.errors import PushRefused, RemoteUnreachable
from promptctl.repo.git import Git
from promptctl.repo.history import History
from promptctl.repo.inspection import known_head
from promptctl.repo.recording import common_dir, remove_old_locks
from promptctl.repo.releases import Releases

_OID = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
_FEW = 20
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
        return f"refs/promptctl/remote/{self.name}/"

    @property
    def releases(self) -> Releases:
        """The records that it held when it was last asked."""
        return Releases(self.git, self.prefix, f"{self.space}tags/")

    @property
    def gone(self) -> Releases:
        """Records that it once held, and no longer did when it was last asked."""
        return Releases(self.git, self.prefix, f"{self.space}gone/")

    def fetch(self, names: Sequence[str] | None, branches: Sequence[str] = ()) -> None:
        """Learn the records of these prompts (of all, for None), and the tips of branches.

        A branch that is not there is no error. Raises RemoteUnreachable.
        """
        before = self._known(names)
        tags = [f"{name}@*" for name in names] if names is not None else ["*"]
        specs = [f"+refs/tags/{self.prefix}{t}:{self.space}tags/{self.prefix}{t}" for t in tags]
        done = self._fetch(specs, branches)
        if done.returncode != 0 and branches:
            absent = [branch for branch in branches if not self._has_branch(branch)]
            self._forget([f"{self.space}heads/{branch}" for branch in absent])
            done = self._fetch(specs, [branch for branch in branches if branch not in absent])
        if done.returncode != 0 and remove_old_locks(common_dir(self.git) / self.space):
            done = self._fetch(specs, branches)
        if done.returncode != 0:
            raise self._unreachable(done)
        after = self._known(names)
        self._note_gone({whole: oid for whole, oid in before.items() if whole not in after})

    def _fetch(
        self, specs: Sequence[str], branches: Sequence[str]
    ) -> subprocess.CompletedProcess[bytes]:
        heads = [f"+refs/heads/{b}:{self.space}heads/{b}" for b in branches]
        # A deeper clone would be made shallower by it; one of depth 1 would fetch all of history without.
        depth = ["--depth=1"] if History(self.git).is_cut_at_head() else []
        return self._run(["fetch", *_FETCH, *depth, "--", self.name, *specs, *heads])

    def _has_branch(self, branch: str) -> bool:
        done = self._run(["ls-remote", "--refs", "--", self.name, f"refs/heads/{branch}"])
        if done.returncode != 0:
            raise self._unreachable(done)
        return f"refs/heads/{branch}" in _listed(done.stdout)

    def _known(self, names: Sequence[str] | None) -> dict[str, str]:
        few = [None] if names is None or len(names) > _FEW else names
        return {ref.whole: ref.oid for name in few for ref in self.releases.list_tags(name)}

    def _note_gone(self, gone: Mapping[str, str]) -> None:
        if gone:
            lines = "".join(f"update {self.space}gone/{w} {o}\n" for w, o in gone.items())
            self.git.output(["update-ref", "--stdin"], lines.encode())

    def _forget(self, refs: Sequence[str]) -> None:
        lines = "".join(f"delete {ref}\n" for ref in refs)
        self.git.run(["update-ref", "--stdin"], lines.encode())

    def head_branch(self) -> str | None:
        """The branch that the remote's HEAD names; asked over the network where the clone does not know."""
        known = known_head(self.git, self.name)
        if known is not None:
            return known
        done = self._run(["ls-remote", "--symref", "--", self.name, "HEAD"])
        if done.returncode != 0:
            raise self._unreachable(done)
        found = re.search(rb"^ref: refs/heads/(\S+)\tHEAD$", done.stdout, re.MULTILINE)
        if found:
            return found[1].decode("utf-8", "replace")
        # Its HEAD names a branch that is not there: never what the tree here says, which may be under test.
        return next(filter(self._has_branch, ("main", "master")), None)

    def branch_tip(self, branch: str) -> str | None:
        """The commit of a branch there, as of the last fetch."""
        ref = f"{self.space}heads/{branch}"
        done = self.git.run(["rev-parse", "--verify", "--quiet", "--end-of-options", ref])
        oid = done.stdout.decode("ascii", "replace").strip()
        return oid if done.returncode == 0 and _OID.fullmatch(oid) else None

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
        known = [f"update {self.space}tags/{tag} {oid}\n" for tag, oid in tags.items()]
        back = [f"delete {self.space}gone/{tag}\n" for tag in tags]
        self.git.run(["update-ref", "--stdin"], "".join(known + back).encode())

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
        there = _listed(done.stdout)
        return {tag: there[ref] for tag in tags if (ref := f"refs/tags/{tag}") in there}

    def _run(self, arguments: Sequence[str]) -> subprocess.CompletedProcess[bytes]:
        try:
            # A mirror pushes every ref, or refuses to push some.
            plain = ("-c", f"remote.{self.name}.mirror=false")
            return self.git.run_on_network(arguments, plain)
        except subprocess.TimeoutExpired as error:
            raise RemoteUnreachable(
                f"{self.name} did not answer within {error.timeout:.0f} s", "check the network"
            ) from None

    def _unreachable(self, done: subprocess.CompletedProcess[bytes]) -> RemoteUnreachable:
        return RemoteUnreachable(
            f"{self.name} cannot be reached: {_words(done)}",
            f"git fetch {self.name} shows what git says",
        )


def _listed(listing: bytes) -> dict[str, str]:
    """What `ls-remote` lists, ref -> object. A pattern also matches the ends of other refs' names."""
    lines = (line.partition(b"\t") for line in listing.split(b"\n") if line)
    return {ref.decode("utf-8", "replace"): oid.decode("ascii", "replace") for oid, _, ref in lines}


class TagTaken(Exception):
    """The remote has other objects at these tags: somebody was quicker."""

    def __init__(self, remote: str, tags: Sequence[str]) -> None:
        super().__init__(remote, tags)
        self.tags = tuple(tags)


_FETCH = ("--quiet", "--no-tags", "--prune", "--no-write-fetch-head", "--recurse-submodules=no")


def _words(done: subprocess.CompletedProcess[bytes]) -> str:
    """What git and the remote said, credentials masked, on one line."""
    text = (done.stderr + b"\n" + done.stdout).decode("utf-8", "replace")
    lines = [line.strip() for line in text.splitlines()]
    said = [line.removeprefix("remote: ") for line in lines if line.startswith("remote:")]
    marks = [line for line in lines if line.startswith(("!", "fatal:", "error:"))]
    chosen = " ".join([*said, *[re.sub(r"\s+", " ", line) for line in marks]][:12])
    return mask_userinfo(chosen)[:1000] or "it gave no reason"


def mask_userinfo(text: str) -> str:
    """The text without names and passwords in URLs."""
    return _USERINFO.sub("***@", text)
