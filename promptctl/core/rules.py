"""Every rule that a finding can name, with its usual severity and what it asks for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from promptctl.core.fast_dataclass import dataclass
from promptctl.core.finding import Finding, Location, Severity

Group = Literal["minimal", "standard", "strict"]
GROUPS: Mapping[Group, str] = {
    "minimal": "what is wrong or unsafe",
    "standard": "and what is likely a mistake",
    "strict": "and what a well-kept prompt has",
}
"""The groups that a repository chooses from; each holds the rules of those before it."""

DEFAULT_GROUP: Group = "standard"


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing that is checked. A `fixed` rule guards what everything else relies on: it stays on."""

    id: str
    severity: Severity
    summary: str
    group: Group = "minimal"
    """The first group that holds it."""
    fixed: bool = False
    fixable: bool = False
    """Whether `validate --fix` mends what it finds, where that is safe."""


_ERROR, _WARNING, _INFO = Severity.ERROR, Severity.WARNING, Severity.INFO

_FIXED = (
    ("file-unreadable", "A file must be a regular, readable file inside the repository."),
    ("yaml-encoding", "Files are UTF-8 text without control characters."),
    ("yaml-syntax", "Files must be well-formed YAML."),
    ("yaml-limits", "Files must stay within limits of size, depth and number of values."),
    ("yaml-duplicate-key", "A key may stand in a mapping only once."),
    ("yaml-alias", "YAML anchors, aliases and merge keys are not used."),
    ("yaml-tag", "YAML tags are not used."),
    ("yaml-documents", "A file holds one YAML document."),
    ("yaml-key", "Keys are strings."),
    ("yaml-ambiguous", "A word that YAML 1.1 and 1.2 read differently must be quoted."),
    ("yaml-number", "Numbers must be finite and of reasonable length."),
    ("yaml-conflict-marker", "A file must not hold git's conflict markers."),
    ("yaml-lfs-pointer", "A file must hold its text, not a Git LFS pointer."),
    ("schema-unknown-key", "Only keys that the schema knows may be used."),
    ("schema-required", "Keys that the schema requires must be there."),
    ("schema-type", "Values must have the type that the schema asks for."),
    ("schema-value", "Values must be among those that the schema allows."),
    ("template-syntax", "Templates must parse in the language they are written in."),
    ("template-forbidden", "Templates use only what is safe to render."),
    ("template-limit", "Templates must stay within limits of size and depth."),
    ("include-missing", "Included files must exist."),
    ("include-refused", "Included files must be plain files inside the prompts folder."),
    ("include-cycle", "Files may not include each other in a circle."),
    ("settings-invalid", "Settings must be valid and name rules that exist."),
)

