"""core.rendered_diff: what two states of a prompt send for the same values."""

from __future__ import annotations

from collections.abc import Mapping

from promptctl.core.document import parse_document
from promptctl.core.prompt import Prompt, parse_prompt
from promptctl.core.rendered_diff import MAX_EXAMPLES, compare_rendered, example_inputs
from promptctl.errors import FileMissing

GREETING = """\
provider: echo
variables:
  name: {type: string}
  tone: {type: string, default: friendly}
messages:
  - {role: system, content: Be brief.}
  - {role: user, content: "Greet {{ name }} in a {{ tone }} tone."}
examples:
  - {name: ada, variables: {name: Ada}}
  - {name: formal, variables: {name: Bob, tone: formal}}
"""


def prompt(text: str) -> Prompt:
    def read(path: str) -> bytes:
        raise FileMissing(path)

    document = parse_document(text.encode(), "p.yaml").document
    assert document is not None
    assert isinstance(document.data, Mapping)
    return parse_prompt("p", document.data, read)


def compared(old: str | None, new: str | None) -> tuple[list[str], list[str]]:
    before, after = (None if text is None else prompt(text) for text in (old, new))
    known = after or before
    assert known is not None
    changes, problems = compare_rendered(before, after, example_inputs(known))
    marks = {"same": "{}", "removed": "[-{}-]", "added": "{{+{}+}}"}
    return [
        f"{c.example} {c.message} {c.role}: "
        + "".join(marks[edit.kind].format(edit.text) for edit in c.edits)
        for c in changes
    ], problems


def test_equal_output_is_no_change_however_it_is_written() -> None:
    other = GREETING.replace("{{ name }}", "{{ name | trim }}")
    assert compared(GREETING, other) == ([], [])


def test_messages_are_compared_as_they_are_sent() -> None:
    other = GREETING.replace("default: friendly", "default: warm").replace("Be brief", "Be short")
    assert compared(GREETING, other) == (
        [
            "ada 1 system: Be [-brief-]{+short+}.",
            "ada 2 user: Greet Ada in a [-friendly-]{+warm+} tone.",
            "formal 1 system: Be [-brief-]{+short+}.",
        ],
        [],
    )


def test_a_new_message_and_one_that_is_gone() -> None:
    other = GREETING.replace("  - {role: system, content: Be brief.}\n", "")
    gone, _ = compared(GREETING, other)
    assert gone == ["ada 1 system: [-Be brief.-]", "formal 1 system: [-Be brief.-]"]
    come, _ = compared(other, GREETING)
    assert come == ["ada 1 system: {+Be brief.+}", "formal 1 system: {+Be brief.+}"]


def test_a_prompt_that_was_added_or_removed() -> None:
    added, problems = compared(None, GREETING)
    assert added[1] == "ada 2 user: {+Greet Ada in a friendly tone.+}"
    assert problems == []
    removed, _ = compared(GREETING, None)
    assert removed[1] == "ada 2 user: [-Greet Ada in a friendly tone.-]"


def test_a_variable_that_came_is_no_reason_not_to_compare() -> None:
    other = GREETING.replace("  name:", "  place: {type: string}\n  name:")
    other = other.replace("{{ tone }} tone", "{{ tone }} tone, from {{ place }}")
    other = other.replace("{name: Ada}", "{name: Ada, place: Rome}")
    changes, problems = compared(GREETING, other)
    assert changes == ["ada 2 user: Greet Ada in a friendly tone{+, from Rome+}."]
    assert len(problems) == 1
    assert problems[0].startswith("example formal, newer state: ")
    assert "place" in problems[0]


def test_what_cannot_be_rendered_is_a_sentence() -> None:
    other = GREETING.replace("{{ tone }} tone", "{{ tone.x.y }} tone")
    changes, problems = compared(GREETING, other)
    assert changes == []
    assert [problem.partition(":")[0] for problem in problems] == [
        "example ada, newer state", "example formal, newer state",
    ]  # fmt: skip
    assert not any("\n" in problem for problem in problems)


def test_values_that_no_state_declares_are_told() -> None:
    known = prompt(GREETING)
    changes, problems = compare_rendered(known, known, {"--vars": {"name": "Ada", "nmae": "x"}})
    assert changes == []
    assert len(problems) == 2
    assert "nmae" in problems[0]


def test_many_examples_are_bounded() -> None:
    lines = "".join(
        f"  - {{name: e{i}, variables: {{name: Ada}}}}\n" for i in range(MAX_EXAMPLES + 5)
    )
    text = GREETING.partition("examples:\n")[0] + "examples:\n" + lines
    changes, problems = compared(text, text.replace("Be brief", "Be short"))
    assert len(changes) == MAX_EXAMPLES
    assert problems == [
        f"only the first {MAX_EXAMPLES} of {MAX_EXAMPLES + 5} examples were rendered"
    ]
