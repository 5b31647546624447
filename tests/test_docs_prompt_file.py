"""The page about prompt files says all that the schema says."""

import json

from promptctl.core.catalog import PARAMETERS
from promptctl.repo.schemas import read_schema_text
from tests.docs_prompt_file import prompt_file_markdown, prompt_file_page

SCHEMA = json.loads(read_schema_text("prompt"))


def test_every_key_has_its_row_with_its_meaning() -> None:
    page = prompt_file_page()
    for name, member in SCHEMA["properties"].items():
        described = SCHEMA["$defs"][name] if "$ref" in member else member
        assert any(
            line.startswith(f"| `{name}` |") and described["description"] in line
            for line in page.splitlines()
        ), name
    for name in (*PARAMETERS, "budget_tokens", "tool_call", "media_type", "json_schema", "file"):
        assert f"`{name}`" in page


def test_a_new_key_appears_in_the_page() -> None:
    later = {"description": "A pipe | in a table.", "type": "integer", "minimum": 3, "default": 4}
    schema = {**SCHEMA, "properties": {**SCHEMA["properties"], "later": later}}
    row = "| `later` | integer, at least 3 | A pipe \\| in a table. Default: `4`. |"
    assert row in prompt_file_markdown(schema).splitlines()
