"""A prompt: the typed value of one prompt file and everything it includes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Literal, TypeAlias

from promptctl.core.json_data import Json

Path: TypeAlias = tuple[str | int, ...]
"""Keys and indexes from the root of a document to one of its values."""


class TemplateFormat(Enum):
    """The language of a prompt's templates."""

    JINJA2 = "jinja2"
    MUSTACHE = "mustache"
    F_STRING = "f-string"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Variable:
    """A declared input: a JSON Schema, and with it perhaps a default."""

    name: str
    schema: Mapping[str, Json]

    @property
    def required(self) -> bool:
        """A variable without a default must be given, everywhere."""
        return "default" not in self.schema


@dataclass(frozen=True, slots=True)
class TextTemplate:
    """A template of text. It stands at `path` in the prompt file, or is the whole included `file`."""

    text: str
    path: Path
    file: str | None = None


@dataclass(frozen=True, slots=True)
class MediaTemplate:
    """An image or a document: a file under the prompts folder, or a URL."""

    kind: Literal["image", "file"]
    path: Path
    file: str | None = None
    url: str | None = None
    media_type: str | None = None
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class ToolCallTemplate:
    """An earlier call by the model, part of the conversation that the prompt sets up."""

    path: Path
    id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class ToolResultTemplate:
    """What a tool answered to an earlier call."""

    path: Path
    id: str
    result: Json


PartTemplate: TypeAlias = TextTemplate | MediaTemplate | ToolCallTemplate | ToolResultTemplate


@dataclass(frozen=True, slots=True)
class Message:
    """A role, verbatim, and the templates of its content."""

    role: str
    content: tuple[PartTemplate, ...]


@dataclass(frozen=True, slots=True)
class Example:
    """A named set of inputs for review, documentation and try-outs."""

    name: str
    variables: Mapping[str, Json]
    description: str | None = None


@dataclass(frozen=True, slots=True)
class Prompt:
    """One prompt, complete: nothing more has to be read to render it.

    `files` holds the bytes of every included text and attached file by its path under the prompts
    folder, so that two prompts are equal exactly when the model would see the same.
    """

    name: str
    provider: str
    model: str | None
    messages: tuple[Message, ...]
    kind: Literal["chat", "string"] = "chat"
    template_format: TemplateFormat = TemplateFormat.JINJA2
    description: str | None = None
    parameters: Mapping[str, Json] = field(default_factory=dict)
    variables: Mapping[str, Variable] = field(default_factory=dict)
    examples: tuple[Example, ...] = ()
    tools: tuple[Mapping[str, Json], ...] = ()
    tool_choice: Json = None
    parallel_tool_calls: bool | None = None
    response_format: Mapping[str, Json] | None = None
    metadata: Mapping[str, Json] = field(default_factory=dict)
    files: Mapping[str, bytes] = field(default_factory=dict)
