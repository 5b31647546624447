"""What counts of every prompt's records now. The records in force are remembered by their tags' ids."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from promptctl.core.current import Current, LatestVersion, current_of
from promptctl.core.json_data import Json
from promptctl.core.record import Record
from promptctl.operations.repository import OpenRepository
from promptctl.repo.releases import TagRef
from promptctl.state.cache import Cache

_Facts = list[Json]
"""A tag's id, the version that it makes or names; of a version its commit, path and content, of a move the
version that it went back from, if it is a rollback."""
_LISTING = "listing"
"""The row that holds the digest of the list of tags whose heads all others are; no tag is called so."""


@contextmanager
def current_beside(repository: OpenRepository) -> Iterator[Callable[[], dict[str, Current]]]:
    """The latest version of each prompt that has records, and what its labels name, by its name.

    Git lists the tags meanwhile, until the function is called.
    """
    with repository.releases.listing_beside() as listing:
        yield lambda: _current(repository, listing())


def _current(repository: OpenRepository, listing: bytes) -> dict[str, Current]:
    import hashlib  # OpenSSL takes its time to load, and so it is loaded while git lists the tags

    releases = repository.releases
    cache = Cache.open(repository.environ, "heads", repository.settings.root, releases.prefix)
    remembered = cache.read_table() if listing else {}
    digest: _Facts = [hashlib.sha256(listing).hexdigest()]
    if remembered.pop(_LISTING, None) == digest and all(map(_are_facts, remembered.values())):
        return _states(remembered, releases.prefix)
    heads = releases.heads_in(listing)
    rows = {ref.whole: remembered.get(ref.whole, []) for ref in heads}
    known = {ref.whole: row for ref in heads if _are_facts(row := rows[ref.whole], ref)}
    records, odd = releases.read([ref for ref in heads if ref.whole not in known])
    known |= {releases.prefix + str(record.tag): _facts(record) for record in records}
    if records or not odd:
        cache.write_table(known if odd else known | {_LISTING: digest})
    whole = releases.whole_records({ref.tag.prompt for ref in heads if ref.whole not in known})
    return _states(known, releases.prefix) | {n: current_of(found) for n, found in whole.items()}


def _facts(record: Record) -> _Facts:
    facts: _Facts = [record.oid, record.version]
    if record.tag.label is None:
        return [*facts, record.commit, record.path, record.content]
    return [*facts, record.previous if record.kind == "rollback" else None]


def _are_facts(row: _Facts, ref: TagRef | None = None) -> bool:
    """Whether a row of the cache is what was found out about a tag, about this very one if it is given."""
    match row:
        case [str() as oid, None | int(), None | int()]:
            return ref is None or (oid == ref.oid and ref.tag.label is not None)
        case [str() as oid, int(), str(), str(), str()]:
            return ref is None or (oid == ref.oid and ref.tag.label is None)
    return False


def _states(known: Mapping[str, _Facts], prefix: str) -> dict[str, Current]:
    latest: dict[str, LatestVersion] = {}
    labels: dict[str, dict[str, int]] = {}
    back: dict[str, dict[str, int]] = {}
    for whole, facts in known.items():
        name, _, end = whole[len(prefix) :].partition("@")
        named = labels.setdefault(name, {})
        match facts:
            case [_, int(version), previous]:
                label = end.rpartition(".")[0]
                named[label] = version
                if isinstance(previous, int):
                    back.setdefault(name, {})[label] = previous
            case [_, int(version), str(commit), str(path), str(content)]:
                latest[name] = LatestVersion(version, commit, path, content)
    return {
        name: Current(latest.get(name), dict(sorted(named.items())), back.get(name, {}))
        for name, named in labels.items()
    }
