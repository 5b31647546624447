"""Values to messages, messages to an invocation."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from promptctl.core.invocation import (
    FilePart,
    ImagePart,
    RenderedMessage,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)
from promptctl.core.json_data import Json
from promptctl.core.prompt import Prompt, parse_prompt
from promptctl.core.render import (
    build_invocation,
    check_variables,
    merge_parameters,
    render_messages,
)
from promptctl.core.templates import Place, TemplateFailed
from promptctl.errors import FileMissing, UsageProblem, VariablesRefused


def prompt_of(data: Mapping[str, Json], files: Mapping[str, bytes] | None = None) -> Prompt:
    def read(path: str) -> bytes:
        if path not in (files or {}):
            raise FileMissing(path)
        return (files or {})[path]

    return parse_prompt("greeting", {"provider": "openai", "model": "m", **data}, read)


VARIABLES: dict[str, Json] = {
    "name": {"type": "string"},
    "tone": {"type": "string", "enum": ["friendly", "formal"], "default": "friendly"},
    "count": {"type": "integer", "minimum": 1, "default": 1},
    "tags": {"type": "array", "items": {"type": "string"}, "default": []},
}
GREETING = prompt_of({"variables": VARIABLES, "template": "{{ name }} {{ tone }}"})


def test_defaults_fill_what_is_not_given() -> None:
    assert check_variables(GREETING, {"name": "Ada"}) == {
        "name": "Ada",
        "tone": "friendly",
        "count": 1,
        "tags": [],
    }


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, ["missing variable `name`"]),
        ({"tone": "formal"}, ["missing variable `name`"]),
        ({"name": "a", "tonne": 1}, ["unknown variable `tonne`", "did you mean `tone`"]),
        ({"name": 1}, ["`name`", "string"]),
        ({"name": None}, ["`name`", "string"]),
        ({"name": "a", "tone": "rude"}, ["`tone`", "friendly"]),
        ({"name": "a", "count": 0}, ["`count`"]),
        ({"name": "a", "count": True}, ["`count`", "whole number"]),
        ({"name": "a", "tags": ["a", 1]}, ["`tags[1]`"]),
        ({"name": "\ud800"}, ["`name`", "plain JSON data"]),
        ({"name": "a", "tags": [float("inf")]}, ["`tags`", "plain JSON data"]),
        ({"nam": 1, "tone": 2, "count": "x"}, ["`nam`", "`name`", "`tone`", "`count`"]),
    ],
)
def test_one_error_names_every_problem(given: dict[str, Json], words: list[str]) -> None:
    with pytest.raises(VariablesRefused) as refused:
        check_variables(GREETING, given)
    assert refused.value.exit_code == 2
    for word in words:
        assert word in refused.value.message


def test_no_more_problems_than_there_are() -> None:
    with pytest.raises(VariablesRefused) as refused:
        check_variables(GREETING, {"name": 1, "tone": "formal", "extra": 2})
    assert len(refused.value.problems) == 2


def test_messages_with_all_kinds_of_parts() -> None:
    prompt = prompt_of(
        {
            "messages": [
                {"role": "system", "file": "_p/tone.md"},
                {
                    "role": "user",
                    "content": [
                        {"type": "text", "text": "Hi {{ name }}"},
                        {"type": "image", "path": "a.PNG", "detail": "low"},
                        {"type": "image", "url": "https://example.org/{{ name }}"},
                        {"type": "file", "path": "docs/b.pdf"},
                        {"type": "tool_call", "id": "1", "name": "f", "arguments": "{}"},
                        {"type": "tool_result", "id": "1", "result": {"a": "{{ name }}"}},
                    ],
                },
            ]
        },
        {"_p/tone.md": b"Be {% include '_p/x.md' %}", "_p/x.md": b"{{ tone }}", "a.PNG": b"p",
         "docs/b.pdf": b"b"},
    )  # fmt: skip
    system, user = render_messages(prompt, {"name": "{{ tone }}", "tone": "kind"})
    assert system == RenderedMessage("system", (TextPart("Be kind"),))
    assert user.content == (
        TextPart("Hi {{ tone }}"),
        ImagePart(data=b"p", media_type="image/png", detail="low"),
        ImagePart(url="https://example.org/{{ name }}"),
        FilePart(data=b"b", media_type="application/pdf", name="b.pdf"),
        ToolCallPart("1", "f", "{}"),
        ToolResultPart("1", {"a": "{{ name }}"}),
    )


def test_mustache_partials_reach_their_values() -> None:
    prompt = prompt_of(
        {"template_format": "mustache", "template": "{{#l}}{{> p.md}}{{/l}}"},
        {"p.md": b"{{n}}{{o}};"},
    )
    (message,) = render_messages(prompt, {"l": [{"n": 1}, {"n": 2}], "o": "x"})
    assert message.text == "1x;2x;"


@pytest.mark.parametrize(
    ("data", "message", "file"),
    [
        ({"template": "a\n{{ o.x }}"}, "greeting: template:2:5: the object has no `x`", None),
        (
            {"messages": [{"role": "user", "content": "{% include 'p.md' %}"}]},
            "greeting: p.md:2:4: the object has no `y`",
            "p.md",
        ),
        (
            {"messages": [{"role": "user", "file": "p.md"}]},
            "greeting: p.md:2:4: the object has no `y`",
            "p.md",
        ),
    ],
)
def test_a_failing_template_names_prompt_and_place(
    data: dict[str, Json], message: str, file: str | None
) -> None:
    prompt = prompt_of(data, {"p.md": b"\n{{o.y}}"})
    with pytest.raises(TemplateFailed) as failed:
        render_messages(prompt, {"o": {}})
    assert (failed.value.message, failed.value.file) == (message, file)
    assert isinstance(failed.value.place, Place)
    assert failed.value.path is not None


def test_an_invocation_carries_the_prompt_with_its_overrides() -> None:
    prompt = prompt_of(
        {
            "template": "Hi",
            "parameters": {"temperature": 1, "max_tokens": 5, "extra": {"a": 1, "b": 2}},
            "tools": [{"type": "function", "function": {"name": "f"}}],
            "tool_choice": "auto",
            "response_format": {"type": "json_object"},
        }
    )
    overrides: dict[str, Json] = {
        "temperature": None,
        "max_completion_tokens": 9,
        "extra": {"b": 3},
    }
    invocation = build_invocation(prompt, {}, parameters=overrides, stream=False)
    assert invocation.parameters == {"max_completion_tokens": 9, "extra": {"a": 1, "b": 3}}
    assert (invocation.prompt, invocation.provider, invocation.model) == ("greeting", "openai", "m")
    assert (invocation.tools, invocation.tool_choice) == (prompt.tools, "auto")
    assert (invocation.response_format, invocation.stream) == ({"type": "json_object"}, False)
    assert [message.text for message in invocation.messages] == ["Hi"]


def test_overrides_leave_the_prompt_as_it_is() -> None:
    own: dict[str, Json] = {"extra": {"a": 1}}
    merge_parameters(own, {"extra": {"a": None}, "seed": 1})
    assert own == {"extra": {"a": 1}}


@pytest.mark.parametrize(
    ("own", "provider", "model", "expected"),
    [
        ({"provider": "openai", "model": "m"}, None, None, ("openai", "m")),
        ({"provider": "openai", "model": "m"}, None, "n", ("openai", "n")),
        ({"provider": "openai", "model": "m"}, "ollama", "n", ("ollama", "n")),
        ({"provider": "openai", "model": "m"}, "proxy", None, ("proxy", "m")),
        ({"provider": "openai", "model": "m"}, "local", None, ("local", "local")),
        ({"provider": "echo", "model": None}, None, None, ("echo", "echo")),
        ({"provider": "local", "model": "tiny"}, None, None, ("local", "tiny")),
    ],
)
def test_which_provider_and_model_are_asked(
    own: dict[str, Json], provider: str | None, model: str | None, expected: tuple[str, str]
) -> None:
    invocation = build_invocation(
        prompt_of({"template": "x", **own}), {}, provider=provider, model=model
    )
    assert (invocation.provider, invocation.model) == expected


def test_a_provider_that_needs_a_model_says_so() -> None:
    with pytest.raises(UsageProblem, match="names no model, and openai needs one"):
        build_invocation(prompt_of({"template": "x", "model": None}), {})


def test_missing_variables_are_named_in_one_phrase() -> None:
    names = ("title", "author", "year")
    prompt = prompt_of({"variables": {name: {"type": "string"} for name in names}, "template": ""})
    with pytest.raises(VariablesRefused) as refused:
        check_variables(prompt, {})
    assert refused.value.problems == ("missing variables `title`, `author`, `year`",)


@pytest.mark.parametrize(
    ("provider", "api"),
    [(None, "responses"), ("azure_openai", "responses"), ("mine", "responses"), ("groq", "chat")],
)
def test_the_interface_is_the_prompts_where_the_provider_has_it(
    provider: str | None, api: str
) -> None:
    prompt = prompt_of({"template": "Hi", "api": "responses"})
    assert build_invocation(prompt, {}, provider=provider, model="m").api == api
