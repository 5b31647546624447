"""What findings say: the cause in a sentence that is true, at its place, and a hint that helps."""

from __future__ import annotations

import pytest

from promptctl.core.checks import check_source
from promptctl.core.finding import Finding
from promptctl.errors import FileMissing
from promptctl.repo.schemas import read_schema_text

SCHEMA = read_schema_text("prompt")
HEAD = "provider: openai\nmodel: gpt-4o-mini\n"
HELLO = HEAD + "template: Hello\n"


def check(text: str) -> list[Finding]:
    def read(path: str) -> bytes:
        raise FileMissing(path)

    return check_source(text.encode(), "prompts/a.yaml", read, SCHEMA, folder="prompts")


def told(text: str) -> tuple[str, str, str | None]:
    """The place, the message and the hint of the only finding."""
    (finding,) = check(text)
    place = f"{finding.location.line}:{finding.location.column}"
    return place, finding.message, finding.hint


@pytest.mark.parametrize(
    "name", ["azure_openai", "google", "deepseek", "xai", "aws", "mistral", "groq"]
)
def test_a_provider_of_the_world_is_no_misspelling(name: str) -> None:
    assert told(f"provider: {name}\nmodel: m\ntemplate: Hello\n") == (
        "1:11",
        f"promptctl cannot call `{name}` itself",
        "name an endpoint of that name in your configuration",
    )


def test_a_misspelt_provider_is_told_apart() -> None:
    assert told("provider: opnai\nmodel: m\ntemplate: Hello\n") == (
        "1:11",
        "promptctl has no provider `opnai` built in",
        "did you mean `openai`?",
    )
