"""What is asked before a release: whether a new label is meant, and where the release is made."""

from __future__ import annotations

from promptctl.cli.options import Session
from promptctl.cli.release_options import confirmed
from promptctl.operations.new_label import find_new_label
from promptctl.operations.releasing import Desk, ReleaseOptions


def label_confirmed(
    session: Session, desk: Desk, options: ReleaseOptions, *, yes: bool, dry_run: bool
) -> None:
    """Say that a label is new; one that looks like a slip is asked about, or refused where nobody is."""
    terminal = session.terminal
    found = None if options.new_label else find_new_label(desk, options.label)
    if found is None:
        return
    if found.near is None:
        terminal.note(f"{found.name} is a new label: no prompt ever had it")
        return
    if yes or dry_run or not (terminal.in_is_tty and terminal.err_is_tty):
        raise found.refused()
    question = f"No prompt ever had a label {found.name}; did you mean {found.near}? Go on with"
    confirmed(session, f"{question} {found.name}?", yes=False)


def at_place(desk: Desk) -> str:
    """Where a release is made, for questions."""
    return "in this clone" if desk.remote is None else f"at {desk.remote.name}"
