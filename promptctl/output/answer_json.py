"""An answer and its events as JSON: `promptctl.run/1` and the lines of `promptctl.run-event/1`."""

from __future__ import annotations

from promptctl.core.answer import Answer
from promptctl.core.invocation import (
    Finished,
    ReasoningDelta,
    TextDelta,
    ToolCallDelta,
    Usage,
)
from promptctl.core.json_data import Json, JsonInvalid, parse_json
from promptctl.output.json_text import error_object


def answer_object(answer: Answer, prompt: str) -> dict[str, Json]:
    """The answer as one JSON object, `promptctl.run/1` (schemas/run-output.schema.json)."""
    calls: list[Json] = [
        {
            "id": call.id,
            "name": call.name,
            "arguments": call.arguments,
            "parsed_arguments": _parsed(call.arguments),
        }
        for call in answer.tool_calls.values()
    ]
    return {
        "schema": "promptctl.run/1",
        "prompt": prompt,
        "provider": answer.provider,
        "model": answer.model or None,
        "id": answer.id,
        "text": answer.text,
        "reasoning": answer.reasoning or None,
        "tool_calls": calls,
        "output": answer.output,
        "fits": answer.fits,
        "complete": answer.finished is not None,
        "finish_reason": answer.finished.reason if answer.finished else None,
        "provider_reason": answer.finished.provider_reason if answer.finished else None,
        "usage": _usage(answer.usage),
        "answered_by": answered_by(answer),
        "attempts": attempt_objects(answer),
        "timings": timings(answer),
    }


def answered_by(answer: Answer) -> dict[str, Json] | None:
    """Who answered, as the prompt names them; None if nobody did."""
    if answer.seconds_to_first is None and answer.finished is None:
        return None
    return {
        "provider": answer.provider,
        "model": answer.asked_model or None,
        "fallback": answer.fallback,
    }


def attempt_objects(answer: Answer) -> list[Json]:
    """Everybody who was asked, in order, with what came of it."""
    return [
        {
            "provider": attempt.provider,
            "model": attempt.model or None,
            "fallback": attempt.fallback,
            "seconds": round(attempt.seconds, 4),
            "usage": _usage(attempt.usage),
            "error": None if attempt.error is None else error_object(attempt.error),
        }
        for attempt in answer.attempts
    ]


def event_object(
    event: TextDelta | ReasoningDelta | ToolCallDelta | Usage | Finished,
) -> dict[str, Json]:
    """One event as a line of JSON says it."""
    match event:
        case TextDelta(text):
            return {"type": "text", "text": text}
        case ReasoningDelta(text):
            return {"type": "reasoning", "text": text}
        case ToolCallDelta(index, identifier, name, arguments):
            return {
                "type": "tool_call",
                "index": index,
                "id": identifier,
                "name": name,
                "arguments": arguments,
            }
        case Usage():
            return {"type": "usage", **_usage(event)}
        case Finished(reason, provider_reason):
            return {"type": "finish", "finish_reason": reason, "provider_reason": provider_reason}


def _usage(usage: Usage) -> dict[str, Json]:
    return {
        "input_tokens": usage.input_tokens,
        "output_tokens": usage.output_tokens,
        "cached_tokens": usage.cached_tokens,
        "reasoning_tokens": usage.reasoning_tokens,
    }


def timings(answer: Answer) -> dict[str, Json]:
    """The seconds that people ask about, from the start of the run."""
    first = answer.seconds_to_first
    return {
        "first_token_seconds": None if first is None else round(first, 4),
        "total_seconds": round(answer.seconds, 4),
    }


def _parsed(arguments: str) -> Json:
    try:
        return parse_json(arguments)
    except JsonInvalid:
        return None
