"""Ways to damage a prompt file: its bytes, its structure, its templates. All from one seeded source."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any

import yaml

_BYTES = (
    *(b"\x00", b"\xff", b"\xef\xbb\xbf", b"\r", b"\r\n", b"\n", b"\t", b"\x1b[2J", b"\xc2\x85"),
    *(b"\xed\xa0\x80", b"\xe2\x80\xa8", b"\xf0\x9f\x98\x80", b"&a ", b"*a ", b"<<: ", b"!!binary "),
    *(b"? ", b"- ", b": ", b"{", b"}", b"[", b"]", b"'", b'"', b"|", b">", b"%", b"@", b"`", b"#"),
    *(b"---\n", b"...\n", b"{{", b"}}", b"\\", b"\\ud800", b"9" * 400, b".nan", b"~", b" " * 60),
)
_FRAGMENTS = (
    *("{{ x }}", "{{ x", "}}", "{%", "%}", "{% if x %}", "{% endif %}", "{% else %}", "{# c #}"),
    *("{% for a in x %}", "{% endfor %}", "{% set a = x %}", "{% raw %}", "{% endraw %}"),
    *(
        "{% include 'a.md' %}",
        "{% include x %}",
        "{% block b %}",
        "{{ x|join(',') }}",
        "{{ x ~ x }}",
    ),
    *("{{ x ** 99 }}", "{{ x.a['b'][0] }}", "{{ loop.index }}", "{{ x if x else 1 }}", "{{ {} }}"),
    *(
        "{{#x}}",
        "{{/x}}",
        "{{^x}}",
        "{{{x}}}",
        "{{&x}}",
        "{{> a.md}}",
        "{{=<% %>=}}",
        "{{!c}}",
        "{{.}}",
    ),
    *(
        "{x}",
        "{x!r}",
        "{x:>9}",
        "{x.a}",
        "{0}",
        "{}",
        "{{",
        "\u202e",
        "\x1b",
        "\U0001f600",
        "\u2028",
    ),
    *("{{ x|" + "upper|" * 50 + "lower }}", "((((", "{{ 'a' * 9999999 }}", "{{ [1] * 9999 }}"),
    *("{{ 1 // 0 }}", "{{ 1e400 }}", "{{ x(1) }}", "{{ x is defined }}", "{{ not x }}", "{{ -x }}"),
)
_VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1.5, 10**30, "", "x", [], {}, [None], {"a": None}, [[[]]]),
    *("jinja2", "mustache", "f-string", "none", "openai", "anthropic", "local", "echo", "ollama"),
    *({"$ref": "#"}, {"type": "object"}, {"type": "strin"}, {"pattern": "(a+)+$"}, {"enum": []}),
    *({"anyOf": [{"$ref": "#"}, {"items": {"$ref": "#"}}]}, {"type": ["string", "null"]}, "../x"),
    *(
        [{"role": "user", "content": "Hi {{ x }}"}],
        [{"role": "user", "content": [{"type": "text"}]}],
    ),
    *({"type": "function", "function": {"name": "f"}}, {"type": "json_object"}, "_partials/a.md"),
)
_KEYS = (
    *("provider", "model", "parameters", "template_format", "variables", "messages", "template"),
    *("examples", "tools", "tool_choice", "response_format", "metadata", "role", "content", "type"),
    *(
        "text",
        "file",
        "path",
        "url",
        "name",
        "function",
        "json_schema",
        "schema",
        "default",
        "extra",
    ),
)

Mutation = Callable[[random.Random, bytes, Sequence[bytes]], bytes]


def mutate(chance: random.Random, seeds: Sequence[bytes]) -> bytes:
    """One of the seeds, damaged one to four times; now and then only a template, made of scraps."""
    if chance.random() < 0.3:
        return _fresh(chance)
    content = chance.choice(seeds)
    for _ in range(chance.choice((1, 1, 2, 3, 4))):
        content = chance.choice(_MUTATIONS)(chance, content, seeds)
    return content[:200_000]


def _fresh(chance: random.Random) -> bytes:
    """A prompt whose template is a few scraps in a row: many of them can be rendered."""
    scraps = [
        chance.choice((*_FRAGMENTS, "word ", "\n", "- ")) for _ in range(chance.randrange(1, 7))
    ]
    data = {
        "provider": chance.choice(("openai", "anthropic", "echo")),
        "model": "m",
        "template_format": chance.choice(("jinja2", "jinja2", "mustache", "f-string", "none")),
        "template": "".join(scraps) + "{{ x }}{x}",
        "variables": {"x": chance.choice(({}, {"type": "array"}, {"type": "object"}))},
    }
    text: str = yaml.dump(data, allow_unicode=True, sort_keys=False)
    return text.encode("utf-8", "replace")


def _span(chance: random.Random, content: bytes) -> tuple[int, int]:
    start = chance.randrange(len(content) + 1)
    return start, min(len(content), start + chance.choice((1, 2, 8, 40, 200)))


def _insert(chance: random.Random, content: bytes, seeds: Sequence[bytes]) -> bytes:
    at, _ = _span(chance, content)
    return content[:at] + chance.choice(_BYTES) * chance.choice((1, 1, 1, 3, 200)) + content[at:]


def _remove(chance: random.Random, content: bytes, seeds: Sequence[bytes]) -> bytes:
    start, end = _span(chance, content)
    return content[:start] + content[end:]


def _repeat(chance: random.Random, content: bytes, seeds: Sequence[bytes]) -> bytes:
    start, end = _span(chance, content)
    return content[:end] + content[start:end] * chance.choice((1, 2, 30)) + content[end:]


def _flip(chance: random.Random, content: bytes, seeds: Sequence[bytes]) -> bytes:
    at = chance.randrange(len(content) + 1)
    return content[:at] + bytes([chance.randrange(256)]) + content[at + 1 :]


def _splice(chance: random.Random, content: bytes, seeds: Sequence[bytes]) -> bytes:
    start, _ = _span(chance, content)
    other = chance.choice(seeds)
    first, _ = _span(chance, other)
    return content[:start] + other[first:]


def _template(chance: random.Random, content: bytes, seeds: Sequence[bytes]) -> bytes:
    fragments = "".join(chance.choice(_FRAGMENTS) for _ in range(chance.choice((1, 2, 5))))
    marks = [at for at in range(len(content)) if content.startswith(b"{", at)]
    at = chance.choice(marks) if marks and chance.random() < 0.7 else _span(chance, content)[0]
    return content[:at] + fragments.encode() + content[at:]


def _structure(chance: random.Random, content: bytes, seeds: Sequence[bytes]) -> bytes:
    try:
        data = yaml.load(content[:20_000], yaml.CSafeLoader)
        text: str = yaml.dump(_changed(chance, data, 6), allow_unicode=True, sort_keys=False)
        return text.encode("utf-8", "replace")
    except (yaml.YAMLError, ValueError, TypeError, AttributeError, RecursionError):
        return _insert(chance, content, seeds)


def _changed(chance: random.Random, data: Any, depth: int) -> Any:
    """The data with one place in it changed."""
    if depth == 0 or not data or chance.random() < 0.2:
        return chance.choice((*_VALUES, *_FRAGMENTS[:20]))
    if isinstance(data, dict):
        copy = dict(data)
        key = chance.choice(list(copy))
        what = chance.random()
        if what < 0.15:
            del copy[key]
        elif what < 0.35:
            copy[chance.choice(_KEYS)] = chance.choice(_VALUES)
        else:
            copy[key] = _changed(chance, copy[key], depth - 1)
        return copy
    if isinstance(data, list):
        items = list(data)
        at = chance.randrange(len(items))
        items[at] = _changed(chance, items[at], depth - 1)
        return items * chance.choice((1, 1, 1, 2))
    return chance.choice(_VALUES)


_MUTATIONS: tuple[Mutation, ...] = (
    *(_insert, _remove, _repeat, _flip, _splice),
    *(_template, _template, _template, _structure, _structure, _structure),
)
