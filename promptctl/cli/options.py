"""What every command is given, and the option types that several commands share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import typer

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


def command_app(help_text: str | None = None) -> typer.Typer:
    """An application for one command, or for a group of them, in the house style."""
    return typer.Typer(
        help=help_text,
        add_completion=False,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
