"""Where prompts stand as text, as lines for scripts and as JSON; and where a reference leads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from promptctl.core.json_data import Json
from promptctl.core.standing import RemoteStanding, Resolution, Standing
from promptctl.output.columns import columns, fitted_columns
from promptctl.output.json_text import json_line
from promptctl.output.records import missing_note, versions_in_words
from promptctl.output.terminal import Terminal, visible_line

_HEADER = ("NAME", "STATE", "VERSIONS")
_DRIFT = {"unpublished": "changed but unpublished", "file_gone": "served but file gone"}
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
    tree = one.tree if one.tree not in (None, "clean") else ""
    return ", ".join(filter(None, (tree, _STATES[one.state]))) or "up to date"


def _painted(line: str, one: Standing, terminal: Terminal) -> str:
    if one.drift is not None:
        return terminal.paint(line, "red" if one.drift == "file_gone" else "yellow")
    return line


def status_notes(
    standings: Sequence[Standing], remote: RemoteStanding | None, fetch: str | None = None
) -> Iterator[str]:
    """What drifts, here and against the remote, each with the way out.

    `fetch` is what brings the tags that this clone was made without.
    """
    if fetch is not None:
        yield missing_note(fetch)
    for kind, words in _DRIFT.items():
        names = [one.name for one in standings if one.drift == kind]
        if names:
            yield f"{words}: {_few(names)}; {_way_out(kind, standings)}"
    renamed = [f"{one.name} → {one.renamed_to}" for one in standings if one.renamed_to is not None]
    if renamed:
        yield f"renamed, not committed yet: {_few(renamed)}; git commit"
    if not standings:
        yield "no prompts here; promptctl new NAME makes one"
    if remote is not None:
        yield from _remote_notes(remote)


def _way_out(kind: str, standings: Sequence[Standing]) -> str:
    one = next(one for one in standings if one.drift == kind)
    if kind == "unpublished":
        return f"promptctl publish {one.name}"
    return f"promptctl label --delete {one.name} {min(one.labels)}"


def _few(names: Sequence[str]) -> str:
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(names[:3]) + more


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


def standing_json(standings: Sequence[Standing], remote: RemoteStanding | None) -> str:
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
        }
        for one in standings
    ]
    there: Json = None
    if remote is not None:
        there = {"name": remote.name} | {k: list(getattr(remote, k)) for k in _REMOTE_KINDS}
    return json_line({"schema": "promptctl.status/1", "prompts": prompts, "remote": there})


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
