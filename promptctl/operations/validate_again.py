"""validate, all prompts: what is as it was when it was last checked is not checked again.

A file is as it was if its stamp says so, or else the digest of its bytes. What was found in a prompt counts
again if each file that it includes or attaches is as it was too, and not ignored by git. All that decides
besides is the key of the cache. Only what could be read in full is remembered.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from promptctl.core.finding import Finding
from promptctl.errors import PromptctlError
from promptctl.operations.check_key import check_key
from promptctl.operations.check_memory import (
    DIGEST,
    NO_SET,
    Extra,
    Memory,
    read_memory,
    write_memory,
)
from promptctl.operations.check_sight import Sight, look, read_digest, stamp_at
from promptctl.operations.repository import OpenRepository
from promptctl.repo.stamps import FIELDS, read_stamps, settle
from promptctl.repo.worktree import Worktree, prompt_files
from promptctl.settings import Settings
from promptctl.state.cache import Cache

if TYPE_CHECKING:
    from promptctl.operations.check_files import Checked, Progress

_NO_STAMP = array("q", [0] * FIELDS)
_NO_DIGEST = bytes(DIGEST)


def validate_again(
    repository: OpenRepository, *, now: int, jobs: int | None, progress: Progress | None
) -> tuple[list[Finding], Sequence[str]] | None:
    """What is found in all prompts, in their names and in promptctl.yaml, and the files looked at.

    `now` is the time before anything was read, in nanoseconds. None where nothing can be remembered.
    """
    settings = repository.settings
    key = check_key(settings)
    if key is None:
        return None
    cache = Cache.open(repository.environ, "validate", settings.root, key)
    memory = read_memory(cache)
    sight = look(repository, memory)
    if not sight.listing:
        return None  # whether the folder is there at all is not in a listing
    if memory.settings is None or not sight.is_as(memory):
        memory = memory if sight.listing == memory.listing else _moved(memory, sight)
        stale = _stale(memory, sight)
        checked = _check_stale(settings, sight, stale, jobs, progress)
        memory = _renewed(settings, memory, sight, dict(zip(stale, checked, strict=True)))
        write_memory(cache, _settled(memory, now))
    return memory.all_findings(), memory.paths


def _moved(memory: Memory, sight: Sight) -> Memory:
    """The memory with its numbers given to the files that are there now; nothing is known of new ones."""
    before = {path: number for number, path in enumerate(memory.paths)}
    stamps, digests = array("q"), bytearray()
    set_of = array("i", [NO_SET]) * len(sight.paths)
    findings: dict[int, Sequence[Finding]] = {}
    for number, path in enumerate(sight.paths):
        old = before.get(path)
        if old is None:
            stamps.extend(_NO_STAMP)
            digests += _NO_DIGEST
            continue
        stamps.extend(memory.stamps[old * FIELDS : (old + 1) * FIELDS])
        digests += memory.digests[old * DIGEST : (old + 1) * DIGEST]
        set_of[number] = memory.set_of[old]
        if old in memory.findings:
            findings[number] = memory.findings[old]
    return Memory(
        *(sight.listing, sight.paths, stamps, bytes(digests), memory.sets, set_of),
        *(memory.extras, findings, (), None),
    )


def _stale(memory: Memory, sight: Sight) -> list[int]:
    """The numbers of the files whose findings do not count again."""
    gone = memory.extras.keys() - sight.extras.keys()
    sets = {n for n, used in enumerate(memory.sets) if not gone.isdisjoint(used)}
    stale = {n for n, chosen in enumerate(memory.set_of) if chosen in sets} if sets else set[int]()
    for number in _differing(memory.stamps, sight.stamps):
        digest = memory.digest(number)
        if not digest or digest != _digest(sight.worktree, sight.paths[number]):
            stale.add(number)
    return sorted(stale)


def _differing(one: array[int], other: array[int]) -> Iterator[int]:
    """The numbers of the stamps that are not the same; most are, so they are compared by the hundred."""
    step = 100 * FIELDS
    for start in range(0, len(one), step):
        if one[start : start + step] != other[start : start + step]:
            for place in range(start, min(start + step, len(one)), FIELDS):
                if one[place : place + FIELDS] != other[place : place + FIELDS]:
                    yield place // FIELDS


def _digest(worktree: Worktree, path: str) -> bytes | None:
    import hashlib  # as in `read_digest`

    try:
        return hashlib.sha256(worktree.read_path(path)).digest()
    except PromptctlError:
        return None


def _check_stale(
    settings: Settings,
    sight: Sight,
    stale: Sequence[int],
    jobs: int | None,
    progress: Progress | None,
) -> list[Checked]:
    """What is found in these files, in their order."""
    if not stale:
        return []
    from promptctl.operations.check_files import check_files, watching_checker  # as in `_validate`

    paths = [sight.paths[number] for number in stale]
    check = watching_checker(sight.worktree, settings)
    checked = {one.path: one for one in check_files(check, paths, jobs, progress)}
    return [checked[path] for path in paths]


def _renewed(
    settings: Settings, memory: Memory, sight: Sight, checked: Mapping[int, Checked]
) -> Memory:
    """The memory of the working tree as it stands now."""
    extras = _all_extras(sight, checked.values())
    stamps, digests = array("q", sight.stamps), bytearray(memory.digests)
    sets = {tuple(used): number for number, used in enumerate(memory.sets)}
    set_of, findings = array("i", memory.set_of), dict(memory.findings)
    for number, one in checked.items():
        digest, used = _certain_digest(one, extras), tuple(one.used)
        if not digest:
            stamps[number * FIELDS : (number + 1) * FIELDS] = _NO_STAMP
        digests[number * DIGEST : (number + 1) * DIGEST] = digest or _NO_DIGEST
        set_of[number] = sets.setdefault(used, len(sets)) if used and digest else NO_SET
        findings[number] = one.findings
        if not one.findings:
            del findings[number]
    kept, set_of = _in_use(list(sets), set_of)
    extras = {name: extras[name] for used in kept for name in used}
    about = _check_around(settings, memory, sight)
    return Memory(
        sight.listing, sight.paths, stamps, bytes(digests), kept, set_of, extras, findings, *about
    )


def _in_use(
    sets: Sequence[Sequence[str]], set_of: array[int]
) -> tuple[Sequence[Sequence[str]], array[int]]:
    """The sets that a prompt still has, and their numbers among them."""
    numbers = {old: new for new, old in enumerate(sorted(set(set_of) - {NO_SET}))}
    if len(numbers) == len(sets):
        return sets, set_of
    renumbered = array("i", [numbers.get(old, NO_SET) for old in set_of])
    return [sets[old] for old in numbers], renumbered


def _certain_digest(one: Checked, extras: Mapping[str, Extra]) -> bytes:
    """The digest under which something is kept; nothing if a file changed while it was read."""
    same = all(n in extras and extras[n].digest == digest for n, digest in one.used.items())
    return one.digest if same else b""


def _all_extras(sight: Sight, checked: Iterable[Checked]) -> dict[str, Extra]:
    """What is as it was, and of what was read now that which still has the same bytes.

    A stamp is taken before the bytes that it is to stand for.
    """
    extras = dict(sight.extras)
    read = {name: digest for one in checked for name, digest in one.used.items()}
    new = [name for name in read if name not in extras]
    stamps = read_stamps(sight.worktree.root / sight.worktree.prompts_dir, new)
    for number, name in enumerate(new):
        if read_digest(sight.worktree, name) == read[name]:
            extras[name] = Extra(stamp_at(stamps, number), read[name])
    return extras


def _check_around(
    settings: Settings, memory: Memory, sight: Sight
) -> tuple[Sequence[Finding], Sequence[Finding]]:
    """What is found in the names of files, and in promptctl.yaml, which is in the key."""
    if memory.settings is not None:
        return memory.others, memory.settings
    from promptctl.core.check_names import check_names  # as in `_validate`
    from promptctl.operations.check_files import check_settings_file, in_force

    names = check_names(prompt_files(iter(sight.listing), sight.worktree.prompts_dir))
    return in_force(names, settings), in_force(check_settings_file(settings), settings)


def _settled(memory: Memory, now: int) -> Memory:
    """The memory without stamps that tell nothing yet."""
    names = list(memory.extras)
    flat = settle(array("q", [n for name in names for n in memory.extras[name].stamp]), now)
    extras = {
        name: Extra(stamp_at(flat, number), memory.extras[name].digest)
        for number, name in enumerate(names)
    }
    return replace(memory, stamps=settle(memory.stamps, now), extras=extras)
