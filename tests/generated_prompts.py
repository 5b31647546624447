"""Prompt files by the thousand, each different, for measuring.

The mix is a guess at a repository of working prompts: 2.4 KB each, all with examples, a third with an
include, a quarter with a response schema, a fifth with a tool, and a quarter with a loop, which costs
the most by far: only such a template is parsed by Jinja itself.
"""

from __future__ import annotations

import random
from pathlib import Path

_WORDS = [
    *("customer", "order", "refund", "invoice", "friendly", "concise", "answer", "question"),
    *("policy", "delivery", "account", "please", "never", "always", "summarise", "translate"),
    *("explain", "list", "detail", "tone", "language", "product", "support", "agent", "context"),
    *("document", "section", "number", "date", "price", "quality", "review", "check", "because"),
]
_TONES = ("friendly", "formal", "brief", "warm")
_PARTIAL = "Answer in plain language. Never invent an order number.\nSay so when you do not know.\n"


def write_prompts(folder: Path, count: int) -> None:
    """Write that many valid prompts below `folder/prompts`, with the texts that they include.

    About 2.4 KB each; every call with the same count writes the same bytes.
    """
    prompts = folder / "prompts"
    partials = prompts / "_partials"
    partials.mkdir(parents=True, exist_ok=True)
    for number in range(10):
        (partials / f"tone-{number}.md").write_text(_PARTIAL + _sentence(random.Random(number)))
    (folder / "promptctl.yaml").write_text("version: 1\n")
    for number in range(count):
        path = prompts / f"team-{number % 20:02}" / f"prompt-{number:05}.yaml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(prompt_text(number), encoding="utf-8")


def prompt_text(number: int) -> str:
    """The text of prompt file number N."""
    chance = random.Random(number)
    parts = [_head(number, chance), _variables(chance), _messages(number, chance)]
    if number % 5 == 0:
        parts.append(_TOOLS)
    if number % 4 == 0:
        parts.append(_RESPONSE_FORMAT)
    parts.append(_tail(number, chance))
    return "".join(parts)


def _sentence(chance: random.Random, words: int = 14) -> str:
    chosen = " ".join(chance.choice(_WORDS) for _ in range(words))
    return f"{chosen.capitalize()}.\n"


def _paragraph(chance: random.Random, sentences: int, indent: str) -> str:
    return "".join(indent + _sentence(chance) for _ in range(sentences))


def _head(number: int, chance: random.Random) -> str:
    return (
        f"# Prompt {number} of the generated repository\n"
        f"description: {_sentence(chance)}"
        "provider: openai\n"
        f"model: gpt-4o{chance.choice(('', '-mini'))}\n"
        "parameters:\n"
        f"  temperature: {chance.randrange(10) / 10}\n"
        f"  max_tokens: {chance.randrange(100, 900)}\n"
        f"  stop: ['END', \"###\"]\n"
        "template_format: jinja2\n"
    )


def _variables(chance: random.Random) -> str:
    return (
        "variables:\n"
        "  name: {type: string, description: Who to answer, maxLength: 200}\n"
        f"  tone: {{type: string, enum: [{', '.join(_TONES)}], default: {chance.choice(_TONES)}}}\n"
        "  question:\n"
        "    type: string\n"
        f"    description: {_sentence(chance)}"
        "  items:\n"
        "    type: array\n"
        "    items: {type: string}\n"
        "    default: []\n"
    )


def _messages(number: int, chance: random.Random) -> str:
    include = (
        f"      {{% include '_partials/tone-{number % 10}.md' %}}\n" if number % 3 == 0 else ""
    )
    return (
        "messages:\n"
        "  - role: system\n"
        "    content: |\n"
        f"{_paragraph(chance, 7, '      ')}"
        f"{include}"
        "      Speak in a {{ tone }} tone — même en français.\n"
        "  - role: user\n"
        "    content: |\n"
        "      {{ name }} asks: {{ question }}\n"
        f"{_LOOP if number % 4 == 1 else _PLAIN}"
        f"{_paragraph(chance, 4, '      ')}"
    )


_LOOP = "      {% for item in items %}- {{ item }}\n      {% endfor %}\n"
_PLAIN = "      About: {{ items }}\n"

_TOOLS = """\
tools:
  - type: function
    function:
      name: find_order
      description: Look up one order.
      parameters:
        type: object
        properties:
          order: {type: string, pattern: "^[0-9]{6}$"}
          detailed: {type: boolean}
        required: [order]
        additionalProperties: false
"""

_RESPONSE_FORMAT = """\
response_format:
  type: json_schema
  json_schema:
    name: answer
    schema:
      type: object
      properties:
        text: {type: string}
        confidence: {type: number, minimum: 0, maximum: 1}
      required: [text, confidence]
      additionalProperties: false
"""


def _tail(number: int, chance: random.Random) -> str:
    return (
        "examples:\n"
        "  - name: first\n"
        f'    variables: {{name: Ada, question: "{_sentence(chance, 8).strip()}", tone: formal}}\n'
        "  - name: second\n"
        "    variables:\n"
        "      name: Grace\n"
        f"      question: {_sentence(chance, 8)}"
        "      items: [one, two]\n"
        f"metadata: {{owner: team-{number % 20:02}, tags: [generated, n{number}]}}\n"
    )
