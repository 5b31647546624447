"""Options and steps that the commands which make releases share."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from promptctl.cli.options import Session, complete_name
from promptctl.errors import Refused, UsageProblem
from promptctl.output.cells import wrap_note

_BELOW = 13
"""Where a long line about one change goes on: below its first word."""

NameArgument = Annotated[
    str,
    typer.Argument(metavar="NAME", help="The prompt.", autocompletion=complete_name),
]
LabelOption = Annotated[str, typer.Option("--label", metavar="LABEL", help="The label to move.")]
MessageOption = Annotated[
    str,
    typer.Option(
        "-m", "--message", metavar="TEXT", help="What changes and why.", show_default=False
    ),
]
NoPushOption = Annotated[
    bool, typer.Option("--no-push", help="Only in this clone, until `promptctl push`.")
]
SignOption = Annotated[bool, typer.Option("--sign", help="Sign the tags as git is set up to.")]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Show what would be done, and stop.")]
YesOption = Annotated[
    bool, typer.Option("--yes", "-y", help="Do not ask; at a terminal Enter alone is a no.")
]
BreakingOption = Annotated[
    bool, typer.Option("--allow-breaking", help="Although callers of the label have to change.")
]
NewLabelOption = Annotated[
    bool, typer.Option("--new-label", help="Although no prompt ever had a label by that name.")
]


def say(session: Session, lines: Iterable[str]) -> None:
    """Tell on standard error what is about to happen."""
    terminal = session.terminal
    if terminal.quiet:
        return
    width = terminal.width if terminal.err_is_tty else None
    for line in lines:
        terminal.err.write("\n".join(wrap_note(line, width, _BELOW)) + "\n")
    terminal.err.flush()


def confirmed(session: Session, question: str, *, yes: bool) -> None:
    """Ask where somebody sits at the terminal; raises Refused for a no, which Enter alone is too."""
    terminal = session.terminal
    if yes or not (terminal.in_is_tty and terminal.err_is_tty):
        return
    if not terminal.confirm(question, default=False):
        raise Refused("nothing was done: the answer was no")


@contextmanager
def finishing(session: Session) -> Iterator[None]:
    """Around what writes records: who stops it with Ctrl-C is told what that means."""
    try:
        yield
    except KeyboardInterrupt:
        session.terminal.note(
            "interrupted; a record may be at the remote already: the same command finds out and finishes"
        )
        raise


def check_message(message: str, *, needed: bool = False) -> str:
    """The message without blanks around it. Raises UsageProblem where one is needed."""
    if needed and not message.strip():
        raise UsageProblem("say why: those who read the log will ask", "-m 'what went wrong'")
    return message.strip()
