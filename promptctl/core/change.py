"""A change: one difference between two prompts, with what it means for those who use them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from enum import Enum

from promptctl.core.fast_dataclass import dataclass
from promptctl.core.json_data import Json, Path
from promptctl.core.word_diff import Edit


class Effect(Enum):
    """What a change means for callers. The worst stands first."""

    BREAKING = "breaking"
    """Callers must change."""
    BEHAVIOUR = "behaviour"
    """The model sees something else."""
    COMPATIBLE = "compatible"
    """What callers do today goes on working."""
    COSMETIC = "cosmetic"
    """Only people see it."""


@dataclass(frozen=True, slots=True)
class Change:
    """One difference: a stable rule id, its effect, its place in the prompt file, one sentence.

    The place is that in the newer file, or in the older one if it is no longer there.
    """

    rule: str
    effect: Effect
    path: Path
    message: str
    old: Json = None
    new: Json = None
    edits: tuple[Edit, ...] = ()
    """How the one text became the other, for texts that were edited; () where there is nothing to show."""


@dataclass(frozen=True, slots=True)
class ChangeRule:
    """One kind of change: its id, the effect that it always has, and what happened."""

    id: str
    effect: Effect
    summary: str


_BREAKING, _BEHAVIOUR = Effect.BREAKING, Effect.BEHAVIOUR
_COMPATIBLE, _COSMETIC = Effect.COMPATIBLE, Effect.COSMETIC

# Kind of difference between two schemas -> its effect in an input and in an output, and what happened.
_IN_SCHEMAS = {
    "type-narrowed": (_BREAKING, _COMPATIBLE, "fewer types are allowed"),
    "type-changed": (_BREAKING, _BREAKING, "other types are allowed"),
    "type-widened": (_COMPATIBLE, _BREAKING, "more types are allowed"),
    "enum-value-removed": (_BREAKING, _COMPATIBLE, "a listed value is no longer allowed"),
    "enum-value-added": (_COMPATIBLE, _BREAKING, "a listed value is newly allowed"),
    "limit-tightened": (_BREAKING, _COMPATIBLE, "a constraint was added or tightened"),
    "limit-loosened": (_COMPATIBLE, _BREAKING, "a constraint was removed or loosened"),
    "property-removed": (_BREAKING, _BREAKING, "a property was removed"),
    "property-added": (_COMPATIBLE, _COMPATIBLE, "a property was added"),
    "property-restricted": (_BREAKING, None, "a key that took any value now has a schema"),
    "property-freed": (_COMPATIBLE, None, "a property lost its schema; the key takes any value"),
    "property-now-required": (_BREAKING, _COMPATIBLE, "a property is now required"),
    "property-now-optional": (_COMPATIBLE, _BREAKING, "a property is no longer required"),
    "keys-closed": (_BREAKING, _COMPATIBLE, "keys that are not listed are no longer allowed"),
    "keys-opened": (_COMPATIBLE, _BREAKING, "keys that are not listed are now allowed"),
    "option-removed": (_BREAKING, _COMPATIBLE, "one of several alternatives was removed"),
    "option-added": (_COMPATIBLE, _BREAKING, "one more alternative is allowed"),
    "incomparable": (_BREAKING, _BREAKING, "the schema changed in a way that cannot be compared"),
    "described": (_COSMETIC, _BEHAVIOUR, "a description, title, example or the like changed"),
}

_VARIABLES = (
    ("variable-removed", _BREAKING, "A variable was removed; callers that pass it are refused."),
    ("variable-added-required", _BREAKING, "A variable without a default was added."),
    ("variable-now-required", _BREAKING, "A variable lost its default."),
    ("variable-added", _COMPATIBLE, "A variable with a default was added."),
    ("variable-now-optional", _COMPATIBLE, "A variable got a default."),
    ("variable-default-changed", _BEHAVIOUR, "A variable's default changed."),
)
_RESPONSE = (
    ("response-format-removed", _BREAKING, "Answers no longer have a given form."),
    ("response-format-added", _BREAKING, "Answers, free text before, now have a given form."),
    ("response-format-changed", _BREAKING, "Answers have another form."),
    ("response-format-edited", _BEHAVIOUR, "The response format's name or settings changed."),
)
_TOOLS = (
    ("tool-added", _BREAKING, "A tool was added; callers must be able to execute it."),
    ("tool-removed", _COMPATIBLE, "A tool was removed."),
    ("tool-edited", _BEHAVIOUR, "A tool's description or settings changed."),
    ("tools-reordered", _BEHAVIOUR, "The tools stand in another order."),
    ("tool-choice-changed", _BEHAVIOUR, "Which tool the model may or must choose changed."),
    ("parallel-tool-calls-changed", _BEHAVIOUR, "Whether tools are called in parallel changed."),
)
_WHOLE = (
    (
        "prompt-removed",
        _BREAKING,
        "A prompt was removed. Who asks for its file gets an error; a label goes on naming a released "
        "version until it is retired.",
    ),
    (
        "prompt-renamed-undeclared",
        _BREAKING,
        "A prompt has another name, and `renamed` does not say so: who asks for it by the old one gets an "
        "error, or what a label of the old name still serves.",
    ),
    ("prompt-renamed", _COMPATIBLE, "A prompt has another name; the old one goes on answering."),
    ("prompt-added", _COMPATIBLE, "A prompt was added."),
)
_PROMPT = (
    ("provider-changed", _BEHAVIOUR, "Another provider answers."),
    ("model-changed", _BEHAVIOUR, "Another model answers."),
    ("api-changed", _BEHAVIOUR, "Another interface of the provider is asked."),
    ("parameter-added", _BEHAVIOUR, "An invocation parameter was added."),
    ("parameter-removed", _BEHAVIOUR, "An invocation parameter was removed."),
    ("parameter-changed", _BEHAVIOUR, "An invocation parameter changed."),
    ("fallbacks-changed", _BEHAVIOUR, "Who is asked when the provider does not answer changed."),
    ("template-format-changed", _BEHAVIOUR, "The texts are read in another template language."),
    ("message-added", _BEHAVIOUR, "A message was added."),
    ("message-removed", _BEHAVIOUR, "A message was removed."),
    ("message-role-changed", _BEHAVIOUR, "A message has another role."),
    ("message-moved", _BEHAVIOUR, "A message stands elsewhere among the others."),
    ("message-edited", _BEHAVIOUR, "The text or the parts of a message changed."),
    ("file-changed", _BEHAVIOUR, "An included or attached file was added, removed or edited."),
    ("message-rewrapped", _COSMETIC, "The lines of a message's paragraphs break elsewhere."),
    ("file-rewrapped", _COSMETIC, "The lines of an included file's paragraphs break elsewhere."),
    (
        "file-moved",
        _COSMETIC,
        "An included or attached file has another name, and the same content.",
    ),
    ("kind-changed", _COSMETIC, "The prompt is written as messages instead of one text, or back."),
    ("description-changed", _COSMETIC, "The prompt's description changed."),
    ("metadata-changed", _COSMETIC, "The prompt's metadata changed."),
    ("examples-changed", _COSMETIC, "The prompt's examples changed."),
)


def _rules() -> Iterator[ChangeRule]:
    yield from (ChangeRule(*row) for row in _WHOLE)
    yield from (ChangeRule(*row) for row in _VARIABLES)
    yield from _schema_rules("variable", "In a variable", 0)
    yield from (ChangeRule(*row) for row in _RESPONSE)
    yield from _schema_rules("response", "In the answer's schema", 1)
    yield from (ChangeRule(*row) for row in _TOOLS)
    yield from _schema_rules("tool", "In a tool's parameters", 1)
    yield from (ChangeRule(*row) for row in _PROMPT)


def _schema_rules(subject: str, where: str, side: int) -> Iterator[ChangeRule]:
    for kind, row in _IN_SCHEMAS.items():
        effect = row[side]
        if isinstance(effect, Effect):
            yield ChangeRule(f"{subject}-{kind}", effect, f"{where} {row[2]}.")


CHANGE_RULES: Mapping[str, ChangeRule] = {rule.id: rule for rule in _rules()}
"""Every kind of change by its id, in the order in which changes of one effect are listed."""

_WORST_FIRST = {effect: place for place, effect in enumerate(Effect)}
_RULE_ORDER = {rule: place for place, rule in enumerate(CHANGE_RULES)}


def changed(
    rule: str,
    path: Path,
    message: str,
    old: Json = None,
    new: Json = None,
    *,
    edits: tuple[Edit, ...] = (),
) -> Change:
    """A change with its rule's effect."""
    return Change(rule, CHANGE_RULES[rule].effect, path, message, old, new, edits)


def overall_effect(changes: Iterable[Change]) -> Effect | None:
    """The worst effect among the changes; None if there are none."""
    return min((change.effect for change in changes), key=_WORST_FIRST.__getitem__, default=None)


def sort_changes(changes: Iterable[Change]) -> tuple[Change, ...]:
    """The changes, each once: the worst effect first, then by rule, then by place."""
    unique: dict[tuple[str, Path, str], list[Change]] = {}
    for change in changes:  # messages cut long values, so that equal ones may be about others
        alike = unique.setdefault((change.rule, change.path, change.message), [])
        if change not in alike:
            alike.append(change)
    return tuple(sorted((one for alike in unique.values() for one in alike), key=_order))


def _order(change: Change) -> tuple[int, int, list[tuple[bool, int, str]], str]:
    steps = [
        (True, 0, step) if isinstance(step, str) else (False, step, "") for step in change.path
    ]
    return _WORST_FIRST[change.effect], _RULE_ORDER[change.rule], steps, change.message
