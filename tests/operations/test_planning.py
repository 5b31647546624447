"""What a user typed to an invocation: where a template that fails says it stands."""

from __future__ import annotations

from pathlib import Path

import pytest

from promptctl.core.templates import TemplateFailed
from promptctl.operations.planning import plan_run
from promptctl.operations.run import RunOptions
from promptctl.operations.variables import VariableSources

PROMPT = """\
provider: echo
variables:
  user: {type: object}
messages:
  - role: user
    content: |
      Dear customer,
      {CONTENT}
"""


@pytest.mark.parametrize(
    ("content", "where"),
    [
        ("{{ user.name ~ '!' }}", "prompts/hi.yaml:8:10: the object has no `name`"),
        ("{% include '_p/a.md' %}", "prompts/_p/a.md:2:9: the object has no `nope`"),
    ],
)
def test_a_failing_template_names_file_line_and_column(
    tmp_path: Path, content: str, where: str
) -> None:
    (tmp_path / "promptctl.yaml").write_text("version: 1\n")
    partials = tmp_path / "prompts" / "_p"
    partials.mkdir(parents=True)
    (partials / "a.md").write_text("One.\n {{ user.nope }}\n")
    (tmp_path / "prompts" / "hi.yaml").write_text(PROMPT.replace("{CONTENT}", content))
    with pytest.raises(TemplateFailed) as failed:
        plan_run(
            "hi",
            VariableSources(assignments=("user={}",)),
            RunOptions(),
            directory=tmp_path,
            environ={},
            read_stdin=lambda _: b"",
        )
    assert failed.value.message == where
