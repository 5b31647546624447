"""What every command is given, and the option types that several commands share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import typer

from promptctl.errors import UsageProblem
from promptctl.output.terminal import Terminal


@dataclass(slots=True)
class Session:
    """One run of the command line: its streams, its environment and where it stands."""

    terminal: Terminal
    environ: Mapping[str, str]
    directory: Path
    debug: bool = False


def session_of(context: typer.Context) -> Session:
    """The session that the command runs in."""
    session = context.find_object(Session)
    if session is None:
        raise RuntimeError("a command ran outside the promptctl group")
    return session


TextOrJson = Literal["text", "json"]
FormatOption = Annotated[
    TextOrJson, typer.Option("--format", help="For people, or for programs.", show_default=True)
]


def complete_reference(context: typer.Context, incomplete: str) -> list[str]:
    """What a shell offers for a REF: names of prompts, and `@.` and `@HEAD` behind one."""
    from promptctl.operations.browse import complete_reference as complete

    session = session_of(context)
    group = context.find_root().params
    return complete(session.directory / (group.get("directory") or ""), session.environ, incomplete)


ReferenceArgument = Annotated[
    str,
    typer.Argument(
        metavar="REF",
        help="NAME (the working tree), NAME@COMMIT, or a prompt file.",
        autocompletion=complete_reference,
    ),
]
VarOption = Annotated[
    list[str] | None,
    typer.Option(
        "--var",
        metavar="NAME=VALUE",
        help="A variable; its value is text or JSON as declared, @FILE reads a file. Repeatable.",
    ),
]
VarsOption = Annotated[
    str | None,
    typer.Option("--vars", metavar="FILE", help="Variables from a JSON or YAML file; - is stdin."),
]
StdinOption = Annotated[
    str | None,
    typer.Option(
        "--stdin",
        metavar="NAME",
        help="The variable that takes standard input, less one final newline.",
    ),
]
ModelOption = Annotated[
    str | None, typer.Option("-m", "--model", help="Another model than the prompt names.")
]
ProviderOption = Annotated[
    str | None, typer.Option("--provider", help="Another provider than the prompt names.")
]
SetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set", metavar="KEY=VALUE", help="A parameter, such as temperature=0. Repeatable."
    ),
]


def read_stdin_of(terminal: Terminal) -> Callable[[int], bytes]:
    """A function that reads at most so many bytes of standard input."""

    def read(limit: int) -> bytes:
        if terminal.stdin is None:  # `<&-`
            raise UsageProblem("standard input is closed")
        return terminal.stdin.buffer.read(limit)

    return read


def command_app(help_text: str | None = None) -> typer.Typer:
    """An application for one command, or for a group of them, in the house style."""
    return typer.Typer(
        help=help_text,
        add_completion=False,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
