"""A prompt: the typed value of one prompt file and everything it includes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from typing import Literal, TypeAlias, cast

from promptctl.core.closure import (
    Closure,
    ClosureProblem,
    ReadFile,
    resolve_closure,
    text_of_file,
)
from promptctl.core.fast_dataclass import dataclass
from promptctl.core.finding import Finding, Location, PromptInvalid, Severity
from promptctl.core.invocation import Api
from promptctl.core.json_data import Json, dump_json
from promptctl.core.json_data import Path as Path
from promptctl.core.templates import TemplateFormat as TemplateFormat


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
    name: str | None = None


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
class Fallback:
    """Who is asked instead; without parameters of its own it gets those of the prompt."""

    provider: str
    model: str | None = None
    parameters: Mapping[str, Json] | None = None


@dataclass(frozen=True, slots=True)
class Origin:
    """The text that a prompt was read from, so that what fails in it can name line and column."""

    path: str
    """The file for people: a path, or as git writes it, `commit:path`."""
    content: bytes
    folder: str
    """The folder of included files, written the same way."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """One prompt, complete: nothing more has to be read to render it.

    `files` holds the bytes of every included text and attached file by its path under the prompts
    folder, so that equal prompts show the model the same whatever became of the files they came from.
    Included texts have line feeds for line ends there, however they were checked out.
    """

    name: str
    provider: str
    model: str | None
    messages: tuple[Message, ...]
    kind: Literal["chat", "string"] = "chat"
    api: Api = "chat"
    template_format: TemplateFormat = TemplateFormat.JINJA2
    description: str | None = None
    parameters: Mapping[str, Json] = field(default_factory=dict)
    fallbacks: tuple[Fallback, ...] = ()
    variables: Mapping[str, Variable] = field(default_factory=dict)
    examples: tuple[Example, ...] = ()
    tools: tuple[Mapping[str, Json], ...] = ()
    tool_choice: Json = None
    parallel_tool_calls: bool | None = None
    response_format: Mapping[str, Json] | None = None
    metadata: Mapping[str, Json] = field(default_factory=dict)
    files: Mapping[str, bytes] = field(default_factory=dict)
    origin: Origin | None = field(default=None, compare=False, repr=False)


def parse_prompt(
    name: str, data: Mapping[str, Json], read: ReadFile, origin: Origin | None = None
) -> Prompt:
    """The prompt that schema-valid data describes, with all that it includes read.

    Raises PromptInvalid for a template or an included file that cannot be used. Its findings know
    places in included files, but only paths of values in the prompt's own file.
    """
    template_format = TemplateFormat(_text(data, "template_format") or "jinja2")
    closure = resolve_closure(data, template_format, read)
    if closure.problems:
        raise _invalid(name, closure.problems)
    kind: Literal["chat", "string"] = "string" if "template" in data else "chat"
    return Prompt(
        name=name,
        provider=_text(data, "provider") or "",
        model=_text(data, "model"),
        messages=tuple(_messages(data, closure)),
        kind=kind,
        api="responses" if data.get("api") == "responses" else "chat",
        template_format=template_format,
        description=_text(data, "description"),
        parameters=_mapping(data, "parameters") or {},
        fallbacks=tuple(_fallbacks(data)),
        variables=_variables(data),
        examples=tuple(_examples(data)),
        tools=tuple(_mappings(data.get("tools"))),
        tool_choice=data.get("tool_choice"),
        parallel_tool_calls=cast(bool | None, data.get("parallel_tool_calls")),
        response_format=_mapping(data, "response_format"),
        metadata=_mapping(data, "metadata") or {},
        files=closure.files,
        origin=origin,
    )


def _variables(data: Mapping[str, Json]) -> dict[str, Variable]:
    declared = _mapping(data, "variables") or {}
    return {
        name: Variable(name, schema if isinstance(schema, Mapping) else {})
        for name, schema in declared.items()
    }


def _examples(data: Mapping[str, Json]) -> Iterator[Example]:
    for example in _mappings(data.get("examples")):
        yield Example(
            name=_text(example, "name") or "",
            variables=_mapping(example, "variables") or {},
            description=_text(example, "description"),
        )


def _fallbacks(data: Mapping[str, Json]) -> Iterator[Fallback]:
    for given in _mappings(data.get("fallbacks")):
        yield Fallback(
            _text(given, "provider") or "", _text(given, "model"), _mapping(given, "parameters")
        )


def _messages(data: Mapping[str, Json], closure: Closure) -> Iterator[Message]:
    template = _text(data, "template")
    if template is not None:
        yield Message("user", (TextTemplate(template, ("template",)),))
    for index, message in enumerate(_mappings(data.get("messages"))):
        path: Path = ("messages", index)
        yield Message(_text(message, "role") or "", tuple(_parts(message, path, closure)))


def _parts(message: Mapping[str, Json], path: Path, closure: Closure) -> Iterator[PartTemplate]:
    file = _text(message, "file")
    content = message.get("content")
    if file is not None:
        yield TextTemplate(text_of_file(closure.files[file]), (*path, "file"), file)
    elif isinstance(content, str):
        yield TextTemplate(content, (*path, "content"))
    else:
        for index, part in enumerate(_mappings(content)):
            yield _part(part, (*path, "content", index))


def _part(part: Mapping[str, Json], path: Path) -> PartTemplate:
    kind = part.get("type")
    if kind in ("image", "file"):
        return MediaTemplate(
            kind="image" if kind == "image" else "file",
            path=path,
            file=_text(part, "path"),
            url=_text(part, "url"),
            media_type=_text(part, "media_type"),
            detail=_text(part, "detail"),
            name=_text(part, "name"),
        )
    if kind == "tool_call":
        arguments = part.get("arguments", {})
        written = arguments if isinstance(arguments, str) else dump_json(arguments)
        return ToolCallTemplate(path, _text(part, "id") or "", _text(part, "name") or "", written)
    if kind == "tool_result":
        return ToolResultTemplate(path, _text(part, "id") or "", part.get("result"))
    return TextTemplate(_text(part, "text") or "", (*path, "text"))


def _text(data: Mapping[str, Json], key: str) -> str | None:
    value = data.get(key)
    return value if isinstance(value, str) else None


def _mapping(data: Mapping[str, Json], key: str) -> Mapping[str, Json] | None:
    value = data.get(key)
    return value if isinstance(value, Mapping) else None


def _mappings(value: Json) -> Iterator[Mapping[str, Json]]:
    if isinstance(value, Sequence) and not isinstance(value, str):
        yield from (member for member in value if isinstance(member, Mapping))


def _invalid(name: str, problems: Sequence[ClosureProblem]) -> PromptInvalid:
    findings = []
    for problem in problems:
        source = problem.source
        message = problem.message
        location = Location(name)
        if source.file is not None and source.place is not None:
            location = Location(source.file, source.place.line, source.place.column)
        else:
            where = ".".join(str(step) for step in source.path)
            message = f"{where}: {message}"
        findings.append(Finding(problem.rule, Severity.ERROR, location, message, problem.hint))
    first = findings[0]
    return PromptInvalid(f"{name}: {first.message}", findings, first.hint)
