"""What has come of an answer so far: its events added up, with the moments that people ask about."""

from __future__ import annotations

from dataclasses import dataclass, field

from promptctl.core.invocation import (
    Event,
    Finished,
    ReasoningDelta,
    Started,
    TextDelta,
    ToolCallDelta,
    Usage,
)


@dataclass(slots=True)
class ToolCall:
    """One call that the model asks for; `arguments` is JSON text, whole once the answer is finished."""

    id: str | None = None
    name: str = ""
    arguments: str = ""


@dataclass(slots=True)
class Answer:
    """An answer as it grows. Seconds count from the start of the run."""

    provider: str
    model: str
    """The model that answers: what the provider says, until then what was asked for."""
    id: str | None = None
    tool_calls: dict[int, ToolCall] = field(default_factory=dict)
    usage: Usage = field(default_factory=Usage)
    finished: Finished | None = None
    seconds_to_first: float | None = None
    """Until the first piece of text, reasoning or a tool call."""
    seconds: float = 0.0
    _text: list[str] = field(default_factory=list)
    _reasoning: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The text so far."""
        return "".join(self._text)

    @property
    def reasoning(self) -> str:
        """The model's visible reasoning so far."""
        return "".join(self._reasoning)

    def add(self, event: Event, seconds: float) -> None:
        """Take in one event that came at that many seconds."""
        self.seconds = seconds
        if self.seconds_to_first is None and isinstance(
            event, (TextDelta, ReasoningDelta, ToolCallDelta)
        ):
            self.seconds_to_first = seconds
        match event:
            case TextDelta(text):
                self._text.append(text)
            case ReasoningDelta(text):
                self._reasoning.append(text)
            case ToolCallDelta():
                self._add_call(event)
            case Started(model, identifier):
                self.model, self.id = model or self.model, identifier
            case Usage():
                self.usage = event
            case Finished():
                self.finished = event

    def _add_call(self, event: ToolCallDelta) -> None:
        call = self.tool_calls.setdefault(event.index, ToolCall())
        call.id = event.id or call.id
        call.name = event.name or call.name
        call.arguments += event.arguments
