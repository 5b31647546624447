"""Objects of a remote brought here, and nothing else: no ref is made or moved by it.

What a reader asks for by its id can be read afterwards. A shallow clone notes in its own file `shallow`
where the history of what came ends, as git does for every fetch there.
"""

from __future__ import annotations

import subprocess
from collections.abc import Sequence

from promptctl.core.fast_dataclass import dataclass
from promptctl.errors import RemoteUnreachable
from promptctl.repo.git import Git
from promptctl.repo.history import History
from promptctl.repo.remote import mask_userinfo

SECONDS = 120.0
"""How long one question to the remote may take."""
_FETCH = (
    *("--quiet", "--no-tags", "--no-write-fetch-head", "--recurse-submodules=no"),
    *("--no-prune", "--refmap="),
)


@dataclass(frozen=True, slots=True)
class ObjectFetch:
    """Leave to ask one configured remote."""

    git: Git
    remote: str

    def list_refs(self, patterns: Sequence[str]) -> dict[str, str]:
        """The refs there whose full names match, ref -> object id. Raises RemoteUnreachable."""
        done = self._run(["ls-remote", "--refs", "--", self.remote, *patterns])
        lines = (line.partition("\t") for line in done.decode("utf-8", "replace").splitlines())
        return {ref: oid for oid, _, ref in lines if ref.startswith("refs/")}

    def head(self) -> str | None:
        """The commit of the remote's default branch; None if it has none. Raises RemoteUnreachable."""
        line = self._run(["ls-remote", "--", self.remote, "HEAD"]).decode("ascii", "replace")
        return next((row[:-5] for row in line.splitlines() if row.endswith("\tHEAD")), None)

    def fetch(self, oids: Sequence[str]) -> None:
        """Bring those of these objects here that are not. Raises RemoteUnreachable."""
        missing = self._missing(oids)
        if missing:
            # All of history would come into a shallow clone without a depth, and with one a whole
            # clone would become shallow.
            depth = ["--depth=1"] if History(self.git).is_shallow() else []
            self._run(["fetch", *_FETCH, *depth, "--", self.remote, *missing])

    def _missing(self, oids: Sequence[str]) -> list[str]:
        asked = "".join(f"{oid}\n" for oid in oids).encode()
        listed = self.git.output(["cat-file", "--batch-check"], asked).decode("ascii").splitlines()
        known = {line.partition(" ")[0] for line in listed if not line.endswith(" missing")}
        return [oid for oid in dict.fromkeys(oids) if oid not in known]

    def _run(self, arguments: Sequence[str]) -> bytes:
        try:
            done = self.git.run_on_network(arguments, seconds=SECONDS)
        except subprocess.TimeoutExpired:
            raise RemoteUnreachable(
                f"{self.remote} did not answer within {SECONDS:.0f} s", "check the network"
            ) from None
        if done.returncode != 0:
            lines = done.stderr.decode("utf-8", "replace").splitlines()
            said = next((x for x in lines if x.startswith(("fatal:", "error:", "remote:"))), "")
            raise RemoteUnreachable(
                f"{self.remote} does not give what is asked for:"
                f" {mask_userinfo(said)[:500] or 'it gave no reason'}",
                f"git fetch {self.remote} shows what git says",
            )
        return done.stdout
