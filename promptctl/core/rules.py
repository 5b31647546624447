"""Every rule that a finding can name, with its usual severity and what it asks for."""

from __future__ import annotations

from collections.abc import Mapping

from promptctl.core.fast_dataclass import dataclass
from promptctl.core.finding import Finding, Location, Severity


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing that is checked. A `fixed` rule guards what everything else relies on: it stays on."""

    id: str
    severity: Severity
    summary: str
    fixed: bool = False


_ERROR, _WARNING = Severity.ERROR, Severity.WARNING

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
    ("parameter-unsupported", _ERROR, "Parameters must be ones that the provider can take."),
    ("parameter-conflict", _ERROR, "Parameters must not contradict each other."),
    ("feature-unsupported", _ERROR, "The provider must support what the prompt uses."),
    ("tool-schema", _ERROR, "A tool's parameters must be a valid JSON Schema of an object."),
    ("tool-duplicate", _ERROR, "Each tool needs a name of its own."),
    ("tool-unknown", _ERROR, "The chosen tool must be one that the prompt has."),
    ("response-schema", _ERROR, "The response format's JSON Schema must be valid."),
    (
        "ignore-invalid",
        _WARNING,
        "Comments that ignore rules should name rules that can be ignored.",
    ),
    ("content-invalid", _ERROR, "Tool calls, their results and images must fit together."),
    ("secret", _ERROR, "Keys, tokens and private keys do not belong in prompts."),
)

RULES: Mapping[str, Rule] = {
    rule.id: rule
    for rule in (
        *(Rule(name, _ERROR, summary, fixed=True) for name, summary in _FIXED),
        *(Rule(name, severity, summary) for name, severity, summary in _ADJUSTABLE),
    )
}
"""Every rule by its id, in the order in which they are checked."""


def found(rule: str, location: Location, message: str, hint: str | None = None) -> Finding:
    """A finding with its rule's usual severity."""
    return Finding(rule, RULES[rule].severity, location, message, hint)
