"""`promptctl publish`."""

from typing import Annotated

import typer

from promptctl.cli.options import FormatOption, command_app, complete_name, session_of
from promptctl.cli.release_options import (
    BreakingOption,
    DryRunOption,
    LabelOption,
    MessageOption,
    NewLabelOption,
    NoPushOption,
    SignOption,
    YesOption,
    check_message,
)
from promptctl.errors import UsageProblem

app = command_app()

TargetsArgument = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[NAME…]",
        help="Prompts, or globs.",
        autocompletion=complete_name,
        show_default=False,
    ),
]
OlderOption = Annotated[
    bool,
    typer.Option("--allow-older", help="Although HEAD does not come after the latest version."),
]
AtomicOption = Annotated[
    bool, typer.Option("--atomic", help="All prompts or none: one push for all of them.")
]


@app.command(
    epilog="Examples: promptctl publish greeting -m 'Warmer tone'   promptctl publish --all --label staging"
)
def publish(
    context: typer.Context,
    targets: TargetsArgument = None,
    everything: Annotated[bool, typer.Option("--all", help="Every prompt of HEAD.")] = False,
    label: LabelOption = "published",
    message: MessageOption = "",
    allow_breaking: BreakingOption = False,
    allow_older: OlderOption = False,
    no_push: NoPushOption = False,
    atomic: AtomicOption = False,
    sign: SignOption = False,
    new_label: NewLabelOption = False,
    dry_run: DryRunOption = False,
    yes: YesOption = False,
    output_format: FormatOption = "text",
) -> int:
    """Make versions of what HEAD holds, and let a label name them.

    With a remote, the commit has to be there first, on the default branch or that of the label: git push.
    """
    from promptctl.cli.publishing import publish_plans
    from promptctl.core.reference import check_label
    from promptctl.operations.publish import MAX_NAMED, plan_publish, prompts_to_publish
    from promptctl.operations.releasing import ReleaseOptions, open_desk
    from promptctl.operations.repository import open_repository

    session = session_of(context)
    if bool(targets) == everything:
        raise UsageProblem(
            "name the prompts to publish, or all of them", "promptctl publish NAME, or --all"
        )
    check_label(label)
    options = ReleaseOptions(
        label,
        check_message(message),
        allow_breaking,
        allow_older,
        not no_push,
        sign,
        atomic,
        new_label,
    )
    repository = open_repository(session.directory, session.environ, bare_name="worktree")
    chosen = prompts_to_publish(repository, targets or (), everything=everything)
    scope = chosen.names if len(chosen.names) <= MAX_NAMED else None
    desk = open_desk(repository, scope, label=label, push=options.push, note=session.terminal.note)
    plans = plan_publish(desk, chosen, options)
    as_json = output_format == "json"
    publish_plans(session, desk, plans, options, dry_run=dry_run, yes=yes, as_json=as_json)
    return 0
