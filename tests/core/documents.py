"""Documents that the tests of core.document share, and ways to look at them."""

from promptctl.core.document import Document, parse_document
from promptctl.core.json_data import Json
from promptctl.core.prompt import Path

PLACES = """\
description: Grüße 😀
messages:
  - role: user
    content: |
      one
        two {{ x }}

  - {role: "a b", file: x.md}
empty:
metadata: {tags: ['it''s', plain text]}
"""

TEXTS = """\
literal: |
  one
    two {{ x }}

  three
stripped: |-

  first {{ x }}
indented: |2
    two more {{ x }}
folded: >
  fo
  ba {{ x }}
plain: some {{ x }}
plain_long: some
  more

  and {{ x }}
single: 'it''s {{ x }}'
double: "\\u00e9\\n\\"q\\" {{ x }}"
double_long: "some \\
  more
  and {{ x }}"
"""

IGNORED = """\
# promptctl: ignore[head]
a: 1 # promptctl: ignore[one, two]
b: "# promptctl: ignore[no]"
c: | # promptctl: ignore[block]
  text # promptctl: ignore[no]
  # promptctl: ignore[no]

  more
# promptctl: ignore[above]

# another comment
d:
  - x#promptctl: ignore[no]
  - plain
    text #promptctl:ignore[tight]
"""


def document(text: str) -> Document:
    parsed = parse_document(text.encode(), "p.yaml")
    assert parsed.findings == []
    assert parsed.document is not None
    return parsed.document


def between(text: str, line: int, column: int, end_line: int, end_column: int) -> str:
    """The text of a span, counted independently of the code under test."""
    lines = text.splitlines(keepends=True)
    start = sum(map(len, lines[: line - 1])) + column - 1
    end = sum(map(len, lines[: end_line - 1])) + end_column - 1
    return text[start:end]


def paths(data: Json, here: Path = ()) -> list[Path]:
    found = [here]
    if isinstance(data, dict):
        for key, value in data.items():
            found += paths(value, (*here, key))
    elif isinstance(data, list):
        for number, value in enumerate(data):
            found += paths(value, (*here, number))
    return found
