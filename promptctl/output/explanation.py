"""A rule explained, as text and JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from promptctl.core.change import ChangeRule, Effect
from promptctl.core.diff import UNDECLARED
from promptctl.core.json_data import Json
from promptctl.core.rule_page import EFFECTS, EXAMPLE_PATH, ExampleFile, Explanation
from promptctl.core.rules import GROUPS, Rule
from promptctl.output.cells import wrap
from promptctl.output.columns import wrapped_columns
from promptctl.output.json_text import json_line
from promptctl.output.terminal import Terminal

_STYLES = {"error": "red", "warning": "yellow", "info": "cyan"}
_STYLES |= {"breaking": "red", "behaviour": "yellow", "compatible": "green", "cosmetic": "dim"}


def explanation_text(explanation: Explanation, terminal: Terminal) -> str:
    """The page of one rule."""
    return "\n".join(_lines(explanation, terminal)) + "\n"


def explanations_list(explanations: Iterable[Explanation], terminal: Terminal) -> str:
    """One line for each rule that looks at a prompt."""
    width = terminal.out_width
    rules = [one.rule for one in explanations if isinstance(one.rule, Rule)]
    rows = [
        (rule.id, rule.severity.value, "always on" if rule.fixed else rule.group, rule.summary)
        for rule in rules
    ]
    groups = (f"{name}: {text}" for name, text in GROUPS.items())
    heading = f"Rules of `validate`, in groups ({'; '.join(groups)})"
    end = "What diff and ci tell apart between two versions: promptctl explain --changes"
    return _listed(heading, wrapped_columns(rows, width), width) + "\n".join(
        ["", *wrap(end, width), ""]
    )


def changes_list(explanations: Iterable[Explanation], terminal: Terminal) -> str:
    """One line for each kind of change between two versions of a prompt."""
    width = terminal.out_width
    rules = [one.rule for one in explanations if isinstance(one.rule, ChangeRule)]
    rows = [(rule.id, rule.effect.value, rule.summary) for rule in rules]
    heading = "Changes between two versions of a prompt, and the effect of each"
    return _listed(heading, wrapped_columns(rows, width), width)


def _listed(heading: str, lines: Sequence[str], width: int | None) -> str:
    return "\n".join([*wrap(heading, width), "", *lines]) + "\n"


def explanations_json(explanations: Iterable[Explanation]) -> str:
    """The same for programs, `promptctl.explain/1`."""
    rules: list[Json] = [_object(explanation) for explanation in explanations]
    return json_line({"schema": "promptctl.explain/1", "rules": rules})


def _lines(explanation: Explanation, terminal: Terminal) -> Iterator[str]:
    rule, page = explanation.rule, explanation.page
    name = terminal.paint(rule.id, "bold")
    if isinstance(rule, ChangeRule):
        yield f"{name}  {terminal.paint(rule.effect.value, _STYLES[rule.effect.value])}"
        yield from ("", *wrap(rule.summary, terminal.out_width))
        yield from ("", *wrap(EFFECTS[rule.effect], terminal.out_width))
        yield from _acceptance(rule, terminal.out_width)
        return
    weight = terminal.paint(rule.severity.value, _STYLES[rule.severity.value])
    yield f"{name}  {weight}  {'always on' if rule.fixed else f'group {rule.group}'}"
    yield from ("", *wrap(rule.summary, terminal.out_width))
    if page is not None:
        for paragraph in page.why.split("\n\n"):
            yield from ("", *wrap(" ".join(paragraph.split("\n")), terminal.out_width))
        yield from _example("Wrong:", page.wrong)
        yield from _example("Right:", page.right)
    if explanation.facts_date is not None:
        yield ""
        yield f"What is known of models is of {explanation.facts_date}."
    yield ""
    for line in ways(rule):
        yield from wrap(line, terminal.out_width)


def _acceptance(rule: ChangeRule, width: int | None) -> Iterator[str]:
    """What to do about a change that breaks callers."""
    if rule.effect is not Effect.BREAKING:
        return
    if rule.id == UNDECLARED:
        says = "If it was renamed: promptctl mv OLD NEW writes that, also where the file was moved before."
        yield from ("", *wrap(says, width))
    means = "If the break is meant, promptctl.yaml accepts it by the number that diff and ci show:"
    yield from ("", *wrap(means, width), "")
    yield from ("  accepted_breaks:", "    - prompt: NAME", '      fingerprint: "NUMBER"')
    yield "      reason: WHY"


def _example(title: str, files: Iterable[ExampleFile]) -> Iterator[str]:
    yield from ("", title)
    for file in files:
        yield ""
        if file.path not in (None, EXAMPLE_PATH):
            yield f"  {file.path}"
        yield from (f"    {line}".rstrip() for line in file.text.rstrip("\n").split("\n"))


def ways(rule: Rule) -> Iterator[str]:
    """How to mend what a rule finds, and how to switch it on and off."""
    if rule.fixable:
        yield "Mended where it is safe: promptctl validate --fix"
    if rule.fixed:
        yield "It can neither be switched off nor ignored: everything else relies on it."
        return
    if rule.group == "strict":
        yield f"On in promptctl.yaml: rule_group: strict, or rules: {{{rule.id}: warning}}"
    yield f"Off in promptctl.yaml: rules: {{{rule.id}: off}}"
    if not rule.id.startswith("name-"):
        yield f"Off for one line: # promptctl: ignore[{rule.id}]"


def _object(explanation: Explanation) -> Json:
    rule, page = explanation.rule, explanation.page
    effect = rule.effect if isinstance(rule, ChangeRule) else None
    why = page.why if page is not None else None
    return {
        "id": rule.id,
        "kind": "finding" if effect is None else "change",
        "summary": rule.summary,
        "severity": rule.severity.value if isinstance(rule, Rule) else None,
        "group": rule.group if isinstance(rule, Rule) else None,
        "adjustable": not rule.fixed if isinstance(rule, Rule) else None,
        "fixable": rule.fixable if isinstance(rule, Rule) else None,
        "effect": None if effect is None else effect.value,
        "why": why if effect is None else EFFECTS[effect],
        "wrong": [_file(file) for file in page.wrong] if page is not None else [],
        "right": [_file(file) for file in page.right] if page is not None else [],
        "facts_date": explanation.facts_date,
    }


def _file(file: ExampleFile) -> Json:
    return {"path": file.path, "text": file.text}
