"""`promptctl publish`."""

from typing import Annotated

import typer

from promptctl.cli.options import FormatOption, command_app, complete_name, session_of
from promptctl.cli.release_options import (
    BreakingOption,
    DryRunOption,
    LabelOption,
    MessageOption,
    NoPushOption,
    SignOption,
    YesOption,
    check_message,
    confirmed,
    finishing,
    say,
)
from promptctl.errors import UsageProblem

app = command_app()


@app.command(
    epilog="Examples: promptctl publish greeting -m 'Warmer tone'   promptctl publish --all --label staging"
)
def publish(
    context: typer.Context,
    targets: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[NAME…]",
            help="Prompts, or globs.",
            autocompletion=complete_name,
            show_default=False,
        ),
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Every prompt of HEAD.")] = False,
    label: LabelOption = "published",
    message: MessageOption = "",
    allow_breaking: BreakingOption = False,
    allow_older: Annotated[
        bool,
        typer.Option("--allow-older", help="Although HEAD does not come after the latest version."),
    ] = False,
    no_push: NoPushOption = False,
    atomic: Annotated[
        bool, typer.Option("--atomic", help="All prompts or none: one push for all of them.")
    ] = False,
    sign: SignOption = False,
    dry_run: DryRunOption = False,
    yes: YesOption = False,
    output_format: FormatOption = "text",
) -> int:
    """Make versions of what HEAD holds, and let a label name them."""
    from promptctl.core.release_plan import Published
    from promptctl.operations import publish as operation
    from promptctl.operations.label import check_label
    from promptctl.operations.releasing import ReleaseOptions, open_desk
    from promptctl.operations.repository import open_repository
    from promptctl.output import releases as output

    session = session_of(context)
    terminal = session.terminal
    if bool(targets) == everything:
        raise UsageProblem(
            "name the prompts to publish, or all of them", "promptctl publish NAME, or --all"
        )
    check_label(label)
    options = ReleaseOptions(
        label, check_message(message), allow_breaking, allow_older, not no_push, sign, atomic
    )
    repository = open_repository(session.directory, session.environ, bare_name="worktree")
    names = operation.names_to_publish(repository, targets or (), everything=everything)
    scope = names if len(names) <= 20 else None
    desk = open_desk(repository, scope, label=label, push=not no_push, note=terminal.note)
    plans = operation.plan_publish(desk, names, options)
    as_json = output_format == "json"
    todo = [plan for plan in plans if not plan.does_nothing]
    if not as_json:
        shown = plans if len(plans) <= 20 else todo
        say(session, (line for plan in shown for line in output.plan_lines(plan, terminal)))
    if dry_run:
        if as_json:
            terminal.write(output.publish_json([Published(p, ()) for p in plans], dry_run=True))
        else:
            terminal.note(f"nothing was done: {len(todo)} of {len(plans)} would be published")
        return 0
    if todo:
        confirmed(session, f"Publish {len(todo)} of {len(plans)}?", yes=yes or as_json)
    results: list[Published] = []

    def done(result: Published) -> None:
        results.append(result)
        if as_json:
            return
        if result.note:
            terminal.note(f"{result.plan.name}: {result.note}")
        for record in result.made:
            terminal.write(f"{output.done_line(record)}\n")
        terminal.flush()
        undo = output.undo_line(result.plan)
        if result.made and undo is not None and len(todo) <= 5:
            terminal.note(f"  undo: {undo}", "dim")

    with finishing(session):
        operation.publish(desk, plans, options, done)
    if as_json:
        terminal.write(output.publish_json(results, dry_run=False))
    if no_push and any(result.made for result in results):
        terminal.note("only in this clone: promptctl push sends it to the remote")
    return 0
