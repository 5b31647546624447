"""The command table, the global options, the error boundary, and main()."""

from __future__ import annotations

import importlib
import itertools
import os
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, get_args

import typer
import typer.core
import typer.main

from promptctl import __version__
from promptctl.cli.help_text import plain_help
from promptctl.cli.options import Session
from promptctl.cli.signals import ended_by_signals
from promptctl.core.nearest import nearest_word
from promptctl.errors import Bug, LocalIOError, PromptctlError, UsageProblem
from promptctl.output.terminal import ColorChoice, Terminal, open_terminal, visible, visible_line

COMMANDS: dict[str, str] = {
    "init": "Make a prompt repository: settings, a first prompt, CI.",
    "new": "Add a prompt from a template.",
    "edit": "Open a prompt in your editor, then validate it.",
    "mv": "Rename a prompt; its releases keep answering.",
    "list": "List the prompts.",
    "show": "Show one prompt, at any revision.",
    "log": "Show versions and label moves, newest first.",
    "diff": "Show what changes for callers, for the model and for people.",
    "changelog": "Show what each version changed, newest first.",
    "ci": "Say what a pull request changes, and whether it may merge.",
    "status": "Show what is changed, unpublished or served without a file.",
    "live": "Show which version each prompt's label names, now or at a time.",
    "resolve": "Print the commit that a reference leads to.",
    "validate": "Check prompts: YAML, schema, templates, rules.",
    "fmt": "Put prompts into canonical layout; values and comments stay.",
    "explain": "Explain a rule, or list all of them.",
    "render": "Show the messages, or the exact request, that would be sent.",
    "run": "Send a prompt and stream the answer.",
    "publish": "Make versions of what HEAD holds, and let a label name them.",
    "label": "Let a label name another version, or none.",
    "rollback": "Let a label name again what it named before.",
    "push": "Send versions and label moves of this clone to the remote.",
    "verify": "Check that the record of versions and labels is unbroken.",
    "doctor": "Check git, the settings, the remote, the clone and the keys.",
    "git-setup": "Let plain git diff, log -p and show compare prompts by meaning.",
    "model": "Install, inspect or remove the embedded model.",
    "schema": "Print a JSON Schema.",
    "config": "Show the settings in force and where each comes from.",
}
"""Every command with its summary; the code of a command loads when it is invoked."""

BUG_EXIT, INTERRUPT_EXIT, CLOSED_PIPE_EXIT = 70, 130, 141


