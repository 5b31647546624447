"""What is to be said about one rule: why it is there, and what is wrong and right by it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from promptctl.core.change import ChangeRule, Effect
from promptctl.core.rules import Rule

EXAMPLE_PATH = "prompts/example.yaml"
_FENCE = re.compile(r"```(\w+) ?(\S*)\n(.*?)```", re.DOTALL)


@dataclass(frozen=True, slots=True)
class ExampleFile:
    """A file that shows what a rule says; without a path it is a sketch, and no file."""

    path: str | None
    text: str


@dataclass(frozen=True, slots=True)
class RulePage:
    """The page of a rule that looks at prompts."""

    why: str
    """Paragraphs, a blank line between two."""
    wrong: tuple[ExampleFile, ...]
    right: tuple[ExampleFile, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """All about one rule: of `validate`, with its page, or of the comparison of two prompts."""

    rule: Rule | ChangeRule
    page: RulePage | None = None
    facts_date: str | None = None
    """The day of the facts about models that it uses, if it does."""


EFFECTS = {
    Effect.BREAKING: "Callers must change before they can use the new version, or read its answers.",
    Effect.BEHAVIOUR: "Callers need not change, but the model sees something else.",
    Effect.COMPATIBLE: "What callers do today goes on working.",
    Effect.COSMETIC: "Only people see it: neither callers nor the model notice.",
}
"""What each effect of a change means for those who use the prompt."""


def parse_page(text: str) -> RulePage:
    """The page in a Markdown text: paragraphs, then the files under `## Wrong` and `## Right`."""
    why, _, rest = text.partition("\n## Wrong\n")
    wrong, _, right = rest.partition("\n## Right\n")
    return RulePage(why.strip(), tuple(_files(wrong)), tuple(_files(right)))


def _files(text: str) -> Iterator[ExampleFile]:
    for kind, path, content in _FENCE.findall(text):
        default = EXAMPLE_PATH if kind == "yaml" else None
        yield ExampleFile(path or default, content)
