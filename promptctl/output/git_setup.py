"""What `git-setup` says: what was put into a clone or taken away, and how things stand."""

from __future__ import annotations

from collections.abc import Iterator

from promptctl.core.attributes_text import DRIVER
from promptctl.output.terminal import Terminal, visible_line

OFFER = "Let git diff, git log -p and git show compare prompts by what they say?"


def steps_text(
    steps: list[tuple[str, str]], terminal: Terminal, *, removed: bool, dry_run: bool
) -> str:
    """One line for each file and what was put there, or taken away."""
    verb, style = ("removed", "red") if removed else ("added", "green")
    verb = f"would {verb[:-1] if removed else 'add'}" if dry_run else verb
    link = "from" if removed else "to"
    lines = (
        f"{terminal.paint(verb, style)}  {visible_line(what)}  {link} {visible_line(file)}\n"
        for file, what in steps
    )
    return "".join(lines)


def setup_notes(
    *, changed: bool, shared: bool, removed: bool, left: str | None = None
) -> Iterator[str]:
    """What it means, and the way back; `left` is a file that names the driver still."""
    if removed:
        yield (
            "git compares prompt files line by line." if changed else "There was nothing to remove."
        )
        if left is not None:
            yield (
                f"{visible_line(left)} still names the driver, for every clone:"
                " promptctl git-setup --remove --shared"
            )
        return
    yield "git diff, git log -p and git show compare prompts by what they say."
    yield "The lines of the files themselves: git diff --no-textconv. Back: promptctl git-setup --remove"
    if shared:
        yield "Everybody who wants this runs promptctl git-setup once in each clone."


def state_text(
    files: str, attribute: str, *, has_driver: bool, is_current: bool, works: bool
) -> str:
    """How a clone compares prompt files, in one line, with what to do about it."""
    shown = visible_line(files)
    if attribute != DRIVER and not has_driver:
        return f"off: git compares {shown} line by line; promptctl git-setup\n"
    if attribute in ("unspecified", "unset", "set"):
        return f"off: no attribute gives {shown} the driver {DRIVER}; promptctl git-setup\n"
    if attribute != DRIVER:
        other = visible_line(attribute)
        return f"off: the attributes of {shown} name the driver {other}, and theirs count last\n"
    if not has_driver:
        return f"off: this clone has no driver {DRIVER}; promptctl git-setup\n"
    if not works:
        return "off: the promptctl that installed it is gone; promptctl git-setup\n"
    renew = "" if is_current else "; installed by another promptctl: promptctl git-setup renews it"
    return f"on: git compares {shown} by what they say{renew}\n"
