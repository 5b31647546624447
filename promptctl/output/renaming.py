"""What mv did, for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from promptctl.core.json_data import Json
from promptctl.output.json_text import json_line
from promptctl.output.terminal import visible_line


def renaming_text(moves: Sequence[tuple[str, str]]) -> str:
    """Each file that moved, and where to."""
    return "".join(f"{visible_line(old)} → {visible_line(new)}\n" for old, new in moves)


def renaming_json(
    old: str,
    new: str,
    moves: Sequence[tuple[str, str]],
    version: int | None,
    labels: Sequence[str],
    *,
    staged: bool,
    dry_run: bool,
) -> str:
    """What a renaming did, or would do, as `promptctl.mv/1`."""
    moved: list[Json] = [{"from": source, "to": target} for source, target in moves]
    return json_line(
        {
            "schema": "promptctl.mv/1",
            "dry_run": dry_run,
            "old": old,
            "new": new,
            "moves": moved,
            "latest": version,
            "labels": list(labels),
            "staged": staged,
        }
    )


def renaming_notes(
    old: str,
    new: str,
    version: int | None,
    labels: Sequence[str],
    *,
    moved: bool,
    staged: bool,
    dry_run: bool,
) -> Iterator[str]:
    """What keeps answering, and what to type next."""
    names = [f"{old}@{version}"] if version is not None else []
    names += [f"{old}@{label}" for label in labels]
    if names:
        kept = " and ".join([", ".join(names[:-1]), names[-1]] if names[1:] else names)
        yield f"{kept} keep{'' if names[1:] else 's'} answering"
    if dry_run:
        yield "nothing was changed (--dry-run)"
        return
    yield f"promptctl.yaml says `renamed: {{{old}: {new}}}`"
    if not moved:
        yield f"the file was moved before; next: git add promptctl.yaml, and commit it with {new}"
    elif staged:
        yield f"next: git commit -m 'Rename {old} to {new}'"
    else:
        yield "git does not know the file yet: git add it, and promptctl.yaml, with your next commit"
