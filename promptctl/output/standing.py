"""Where prompts stand as text, as lines for scripts and as JSON; and where a reference leads."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence

from promptctl.core.json_data import Json
from promptctl.core.standing import RemoteStanding, Resolution, Standing
from promptctl.output.columns import columns, fitted_columns
from promptctl.output.json_text import json_line
from promptctl.output.records import only_here_note, versions_in_words
from promptctl.output.terminal import Terminal, visible_line

_HEADER = ("NAME", "STATE", "VERSIONS")
_NAMED = 3
"""Prompts or tags that a note names one by one."""
_STATES = {"current": "", "unpublished": "unpublished", "new": "new", "gone": "file gone"}
_REMOTE_KINDS = ("only_here", "only_there", "moved", "gone")


def standing_text(standings: Sequence[Standing], terminal: Terminal) -> str:
    """One line per prompt; with a header, and what drifts in colour, where a person looks."""
    rows = [(one.name, _state(one), versions_in_words(one.latest, one.labels)) for one in standings]
    if not rows:
        return ""
    if not terminal.out_is_tty:
        return "".join(f"{line}\n" for line in columns(rows))
    header, *lines = fitted_columns([_HEADER, *rows], terminal.width, whole=range(len(_HEADER)))
    shown = [_painted(line, one, terminal) for line, one in zip(lines, standings, strict=True)]
    return "".join(f"{line}\n" for line in (terminal.paint(header, "dim"), *shown))


def _state(one: Standing) -> str:
    if one.renamed_to is not None:
        return f"renamed to {one.renamed_to}"
    if one.renamed_from is not None:
        return f"renamed from {one.renamed_from}"
    tree = one.tree if one.tree not in (None, "clean") else ""
    state = _STATES[one.state] if one.older_than is None else f"older than v{one.latest}"
    back = [
        f"{'' if label == 'published' else f'{label} '}rolled back (v{before} → v{one.labels[label]})"
        for label, before in one.rolled_back.items()
    ]
    return ", ".join(filter(None, (tree, state, *back))) or "up to date"


def _painted(line: str, one: Standing, terminal: Terminal) -> str:
    if one.drift is not None:
        return terminal.paint(line, "red" if one.drift == "file_gone" else "yellow")
    return line


def status_notes(
    standings: Sequence[Standing],
    remote: RemoteStanding | None,
    lacking: str | None = None,
    unpushed: Sequence[str] = (),
) -> Iterator[str]:
    """What drifts, here and against the remote, each with the way out.

    `lacking` is what this clone was made without, `unpushed` are the records that are only in it.
    """
    if lacking is not None:
        yield lacking
    if unpushed:
        yield only_here_note(unpushed)
    yield from _unpublished_notes(
        [one for one in standings if one.drift == "unpublished"], unpushed
    )
    yield from _gone_notes([one for one in standings if one.drift == "file_gone"])
    renamed = [f"{one.name} → {one.renamed_to}" for one in standings if one.renamed_to is not None]
    if renamed:
        yield f"renamed, not committed yet: {_few(renamed)}; git commit"
    yield from _former_notes(standings)
    if not standings and lacking is None:
        yield "no prompts here; promptctl new NAME makes one"
    if remote is not None:
        yield from _remote_notes(remote)


def _unpublished_notes(standings: Sequence[Standing], unpushed: Sequence[str]) -> Iterator[str]:
    older = [one for one in standings if one.older_than is not None]
    if older:
        merge = f"git merge {str(older[0].older_than)[:10]}"
        names = _few([one.name for one in older])
        yield f"published from a commit that HEAD does not come after: {names}; git pull, or {merge}"
    changed = [one.name for one in standings if one.older_than is None]
    if changed:
        what = " ".join(changed) if len(changed) <= _NAMED else "--all"
        first = "promptctl push, then " if unpushed else ""
        yield f"changed but unpublished: {_few(changed)}; {first}promptctl publish {what}"


def _gone_notes(standings: Sequence[Standing]) -> Iterator[str]:
    """Served prompts without a file: renamed by hand, deleted but not committed, or gone for good."""
    moved = [one for one in standings if one.looks_renamed_to is not None]
    if moved:
        pairs = _few([f"{one.name} → {one.looks_renamed_to}" for one in moved])
        entries = ", ".join(f"{one.name}: {one.looks_renamed_to}" for one in moved[:_NAMED])
        say = f"promptctl mv {moved[0].name} {moved[0].looks_renamed_to}"
        yield f"renamed without a word in promptctl.yaml (renamed: {{{entries}}}): {pairs}; {say} adds it"
    left = [one for one in standings if one.looks_renamed_to is None]
    deleted = [one for one in left if one.state != "gone"]
    if deleted:
        paths = " ".join(shlex.quote(one.path) for one in deleted[:_NAMED])
        names = _few([one.name for one in deleted])
        yield f"deleted, and still served: {names}; git restore {paths}"
    gone = [one for one in left if one.state == "gone"]
    if gone:
        drop = f"promptctl label --delete {gone[0].name} {min(gone[0].labels)}"
        yield f"served but file gone: {_few([one.name for one in gone])}; {drop}"


def _former_notes(standings: Sequence[Standing]) -> Iterator[str]:
    """Old names that serve the versions of before the renaming."""
    for one in standings:
        for old, labels in one.former_labels.items():
            answers = ", ".join(f"{old}@{label} (v{n})" for label, n in labels.items())
            drop = f"promptctl label --delete {old} {min(labels)}"
            yield f"callers of the old name of {one.name} still get {answers}; once there are none: {drop}"


def _few(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


def _remote_notes(remote: RemoteStanding) -> Iterator[str]:
    """What is not the same here and at the remote, a sentence for each kind of difference."""
    name = visible_line(remote.name)
    if remote.only_here:
        yield f"only here, not at {name}: {_few(remote.only_here)}; promptctl push"
    if remote.only_there:
        pattern = f"refs/tags/{remote.prefix}*"
        yield f"only at {name}: {_few(remote.only_there)}; git fetch {name} '{pattern}:{pattern}'"
    if remote.moved:
        yield f"another tag at {name} than here: {_few(remote.moved)}; promptctl verify"
    if remote.gone:
        yield f"gone from {name}: {_few(remote.gone)}; promptctl verify"
    if not remote.differs:
        yield f"{name} has the same versions and label moves"


def standing_lines(standings: Sequence[Standing], remote: RemoteStanding | None) -> str:
    """Lines for scripts, their fields separated by tabs; what a field may hold stays as it is.

    Names, labels and tags hold no signs that could drive a terminal: their grammar says so.
    """
    lines = [
        "\t".join(
            (
                "prompt",
                one.name,
                one.tree or "-",
                one.state,
                "-" if one.latest is None else str(one.latest),
                ",".join(f"{label}={n}" for label, n in sorted(one.labels.items())) or "-",
                one.drift or "-",
            )
        )
        for one in standings
    ]
    if remote is not None:
        lines += [
            f"remote\t{kind}\t{tag}" for kind in _REMOTE_KINDS for tag in getattr(remote, kind)
        ]
    return "".join(f"{line}\n" for line in lines)


def standing_json(
    standings: Sequence[Standing], remote: RemoteStanding | None, unpushed: Sequence[str] = ()
) -> str:
    """Where prompts stand as one JSON object, `promptctl.status/1`."""
    prompts: list[Json] = [
        {
            "name": one.name,
            "path": one.path,
            "tree": one.tree,
            "state": one.state,
            "latest": one.latest,
            "labels": dict(one.labels),
            "drift": one.drift,
            "renamed_to": one.renamed_to,
            "renamed_from": one.renamed_from,
            "looks_renamed_to": one.looks_renamed_to,
            "older_than": one.older_than,
            "rolled_back": dict(one.rolled_back),
            "former_labels": {old: dict(labels) for old, labels in one.former_labels.items()},
        }
        for one in standings
    ]
    there: Json = None
    if remote is not None:
        there = {"name": remote.name} | {k: list(getattr(remote, k)) for k in _REMOTE_KINDS}
    return json_line(
        {
            "schema": "promptctl.status/1",
            "prompts": prompts,
            "remote": there,
            "only_here": list(unpushed),
        }
    )


def resolution_text(found: Resolution, *, explain: bool) -> str:
    """The commit; or every step that leads to it and on to the file, one a line."""
    if not explain:
        return f"{found.commit}\n"
    steps = (
        ("reference", found.reference),
        ("label", found.label),
        (
            "not",
            found.branch_ref and f"{found.branch_ref}, which is {found.name}@{found.branch_ref}",
        ),
        ("record", found.record_ref),
        ("version", found.version_ref),
        ("commit", found.commit),
        ("path", found.path),
        ("content", found.content),
        ("blob", found.blob),
    )
    rows = [(step, value) for step, value in steps if value is not None]
    return "".join(f"{line}\n" for line in columns(rows))


def resolution_json(found: Resolution) -> str:
    """What a reference leads to as one JSON object, `promptctl.resolve/1`."""
    return json_line(
        {
            "schema": "promptctl.resolve/1",
            "reference": found.reference,
            "name": found.name,
            "version": found.version,
            "label": found.label,
            "record_ref": found.record_ref,
            "version_ref": found.version_ref,
            "commit": found.commit,
            "path": found.path,
            "content": found.content,
            "blob": found.blob,
            "branch_ref": found.branch_ref,
        }
    )
