"""A prompt and values to messages, and messages to an invocation that a provider can answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from promptctl.core.catalog import has_one_interface
from promptctl.core.closure import text_of_file
from promptctl.core.document import parse_document
from promptctl.core.finding import Location
from promptctl.core.invocation import (
    Api,
    FilePart,
    ImagePart,
    Invocation,
    Part,
    RenderedMessage,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)
from promptctl.core.json_data import Json, dump_json
from promptctl.core.media_type import data_of_url, shown_type, type_of_ending
from promptctl.core.nearest import did_you_mean
from promptctl.core.prompt import (
    Fallback,
    MediaTemplate,
    Message,
    PartTemplate,
    Prompt,
    TextTemplate,
    ToolCallTemplate,
)
from promptctl.core.schema import value_problems
from promptctl.core.schema_words import SchemaProblem
from promptctl.core.templates import Place, Template, TemplateFailed, cached_template
from promptctl.core.value_words import about
from promptctl.errors import UsageProblem, VariablesRefused

NAMED_BY_ITSELF = frozenset({"local", "echo"})
"""Providers that answer without being told a model."""

_SAME_PARAMETER = {
    "max_tokens": "max_completion_tokens",
    "max_completion_tokens": "max_tokens",
}


def check_variables(prompt: Prompt, given: Mapping[str, Json]) -> dict[str, Json]:
    """The values that a rendering uses: the given ones, and defaults for the rest.

    Raises VariablesRefused with every problem: missing, unknown, not by its schema.
    """
    problems = [
        f"{ascii(name)[:40]} is no name of a variable: names are text"
        for name in given
        if not isinstance(name, str)
    ]
    values: dict[str, Json] = {}
    for name in given:
        if isinstance(name, str) and name not in prompt.variables:
            near = did_you_mean(name, prompt.variables)
            problems.append(f"unknown variable `{name}`" + (f" ({near})" if near else ""))
    required = [name for name, variable in prompt.variables.items() if variable.required]
    missing = [f"`{name}`" for name in required if name not in given]
    if missing:
        problems.append(f"missing variable{'s' * (len(missing) > 1)} {', '.join(missing)}")
    for name, variable in prompt.variables.items():
        if name not in given and variable.required:
            continue
        values[name] = given[name] if name in given else variable.schema["default"]
        problems += _value_problems(name, variable.schema, values[name])
    if problems:
        raise VariablesRefused(prompt.name, problems, _usage(prompt))
    return values


def _value_problems(name: str, schema: Mapping[str, Json], value: Json) -> list[str]:
    try:
        dump_json(value).encode()
    except (TypeError, ValueError, RecursionError):
        return [f"variable `{name}` is not plain JSON data"]
    return [_worded(name, problem) for problem in value_problems(schema, value)]


def _worded(name: str, problem: SchemaProblem) -> str:
    steps = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in problem.path)
    hint = f" ({problem.hint})" if problem.hint else ""
    message = problem.message.removeprefix("the file: ")  # a value by itself is no file
    return f"{about(f'variable `{name}{steps}`', message)}{hint}"


def _usage(prompt: Prompt) -> str:
    if not prompt.variables:
        return "this prompt takes no variables"
    names = (f"{name}" if v.required else f"[{name}]" for name, v in prompt.variables.items())
    return f"it takes {', '.join(names)}"


def render_messages(prompt: Prompt, values: Mapping[str, Json]) -> tuple[RenderedMessage, ...]:
    """The messages for values that `check_variables` has passed. Raises TemplateFailed."""
    partials = _Partials(prompt)
    return tuple(_render_message(prompt, message, values, partials) for message in prompt.messages)


class _Partials(dict[str, Template]):
    """The included texts of a prompt, each parsed when a template first asks for it."""

    def __init__(self, prompt: Prompt) -> None:
        super().__init__()
        self.prompt = prompt

    def __missing__(self, file: str) -> Template:
        text = text_of_file(self.prompt.files[file])
        self[file] = cached_template(text, self.prompt.template_format)
        return self[file]


def _render_message(
    prompt: Prompt, message: Message, values: Mapping[str, Json], partials: Mapping[str, Template]
) -> RenderedMessage:
    content = (_render_part(prompt, part, values, partials) for part in message.content)
    return RenderedMessage(message.role, tuple(content))


def _render_part(
    prompt: Prompt, part: PartTemplate, values: Mapping[str, Json], partials: Mapping[str, Template]
) -> Part:
    if isinstance(part, TextTemplate):
        return TextPart(_render_text(prompt, part, values, partials))
    if isinstance(part, MediaTemplate):
        return _media(prompt, part)
    if isinstance(part, ToolCallTemplate):
        return ToolCallPart(part.id, part.name, part.arguments)
    return ToolResultPart(part.id, part.result)


def _render_text(
    prompt: Prompt, part: TextTemplate, values: Mapping[str, Json], partials: Mapping[str, Template]
) -> str:
    template = cached_template(part.text, prompt.template_format)
    try:
        return template.render(values, partials)
    except TemplateFailed as error:
        file = error.file or part.file
        message = f"{_where(prompt, part, file, error.place)}: {error.message}"
        raise TemplateFailed(message, error.place, error.hint, file=file, path=part.path) from None


def _where(prompt: Prompt, part: TextTemplate, file: str | None, place: Place | None) -> str:
    """The line and column of a failing template in its file, where the prompt knows its own text."""
    origin = prompt.origin
    if origin is None:
        shown = file or ".".join(str(step) for step in part.path)
        return f"{prompt.name}: {shown}" + (f":{place.line}:{place.column}" if place else "")
    line, column = place or (1, 1)
    document = parse_document(origin.content, origin.path).document
    if file is None and document is not None:
        return str(document.text_location(part.path, line, column))
    return str(Location(f"{origin.folder}/{file}" if file else origin.path, line, column))


def _media(prompt: Prompt, part: MediaTemplate) -> ImagePart | FilePart:
    url, data, media_type = part.url, None, part.media_type
    if part.file is not None:
        data = prompt.files[part.file]
        # What the bytes show is what a provider sees; an ending is only a name.
        media_type = media_type or shown_type(data) or type_of_ending(part.file)
    elif url is not None and (held := data_of_url(url)) is not None:
        url, data, media_type = None, held[1], media_type or held[0]
    if part.kind == "image":
        return ImagePart(url, data, media_type, part.detail)
    name = part.name
    if name is None and part.file is not None:
        name = part.file.rpartition("/")[2]
    return FilePart(url, data, media_type, name)


def build_invocation(
    prompt: Prompt,
    values: Mapping[str, Json],
    *,
    provider: str | None = None,
    model: str | None = None,
    parameters: Mapping[str, Json] | None = None,
    stream: bool = True,
    with_fallbacks: bool = True,
) -> Invocation:
    """The invocation for values that `check_variables` has passed, with the overrides applied.

    Who names a provider or a model wants that one to answer: then there are no fallbacks.

    Raises TemplateFailed, and UsageProblem if nobody names a model that the provider needs.
    """
    chosen = provider or prompt.provider
    invocation = Invocation(
        prompt=prompt.name,
        provider=chosen,
        model=model or _own_model(prompt, chosen),
        messages=render_messages(prompt, values),
        parameters=merge_parameters(prompt.parameters, parameters or {}),
        tools=prompt.tools,
        tool_choice=prompt.tool_choice,
        parallel_tool_calls=prompt.parallel_tool_calls,
        response_format=prompt.response_format,
        stream=stream,
        api=_api(prompt, chosen),
    )
    if not with_fallbacks or provider is not None or model is not None:
        return invocation
    fallbacks = (_fallback(prompt, f, invocation, parameters or {}) for f in prompt.fallbacks)
    return replace(invocation, fallbacks=tuple(fallbacks))


def _fallback(
    prompt: Prompt, fallback: Fallback, invocation: Invocation, overrides: Mapping[str, Json]
) -> Invocation:
    same = fallback.provider == prompt.provider
    own = fallback.parameters
    if own is None:
        own = parameters_elsewhere(prompt.parameters, same_provider=same)
    return replace(
        invocation,
        provider=fallback.provider,
        model=fallback.model or fallback.provider,
        parameters=merge_parameters(own, parameters_elsewhere(overrides, same_provider=same)),
        api=_api(prompt, fallback.provider),
    )


def parameters_elsewhere(given: Mapping[str, Json], *, same_provider: bool) -> Mapping[str, Json]:
    """The parameters as a fallback takes them over: `extra` is one provider's own."""
    return given if same_provider else {k: v for k, v in given.items() if k != "extra"}


def _api(prompt: Prompt, provider: str) -> Api:
    """The prompt's own choice, unless another provider is asked and has only one interface."""
    return "chat" if provider != prompt.provider and has_one_interface(provider) else prompt.api


def _own_model(prompt: Prompt, provider: str) -> str:
    if prompt.model and (provider == prompt.provider or provider not in NAMED_BY_ITSELF):
        return prompt.model
    if provider in NAMED_BY_ITSELF:
        return provider
    hint = "add `model:` to the prompt, or give --model"
    raise UsageProblem(f"{prompt.name} names no model, and {provider} needs one", hint)


def merge_parameters(own: Mapping[str, Json], overrides: Mapping[str, Json]) -> dict[str, Json]:
    """The prompt's parameters with overrides: null takes one away, `extra` is merged key by key."""
    merged = dict(own)
    for key, value in overrides.items():
        before = merged.get(key)
        if key == "extra" and isinstance(before, Mapping) and isinstance(value, Mapping):
            value = merge_parameters(before, value)
        merged.pop(key, None)
        merged.pop(_SAME_PARAMETER.get(key, ""), None)
        if value is not None:
            merged[key] = value
    return merged
