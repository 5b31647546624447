"""`promptctl explain`."""

from typing import Annotated

import typer

from promptctl.cli.options import FormatOption, command_app, complete_rule, session_of
from promptctl.errors import UsageProblem

app = command_app()


@app.command(epilog="Examples: promptctl explain variable-unused   promptctl explain --changes")
def explain(
    context: typer.Context,
    rule: Annotated[
        str | None,
        typer.Argument(
            metavar="[RULE]",
            help="The id of a rule, as findings and changes show it; a list of them unless given.",
            show_default=False,
            autocompletion=complete_rule,
        ),
    ] = None,
    changes: Annotated[
        bool,
        typer.Option("--changes", help="List the kinds of change that diff and ci tell apart."),
    ] = False,
    output_format: FormatOption = "text",
) -> int:
    """Explain a rule: why it is there, what is wrong and right by it, how to switch it off."""
    from promptctl.operations.explain import explain as explanation_of
    from promptctl.operations.explain import explain_all, explain_changes
    from promptctl.output.explanation import (
        changes_list,
        explanation_text,
        explanations_json,
        explanations_list,
    )
    from promptctl.output.pager import write_paged

    if changes and rule is not None:
        raise UsageProblem(
            "--changes lists, and stands without a rule", f"promptctl explain {rule}"
        )
    session = session_of(context)
    terminal = session.terminal
    every = explain_changes if changes else explain_all
    found = [explanation_of(rule)] if rule is not None else list(every())
    if output_format == "json":
        terminal.write(explanations_json(found))
    elif rule is not None:
        write_paged(explanation_text(found[0], terminal), terminal, session.environ)
    else:
        listed = changes_list if changes else explanations_list
        write_paged(listed(found, terminal), terminal, session.environ)
    return 0
