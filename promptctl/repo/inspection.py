"""Looking at a clone itself: tags that are no records, replaced objects, signatures, locks left behind."""

from __future__ import annotations

import fcntl
import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from promptctl.core.record import parse_tag_name
from promptctl.repo.git import Git
from promptctl.repo.lock_files import REMOTES
from promptctl.repo.objects import open_objects
from promptctl.repo.releases import TAGS
from promptctl.repo.remotes import branch_of_key

_SIGNATURE = re.compile(rb"^-----BEGIN (PGP|SSH|SIGNED) ", re.MULTILINE)
_VERSION = re.compile(rb"git version ([0-9]+)\.([0-9]+)")


def git_version(git: Git) -> tuple[int, int] | None:
    """The version of the git program; None if it does not say."""
    found = _VERSION.match(git.run(["version"]).stdout)
    return (int(found[1]), int(found[2])) if found else None


def misnamed_tags(git: Git, prefix: str) -> list[str]:
    """The tags in our name space whose names are not those of records."""
    listing = git.output(["for-each-ref", "--format=%(refname)", f"{TAGS}{prefix}"])
    names = [line[len(TAGS) :] for line in listing.decode("utf-8", "replace").splitlines()]
    return [name for name in names if parse_tag_name(name.removeprefix(prefix)) is None]


def replaced_objects(git: Git) -> frozenset[str]:
    """The objects in whose place git shows others, by refs/replace/."""
    listing = git.output(["for-each-ref", "--format=%(refname)", "refs/replace/"])
    return frozenset(line.rpartition("/")[2] for line in listing.decode("ascii", "replace").split())


def kinds_of(git: Git, names: Sequence[str]) -> dict[str, tuple[str, str]]:
    """What each name leads to, as (kind, id); names that lead nowhere are left out."""
    if not names:
        return {}
    with open_objects(git) as objects:
        found = zip(names, objects.read(names, 0), strict=True)
        return {name: (one.kind, one.oid) for name, one in found if one is not None}


def is_signature_valid(git: Git, oid: str, content: bytes, signers: bytes | None) -> bool:
    """Whether git finds the signature of a tag object good.

    With `signers`, the text of an allowed signers file, only an SSH signature of one of them is.
    """
    if signers is None:
        return git.run(["verify-tag", oid]).returncode == 0
    if _SIGNATURE.findall(content) != [b"SSH"]:  # of several, git takes another one than a reader
        return False
    import tempfile  # it loads random and hashes, and few records are signed

    with tempfile.NamedTemporaryFile(prefix="promptctl-signers-") as file:
        file.write(signers)
        file.flush()
        own = ("-c", f"gpg.ssh.allowedSignersFile={file.name}")
        return git.run([*own, "verify-tag", oid]).returncode == 0


def is_idle(common: Path) -> bool:
    """Whether no promptctl is writing records in a clone at this moment."""
    try:
        descriptor = os.open(common / "promptctl/lock", os.O_RDWR | os.O_CLOEXEC)
    except OSError:  # nobody ever wrote one, or we may not
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(descriptor)
    return True


def known_head(git: Git, remote: str) -> str | None:
    """The branch that a remote's HEAD names, as far as this clone knows: nothing is asked."""
    for start, place in (
        (f"{REMOTES}remote/{remote}/heads/", f"{REMOTES}remote/{remote}/HEAD"),
        (f"refs/remotes/{remote}/", f"refs/remotes/{remote}/HEAD"),
    ):
        done = git.run(["symbolic-ref", "--quiet", place])
        name = done.stdout.decode("utf-8", "replace").strip()
        if done.returncode == 0 and name.startswith(start):
            key = name.removeprefix(start)
            return branch_of_key(key) if start.startswith(REMOTES) else key
    return None


def config_value(git: Git, name: str) -> str | None:
    """A setting of git's; None if it is not set."""
    value = git.run(["config", "--get", name]).stdout.decode("utf-8", "replace").strip()
    return value or None


def read_tags(git: Git, oids: Sequence[str], limit: int) -> Iterator[bytes]:
    """The bytes of tag objects, in order; none for what is not there."""
    with open_objects(git) as objects:
        for one in objects.read(oids, limit):
            yield b"" if one is None else one.content
