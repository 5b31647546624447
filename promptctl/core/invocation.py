"""An invocation (messages and parameters, ready to send) and the events of its answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Literal, TypeAlias

from promptctl.core.fast_dataclass import dataclass
from promptctl.core.json_data import Json


@dataclass(frozen=True, slots=True)
class TextPart:
    """Text of a message."""

    text: str


@dataclass(frozen=True, slots=True)
class ImagePart:
    """An image, by URL or by its bytes; exactly one of the two is set."""

    url: str | None = None
    data: bytes | None = None
    media_type: str | None = None
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class FilePart:
    """A document, by URL or by its bytes; exactly one of the two is set."""

    url: str | None = None
    data: bytes | None = None
    media_type: str | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True)
class ToolCallPart:
    """A call that the model made earlier in the conversation; `arguments` is JSON text."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class ToolResultPart:
    """What a tool answered to an earlier call."""

    id: str
    result: Json


Part: TypeAlias = TextPart | ImagePart | FilePart | ToolCallPart | ToolResultPart


@dataclass(frozen=True, slots=True)
class RenderedMessage:
    """A message as it will be sent: the role verbatim and its parts in order."""

    role: str
    content: tuple[Part, ...]

    @property
    def text(self) -> str:
        """All text parts joined, as a person would read them."""
        return "".join(part.text for part in self.content if isinstance(part, TextPart))


Api: TypeAlias = Literal["chat", "responses"]
"""Which interface of a provider that has both is asked: chat completions, or OpenAI's Responses."""


@dataclass(frozen=True, slots=True)
class Invocation:
    """Everything that a provider needs to answer, in promptctl's own vocabulary."""

    prompt: str
    provider: str
    model: str
    messages: tuple[RenderedMessage, ...]
    parameters: Mapping[str, Json] = field(default_factory=dict)
    tools: tuple[Mapping[str, Json], ...] = ()
    tool_choice: Json = None
    parallel_tool_calls: bool | None = None
    response_format: Mapping[str, Json] | None = None
    stream: bool = True
    api: Api = "chat"
    fallbacks: tuple[Invocation, ...] = ()
    """What is sent instead, in this order, when nobody answers; these have none of their own."""


FinishReason: TypeAlias = Literal["stop", "length", "tool_calls", "content_filter", "other"]


@dataclass(frozen=True, slots=True)
class Started:
    """The provider accepted the request; `model` is the name it answers under, if it said one."""

    model: str | None = None
    id: str | None = None


@dataclass(frozen=True, slots=True)
class TextDelta:
    """A piece of the answer's text, never empty."""

    text: str


@dataclass(frozen=True, slots=True)
class ReasoningDelta:
    """A piece of the model's visible reasoning; not part of the answer."""

    text: str


@dataclass(frozen=True, slots=True)
class ToolCallDelta:
    """A piece of a tool call. `id` and `name` come with the first piece of call number `index`."""

    index: int
    id: str | None = None
    name: str | None = None
    arguments: str = ""


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens as the provider counted them; None where it did not say."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    cached_tokens: int | None = None
    reasoning_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class Finished:
    """The answer is complete. `provider_reason` is the provider's own word for why it ended."""

    reason: FinishReason
    provider_reason: str | None = None


Event: TypeAlias = Started | TextDelta | ReasoningDelta | ToolCallDelta | Usage | Finished
