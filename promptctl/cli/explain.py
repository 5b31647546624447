"""`promptctl explain`."""

from typing import Annotated

import typer

from promptctl.cli.options import FormatOption, command_app, complete_rule, session_of

app = command_app()


@app.command(epilog="Example: promptctl explain variable-unused")
def explain(
    context: typer.Context,
    rule: Annotated[
        str | None,
        typer.Argument(
            metavar="[RULE]",
            help="The id of a rule, as findings and changes show it; all rules unless given.",
            show_default=False,
            autocompletion=complete_rule,
        ),
    ] = None,
    output_format: FormatOption = "text",
) -> int:
    """Explain a rule: why it is there, what is wrong and right by it, how to switch it off."""
    from promptctl.operations.explain import explain as explanation_of
    from promptctl.operations.explain import explain_all
    from promptctl.output.explanation import (
        explanation_text,
        explanations_json,
        explanations_list,
    )

    terminal = session_of(context).terminal
    found = [explanation_of(rule)] if rule is not None else list(explain_all())
    if output_format == "json":
        terminal.write(explanations_json(found))
    elif rule is not None:
        terminal.write(explanation_text(found[0], terminal))
    else:
        terminal.write(explanations_list(found, terminal))
    return 0