_ADJUSTABLE = (
    ("name-invalid", _ERROR, "Prompt names use a-z, 0-9, _ and -, in parts joined by /."),
    ("name-clash", _ERROR, "Names must differ on every disk, also where case does not count."),
    ("name-extension", _ERROR, "Prompt files end in .yaml."),
    (
        "messages-empty",
        _WARNING,
        "A prompt should have at least one message: without any it cannot run.",
    ),
    ("variable-undeclared", _ERROR, "Variables that templates use must be declared."),
    ("variable-unused", _WARNING, "Declared variables should be used."),
    ("variable-schema", _ERROR, "A variable's JSON Schema must be valid and safe."),
    ("variable-default", _ERROR, "A default must be valid by its variable's own schema."),
    ("example-invalid", _ERROR, "Examples must be inputs that the prompt accepts."),
    ("example-duplicate", _WARNING, "Each example should have a name of its own."),
    ("provider-unknown", _WARNING, "The provider should be one that promptctl knows."),
    ("model-mismatch", _WARNING, "The model should be one that its provider serves."),
    ("model-unknown", _WARNING, "The model's name should not be a misspelt one."),
    ("model-retired", _WARNING, "The model should not be retired: requests to it fail."),
    (
        "parameter-unsupported",
        _ERROR,
        "Parameters must be ones that the provider and the model can take.",
    ),
    (
        "parameter-too-large",
        _WARNING,
        "A limit of tokens should not be higher than what the model can write.",
    ),
    ("fallback-repeated", _WARNING, "A fallback should not be one that was asked already."),
    ("parameter-conflict", _ERROR, "Parameters must not contradict each other."),
    (
        "feature-unsupported",
        _ERROR,
        "The provider and the model must support what the prompt uses.",
    ),
    (
        "role-last",
        _ERROR,
        "The last message must not be the assistant's where the model refuses it.",
    ),
    (
        "role-mixed",
        _WARNING,
        "A prompt should have system messages or developer messages, not both.",
    ),
    (
        "role-order",
        _WARNING,
        "System messages should stand first where the provider moves them there.",
    ),
    ("tool-schema", _ERROR, "A tool's parameters must be a valid JSON Schema of an object."),
    ("tool-schema-strict", _ERROR, "A strict tool's schema must be one that the provider accepts."),
    ("tool-duplicate", _ERROR, "Each tool needs a name of its own."),
    ("tool-unknown", _ERROR, "The chosen tool must be one that the prompt has."),
    ("response-schema", _ERROR, "The response format's JSON Schema must be valid."),
    (
        "response-schema-strict",
        _ERROR,
        "A strict response format's schema must be one that the provider accepts.",
    ),
    ("prompt-too-long", _WARNING, "A prompt should fit into the model's context, by an estimate."),
    (
        "cache-prefix",
        _INFO,
        "Long fixed text should stand before the first variable, to be cached.",
    ),
    ("trailing-space", _INFO, "Lines that the model sees should not end in blanks."),
    (
        "ignore-invalid",
        _WARNING,
        "Comments that ignore rules should name rules that can be ignored.",
    ),
    ("content-invalid", _ERROR, "Tool calls, their results and images must fit together."),
    ("secret", _ERROR, "Keys, tokens and private keys do not belong in prompts."),
)

_STRICT = (
    ("model-retiring", "The model should not be one whose last day is announced."),
    ("variable-in-branch", "A variable that only a branch uses should have a default."),
    ("role-repeated", "Messages of one role that follow each other should be one message."),
    ("description-missing", "A prompt should say what it is for."),
    ("owner-missing", "A prompt should name its owner."),
)

_FIXABLE = frozenset(
    {
        *("yaml-encoding", "parameter-unsupported", "trailing-space"),
        *("tool-schema-strict", "response-schema-strict"),
    }
)


def _adjustable(name: str, severity: Severity, summary: str) -> Rule:
    group: Group = "minimal" if severity is _ERROR else "standard"
    return Rule(name, severity, summary, group, fixable=name in _FIXABLE)


RULES: Mapping[str, Rule] = {
    rule.id: rule
    for rule in (
        *(Rule(n, _ERROR, text, fixed=True, fixable=n in _FIXABLE) for n, text in _FIXED),
        *(_adjustable(*row) for row in _ADJUSTABLE),
        *(Rule(name, _WARNING, summary, "strict") for name, summary in _STRICT),
    )
}
"""Every rule by its id, in the order in which they are checked."""


def severities_in_force(
    group: str = DEFAULT_GROUP, chosen: Mapping[str, Severity] | None = None
) -> dict[str, Severity]:
    """Rule -> severity where it is another than the rule's own: what lies outside the group is off.

    What a repository has `chosen` for a rule counts whatever the group.
    """
    names = list(GROUPS)
    beyond = names[names.index(group) + 1 :] if group in names else []
    outside = {rule.id: Severity.OFF for rule in RULES.values() if rule.group in beyond}
    return outside | dict(chosen or {})


def rules_off(severities: Mapping[str, Severity]) -> frozenset[str]:
    """The rules that need not be checked at all."""
    return frozenset(
        rule
        for rule, severity in severities.items()
        if severity is Severity.OFF and rule in RULES and not RULES[rule].fixed
    )


DEFAULT_OFF = rules_off(severities_in_force())
"""The rules that are off where nothing says otherwise."""


def found(rule: str, location: Location, message: str, hint: str | None = None) -> Finding:
    """A finding with its rule's usual severity."""
    return Finding(rule, RULES[rule].severity, location, message, hint)
