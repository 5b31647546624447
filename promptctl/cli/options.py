"""What every command is given, and the option types that several commands share."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
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


@contextmanager
def foreign_text(session: Session, output_format: str = "text") -> Iterator[None]:
    """Around text of prompts on standard output: GitHub Actions obeys no `::command::` in it."""
    terminal = session.terminal
    is_guarded = output_format == "text" and not terminal.out_is_tty
    if not is_guarded or session.environ.get("GITHUB_ACTIONS") != "true":
        yield
        return
    from promptctl.output.tokens import commands_stopped  # only there

    with commands_stopped(terminal, in_github_actions=True):
        yield
        terminal.flush()


TextOrJson = Literal["text", "json"]
FormatOption = Annotated[
    TextOrJson, typer.Option("--format", help="For people, or for programs.", show_default=True)
]


def complete_reference(context: typer.Context, incomplete: str) -> list[str]:
    """What a shell offers for a REF: names of prompts, and revisions behind one."""
    from promptctl.operations.completion import references

    return references(*_place(context), incomplete)


def complete_name(context: typer.Context, incomplete: str) -> list[str]:
    """What a shell offers for the name of a prompt."""
    from promptctl.operations.completion import names

    return names(*_place(context), incomplete)


def complete_rule(context: typer.Context, incomplete: str) -> list[str]:
    """What a shell offers for a rule: those of `validate`, and those of changes."""
    from promptctl.operations.completion import rules

    return rules(incomplete)


def complete_provider(context: typer.Context, incomplete: str) -> list[str]:
    """What a shell offers for a provider: those built in, and the user's own."""
    from promptctl.operations.completion import providers

    return providers(session_of(context).environ, incomplete)


def complete_variable(context: typer.Context, incomplete: str) -> list[str]:
    """What a shell offers for `--var`: the variables of the prompt that the line names already."""
    from promptctl.operations.completion import variables

    # A line that ends in `--var` is no whole one, and its REF is still among what was not parsed.
    references = [*filter(None, [context.params.get("reference")]), *context.args]
    given = {text.partition("=")[0] for text in context.params.get("var") or ()}
    offered = variables(*_place(context), references[0], incomplete) if references else []
    return [name for name in offered if name.removesuffix("=") not in given]


def _place(context: typer.Context) -> tuple[Path, Mapping[str, str]]:
    session = session_of(context)
    group = context.find_root().params
    return session.directory / (group.get("directory") or ""), session.environ


PatternArgument = Annotated[
    str | None,
    typer.Argument(
        metavar="[GLOB]",
        help="Only the prompts whose names match.",
        show_default=False,
        autocompletion=complete_name,
    ),
]
OnePromptArgument = Annotated[
    str | None,
    typer.Argument(
        metavar="[NAME]",
        help="One prompt; without it all of them.",
        show_default=False,
        autocompletion=complete_name,
    ),
]
ReferenceArgument = Annotated[
    str,
    typer.Argument(
        metavar="REF",
        help="NAME (the working tree), NAME@REV (a git revision), or a prompt file.",
        autocompletion=complete_reference,
    ),
]
VarOption = Annotated[
    list[str] | None,
    typer.Option(
        "--var",
        metavar="NAME=VALUE",
        help="A variable; its value is text or JSON as declared, @FILE reads a file. Repeatable.",
        autocompletion=complete_variable,
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
    str | None,
    typer.Option("-m", "--model", metavar="MODEL", help="Another model than the prompt names."),
]
ProviderOption = Annotated[
    str | None,
    typer.Option(
        "--provider",
        metavar="PROVIDER",
        help="Another provider than the prompt names.",
        autocompletion=complete_provider,
    ),
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
        no_args_is_help=help_text is not None,
        add_completion=False,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
