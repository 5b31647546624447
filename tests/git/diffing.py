"""What the tests of `diff` share: prompts to change, and a diff in few words."""

from __future__ import annotations

import os
from pathlib import Path

from promptctl.core.diff import Diff
from promptctl.operations.diff import diff_at
from promptctl.operations.diff_rendering import Rendering
from promptctl.operations.diff_request import parse_request

GREETING = """\
description: Greet.
provider: echo
variables:
  name: {type: string}
  tone: {type: string, enum: [friendly, formal], default: friendly}
messages:
  - {role: system, content: Be brief.}
  - {role: user, content: "Greet {{ name }} in a {{ tone }} tone."}
examples:
  - {name: ada, variables: {name: Ada}}
"""
TRIAGE = """\
description: Sort tickets.
provider: echo
variables:
  ticket: {type: string}
template: "Sort this ticket by urgency: {{ ticket }}"
"""
SETTINGS = "version: 1\n"
FILES = {
    "promptctl.yaml": SETTINGS,
    "prompts/greeting.yaml": GREETING,
    "prompts/triage.yaml": TRIAGE,
}
BRIEF = GREETING.replace("Be brief", "Be very brief")
NO_TONE = GREETING.replace(
    "  tone: {type: string, enum: [friendly, formal], default: friendly}\n", ""
).replace(" in a {{ tone }} tone", "")


def diff_of(
    folder: Path, *targets: str, cached: bool = False, rendering: Rendering | None = None
) -> Diff:
    """What `promptctl diff` finds for these arguments."""
    request = parse_request(targets, cached=cached)
    return diff_at(folder, dict(os.environ), request, rendering)


def told(found: Diff) -> dict[str, str]:
    """Each prompt with what became of it: `modified behaviour: message-edited`."""
    return {
        prompt.name: f"{prompt.status} problem"
        if prompt.problem
        else f"{prompt.status} {prompt.effect.value}: {' '.join(c.rule for c in prompt.changes)}"
        for prompt in found.prompts
    }
