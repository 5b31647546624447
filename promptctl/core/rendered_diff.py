"""What two states of a prompt send for the same values, message by message."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from promptctl.core.diff import RenderedChange
from promptctl.core.invocation import (
    FilePart,
    ImagePart,
    Part,
    RenderedMessage,
    TextPart,
    ToolCallPart,
)
from promptctl.core.json_data import Json, dump_json
from promptctl.core.message_match import Seen, match_messages
from promptctl.core.prompt import Prompt
from promptctl.core.render import check_variables, render_messages
from promptctl.core.schema_meaning import Work
from promptctl.core.word_diff import MAX_STEPS, word_edits
from promptctl.errors import PromptctlError

MAX_EXAMPLES = 50
"""Examples of one prompt that are rendered."""

Inputs = Mapping[str, Mapping[str, Json]]
"""Values of variables by the name of the example."""


def example_inputs(prompt: Prompt) -> dict[str, Mapping[str, Json]]:
    """The values that a prompt's examples give, by their names."""
    return {example.name: example.variables for example in prompt.examples}


def compare_rendered(
    old: Prompt | None, new: Prompt | None, inputs: Inputs
) -> tuple[list[RenderedChange], list[str]]:
    """What differs in the rendered messages, and what could not be rendered, in a sentence each.

    A state is given only the values that it declares a variable for, as long as the other one declares
    the rest: a variable that came or went is no reason not to compare.
    """
    changes: list[RenderedChange] = []
    problems: list[str] = []
    work = Work(MAX_STEPS)
    for name, values in list(inputs.items())[:MAX_EXAMPLES]:
        before = _rendered(old, new, values, f"{name}, older state", problems)
        after = _rendered(new, old, values, f"{name}, newer state", problems)
        if before is not None and after is not None:
            changes += _message_changes(name, before, after, work)
    if len(inputs) > MAX_EXAMPLES:
        problems.append(f"only the first {MAX_EXAMPLES} of {len(inputs)} examples were rendered")
    return changes, problems


def _rendered(
    prompt: Prompt | None,
    other: Prompt | None,
    values: Mapping[str, Json],
    place: str,
    problems: list[str],
) -> Sequence[RenderedMessage] | None:
    if prompt is None:
        return ()
    elsewhere = other.variables.keys() - prompt.variables.keys() if other is not None else ()
    own = {name: value for name, value in values.items() if name not in elsewhere}
    try:
        return render_messages(prompt, check_variables(prompt, own))
    except PromptctlError as error:
        problems.append(f"example {place}: {error.message}")
        return None


def _message_changes(
    example: str, before: Sequence[RenderedMessage], after: Sequence[RenderedMessage], work: Work
) -> Iterator[RenderedChange]:
    old, new = ([_seen(message) for message in messages] for messages in (before, after))
    pairs = {pair.new: pair.old for pair in match_messages(old, new, work)}
    gone = set(range(len(old))) - set(pairs.values())
    for i in sorted(gone):
        yield RenderedChange(example, i + 1, old[i].role, word_edits(old[i].text, "", work))
    for j, message in enumerate(new):
        known = pairs.get(j)
        text = old[known].text if known is not None else ""
        if known is None or old[known].key != message.key:
            edits = word_edits(text, message.text, work)
            yield RenderedChange(example, j + 1, message.role, edits)


def _seen(message: RenderedMessage) -> Seen:
    return Seen(
        (message.role, message.content), message.role, "\n".join(map(_text, message.content))
    )


def _text(part: Part) -> str:
    if isinstance(part, TextPart):
        return part.text
    if isinstance(part, ImagePart | FilePart):
        kind = "image" if isinstance(part, ImagePart) else "file"
        place = part.url or f"{len(part.data or b''):,} bytes"
        return f"[{kind} {place}{f' {part.media_type}' if part.media_type else ''}]"
    if isinstance(part, ToolCallPart):
        return f"[tool call {part.id}: {part.name}({part.arguments})]"
    return f"[tool result {part.id}: {dump_json(part.result)}]"