class CommandTable(typer.core.TyperGroup):
    """A group that imports only the command that runs, and turns errors into words and codes."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Names in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command of that name, imported now; None if there is none."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"promptctl.cli.{cmd_name.replace('-', '_')}")
        command = typer.main.get_command(module.app)
        command.name = cmd_name
        _add_stream_options(command)
        plain_help(command)
        return command

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command that the first word names. Raises UsageProblem with the nearest name."""
        if args and not args[0].startswith("-") and args[0] not in COMMANDS:
            near = nearest_word(args[0], COMMANDS)
            hint = f"did you mean `promptctl {near}`?" if near else "promptctl --help"
            raise UsageProblem(f"there is no command `{args[0]}`", hint)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """List the commands from the table, importing none."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def invoke(self, ctx: Any) -> Any:
        """Run the command; expected failures become a sentence and an exit code."""
        try:
            return super().invoke(ctx)
        except PromptctlError as error:
            raise typer.Exit(report(error, ctx.find_object(Session))) from None
        except KeyboardInterrupt:
            raise typer.Exit(INTERRUPT_EXIT) from None
        except BrokenPipeError:
            raise typer.Exit(CLOSED_PIPE_EXIT) from None


app = typer.Typer(
    name="promptctl",
    cls=CommandTable,
    help="Prompts as code, on plain git.",
    epilog="promptctl COMMAND --help shows a command's options and examples.",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(context: typer.Context, wanted: bool) -> None:
    session = context.find_object(Session)
    if wanted and session is not None:
        session.terminal.write(f"promptctl {__version__}\n")
        raise typer.Exit(0)


@app.callback()
def _global_options(
    context: typer.Context,
    directory: Annotated[
        Path | None,
        typer.Option("-C", metavar="DIR", help="Run as if started in DIR.", show_default=False),
    ] = None,
    color: Annotated[ColorChoice, typer.Option("--color", help="When to use colour.")] = "auto",
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="Only results and errors.")] = False,
    verbose: Annotated[bool, typer.Option("-v", "--verbose", help="Say what happens.")] = False,
    no_pager: Annotated[
        bool, typer.Option("--no-pager", help="Write long results, do not page them.")
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks of bugs.")] = False,
    version: Annotated[
        bool,
        typer.Option("--version", help="Print the version.", is_eager=True, callback=_show_version),
    ] = False,
) -> None:
    session = context.find_object(Session)
    assert session is not None
    if directory is not None:
        if not directory.is_dir():
            raise UsageProblem(f"-C {directory}: there is no such folder")
        session.directory = session.directory / directory
    session.debug = session.debug or debug
    session.terminal.no_pager = no_pager
    _apply_stream_options(session, color, quiet, verbose)


def _apply_stream_options(session: Session, color: ColorChoice, quiet: bool, verbose: bool) -> None:
    terminal = session.terminal
    if color != "auto":
        terminal.out_color = terminal.err_color = color == "always"
    if quiet or verbose:
        terminal.verbosity = -1 if quiet else 1


def _add_stream_options(command: Any) -> None:
    """Let `-q`, `-v`, `--color` and `--no-pager` stand behind a command too, as people type them."""
    for member in getattr(command, "commands", {}).values():
        _add_stream_options(member)
    if hasattr(command, "commands"):
        return
    taken = {name for parameter in command.params for name in parameter.opts}

    def remember(context: Any, parameter: Any, value: Any) -> Any:
        session = context.find_object(Session)
        if session is not None and value:
            name = parameter.name
            if name == "color" and value not in get_args(ColorChoice):
                choices = ", ".join(f"`{choice}`" for choice in get_args(ColorChoice))
                raise UsageProblem(f"--color {value[:60]!r} is none of {choices}")
            _apply_stream_options(
                session,
                value if name == "color" else "auto",
                name == "quiet",
                name == "verbose",
            )
            session.terminal.no_pager |= name == "no_pager"
        return value

    def option(*names: str, **settings: Any) -> None:
        if not taken.intersection(names):
            command.params.append(
                typer.core.TyperOption(
                    param_decls=list(names),
                    expose_value=False,
                    callback=remember,
                    hidden=True,
                    **settings,
                )
            )

    option("-q", "--quiet", is_flag=True, default=False)
    option("-v", "--verbose", is_flag=True, default=False)
    option("--color", default=None)
    option("--no-pager", is_flag=True, default=False)


def report(error: PromptctlError, session: Session | None) -> int:
    """Write an error for whoever reads standard error, and return its exit code."""
    terminal = session.terminal if session is not None else open_terminal({})
    if terminal.json_errors:
        from promptctl.output.json_text import error_json

        terminal.err.write(error_json(error))
        return error.exit_code
    terminal.write_labelled("error", visible_line(error.message), "bold", "red")
    if error.hint:
        terminal.write_labelled("hint", error.hint, "bold", "cyan")
    return error.exit_code


def main(argv: Sequence[str], environ: Mapping[str, str] | None = None) -> int:
    """Run one command line and return its exit code. Never raises, never shows a traceback."""
    with ended_by_signals() as ending:
        return ending.exit_code(_main(argv, os.environ if environ is None else environ))


def _main(argv: Sequence[str], environ: Mapping[str, str]) -> int:
    terminal = open_terminal(environ)
    session = Session(terminal, environ, Path())
    terminal.json_errors = _wants_json(argv)
    session.debug = "--debug" in argv
    try:
        code = _run(argv, session)
        terminal.flush()
        return code
    except BaseException as error:
        if _stems_from(error, KeyboardInterrupt):
            return INTERRUPT_EXIT
        if _stems_from(error, BrokenPipeError):
            _silence(terminal)
            return CLOSED_PIPE_EXIT
        if isinstance(
            error, SystemExit
        ):  # how the parser ends when a shell asked what it may offer
            terminal.flush()
            return error.code if isinstance(error.code, int) else 0
        if isinstance(error, OSError):
            return _report_os_error(error, session)
        return _report_bug(error, session)


def _stems_from(error: BaseException | None, kind: type[BaseException]) -> bool:
    """Whether an error is of a kind, or was raised while one of that kind was under way.

    Ctrl-C may come inside an import or the making of a class, where Python wraps it; the parser
    turns a closed pipe into the end of the program.
    """
    while error is not None and not isinstance(error, kind):
        error = error.__cause__ or error.__context__
    return error is not None


def _run(argv: Sequence[str], session: Session) -> int:
    command = typer.main.get_command(app)
    try:
        result = command.main(
            args=list(argv), prog_name="promptctl", standalone_mode=False, obj=session
        )
    except Exception as error:
        shown = getattr(error, "format_message", None)
        if shown is None:
            raise
        return _report_usage(error, session)
    return result if isinstance(result, int) else 0


def _report_usage(error: Any, session: Session) -> int:
    """A mistake on the command line, found by the parser: one line and where to look."""
    if type(error).__name__ == "NoArgsIsHelpError":
        session.terminal.write(f"{error.format_message()}\n")
        return 0
    # Mistakes alone need the words: no command that runs pays for them.
    from promptctl.cli.usage_words import usage_problem

    report(usage_problem(error), session)
    return 2


def _report_os_error(error: OSError, session: Session) -> int:
    if session.debug:
        traceback.print_exc()
    place = f"{error.filename}: " if error.filename else ""
    try:
        return report(LocalIOError(f"{place}{error.strerror or error}"), session)
    except OSError:
        _silence(session.terminal)
        return LocalIOError.exit_code


def _report_bug(error: BaseException, session: Session) -> int:
    if session.debug:
        traceback.print_exc()
    bug = Bug(
        f"a bug in promptctl: {type(error).__name__}: {visible(str(error))[:200]}",
        "run it again with --debug and report what it shows",
    )
    report(bug, session)
    return BUG_EXIT


def _silence(terminal: Terminal) -> None:
    """Point standard output at nothing, so that no later flush fails on a closed pipe."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (terminal.out, terminal.err):
        try:
            stream.flush()
        except OSError:
            os.dup2(nowhere, stream.fileno())


def _wants_json(argv: Sequence[str]) -> bool:
    words = list(argv[: argv.index("--")] if "--" in argv else argv)
    formats = {"json", "ndjson"}
    pairs = itertools.pairwise(words)
    return any(a == "--format" and b in formats for a, b in pairs) or any(
        word in ("--format=json", "--format=ndjson") for word in words
    )
