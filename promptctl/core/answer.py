"""What has come of an answer so far: its events added up, with the moments that people ask about."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from promptctl.core.invocation import (
    Event,
    Finished,
    ReasoningDelta,
    Started,
    TextDelta,
    ToolCallDelta,
    Usage,
)
from promptctl.core.json_data import Json
from promptctl.errors import PromptctlError


@dataclass(slots=True)
class ToolCall:
    """One call that the model asks for; `arguments` is JSON text, whole once the answer is finished."""

    id: str | None = None
    name: str = ""
    arguments: str = ""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One time that somebody was asked; `error` is why it came to nothing."""

    provider: str
    model: str
    fallback: int | None
    """Which fallback was asked, from 1; None for the prompt's own provider."""
    seconds: float
    usage: Usage
    error: PromptctlError | None = None


@dataclass(slots=True)
class Answer:
    """An answer as it grows. Seconds count from the start of the run."""

    provider: str
    model: str
    """The model that answers: what the provider says, until then what was asked for."""
    asked_model: str = ""
    """The model that was asked for, by the name that the prompt gives it."""
    fallback: int | None = None
    """Which fallback answers, from 1; None for the prompt's own provider."""
    attempts: list[Attempt] = field(default_factory=list)
    """Everybody who was asked and has ended, one way or the other."""
    output: Json = None
    """The value of an answer whose form is JSON, once it is complete and fits."""
    fits: bool | None = None
    """Whether the answer has the form that the prompt asks for; None where it asks for none."""
    id: str | None = None
    tool_calls: dict[int, ToolCall] = field(default_factory=dict)
    usage: Usage = field(default_factory=Usage)
    finished: Finished | None = None
    seconds_to_first: float | None = None
    """Until the first piece of text, reasoning or a tool call."""
    seconds: float = 0.0
    _began: float = 0.0
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

    def begin(self, provider: str, model: str, fallback: int | None, seconds: float) -> None:
        """Forget what came: somebody is asked at that many seconds, anew or for the first time."""
        self.provider, self.model, self.asked_model = provider, model, model
        self.fallback, self._began = fallback, seconds
        self.id, self.finished, self.seconds_to_first = None, None, None
        self.usage, self.tool_calls = Usage(), {}
        self.output, self.fits = None, None
        self._text, self._reasoning = [], []

    def end(self, seconds: float, error: PromptctlError | None = None) -> None:
        """Note that who was asked has ended at that many seconds."""
        asked = self.provider, self.asked_model, self.fallback
        self.attempts.append(Attempt(*asked, seconds - self._began, self.usage, error))
        self._began = seconds

    def reject(self, error: PromptctlError) -> None:
        """Note that a complete answer is none that can be used."""
        self.attempts[-1] = replace(self.attempts[-1], error=error)

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
