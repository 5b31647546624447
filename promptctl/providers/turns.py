"""A conversation as turns of two sides and a system text, for the formats that know nothing else.

System and developer messages make the system text in their order, whatever stands between them. Turns of
one side that follow each other are joined.
"""

from __future__ import annotations

from promptctl.core.fast_dataclass import dataclass
from promptctl.core.invocation import (
    Invocation,
    Part,
    RenderedMessage,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)
from promptctl.core.json_data import Json, JsonInvalid, parse_json
from promptctl.errors import RequestImpossible
from promptctl.providers.envelope import refuse

_SYSTEM = frozenset({"system", "developer"})
_MODEL = frozenset({"assistant", "ai", "model"})
_USER = frozenset({"user", "tool"})


@dataclass(frozen=True, slots=True)
class Turn:
    """What one side says; never empty. The model says text and tool calls, the user all but tool calls."""

    is_model: bool
    parts: tuple[Part, ...]


def system_texts(invocation: Invocation) -> list[str]:
    """The texts of all system and developer messages that have any, in order."""
    texts = []
    for message in invocation.messages:
        if message.role in _SYSTEM:
            if any(not isinstance(part, TextPart) for part in message.content):
                raise refuse(invocation, f"other content than text in a `{message.role}` message")
            texts.append(message.text)
    return [text for text in texts if text]


def turns_of(invocation: Invocation) -> list[Turn]:
    """The turns. Raises RequestImpossible if there are none, or for parts that their side cannot say."""
    turns: list[Turn] = []
    for message in invocation.messages:
        if message.role in _SYSTEM:
            continue
        if message.role not in _MODEL | _USER:
            raise refuse(invocation, f"messages of role `{message.role}`")
        _check_parts(message, invocation)
        is_model = message.role in _MODEL
        # No API takes empty text.
        parts = tuple(p for p in message.content if not isinstance(p, TextPart) or p.text)
        if turns and turns[-1].is_model == is_model:
            turns[-1] = Turn(is_model, turns[-1].parts + parts)
        elif parts:
            turns.append(Turn(is_model, parts))
    if not turns:
        raise refuse(invocation, "a prompt without a user message that has content")
    return turns


def _check_parts(message: RenderedMessage, invocation: Invocation) -> None:
    if message.role == "tool" and any(not isinstance(p, ToolResultPart) for p in message.content):
        raise refuse(invocation, "a message of role `tool` with more than tool results")
    for part in message.content:
        if message.role in _MODEL and not isinstance(part, TextPart | ToolCallPart):
            raise refuse(invocation, "images, files and tool results in an assistant message")
        if message.role in _USER and isinstance(part, ToolCallPart):
            raise refuse(invocation, "tool calls in a user message")


def call_arguments(part: ToolCallPart) -> Json:
    """The arguments of a call, parsed. Raises RequestImpossible."""
    try:
        return parse_json(part.arguments)
    except JsonInvalid as error:
        raise RequestImpossible(
            f"the arguments of tool call {part.id} are not JSON: {error}"
        ) from None
